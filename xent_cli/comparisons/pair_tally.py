"""What is counted of paired rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.comparisons.agreement import label_texts
from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.row_columns import PairColumns
from xent_cli.reports import contradictions, refusals
from xent_cli.scoring.tally.counts import Counts
from xent_cli.scoring.tally.monoids import AdditiveDict
from xent_cli.scoring.tally.outcome import Outcome
from xent_cli.scoring.tally.tally import Tally
from xent_cli.statistics import paired
from xent_cli.statistics.paired import Pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from xent_cli.comparisons.job import ComparisonJob, PairWriter
    from xent_cli.comparisons.models import Model, Rows
    from xent_cli.comparisons.pairing import Aligned

    Floats = NDArray[np.float64]


@dataclass(slots=True)
class PairTally:
    """The pairs seen so far: their statistics for each candidate, and how many rows went where."""

    job: ComparisonJob
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
        by_count = self.job.options.conventions.divide_by == "count"
        self.pairs = [
            pairs + Pairs.of(first.loss, loss, first.weight, first.clusters, by_count=by_count)
            for pairs, loss in zip(self.pairs, losses, strict=True)
        ]

    def _write(self, first: Rows, losses: tuple[Floats, ...], row: NDArray[np.int64]) -> None:
        """Hand the pairs to the per-sample outputs."""
        if self.job.writer is None:
            return
        names = first.keys if first.ids is None and len(self.base.data.keys) == 1 else first.ids
        self.writer = self.writer or self.job.writer(names is not None)
        weight = np.ones(len(first)) if first.weight is None else first.weight
        label = label_texts(first.labels, self.base.scheme)
        self.writer.write(PairColumns(row, names, label, weight, first.loss, losses))

    @property
    def skipped(self) -> int:
        """How many pairs were left out because a row of them is bad."""
        return self.paired - self.scored - self.ignored

    def outcome(self, models: Sequence[Model]) -> Outcome:
        """The pairs in the terms of a scoring run."""
        breaches = AdditiveDict({rule: breach for model in models for rule, breach in model.tally.breaches.items()})
        tally = Tally(rows=Counts(self.paired, self.ignored, self.skipped), breaches=breaches)
        return Outcome(self.base.scheme, tally, self.base.data.inputs)

    def refuse(self, models: Sequence[Model]) -> None:
        """Refuse a comparison without a pair, or with too many pairs skipped."""
        options = self.job.options
        problems = tuple(problem for model in models for problem in refusals.bad_rows(model.tally, options))
        outcome = self.outcome(models)
        refusals.check_skipped(outcome.tally, options, problems)
        none = refusals.no_rows(outcome)
        if none is not None:
            raise DataError(none, *problems)
        for model in models:
            contradictions.check(model.outcome())
            refusals.check_positive(model.outcome())
        if not self.pairs[0].difference.weight:
            message = "all weights are 0, so there is no mean"
            raise DataError(Problem("no-weight", message, Location(self.base.path), help="check --weight"))
        if self.base.scheme.plan.cluster is not None and paired.clusters_with_weight(self.pairs[0]) < 2:
            raise DataError(refusals.one_cluster(self.base.scheme.plan.cluster, self.base.path))
