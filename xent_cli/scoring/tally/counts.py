"""Counts and exact sums of rows, each a small monoid: what a tally is made of.

Weights are integers in units of 2**-1074, products of a weight and a value in units of 2**-2148.
"""

from __future__ import annotations

from dataclasses import field, replace
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from xent_cli.contract.frozen import struct
from xent_cli.scoring.tally.by_class import Part
from xent_cli.scoring.tally.monoids import AdditiveDict, Fieldwise
from xent_cli.statistics.exact import sums
from xent_cli.statistics.exact.sums import UNIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xent_cli.scoring.scored_rows import ScoredRows

    Floats = NDArray[np.float64]
    Marks = NDArray[np.bool_]

EXAMPLES = 5
"""How many numbers of rows are kept to be shown."""


@struct
class Counts(Fieldwise):
    """How many rows were read, and how many of these were left out for their label or for what is wrong with them."""

    read: int = 0
    ignored: int = 0
    skipped: int = 0

    @property
    def scored(self) -> int:
        """The number of scored rows."""
        return self.read - self.ignored - self.skipped


@struct
class InfiniteLosses:
    """Scored rows of infinite loss: `weighted` of the `rows` have a weight, so make the mean infinite.

    `weight` is Σw over the rows, `first` the numbers of the first of them.
    """

    rows: int = 0
    weighted: int = 0
    weight: int = 0
    first: tuple[int, ...] = ()

    @classmethod
    def of(cls, scored: ScoredRows, finite: Marks | None) -> InfiniteLosses:
        """Those of a block in which `finite` marks the other rows (None: all)."""
        if finite is None:
            return cls()
        infinite = ~finite
        rows = int(np.count_nonzero(infinite))
        first = tuple((scored.numbers(np.flatnonzero(infinite)[:EXAMPLES]) + 1).tolist())
        if scored.weight is None:
            return cls(rows, rows, rows << UNIT, first)
        weight = scored.weight[infinite]
        return cls(rows, int(np.count_nonzero(weight > 0.0)), sums.exact_sum(weight), first)

    def __add__(self, later: InfiniteLosses) -> InfiniteLosses:
        """Both as one; of the numbers the first ones stay."""
        if not later.rows:
            return self
        first = (self.first + later.first)[:EXAMPLES]
        return InfiniteLosses(self.rows + later.rows, self.weighted + later.weighted, self.weight + later.weight, first)

    def shifted(self, rows: int) -> InfiniteLosses:
        """The same after `rows` more rows of the input."""
        return replace(self, first=tuple(row + rows for row in self.first))


@struct
class Range:
    """The smallest and the largest loss."""

    lowest: float = inf
    highest: float = -inf

    def __add__(self, other: Range) -> Range:
        """The range of both."""
        return Range(min(self.lowest, other.lowest), max(self.highest, other.highest))


@struct
class SoftTargets(Fieldwise):
    """Rows whose targets several classes or labels share: how many, their weight Σw, and Σ w·t of each target."""

    rows: int = 0
    weight: int = 0
    shares: AdditiveDict[int, int] = field(default_factory=AdditiveDict)

    @classmethod
    def of(cls, t: Floats | None, weight: Floats | None) -> SoftTargets:
        """Those with targets (n, k), if there are any."""
        if t is None:
            return cls()
        heavy = len(t) << UNIT if weight is None else sums.exact_sum(weight)
        return cls(len(t), heavy, AdditiveDict({j: weighted_sum(t[:, j], weight) for j in range(t.shape[1])}))


@struct
class ByLabel:
    """The rows of a multi-label file label by label; `rows` of a part counts those where the label is set."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, loss: Floats | None, t: Floats | None, weight: Floats | None) -> ByLabel:
        """Losses and targets (n, labels), if there are any."""
        if loss is None:
            return cls()
        assert t is not None
        parts = (part_of(loss[:, j], weight) for j in range(loss.shape[1]))
        return cls(tuple(replace(part, rows=int(np.count_nonzero(t[:, j] > 0.5))) for j, part in enumerate(parts)))

    def __add__(self, later: ByLabel) -> ByLabel:
        """Both, label by label."""
        if not (self.parts and later.parts):
            return self if self.parts else later
        return ByLabel(tuple(one + other for one, other in zip(self.parts, later.parts, strict=True)))


@struct
class Changed(Fieldwise):
    """The rows whose predictions an option changed: those held within bounds, and those rescaled to sum to 1."""

    clipped: Part = Part()
    normalized: Part = Part()

    @classmethod
    def of(cls, scored: ScoredRows) -> Changed:
        """Those of a block."""
        loss, weight = scored.loss, scored.weight
        return cls(_marked(scored.clipped, loss, weight), _marked(scored.normalized, loss, weight))


@struct
class Seen:
    """What the checks saw that is odd without being wrong: the material of notices.

    `above_one` counts values that rounding put above 1, `deviating` rows whose sum strays from 1, `deviation` being
    the largest; `distributions` says whether every row of logits could as well be a distribution. `negatives` are
    label texts that stand for the negative class where only the positive one is named. `decided` says whether every
    prediction is exactly 0 or 1; `least` is the smallest prediction, where it was asked for.
    """

    above_one: int = 0
    deviation: float = 0.0
    deviating: int = 0
    distributions: bool = True
    negatives: frozenset[str] = frozenset()
    decided: bool = True
    least: float = np.inf

    @classmethod
    def of(cls, scored: ScoredRows, negatives: frozenset[str]) -> Seen:
        """What was seen in a block."""
        found = scored.seen
        distributions = found.distributions or not len(scored.loss)
        decided, least = (found.decided, found.least) if scored.read else (True, np.inf)
        return cls(found.above_one, found.deviation, found.deviating, distributions, negatives, decided, least)

    def __add__(self, other: Seen) -> Seen:
        """What was seen in either."""
        return Seen(
            self.above_one + other.above_one,
            max(self.deviation, other.deviation),
            self.deviating + other.deviating,
            self.distributions and other.distributions,
            self.negatives | other.negatives,
            self.decided and other.decided,
            min(self.least, other.least),
        )


def weighted_sum(values: NDArray[Any], weight: Floats | None) -> int:
    """Σ w·v exactly, in units of 2**-2148."""
    if values.dtype == np.bool_:
        return (int(np.count_nonzero(values)) << UNIT if weight is None else sums.exact_sum(weight[values])) << UNIT
    return sums.exact_sum(values) << UNIT if weight is None else sums.exact_dot(weight, values)


def part_of(loss: Floats, weight: Floats | None) -> Part:
    """Some rows as a part; a row of weight 0 adds nothing, even where its loss is infinite."""
    finite = loss < np.inf
    total = weighted_sum(loss[finite], None if weight is None else weight[finite])
    heavy = len(loss) << UNIT if weight is None else sums.exact_sum(weight)
    infinite = ~finite if weight is None else ~finite & (weight > 0.0)
    return Part(len(loss), heavy, total, int(np.count_nonzero(infinite)))


def _marked(rows: Marks | None, loss: Floats, weight: Floats | None) -> Part:
    """The marked rows as a part."""
    if rows is None or not rows.any():
        return Part()
    return part_of(loss[rows], None if weight is None else weight[rows])
