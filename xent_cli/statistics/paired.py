"""Two models on the same rows: the statistics of their paired differences, and the verdict.

d = candidate − baseline, row by row; a positive mean is worse. What rows have in common for both models (hard ones,
easy ones) cancels in d, so that far smaller differences show than between two means with their own errors.

`Pairs.of` a block, `+` and `Pairs.empty()` form a monoid of exact integers: the result does not depend on how the rows
were cut. Infinite losses are counted apart from the sums: infinite in both models is a tie, in one alone it decides.
"""

from __future__ import annotations

from dataclasses import field, replace
from math import inf, isfinite, isnan, nan
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.frozen import struct
from xent_cli.contract.interval import Interval
from xent_cli.statistics import adjustments, intervals, non_inferiority, sign_flips, student_t
from xent_cli.statistics.adjustments import Adjustment
from xent_cli.statistics.exact.moments import Moments
from xent_cli.statistics.exact.powers import Powers
from xent_cli.statistics.exact.sums import UNIT, exact_group_counts, exact_group_sums, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


POWER = 0.8
"""How often a difference of the size `detectable` is found."""

BOTH = "student-t and skewness-adjusted (Hall), the wider at each end"
"""The method of an interval of a difference."""


@struct
class Sums:
    """Σ w·x of one cluster for the baseline, the candidate and their difference (2**-2148), and Σ w (2**-1074).

    Where the mean divides by the number of rows, `weight` is that number instead.
    """

    baseline: int
    candidate: int
    difference: int
    weight: int

    def __add__(self, other: Sums) -> Sums:
        """The sums of both parts."""
        return Sums(
            self.baseline + other.baseline,
            self.candidate + other.candidate,
            self.difference + other.difference,
            self.weight + other.weight,
        )


@struct
class Pairs:
    """What the comparison of two models needs of some rows.

    `baseline`, `candidate`, `difference`: moments of the losses and of d, infinite ones as 0; `candidate_powers`
    and `difference_powers` are their `Powers`. `infinite_weighted` counts the infinite losses that have weight, in
    the baseline and in the candidate; `only_baseline_infinite` and `only_candidate_infinite` count the rows in
    which just one of the two is. `runs` are tables of clusters of ever smaller size, merged when they have come to
    the same one: adding block after block costs no copies of the whole. `kept` are the products w·d, None past
    sign_flips.MOST pairs.
    """

    baseline: Moments = field(default_factory=Moments.empty)
    candidate: Moments = field(default_factory=Moments.empty)
    difference: Moments = field(default_factory=Moments.empty)
    candidate_powers: Powers = field(default_factory=Powers)
    difference_powers: Powers = field(default_factory=Powers)
    wins: int = 0
    losses: int = 0
    ties: int = 0
    infinite_weighted: tuple[int, int] = (0, 0)
    only_baseline_infinite: int = 0
    only_candidate_infinite: int = 0
    infinite: int = 0
    runs: tuple[Mapping[int, Sums], ...] = ()
    kept: tuple[float, ...] | None = ()

    @classmethod
    def empty(cls) -> Pairs:
        """No rows: the identity of `+`."""
        return cls()

    @classmethod
    def of(
        cls,
        baseline: Floats,
        candidate: Floats,
        weights: Floats | None = None,
        clusters: NDArray[np.int64] | None = None,
        *,
        by_count: bool = False,
    ) -> Pairs:
        """The statistics of paired losses, each shape (n,), >= 0 or +inf, with the cluster of each row as a code."""
        ends = np.isinf(baseline), np.isinf(candidate)
        with np.errstate(invalid="ignore"):
            d = np.where(ends[0] & ends[1], 0.0, candidate - baseline)
        heavy = True if weights is None else weights > 0.0
        columns = _finite(baseline), _finite(candidate), _finite(d)
        return cls(
            baseline=Moments.of(columns[0], weights),
            candidate=Moments.of(columns[1], weights),
            difference=Moments.of(columns[2], weights),
            candidate_powers=Powers.of(columns[1], weights),
            difference_powers=Powers.of(columns[2], weights),
            wins=_count(d < 0.0),
            losses=_count(d > 0.0),
            ties=_count(d == 0.0),
            infinite_weighted=(_count(ends[0] & heavy), _count(ends[1] & heavy)),
            only_baseline_infinite=_count(ends[0] & ~ends[1] & heavy),
            only_candidate_infinite=_count(ends[1] & ~ends[0] & heavy),
            infinite=_count(ends[0] | ends[1]),
            runs=() if clusters is None else (_by_cluster(clusters, columns, weights, by_count=by_count),),
            kept=_kept(columns[2], weights),
        )

    def __add__(self, later: Pairs) -> Pairs:
        """The statistics of both parts together."""
        runs = [*self.runs, *later.runs]
        while len(runs) > 1 and len(runs[-2]) <= 2 * len(runs[-1]):
            last = runs.pop()
            runs[-1] = _merged(runs[-1], last)
        return Pairs(
            baseline=self.baseline + later.baseline,
            candidate=self.candidate + later.candidate,
            difference=self.difference + later.difference,
            candidate_powers=self.candidate_powers + later.candidate_powers,
            difference_powers=self.difference_powers + later.difference_powers,
            wins=self.wins + later.wins,
            losses=self.losses + later.losses,
            ties=self.ties + later.ties,
            infinite_weighted=(
                self.infinite_weighted[0] + later.infinite_weighted[0],
                self.infinite_weighted[1] + later.infinite_weighted[1],
            ),
            only_baseline_infinite=self.only_baseline_infinite + later.only_baseline_infinite,
            only_candidate_infinite=self.only_candidate_infinite + later.only_candidate_infinite,
            infinite=self.infinite + later.infinite,
            runs=tuple(runs),
            kept=None if self.kept is None or later.kept is None else _bounded(self.kept + later.kept),
        )

    def clusters(self) -> Mapping[int, Sums]:
        """Every cluster once."""
        table: Mapping[int, Sums] = {}
        for run in self.runs:
            table = _merged(table, run)
        return table

    @property
    def rows(self) -> int:
        """How many pairs there are."""
        return self.difference.n


