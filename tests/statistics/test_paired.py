"""The statistics of paired differences: against SciPy, exact fractions and simulation; and the words of the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import inf, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from tests.statistics import oracles
from xent_cli.contract.interval import Interval
from xent_cli.statistics.adjustments import Adjustment
from xent_cli.statistics.exact.moments import Moments
from xent_cli.statistics.multiple_tests import holm
from xent_cli.statistics.non_inferiority import BETTER, NO_WORSE, UNDECIDED, WORSE
from xent_cli.statistics.paired import (
    Design,
    PairedEstimate,
    Pairs,
    _p_value,
    clusters_with_weight,
    estimate,
    mean_interval,
    model_mean,
    sign_flip,
    verdict,
)

Floats = NDArray[np.float64]
PLAIN = Design()
CLUSTERED = Design(clustered=True)


def losses(seed: int, n: int, shift: float = 0.0) -> tuple[Floats, Floats]:
    """Losses of two models on the same n rows: hard rows are hard for both."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(1.5, 2.0, n)
    noisy = [np.logaddexp(0.0, -(margin + rng.normal(0.0, 0.3, n))) for _ in range(2)]
    return noisy[0], noisy[1] + shift


def exact_se(d: Floats, w: Floats | None = None) -> float:
    """HC1 by exact fractions: n/(n − 1) · Σ w²(d − D)² / (Σ w)²."""
    x = [Fraction(value) for value in d.tolist()]
    weights = [Fraction(1)] * len(x) if w is None else [Fraction(value) for value in w.tolist()]
    total, n = sum(weights, Fraction(0)), sum(weight != 0 for weight in weights)
    mean = sum(weight * value for weight, value in zip(weights, x, strict=True)) / total
    squares = sum((weight * (value - mean)) ** 2 for weight, value in zip(weights, x, strict=True))
    return sqrt(Fraction(n, n - 1) * squares / total**2)


def exact_cluster_se(d: Floats, clusters: NDArray[np.int64], w: Floats) -> float:
    """CR1 by exact fractions: G/(G − 1) · Σ_c (Σ_{i in c} w(d − D))² / (Σ w)²."""
    x, weights = [Fraction(v) for v in d.tolist()], [Fraction(v) for v in w.tolist()]
    total = sum(weights, Fraction(0))
    mean = sum(a * b for a, b in zip(weights, x, strict=True)) / total
    sums: dict[int, Fraction] = {}
    for cluster, weight, value in zip(clusters.tolist(), weights, x, strict=True):
        sums[cluster] = sums.get(cluster, Fraction(0)) + weight * (value - mean)
    g = len(sums)
    return sqrt(Fraction(g, g - 1) * sum(s * s for s in sums.values()) / total**2)


@pytest.mark.parametrize(("seed", "n"), [(1, 2), (2, 7), (3, 300)])
def test_the_estimate_is_the_paired_t_test(seed: int, n: int) -> None:
    """Mean, p-value and interval are those of SciPy's paired t test, or of the skewed one, whichever says less."""
    base, candidate = losses(seed, n, 0.01)
    found = estimate(Pairs.of(base, candidate), PLAIN)
    expected = stats.ttest_rel(candidate, base)
    interval = expected.confidence_interval(0.95)
    known = oracles.of_rows(candidate - base)
    low, high = oracles.cautious(known)
    assert found.mean == pytest.approx(float((candidate - base).mean()), rel=1e-12)
    assert found.p == pytest.approx(oracles.cautious_p(known), rel=2e-6)
    assert found.p >= expected.pvalue * (1 - 1e-9)
    assert (found.ci.low, found.ci.high) == pytest.approx((low, high), rel=2e-6)
    assert found.ci.low <= interval.low + 1e-12
    assert found.ci.high >= interval.high - 1e-12
    assert found.se == pytest.approx(exact_se(candidate - base), rel=1e-15)


