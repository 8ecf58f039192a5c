"""The mergeable partial result of scoring: sufficient statistics of the rows seen so far, all exact or order-free.

`Tally.empty()`, `Tally.of(rows)` and `+` form a monoid: any partition of the input into blocks, merged in file order,
gives the same value, so the report does not depend on block size, number of threads or how rows are spread over files.
Each field is a monoid by itself. Weights are integers in units of 2**-1074, products of a weight and a value in units
of 2**-2148 (see `exact.sums`).
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.frozen import struct
from xent_cli.contract.label_values import value_of
from xent_cli.scoring.scheme import TRUTH, names_one_class
from xent_cli.scoring.tally.by_class import ByClass, Part
from xent_cli.scoring.tally.counts import (
    ByLabel,
    Changed,
    Counts,
    InfiniteLosses,
    Range,
    Seen,
    SoftTargets,
    weighted_sum,
)
from xent_cli.scoring.tally.groups import Clusters, Slice, by_cluster, by_group
from xent_cli.scoring.tally.ids import FirstIds
from xent_cli.scoring.tally.monoids import AdditiveDict, Fieldwise
from xent_cli.scoring.tally.samples import Samples, Wanted
from xent_cli.statistics import bootstrap
from xent_cli.statistics.bootstrap import Replicates
from xent_cli.statistics.exact.moments import Moments
from xent_cli.statistics.exact.powers import Powers
from xent_cli.statistics.exact.sums import UNIT
from xent_cli.statistics.quantiles import Quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xent_cli.scoring.options import Options
    from xent_cli.scoring.rules import Breach
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.scored_rows import ScoredRows


@struct
class Tally(Fieldwise):
    """Everything a report is made of. `moments` hold the finite losses, `hits` Σ w·hit, `entropy` Σ w·H(t).

    `powers` are those of the finite losses where rows have weights: without, `quantiles` know the skewness.
    """

    rows: Counts = field(default_factory=Counts)
    infinite: InfiniteLosses = field(default_factory=InfiniteLosses)
    moments: Moments = field(default_factory=Moments)
    powers: Powers = field(default_factory=Powers)
    range: Range = field(default_factory=Range)
    quantiles: Quantiles = field(default_factory=Quantiles.empty)
    classes: ByClass = field(default_factory=ByClass)
    soft: SoftTargets = field(default_factory=SoftTargets)
    labels: ByLabel = field(default_factory=ByLabel)
    hits: int = 0
    entropy: int = 0
    changed: Changed = field(default_factory=Changed)
    seen: Seen = field(default_factory=Seen)
    breaches: AdditiveDict[str, Breach] = field(default_factory=AdditiveDict)
    samples: Samples = field(default_factory=Samples)
    groups: AdditiveDict[tuple[str, ...], Slice] = field(default_factory=AdditiveDict)
    clusters: Clusters = field(default_factory=Clusters)
    replicates: Replicates = field(default_factory=Replicates)
    ids: FirstIds = field(default_factory=FirstIds)

    @classmethod
    def of(cls, scored: ScoredRows, scheme: Scheme, wanted: Wanted, floor: float = -np.inf) -> Tally:
        """The tally of one block. `floor` is a loss that the worst rows are known to reach, to look at fewer rows."""
        loss, weight = scored.loss, scored.weight
        highest = float(loss.max(initial=-np.inf))
        # infinite losses are rare: without one no mask of the others is made, and nothing is copied
        finite = None if highest < np.inf else loss < np.inf
        moments, classes = _moments(scored, scheme, finite)
        return cls(
            rows=Counts(scored.read, scored.ignored, scored.skipped),
            infinite=InfiniteLosses.of(scored, finite),
            moments=moments,
            powers=_powers(loss, weight, finite),
            range=Range(float(loss.min(initial=np.inf)), highest),
            quantiles=Quantiles.of(loss, wanted.losses),
            classes=classes,
            soft=SoftTargets.of(scored.shares, weight),
            labels=ByLabel.of(scored.per_label, scored.shares, weight),
            hits=weighted_sum(scored.hits, weight),
            entropy=0 if scored.entropy is None else weighted_sum(scored.entropy, weight),
            changed=Changed.of(scored),
            seen=Seen.of(scored, negative_labels(scored, scheme)),
            breaches=AdditiveDict(scored.breaches),
            samples=Samples.of(scored, scheme, wanted, floor),
            groups=by_group(scored, finite),
            clusters=by_cluster(scored, finite),
            ids=FirstIds.of(scored, wanted.ids),
        )

    @classmethod
    def of_counts(cls, scored: ScoredRows, scheme: Scheme) -> Tally:
        """Row counts and notices of a block, without loss statistics."""
        loss, negatives = scored.loss, negative_labels(scored, scheme)
        # which classes occur shows that no row has the positive one; their losses are not asked for here
        counts = enumerate(np.bincount(scored.y).tolist()) if negatives and scored.y is not None else ()
        return cls(
            rows=Counts(scored.read, scored.ignored, scored.skipped),
            infinite=InfiniteLosses.of(scored, None if loss.max(initial=-np.inf) < np.inf else loss < np.inf),
            classes=ByClass(AdditiveDict({c: Part(rows) for c, rows in counts if rows})),
            seen=Seen.of(scored, negatives),
            breaches=AdditiveDict(scored.breaches),
        )

    def resampled(self, scored: ScoredRows, options: Options, first_row: int) -> Tally:
        """The tally of a block with its bootstrap replicates; `first_row` rows came before the block."""
        if options.bootstrap is None or scored.clusters is not None:  # clusters are drawn once they are whole
            return self
        loss, weight = scored.loss, scored.weight
        keys = bootstrap.row_keys(scored.numbers(np.arange(len(loss))) + first_row)
        finite = loss < np.inf
        kept = None if weight is None else weight[finite]
        return replace(
            self, replicates=Replicates.of(keys[finite], loss[finite], kept, options.bootstrap, options.seed)
        )

    def shifted(self, rows: int, rows_of_file: int) -> Tally:
        """The same tally placed behind `rows` rows of the input, `rows_of_file` of them in the same file."""
        samples = self.samples
        if not (self.infinite.first or samples.first or samples.worst or self.breaches):
            return self
        return replace(
            self,
            infinite=self.infinite.shifted(rows),
            samples=samples.shifted(rows),
            breaches=AdditiveDict({rule: breach.shifted(rows_of_file) for rule, breach in self.breaches.items()}),
        )

    def trimmed(self, wanted: Wanted) -> Tally:
        """The same tally with no more samples than wanted."""
        samples = self.samples.trimmed(wanted)
        return self if samples is self.samples else replace(self, samples=samples)


def tally_rows(scored: ScoredRows, scheme: Scheme, wanted: Wanted, before: Tally, floor: float = -np.inf) -> Tally:
    """The tally of a block, with only those samples and ids for which the rows `before` it leave room.

    A pure function: with an empty tally before it, the result is the same but for samples that are trimmed later.
    """
    first = 0 if wanted.first is not None and len(before.samples.first) >= wanted.first else wanted.first
    wanted = Wanted(first, wanted.worst, wanted.losses, before.ids.wanted(scored.path))
    return Tally.of(scored, scheme, wanted, before.samples.floor(wanted, floor))


def append(tally: Tally, later: Tally, wanted: Wanted, rows_before_file: int = 0) -> Tally:
    """A tally with that of later rows after it, and no more samples than wanted."""
    before = tally.rows.read
    return (tally + later.shifted(before, before - rows_before_file + 1)).trimmed(wanted)


def _moments(scored: ScoredRows, scheme: Scheme, finite: NDArray[np.bool_] | None) -> tuple[Moments, ByClass]:
    """The moments of the finite losses, and the rows of each class where every row has just one."""
    y, loss, weight = scored.y, scored.loss, scored.weight
    if y is not None and scheme.k == 2 and weight is None and finite is None:
        return _two_classes(y, loss)
    moments = Moments.of(
        loss if finite is None else loss[finite], weight if finite is None or weight is None else weight[finite]
    )
    return moments, ByClass() if y is None else ByClass.of(y, loss, weight)


def _powers(loss: NDArray[np.float64], weight: NDArray[np.float64] | None, finite: NDArray[np.bool_] | None) -> Powers:
    """The powers of the finite losses and their weights, if they have any."""
    if weight is None:
        return Powers()
    return Powers.of(loss, weight) if finite is None else Powers.of(loss[finite], weight[finite])


def _two_classes(y: NDArray[np.integer], loss: NDArray[np.float64]) -> tuple[Moments, ByClass]:
    """The moments of finite losses, and those of two classes that occur: the first is what the second leaves."""
    ones = int(np.count_nonzero(y))
    zeros = len(y) - ones
    moments, total = Moments.marked(loss, y)
    parts = (Part(zeros, zeros << UNIT, moments.weighted - total), Part(ones, ones << UNIT, total))
    return moments, ByClass(AdditiveDict({c: part for c, part in enumerate(parts) if part.rows}))


def negative_labels(scored: ScoredRows, scheme: Scheme) -> frozenset[str]:
    """The label texts that stand for the negative class where only the positive one is named (two are one too many)."""
    coded = scored.text.coded
    plan = scheme.plan
    if plan.of == "decision" and coded is not None:
        return frozenset(sorted({value_of(coded.names[code]) for code in np.unique(coded.codes).tolist()})[:3])
    if plan.kind != "binary" or plan.positive is None or plan.classes is not None or coded is None:
        return frozenset()
    names = [coded.names[code] for code in np.unique(coded.codes).tolist()]
    others = [name for name in names if name != plan.positive and (names_one_class(plan) or name not in TRUTH)]
    return frozenset(others[:3])
