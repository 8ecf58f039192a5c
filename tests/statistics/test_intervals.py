"""Standard errors and intervals against their definitions, a reference table and simulated coverage."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isnan, nan, nextafter, sqrt
from typing import TypeAlias

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.statistics.oracles import close
from xent_cli.contract.interval import Interval
from xent_cli.statistics.adjustments import Adjustment
from xent_cli.statistics.exact.moments import Moments
from xent_cli.statistics.exact.sums import UNIT, exact_group_counts, exact_group_sums
from xent_cli.statistics.intervals import (
    cluster_method,
    cluster_standard_error,
    interval,
    standard_error,
    weight_method,
)
from xent_cli.statistics.student_t import student_t_quantile

Floats: TypeAlias = NDArray[np.float64]

# Eight rows with the results of statsmodels 0.15, OLS and WLS on a constant.
LOSSES = np.array([0.1, 0.2, 0.9, 1.1, 0.4, 0.6, 0.35, 2.0])

CLUSTERS = np.array([0, 0, 1, 1, 2, 2, 3, 3])

WEIGHTS = np.array([1.0, 2, 1, 1, 3, 1, 1, 2])

positive = st.floats(1e-6, 1e6)

rows = st.lists(st.tuples(st.floats(0, 1e6), positive), min_size=2, max_size=12)


def squared_error(losses: Floats, weights: Floats, clusters: NDArray[np.int64]) -> Fraction:
    """The square of the cluster-robust standard error, by its formula with rationals."""
    x, w = ([Fraction(value) for value in vector.tolist()] for vector in (losses, weights))
    mean = sum(map(Fraction.__mul__, w, x), Fraction()) / sum(w, Fraction())
    residuals: dict[int, Fraction] = {}
    for cluster, a, b in zip(clusters.tolist(), x, w, strict=True):
        residuals[cluster] = residuals.get(cluster, Fraction()) + b * (a - mean)
    g = len(residuals)
    return Fraction(g, g - 1) * sum((r * r for r in residuals.values()), Fraction()) / sum(w, Fraction()) ** 2


def is_root(value: float, square: Fraction) -> bool:
    """Whether a double is the nearest to a square root: the root lies between the half-way points to its neighbours."""
    below, above = ((Fraction(value) + Fraction(nextafter(value, side))) / 2 for side in (0, inf))
    return below**2 <= square <= above**2


def columns(pairs: list[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Losses and weights as arrays."""
    array = np.array(pairs, float)
    return array[:, 0].copy(), array[:, 1].copy()


def test_reference_table_unweighted() -> None:
    """Independent rows without weights have the standard error and the intervals of the reference table."""
    moments = Moments.of(LOSSES)
    se = standard_error(moments)
    bounds = interval(moments.mean, se, 0.95, moments.n)
    assert close(moments.mean, 0.70625)
    assert close(se, 0.22047786979973424)
    assert close(bounds.low, 0.1849026821320322)
    assert close(bounds.high, 1.2275973178679678)
    normal = student_t_quantile(0.975, inf) * se
    assert close(moments.mean - normal, 0.2741213158044097)
    assert close(moments.mean + normal, 1.1383786841955903)


def test_reference_table_weighted() -> None:
    """Weighted rows have the HC1 standard error (HC0 times √(n/(n − 1))) and Kish's effective number of rows."""
    moments = Moments.of(LOSSES, WEIGHTS)
    assert close(moments.mean, 0.7208333333333333)
    assert close(standard_error(moments), 0.2712400283848907)
    assert close(standard_error(moments) * sqrt(7 / 8), 0.25372181394877497)
    assert close(moments.effective_n, 6.545454545454546)


def test_reference_table_clustered() -> None:
    """Clustered rows have the CR1 standard error (CR0 times √(G/(G − 1))) and the interval with G − 1 degrees."""
    counts = exact_group_counts(CLUSTERS)
    se = cluster_standard_error(
        {cluster: total << UNIT for cluster, total in exact_group_sums(CLUSTERS, LOSSES).items()},
        {cluster: rows << UNIT for cluster, rows in counts.items()},
    )
    bounds = interval(0.70625, se, 0.95, len(counts))
    assert close(se, 0.2341596232629927)
    assert close(se * sqrt(3 / 4), 0.2027881822863453)
    assert close(bounds.low, -0.03895043, 1e-6)
    assert close(bounds.high, 1.45145043, 1e-6)