def test_weights_enter_mean_and_error() -> None:
    """With weights the mean is Σ w·d / Σ w and its standard error HC1; a weight of 0 leaves the row out."""
    base, candidate = losses(4, 40)
    w = np.random.default_rng(4).integers(0, 5, 40).astype(float)
    found = estimate(Pairs.of(base, candidate, w), PLAIN)
    d = candidate - base
    assert found.mean == pytest.approx(np.average(d, weights=w), rel=1e-12)
    assert found.se == pytest.approx(exact_se(d, w), rel=1e-15)
    known = oracles.of_weights(d, w)
    assert found.p == pytest.approx(oracles.cautious_p(known), rel=2e-6)
    assert (found.ci.low, found.ci.high) == pytest.approx(oracles.cautious(known), rel=2e-6)


def test_a_mean_over_rows_divides_by_rows() -> None:
    """With --divide-by count mean and error are those of the products w·d over all rows, of weight 0 too."""
    base, candidate = losses(5, 30)
    w = np.random.default_rng(5).integers(0, 4, 30).astype(float)
    found = estimate(Pairs.of(base, candidate, w, by_count=True), Design(by_count=True))
    products = w * (candidate - base)
    assert found.mean == pytest.approx(products.mean(), rel=1e-12)
    assert found.se == pytest.approx(products.std(ddof=1) / sqrt(30), rel=1e-12)


def test_clusters_make_the_error_robust() -> None:
    """With clusters the standard error is CR1, the interval that of CR2 with its degrees of freedom."""
    base, candidate = losses(6, 60)
    clusters = np.repeat(np.arange(12), 5)
    w = np.random.default_rng(6).integers(1, 5, 60).astype(float)
    found = estimate(Pairs.of(base, candidate, w, clusters), CLUSTERED)
    assert found.se == pytest.approx(exact_cluster_se(candidate - base, clusters, w), rel=1e-15)
    known = oracles.of_clusters(candidate - base, clusters, w)
    assert (found.ci.low, found.ci.high) == pytest.approx(oracles.cautious(known), rel=2e-6)
    assert found.p == pytest.approx(oracles.cautious_p(known), rel=2e-6)
    plain = estimate(Pairs.of(base, candidate, None, clusters), CLUSTERED)
    assert plain.se == pytest.approx(exact_cluster_se(candidate - base, clusters, np.ones(60)), rel=1e-15)
    counted = estimate(Pairs.of(base, candidate, np.ones(60), clusters, by_count=True), Design(0.95, True, True))
    assert counted.se == plain.se


def test_clusters_of_one_row_change_nothing() -> None:
    """With one row a cluster the estimate is that of independent rows."""
    base, candidate = losses(7, 25)
    alone = estimate(Pairs.of(base, candidate, None, np.arange(25)), CLUSTERED)
    plain = estimate(Pairs.of(base, candidate), PLAIN)
    assert (alone.mean, alone.se, alone.p) == (plain.mean, plain.se, plain.p)


def test_each_model_has_its_own_mean_and_error() -> None:
    """The means of the two models and their standard errors are those of their own losses."""
    base, candidate = losses(8, 50, 0.2)
    pairs = Pairs.of(base, candidate)
    for which, loss in ((False, base), (True, candidate)):
        mean, se = model_mean(pairs, PLAIN, candidate=which)
        assert mean == pytest.approx(loss.mean(), rel=1e-12)
        assert se == pytest.approx(stats.sem(loss), rel=1e-12)


def test_detectable_is_found_four_times_in_five() -> None:
    """A true difference of the size `detectable` is significant in 80 % of samples, give or take the simulation."""
    rng = np.random.default_rng(9)
    se = 1 / sqrt(100)
    size = estimate(Pairs.of(np.zeros(100), np.abs(rng.standard_normal(100))), PLAIN)
    assert size.detectable / size.se == pytest.approx(stats.t.ppf(0.975, 99) + stats.norm.ppf(0.8), rel=1e-12)
    shift = size.detectable / size.se * se
    samples = rng.standard_normal((2000, 100)) + shift
    assert 0.77 < (stats.ttest_1samp(samples, 0.0, axis=1).pvalue < 0.05).mean() < 0.83


