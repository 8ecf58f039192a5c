"""Rows that a report may show: the first ones of the input, and those of the largest losses."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.frozen import struct
from xent_cli.contract.report import Sample
from xent_cli.scoring.scored_rows import scale
from xent_cli.scoring.tally.ids import MOST_IDS
from xent_cli.statistics.quantiles import EXACT_ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.scored_rows import ScoredRows

    Floats = NDArray[np.float64]


@struct
class Wanted:
    """Which rows to keep as samples: the first `first` (None: all) and the worst `worst`.

    `losses` is how many losses the quantiles keep before they count them, `ids` of how many rows the ids are kept.
    """

    first: int | None
    worst: int
    losses: int = EXACT_ROWS
    ids: int = MOST_IDS


@struct
class Samples:
    """The first rows and the worst ones, in any order until they are trimmed. Row numbers count from 1 once shifted."""

    first: tuple[Sample, ...] = ()
    worst: tuple[Sample, ...] = ()

    @classmethod
    def of(cls, scored: ScoredRows, scheme: Scheme, wanted: Wanted, floor: float = -inf) -> Samples:
        """Those of a block. `floor` is a loss that the worst rows are known to reach, to look at fewer rows."""
        loss = scored.loss
        first = np.arange(len(loss) if wanted.first is None else min(wanted.first, len(loss)))
        return cls(_samples(scored, scheme, first), _samples(scored, scheme, _worst(loss, wanted.worst, floor)))

    def __add__(self, later: Samples) -> Samples:
        """All samples of both, to be `trimmed`."""
        return Samples(self.first + later.first, self.worst + later.worst)

    def shifted(self, rows: int) -> Samples:
        """The same after `rows` more rows of the input."""
        return Samples(_shifted(self.first, rows), _shifted(self.worst, rows))

    def trimmed(self, wanted: Wanted) -> Samples:
        """No more samples than wanted; of equal losses the first rows stay."""
        if len(self.worst) <= wanted.worst and (wanted.first is None or len(self.first) <= wanted.first):
            return self
        worst = sorted(self.worst, key=lambda sample: (-sample.loss, sample.row))[: wanted.worst]
        return Samples(self.first[: wanted.first], tuple(worst))

    def floor(self, wanted: Wanted, known: float = -inf) -> float:
        """A loss that a later row has to reach to be among the worst; some rows are `known` to reach one already."""
        if len(self.worst) < wanted.worst:
            return known
        return max(known, min((sample.loss for sample in self.worst), default=0.0))


def _shifted(samples: tuple[Sample, ...], rows: int) -> tuple[Sample, ...]:
    """Samples after `rows` more rows."""
    return tuple(replace(sample, row=sample.row + rows) for sample in samples)


def _worst(loss: Floats, most: int, floor: float) -> NDArray[np.int64]:
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
