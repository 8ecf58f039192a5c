"""Skewness, uneven clusters and uneven weights: each against another road to the same number."""

from __future__ import annotations

from math import isnan, sqrt

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.statistics import oracles
from xent_cli.statistics.adjustments import (
    GRID,
    Adjustment,
    of_clusters,
    of_products,
    of_rows,
    of_weights,
    skewness,
    transformed,
    untransformed,
)
from xent_cli.statistics.exact.moments import Moments
from xent_cli.statistics.exact.powers import Powers
from xent_cli.statistics.exact.sums import UNIT, exact_group_counts, exact_group_sums
from xent_cli.statistics.intervals import cluster_standard_error, standard_error

Floats = NDArray[np.float64]


def sample(seed: int, n: int) -> tuple[Floats, Floats]:
    """Skewed losses with uneven weights."""
    rng = np.random.default_rng(seed)
    return rng.exponential(size=n) ** 2, rng.lognormal(0, 1, n)


def clustered(x: Floats, codes: NDArray[np.integer]) -> tuple[dict[int, int], dict[int, int]]:
    """The sums of clusters of rows of weight 1."""
    products = {code: total << UNIT for code, total in exact_group_sums(codes, x).items()}
    return products, {code: n << UNIT for code, n in exact_group_counts(codes).items()}


@pytest.mark.parametrize("n", [3, 7, 200, 5000])
def test_skewness_is_that_of_scipy(n: int) -> None:
    """The skewness is the third central moment over the second to 1.5, to half a step of the grid."""
    x, _ = sample(n, n)
    found = skewness(Moments.of(x), Powers.of(x))
    assert found == pytest.approx(float(stats.skew(x)), abs=0.51 / GRID)
    assert found * GRID == round(found * GRID)
    assert skewness(Moments.of(-x), Powers.of(-x)) == -found


def test_skewness_is_unknown_where_rounding_hides_it() -> None:
    """A mean of many standard deviations, losses out of range, too few or equal ones have no skewness."""
    x, _ = sample(1, 50)
    shifted = [skewness(Moments.of(x + shift), Powers.of(x + shift)) for shift in (0.0, 100.0, 1e5)]
    assert shifted[1] == pytest.approx(shifted[0], abs=2 / GRID)
    unknown = [x * 1e200, x * 1e-200, np.full(9, 0.3), x[:2], x[:0]]
    assert all(isnan(skewness(Moments.of(y), Powers.of(y))) for y in unknown)
    assert isnan(shifted[2])


def test_rows_of_weight_1_have_one_degree_less() -> None:
    """Independent rows have n − 1 degrees of freedom, and their mean the skewness of one over √n."""
    assert of_rows(16, 2.0) == Adjustment(15, 1.0, 0.5)
    assert isnan(of_rows(0, 0.0).skew)


@pytest.mark.parametrize(("seed", "n"), [(1, 3), (2, 12), (3, 90)])
def test_weights_have_the_traces_of_their_matrices(seed: int, n: int) -> None:
    """Standard error, degrees of freedom and skewness are those of whole matrices; a weight of 0 is as if absent."""
    x, w = sample(seed, n)
    expected = oracles.of_weights(x, w)
    moments, powers = Moments.of(np.append(x, 5.0), np.append(w, 0.0)), Powers.of(np.append(x, 5.0), np.append(w, 0.0))
    found = of_weights(moments, powers)
    assert standard_error(moments) * found.inflation == pytest.approx(expected.se, rel=1e-12)
    assert found.df == pytest.approx(max(1.0, expected.df), rel=1e-10)
    assert found.skew == pytest.approx(expected.skew, abs=1 / GRID)
    assert found.uneven(n)


def test_equal_weights_are_as_good_as_none() -> None:
    """With equal weights, whatever their size, all three are those of rows of weight 1, to the last bit."""
    x, _ = sample(4, 40)
    plain = of_rows(40, skewness(Moments.of(x), Powers.of(x)))
    for weight in (1.0, 0.25, 8.0):
        w = np.full(40, weight)
        found = of_weights(Moments.of(x, w), Powers.of(x, w))
        assert found == plain
        assert not found.uneven(40)