def test_wins_losses_and_ties_are_counted_by_row() -> None:
    """A win is a row in which the candidate has the smaller loss; infinite in both is a tie."""
    base, candidate = np.array([1.0, 2.0, 3.0, inf, inf, 0.0]), np.array([0.5, 2.0, 4.0, inf, 1.0, inf])
    pairs = Pairs.of(base, candidate)
    assert (pairs.wins, pairs.losses, pairs.ties, pairs.infinite) == (2, 2, 2, 3)


@pytest.mark.parametrize(
    ("base", "candidate", "mean", "direction"),
    [
        ([1.0, inf, 2.0], [1.5, inf, 2.5], 1 / 3, 0),
        ([1.0, 1.0, 2.0], [1.5, inf, 0.0], inf, 1),
        ([1.0, inf, 2.0], [9.0, 1.0, 9.0], -inf, -1),
        ([1.0, inf, 2.0], [inf, 1.0, 9.0], nan, 0),
    ],
)
def test_infinite_losses_tie_or_decide(base: list[float], candidate: list[float], mean: float, direction: int) -> None:
    """Infinite in both is a difference of 0; in one alone it makes the mean infinite, on both sides undefined."""
    found = estimate(Pairs.of(np.array(base), np.array(candidate)), PLAIN)
    assert found.mean == pytest.approx(mean, nan_ok=True)
    assert found.direction == direction
    if mean != 1 / 3:
        assert all(map(isnan, (found.se, found.ci.low, found.ci.high, found.p, found.detectable)))
        assert found.ci.method == "undefined: " + (
            "2 infinite differences" if isnan(mean) else "an infinite difference"
        )
        assert sign_flip(Pairs.of(np.array(base), np.array(candidate)), PLAIN) is None


def test_infinite_losses_without_weight_count_for_nothing() -> None:
    """A row of weight 0 decides nothing, however large its loss; a mean over rows still counts it."""
    base, candidate, w = np.array([1.0, 1.0, 2.0]), np.array([1.5, inf, 2.25]), np.array([1.0, 0.0, 1.0])
    found = estimate(Pairs.of(base, candidate, w), PLAIN)
    assert (found.mean, found.direction) == (0.375, 0)
    by_count = Pairs.of(base, candidate, w, by_count=True)
    assert estimate(by_count, Design(by_count=True)).mean == 0.25
    assert model_mean(by_count, Design(by_count=True), candidate=True)[0] == 1.25


@pytest.mark.parametrize(("shift", "p"), [(0.0, 1.0), (0.5, 0.0)])
def test_differences_all_alike_have_no_spread(shift: float, p: float) -> None:
    """Where all differences are one number, the standard error is 0; p is 1 for 0 and 0 for any other."""
    base = np.array([0.5, 1.0, 2.0])
    found = estimate(Pairs.of(base, base + shift), PLAIN)
    assert (found.mean, found.se, found.p, found.ci.low, found.ci.high) == (shift, 0.0, p, shift, shift)


def test_one_pair_decides_nothing() -> None:
    """One pair has a difference and no standard error, and the verdict is undecided."""
    found = estimate(Pairs.of(np.array([1.0]), np.array([3.0])), PLAIN)
    assert found.mean == 2.0
    assert isnan(found.se)
    assert found.ci.method == "undefined: one pair"
    assert verdict(found, found.p, 0.0) == UNDECIDED
    pair = Pairs.of(np.array([1.0, 1.0]), np.array([3.0, 2.0]), None, np.array([0, 1]))
    assert estimate(pair, CLUSTERED).ci.method == "cluster-robust (CR2), student-t with 1 degree of freedom"
    assert estimate(pair, PLAIN).ci.method == "student-t"
    clusters = np.zeros(2, dtype=np.int64)
    one = estimate(Pairs.of(np.array([1.0, 1.0]), np.array([3.0, 2.0]), None, clusters), CLUSTERED)
    assert one.ci.method == "undefined: one cluster"


def parts(n: int, cuts: list[int]) -> Iterator[slice]:
    """A partition of n rows."""
    edges = [0, *sorted(cut % (n + 1) for cut in cuts), n]
    return (slice(a, b) for a, b in pairwise(edges))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 1000), max_size=6), st.booleans(), st.booleans())
