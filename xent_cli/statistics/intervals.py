"""Standard errors and confidence intervals of mean losses, from exact moments; Student's t without SciPy.

Nothing here sees a row: the standard errors are correctly rounded from the integers of `Moments`, and so are the same
for every order, split and number of threads. Where a quantity is undefined (one row, one cluster) it is NaN,
never 0, and an interval says why.
"""

from __future__ import annotations

from math import isfinite, isinf, isnan, nan
from typing import TYPE_CHECKING, Literal

from xent_cli.contract.interval import Interval
from xent_cli.statistics.adjustments import Adjustment, transformed
from xent_cli.statistics.exact.sums import UNIT, root
from xent_cli.statistics.student_t import quantile_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xent_cli.statistics.exact.moments import Moments

STUDENT, SKEWED = "student-t", ", skewness-adjusted (Hall)"


def standard_error(moments: Moments, divide_by: Literal["weight", "count"] = "weight") -> float:
    """The standard error of a mean loss, in the unit of the losses, for independent rows.

    Unweighted: SE = s/√n, s² = Σ (ℓ − L)²/(n − 1). Weighted: SE² = n/(n − 1) · Σ w²(ℓ − L)² / (Σ w)² with
    L = Σ wℓ / Σ w, n the rows that have weight: the ratio, linearised (HC1 of a weighted regression on a constant).
    By count: the mean is Σ wℓ / n, so SE = s/√n of the products wℓ, n all rows. In [0, +inf]; zero if and only if
    all terms are equal; NaN for fewer than two rows.

    Parameters
    ----------
    moments
        The exact moments of finite losses.
    divide_by
        What the mean divides by: the weights (`Moments.mean`) or the rows (`Moments.count_mean`).

    Returns
    -------
    The exact value, correctly rounded.

    Notes
    -----
    The rows are taken for a sample, the weights for fixed or sampled with them, so a weight is not a repetition count:
    doubling all weights changes nothing. Unweighted, all three forms are the same number.

    References
    ----------
    H. White, A heteroskedasticity-consistent covariance matrix estimator, Econometrica 48 (1980), doi:10.2307/1912934
    J. G. MacKinnon, H. White, Some heteroskedasticity-consistent covariance matrix estimators with improved finite
    sample properties, J. Econometrics 29 (1985), doi:10.1016/0304-4076(85)90158-7
    E. Miller, Adding error bars to evals, arXiv:2411.00640 (2024)

    Examples
    --------
    >>> import numpy as np
    >>> losses = np.array([0.5, 0.5, 2.0])
    >>> standard_error(Moments.of(losses)), standard_error(Moments.of(losses, np.array([2.0, 0.0, 2.0])))
    (0.5, 0.75)

    """
    if divide_by == "count":
        n = moments.n
        return root(moments.product_squares * n - moments.weighted**2, n * n * (n - 1), -4 * UNIT)
    n, w, product = moments.support, moments.weight, moments.weighted
    squares = (
        moments.product_squares * w**2 - 2 * product * moments.square_weighted * w + product**2 * moments.weight_squares
    )
    return root(n * squares, max(n - 1, 0) * w**4, -2 * UNIT)


def cluster_standard_error(products: Mapping[int, int], weights: Mapping[int, int]) -> float:
    """The standard error of a mean loss Σ wℓ / Σ w whose rows are independent only across clusters.

    SE² = G/(G − 1) · Σ_c S_c² / (Σ w)², S_c = Σ_{i in c} w(ℓ − L): CR1, sandwich with the small-sample factor. In
    [0, +inf]; NaN for fewer than two clusters. Its interval: `interval(…, n=G, adjustment=of_clusters(…))`.

    Parameters
    ----------
    products
        Σ wℓ of each of the G clusters, in units of 2**-2148: `exact_group_sums(codes, weights, losses)`, or
        unweighted the sums of the losses shifted by UNIT bits.
    weights
        Σ w of the same clusters, in units of 2**-1074: `exact_group_sums(codes, weights)`, or the numbers of rows
        shifted by UNIT bits.

    Returns
    -------
    The exact value, correctly rounded.

    Notes
    -----
    With one row a cluster it is the standard error of independent rows. It is too small for few clusters and for
    uneven ones, which the interval makes up for. The clusters should be the units that were sampled.

    References
    ----------
    K.-Y. Liang, S. L. Zeger, Longitudinal data analysis using generalized linear models, Biometrika 73 (1986),
    doi:10.1093/biomet/73.1.13
    A. C. Cameron, D. L. Miller, A practitioner's guide to cluster-robust inference, J. Human Resources 50 (2015),
    doi:10.3368/jhr.50.2.317

    Examples
    --------
    >>> import numpy as np
    >>> from xent_cli.statistics.exact.sums import exact_group_sums
    >>> clusters, losses, weights = np.array([7, 7, 8, 8]), np.array([0.5, 1.5, 2.0, 4.0]), np.ones(4)
    >>> cluster_standard_error(exact_group_sums(clusters, weights, losses), exact_group_sums(clusters, weights))
    1.0

    """
    clusters, weight, product = len(weights), sum(weights.values()), sum(products.values())
    squares = sum((products[cluster] * weight - product * part) ** 2 for cluster, part in weights.items())
    return root(clusters * squares, max(clusters - 1, 0) * weight**4, -2 * UNIT)


