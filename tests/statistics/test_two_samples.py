"""Welch's test and the cluster-robust one: against SciPy, and against the definition in floating point."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from xent_cli.statistics.exact.sums import exact_group_counts, exact_group_sums
from xent_cli.statistics.two_samples import Clustered, ClusterSums, MeanEstimate, cautious_p, welch


def estimate(x: np.ndarray) -> MeanEstimate:
    """The mean of independent values."""
    return MeanEstimate(float(x.mean()), float(x.std(ddof=1) / math.sqrt(len(x))), len(x))


@pytest.mark.parametrize(("n", "m"), [(2, 2), (6, 80), (50, 20)])
def test_cautious_p_is_the_larger_of_two(n: int, m: int) -> None:
    """It is Welch's or Student's p-value of SciPy, whichever is larger; undefined where Welch's is."""
    generator = np.random.default_rng(n * m)
    one, other = generator.exponential(size=n), generator.exponential(2.0, size=m)
    expected = max(stats.ttest_ind(one, other, equal_var=equal).pvalue for equal in (True, False))
    assert cautious_p(estimate(one), estimate(other), (n, m)) == pytest.approx(expected, rel=1e-10)
    assert math.isnan(cautious_p(MeanEstimate(1.0, math.nan, 1), estimate(other), (1, m)))
    assert cautious_p(MeanEstimate(0.5, 0.0, 3), MeanEstimate(0.5, 0.0, 4), (3, 4)) == 1.0


def sums(clusters: np.ndarray, losses: np.ndarray, weights: np.ndarray) -> dict[str, ClusterSums]:
    """The sums of each cluster."""
    products, heavy = exact_group_sums(clusters, weights, losses), exact_group_sums(clusters, weights)
    return {str(cluster): ClusterSums(products[cluster], heavy[cluster]) for cluster in products}


@pytest.mark.parametrize(("n", "m", "scale"), [(2, 2, 1.0), (5, 90, 3.0), (400, 30, 0.01)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_welch_is_that_of_scipy(n: int, m: int, scale: float, level: float) -> None:
    """Difference, interval and p-value are those of SciPy for any sizes and spreads."""
    generator = np.random.default_rng(n + m)
    one, other = generator.exponential(size=n), generator.exponential(scale, size=m)
    expected = stats.ttest_ind(one, other, equal_var=False)
    found = welch(estimate(one), estimate(other), level)
    ends = expected.confidence_interval(level)
    assert found.mean == pytest.approx(one.mean() - other.mean(), rel=1e-14)
    assert [found.low, found.high] == pytest.approx([ends.low, ends.high], rel=1e-10, abs=1e-12)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-10)


def test_welch_without_spread() -> None:
    """Where no row strays, equal means have p = 1 and different ones p = 0; the interval is the difference."""
    same = welch(MeanEstimate(0.5, 0.0, 3), MeanEstimate(0.5, 0.0, 4), 0.95)
    other = welch(MeanEstimate(0.5, 0.0, 3), MeanEstimate(0.25, 0.0, 4), 0.95)
    assert (same.mean, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)
    assert (other.mean, other.low, other.high, other.p) == (0.25, 0.25, 0.25, 0.0)


@pytest.mark.parametrize(
    "one",
    [
        MeanEstimate(0.5, math.nan, 1),
        MeanEstimate(math.inf, math.nan, 9),
        MeanEstimate(0.5, 0.1, 1),
        MeanEstimate(math.nan, 0, 5),
    ],
)
def test_what_has_no_standard_error_has_no_test(one: MeanEstimate) -> None:
    """One row, infinite losses and undefined means give NaN on either side, never a number."""
    for found in (welch(one, MeanEstimate(0.4, 0.1, 9), 0.95), welch(MeanEstimate(0.4, 0.1, 9), one, 0.95)):
        assert math.isnan(found.p)
        assert math.isnan(found.low)
        assert math.isnan(found.high)


def reference(
    losses: np.ndarray, weights: np.ndarray, clusters: np.ndarray, group: np.ndarray
) -> tuple[float, float, int]:
    """The difference, its error and degrees of freedom by the definition: every row's influence, summed by cluster."""
    inside, outside = weights * group, weights * ~group
    one, other = (inside * losses).sum() / inside.sum(), (outside * losses).sum() / outside.sum()
    influence = inside * (losses - one) / inside.sum() - outside * (losses - other) / outside.sum()
    fewer = min(len(set(clusters[group])), len(set(clusters[~group])))
    squares = float((np.bincount(clusters, influence) ** 2).sum())
    return float(one - other), math.sqrt(fewer / (fewer - 1) * squares), fewer - 1


@pytest.mark.parametrize("across", [True, False])
def test_clusters_against_the_definition(across: bool) -> None:
    """The test of a group is that of the influences of its rows, whether clusters reach across groups or not."""
    generator = np.random.default_rng(3)
    losses, weights = generator.exponential(size=300), generator.exponential(size=300)
    clusters = generator.integers(0, 25, 300)
    clusters[:25] = np.arange(25)
    group = generator.random(300) < 0.3 if across else clusters < 8
    everything = Clustered.of(sums(clusters, losses, weights))
    found = everything.against_rest(sums(clusters[group], losses[group], weights[group]), 0.95)
    mean, se, free = reference(losses, weights, clusters, group)
    assert (found.mean, found.se) == pytest.approx((mean, se), rel=1e-12)
    assert free == (23 if across else 7)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(mean / se), free), rel=1e-10)
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, free) * se, rel=1e-10)


def test_counts_may_stand_for_weights() -> None:
    """Sums of losses with numbers of rows give the same as sums of products with weights 1."""
    generator = np.random.default_rng(4)
    losses, clusters = generator.exponential(size=60), generator.integers(0, 9, 60)
    group = generator.random(60) < 0.5

    def counted(rows: np.ndarray) -> dict[str, ClusterSums]:
        totals, counts = exact_group_sums(clusters[rows], losses[rows]), exact_group_counts(clusters[rows])
        return {str(cluster): ClusterSums(totals[cluster], counts[cluster]) for cluster in totals}

    ones = np.ones(60)
    plain = Clustered.of(counted(ones > 0)).against_rest(counted(group), 0.9)
    weighted = Clustered.of(sums(clusters, losses, ones)).against_rest(
        sums(clusters[group], losses[group], ones[group]), 0.9
    )
    assert plain == weighted


def test_a_group_without_rest_has_no_test() -> None:
    """All rows, no rows, or one cluster in all: there is nothing to test against."""
    losses, clusters = np.array([1.0, 2.0, 3.0]), np.array([0, 1, 1])
    everything = sums(clusters, losses, np.ones(3))
    whole = Clustered.of(everything)
    assert math.isnan(whole.against_rest(everything, 0.95).p)
    assert math.isnan(whole.against_rest({}, 0.95).p)
    alone = Clustered.of({"1": everything["1"]})
    assert math.isnan(alone.against_rest({"1": ClusterSums(1, 1)}, 0.95).p)
    assert math.isnan(Clustered.of({}).against_rest({}, 0.95).p)
