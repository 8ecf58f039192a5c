"""The intervals of xent for many samples at a time: a replica that the tests hold against what xent gives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tests.intervals.samples import Clustered, Floats, Weighted

Pair = tuple[Floats, Floats]


class Basis(NamedTuple):
    """Mean, naive standard error and degrees of freedom; the adjusted ones; the skewness of the mean. (trials,) each."""

    mean: Floats
    naive: Floats
    naive_df: Floats
    se: Floats
    df: Floats
    skew: Floats


def of_rows(x: Floats) -> Basis:
    """Independent rows, (trials, n)."""
    n, mean = x.shape[1], x.mean(axis=1)
    d = x - mean[:, None]
    second = (d**2).mean(axis=1)
    se, df = np.sqrt(second / (n - 1)), np.full(len(x), n - 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        skew = np.nan_to_num((d**3).mean(axis=1) / second**1.5 / np.sqrt(n))
    return Basis(mean, se, df, se, df, skew)


def of_weights(sample: Weighted) -> Basis:
    """Independent rows with weights."""
    x, w = sample
    n, whole = x.shape[1], w.sum(axis=1)
    h = w / whole[:, None]
    mean = (h * x).sum(axis=1)
    r = w * (x - mean[:, None])
    squares, naive_df = (r**2).sum(axis=1), np.full(len(x), n - 1.0)
    s, s3, s4, s5 = ((h**power).sum(axis=1) for power in (2, 3, 4, 5))
    trace = s - 2 * s3 + s * s
    twice = s4 + 2 * (s * s4 - 2 * s5) + s**4 + 2 * s * s4 + 2 * s3 * s3 - 4 * s * s * s3
    return Basis(
        mean,
        np.sqrt(n / (n - 1) * squares) / whole,
        naive_df,
        np.sqrt(squares * s / trace) / whole,
        np.maximum(1.0, trace**2 / twice),
        (r**3).sum(axis=1) / squares**1.5,
    )


def of_clusters(sample: Clustered) -> Basis:
    """Rows in clusters."""
    sums, sizes = sample
    count, whole = sums.shape[1], sizes.sum(axis=1)
    h = sizes / whole[:, None]
    mean = sums.sum(axis=1) / whole
    r = sums - mean[:, None] * sizes
    squares, effective = (r**2).sum(axis=1), 1 / (h**2).sum(axis=1)
    return Basis(
        mean,
        np.sqrt(count / (count - 1) * squares) / whole,
        np.full(len(sums), count - 1.0),
        np.sqrt((r**2 / (1 - h)).sum(axis=1)) / whole,
        np.maximum(1.0, effective - 1),
        (r**3).sum(axis=1) / squares**1.5 * (effective / count) ** 2,
    )


def students(found: Basis, level: float = 0.95) -> Pair:
    """Student's interval around the naive standard error."""
    reach = stats.t.ppf((1 + level) / 2, found.naive_df) * found.naive
    return found.mean - reach, found.mean + reach


def skewed(found: Basis, level: float = 0.95) -> Pair:
    """The interval that xent gives."""
    t = stats.t.ppf((1 + level) / 2, found.df)
    low, high = (found.mean - found.se * _undone(end, found.skew) for end in (t, -t))
    return low, high


def cautious(found: Basis, level: float = 0.95) -> Pair:
    """The interval of a difference: Student's and the skewed one, the farther of both at each end."""
    reach = stats.t.ppf((1 + level) / 2, found.df) * found.se
    low, high = skewed(found, level)
    return np.minimum(low, found.mean - reach), np.maximum(high, found.mean + reach)


def _undone(t: Floats, skew: Floats) -> Floats:
    """Hall's transformation, undone."""
    small = np.abs(skew) < 1e-9
    k = np.where(small, 1.0, skew)
    return np.where(small, t - skew / 6, 3 * (np.cbrt(1 + k * (t - k / 6)) - 1) / k)


def covered(bounds: Pair, truth: float) -> float:
    """How often intervals hold the true mean, in per cent."""
    inside: NDArray[np.bool_] = (bounds[0] <= truth) & (truth <= bounds[1])
    return float(100 * inside.mean())