def test_weights_out_of_range_leave_the_effective_rows() -> None:
    """Where powers of the weights leave the range of a double, Student's t has the effective number of rows less 1."""
    x, w = sample(5, 30)
    huge = w * 1e150
    found = of_weights(Moments.of(x, huge), Powers.of(x, huge))
    assert (found.inflation, isnan(found.skew)) == (1.0, True)
    assert found.df == pytest.approx(w.sum() ** 2 / (w @ w) - 1, rel=1e-12)


def test_products_are_values() -> None:
    """By count, the products wℓ are values of weight 1."""
    x, w = sample(6, 25)
    found, expected = of_products(Moments.of(x, w), Powers.of(x, w)), oracles.of_rows(w * x)
    assert (found.df, found.inflation) == (24, 1.0)
    assert found.skew == pytest.approx(expected.skew, abs=1 / GRID)


@pytest.mark.parametrize(("seed", "clusters"), [(1, 3), (2, 8), (3, 15)])
def test_clusters_have_the_errors_of_their_hat_matrices(seed: int, clusters: int) -> None:
    """The standard error is CR2 with whole matrices, and t has the effective number of clusters less 1."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clusters), rng.integers(1, 12, clusters))
    x = rng.exponential(size=clusters)[codes] + rng.exponential(size=len(codes))
    expected, sums = oracles.of_clusters(x, codes), clustered(x, codes)
    found = of_clusters(*sums)
    assert cluster_standard_error(*sums) * found.inflation == pytest.approx(expected.se, rel=1e-12)
    assert found.df == pytest.approx(max(1.0, expected.df), rel=1e-12)
    assert found.skew == pytest.approx(expected.skew, abs=1 / GRID)


def test_clusters_of_one_row_are_rows() -> None:
    """With one row a cluster all three are those of independent rows, to the last bit; two have no skewness."""
    x, _ = sample(7, 60)
    assert of_clusters(*clustered(x, np.arange(60))) == of_rows(60, skewness(Moments.of(x), Powers.of(x)))
    two = of_clusters(*clustered(x[:2], np.arange(2)))
    assert (two.df, two.inflation, isnan(two.skew)) == (1.0, 1.0, True)
    alike = of_clusters(*clustered(np.full(9, 0.5), np.arange(9) // 2))
    assert (alike.inflation, isnan(alike.skew)) == (1.0, True)


@pytest.mark.parametrize("skew", [-0.9, -0.2, 1e-9, 0.05, 0.4, 1.2])
@pytest.mark.parametrize("t", [-12.7, -2.0, -0.3, 0.0, 0.7, 3.2])
def test_the_transformation_is_undone(skew: float, t: float) -> None:
    """The value found is the root of Hall's cubic, to 14 digits of an arithmetic of 40; without skewness it is t."""
    with mpmath.workdps(40):
        k, start = mpmath.mpf(skew), mpmath.mpf(transformed(t, skew))
        root = mpmath.findroot(lambda x: x + k * x**2 / 3 + k**2 * x**3 / 27 + k / 6 - t, start)
    assert transformed(t, skew) == pytest.approx(float(root), rel=1e-14, abs=1e-15)
    assert untransformed(transformed(t, skew), skew) == pytest.approx(t, rel=1e-12, abs=1e-12)
    assert transformed(t, 0.0) == t


def test_the_transformation_increases() -> None:
    """More of t is more of the value, for every skewness."""
    for skew in (-1.0, 0.0, 0.3, 2.0):
        values = [transformed(t, skew) for t in np.linspace(-9, 9, 500)]
        assert values == sorted(values)


def test_skewed_means_are_nearly_symmetric_once_transformed() -> None:
    """The skewness of standardised means of skewed terms is mostly gone after Hall's transformation."""
    x = np.random.default_rng(8).exponential(size=(20_000, 30))
    t = (x.mean(axis=1) - 1) / (x.std(axis=1) / sqrt(30))
    skews = stats.skew(x, axis=1) / sqrt(30)
    moved = [untransformed(a, b) for a, b in zip(t, skews, strict=True)]
    low, high = ((np.array(moved) < -2).mean(), (np.array(moved) > 2).mean())
    assert (t < -2).mean() > 5 * (t > 2).mean()
    assert 0.4 < low / high < 2.5