def test_pairs_are_a_monoid(cuts: list[int], weighted: bool, grouped: bool) -> None:
    """Any partition of the rows, in any order, gives the statistics of the whole to the last bit."""
    base, candidate = losses(10, 50)
    base[3] = candidate[3] = candidate[7] = inf
    w = np.random.default_rng(10).random(50) if weighted else None
    clusters = np.random.default_rng(11).integers(0, 9, 50) if grouped else None
    whole = Pairs.of(base, candidate, w, clusters)
    found = [
        Pairs.of(base[s], candidate[s], None if w is None else w[s], None if clusters is None else clusters[s])
        for s in parts(50, cuts)
    ]
    for ordered in (found, found[::-1]):
        merged = sum(ordered, Pairs.empty())
        assert merged.clusters() == whole.clusters()
        for name in (
            "baseline",
            "candidate",
            "difference",
            "wins",
            "losses",
            "ties",
            "infinite_weighted",
            "only_baseline_infinite",
            "only_candidate_infinite",
        ):
            assert getattr(merged, name) == getattr(whole, name)
        assert sorted(merged.kept or ()) == sorted(whole.kept or ())
    assert whole + Pairs.empty() == whole


def test_differences_are_kept_up_to_a_limit() -> None:
    """Beyond 10,000 pairs no sign-flip test is made, however they came in; with clusters their number counts."""
    ones = np.ones(6_000)
    pairs = Pairs.of(ones, ones) + Pairs.of(ones, ones)
    assert pairs.kept is None
    assert sign_flip(pairs, PLAIN) is None
    assert Pairs.of(np.ones(10_001), np.ones(10_001)).kept is None
    few, many = Pairs.of(ones[:3], ones[:3]), Pairs.of(np.ones(10_001), np.ones(10_001))
    assert [both.kept for both in (few + many, many + few, many + many)] == [None] * 3
    clusters = np.arange(12_000) % 5
    many = Pairs.of(np.ones(12_000), np.ones(12_000) + clusters, None, clusters)
    assert sign_flip(many, CLUSTERED) == 2.0**-3
    each = Pairs.of(np.ones(12_000), np.ones(12_000), None, np.arange(12_000))
    assert sign_flip(each, CLUSTERED) is None


def test_the_sign_flip_p_weighs_the_pairs() -> None:
    """The statistic is Σ w·d: a weight doubles what a difference says."""
    base, candidate = np.zeros(3), np.array([1.0, 1.0, 2.0])
    # of the combinations of ±1, ±1, ±1 two in eight have |sum| >= 3; of ±2, ±1, ±2 also two have >= 5
    assert sign_flip(Pairs.of(base, candidate, np.array([1.0, 1.0, 0.5])), PLAIN) == 0.25
    mixed = Pairs.of(np.array([0.0, 0.0, 2.0]), np.array([1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.5]))
    assert sign_flip(mixed, PLAIN) == 1.0  # |1 + 1 − 1| = 1: every combination reaches it


@pytest.mark.parametrize(
    ("raw", "corrected"),
    [
        ([0.01, 0.04, 0.03], (0.03, 0.06, 0.06)),  # 3·0.01, then max(2·0.03, …), 0.04 not below the one before
        ([0.5, 0.5], (1.0, 1.0)),
        ([0.02], (0.02,)),
        ([0.01, nan, 0.03], (0.03, nan, 0.06)),
        ([], ()),
    ],
)
def test_holm_steps_down(raw: list[float], corrected: tuple[float, ...]) -> None:
    """The smallest of m p-values is multiplied by m, the next by m − 1, …, never falling; what has none is counted."""
    assert holm(raw) == pytest.approx(corrected, nan_ok=True)


def found(mean: float, low: float, high: float, p: float, direction: int = 0) -> tuple[PairedEstimate, float]:
    """An estimate with its p-value."""
    return PairedEstimate(mean, 0.1, Interval(0.95, low, high, "student-t"), p, 0.3, direction), p


