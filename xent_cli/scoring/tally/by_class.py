"""What is known of some of the rows, and of those of each class: numbers of rows, and exact sums of weights and losses.

Weights are integers in units of 2**-1074, products of a weight and a value in units of 2**-2148 (see `exact.sums`).
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.frozen import record, struct
from xent_cli.scoring.tally.monoids import AdditiveDict
from xent_cli.statistics.exact import sums
from xent_cli.statistics.exact.sums import UNIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


ENOUGH = 1 << 13
"""How many rows wait before they are added up by class: each class that occurs costs as much as many rows do."""


@struct
class Part:
    """Some of the rows: how many, their weight Σw, their loss Σwℓ over the finite ones, how many are infinite."""

    rows: int = 0
    weight: int = 0
    loss: int = 0
    infinite: int = 0

    def __add__(self, other: Part) -> Part:
        """Both parts as one."""
        return Part(
            self.rows + other.rows, self.weight + other.weight, self.loss + other.loss, self.infinite + other.infinite
        )


@struct
class ClassifiedRows:
    """The class, the loss and the weight of some rows; without weights each weighs 1."""

    y: NDArray[np.integer]
    loss: NDArray[np.float64]
    weight: NDArray[np.float64] | None

    def table(self) -> AdditiveDict[int, Part]:
        """Each class that occurs; a row of weight 0 adds nothing, even where its loss is infinite."""
        y, weight, finite = self.y, self.weight, self.loss < np.inf
        summed = np.where(finite, self.loss, 0.0)
        rows = sums.exact_group_counts(y)
        infinite = sums.exact_group_counts(y[~finite if weight is None else ~finite & (weight > 0.0)])
        if weight is None:
            totals = {c: total << UNIT for c, total in sums.exact_group_sums(y, summed).items()}
            weights = {c: n << UNIT for c, n in rows.items()}
        else:
            totals = sums.exact_group_sums(y, weight, summed)
            weights = sums.exact_group_sums(y, weight)
        return AdditiveDict({c: Part(n, weights[c], totals[c], infinite.get(c, 0)) for c, n in rows.items()})


@record
class ByClass:
    """The rows of each class. A monoid: rows wait until there are enough of them to be added up."""

    known: AdditiveDict[int, Part] = field(default_factory=AdditiveDict)
    waiting: tuple[ClassifiedRows, ...] = ()

    @classmethod
    def of(
        cls, y: NDArray[np.integer], loss: NDArray[np.float64], weight: NDArray[np.float64] | None = None
    ) -> ByClass:
        """Rows with their classes, losses and weights, (n,) each."""
        return _settled_if_enough(cls(waiting=(ClassifiedRows(y, loss, weight),)))

    def __add__(self, later: ByClass) -> ByClass:
        """The rows of both."""
        return _settled_if_enough(ByClass(self.known + later.known, self.waiting + later.waiting))

    def __eq__(self, other: object) -> bool:
        """Whether the rows of each class come to the same, whether they wait or not."""
        return isinstance(other, ByClass) and self.table() == other.table()

    __hash__ = None  # type: ignore[assignment]  # equal by what the arrays come to

    def table(self) -> Mapping[int, Part]:
        """Each class that occurs."""
        return self.settled().known

    def settled(self) -> ByClass:
        """The same with no rows that wait."""
        if not self.waiting:
            return self
        y, loss = (np.concatenate(each) for each in zip(*((rows.y, rows.loss) for rows in self.waiting), strict=True))
        weights = [rows.weight for rows in self.waiting if rows.weight is not None]
        return ByClass(self.known + ClassifiedRows(y, loss, np.concatenate(weights) if weights else None).table())


def _settled_if_enough(classes: ByClass) -> ByClass:
    """The same, with no rows that wait once there are enough of them."""
    return classes if sum(rows.y.size for rows in classes.waiting) < ENOUGH else classes.settled()
