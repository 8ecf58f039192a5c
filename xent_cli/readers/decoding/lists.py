"""List columns as matrices: null lists, nulls inside, ragged lengths, slices, each reported as a fault of its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pyarrow import types as kinds

from xent_cli.readers.decoding.columns import fault, missing_rows, numeric
from xent_cli.readers.interface import SHOWN_VALUES, CellFault

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


def first_length(array: Any) -> int | None:
    """The length of the first list that holds something, None where none does."""
    if kinds.is_fixed_size_list(array.type):
        return int(array.type.list_size) or None
    lengths, null = _layout(array)[1:]
    known = np.flatnonzero(~null & (lengths > 0))
    return int(lengths[known[0]]) if known.size else None


def list_matrix(array: Any, width: int, column: str) -> tuple[Floats, list[CellFault]]:
    """A list column as an (n, width) matrix, NaN where a row has no list of that length, with the faults."""
    starts, lengths, null = _layout(array)
    fits = (lengths == width) & ~null
    low = int(starts[0]) if starts.size else 0
    high = int(starts[-1] + lengths[-1]) if starts.size else 0
    values, found = numeric(array.values.slice(low, high - low), column)
    faults = [_inner(item, starts - low, fits) for item in found]
    if fits.all() and values.size == starts.size * width:
        matrix = values.reshape(starts.size, width)
    else:
        matrix = np.full((starts.size, width), np.nan)
        places = (starts[fits] - low)[:, None] + np.arange(width)
        matrix[fits] = values[places]
        faults.append(_wrong_length(np.flatnonzero(~fits), lengths, null, width, column))
    return matrix, [item for item in faults if item.rows.size]


def _layout(array: Any) -> tuple[Rows, Rows, NDArray[np.bool_]]:
    """Where each list starts in the values, how long it is, and whether it is null."""
    null = np.zeros(len(array), dtype=np.bool_)
    null[missing_rows(array)] = True
    if kinds.is_fixed_size_list(array.type):
        size = array.type.list_size
        starts = (np.arange(len(array), dtype=np.int64) + array.offset) * size
        return starts, np.full(len(array), size, dtype=np.int64), null
    offsets = np.asarray(array.offsets).astype(np.int64)
    return offsets[:-1], np.diff(offsets), null


def _inner(found: CellFault, starts: Rows, fits: NDArray[np.bool_]) -> CellFault:
    """A fault among the values as one of the rows whose lists hold them, each row once."""
    rows = np.searchsorted(starts, found.rows, side="right") - 1
    rows, first = np.unique(rows, return_index=True)
    keep = fits[rows]
    rows, places = rows[keep], found.rows[first[keep]]
    shown = rows[:SHOWN_VALUES]
    texts = [f"null at position {place - starts[row] + 1}" for row, place in zip(shown, places, strict=False)]
    return fault(found.rule, rows, found.column, texts)


def _wrong_length(rows: Rows, lengths: Rows, null: NDArray[np.bool_], width: int, column: str) -> CellFault:
    """The fault of rows whose list is null or not `width` long."""
    shown = rows[:SHOWN_VALUES].tolist()
    return fault(
        "list-length",
        rows,
        column,
        [
            "" if null[row] else f"{lengths[row]} value{'' if lengths[row] == 1 else 's'}, expected {width}"
            for row in shown
        ],
    )
