"""The slices of a report: each group's mean and spread, and whether it differs from the rest of the rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import struct
from xent_cli.contract.report import GroupRow
from xent_cli.reports import spread
from xent_cli.statistics import adjustments, intervals, multiple_tests
from xent_cli.statistics.exact import sums
from xent_cli.statistics.exact.sums import UNIT
from xent_cli.statistics.two_samples import Clustered, MeanEstimate, cautious_p

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xent_cli.reports.spread import ByCluster
    from xent_cli.scoring.options import Options
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.groups import Slice
    from xent_cli.scoring.tally.tally import Tally
    from xent_cli.statistics.exact.moments import Moments
    from xent_cli.statistics.two_samples import ClusterSums

    Key = tuple[str, ...]

EMPTY = "(empty)"


def groups(tally: Tally, scheme: Scheme, options: Options, clusters: ByCluster | None) -> tuple[GroupRow, ...]:
    """Every group, the one that carries most of the loss first; those alike in the order of their names."""
    slices = [
        _Slice(key, part, part.moments(), None if clusters is None else clusters.groups.get(key, {}), options)
        for key, part in tally.groups.items()
    ]
    slices.sort(key=lambda one: (-one.part.infinite_weighted, -one.moments.weighted, one.key))
    found = _tests(slices, tally, clusters, options)
    # of two slices each is the rest of the other: that is one test
    corrected = tuple(found) if len(slices) == 2 else multiple_tests.holm(found)
    return tuple(_row(one, p, tally, scheme, options) for one, p in zip(slices, corrected, strict=True))


def group_text(values: Sequence[str], columns: Sequence[str]) -> str:
    """The name of a group as shown: the value of one column, `site=A, sex=F` of several."""
    shown = [value or EMPTY for value in values]
    if len(columns) == 1:
        return shown[0]
    return ", ".join(f"{column}={value}" for column, value in zip(columns, shown, strict=True))


@struct
class _Slice:
    """One group with what its numbers are made of."""

    key: Key
    part: Slice
    moments: Moments
    clusters: Mapping[str, ClusterSums] | None
    options: Options

    @property
    def mean(self) -> float:
        """The mean loss; infinite where a row with weight has an infinite loss, NaN where no row has weight."""
        if self.part.infinite_weighted:
            return math.inf
        by_count = self.options.conventions.divide_by == "count"
        divisor = self.part.scored << UNIT if by_count else self.moments.weight + self.part.infinite_weight
        return sums.ratio(self.moments.weighted, divisor, -UNIT)

    def spread(self) -> spread.Spread:
        """The standard error and interval of the mean."""
        if self.part.infinite_weighted:
            return spread.none(self.options, spread.infinite_reason(self.part.infinite), self.clusters)
        if self.clusters is not None:
            return spread.of_clusters(self.clusters, self.mean, self.options)
        if self.part.weighted.n:
            return spread.of_weighted_rows(self.moments, self.part.powers, self.part.scored, self.mean, self.options)
        skew = adjustments.skewness(self.moments, self.part.powers)
        return spread.of_plain_rows(self.moments, skew, self.mean, self.options)


def _tests(slices: Sequence[_Slice], tally: Tally, clusters: ByCluster | None, options: Options) -> list[float]:
    """The p-value of each group against all other rows; NaN where there is none."""
    if tally.infinite.weighted:  # an infinite mean, of the group or of the rest, has no error to test by
        return [math.nan] * len(slices)
    if clusters is None:
        return [_p(one.moments, tally.moments - one.moments, options) for one in slices]
    clustered = Clustered.of(clusters.whole)
    return [clustered.against_rest(one.clusters or {}, options.confidence).p for one in slices]


def _p(group: Moments, rest: Moments, options: Options) -> float:
    """The p-value of the difference of two means of independent rows."""
    if options.conventions.divide_by == "count":
        one, other = (
            MeanEstimate(part.count_mean, intervals.standard_error(part, divide_by="count"), part.n)
            for part in (group, rest)
        )
        return cautious_p(one, other, (group.n, rest.n))
    one, other = (MeanEstimate(part.mean, intervals.standard_error(part), part.support) for part in (group, rest))
    return cautious_p(one, other, (group.effective_n, rest.effective_n))


def _row(one: _Slice, p: float, tally: Tally, scheme: Scheme, options: Options) -> GroupRow:
    """One group as the report has it."""
    found = one.spread()
    undefined = tally.infinite.weighted or not tally.moments.weighted
    return GroupRow(
        group=group_text(one.key, scheme.plan.by),
        rows=one.part.scored,
        mean=one.mean,
        se=found.se,
        ci=found.ci,
        share=math.nan if undefined else sums.ratio(one.moments.weighted, tally.moments.weighted),
        flagged=p < 1 - options.confidence,
        p=p,
        values=one.key,
    )
