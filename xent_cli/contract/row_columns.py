"""The columns of per-sample outputs, a block at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xent_cli.contract.frozen import record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@record
class Coded:
    """A text column as integer codes into its distinct values. Code −1 is a missing value."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    def texts(self) -> list[str | None]:
        """The column as text, one entry a row, None where missing."""
        return [None if code < 0 else self.names[code] for code in self.codes.tolist()]


@record
class SampleColumns:
    """Scored rows as columns, in file order, for the per-sample outputs.

    `row` counts data rows over all inputs from 1; `id` is an Arrow string array or None; `gradient` has one column
    per class (`gradient_names`); arrays have one entry a row.
    """

    row: NDArray[np.int64]
    id: Any
    label: Coded
    p: NDArray[np.float64]
    loss: NDArray[np.float64]
    weight: NDArray[np.float64]
    gradient: NDArray[np.float64] | None = None
    gradient_names: tuple[str, ...] = ()
    gradient_norm: NDArray[np.float64] | None = None

    def shifted(self, rows: int) -> SampleColumns:
        """The same rows placed behind `rows` others."""
        return replace(self, row=self.row + rows)


@record
class PairColumns:
    """Compared rows as columns, in the order of the baseline, for the per-sample outputs.

    `row` counts the rows of the baseline from 1; `id` is an Arrow string array or None; `losses` has an array for each
    candidate.
    """

    row: NDArray[np.int64]
    id: Any
    label: Coded
    weight: NDArray[np.float64]
    baseline: NDArray[np.float64]
    losses: tuple[NDArray[np.float64], ...]