@pytest.mark.parametrize(
    ("case", "margin", "expected"),
    [
        (found(0.3, 0.1, 0.5, 0.01), 0.0, WORSE),
        (found(0.3, 0.1, 0.5, 0.01), 0.2, WORSE),
        (found(0.3, 0.1, 0.5, 0.01), 0.3, UNDECIDED),  # not above the margin, and the interval reaches past it
        (found(0.3, 0.1, 0.5, 0.01), 0.5, NO_WORSE),
        (found(0.3, -0.1, 0.7, 0.2), 0.0, UNDECIDED),
        (found(-0.3, -0.5, -0.1, 0.01), 0.0, BETTER),
        (found(-0.3, -0.7, 0.1, 0.2), 0.0, UNDECIDED),
        (found(-0.3, -0.7, 0.1, 0.2), 0.1, NO_WORSE),
        (found(-0.3, -0.5, -0.1, 0.2), 0.0, NO_WORSE),  # corrected for several, the p-value is not significant
        (found(0.0, 0.0, 0.0, 1.0), 0.0, NO_WORSE),
        (found(inf, nan, nan, nan, 1), 1e9, WORSE),
        (found(-inf, nan, nan, nan, -1), 0.0, BETTER),
        (found(nan, nan, nan, nan), 0.0, UNDECIDED),
        (found(2.0, nan, nan, nan), 0.0, UNDECIDED),
    ],
)
def test_the_verdict_follows_its_rules(case: tuple[PairedEstimate, float], margin: float, expected: str) -> None:
    """Worse: above the margin and significant; better: below 0 and significant; no worse: by the interval's end."""
    assert verdict(*case, margin) == expected


def rates(count: int, n: int, seed: int, margin: float = 0.0) -> Counter[str]:
    """The verdicts of `count` comparisons of a model with itself, each with its own noise on the logits."""
    rng = np.random.default_rng(seed)
    verdicts: Counter[str] = Counter()
    for _ in range(count):
        z = rng.normal(1.5, 2.0, n)
        base, candidate = (np.logaddexp(0.0, -(z + rng.normal(0.0, 0.3, n))) for _ in range(2))
        one = estimate(Pairs.of(base, candidate), PLAIN)
        verdicts[verdict(one, one.p, margin)] += 1
    return verdicts


def test_a_model_and_itself_fail_the_gate_at_the_nominal_rate(request: pytest.FixtureRequest) -> None:
    """Noise alone is called worse in at most 2.5 % of comparisons, and better as rarely.

    `--comparisons 100000` counts those of README.md, in less than a minute: 2,493 are called worse, 2,480 better.
    """
    count = int(request.config.getoption("--comparisons"))
    verdicts = rates(count, 200, 20_261_122)
    most = count * 0.025 + 4 * sqrt(count * 0.025 * 0.975)
    if count == 100_000:
        assert (verdicts[WORSE], verdicts[BETTER]) == (pytest.approx(2493, abs=3), pytest.approx(2480, abs=3))
    assert verdicts[WORSE] <= most
    assert verdicts[BETTER] <= most
    assert verdicts[WORSE] >= count * 0.025 - 4 * sqrt(count * 0.025 * 0.975)  # and no gate that never fails


def test_rows_in_clusters_need_the_cluster_error() -> None:
    """With 50 clusters of 10 alike rows the naive error calls noise worse far too often, the clustered one does not."""
    rng = np.random.default_rng(12)
    clusters = np.repeat(np.arange(50), 10)
    verdicts: Counter[tuple[bool, str]] = Counter()
    for _ in range(600):
        d = rng.normal(0.0, 0.7, 50)[clusters] + rng.normal(0.0, 0.7, 500)
        base = rng.gamma(2.0, size=500) + 10.0
        for design in (PLAIN, CLUSTERED):
            one = estimate(Pairs.of(base, base + d, None, clusters), design)
            verdicts[design.clustered, verdict(one, one.p, 0.0)] += 1
    assert verdicts[False, WORSE] > 600 * 0.10
    assert verdicts[True, WORSE] <= 600 * 0.025 + 4 * sqrt(600 * 0.025 * 0.975)


