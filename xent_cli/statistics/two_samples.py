"""Differences of two means of different rows: Welch's test and its cluster-robust sibling."""

from __future__ import annotations

from math import hypot, inf, isnan, nan, sqrt
from typing import TYPE_CHECKING, NamedTuple

from xent_cli.contract.frozen import struct
from xent_cli.statistics.exact.sums import UNIT, ratio, root
from xent_cli.statistics.student_t import student_t_quantile, student_t_sf

if TYPE_CHECKING:
    from collections.abc import Mapping


class MeanEstimate(NamedTuple):
    """A mean, its standard error, and how many independent things (rows or clusters) it is made of."""

    mean: float
    se: float
    n: int


@struct
class MeanDifference:
    """A difference of means with its standard error, interval and two-sided p-value; NaN where undefined."""

    mean: float
    se: float
    low: float
    high: float
    p: float


def welch(one: MeanEstimate, other: MeanEstimate, level: float) -> MeanDifference:
    """The difference of the means of independent rows, one − other, by Welch's t test.

    SE² = SE₁² + SE₂², with SE⁴ / (SE₁⁴/(n₁ − 1) + SE₂⁴/(n₂ − 1)) degrees of freedom. p = 1 where both means are equal,
    0 where they differ and no row strays from them; NaN where either has no standard error.

    Parameters
    ----------
    one, other
        The means with their standard errors and numbers of rows, or of clusters.
    level
        The confidence of the interval, in (0, 1).

    Notes
    -----
    If the same samples stand behind both means, the difference is usually known better than this says: the test is
    then conservative, and a paired comparison of the rows finds smaller differences.

    References
    ----------
    B. L. Welch, The generalization of Student's problem when several different population variances are involved,
    Biometrika 34 (1947), doi:10.1093/biomet/34.1-2.28

    Examples
    --------
    >>> found = welch(MeanEstimate(0.5, 0.03, 100), MeanEstimate(0.4, 0.04, 100), 0.95)
    >>> f"{found.mean:.3f} {found.se:.3f} {found.low:.4f} {found.high:.4f} {found.p:.4f}"
    '0.100 0.050 0.0013 0.1987 0.0470'

    """
    mean, se = one.mean - other.mean, hypot(one.se, other.se)
    if isnan(se) or isnan(mean) or min(one.n, other.n) < 2:
        return MeanDifference(mean, nan, nan, nan, nan)
    if se == 0:
        return _tested(mean, se, inf, level)
    share = (one.se / se) ** 2
    return _tested(mean, se, 1 / (share**2 / (one.n - 1) + (1 - share) ** 2 / (other.n - 1)), level)


def cautious_p(one: MeanEstimate, other: MeanEstimate, sizes: tuple[float, float]) -> float:
    """The larger of the p-values of Welch's test and of Student's, which takes both spreads for one.

    Parameters
    ----------
    one, other
        Means of independent rows.
    sizes
        What their standard errors divide a standard deviation by the root of: rows, or with weights Kish's effective
        number of rows.

    Returns
    -------
    The p-value; NaN where either has no standard error.

    Notes
    -----
    Losses are skewed: a small group whose few large losses are missing has a small mean and a small standard error.
    Welch's test alone then finds differences in 38 % of data sets that have none (100 groups of 30 rows, the level
    being 5 % after Holm's correction). Student's keeps the level there, and fails where spreads do differ. Both
    together keep it in either case.

    Examples
    --------
    >>> f"{cautious_p(MeanEstimate(0.5, 0.03, 100), MeanEstimate(0.4, 0.04, 100), (100, 100)):.4f}"
    '0.0470'

    """
    p = welch(one, other, 0.5).p
    if isnan(p):
        return nan
    free = one.n + other.n - 2
    squares = (one.se * one.se, other.se * other.se)  # a power of floats would raise where a product is infinite
    variance = ((one.n - 1) * squares[0] * sizes[0] + (other.n - 1) * squares[1] * sizes[1]) / free
    se = sqrt(variance * (1 / sizes[0] + 1 / sizes[1]))
    return max(p, _tested(one.mean - other.mean, se, free, 0.5).p)


