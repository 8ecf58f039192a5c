"""What makes an interval of a mean cover as often as it says: skewness, uneven clusters, uneven weights.

Student's interval takes the mean for normal and its standard error for that of equal, independent parts. Losses are
skewed to the right, so the true mean lies above it more often than below; and where few clusters or rows carry most of
the weight, the residuals of these are too small, because the mean follows them. The formulas here measure both from
exact sums. Whatever is undefined is left out: then the interval is Student's.
"""

from __future__ import annotations

from math import cbrt, fsum, nan, sqrt
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import struct
from xent_cli.statistics.exact.sums import UNIT, ratio, root

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xent_cli.statistics.exact.moments import Moments
    from xent_cli.statistics.exact.powers import Powers

GRID = 2.0**20
"""Skewness counts in steps of 1/GRID: so rows, clusters of one row and rows of equal weight give the same bits."""

_CONDITION = 18  # bits: with a mean above 2**9 standard deviations the rounded cubes no longer show the skewness
_RANGE = 600  # bits: beyond 2**±300 cubes leave the range of a double


@struct
class Adjustment:
    """How the interval of a mean differs from Student's around its standard error.

    `df` degrees of freedom; the standard error times `inflation`; `skew`, the skewness of the mean, that is of one row
    over √n for n equal ones: NaN where it is unknown, or for two, which have none.
    """

    df: float
    inflation: float = 1.0
    skew: float = nan

    def uneven(self, n: int) -> bool:
        """Whether it differs, but for skewness, from that of n equal parts."""
        return self.df != n - 1 or self.inflation != 1.0


def skewness(moments: Moments, powers: Powers) -> float:
    """The skewness Σ (ℓ − L)³/n / (Σ (ℓ − L)²/n)^1.5 of rows of weight 1, in steps of 1/GRID; NaN where unknown.

    Parameters
    ----------
    moments, powers
        Of the same finite losses or differences, all of weight 1.

    Examples
    --------
    >>> import numpy as np
    >>> from xent_cli.statistics.exact.moments import Moments
    >>> from xent_cli.statistics.exact.powers import Powers
    >>> losses = np.array([0.0, 0.0, 0.0, 1.0])
    >>> f"{skewness(Moments.of(losses), Powers.of(losses)):.4f}"
    '1.1547'

    """
    return _skewness(moments.n, moments.total, moments.squares, powers.cubes, powers.lost)


def of_rows(n: int, skew: float) -> Adjustment:
    """The adjustment for n independent rows of weight 1, or n products whose mean divides by n, of this skewness."""
    return Adjustment(n - 1, 1.0, skew / sqrt(n) if n else nan)


def of_products(moments: Moments, powers: Powers) -> Adjustment:
    """The adjustment for the mean Σ wℓ / n: the products wℓ are values of weight 1."""
    skew = _skewness(moments.n, moments.weighted, moments.product_squares, powers.cubes, powers.lost, UNIT)
    return of_rows(moments.n, skew)


def of_weights(moments: Moments, powers: Powers) -> Adjustment:
    r"""The adjustment for the mean Σ wℓ / Σ w of independent rows (HCs, with its degrees of freedom).

    With r = w(ℓ − L), h = w/Σw, s = Σ h²: SE² = Σ r² / (Σ w)² · Σ w² / Σ (w²(1 − 2h + s)), without bias where every
    row has the same variance in spite of its weight; df = tr²/tr₂, the traces of M = D(I − 1h')(I − h1')D, D = diag(w),
    and of M² (Satterthwaite); skewness of the mean Σ r³ / (Σ r²)^1.5.

    Notes
    -----
    Equal weights, of any size, leave all as it is: df = n − 1 and no inflation over HC1.

    References
    ----------
    R. M. Bell, D. F. McCaffrey, Bias reduction in standard errors for linear regression with multi-stage samples,
    Survey Methodology 28 (2002)
    F. E. Satterthwaite, An approximate distribution of estimates of variance components, Biometrics Bulletin 2 (1946),
    doi:10.2307/3002019

    """
    n, w, w2 = moments.support, moments.weight, moments.weight_squares
    w3, w4, w5 = powers.w3 << 2 * UNIT, powers.w4 << 3 * UNIT, powers.w5 << 4 * UNIT
    trace = w2 * w**2 - 2 * w3 * w + w2**2  # times (Σ w)⁴
    twice = (  # the trace of M², times (Σ w)⁸
        w4 * w**4 + 2 * (w2 * w4 * w**2 - 2 * w5 * w**3) + w2**4 + 2 * w2 * w4 * w**2 + 2 * (w3 * w) ** 2
        - 4 * w2**2 * w3 * w
    )  # fmt: skip
    if n < 2 or powers.lost or trace <= 0 or twice <= 0:
        return Adjustment(max(1.0, moments.effective_n - 1))
    inflation = root((n - 1) * w2 * w**2, n * trace)
    product = moments.weighted
    squares = (
        moments.product_squares * w**2 - 2 * product * moments.square_weighted * w + product**2 * moments.weight_squares
    )
    cubes = (
        (powers.cubes << 5 * UNIT) * w**3 - 3 * product * (powers.w3xx << 4 * UNIT) * w**2
        + 3 * product**2 * (powers.w3x << 3 * UNIT) * w - product**3 * w3
    )  # fmt: skip
    known = _known(moments.product_squares * w**2, squares, moments.product_squares, 4 * UNIT)
    skew = _on_grid(cubes, squares, n) if known and n > 2 else nan
    return Adjustment(max(1.0, ratio(trace**2, twice)), inflation, skew)


