"""Exact sums of doubles: integers in place of rounded partial sums, so that no order, split or thread shows.

Every finite double is an integer multiple of 2**-1074 and every product of two a multiple of 2**-2148. The sums here
are those integers, as Python ints, rounded once, at the end, by `ratio` or `root`. Adding two such integers merges
two parts of a data set, whatever they hold. How it is done, at a few nanoseconds a row: `bit_slices`.
"""

from __future__ import annotations

from math import inf, isqrt, nan
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.statistics.exact.bit_slices import ROWS, UNIT, Groups, parts_of, sums_and_products

if TYPE_CHECKING:
    from xent_cli.statistics.exact.bit_slices import Codes, Floats, Pairs


__all__ = [
    "UNIT",
    "exact_dot",
    "exact_group_counts",
    "exact_group_sums",
    "exact_moments",
    "exact_sum",
    "ratio",
    "root",
]


def exact_sum(x: Floats) -> int:
    """The mathematical sum Σ x, in units of 2**-1074.

    Parameters
    ----------
    x
        float64, shape (n,), of any sign and size. A NaN or an infinity is a ValueError.

    Returns
    -------
    The integer S with Σ x = S · 2**-1074; `ratio(S, 1, -UNIT)` is the correctly rounded double.

    Examples
    --------
    >>> exact_sum(np.array([1e308, 1.0, -1e308])) == 1 << UNIT
    True

    """
    (total,), _, _ = sums_and_products((x,), ())
    return total


def exact_dot(x: Floats, y: Floats) -> int:
    """The mathematical sum of products Σ x·y, in units of 2**-2148.

    Parameters
    ----------
    x, y
        float64, shape (n,), finite; their products may lie far outside the range of a double.

    Returns
    -------
    The integer S with Σ x·y = S · 2**-2148; `ratio(S, 1, -2 * UNIT)` is the correctly rounded double.

    Examples
    --------
    >>> exact_dot(np.array([3.0, 0.5]), np.array([2.0, -12.0]))
    0

    """
    _, (product,), _ = sums_and_products((x, y), ((0, 1),))
    return product


def exact_moments(x: Floats) -> tuple[int, int]:
    """The mathematical sums Σ x (in units of 2**-1074) and Σ x² (in units of 2**-2148), in one pass.

    Parameters
    ----------
    x
        float64, shape (n,), finite, of any sign and size.

    Examples
    --------
    >>> exact_moments(np.array([1.5, -0.5])) == (1 << UNIT, 5 << 2 * UNIT - 1)
    True

    """
    (total,), (squares,), _ = sums_and_products((x,), SQUARE)
    return total, squares


def exact_group_sums(codes: Codes, x: Floats, y: Floats | None = None) -> dict[int, int]:
    """The mathematical sum Σ x, or Σ x·y, of each group that occurs.

    Parameters
    ----------
    codes
        The group of each row, integers from 0, shape (n,). There may be any number of groups: only those that occur
        cost Python time.
    x, y
        float64, shape (n,), finite.

    Returns
    -------
    The sums by group, in units of 2**-1074 for x alone, of 2**-2148 for x·y.

    Examples
    --------
    >>> exact_group_sums(np.array([2, 0, 2]), np.array([0.5, 1.0, 0.25])) == {0: 1 << UNIT, 2: 3 << UNIT - 2}
    True

    """
    sums: dict[int, int] = {}
    for part in parts_of(len(codes), ROWS):
        groups = Groups.of(codes[part])
        values = groups.sums(doubles(x[part])) if y is None else groups.dots(doubles(x[part]), doubles(y[part]))
        for name, value in zip(groups.names, values, strict=True):
            sums[name] = sums.get(name, 0) + value
    return sums


def exact_group_counts(codes: Codes) -> dict[int, int]:
    """The number of rows of each group that occurs.

    Parameters
    ----------
    codes
        The group of each row, integers from 0, shape (n,).

    Examples
    --------
    >>> exact_group_counts(np.array([2, 0, 2]))
    {0: 1, 2: 2}

    """
    groups = Groups.of(codes)
    return dict(zip(groups.names, groups.counts, strict=True))


def ratio(numerator: int, denominator: int = 1, exponent: int = 0) -> float:
    """numerator / denominator · 2**exponent as the nearest double (ties to even), rounded once.

    NaN where the denominator is 0; beyond the largest double an infinity; gradual among the subnormals.

    Examples
    --------
    >>> ratio(1, 3), ratio(1, 1, -1074), ratio(-1, 1, 1024), ratio(0, 0)
    (0.3333333333333333, 5e-324, -inf, nan)

    """
    if denominator == 0:
        return nan
    numerator, denominator = _above(numerator, denominator)
    try:
        return (numerator << max(exponent, 0)) / (denominator << max(-exponent, 0))
    except OverflowError:
        return inf if numerator > 0 else -inf


def root(numerator: int, denominator: int = 1, exponent: int = 0) -> float:
    """√(numerator / denominator · 2**exponent) as the nearest double; NaN of a negative number or where over 0.

    Examples
    --------
    >>> root(2), root(1, 9), root(1, 1, -2148), root(-1)
    (1.4142135623730951, 0.3333333333333333, 5e-324, nan)

    """
    if denominator == 0:
        return nan
    numerator, denominator = _above(numerator, denominator)
    if numerator < 0:
        return nan
    # 120 bits of the quotient at least give 60 of its root; what lies below only matters as "not zero": one sticky bit
    shift = 120 + denominator.bit_length()
    shift += (shift + exponent) % 2
    quotient, remainder = divmod(numerator << shift, denominator)
    floor = isqrt(quotient)
    sticky = remainder != 0 or floor * floor != quotient
    return ratio(2 * floor + sticky, 1, (exponent - shift) // 2 - 1)


SQUARE: Pairs = ((0, 0),)


def _above(numerator: int, denominator: int) -> tuple[int, int]:
    """The same fraction with its denominator above 0."""
    return (numerator, denominator) if denominator > 0 else (-numerator, -denominator)


def doubles(x: Floats) -> Floats:
    """x as float64, which is exact for narrower numbers."""
    return np.asarray(x, np.float64)