def test_several_looks_are_corrected() -> None:
    """Of five candidates that are all noise, one is called better or worse in at most 5 % of the comparisons."""
    rng = np.random.default_rng(13)
    hits = 0
    for _ in range(400):
        z = rng.normal(1.5, 2.0, 100)
        base, *others = (np.logaddexp(0.0, -(z + rng.normal(0.0, 0.3, 100))) for _ in range(6))
        ones = [estimate(Pairs.of(base, other), PLAIN) for other in others]
        corrected = holm([one.p for one in ones])
        hits += any(verdict(one, p, 0.0) in {WORSE, BETTER} for one, p in zip(ones, corrected, strict=True))
    assert hits <= 400 * 0.05 + 4 * sqrt(400 * 0.05 * 0.95)


def test_infinite_losses_are_counted_by_model_and_side() -> None:
    """Those that have weight, in each model and in one alone; all of them, whatever their weight."""
    base = np.array([inf, 1.0, inf, 2.0, inf, inf, 3.0])
    candidate = np.array([1.0, inf, inf, inf, 2.0, 3.0, 4.0])
    w = np.array([0.5, 0.25, 1.0, 0.0, 0.125, 0.0, 1.0])
    pairs = Pairs.of(base, candidate, w)
    assert (pairs.infinite_weighted, pairs.only_baseline_infinite, pairs.only_candidate_infinite, pairs.infinite) == (
        (3, 2),
        2,
        1,
        6,
    )
    plain = Pairs.of(base, candidate)
    assert (plain.infinite_weighted, plain.only_baseline_infinite, plain.only_candidate_infinite, plain.infinite) == (
        (4, 3),
        3,
        2,
        6,
    )
    both = pairs + plain
    assert (both.infinite_weighted, both.only_baseline_infinite, both.only_candidate_infinite, both.infinite) == (
        (7, 5),
        5,
        3,
        12,
    )
    one_sided = Pairs.of(np.array([inf, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]))
    assert isnan(model_mean(one_sided, PLAIN, candidate=False)[1])
    assert model_mean(one_sided, PLAIN, candidate=False)[0] == inf
    assert model_mean(one_sided, PLAIN, candidate=True)[0] == pytest.approx(4 / 3, rel=1e-15)


def test_tables_of_clusters_shrink_by_more_than_half() -> None:
    """However many blocks are added, each table of clusters is more than twice the next: few are carried along."""
    block = [Pairs.of(np.ones(1), np.zeros(1), None, np.array([name])) for name in range(100)]
    total = Pairs.empty()
    for part in block:
        total += part
        sizes = [len(run) for run in total.runs]
        assert all(larger > 2 * smaller for larger, smaller in pairwise(sizes))
    assert len(total.clusters()) == 100
    assert [len(run) for run in (block[0] + block[1]).runs] == [2]
    three = Pairs.of(np.ones(3), np.zeros(3), None, np.arange(3, dtype=np.int64))
    assert [len(run) for run in (three + block[50]).runs] == [3, 1]
    assert [len(run) for run in (three + block[50] + block[51]).runs] == [5]


def test_intervals_count_what_the_error_rests_on() -> None:
    """Rows that have weight, all rows where the mean divides by them, or clusters that have weight are counted."""
    base, candidate = losses(20, 12)
    w = np.array([0.0, 0.0, 0.0, *[1.0] * 9])
    clusters = np.array([0, 0, 0, *[1] * 3, *[2] * 3, *[3] * 3])
    assert Pairs.of(base, candidate, w, clusters).rows == 12
    assert clusters_with_weight(Pairs.of(base, candidate, w, clusters)) == 3
    d = candidate - base
    for design, of in (
        (PLAIN, lambda x: oracles.of_rows(x[3:])),
        (Design(by_count=True), lambda x: oracles.of_rows(w * x)),
        (CLUSTERED, lambda x: oracles.of_clusters(x[3:], clusters[3:])),
    ):
        pairs = Pairs.of(base, candidate, w, clusters, by_count=design.by_count)
        one, bounds = estimate(pairs, design), mean_interval(pairs, design)
        assert (one.ci.low, one.ci.high) == pytest.approx(oracles.cautious(of(d)), rel=2e-6)
        assert (bounds.low, bounds.high) == pytest.approx(oracles.skewed(of(candidate)), rel=2e-6)
    assert mean_interval(Pairs.of(base[:1], candidate[:1]), PLAIN).method == "undefined: one pair"
    assert mean_interval(Pairs.empty(), PLAIN).method == "undefined: no pairs"
    assert mean_interval(Pairs.empty(), CLUSTERED).method == "undefined: no clusters"


