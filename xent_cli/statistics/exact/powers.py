"""Third powers of losses, and up to fifth powers of weights, of all rows or by group, that add.

What intervals need beyond `Moments`: how skewed the losses are, and how uneven the weights. Each term is rounded to a
double as soon as it is made, which depends on its row alone, and the terms are added without rounding: so the sums are
the same for every order and split, like exact ones, at the price of one plain sum.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.frozen import struct
from xent_cli.statistics.exact.bit_slices import ROWS, Groups, parts_of, sums_and_products
from xent_cli.statistics.exact.sums import doubles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from xent_cli.statistics.exact.bit_slices import Codes, Floats


@struct
class Powers:
    """Sums over losses (or differences) x with weights w, in units of 2**-1074. A monoid.

    `lost` counts the rows whose terms are beyond the range of a double. `cubes` is Σ (wx)³; with weights there are also
    Σ w³, Σ w⁴, Σ w⁵, Σ w³x and Σ w³x², else 0.
    """

    lost: int = 0
    cubes: int = 0
    w3: int = 0
    w4: int = 0
    w5: int = 0
    w3x: int = 0
    w3xx: int = 0

    @classmethod
    def of(cls, x: Floats, weights: Floats | None = None) -> Powers:
        """Those of finite values, shape (n,), with finite weights of that shape or with weight 1 each."""
        parts = parts_of(len(x), ROWS)  # of which the terms fit a cache
        return sum((_part(x[part], None if weights is None else weights[part]) for part in parts), cls())

    def __add__(self, other: Powers) -> Powers:
        """The sums of both parts."""
        return Powers(*map(int.__add__, _FIELDS(self), _FIELDS(other)))


_FIELDS = attrgetter(*(field.name for field in fields(Powers)))


def _part(x: Floats, weights: Floats | None) -> Powers:
    """The powers of one chunk."""
    terms, lost = _terms(doubles(x), None if weights is None else doubles(weights))
    sums, _, _ = sums_and_products(terms, ())
    return Powers(0 if lost is None else int(np.count_nonzero(lost)), *sums)


def group_powers(codes: Codes, x: Floats, weights: Floats | None = None) -> dict[int, Powers]:
    """The `Powers` of each group that occurs; codes are integers from 0, shape (n,)."""
    merged: dict[int, Powers] = {}
    for part in parts_of(len(codes), ROWS):
        groups = Groups.of(codes[part])
        terms, lost = _terms(doubles(x[part]), None if weights is None else doubles(weights[part]))
        sums = zip(*(groups.sums(term) for term in terms), strict=True)
        missing = [0] * len(groups.names)
        if lost is not None:
            missing = np.bincount(groups.places[lost], minlength=len(groups.names)).tolist()
        for name, found, gone in zip(groups.names, sums, missing, strict=True):
            powers = Powers(gone, *found)
            merged[name] = merged[name] + powers if name in merged else powers
    return merged


def _terms(x: Floats, weights: Floats | None) -> tuple[Sequence[Floats], NDArray[np.bool_] | None]:
    """The terms of each sum from `cubes` on, 0 in rows where one of them is too large; and these rows, if any.

    What is too small becomes 0, which no sum of larger terms misses.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if weights is None:
            terms = [x * x * x]
        else:
            w2, wx = weights * weights, weights * x
            w3 = w2 * weights
            w3x = w3 * x
            terms = [wx * wx * wx, w3, w2 * w2, w3 * w2, w3x, w3x * x]
        # an infinite or undefined term makes its sum so; a sum of finite ones overflows only where none is far from it
        if np.isfinite([term.sum() for term in terms]).all():
            return terms, None
    lost = ~np.logical_and.reduce([np.isfinite(term) for term in terms])
    return [np.where(lost, 0.0, term) for term in terms], lost
