"""The textbook definitions in mpmath that the kernels are held against, and the inputs that are hard for them.

They carry 460 digits wherever a margin may eat 323 of them, and 100 elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from mpmath import mp, mpf
from numpy.typing import NDArray

from xent_cli import losses

Floats: TypeAlias = NDArray[np.float64]

Array: TypeAlias = NDArray[Any]

Kernel: TypeAlias = Callable[..., Array]

INF = math.inf

MANY_DIGITS, FEW_DIGITS = 460, 100

OVERFLOW = mpf(2) ** 1024 - mpf(2) ** 970  # from here on a true value rounds to infinity

WIDTHS = {2: 60, 3: 48, 10: 20, 32: 8, 33: 8, 100: 4, 1000: 1}  # classes: rows tried of each family


def ulps(found: float, exact: mpf) -> float:
    """The error in units of the last place of a double at the true value."""
    if exact >= OVERFLOW:
        return 0.0 if found == INF else INF
    place = float(np.spacing(abs(float(exact))))
    return float(abs(mpf(float(found)) - exact) / mpf(place))


def worst(found: Array, exact: list[mpf]) -> float:
    """The largest error of several values, which are also held to be ≥ 0 and never −0."""
    assert found.dtype == np.float64
    assert found.shape == (len(exact),)
    assert not np.signbit(found).any()
    return max(ulps(value, true) for value, true in zip(found.tolist(), exact, strict=True))


def log_uniform(rng: np.random.Generator, low: float, high: float, n: int) -> Floats:
    """Numbers whose decimal exponents are uniform."""
    return np.array([float(mp.mpf(10) ** mpf(e)) for e in rng.uniform(low, high, n)])


def binary_inputs(space: str) -> Floats:
    """Predictions of every size, for one space."""
    rng = np.random.default_rng(11)
    n = 40
    if space == "logits":
        sign = rng.choice([-1.0, 1.0], n)
        ordinary, margins = rng.normal(0, 3, 4 * n), sign * rng.uniform(20, 760, n)
        edges = [0.0, -0.0, 5e-324, 36.8, 40.0, 708.4, 709.9, 745.1, 745.2, 1e300, 1.797e308, -1e300, -1.797e308, INF]
        huge = sign * log_uniform(rng, 3, 300, n)
        return np.concatenate([ordinary, margins, sign * log_uniform(rng, -320, -1, n), huge, edges])
    if space == "probs":
        ordinary, near_one = rng.uniform(0, 1, 4 * n), 1.0 - rng.integers(1, 1000, n) * 2.0**-53
        edges = [0.0, 1.0, 0.5, 5e-324, 1e-17, 2.0**-53, 2.0**-54, 1 - 2.0**-53, 2.2250738585072014e-308]
        return np.concatenate([ordinary, log_uniform(rng, -323, -1, n), near_one, edges])
    ordinary, around = -rng.exponential(1, 4 * n), -math.log(2.0) + rng.uniform(-0.1, 0.1, 2 * n)
    edges = [0.0, -5e-324, -(2.0**-53), -37.0, -708.4, -745.2, -1e300, -1.797e308]
    return np.concatenate([ordinary, around, -rng.uniform(20, 760, n), -log_uniform(rng, -320, 0, n), edges, [-INF]])


BINARY: dict[str, Kernel] = {
    "probs": losses.binary_from_probs,
    "logits": losses.binary_from_logits,
    "logprobs": losses.binary_from_logprobs,
}


class Exact:
    """One row of logits, solved: its losses and probabilities, true to more than 100 digits."""

    def __init__(self, z: Floats) -> None:
        """Sum the exponentials relative to the peak: with this many digits a shift is harmless, and 1e308 is cheap."""
        values, counts = np.unique(z, return_counts=True)
        top = float(values[-1])
        near = {v: c for v, c in zip(values.tolist(), counts.tolist(), strict=True) if top - v < 5000}
        self.peak, self.digits = mpf(top), MANY_DIGITS if top - min(near) > 60 else FEW_DIGITS
        with mp.workdps(self.digits):
            self.powers = {v: mp.exp(mpf(v) - self.peak) for v in near}
            self.total = mp.fsum(c * self.powers[v] for v, c in near.items())
            self.rest = mp.log(self.total)

    def loss(self, value: float) -> mpf:
        """−ln softmax of the class with this logit."""
        with mp.workdps(self.digits):
            return self.peak - mpf(value) + self.rest

    @property
    def log_total(self) -> mpf:
        """ln Σ e^z."""
        with mp.workdps(self.digits):
            return self.peak + self.rest

    def mixture(self, z: Floats, t: Floats) -> mpf:
        """−Σ t ln softmax."""
        with mp.workdps(self.digits):
            return mp.fsum(mpf(w) * self.loss(v) for v, w in zip(z.tolist(), t.tolist(), strict=True) if w > 0)

    def share(self, value: float) -> mpf:
        """softmax of the class with this logit."""
        with mp.workdps(self.digits):
            return self.powers.get(value, mpf(0)) / self.total

    def others(self, value: float) -> mpf:
        """1 − softmax of the class with this logit."""
        with mp.workdps(self.digits):
            return (self.total - self.powers.get(value, mpf(0))) / self.total


def _confident(rng: np.random.Generator, n: int, k: int, y: Array, low: float, high: float) -> Floats:
    """The label's logit exceeds all others by low … high."""
    z = rng.normal(0, 1, (n, k)) + rng.normal(0, 20, (n, 1))
    z[np.arange(n), y] = z.max(axis=1) + rng.uniform(low, high, n)
    return z


