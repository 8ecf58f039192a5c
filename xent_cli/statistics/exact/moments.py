"""Exact moments of losses, of all rows or by group, that add."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.frozen import struct
from xent_cli.statistics.exact.bit_slices import ROWS, UNIT, Groups, parts_of, sums_and_products, two_product, units_of
from xent_cli.statistics.exact.sums import SQUARE, doubles, exact_moments, ratio, root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.statistics.exact.bit_slices import Codes, Floats, Pairs


@struct
class Moments:
    """What mean, variance and standard error need of losses ℓ with weights w (1 where there are none), exactly.

    A monoid: `Moments.empty()` is the identity of `+`, which is associative and commutative to the last bit, because
    every field is an integer. Infinite losses do not enter; whoever keeps them out counts them.

    | field | value | unit |
    |---|---|---|
    | n, support | rows, rows whose weight is not 0 | 1 |
    | total, squares | Σ ℓ, Σ ℓ² | 2**-1074, 2**-2148 |
    | weight, weight_squares | Σ w, Σ w² | 2**-1074, 2**-2148 |
    | weighted, weighted_squares | Σ wℓ, Σ wℓ² | 2**-2148, 2**-3222 |
    | square_weighted, product_squares | Σ w²ℓ, Σ (wℓ)² | 2**-3222, 2**-4296 |

    Examples
    --------
    >>> both = Moments.of(np.array([1.0, 2.0])) + Moments.of(np.array([4.0]))
    >>> both.n, both.sum, both.mean, both.variance
    (3, 7.0, 2.3333333333333335, 2.3333333333333335)

    """

    n: int = 0
    support: int = 0
    total: int = 0
    squares: int = 0
    weight: int = 0
    weight_squares: int = 0
    weighted: int = 0
    weighted_squares: int = 0
    square_weighted: int = 0
    product_squares: int = 0

    @classmethod
    def empty(cls) -> Moments:
        """No rows: the identity of `+`."""
        return cls()

    @classmethod
    def of(cls, losses: Floats, weights: Floats | None = None) -> Moments:
        """The moments of finite losses, shape (n,), with finite weights of that shape or with weight 1 each."""
        if weights is None:
            return _unweighted(len(losses), *exact_moments(losses))
        parts = parts_of(len(losses), ROWS // 2)
        return sum((_weighted_part(doubles(losses[part]), doubles(weights[part])) for part in parts), cls())

    @classmethod
    def marked(cls, losses: Floats, marks: Floats | Codes) -> tuple[Moments, int]:
        """The moments of finite losses of weight 1, and Σ wℓ of those that are marked by 1 and not by 0, both (n,)."""
        (total,), (squares,), marked = sums_and_products((losses,), SQUARE, marks)
        return _unweighted(len(losses), total, squares), marked << UNIT

    @classmethod
    def plain(cls, n: int, total: int, squares: int) -> Moments:
        """The moments of n losses of weight 1 with Σ ℓ = total and Σ ℓ² = squares, in the units of these fields."""
        return _unweighted(n, total, squares)

    def __add__(self, other: Moments) -> Moments:
        """The moments of both parts together."""
        return Moments(*map(int.__add__, _FIELDS(self), _FIELDS(other)))

    def __sub__(self, part: Moments) -> Moments:
        """The moments of the rows that are not in a part of them."""
        return Moments(*map(int.__sub__, _FIELDS(self), _FIELDS(part)))

    @property
    def sum(self) -> float:
        """Σ wℓ, correctly rounded; 0 for no rows."""
        return ratio(self.weighted, 1, -2 * UNIT)

    @property
    def weight_sum(self) -> float:
        """Σ w, correctly rounded."""
        return ratio(self.weight, 1, -UNIT)

    @property
    def mean(self) -> float:
        """Σ wℓ / Σ w, correctly rounded; NaN where the weights sum to 0."""
        return ratio(self.weighted, self.weight, -UNIT)

    @property
    def count_mean(self) -> float:
        """Σ wℓ / n, correctly rounded; NaN for no rows."""
        return ratio(self.weighted, self.n, -2 * UNIT)

    @property
    def unweighted_mean(self) -> float:
        """Σ ℓ / n, whatever the weights, correctly rounded; NaN for no rows."""
        return ratio(self.total, self.n, -UNIT)

    @property
    def variance(self) -> float:
        """The sample variance Σ w(ℓ − L)² / (Σ w − Σ w² / Σ w), L = Σ wℓ / Σ w, correctly rounded.

        In [0, +inf]; zero if and only if all rows that have weight have the same loss; NaN where fewer than two have.

        Notes
        -----
        The form for reliability weights: unbiased where all rows have one variance, the same for weights of any
        scale, not changed by rows of weight 0, and for equal weights the usual one over n − 1. The form for
        frequency weights, over Σ w − 1, depends on the scale and is wrong unless weights are repetitions.

        """
        return ratio(*self._variance())

    @property
    def std(self) -> float:
        """The square root of the exact variance, correctly rounded."""
        return root(*self._variance())

    @property
    def effective_n(self) -> float:
        """Kish's effective number of rows (Σ w)² / Σ w², correctly rounded; n for equal weights."""
        return ratio(self.weight**2, self.weight_squares)

    def _variance(self) -> tuple[int, int, int]:
        """The variance as numerator, denominator (0 where undefined) and exponent."""
        spread = self.weighted_squares * self.weight - self.weighted**2
        freedom = self.weight**2 - self.weight_squares
        return spread, freedom, -2 * UNIT


