"""A comparison from what was counted: estimates, verdicts, gates and notices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xent_cli._version import __version__
from xent_cli.contract.comparison import Candidate, Comparison, Difference, PairCounts, Pairing, Reference
from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.report import Gate, Notice
from xent_cli.contract.text import apart, grouped, redact, short
from xent_cli.reports.gates import large_tolerance, mean_gates
from xent_cli.reports.notices import few_clusters, file_notices, row_notices
from xent_cli.reports.roles import columns_of
from xent_cli.reports.signature import signature_of
from xent_cli.scoring.options import Tolerance
from xent_cli.statistics import multiple_tests, paired
from xent_cli.statistics.non_inferiority import UNDECIDED, WORSE
from xent_cli.statistics.paired import Design, PairedEstimate, Pairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from xent_cli.comparisons.job import ComparisonJob
    from xent_cli.comparisons.models import Model
    from xent_cli.comparisons.pair_tally import PairTally

    Floats = NDArray[np.float64]


class Conclusions:
    """What the pairs show, in the terms of the report."""

    def __init__(
        self, job: ComparisonJob, models: Sequence[Model], tally: PairTally, notices: tuple[Notice, ...]
    ) -> None:
        self.job = job
        self.notices = notices
        self.base, *self.others = models
        self.tally = tally
        options = job.options
        self.cluster = self.base.scheme.plan.cluster
        self.design = Design(options.confidence, options.conventions.divide_by == "count", self.cluster is not None)
        self.reference = paired.model_mean(tally.pairs[0], self.design, candidate=False)
        self.margin = self._margin()

    def comparison(self) -> Comparison:
        """The whole result."""
        candidates = self._candidates()
        both = zip(candidates, self.tally.pairs, strict=True)
        gates = tuple(gate for candidate, pairs in both for gate in self._gates(candidate, pairs))
        status = "none" if not gates else "fail" if any(gate.status == "fail" for gate in gates) else "pass"
        models = [self.base, *self.others]
        return Comparison(
            schema="xent.compare/1",
            xent=__version__,
            signature=self._signature(models),
            status=status,
            unit=self._unit,
            inputs=tuple(dict.fromkeys(file for model in models for file in model.data.inputs)),
            columns=columns_of(self.base.scheme),
            pairing=Pairing("position" if self.job.on is None else "key", self.base.data.keys, self.cluster),
            rows=self._rows(models),
            margin=self.margin,
            baseline=Reference(self.base.path, self.base.scheme.plan.space, *self.reference),
            candidates=candidates,
            best=min(candidates, key=lambda candidate: candidate.rank).path,
            gates=gates,
            notices=tuple(self._notices(models, candidates)),
        )

    def _margin(self) -> float:
        """How much worse a candidate may be."""
        tolerance = self.job.tolerance or Tolerance()
        margin = tolerance.of(self.reference[0])
        if math.isnan(margin):
            message = f"a share of the baseline is not a margin: the mean of {self.base.path} is infinite"
            help = "give --max-regression as an amount, or bound the losses with --clip EPS"
            raise DataError(Problem("no-margin", message, Location(self.base.path), help=help))
        return margin

    def _candidates(self) -> tuple[Candidate, ...]:
        """Every candidate, in the order given, ranked by its mean."""
        estimates = [paired.estimate(pairs, self.design) for pairs in self.tally.pairs]
        corrected = multiple_tests.holm([found.p for found in estimates])
        means = [paired.model_mean(pairs, self.design, candidate=True) for pairs in self.tally.pairs]
        order = sorted(range(len(means)), key=lambda place: means[place][0])
        return tuple(
            Candidate(
                path=model.path,
                from_=model.scheme.plan.space,
                mean=means[place][0],
                se=means[place][1],
                difference=self._difference(estimates[place], self.tally.pairs[place], corrected[place]),
                wins=self.tally.pairs[place].wins,
                losses=self.tally.pairs[place].losses,
                ties=self.tally.pairs[place].ties,
                detectable=estimates[place].detectable,
                verdict=paired.verdict(estimates[place], corrected[place], self.margin),
                rank=order.index(place) + 1,
            )
            for place, model in enumerate(self.others)
        )

    def _difference(self, found: PairedEstimate, pairs: Pairs, p_holm: float) -> Difference:
        """The mean difference of one candidate."""
        flipped = None if math.isnan(found.p) else paired.sign_flip(pairs, self.design)
        return Difference(found.mean, found.se, found.ci, found.p, flipped, p_holm)

    @property
    def _gated(self) -> bool:
        """Whether a gate was asked for."""
        return self.job.tolerance is not None or self.job.strict

    def _gates(self, candidate: Candidate, pairs: Pairs) -> Iterator[Gate]:
        """Every gate of a candidate: that of the difference, then the limits for its own mean."""
        if self._gated:
            yield self._gate(candidate)
        group = redact(candidate.path) if len(self.others) > 1 else None
        interval = paired.mean_interval(pairs, self.design)
        yield from mean_gates(self.job.limits, candidate.mean, interval, self._unit, group)

    @property
    def _unit(self) -> str:
        """The unit of the losses."""
        return self.job.options.conventions.unit

    def _gate(self, candidate: Candidate) -> Gate:
        """The gate of a candidate: it fails where the verdict is worse; `strict`, unless it is better or no worse.

        What is undecided because there is no interval at all fails as well: a gate never passes on a doubt.
        """
        found = candidate.difference
        failing = {WORSE, UNDECIDED} if self.job.strict or math.isnan(found.ci.high) else {WORSE}
        value = found.ci.high if self.job.strict and not math.isnan(found.ci.high) else found.mean
        return Gate(
            rule="max-regression",
            limit=self.margin,
            value=value,
            status="fail" if candidate.verdict in failing else "pass",
            reason=_reason(candidate, self.margin, strict=self.job.strict, several=len(self.others) > 1),
            group=redact(candidate.path) if len(self.others) > 1 else None,
        )

    def _rows(self, models: Sequence[Model]) -> PairCounts:
        """How many rows went where; bad ones by rule, over all files."""
        bad: dict[str, int] = {}
        for model in models:
            for rule, breach in model.tally.breaches.items():
                bad[rule] = bad.get(rule, 0) + breach.count
        found = self.tally
        return PairCounts(
            found.paired, found.scored, found.ignored, found.skipped, found.infinite, dict(sorted(bad.items()))
        )

    def _signature(self, models: Sequence[Model]) -> str:
        """One signature for all: the conventions are the same, the spaces may differ."""
        spaces = dict.fromkeys(model.scheme.plan.space for model in models)
        found = signature_of(self.base.scheme, self.tally.outcome(models).tally, self.job.options)
        return found.with_field("from", "+".join(spaces)).text

    def _notices(self, models: Sequence[Model], candidates: Sequence[Candidate]) -> list[Notice]:
        """What a user should know about the verdicts."""
        found = [*self.notices]
        found += dict.fromkeys(
            Notice(notice.code, f"{model.path}: {notice.message}")
            for model in models
            for notice in row_notices(model.outcome(), self.job.options)
        )
        inputs = [file for model in models for file in model.data.inputs]
        found += file_notices(inputs, [remark for model in models for remark in model.data.notices])
        for candidate, pairs in zip(candidates, self.tally.pairs, strict=True):
            found += _infinite_notices(candidate, pairs)
        found += large_tolerance(self.job.tolerance, self.reference[0])
        if self.cluster is not None:
            pairs = self.tally.pairs[0]
            few = few_clusters(paired.clusters_with_weight(pairs), paired.effective_clusters(pairs))
            found += [] if few is None else [few]
        if self.tally.scored == 1:
            found.append(Notice("one-pair", "one pair has no standard error, so nothing can be decided"))
        return found


def _reason(candidate: Candidate, margin: float, *, strict: bool, several: bool) -> str:
    """The verdict, and what value and limit alone do not say."""
    found = candidate.difference
    if math.isnan(found.ci.low):
        return f"{candidate.verdict}: {found.ci.method.removeprefix('undefined: ')}"
    low, high = apart(found.ci.low, 0.0)[0], apart(found.ci.high, margin)[0]
    ending = ", of which --strict checks the upper end" if strict else ""
    level = f"{100 * found.ci.level:g}% interval of the difference {low} to {high}"
    return f"{candidate.verdict}: {level}{ending}, p = {short(found.p_holm)}{' (Holm)' if several else ''}"


def _infinite_notices(candidate: Candidate, pairs: Pairs) -> list[Notice]:
    """Which pairs have no difference because both losses are infinite."""
    both = pairs.infinite_weighted[0] - pairs.only_baseline_infinite
    if not both:
        return []
    row, ties = ("row is", "counts as a tie") if both == 1 else ("rows are", "count as ties")
    message = f"{grouped(both)} {row} infinite in both {candidate.path} and the baseline, and {ties}"
    return [Notice("infinite-tie", message)]