@struct
class Design:
    """How the pairs are evaluated: the confidence level, what the mean divides by, whether rows come in clusters."""

    level: float = 0.95
    by_count: bool = False
    clustered: bool = False


@struct
class PairedEstimate:
    """A mean with its standard error, interval and two-sided p-value of being 0; NaN where undefined.

    `detectable` is the smallest true mean that would be found with probability POWER. `direction` is 0, or the sign
    where infinite terms decide the mean and no interval can.
    """

    mean: float
    se: float
    ci: Interval
    p: float
    detectable: float
    direction: int = 0


def estimate(pairs: Pairs, design: Design) -> PairedEstimate:
    r"""The mean paired difference and how sure it is.

    mean = Σ w·d / Σ w (or / n); SE over the pairs (HC1), or over clusters (CR1); t = mean / SE, SE and degrees of
    freedom adjusted for uneven weights or clusters (see `adjustments`). The interval reaches as far at each end as the
    farther of Student's and the one that is adjusted for skewness; p is the larger of 2·P(T > |t|) and 2·P(T > |g(t)|),
    g Hall's transformation. detectable = (t_{1−α/2} + z_{0.8})·SE.

    Parameters
    ----------
    pairs
        The statistics of all pairs.
    design
        How to evaluate them.

    Returns
    -------
    The estimate, in the unit of the losses. With infinite losses in one model alone the mean is infinite (NaN where
    they stand on both sides) and everything else undefined.

    Notes
    -----
    Where all differences are the same number, SE is 0 and p is 0, or 1 where that number is 0.

    Student's alone calls a model worse too often where a few large differences are missing by chance, Hall's alone
    where there are few differences without skewness; both together keep the level in either case.

    References
    ----------
    E. Miller, Adding error bars to evals, arXiv:2411.00640 (2024)
    H. S. Bloom, Minimum detectable effects, Evaluation Review 19 (1995), doi:10.1177/0193841X9501900504

    Examples
    --------
    >>> pairs = Pairs.of(np.array([0.5, 1.0, 0.25]), np.array([0.75, 1.5, 0.25]))
    >>> found = estimate(pairs, Design())
    >>> found.mean, round(found.p, 6), pairs.wins, pairs.losses, pairs.ties
    (0.25, 0.225403, 0, 2, 1)

    """
    if pairs.only_baseline_infinite or pairs.only_candidate_infinite:
        worse, better = pairs.only_candidate_infinite, pairs.only_baseline_infinite
        sign = nan if worse and better else 1 if worse else -1
        mean = inf * sign
        reason = f"undefined: {_infinite_text(worse + better)}"
        return PairedEstimate(
            mean, nan, Interval(design.level, nan, nan, reason), nan, nan, 0 if isnan(sign) else int(sign)
        )
    moments = pairs.difference
    mean = _mean(moments, design)
    clusters = _weighing(pairs)
    products = {name: sums.difference for name, sums in clusters.items()}
    se = _standard_error(moments, products, clusters, design)
    units = _units(pairs, design)
    known = _adjustment(moments, pairs.difference_powers, products, clusters, design)
    ci = _worded(_cautious(mean, se, design.level, units, known), design, known, units)
    if isnan(ci.low):
        return PairedEstimate(mean, se, ci, nan, nan)
    adjusted = se * known.inflation
    reach = student_t.student_t_quantile((1 + design.level) / 2, known.df) + student_t.student_t_quantile(POWER, inf)
    return PairedEstimate(mean, se, ci, _p_value(mean, adjusted, known), reach * adjusted)


