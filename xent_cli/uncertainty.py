"""Standard errors and confidence intervals of mean losses, from exact moments; Student's t without SciPy.

Nothing here sees a row: the standard errors are correctly rounded from the integers of `exactsum.Moments`, and so are
the same for every order, split and number of threads. Where a quantity is undefined (one row, one cluster) it is NaN,
never 0, and an interval says why.
"""

from __future__ import annotations

from math import erf, erfc, exp, expm1, inf, isfinite, isinf, isnan, log, log1p, nan, pi, sqrt
from typing import TYPE_CHECKING, Literal

from xent_cli._values import struct
from xent_cli.exactsum import UNIT, Moments, root

if TYPE_CHECKING:
    from collections.abc import Mapping

_EPSILON = 2.0**-53
_SMALLEST = 1e-150  # probability; t * t must not overflow


@struct
class Bounds:
    """A confidence interval: `low` and `high` are NaN where it is undefined, and `method` then says why."""

    level: float
    low: float
    high: float
    method: str


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
    The rows are taken for a sample, the weights for fixed or sampled with them, so a weight is no repetition:
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
    [0, +inf]; NaN for fewer than two clusters. Its interval has G − 1 degrees of freedom: `interval(…, n=G)`.

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
    With one row a cluster it is the standard error of independent rows. It is too small for few clusters (under 40
    or so), and the clusters should be the units that were sampled.

    References
    ----------
    K.-Y. Liang, S. L. Zeger, Longitudinal data analysis using generalized linear models, Biometrika 73 (1986),
    doi:10.1093/biomet/73.1.13
    A. C. Cameron, D. L. Miller, A practitioner's guide to cluster-robust inference, J. Human Resources 50 (2015),
    doi:10.3368/jhr.50.2.317

    Examples
    --------
    >>> import numpy as np
    >>> from xent_cli.exactsum import exact_group_sums
    >>> clusters, losses, weights = np.array([7, 7, 8, 8]), np.array([0.5, 1.5, 2.0, 4.0]), np.ones(4)
    >>> cluster_standard_error(exact_group_sums(clusters, weights, losses), exact_group_sums(clusters, weights))
    1.0

    """
    clusters, weight, product = len(weights), sum(weights.values()), sum(products.values())
    squares = sum((products[cluster] * weight - product * part) ** 2 for cluster, part in weights.items())
    return root(clusters * squares, max(clusters - 1, 0) * weight**4, -2 * UNIT)


def cluster_method(clusters: int) -> str:
    """The method of an interval around a standard error over clusters."""
    return f"cluster-robust (CR1), student-t with {clusters - 1:,} degree{'' if clusters == 2 else 's'} of freedom"


def interval(mean: float, se: float, level: float, n: int) -> Bounds:
    """The two-sided confidence interval mean ± t·SE, t from Student's distribution with n − 1 degrees of freedom.

    Parameters
    ----------
    mean, se
        The mean and its standard error.
    level
        The confidence, in (0, 1).
    n
        How many independent things were averaged: rows, or clusters.

    Returns
    -------
    The bounds, with method "student-t"; NaN with method "undefined: …" where there is no standard error.

    Notes
    -----
    Losses are skewed to the right, so an interval of a few dozen rows misses on the high side more often than it
    says; from a few hundred rows on, ordinary losses are covered as often as stated (simulated in the tests).

    References
    ----------
    Student, The probable error of a mean, Biometrika 6 (1908), doi:10.1093/biomet/6.1.1

    Examples
    --------
    >>> bounds = interval(0.70625, 0.22047786979973424, 0.95, 8)
    >>> f"{bounds.low:.6f} {bounds.high:.6f} {bounds.method}"
    '0.184903 1.227597 student-t'
    >>> interval(0.5, float("nan"), 0.95, 1)
    Bounds(level=0.95, low=nan, high=nan, method='undefined: one row')

    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    if n < 2 or isnan(se) or not isfinite(mean):
        return Bounds(level, nan, nan, f"undefined: {_reason(mean, n)}")
    reach = _quantile((1 - level) / 2, level / 2, n - 1) * se
    return Bounds(level, mean - reach, mean + reach, "student-t")


def _reason(mean: float, n: int) -> str:
    """Why there is no interval."""
    if n < 2:
        return "one row" if n == 1 else "no rows"
    return "the mean is infinite" if isinf(mean) else "fewer than two rows have weight"