@given(rows)
@settings(deadline=None)
def test_standard_error_is_its_formula(pairs: list[tuple[float, float]]) -> None:
    """Weighted and unweighted, the standard error is the root of its formula, rounded once."""
    losses, weights = columns(pairs)
    alone, ones = np.arange(len(pairs)), np.ones(len(pairs))
    assert is_root(standard_error(Moments.of(losses, weights)), squared_error(losses, weights, alone))
    assert is_root(standard_error(Moments.of(losses)), squared_error(losses, ones, alone))


@given(rows)
@settings(deadline=None)
def test_by_count_it_is_that_of_the_products(pairs: list[tuple[float, float]]) -> None:
    """The mean Σwℓ/n has the standard error of the mean of the products wℓ as values of their own."""
    x, w = ([Fraction(value) for value in vector.tolist()] for vector in columns(pairs))
    products = [a * b for a, b in zip(x, w, strict=True)]
    n = len(products)
    mean = sum(products, Fraction()) / n
    square = sum(((value - mean) ** 2 for value in products), Fraction()) / (n * (n - 1))
    assert is_root(standard_error(Moments.of(*columns(pairs)), divide_by="count"), square)


@given(rows, st.lists(st.integers(0, 3), min_size=12, max_size=12))
@settings(deadline=None)
def test_cluster_standard_error_is_its_formula(pairs: list[tuple[float, float]], codes: list[int]) -> None:
    """The cluster-robust standard error is the root of its formula, rounded once; with one cluster there is none."""
    losses, weights = columns(pairs)
    clusters = np.array(codes[: len(pairs)])
    se = cluster_standard_error(exact_group_sums(clusters, weights, losses), exact_group_sums(clusters, weights))
    assert isnan(se) if len(set(clusters.tolist())) == 1 else is_root(se, squared_error(losses, weights, clusters))


def test_all_forms_agree_where_they_should() -> None:
    """Unweighted, by weight and by count are one number, s/√n; clusters of one row change nothing."""
    moments = Moments.of(LOSSES)
    se = standard_error(moments)
    clusters = np.arange(len(LOSSES))
    products, weights = exact_group_sums(clusters, np.ones(8), LOSSES), exact_group_sums(clusters, np.ones(8))
    assert standard_error(moments, divide_by="count") == se == standard_error(Moments.of(LOSSES, np.full(8, 0.25)))
    assert cluster_standard_error(products, weights) == se
    assert close(se, moments.std / sqrt(8), 1e-15)


def test_rows_without_weight_change_nothing() -> None:
    """A row of weight 0 is as good as absent where the mean divides by the weights."""
    longer = Moments.of(np.append(LOSSES, 9.0), np.append(WEIGHTS, 0.0))
    assert standard_error(longer) == standard_error(Moments.of(LOSSES, WEIGHTS))


def test_small_spread_on_a_large_mean_keeps_its_digits() -> None:
    """Losses of 1e8 ± 1e-3 have the standard error of their rational variance: nothing cancels."""
    losses = 1e8 + 1e-3 * np.random.default_rng(6).normal(size=300)
    assert is_root(standard_error(Moments.of(losses)), squared_error(losses, np.ones(300), np.arange(300)))


