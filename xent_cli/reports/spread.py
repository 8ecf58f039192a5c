"""The uncertainty of a mean, of all rows or of a group: analytic, over clusters or by the bootstrap, or why none."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import struct
from xent_cli.contract.interval import Interval
from xent_cli.contract.text import grouped
from xent_cli.reports.totals import exp_or_inf
from xent_cli.statistics import adjustments, intervals
from xent_cli.statistics.exact.sums import UNIT, ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xent_cli.contract.report import Loss
    from xent_cli.scoring.options import Options
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.tally import Tally
    from xent_cli.statistics.bootstrap import Replicates
    from xent_cli.statistics.exact.moments import Moments
    from xent_cli.statistics.exact.powers import Powers
    from xent_cli.statistics.two_samples import ClusterSums

    Parts = Mapping[str, ClusterSums]


@struct
class Spread:
    """A standard error with its interval, and how many clusters it rests on (None: rows are independent).

    `effective` is how many equal ones uneven clusters, or rows of uneven weights, count like; `skew` the skewness of
    the mean of independent rows, NaN where it is unknown.
    """

    se: float
    ci: Interval
    clusters: int | None = None
    effective: float | None = None
    skew: float = math.nan


@struct
class ByCluster:
    """The sums of each cluster: over all rows, and by group (one group, (), where there are none)."""

    whole: Parts
    groups: Mapping[tuple[str, ...], Parts]

    @classmethod
    def of(cls, tally: Tally, scheme: Scheme, options: Options) -> ByCluster | None:
        """The clusters of a tally; None where rows have none."""
        if scheme.plan.cluster is None:
            return None
        groups = _groups(tally, scheme, options)
        return cls(next(iter(groups.values())) if len(groups) == 1 else _merged(groups.values()), groups)


def of_all(tally: Tally, clusters: ByCluster | None, scheme: Scheme, options: Options, mean: float) -> Spread:
    """The spread of the mean of all scored rows."""
    parts = None if clusters is None else clusters.whole
    if tally.infinite.weighted:
        return none(options, infinite_reason(tally.infinite.rows), parts)
    if parts is not None:
        found = of_clusters(parts, mean, options)
    elif scheme.weighted:
        found = of_weighted_rows(tally.moments, tally.powers, tally.rows.scored, mean, options)
    else:
        found = of_plain_rows(tally.moments, tally.quantiles.skewness(tally.moments), mean, options)
    if options.bootstrap is None or math.isnan(found.se):
        return found
    replicates = tally.replicates if parts is None else _drawn(parts, options.bootstrap, options.seed)
    return replace(found, ci=_resampled(replicates, mean, found.se, options, clustered=parts is not None))


def of_plain_rows(moments: Moments, skew: float, mean: float, options: Options) -> Spread:
    """The spread of the mean of independent rows of weight 1 and of this skewness, none of an infinite loss."""
    se, known = intervals.standard_error(moments), adjustments.of_rows(moments.n, skew)
    ci = intervals.interval(mean, se, options.confidence, moments.n, known)
    return Spread(se, _within_range(ci, mean), skew=known.skew)


def of_weighted_rows(moments: Moments, powers: Powers, rows: int, mean: float, options: Options) -> Spread:
    """The spread of the mean of independent rows with weights, none of an infinite loss."""
    if options.conventions.divide_by == "count":
        se, known = intervals.standard_error(moments, divide_by="count"), adjustments.of_products(moments, powers)
        ci = intervals.interval(mean, se, options.confidence, rows, known)
        return Spread(se, _within_range(ci, mean), skew=known.skew)
    se, known = intervals.standard_error(moments), adjustments.of_weights(moments, powers)
    ci = intervals.interval(mean, se, options.confidence, moments.support, known)
    if known.uneven(moments.support) and not math.isnan(ci.low):
        ci = replace(ci, method=intervals.weight_method(known, ci.method))
    return Spread(se, _within_range(ci, mean), effective=moments.effective_n, skew=known.skew)


def of_clusters(parts: Parts, mean: float, options: Options) -> Spread:
    """The spread of the mean of rows in clusters, none of an infinite loss; `parts` are their sums by cluster."""
    count = len(parts)
    if count < 2:
        return none(options, "one cluster" if count else "no cluster has weight", parts)
    products = dict(enumerate(part.product for part in parts.values()))
    weights = dict(enumerate(part.weight for part in parts.values()))
    se, known = intervals.cluster_standard_error(products, weights), adjustments.of_clusters(products, weights)
    ci = intervals.interval(mean, se, options.confidence, count, known)
    ci = replace(_within_range(ci, mean), method=intervals.cluster_method(known, ci.method))
    return Spread(se, ci, count, adjustments.effective_number(weights.values()))


def of_perplexity(ci: Interval, nats: float) -> Interval:
    """The interval of the perplexity: exp of the ends of that of the mean, `nats` being its unit."""
    return Interval(ci.level, exp_or_inf(ci.low, nats), exp_or_inf(ci.high, nats), ci.method)


def of_skill(ci: Interval, base: float) -> Interval:
    """The interval of the skill 1 − mean/baseline where the baseline is taken as fixed."""
    if math.isnan(ci.low):
        return ci
    return Interval(ci.level, 1.0 - ci.high / base, 1.0 - ci.low / base, f"{ci.method}, baseline taken as fixed")


def of_skill_and_baseline(
    loss: Loss, n: int, squares: float, classes: Sequence[tuple[int, float]], base: float, nats: float
) -> Interval:
    """The interval of the skill where the class shares of the baseline come from the same rows (the delta method).

    Skill − true skill is nearly the mean of −(u − U)/B over the rows, u = ℓ − (L/B)·b, b = −ln π of the row's class:
    what a row adds to the loss, and to the entropy of the classes. `squares` is Σ (ℓ − L)², `classes` are the rows and
    summed losses of each class, `nats` is the unit.
    """
    if math.isnan(loss.ci.low):
        return loss.ci
    mean, factor = loss.mean, loss.mean / base
    crossed = both = 0.0
    for rows, total in classes:
        surprise = -math.log(rows / n) / nats - base
        crossed += surprise * (total - rows * mean)
        both += rows * surprise**2
    squared = squares - 2 * factor * crossed + factor * factor * both
    if not math.isfinite(squared):  # losses beyond 1e154, whose squares are more than a double can hold
        return of_skill(loss.ci, base)
    se = math.sqrt(max(0.0, squared) / (n - 1) / n) / base
    ci = intervals.interval(1.0 - factor, se, loss.ci.level, n)
    return replace(ci, high=min(1.0, ci.high), method=f"delta method, {ci.method}")


def _within_range(ci: Interval, mean: float) -> Interval:
    """The interval without what lies below 0: no cross-entropy does (a mean that rounding put there stays inside)."""
    return replace(ci, low=max(ci.low, min(0.0, mean))) if ci.low < 0.0 else ci


def none(options: Options, reason: str, parts: Parts | None) -> Spread:
    """No spread, and why."""
    ci = Interval(options.confidence, math.nan, math.nan, f"undefined: {reason}")
    return Spread(math.nan, ci, None if parts is None else len(parts))


def infinite_reason(infinite: int) -> str:
    """Why there is no spread where losses are infinite."""
    return f"{grouped(infinite)} infinite losses" if infinite > 1 else "an infinite loss"


def _groups(tally: Tally, scheme: Scheme, options: Options) -> dict[tuple[str, ...], dict[str, ClusterSums]]:
    """The sums of each cluster by group.

    A cluster without weight is as if it were not there. Of rows without weights the sums are those of the losses, in
    units of 2**-1074, and the counts: what is made of them depends on the ratio of both units alone.
    """
    from xent_cli.statistics.two_samples import ClusterSums

    by_count = options.conventions.divide_by == "count"
    groups: dict[tuple[str, ...], dict[str, ClusterSums]] = {}
    for key, (rows, total, weight) in tally.clusters.table().items():
        heavy = rows if not scheme.weighted else rows << UNIT if by_count else weight
        if heavy:
            groups.setdefault(key[:-1], {})[key[-1]] = ClusterSums(total, heavy)
    return groups


def _merged(groups: Iterable[Parts]) -> Parts:
    """The sums of each cluster over all groups."""
    from xent_cli.statistics.two_samples import ClusterSums

    found: dict[str, ClusterSums] = {}
    for parts in groups:
        for name, (product, weight) in parts.items():
            known = found.get(name)
            found[name] = ClusterSums(product, weight) if known is None else known.plus(product, weight)
    return found


def _drawn(parts: Parts, replicates: int, seed: int) -> Replicates:
    """The bootstrap replicates of whole clusters: each is a row with its mean loss and its weight."""
    import numpy as np

    from xent_cli.statistics import bootstrap

    keys = np.array([bootstrap.cluster_key(name) for name in parts], np.uint64)
    heaviest = max(part.weight for part in parts.values())
    losses = np.array([ratio(part.product, part.weight, -UNIT) for part in parts.values()])
    weights = np.array([ratio(part.weight, heaviest) for part in parts.values()])
    return bootstrap.Replicates.of(keys, losses, weights, replicates, seed)


def _resampled(replicates: Replicates, mean: float, se: float, options: Options, *, clustered: bool) -> Interval:
    """The bootstrap-t interval."""
    from xent_cli.statistics.bootstrap import studentized_interval

    by_count = options.conventions.divide_by == "count" and not clustered  # of clusters the weights are counts
    deviations = replicates.deviations(mean, by_count=by_count)
    low, high = studentized_interval(mean, se, deviations, options.confidence)
    drawn = f"{grouped(options.bootstrap or 0)} replicates, seed {options.seed}"
    method = f"{'cluster bootstrap-t' if clustered else 'bootstrap-t'}, {drawn}"
    return _within_range(Interval(options.confidence, low, high, method), mean)