def student_t_quantile(p: float, df: float) -> float:
    """The value below which Student's t with df degrees of freedom stays with probability p.

    Increasing in p, odd about p = 1/2, −inf at 0 and +inf at 1. df = inf is the normal distribution.

    Parameters
    ----------
    p
        A probability: 0, or in [1e-150, 1].
    df
        Degrees of freedom, at least 1, not necessarily whole.

    Returns
    -------
    The quantile, within 1e-14 of itself (5e-14 for p under 1e-20).

    Notes
    -----
    Newton's method for ln P as a function of ln t, P the upper tail or, near the middle, P(0 < T < t). These curves
    are concave, so that from the right side of the root it converges without overshooting.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17, https://dlmf.nist.gov/8.17

    Examples
    --------
    >>> f"{student_t_quantile(0.975, 7):.12f} {student_t_quantile(0.975, float('inf')):.12f}"
    '2.364624251593 1.959963984540'

    """
    if not ((p == 0 or _SMALLEST <= p <= 1) and df >= 1):
        raise ValueError(f"no Student quantile for p = {p} with {df} degrees of freedom")
    return _quantile(1 - p, p - 0.5, df) if p >= 0.5 else -_quantile(p, 0.5 - p, df)


def student_t_sf(t: float, df: float) -> float:
    """The probability that Student's t with df degrees of freedom exceeds t.

    In [0, 1], decreasing; 2 · student_t_sf(|t|, df) is the two-sided p-value. df = inf is the normal distribution.

    Parameters
    ----------
    t
        Any number, or an infinity.
    df
        Degrees of freedom, at least 1, not necessarily whole.

    Returns
    -------
    The probability, for t > 0 within 1e-13 of itself (but 0 for t beyond 1e150).

    Notes
    -----
    The upper tail is a continued fraction, the middle a series, both of positive terms: no digits cancel, however
    large df is.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.17.8, 8.17.9 and 15.7.5, https://dlmf.nist.gov/15.7

    Examples
    --------
    >>> f"{student_t_sf(1.0, 1):.15f} {student_t_sf(-2.0, float('inf')):.15f}"
    '0.250000000000000 0.977249868051821'

    """
    if isnan(t) or not df >= 1:
        raise ValueError(f"no Student probability for t = {t} with {df} degrees of freedom")
    return _tail(t, df) if t >= 0 else 1 - _tail(-t, df)


def _quantile(tail: float, middle: float, df: float) -> float:
    """The t >= 0 with P(T > t) = tail and P(0 < T < t) = middle, where tail + middle = 1/2."""
    if tail <= 0 or middle <= 0:
        return inf if tail <= 0 else 0.0
    if middle < tail:
        t, target, probability, sign = middle / _density(0.0, df), middle, _middle, 1
    else:
        spread = -2 * log(2 * tail)
        start = sqrt(spread) if isinf(df) else sqrt(df * expm1(spread / df))
        t, target, probability, sign = start, tail, _tail, -1
    step = 1.0
    while abs(step) > 1e-9:  # the step after that would be its square
        value = probability(t, df)
        step = sign * log(value / target) * value / (t * _density(t, df))
        t *= exp(-step)
    return t


def _tail(t: float, df: float) -> float:
    """P(T > t) for t >= 0: Gauss's continued fraction of F(1/2, 1; df/2 + 1; −df/t²)."""
    if t > 1 / _SMALLEST:
        return 0.0
    if isinf(df):
        return erfc(t / sqrt(2)) / 2
    if t * t < min(df, 7):  # beyond, the difference would lose digits
        return 0.5 - _middle(t, df)
    a, z = df / 2, df / (t * t)
    fraction, numerator, denominator, change, at = 1.0, 1.0, 0.0, 0.0, 0
    while abs(change - 1) > _EPSILON:
        at += 1
        j, odd = divmod(at, 2)
        factor = (0.5 + j) * (a + j) / (a + at) if odd else j * (a - 0.5 + j) / (a + at)
        term = factor * z / (a + at - 1)
        denominator, numerator = 1 / (1 + term * denominator), 1 + term / numerator
        change = numerator * denominator
        fraction *= change
    return _density(t, df) * (t / df + 1 / t) / fraction


def _middle(t: float, df: float) -> float:
    """P(0 < T < t): the series of F(df/2 + 1/2, 1; 3/2; t²/(df + t²))."""
    if isinf(df):
        return erf(t / sqrt(2)) / 2
    a, w = df / 2, t * t / (df + t * t)
    total = term = 1.0
    n = 0
    while term > _EPSILON * total:
        term *= (a + 0.5 + n) / (1.5 + n) * w
        total += term
        n += 1
    return _density(t, df) * t * total


def _density(t: float, df: float) -> float:
    """The density of Student's t."""
    if isinf(df):
        return exp(-t * t / 2) / sqrt(2 * pi)
    return _gamma_ratio(df / 2) / sqrt(pi * df) * exp(-(df + 1) / 2 * log1p(t * t / df))


def _gamma_ratio(a: float) -> float:
    """Γ(a + 1/2) / Γ(a): Stirling's series of the quotient, after the recurrence has brought a to 30."""
    factor = 1.0
    while a < 30:
        factor *= a / (a + 0.5)
        a += 1
    square = 1 / (a * a)
    series = (-1 / 8 + square * (1 / 192 + square * (-1 / 640 + square * 17 / 14336))) / a
    return factor * sqrt(a) * exp(series)
