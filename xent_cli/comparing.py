"""Models on the same samples become a comparison: read, put side by side, checked, counted and judged."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from xent_cli import comparison, reporting, scoring
from xent_cli._values import struct
from xent_cli._version import __version__
from xent_cli.agreement import BY_KEY, BY_POSITION, Agreement, label_texts
from xent_cli.comparison import UNDECIDED, WORSE, Design, Estimate, Pairs
from xent_cli.errors import DataError, Location, Problem
from xent_cli.gates import Thresholds, large_tolerance, mean_gates
from xent_cli.models import Model, Reading
from xent_cli.options import Options, Tolerance
from xent_cli.pairing import ByKey, in_step, unequal
from xent_cli.part_files import file_notices
from xent_cli.results import Gate, Interval, Notice
from xent_cli.results_comparison import (
    Candidate,
    Comparison,
    Difference,
    PairColumns,
    PairCounts,
    Pairing,
    Reference,
)
from xent_cli.scoring import Outcome, Pool
from xent_cli.tally import Tally
from xent_cli.text import apart, grouped, redact, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from xent_cli.models import Rows
    from xent_cli.pairing import Aligned
    from xent_cli.schema import Stated
    from xent_cli.scheme import Scheme
    from xent_cli.scoring import Opener

    Floats = NDArray[np.float64]


class PairWriter(Protocol):
    """Where compared rows go while they are read."""

    def write(self, columns: PairColumns) -> None:
        """Take the pairs of one chunk."""


NO_LIMITS = Thresholds()

FEW_CLUSTERS = 40
"""With fewer clusters than this a standard error over clusters tends to be too small."""


@struct
class Entry:
    """One model: what the user called it, and what opens its files."""

    path: str
    openers: tuple[Opener, ...]


@struct
class Contest:
    """What to compare and how to judge it. The first entry is the baseline; `on` selects the keys.

    `tolerance` is how much worse a candidate may be; a gate is asked for where it is stated, or `strict`. Of `limits`
    those for a mean count.
    """

    entries: tuple[Entry, ...]
    stated: Stated
    options: Options
    on: str | None = None
    tolerance: Tolerance | None = None
    strict: bool = False
    limits: Thresholds = NO_LIMITS
    writer: Callable[[bool], PairWriter] | None = None
    progress: Callable[[int], None] | None = None


def run(contest: Contest) -> Comparison:
    """Compare the models. Whatever leaves the comparison open to doubt is a `DataError`."""
    reading = Reading(contest.options, _class_weight(contest), contest.on, _total(contest.progress))
    alone = replace(contest.stated, cluster=None, by=None, id=None)
    models = [
        Model(entry.path, entry.openers, alone if place else contest.stated, reading)
        for place, entry in enumerate(contest.entries)
    ]
    agreements = [Agreement(models[0], model) for model in models[1:]]
    by_key = None if contest.on is None else ByKey(models, agreements)
    counted = _Counted(contest, models[0], [Pairs.empty()] * len(agreements))
    with Pool(contest.options.threads or 2) as pool:
        for aligned in in_step(models, agreements, pool) if by_key is None else by_key.aligned(pool):
            counted.add(aligned)
    _refuse_rows(models, contest.options)
    lengths = unequal(models) if by_key is None else None
    unpaired = [lengths] if lengths else [] if by_key is None else by_key.problems
    if unpaired:
        raise DataError(*unpaired)
    disputes = [found for each in agreements for found in each.problems(BY_KEY if contest.on else BY_POSITION)]
    if disputes:
        raise DataError(*disputes)
    counted.refuse(models)
    odd = tuple(notice for agreement in agreements for notice in agreement.notices())
    return _Judge(contest, models, counted, odd).comparison()


def _total(progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
    """What hears the rows of each chunk and passes on how many they are so far."""
    if progress is None:
        return None
    rows = 0

    def hear(more: int) -> None:
        nonlocal rows
        rows += more
        progress(rows)

    return hear


def _class_weight(contest: Contest) -> dict[str, float] | None:
    """The weights of the classes; balanced ones are counted in the baseline, whose labels are those of all."""
    weight = contest.options.conventions.class_weight
    if weight is None or weight != "balanced":
        return None if weight is None else dict(weight)
    options = replace(contest.options, conventions=replace(contest.options.conventions, class_weight=None))
    return scoring.balanced(scoring.run(scoring.Job(contest.entries[0].openers, contest.stated, options)))


def _refuse_rows(models: Sequence[Model], options: Options) -> None:
    """Refuse bad rows in any of the files, unless they are to be skipped."""
    problems = [problem for model in models for problem in scoring.bad_rows(model.tally, options)]
    if problems and not options.bad_rows.skip:
        raise DataError(*problems)


@dataclass(slots=True)
class _Counted:
    """The pairs seen so far: their statistics for each candidate, and how many rows went where."""

    contest: Contest
    base: Model
    pairs: list[Pairs]
    paired: int = 0
    scored: int = 0
    ignored: int = 0
    infinite: int = 0
    writer: PairWriter | None = None

    def add(self, aligned: Aligned) -> None:
        """Count rows of the same samples; a row that one file could not score counts in none."""
        base = aligned.base
        kept = np.logical_and.reduce([~np.isnan(loss) for loss in (base.loss, *aligned.losses)])
        everything = bool(kept.all())
        first = base if everything else base.chosen(kept)
        losses = aligned.losses if everything else tuple(loss[kept] for loss in aligned.losses)
        self._write(first, losses, np.flatnonzero(kept) + (self.paired + 1))
        self.paired += len(base)
        self.scored += len(first)
        self.ignored += int(np.count_nonzero(base.ignored & ~kept))
        self.infinite += int(np.count_nonzero(np.logical_or.reduce([np.isinf(loss) for loss in (first.loss, *losses)])))
        by_count = self.contest.options.conventions.divide_by == "count"
        self.pairs = [
            pairs + Pairs.of(first.loss, loss, first.weight, first.clusters, by_count=by_count)
            for pairs, loss in zip(self.pairs, losses, strict=True)
        ]

    def _write(self, first: Rows, losses: tuple[Floats, ...], row: NDArray[np.int64]) -> None:
        """Hand the pairs to the per-sample outputs."""
        if self.contest.writer is None:
            return
        names = first.keys if first.ids is None and len(self.base.keys) == 1 else first.ids
        self.writer = self.writer or self.contest.writer(names is not None)
        assert self.base.scheme is not None
        weight = np.ones(len(first)) if first.weight is None else first.weight
        label = label_texts(first.labels, self.base.scheme)
        self.writer.write(PairColumns(row, names, label, weight, first.loss, losses))

    @property
    def skipped(self) -> int:
        """How many pairs were left out because a row of them is bad."""
        return self.paired - self.scored - self.ignored

    def outcome(self, models: Sequence[Model]) -> Outcome:
        """The pairs in the terms of a scoring run."""
        breaches = {rule: breach for model in models for rule, breach in model.tally.breaches.items()}
        tally = Tally(read=self.paired, ignored=self.ignored, skipped=self.skipped, breaches=breaches)
        assert self.base.scheme is not None
        return Outcome(self.base.scheme, tally, self.base.inputs)

    def refuse(self, models: Sequence[Model]) -> None:
        """Refuse a comparison that has no pair to judge, or has lost too many."""
        options = self.contest.options
        problems = tuple(problem for model in models for problem in scoring.bad_rows(model.tally, options))
        outcome = self.outcome(models)
        reporting.check_skipped(outcome.tally, options, problems)
        none = scoring.no_rows(outcome)
        if none is not None:
            raise DataError(none, *problems)
        for model in models:
            reporting.check_positive(model.outcome())
        if not self.pairs[0].difference.weight:
            message = "all weights are 0, so there is no mean"
            raise DataError(Problem("no-weight", message, Location(self.base.path), help="check --weight"))
        assert self.base.plan is not None
        if self.base.plan.cluster is not None and comparison.clusters_with_weight(self.pairs[0]) < 2:
            raise DataError(reporting.one_cluster(self.base.plan.cluster, self.base.path))


class _Judge:
    """What the pairs show, in the terms of the report."""

    def __init__(
        self, contest: Contest, models: Sequence[Model], counted: _Counted, notices: tuple[Notice, ...]
    ) -> None:
        self.contest = contest
        self.notices = notices
        self.base, *self.others = models
        self.counted = counted
        options = contest.options
        assert self.base.plan is not None
        self.cluster = self.base.plan.cluster
        self.design = Design(options.confidence, options.conventions.divide_by == "count", self.cluster is not None)
        self.reference = comparison.model_mean(counted.pairs[0], self.design, candidate=False)
        self.margin = self._margin()

    def comparison(self) -> Comparison:
        """The whole result."""
        candidates = self._candidates()
        gates = tuple(gate for candidate in candidates for gate in self._gates(candidate))
        status = "none" if not gates else "fail" if any(gate.status == "fail" for gate in gates) else "pass"
        models = [self.base, *self.others]
        return Comparison(
            schema="xent.compare/1",
            xent=__version__,
            signature=self._signature(models),
            status=status,
            unit=self._unit,
            inputs=tuple(dict.fromkeys(file for model in models for file in model.inputs)),
            columns=reporting.columns(_scheme(self.base)),
            pairing=Pairing("position" if self.contest.on is None else "key", self.base.keys, self.cluster),
            rows=self._rows(models),
            margin=self.margin,
            baseline=Reference(self.base.path, _scheme(self.base).plan.space, *self.reference),
            candidates=candidates,
            best=min(candidates, key=lambda candidate: candidate.rank).path,
            gates=gates,
            notices=tuple(self._notices(models, candidates)),
        )

    def _margin(self) -> float:
        """How much worse a candidate may be."""
        tolerance = self.contest.tolerance or Tolerance()
        margin = tolerance.of(self.reference[0])
        if math.isnan(margin):
            message = f"a share of the baseline is no margin: the mean of {self.base.path} is infinite"
            cure = "state --max-regression as an amount, or bound the losses with --clip EPS"
            raise DataError(Problem("no-margin", message, Location(self.base.path), help=cure))
        return margin

    def _candidates(self) -> tuple[Candidate, ...]:
        """Every candidate, in the order given, ranked by its mean."""
        estimates = [comparison.estimate(pairs, self.design) for pairs in self.counted.pairs]
        corrected = comparison.holm([found.p for found in estimates])
        means = [comparison.model_mean(pairs, self.design, candidate=True) for pairs in self.counted.pairs]
        order = sorted(range(len(means)), key=lambda place: means[place][0])
        return tuple(
            Candidate(
                path=model.path,
                from_=_scheme(model).plan.space,
                mean=means[place][0],
                se=means[place][1],
                difference=self._difference(estimates[place], self.counted.pairs[place], corrected[place]),
                wins=self.counted.pairs[place].wins,
                losses=self.counted.pairs[place].losses,
                ties=self.counted.pairs[place].ties,
                detectable=estimates[place].detectable,
                verdict=comparison.verdict(estimates[place], corrected[place], self.margin),
                rank=order.index(place) + 1,
            )
            for place, model in enumerate(self.others)
        )

    def _difference(self, found: Estimate, pairs: Pairs, p_holm: float) -> Difference:
        """The mean difference of one candidate."""
        ci = Interval(found.ci.level, found.ci.low, found.ci.high, found.ci.method)
        flipped = None if math.isnan(found.p) else comparison.sign_flip(pairs, self.design)
        return Difference(found.mean, found.se, ci, found.p, flipped, p_holm)

    @property
    def _gated(self) -> bool:
        """Whether a gate was asked for."""
        return self.contest.tolerance is not None or self.contest.strict

    def _gates(self, candidate: Candidate) -> Iterator[Gate]:
        """Every gate of a candidate: that of the difference, then the limits for its own mean."""
        if self._gated:
            yield self._gate(candidate)
        group = redact(candidate.path) if len(self.others) > 1 else None
        ci = comparison.mean_interval(self.counted.pairs[0], self.design, candidate.mean, candidate.se)
        interval = Interval(ci.level, ci.low, ci.high, ci.method)
        yield from mean_gates(self.contest.limits, candidate.mean, interval, self._unit, group)

    @property
    def _unit(self) -> str:
        """The unit of the losses."""
        return self.contest.options.conventions.unit

    def _gate(self, candidate: Candidate) -> Gate:
        """The gate of a candidate: it fails where the verdict is worse; `strict`, unless it is better or no worse.

        What is undecided because there is no interval at all fails as well: a gate never passes on a doubt.
        """
        found = candidate.difference
        failing = {WORSE, UNDECIDED} if self.contest.strict or math.isnan(found.ci.high) else {WORSE}
        value = found.ci.high if self.contest.strict and not math.isnan(found.ci.high) else found.mean
        return Gate(
            rule="max-regression",
            limit=self.margin,
            value=value,
            status="fail" if candidate.verdict in failing else "pass",
            reason=_reason(candidate, self.margin, strict=self.contest.strict, several=len(self.others) > 1),
            group=redact(candidate.path) if len(self.others) > 1 else None,
        )

    def _rows(self, models: Sequence[Model]) -> PairCounts:
        """How many rows went where; bad ones by rule, over all files."""
        bad: dict[str, int] = {}
        for model in models:
            for rule, breach in model.tally.breaches.items():
                bad[rule] = bad.get(rule, 0) + breach.count
        found = self.counted
        return PairCounts(
            found.paired, found.scored, found.ignored, found.skipped, found.infinite, dict(sorted(bad.items()))
        )

    def _signature(self, models: Sequence[Model]) -> str:
        """One signature for all: the conventions are the same, the spaces may differ."""
        scheme = _scheme(self.base)
        spaces = dict.fromkeys(_scheme(model).plan.space for model in models)
        mixed = replace(scheme, plan=replace(scheme.plan, space="+".join(spaces)))
        return reporting.signature(mixed, self.counted.outcome(models).tally, self.contest.options)

    def _notices(self, models: Sequence[Model], candidates: Sequence[Candidate]) -> list[Notice]:
        """What a user should know about the verdicts."""
        found = [*self.notices]
        found += dict.fromkeys(
            Notice(notice.code, f"{model.path}: {notice.message}")
            for model in models
            for notice in reporting.row_notices(model.outcome(), self.contest.options)
        )
        inputs = [file for model in models for file in model.inputs]
        found += file_notices(inputs, [remark for model in models for remark in model.remarks])
        for candidate, pairs in zip(candidates, self.counted.pairs, strict=True):
            found += _infinite_notices(candidate, pairs)
        found += large_tolerance(self.contest.tolerance, self.reference[0])
        clusters = comparison.clusters_with_weight(self.counted.pairs[0])
        if self.cluster is not None and clusters < FEW_CLUSTERS:
            message = (
                f"{grouped(clusters)} clusters are few: below {FEW_CLUSTERS} the standard error tends to be too small"
            )
            found.append(Notice("few-clusters", message))
        if self.counted.scored == 1:
            found.append(Notice("one-pair", "one pair has no standard error, so nothing can be decided"))
        return found


def _scheme(model: Model) -> Scheme:
    """The scheme of a model that was read."""
    assert model.scheme is not None
    return model.scheme


def _reason(candidate: Candidate, margin: float, *, strict: bool, several: bool) -> str:
    """The verdict, and what value and limit alone do not say."""
    found = candidate.difference
    if math.isnan(found.ci.low):
        return f"{candidate.verdict}: {found.ci.method.removeprefix('undefined: ')}"
    low, high = apart(found.ci.low, 0.0)[0], apart(found.ci.high, margin)[0]
    ending = ", of which --strict judges the upper end" if strict else ""
    level = f"{100 * found.ci.level:g}% interval of the difference {low} to {high}"
    return f"{candidate.verdict}: {level}{ending}, p = {short(found.p_holm)}{' (Holm)' if several else ''}"


def _infinite_notices(candidate: Candidate, pairs: Pairs) -> list[Notice]:
    """Which pairs have no difference because both losses are infinite."""
    both = pairs.endless[0] - pairs.gained
    if not both:
        return []
    row, ties = ("row is", "counts as a tie") if both == 1 else ("rows are", "count as ties")
    message = f"{grouped(both)} {row} infinite in both {candidate.path} and the baseline, and {ties}"
    return [Notice("infinite-tie", message)]