def of_clusters(products: Mapping[int, int], weights: Mapping[int, int]) -> Adjustment:
    """The adjustment for a mean over clusters (CR2, degrees of freedom by Kish's effective number of clusters).

    With S_c = Σ w(ℓ − L) over a cluster and h_c its share of the weight: SE² = Σ S_c²/(1 − h_c) / (Σ w)², which is
    CR2 of a regression on a constant; df = G* − 1, G* = 1/Σ h_c²; the skewness of the mean, Σ S_c³ / (Σ S_c²)^1.5,
    counts (G*/G)² of itself: that of unequal clusters is mostly that of their sizes.

    Parameters
    ----------
    products, weights
        As `cluster_standard_error` takes them: of at least two clusters, all of weight above 0.

    References
    ----------
    R. M. Bell, D. F. McCaffrey, Bias reduction in standard errors for linear regression with multi-stage samples,
    Survey Methodology 28 (2002)
    L. Kish, Survey Sampling (1965), section 8.2

    """
    count, weight, product = len(weights), sum(weights.values()), sum(products.values())
    by_size: dict[int, int] = {}
    whole = cubes = 0
    for cluster, part in weights.items():
        residual = products[cluster] * weight - product * part
        square = residual * residual
        by_size[part] = by_size.get(part, 0) + square
        whole, cubes = whole + square, cubes + square * residual
    effective = effective_number(weights.values())
    inflation, skew = 1.0, nan
    if whole and len(by_size) > 1:
        # Σ S²/(1 − h) over G/(G − 1) Σ S², in floating point: sizes have no common denominator
        shares = (ratio(square, whole) * ratio(weight, weight - part) for part, square in sorted(by_size.items()))
        inflation = sqrt(fsum(shares) * (count - 1) / count)
    if whole and count > 2:
        skew = _on_grid(cubes, whole, count) * (effective / count) ** 2
    return Adjustment(max(1.0, effective - 1), inflation, skew)


def effective_number(weights: Iterable[int]) -> float:
    """Kish's number of equal parts that these count like, (Σ W)²/Σ W², correctly rounded; NaN where all are 0."""
    parts = list(weights)
    return ratio(sum(parts) ** 2, sum(part * part for part in parts))


def transformed(t: float, skew: float) -> float:
    r"""The value x with g(x) = t, g(x) = x + ax² + a²x³/3 + skew/6, a = skew/3: Hall's transformation, undone.

    Where x = (mean − truth)/SE of skewed terms is skewed, g(x) is nearly free of it; g increases, so x exists and is
    unique: ((1 + 3a(t − skew/6))^⅓ − 1)/a, here without cancellation.

    References
    ----------
    P. Hall, On the removal of skewness by transformation, J. Royal Statistical Society B 54 (1992),
    doi:10.1111/j.2517-6161.1992.tb01876.x

    Examples
    --------
    >>> transformed(2.0, 0.0), f"{transformed(2.0, 0.3):.6f} {transformed(-2.0, 0.3):.6f}"
    (2.0, '1.659406 -2.725214')

    """
    step = t - skew / 6
    c = cbrt(1 + skew * step)
    return step / ((c * c + c + 1) / 3)


def untransformed(x: float, skew: float) -> float:
    """Hall's g(x): what is compared with Student's t where x = (mean − truth)/SE is skewed.

    Examples
    --------
    >>> f"{untransformed(transformed(1.5, 0.4), 0.4):.12f}"
    '1.500000000000'

    """
    a = skew / 3
    return x + a * x * x + a * a * x * x * x / 3 + skew / 6


def _skewness(n: int, total: int, squares: int, cubes: int, lost: int, unit: int = 0) -> float:
    """The skewness from Σ x (units of 2**-(UNIT + unit)), Σ x² (the square of these) and Σ x³ (2**-UNIT)."""
    scale = UNIT + unit
    spread = n * squares - total**2
    if n <= 2 or lost or not _known(n * squares, spread, squares, 2 * scale):
        return nan
    third = n * n * (cubes << 3 * scale - UNIT) - 3 * n * total * squares + 2 * total**3
    return _on_grid(third, spread)


def _known(raw: int, central: int, squares: int, exponent: int) -> bool:
    """Whether rounded cubes show the skewness: a spread that is neither tiny against the mean nor out of range."""
    return 0 < raw <= central << _CONDITION and abs(squares.bit_length() - exponent) < _RANGE


def _on_grid(third: int, second: int, n: int = 1) -> float:
    """third / second^1.5 in steps of 1/GRID of what it is for one of n; NaN where there is no spread."""
    if second <= 0:
        return nan
    skew = root(third**2, second**3) * (sqrt(n) if third > 0 else -sqrt(n))
    return round(skew * GRID) / GRID / sqrt(n)