def group_moments(codes: Codes, losses: Floats, weights: Floats | None = None) -> dict[int, Moments]:
    """The `Moments` of each group that occurs.

    Parameters
    ----------
    codes
        The group of each row, integers from 0, shape (n,).
    losses, weights
        float64, shape (n,), finite.

    Examples
    --------
    >>> {group: part.mean for group, part in group_moments(np.array([1, 0, 1]), np.array([1.0, 2.0, 3.5])).items()}
    {0: 2.0, 1: 2.25}

    """
    merged: dict[int, Moments] = {}
    for part in parts_of(len(codes), ROWS):
        groups = Groups.of(codes[part])
        found = _by_group(groups, doubles(losses[part]), None if weights is None else doubles(weights[part]))
        for name, moments in zip(groups.names, found, strict=True):
            merged[name] = merged[name] + moments if name in merged else moments
    return merged


_FIELDS = attrgetter(*(field.name for field in fields(Moments)))
_WEIGHTED: Pairs = ((0, 0), (1, 1), (0, 1), (2, 1), (3, 1), (2, 0), (3, 0), (2, 2), (2, 3), (3, 3))
"""The products that `_weighted` needs, of the vectors w, ℓ, high and low with high + low = wℓ."""


def _unweighted(n: int, total: int, squares: int) -> Moments:
    """The moments of n losses of weight 1."""
    once = (n << UNIT, n << 2 * UNIT, total << UNIT, squares << UNIT)
    return Moments(n, n, total, squares, *once, total << 2 * UNIT, squares << 2 * UNIT)


def _weighted(n: int, support: int, weight: int, total: int, products: Sequence[int]) -> Moments:
    """The moments from the sums of w and ℓ and the products in the order of _WEIGHTED."""
    ww, ll, wl, hl, el, hw, ew, hh, he, ee = products
    squares, square_weighted, fourth = (hl + el) << UNIT, (hw + ew) << UNIT, (hh + 2 * he + ee) << 2 * UNIT
    return Moments(n, support, total, ll, weight, ww, wl, squares, square_weighted, fourth)


def _weighted_part(losses: Floats, weights: Floats) -> Moments:
    """The moments of one chunk of weighted losses."""
    rows, odd = _expanded(weights, losses)
    (weight, total, *_), products, _ = sums_and_products(rows, _WEIGHTED)
    moments = _weighted(len(losses), int(np.count_nonzero(weights)), weight, total, products)
    return sum((_odd_row(weights[row], losses[row]) for row in odd), moments)


def _odd_row(weight: float, loss: float) -> Moments:
    """The moments of one row with Python integers; the row itself has been counted already."""
    w, x = units_of(weight), units_of(loss)
    return Moments(0, 0, x, x * x, w, w * w, w * x, w * x * x, w * w * x, (w * x) ** 2)


def _expanded(w: Floats, x: Floats) -> tuple[tuple[Floats, Floats, Floats, Floats], list[int]]:
    """w, x and the two parts of w·x, all 0 in the rows where there are no such parts; and these rows."""
    high, low, odd = two_product(w, x)
    if odd.size:
        w, x = w.copy(), x.copy()
        w[odd] = x[odd] = 0.0
    return (w, x, high, low), odd.tolist()


def _by_group(groups: Groups, losses: Floats, weights: Floats | None) -> list[Moments]:
    """The moments of each group of up to ROWS rows."""
    if weights is None:
        return list(map(_unweighted, groups.counts, groups.sums(losses), groups.dots(losses, losses)))
    rows, odd = _expanded(weights, losses)
    support = np.bincount(groups.places[weights != 0], minlength=len(groups.names)).tolist()
    w, x, _, _ = rows
    products = zip(*(groups.dots(rows[one], rows[other]) for one, other in _WEIGHTED), strict=True)
    moments = list(map(_weighted, groups.counts, support, groups.sums(w), groups.sums(x), products))
    for row in odd:
        moments[groups.places[row]] += _odd_row(weights[row], losses[row])
    return moments
