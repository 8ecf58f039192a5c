"""The mergeable partial result of scoring: sufficient statistics of the rows seen so far, all exact or order-free.

`Tally.empty()`, `Tally.of(rows)` and `+` form a monoid: any partition of the input into blocks, merged in file order,
gives the same value, so the report does not depend on block size, number of threads or how rows are spread over files.
Weights are integers in units of 2**-1074, products of a weight and a value in units of 2**-2148 (see `exact.sums`).
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xent_cli.contract.frozen import struct
from xent_cli.contract.report import Sample
from xent_cli.scoring import rules
from xent_cli.scoring.scheme import TRUTH, names_one_class
from xent_cli.scoring.scored_rows import scale
from xent_cli.scoring.tally import groups as grouping
from xent_cli.scoring.tally.by_class import ByClass, Part
from xent_cli.scoring.tally.groups import Clusters, Slice
from xent_cli.statistics import bootstrap
from xent_cli.statistics.bootstrap import Replicates
from xent_cli.statistics.exact import sums
from xent_cli.statistics.exact.mappings import added
from xent_cli.statistics.exact.moments import Moments
from xent_cli.statistics.exact.sums import UNIT
from xent_cli.statistics.quantiles import EXACT_ROWS, Quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from xent_cli.scoring.options import Options
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.scored_rows import ScoredRows

EXAMPLES = 5


@struct
class Wanted:
    """Which rows to keep as samples: the first so many (None: all) and the worst so many.

    `losses` is how many losses the quantiles keep before they count them.
    """

    first: int | None
    worst: int
    losses: int = EXACT_ROWS


@struct
class Tally:
    """Everything a report is made of.

    `infinite` counts rows of infinite loss, `endless` those among them that have a weight, so make the mean infinite.
    Rows in `worst`, `first`, `infinite_rows` count from 1 once `shifted`.
    """

    read: int = 0
    ignored: int = 0
    skipped: int = 0
    infinite: int = 0
    infinite_rows: tuple[int, ...] = ()
    endless: int = 0
    endless_weight: int = 0
    moments: Moments = field(default_factory=Moments.empty)
    lowest: float = np.inf
    highest: float = -np.inf
    quantiles: Quantiles = field(default_factory=Quantiles.empty)
    classes: ByClass = field(default_factory=ByClass)
    shares: Mapping[int, int] = field(default_factory=dict)
    soft: int = 0
    soft_weight: int = 0
    hits: int = 0
    entropy: int = 0
    labels: tuple[Part, ...] = ()
    clipped: Part = Part()
    normalized: Part = Part()
    above_one: int = 0
    deviation: float = 0.0
    deviating: int = 0
    distributions: bool = True
    negatives: frozenset[str] = frozenset()
    breaches: Mapping[str, rules.Breach] = field(default_factory=dict)
    first: tuple[Sample, ...] = ()
    worst: tuple[Sample, ...] = ()
    groups: Mapping[tuple[str, ...], Slice] = field(default_factory=dict)
    clusters: Clusters = field(default_factory=Clusters)
    replicates: Replicates = field(default_factory=Replicates)

    @classmethod
    def empty(cls) -> Tally:
        """The tally of no rows: the identity of `+`."""
        return cls()

    @classmethod
    def of(cls, scored: ScoredRows, scheme: Scheme, wanted: Wanted, floor: float = -np.inf) -> Tally:
        """The tally of one block. `floor` is a loss that the worst rows are known to reach, to look at fewer rows."""
        loss, weight = scored.loss, scored.weight
        highest = float(loss.max(initial=-np.inf))
        finite = None if highest < np.inf else loss < np.inf
        infinite = 0 if finite is None else int(np.count_nonzero(~finite))
        kept_loss = loss if finite is None else loss[finite]
        kept_weight = weight if finite is None or weight is None else weight[finite]
        classes = ByClass()
        if scored.y is not None and scheme.k == 2 and weight is None and finite is None:
            moments, classes = _two_classes(scored.y, loss)
        else:
            moments = Moments.of(kept_loss, kept_weight)
            if scored.y is not None:
                classes = ByClass.of(scored.y, loss, weight)
        return cls(
            read=scored.read,
            ignored=scored.ignored,
            skipped=scored.skipped,
            infinite=infinite,
            infinite_rows=() if finite is None else _rows(scored, np.flatnonzero(~finite)[:EXAMPLES]),
            endless=infinite if weight is None or finite is None else int(np.count_nonzero(weight[~finite] > 0.0)),
            endless_weight=infinite << UNIT if weight is None or finite is None else sums.exact_sum(weight[~finite]),
            moments=moments,
            lowest=float(loss.min(initial=np.inf)),
            highest=highest,
            quantiles=Quantiles.of(loss, wanted.losses),
            classes=classes,
            shares={} if scored.shares is None else _shares(scored.shares, weight),
            soft=0 if scored.shares is None else len(loss),
            soft_weight=0 if scored.shares is None else len(loss) << UNIT if weight is None else sums.exact_sum(weight),
            hits=_weighted_sum(scored.hits, weight),
            entropy=0 if scored.entropy is None else _weighted_sum(scored.entropy, weight),
            labels=() if scored.per_label is None else _by_label(scored.per_label, scored.shares, weight),
            clipped=_touched(scored.clipped, loss, weight),
            normalized=_touched(scored.normalized, loss, weight),
            above_one=scored.seen.above_one,
            deviation=scored.seen.deviation,
            deviating=scored.seen.deviating,
            distributions=scored.seen.distributions or not len(loss),
            negatives=negative_labels(scored, scheme),
            breaches=scored.breaches,
            first=_samples(scored, scheme, _first(loss, wanted.first)),
            worst=_samples(scored, scheme, _worst(loss, wanted.worst, floor)),
            groups={}
            if scored.groups is None
            else {key: Slice() for key in scored.lost} | grouping.slices(scored.groups, loss, weight, finite),
            clusters=Clusters()
            if scored.clusters is None
            else grouping.clusters(scored.clusters, loss, weight, finite),
        )

    def __add__(self, later: Tally) -> Tally:
        """Both tallies as one; `later` comes after this one in the input. Trim `first` and `worst` with `trimmed`."""
        return Tally(
            read=self.read + later.read,
            ignored=self.ignored + later.ignored,
            skipped=self.skipped + later.skipped,
            infinite=self.infinite + later.infinite,
            infinite_rows=(self.infinite_rows + later.infinite_rows)[:EXAMPLES],
            endless=self.endless + later.endless,
            endless_weight=self.endless_weight + later.endless_weight,
            moments=self.moments + later.moments,
            lowest=min(self.lowest, later.lowest),
            highest=max(self.highest, later.highest),
            quantiles=self.quantiles + later.quantiles,
            classes=self.classes + later.classes,
            shares=added(self.shares, later.shares),
            soft=self.soft + later.soft,
            soft_weight=self.soft_weight + later.soft_weight,
            hits=self.hits + later.hits,
            entropy=self.entropy + later.entropy,
            labels=tuple(a + b for a, b in zip(self.labels, later.labels, strict=True))
            if self.labels and later.labels
            else self.labels or later.labels,
            clipped=self.clipped + later.clipped,
            normalized=self.normalized + later.normalized,
            above_one=self.above_one + later.above_one,
            deviation=max(self.deviation, later.deviation),
            deviating=self.deviating + later.deviating,
            distributions=self.distributions and later.distributions,
            negatives=self.negatives | later.negatives,
            breaches=rules.merged(self.breaches, later.breaches),
            first=self.first + later.first,
            worst=self.worst + later.worst,
            groups=added(self.groups, later.groups),
            clusters=self.clusters + later.clusters,
            replicates=self.replicates + later.replicates,
        )

    def resampled(self, scored: ScoredRows, options: Options, first_row: int) -> Tally:
        """The tally of a block with its bootstrap replicates; `first_row` rows came before the block."""
        if options.bootstrap is None:
            return self
        loss, weight = scored.loss, scored.weight
        if scored.clusters is None:
            keys = bootstrap.row_keys(scored.numbers(np.arange(len(loss))) + first_row)
        else:  # the rows of a cluster are drawn together, so a key is that of its name alone
            names = [bootstrap.cluster_key(key[-1]) for key in scored.clusters.keys]
            keys = np.array(names, np.uint64)[scored.clusters.codes]
        finite = loss < np.inf
        kept = None if weight is None else weight[finite]
        return replace(
            self, replicates=Replicates.of(keys[finite], loss[finite], kept, options.bootstrap, options.seed)
        )

    def shifted(self, rows: int, rows_of_file: int) -> Tally:
        """The same tally placed behind `rows` rows of the input, `rows_of_file` of them in the same file."""
        if not (self.infinite_rows or self.first or self.worst or self.breaches):
            return self
        return replace(
            self,
            infinite_rows=tuple(row + rows for row in self.infinite_rows),
            first=tuple(replace(sample, row=sample.row + rows) for sample in self.first),
            worst=tuple(replace(sample, row=sample.row + rows) for sample in self.worst),
            breaches={rule: breach.shifted(rows_of_file) for rule, breach in self.breaches.items()},
        )

    def trimmed(self, wanted: Wanted) -> Tally:
        """The same tally with no more samples than wanted."""
        if len(self.worst) <= wanted.worst and (wanted.first is None or len(self.first) <= wanted.first):
            return self
        worst = sorted(self.worst, key=lambda sample: (-sample.loss, sample.row))[: wanted.worst]
        return replace(self, first=self.first[: wanted.first], worst=tuple(worst))

    def floor(self, wanted: Wanted, known: float = -np.inf) -> float:
        """A loss that a later row has to reach to be among the worst; some rows are `known` to reach one already."""
        if len(self.worst) < wanted.worst:
            return known
        return max(known, min((sample.loss for sample in self.worst), default=0.0))

    @property
    def scored(self) -> int:
        """The number of scored rows."""
        return self.read - self.ignored - self.skipped


def tally_rows(scored: ScoredRows, scheme: Scheme, wanted: Wanted, before: Tally, floor: float = -np.inf) -> Tally:
    """The tally of a block, with only those samples for which the rows `before` it leave room.

    A pure function: with an empty tally before it, the result is the same but for samples that are trimmed later.
    """
    if wanted.first is not None and len(before.first) >= wanted.first:
        wanted = Wanted(0, wanted.worst, wanted.losses)
    return Tally.of(scored, scheme, wanted, before.floor(wanted, floor))


def append(tally: Tally, later: Tally, wanted: Wanted, rows_before_file: int = 0) -> Tally:
    """A tally with that of later rows after it, and no more samples than wanted."""
    before = tally.read
    return (tally + later.shifted(before, before - rows_before_file + 1)).trimmed(wanted)


def _rows(scored: ScoredRows, index: NDArray[np.int64]) -> tuple[int, ...]:
    """Row numbers of scored rows, counting from 1 in their block."""
    return tuple((scored.numbers(index) + 1).tolist())


def _weighted_sum(values: NDArray[Any], weight: NDArray[np.float64] | None) -> int:
    """Σ w·v exactly, in units of 2**-2148."""
    if values.dtype == np.bool_:
        return (_count(values) if weight is None else sums.exact_sum(weight[values])) << UNIT
    return sums.exact_sum(values) << UNIT if weight is None else sums.exact_dot(weight, values)


def _count(marked: NDArray[np.bool_]) -> int:
    """How many rows are marked, as a sum of weights 1."""
    return int(np.count_nonzero(marked)) << UNIT


def _part(loss: NDArray[np.float64], weight: NDArray[np.float64] | None) -> Part:
    """Some rows as a part; a row of weight 0 adds nothing, even where its loss is infinite."""
    finite = loss < np.inf
    total = _weighted_sum(loss[finite], None if weight is None else weight[finite])
    heavy = len(loss) << UNIT if weight is None else sums.exact_sum(weight)
    return Part(len(loss), heavy, total, int(np.count_nonzero(_endless(finite, weight))))


def _two_classes(y: NDArray[np.integer], loss: NDArray[np.float64]) -> tuple[Moments, ByClass]:
    """The moments of finite losses, and those of two classes that occur: the first is what the second leaves."""
    ones = int(np.count_nonzero(y))
    zeros = len(y) - ones
    moments, total = Moments.marked(loss, y)
    parts = (Part(zeros, zeros << UNIT, moments.weighted - total), Part(ones, ones << UNIT, total))
    return moments, ByClass({c: part for c, part in enumerate(parts) if part.rows})


def _endless(finite: NDArray[np.bool_], weight: NDArray[np.float64] | None) -> NDArray[np.bool_]:
    """The rows whose loss is infinite and counts."""
    return ~finite if weight is None else ~finite & (weight > 0.0)


def _shares(t: NDArray[np.float64], weight: NDArray[np.float64] | None) -> dict[int, int]:
    """Σ w·t of each target column."""
    return {j: _weighted_sum(t[:, j], weight) for j in range(t.shape[1])}


def _by_label(
    each: NDArray[np.float64], t: NDArray[np.float64] | None, weight: NDArray[np.float64] | None
) -> tuple[Part, ...]:
    """Each label of a multi-label block; `rows` counts the rows where it is set."""
    assert t is not None
    parts = []
    for j in range(each.shape[1]):
        part = _part(each[:, j], weight)
        parts.append(replace(part, rows=int(np.count_nonzero(t[:, j] > 0.5))))
    return tuple(parts)


def _touched(rows: NDArray[np.bool_] | None, loss: NDArray[np.float64], weight: NDArray[np.float64] | None) -> Part:
    """The rows that an option changed."""
    if rows is None or not rows.any():
        return Part()
    return _part(loss[rows], None if weight is None else weight[rows])


def negative_labels(scored: ScoredRows, scheme: Scheme) -> frozenset[str]:
    """The label texts that stand for the negative class where only the positive one is named (two are one too many)."""
    coded = scored.text.coded
    plan = scheme.plan
    if plan.kind != "binary" or plan.positive is None or plan.classes is not None or coded is None:
        return frozenset()
    names = [coded.names[code] for code in np.unique(coded.codes).tolist()]
    others = [name for name in names if name != plan.positive and (names_one_class(plan) or name not in TRUTH)]
    return frozenset(others[:3])


def _first(loss: NDArray[np.float64], most: int | None) -> NDArray[np.int64]:
    """The first rows, at most `most`."""
    return np.arange(len(loss) if most is None else min(most, len(loss)))


def _worst(loss: NDArray[np.float64], most: int, floor: float) -> NDArray[np.int64]:
    """The rows of the largest losses, at most `most`, none that is known to be beaten; ties go to the first rows."""
    if not most:
        return np.empty(0, dtype=np.int64)
    rows = np.flatnonzero(loss >= floor)
    if rows.size <= most:
        return rows
    kept = loss[rows]
    least = np.partition(kept, -most)[-most]
    above = np.flatnonzero(kept > least)
    chosen = np.concatenate((above, np.flatnonzero(kept == least)[: most - above.size]))
    return rows[chosen[np.argsort(-kept[chosen], kind="stable")]]


def _samples(scored: ScoredRows, scheme: Scheme, index: NDArray[np.int64]) -> tuple[Sample, ...]:
    """Scored rows as samples."""
    if not index.size:
        return ()
    labels = scored.text.of(index).texts()
    p = scored.probability(index, scale(scheme)).tolist()
    weights = [1.0] * len(index) if scored.weight is None else scored.weight[index].tolist()
    ids = [None] * len(index) if scored.ids is None else [_text(scored.ids[int(i)].as_py()) for i in index]
    numbers = (scored.numbers(index) + 1).tolist()
    return tuple(
        Sample(row, name, str(label), float(chance), float(loss), float(w))
        for row, name, label, chance, loss, w in zip(
            numbers, ids, labels, p, scored.loss[index].tolist(), weights, strict=True
        )
    )


def _text(value: object) -> str | None:
    """An id as text."""
    return None if value is None else str(value)