def interval(mean: float, se: float, level: float, n: int, adjustment: Adjustment | None = None) -> Interval:
    """The two-sided confidence interval of a mean: Student's mean ± t·SE, adjusted for skewness and uneven parts.

    Adjusted: mean − SE·g⁻¹(±t), g Hall's transformation (see `adjustments.transformed`), SE times the inflation, t with
    the degrees of freedom of the adjustment. Where the end of Student's is above the upper one it is kept too.

    Parameters
    ----------
    mean, se
        The mean and its standard error.
    level
        The confidence, in (0, 1).
    n
        How many independent things were averaged: rows, or clusters.
    adjustment
        What is known beyond these; None for Student's interval with n − 1 degrees of freedom.

    Returns
    -------
    The bounds, with method "student-t" or "student-t, skewness-adjusted (Hall)"; NaN with method "undefined: …" where
    there is no standard error.

    Notes
    -----
    Losses are skewed to the right, so Student's interval of few rows misses on the high side more often than it says.
    How often both cover is simulated by `python -m tests.intervals`.

    References
    ----------
    Student, The probable error of a mean, Biometrika 6 (1908), doi:10.1093/biomet/6.1.1
    P. Hall, On the removal of skewness by transformation, J. Royal Statistical Society B 54 (1992),
    doi:10.1111/j.2517-6161.1992.tb01876.x

    Examples
    --------
    >>> bounds = interval(0.70625, 0.22047786979973424, 0.95, 8)
    >>> f"{bounds.low:.6f} {bounds.high:.6f} {bounds.method}"
    '0.184903 1.227597 student-t'
    >>> interval(0.5, float("nan"), 0.95, 1)
    Interval(level=0.95, low=nan, high=nan, method='undefined: one row')

    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    if n < 2 or isnan(se) or not isfinite(mean):
        return Interval(level, nan, nan, f"undefined: {_reason(mean, n)}")
    known = adjustment or Adjustment(n - 1)
    t, se = quantile_of((1 - level) / 2, level / 2, known.df), se * known.inflation
    if isnan(known.skew):
        return Interval(level, mean - t * se, mean + t * se, STUDENT)
    low, high = mean - transformed(t, known.skew) * se, mean - transformed(-t, known.skew) * se
    student = mean + t * se
    return Interval(level, low, high, f"{STUDENT}{SKEWED}", student if student > high else None)


def cluster_method(adjustment: Adjustment, method: str) -> str:
    """The method of an interval over clusters, as made by this method."""
    return f"cluster-robust (CR2), {_with_freedom(adjustment, method)}"


def weight_method(adjustment: Adjustment, method: str) -> str:
    """The method of an interval over rows of different weights, as made by this method."""
    return f"weights (HCs), {_with_freedom(adjustment, method)}"


def _with_freedom(adjustment: Adjustment, method: str) -> str:
    """The method with the degrees of freedom of its t."""
    df = adjustment.df
    shown = f"{df:,.0f}" if df == int(df) else f"{df:,.1f}"
    return method.replace(STUDENT, f"{STUDENT} with {shown} degree{'' if df == 1 else 's'} of freedom", 1)


def _reason(mean: float, n: int) -> str:
    """Why there is no interval."""
    if n < 2:
        return "one row" if n == 1 else "no rows"
    return "the mean is infinite" if isinf(mean) else "fewer than two rows have weight"
