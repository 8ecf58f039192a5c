"""Hard vectors, and sums and moments of them in rational arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import inf, isfinite, nextafter
from typing import TypeAlias

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from xent_cli.statistics.exact.sums import (
    UNIT,
)

Floats: TypeAlias = NDArray[np.float64]

Codes: TypeAlias = NDArray[np.int64]

DBL_MAX = 1.7976931348623157e308


def bit_patterns(rng: np.random.Generator, n: int) -> Floats:
    """Finite doubles of random bits."""
    values = rng.integers(0, 2**64, n, np.uint64).view(np.float64)
    return values[np.isfinite(values)]


def data_sets() -> dict[str, Floats]:
    """Losses as they come, and everything that could break an exact sum."""
    rng = np.random.default_rng(20_261)
    normal = rng.normal(size=3000)
    return {
        "exponential": rng.exponential(size=3000),
        "softplus of N(0, 5)": np.logaddexp(0, 5 * normal),
        "softplus of N(0, 30)": np.logaddexp(0, 30 * normal),
        "-log of float32 probabilities": -np.log(rng.random(3000, dtype=np.float32) + np.float32(1e-9)).astype(float),
        "float32": rng.exponential(size=3000).astype(np.float32).astype(float),
        "whole numbers": rng.integers(-5, 5, 3000).astype(float),
        "zeros of both signs": np.where(normal > 0, 0.0, -0.0),
        "one value among zeros": np.where(np.arange(3000) == 7, 1 / 3, 0.0),
        "subnormals": rng.integers(-(2**52), 2**52, 3000) * 5e-324,
        "all magnitudes of a loss": 10.0 ** rng.uniform(-300, 2, 3000),
        "random bits": bit_patterns(rng, 3000),
        "forty times the largest double": np.full(40, DBL_MAX),
        "largest and smallest": np.tile([DBL_MAX, 5e-324, -1.0], 100),
        "total cancellation": rng.permutation(
            np.concatenate([normal, -normal, 1e300 * normal, -1e300 * normal, [5e-324]])
        ),
        "near 1e8": 1e8 + 1e-3 * normal,
        "around 2**-300": np.exp2(rng.uniform(-460, -290, 3000)),
        "around 2**-400": np.exp2(rng.uniform(-560, -396, 3000)),
        "around 2**300": np.exp2(rng.uniform(140, 310, 3000)),
        "powers of two": np.exp2(rng.integers(-1074, 1024, 3000)),
    }


DATA = data_sets()

NAMES = tuple(DATA)

finite = st.floats(allow_nan=False, allow_infinity=False)


def total(values: Iterable[Fraction], power: int = 1) -> int:
    """A sum of rationals in units of 2**-1074 to some power."""
    scaled: Fraction = sum(values, Fraction()) * Fraction(2) ** (UNIT * power)
    assert scaled.denominator == 1
    return scaled.numerator


def fractions(values: Floats) -> list[Fraction]:
    """Doubles as rationals."""
    return [Fraction(value) for value in values.tolist()]


def is_nearest(value: float, exact: Fraction) -> bool:
    """Whether no other double is nearer to a rational; of two equally near the even one is right."""
    if not isfinite(value):
        return abs(exact) >= Fraction(DBL_MAX) + Fraction(2) ** 970 and (value > 0) == (exact > 0)
    error = abs(Fraction(value) - exact)
    for other in (nextafter(value, inf), nextafter(value, -inf)):
        distance = abs(Fraction(other) - exact) if isfinite(other) else Fraction(2) ** 2000
        even = np.float64(value).view(np.int64) % 2 == 0
        if distance < error or (distance == error and not even):
            return False
    return True


def is_nearest_root(value: float, square: Fraction) -> bool:
    """Whether a double is the nearest to the square root of a rational: the root lies between the half-way points."""
    below = (Fraction(value) + Fraction(nextafter(value, 0))) / 2
    above = (Fraction(value) + Fraction(nextafter(value, inf))) / 2
    return below**2 <= square <= above**2


def grouped(codes: Codes, *vectors: Floats) -> dict[int, list[Floats]]:
    """The rows of each group."""
    return {int(code): [vector[codes == code] for vector in vectors] for code in np.unique(codes)}