def _wrong(rng: np.random.Generator, n: int, k: int, y: Array) -> Floats:
    """The label's logit falls short of all others by 20 … 800."""
    z = rng.normal(0, 3, (n, k))
    z[np.arange(n), y] = z.min(axis=1) - rng.uniform(20, 800, n)
    return z


def _rivals(rng: np.random.Generator, n: int, k: int, y: Array, gap: Floats, common: Floats) -> Floats:
    """One second-best class, and all others `gap` below it: sums that round the same way again and again."""
    z = common + np.zeros((n, k)) - gap
    z[np.arange(n), (y + 1) % k] = common[:, 0]
    z[np.arange(n), y] = common[:, 0] + rng.uniform(0, 700, n)
    return z


def _masked(rng: np.random.Generator, n: int, k: int, y: Array) -> Floats:
    """Three in ten classes are ruled out, never the label."""
    z = np.where(rng.random((n, k)) < 0.3, -INF, rng.normal(0, 3, (n, k)))
    z[np.arange(n), y] = rng.normal(0, 3, n)
    return z


def _signed(rng: np.random.Generator, size: Floats) -> Floats:
    """Either sign."""
    return rng.choice([-1.0, 1.0], size.shape) * size


def _sizes(rng: np.random.Generator, n: int, k: int, low: float, high: float) -> Floats:
    """(n, k) numbers of any size."""
    return _signed(rng, log_uniform(rng, low, high, n * k).reshape(n, k))