def test_undefined_is_nan_with_a_reason() -> None:
    """One row or cluster, or no row, has no standard error and no interval, and the interval says why."""
    one, nothing = Moments.of(np.array([2.0])), Moments.empty()
    lone = Moments.of(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    errors = [standard_error(part, divide_by="weight") for part in (one, nothing, lone)]
    errors += [standard_error(part, divide_by="count") for part in (one, nothing)]
    errors += [cluster_standard_error({0: 5}, {0: 3}), cluster_standard_error({}, {})]
    assert all(map(isnan, errors))
    reasons = {
        "undefined: no rows": interval(nan, nan, 0.95, 0),
        "undefined: one row": interval(2.0, nan, 0.95, 1),
        "undefined: the mean is infinite": interval(inf, nan, 0.95, 9),
        "undefined: fewer than two rows have weight": interval(2.0, nan, 0.95, 2),
    }
    for reason, bounds in reasons.items():
        assert (bounds.method, isnan(bounds.low), isnan(bounds.high)) == (reason, True, True)
    assert interval(2.0, 0.5, 0.95, 1).method == "undefined: one row"  # no spread of others makes one row two


def test_words_for_clusters() -> None:
    """The method of an interval over clusters, or rows of different weights, names its degrees of freedom."""
    for method, words in (
        (cluster_method, "cluster-robust (CR2), student-t with"),
        (weight_method, "weights (HCs), student-t with"),
    ):
        assert method(Adjustment(1.0), "student-t") == f"{words} 1 degree of freedom"
        assert method(Adjustment(2.0), "student-t") == f"{words} 2 degrees of freedom"
        assert method(Adjustment(12_345.0), "student-t, x") == f"{words} 12,345 degrees of freedom, x"
        assert method(Adjustment(4.25), "student-t") == f"{words} 4.2 degrees of freedom"


def test_two_rows_are_enough_for_an_interval() -> None:
    """Two rows have one degree of freedom: the interval of Cauchy's distribution, at any level."""
    for level in (0.01, 0.2, 0.4, 0.5, 0.95, 0.999):
        bounds = interval(1.0, 0.25, level, 2)
        with mp.workdps(50):
            reach = float(mp.tan(mp.pi * mp.mpf(level) / 2) / 4)
        assert bounds.method == "student-t"
        assert close(bounds.high, 1.0 + reach, 1e-12)
        assert close(bounds.low, 1.0 - reach, 1e-12)


def test_equal_losses_have_an_interval_of_width_zero() -> None:
    """No spread is a standard error of 0, which is something else than none."""
    moments = Moments.of(np.full(5, 0.1))
    assert interval(moments.mean, standard_error(moments), 0.99, 5) == Interval(0.99, 0.1, 0.1, "student-t")


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0, nan])
def test_a_level_is_a_probability(level: float) -> None:
    """A confidence level outside (0, 1) is refused, above all 95 for 0.95."""
    with pytest.raises(ValueError, match="confidence level"):
        interval(0.5, 0.1, level, 10)