def test_each_model_has_its_own_error_over_clusters() -> None:
    """The standard errors of both means are those of their own losses over the clusters."""
    base, candidate = losses(21, 40, 0.3)
    clusters, w = np.repeat(np.arange(8), 5), np.random.default_rng(21).integers(1, 4, 40).astype(float)
    pairs = Pairs.of(base, candidate, w, clusters)
    for which, loss in ((False, base), (True, candidate)):
        mean, se = model_mean(pairs, CLUSTERED, candidate=which)
        assert mean == pytest.approx(np.average(loss, weights=w), rel=1e-12)
        assert se == pytest.approx(exact_cluster_se(loss, clusters, w), rel=1e-15)


def test_infinite_losses_enter_the_sums_as_nothing() -> None:
    """The moments hold 0 in the place of an infinite loss, of either model and of their difference."""
    pairs = Pairs.of(np.array([inf, 1.0, 2.0]), np.array([0.5, inf, 4.0]))
    assert pairs.baseline == Moments.of(np.array([0.0, 1.0, 2.0]))
    assert pairs.candidate == Moments.of(np.array([0.5, 0.0, 4.0]))
    assert pairs.difference == Moments.of(np.array([0.0, 0.0, 2.0]))


def test_ten_thousand_pairs_or_clusters_are_flipped() -> None:
    """Exactly 10,000 are within the limit, at once or in parts, and what is kept are the products w·d."""
    zeros, w = np.zeros(10_000), np.full(10_000, 0.5)
    d = np.where(np.arange(10_000) % 2 == 0, 0.25, -0.25)
    whole = Pairs.of(zeros + 1, 1 + d, w)
    assert whole.kept == tuple((d / 2).tolist())
    halves = Pairs.of(zeros[:5000] + 1, 1 + d[:5000], w[:5000]) + Pairs.of(zeros[5000:] + 1, 1 + d[5000:], w[5000:])
    assert halves.kept == whole.kept
    assert sign_flip(whole, PLAIN) == 1.0
    assert sign_flip(Pairs.of(zeros + 1, 1 + d, None, np.arange(10_000)), CLUSTERED) == 1.0


def test_sums_of_clusters_are_flipped_as_they_are() -> None:
    """The test over clusters takes their sums, fractions included: two of eight combinations reach |¼ + ¼ + ½| = 1."""
    pairs = Pairs.of(np.ones(4), np.array([1.125, 1.125, 1.25, 1.5]), None, np.array([0, 0, 1, 2]))
    assert sign_flip(pairs, CLUSTERED) == 0.25


def test_corrected_values_are_probabilities() -> None:
    """A p-value times a number is at most 1, and the bounds of significance are not significant themselves."""
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    at = 1 - 0.95
    assert verdict(*found(0.3, 0.1, 0.5, at), 0.0) == UNDECIDED
    assert verdict(*found(0.3, 0.1, 0.5, at * (1 - 1e-15)), 0.0) == WORSE
    assert verdict(*found(0.0, -0.1, 0.1, 0.01), 0.0) == UNDECIDED


def test_a_difference_of_endless_standard_errors_has_no_p_value_left() -> None:
    """Where the mean is more standard errors away than a double can say, p is 0."""
    assert _p_value(1e308, 1e-300, Adjustment(5.0)) == _p_value(-1e308, 1e-300, Adjustment(5.0, 1.0, 0.5)) == 0.0
