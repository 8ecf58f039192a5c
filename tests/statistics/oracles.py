"""Agreement with numbers printed elsewhere; intervals and their parts by other roads than the package takes."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.linalg import fractional_matrix_power
from scipy.optimize import brentq

Floats = NDArray[np.float64]


def close(value: float, reference: float, relative: float = 1e-7) -> bool:
    """Agreement with a printed reference."""
    return abs(value - reference) <= relative * abs(reference)


class Design(NamedTuple):
    """A mean with its standard error, the degrees of freedom of that, and the skewness of the mean."""

    mean: float
    se: float
    df: float
    skew: float


def g(x: float, skew: float) -> float:
    """Hall's transformation of a standardised mean of this skewness."""
    return x + skew * x**2 / 3 + skew**2 * x**3 / 27 + skew / 6


def undone(t: float, skew: float) -> float:
    """The x with g(x) = t, searched for."""
    reach = 1.0
    while not g(-reach, skew) < t < g(reach, skew):
        reach *= 2
    return float(brentq(lambda x: g(x, skew) - t, -reach, reach, xtol=1e-15, rtol=1e-14))


def of_rows(x: Floats) -> Design:
    """Independent rows, with SciPy's standard error and skewness."""
    return Design(float(x.mean()), float(stats.sem(x)), len(x) - 1, float(stats.skew(x)) / sqrt(len(x)))


def of_weights(x: Floats, w: Floats) -> Design:
    """Independent rows with weights: the traces are those of whole matrices."""
    x, w = x[w > 0], w[w > 0]
    h = w / w.sum()
    mean = float(h @ x)
    r = w * (x - mean)
    residual = np.eye(len(w)) - np.outer(np.ones(len(w)), h)  # what takes losses to their residuals
    m = np.diag(w) @ residual @ residual.T @ np.diag(w)
    # Σ r² is on average tr M where all rows have variance 1, and that of the mean then Σ h²
    variance = (r @ r) * (h @ h) / np.trace(m)
    return Design(mean, sqrt(variance), np.trace(m) ** 2 / np.trace(m @ m), (r**3).sum() / (r @ r) ** 1.5)


def of_clusters(x: Floats, clusters: NDArray[np.integer], w: Floats | None = None) -> Design:
    """Rows in clusters: CR2 with whole hat matrices of clusters, for integer weights of rows written out as often."""
    if w is not None:
        x, clusters = np.repeat(x, w.astype(int)), np.repeat(clusters, w.astype(int))
    n, mean = len(x), float(x.mean())
    meat, sums, sizes = 0.0, [], []
    for name in np.unique(clusters):
        residuals = x[clusters == name] - mean
        size = len(residuals)
        adjusted = fractional_matrix_power(np.eye(size) - np.full((size, size), 1 / n), -0.5) @ residuals
        meat += adjusted.sum() ** 2
        sums.append(residuals.sum())
        sizes.append(size)
    s, effective = np.array(sums), sum(sizes) ** 2 / sum(size**2 for size in sizes)
    skew = (s**3).sum() / (s @ s) ** 1.5 * (effective / len(s)) ** 2
    return Design(mean, sqrt(meat) / n, effective - 1, skew)


def students(found: Design, level: float = 0.95) -> tuple[float, float]:
    """The interval mean ± t·SE."""
    reach = float(stats.t.ppf((1 + level) / 2, found.df)) * found.se
    return found.mean - reach, found.mean + reach


def skewed(found: Design, level: float = 0.95) -> tuple[float, float]:
    """The interval adjusted for skewness."""
    t = float(stats.t.ppf((1 + level) / 2, found.df))
    low, high = (found.mean - undone(end, found.skew) * found.se for end in (t, -t))
    return low, high


def cautious(found: Design, level: float = 0.95) -> tuple[float, float]:
    """The interval that holds both."""
    both = students(found, level), skewed(found, level)
    return min(low for low, _ in both), max(high for _, high in both)


def cautious_p(found: Design) -> float:
    """The larger of the p-values of mean 0, with and without regard to skewness."""
    x = found.mean / found.se
    return float(max(2 * stats.t.sf(abs(value), found.df) for value in (x, g(x, found.skew))))