def _tested(mean: float, se: float, df: float, level: float) -> MeanDifference:
    """A difference with its interval and p-value, from Student's t."""
    if se == 0:
        return MeanDifference(mean, se, mean, mean, float(mean == 0))
    reach = student_t_quantile((1 + level) / 2, df) * se
    return MeanDifference(mean, se, mean - reach, mean + reach, 2 * student_t_sf(abs(mean / se), df))


class ClusterSums(NamedTuple):
    """Σ wℓ and Σ w of some rows of a cluster, in units whose ratio is 2**-1074."""

    product: int
    weight: int

    def plus(self, product: int, weight: int) -> ClusterSums:
        """The sums with those of other rows of the cluster."""
        return ClusterSums(self.product + product, self.weight + weight)


@struct
class Clustered:
    """All rows by cluster, with the sums over clusters that every group of rows is compared by."""

    parts: Mapping[str, ClusterSums]
    product: int
    weight: int
    squares: tuple[int, int, int]

    @classmethod
    def of(cls, parts: Mapping[str, ClusterSums]) -> Clustered:
        """The clusters with Σ P², Σ PW and Σ W² over them."""
        squares = [(p * p, p * w, w * w) for p, w in parts.values()]
        found = tuple(map(sum, zip(*squares, strict=True))) if squares else (0, 0, 0)
        return cls(
            parts,
            sum(part.product for part in parts.values()),
            sum(part.weight for part in parts.values()),
            (found[0], found[1], found[2]),
        )

    def against_rest(self, group: Mapping[str, ClusterSums], level: float) -> MeanDifference:
        """The mean of a group of the rows minus that of all others, where rows are independent across clusters only.

        SE² = k/(k − 1) · Σ_c (S_c/W − R_c/V)² over all clusters, S_c = Σ w(ℓ − L) over the rows of c in the group, R_c
        that over the others, W and V their weights, k the clusters of the group or of the others, whichever are fewer;
        k − 1 degrees of freedom. A cluster may have rows in both.

        Notes
        -----
        The sum over the clusters that have no row in the group follows from the sums over all: each group costs no
        more than the clusters it has rows in.

        References
        ----------
        K.-Y. Liang, S. L. Zeger, Longitudinal data analysis using generalized linear models, Biometrika 73 (1986),
        doi:10.1093/biomet/73.1.13

        """
        product, weight = sum(part.product for part in group.values()), sum(part.weight for part in group.values())
        rest, left = self.product - product, self.weight - weight
        within = sum(part.weight == self.parts[name].weight for name, part in group.items())
        fewer = min(len(group), len(self.parts) - within)
        if fewer < 2 or not weight or not left:
            return MeanDifference(nan, nan, nan, nan, nan)
        inside = both = 0
        pp, pw, ww = self.squares
        for name, (p, w) in group.items():
            whole = self.parts[name]
            p_rest, w_rest = whole.product - p, whole.weight - w
            mine, theirs = p * weight - product * w, p_rest * left - rest * w_rest
            inside, both = inside + mine * mine, both + mine * theirs
            pp += p_rest * p_rest - whole.product * whole.product
            pw += p_rest * w_rest - whole.product * whole.weight
            ww += w_rest * w_rest - whole.weight * whole.weight
        others = left * left * pp - 2 * left * rest * pw + rest * rest * ww
        squares = inside * left**4 + others * weight**4 - 2 * both * (weight * left) ** 2
        se = root(fewer * squares, (fewer - 1) * (weight * left) ** 4, -2 * UNIT)
        mean = ratio(product * left - rest * weight, weight * left, -UNIT)
        return _tested(mean, se, fewer - 1, level)