def expected_loss(slope: float) -> float:
    """The mean loss of `simulated` losses, by Gauss-Hermite quadrature over the true logit."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    z = 1.5 * nodes
    p = 1 / (1 + np.exp(-z))
    loss = p * np.logaddexp(0, -slope * z) + (1 - p) * np.logaddexp(0, slope * z)
    return float(weights @ loss / weights.sum())


def simulated(rng: np.random.Generator, shape: tuple[int, int], slope: float) -> Floats:
    """Losses of a classifier whose logits are `slope` times the true ones, which are N(0, 1.5²)."""
    z = 1.5 * rng.normal(size=shape)
    y = rng.random(shape) < 1 / (1 + np.exp(-z))
    return np.logaddexp(0, np.where(y, -slope * z, slope * z))


def coverage(means: Floats, errors: Floats, truth: float, n: int) -> float:
    """The share of means whose 95 % interval, of n independent units, holds the truth; all are drawn at once."""
    first = interval(float(means[0]), float(errors[0]), 0.95, n)
    reach = student_t_quantile(0.975, n - 1) * errors
    assert (first.low, first.high) == pytest.approx((means[0] - reach[0], means[0] + reach[0]), rel=1e-12)
    return float((np.abs(means - truth) <= reach).mean())


@pytest.mark.parametrize(("n", "slope"), [(200, 1.0), (400, 1.7)])
def test_intervals_cover_as_often_as_they_say(n: int, slope: float) -> None:
    """The 95 % interval of a classifier, calibrated or overconfident, holds the true mean in 94 to 96 % of samples."""
    samples = simulated(np.random.default_rng(n), (8000, n), slope)
    errors = samples.std(axis=1, ddof=1) / sqrt(n)
    for losses, error in zip(samples[:20], errors, strict=False):
        assert standard_error(Moments.of(losses)) == pytest.approx(error, rel=1e-12)
    assert 0.94 <= coverage(samples.mean(axis=1), errors, expected_loss(slope), n) <= 0.96


@pytest.mark.parametrize(("n", "least", "most"), [(200, 0.92, 0.94), (1000, 0.94, 0.96)])
def test_skewed_losses_are_covered_less_often_at_first(n: int, least: float, most: float) -> None:
    """Where few rows carry most of the loss, 200 of them are covered less often than 95 % says."""
    rng = np.random.default_rng(7)
    z = rng.normal(0.0, 3.0, (8000, n))
    x = np.logaddexp(0, np.where(rng.random(z.shape) < 1 / (1 + np.exp(-z)), -2 * z, 2 * z))
    nodes = np.linspace(-9.0, 9.0, 20_001)  # the trapezoid rule is exact for such integrands
    weights = np.exp(-nodes * nodes / 2)
    p = 1 / (1 + np.exp(-3 * nodes))
    loss = p * np.logaddexp(0, -6 * nodes) + (1 - p) * np.logaddexp(0, 6 * nodes)
    spread = x.std(axis=1, ddof=1) / sqrt(n)
    assert standard_error(Moments.of(x[0])) == pytest.approx(spread[0], rel=1e-12)
    assert least <= coverage(x.mean(axis=1), spread, weights @ loss / weights.sum(), n) <= most


def test_weighted_intervals_cover_as_often_as_they_say() -> None:
    """The same with weights that go with the loss, for which the unweighted standard error would be wrong."""
    rng = np.random.default_rng(77)
    n, repetitions = 300, 3000
    weights = rng.uniform(0.5, 1.5, (repetitions, n))
    losses = rng.exponential(size=(repetitions, n)) * (0.5 + weights)
    total = weights.sum(axis=1)
    means = (weights * losses).sum(axis=1) / total
    residuals = weights * (losses - means[:, None])
    errors = np.sqrt(n / (n - 1) * np.square(residuals).sum(axis=1)) / total
    for at in range(20):
        moments = Moments.of(losses[at], weights[at])
        assert (moments.mean, standard_error(moments)) == pytest.approx((means[at], errors[at]), rel=1e-12)
    assert 0.935 <= coverage(means, errors, 0.5 + 13 / 12, n) <= 0.965


def test_clustered_intervals_cover_as_often_as_they_say() -> None:
    """Rows that share a cluster's level are covered by the cluster-robust interval, not by that of single rows."""
    rng = np.random.default_rng(78)
    repetitions, clusters = 2000, np.repeat(np.arange(60), 5)
    counts = dict.fromkeys(range(60), 5 << UNIT)
    losses = np.repeat(rng.exponential(size=(repetitions, 60)), 5, axis=1) + rng.exponential(size=(repetitions, 300))
    residuals = (losses - losses.mean(axis=1, keepdims=True)).reshape(repetitions, 60, 5).sum(axis=2)
    robust = np.sqrt(60 / 59 * np.square(residuals).sum(axis=1)) / 300
    for row, error in zip(losses[:20], robust, strict=False):
        sums = {cluster: total << UNIT for cluster, total in exact_group_sums(clusters, row).items()}
        assert cluster_standard_error(sums, counts) == pytest.approx(error, rel=1e-12)
    assert 0.925 <= coverage(losses.mean(axis=1), robust, 2.0, 60) <= 0.965
    assert coverage(losses.mean(axis=1), losses.std(axis=1, ddof=1) / sqrt(300), 2.0, 300) < 0.8


def test_students_end_is_kept_where_it_is_the_upper_one() -> None:
    """Gates look at the farther of both upper ends: where skewness is to the left that is Student's."""
    right, left, none = (interval(1.0, 0.1, 0.95, 30, Adjustment(29, 1.0, skew)) for skew in (0.3, -0.3, nan))
    students = interval(1.0, 0.1, 0.95, 30)
    assert (right.upper, none.upper, students.upper) == (None, None, None)
    assert right.bound == right.high > students.high
    assert left.upper == left.bound == students.high > left.high
    assert (none.low, none.high, none.bound) == (students.low, students.high, students.high)