def model_mean(pairs: Pairs, design: Design, *, candidate: bool) -> tuple[float, float]:
    """The mean loss of one of the two models over the pairs, and its standard error (NaN where undefined)."""
    if pairs.infinite_weighted[candidate]:
        return inf, nan
    moments = pairs.candidate if candidate else pairs.baseline
    clusters = _weighing(pairs)
    products = {name: sums.candidate if candidate else sums.baseline for name, sums in clusters.items()}
    return _mean(moments, design), _standard_error(moments, products, clusters, design)


def mean_interval(pairs: Pairs, design: Design) -> Interval:
    """The confidence interval of the mean loss of the candidate."""
    mean, se = model_mean(pairs, design, candidate=True)
    clusters = _weighing(pairs)
    products = {name: sums.candidate for name, sums in clusters.items()}
    units = _units(pairs, design)
    known = _adjustment(pairs.candidate, pairs.candidate_powers, products, clusters, design)
    return _worded(intervals.interval(mean, se, design.level, units, known), design, known, units)


def clusters_with_weight(pairs: Pairs) -> int:
    """How many clusters the standard error rests on."""
    return len(_weighing(pairs))


def effective_clusters(pairs: Pairs) -> float:
    """How many clusters of equal weight they count like."""
    return adjustments.effective_number(sums.weight for sums in _weighing(pairs).values())


def sign_flip(pairs: Pairs, design: Design) -> float | None:
    """The p-value of the sign-flip test over pairs or clusters; None for too many, or with infinite differences."""
    if pairs.only_baseline_infinite or pairs.only_candidate_infinite:
        return None
    if not design.clustered:
        return None if pairs.kept is None else sign_flips.sign_flip_p(np.array(pairs.kept))
    clusters = _weighing(pairs)
    if len(clusters) > sign_flips.MOST:
        return None
    return sign_flips.sign_flip_p(np.array([ratio(sums.difference, 1, -2 * UNIT) for sums in clusters.values()]))


def verdict(found: PairedEstimate, p: float, margin: float) -> str:
    """What the pairs show about a candidate that may be worse by `margin` >= 0, significantly where p < 1 − level.

    Where infinite losses decide the mean, its sign is the verdict.
    """
    significant = p < 1 - found.ci.level or found.direction != 0
    return non_inferiority.verdict(found.mean, found.ci.high, margin, significant=significant)


def _mean(moments: Moments, design: Design) -> float:
    """The mean, over the weights or over the rows."""
    return moments.count_mean if design.by_count else moments.mean


def _finite(x: Floats) -> Floats:
    """x with 0 for what is infinite: where that has weight, no sum over x is asked for."""
    infinite = np.isinf(x)
    return np.where(infinite, 0.0, x) if infinite.any() else x


def _count(marks: NDArray[np.bool_]) -> int:
    """How many rows are marked."""
    return int(np.count_nonzero(marks))


def _kept(d: Floats, weights: Floats | None) -> tuple[float, ...] | None:
    """The products w·d, None where they are too many."""
    return None if len(d) > sign_flips.MOST else tuple((d if weights is None else weights * d).tolist())


def _bounded(products: tuple[float, ...]) -> tuple[float, ...] | None:
    """The products, None where they are too many."""
    return None if len(products) > sign_flips.MOST else products