FAMILIES: dict[str, Callable[[np.random.Generator, int, int, Array], Array]] = {
    "ordinary": lambda r, n, k, _: r.normal(0, 3, (n, k)),
    "correct by 20 to 740": lambda r, n, k, y: _confident(r, n, k, y, 20, 740),
    "correct by 690 to 760": lambda r, n, k, y: _confident(r, n, k, y, 690, 760),
    "wrong by 20 to 800": _wrong,
    "equal rivals": lambda r, n, k, y: _rivals(r, n, k, y, np.zeros((n, 1)), r.uniform(-20, 20, (n, 1))),
    "just below the second": lambda r, n, k, y: _rivals(
        r, n, k, y, log_uniform(r, -8, 0.5, n)[:, None], r.uniform(-20, 20, (n, 1))
    ),
    "half an ulp of the second": lambda r, n, k, y: _rivals(
        r, n, k, y, 36.04 + r.uniform(-0.7, 0.7, (n, 1)), r.uniform(-20, 20, (n, 1))
    ),
    "equal rivals far off": lambda r, n, k, y: _rivals(
        r, n, k, y, np.zeros((n, 1)), _signed(r, r.uniform(700, 5000, (n, 1)))
    ),
    "offset 1e4": lambda r, n, k, _: r.normal(0, 3, (n, k)) + _signed(r, np.full((n, 1), 1e4)),
    "offset 1e8": lambda r, n, k, _: r.normal(0, 3, (n, k)) + _signed(r, np.full((n, 1), 1e8)),
    "confident and far off": lambda r, n, k, y: (
        _confident(r, n, k, y, 0, 760) + _signed(r, r.uniform(300, 5e3, (n, 1)))
    ),
    "within 360": lambda r, n, k, _: r.uniform(-360, 360, (n, k)),
    "within 800": lambda r, n, k, _: r.uniform(-800, 800, (n, k)),
    "-5000 to -300": lambda r, n, k, _: r.uniform(-5000, -300, (n, k)),
    "300 to 5000": lambda r, n, k, _: r.uniform(300, 5000, (n, k)),
    "1e4 to 1e300": lambda r, n, k, _: _sizes(r, n, k, 4, 300),
    "near the largest double": lambda r, n, k, _: _signed(r, r.uniform(0.5, 1.797, (n, k))) * 1e308,
    "1e-320 to 0.1": lambda r, n, k, _: _sizes(r, n, k, -320, -1),
    "masked": _masked,
    "float32": lambda r, n, k, y: _confident(r, n, k, y, -5, 103).astype(np.float32),
    "float16": lambda r, n, k, _: r.normal(0, 3, (n, k)).astype(np.float16),
}


@cache
def solved(family: str, k: int) -> tuple[Array, Array, list[Exact]]:
    """Logits of a family, labels, and the true values of each row."""
    rng, n = np.random.default_rng([k, *family.encode()]), WIDTHS[k]
    y = rng.integers(0, k, n)
    z = FAMILIES[family](rng, n, k, y)
    return z, y, [Exact(row) for row in z.astype(np.float64)]


def soft_targets(n: int, k: int) -> Floats:
    """Distributions: spread out, nearly one-hot, and with classes of no mass."""
    rng = np.random.default_rng([n, k])
    t = rng.dirichlet(np.full(k, 0.3), n)
    t[rng.random((n, k)) < 0.2] = 0.0
    t[:, 0] += 1e-3
    t[::5] = np.where(np.arange(k) == k - 1, 1.0 - 1e-9, 1e-9 / (k - 1))
    return np.asarray(t / t.sum(axis=1, keepdims=True))


def distributions(k: int) -> Floats:
    """Rows of probabilities: even, peaked, with zeros, with 1 − 2**-53, with the smallest double."""
    rng, n = np.random.default_rng([77, k]), max(4, WIDTHS[k])
    p = rng.dirichlet(np.full(k, 0.3), n)
    p[0] = 0.0
    p[0, :2] = [1 - 2.0**-53, 2.0**-53]
    p[1] = 0.0
    p[1, :2] = [5e-324, 1.0]
    return np.asarray(p)


def layouts(x: Array) -> Iterator[Array]:
    """The same numbers in every arrangement in memory."""
    yield np.ascontiguousarray(x)
    yield np.asfortranarray(x)
    for axis in range(x.ndim):
        yield np.flip(np.flip(x, axis).copy(), axis)
        yield np.repeat(x, 2, axis=axis).take(range(0, 2 * x.shape[axis], 2), axis=axis)
        spread = np.repeat(x, 3, axis=axis)
        yield spread[::3] if axis == 0 else spread[:, ::3]
    raw = bytearray(x.nbytes + 1)
    odd = np.frombuffer(raw, dtype=x.dtype, count=x.size, offset=1).reshape(x.shape)
    odd[...] = x
    assert not odd.flags.aligned
    yield odd
    yield x.astype(x.dtype.newbyteorder())