def _merged(one: Mapping[int, Sums], other: Mapping[int, Sums]) -> dict[int, Sums]:
    """Two tables of clusters as one."""
    both = dict(one)
    for name, sums in other.items():
        both[name] = both[name] + sums if name in both else sums
    return both


def _by_cluster(
    codes: NDArray[np.int64], columns: tuple[Floats, Floats, Floats], weights: Floats | None, *, by_count: bool
) -> dict[int, Sums]:
    """The sums of each cluster."""
    if weights is None:
        sums = [{name: total << UNIT for name, total in exact_group_sums(codes, x).items()} for x in columns]
    else:
        sums = [exact_group_sums(codes, weights, x) for x in columns]
    if weights is None or by_count:
        heavy = {name: rows << UNIT for name, rows in exact_group_counts(codes).items()}
    else:
        heavy = exact_group_sums(codes, weights)
    return {name: Sums(sums[0][name], sums[1][name], sums[2][name], weight) for name, weight in heavy.items()}


def _weighing(pairs: Pairs) -> dict[int, Sums]:
    """The clusters that have weight."""
    return {name: sums for name, sums in pairs.clusters().items() if sums.weight}


def _standard_error(
    moments: Moments, products: Mapping[int, int], clusters: Mapping[int, Sums], design: Design
) -> float:
    """The standard error of a mean over the pairs or their clusters."""
    if design.clustered:
        weights = {name: sums.weight for name, sums in clusters.items()}
        return intervals.cluster_standard_error(products, weights)
    return intervals.standard_error(moments, "count" if design.by_count else "weight")


def _units(pairs: Pairs, design: Design) -> int:
    """How many independent things a standard error rests on."""
    if design.clustered:
        return clusters_with_weight(pairs)
    return pairs.difference.n if design.by_count else pairs.difference.support


def _adjustment(
    moments: Moments, powers: Powers, products: Mapping[int, int], clusters: Mapping[int, Sums], design: Design
) -> Adjustment:
    """How an interval differs from Student's with one degree of freedom less than there are pairs."""
    if design.clustered:
        if len(clusters) < 2:
            return Adjustment(1.0)
        return adjustments.of_clusters(products, {name: sums.weight for name, sums in clusters.items()})
    if moments.weight == moments.n << UNIT and moments.weight_squares == moments.n << 2 * UNIT:  # all are 1
        return adjustments.of_rows(moments.n, adjustments.skewness(moments, powers))
    return adjustments.of_products(moments, powers) if design.by_count else adjustments.of_weights(moments, powers)


def _cautious(mean: float, se: float, level: float, units: int, known: Adjustment) -> Interval:
    """The interval that holds Student's and the one that is adjusted for skewness."""
    plain = intervals.interval(mean, se, level, units, replace(known, skew=nan))
    skewed = intervals.interval(mean, se, level, units, known)
    if isnan(plain.low) or isnan(known.skew):
        return plain
    return Interval(level, min(plain.low, skewed.low), max(plain.high, skewed.high), BOTH)


def _worded(ci: Interval, design: Design, known: Adjustment, units: int) -> Interval:
    """The interval with its method, or the reason why there is none, in the words of pairs and clusters."""
    unit = "cluster" if design.clustered else "pair"
    if isnan(ci.low):
        words = {"undefined: one row": f"undefined: one {unit}", "undefined: no rows": f"undefined: no {unit}s"}
        return replace(ci, method=words.get(ci.method, ci.method))
    if not (design.clustered or known.uneven(units)):
        return ci
    worded = intervals.cluster_method if design.clustered else intervals.weight_method
    return replace(ci, method=worded(known, ci.method))


def _p_value(mean: float, se: float, known: Adjustment) -> float:
    """The two-sided p-value of mean 0: the larger of Student's and the one that is adjusted for skewness."""
    if se == 0.0:
        return 1.0 if mean == 0.0 else 0.0
    t = mean / se
    values = [t] if isnan(known.skew) else [t, adjustments.untransformed(t, known.skew)]
    return max(min(1.0, 2.0 * student_t.student_t_sf(abs(x), known.df)) if isfinite(x) else 0.0 for x in values)


def _infinite_text(count: int) -> str:
    """Why there is no interval."""
    return "an infinite difference" if count == 1 else f"{count:,} infinite differences"
