"""Arrow columns put together to a block: the one place where roles become arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import pyarrow as pa

from xent_cli.readers.decoding.columns import NO_ROWS, coded, fault, missing_rows, numeric, strings
from xent_cli.readers.decoding.lists import list_matrix
from xent_cli.readers.interface import Block, CellFault, Origin, Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

T = TypeVar("T")

LEAST_WIDTH = 2
COLUMN_KERNEL = 32
"""Up to this many columns a matrix is Fortran-ordered: the losses then run column by column."""


def assemble(
    request: Request,
    rows: int,
    columns: Mapping[str, Any],
    origin: Origin,
    known: Sequence[CellFault] = (),
) -> Block:
    """The block of `rows` rows whose needed columns are given as Arrow arrays.

    `known` faults were found before: their cells are null in `columns`, and are not reported as missing again. A
    known fault without a column concerns whole rows.
    """
    faults: list[CellFault] = []
    codes = {name: _keep(coded(columns[name], name), faults) for name in request.coded}
    numbers = {name: _keep(numeric(columns[name], name), faults) for name in request.numbers}
    width = request.width or LEAST_WIDTH  # where no list of the whole input holds anything, every row is a fault
    matrix = _keep(_matrix(request.matrix, columns, rows, width if request.matrix_list else None), faults)
    targets = _keep(_matrix(request.targets, columns, rows, width if request.targets_list else None), faults)
    text = {name: strings(columns[name], name) for name in request.text}
    found = tuple(known) + _without(faults, known)
    return Block(rows, codes, numbers, matrix, targets, text, found, origin)


def _keep(found: tuple[T, list[CellFault]], faults: list[CellFault]) -> T:
    """The value of a decoded column; its faults go to the others."""
    faults.extend(found[1])
    return found[0]


def _matrix(
    names: tuple[str, ...], columns: Mapping[str, Any], rows: int, width: int | None
) -> tuple[Floats | None, list[CellFault]]:
    """The matrix of a role, None where the role has no columns; without a `width`, of one column per class."""
    if not names:
        return None, []
    if width is None:
        return _of_columns(names, [columns[name] for name in names], rows)
    matrix, faults = list_matrix(columns[names[0]], width, names[0])
    return np.asarray(matrix, order=_order(matrix.shape[1])), faults


def _order(width: int) -> Literal["C", "F"]:
    """The memory layout of a matrix of that many columns."""
    return "F" if width <= COLUMN_KERNEL else "C"


def _of_columns(names: Sequence[str], arrays: list[Any], rows: int) -> tuple[Floats, list[CellFault]]:
    """One column per class as a matrix, with the faults of each column; a single column is not copied."""
    if len(arrays) == 1:
        values, found = numeric(arrays[0], names[0])
        return values[:, None], found
    if {array.type.id for array in arrays} in ({pa.float64().id}, {pa.float32().id}):
        return _of_floats(names, arrays)
    matrix = np.empty((rows, len(arrays)), order=_order(len(arrays)))
    faults: list[CellFault] = []
    for position, (name, array) in enumerate(zip(names, arrays, strict=True)):
        matrix[:, position], found = numeric(array, name)
        faults += found
    return matrix, faults


def _of_floats(names: Sequence[str], arrays: list[Any]) -> tuple[Floats, list[CellFault]]:
    """Columns of one floating type as a matrix, copied once by Arrow."""
    batch = pa.RecordBatch.from_arrays(arrays, names=[str(position) for position in range(len(arrays))])
    tensor = batch.to_tensor(null_to_nan=True, row_major=len(arrays) > COLUMN_KERNEL)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN like others
        matrix = np.asarray(tensor.to_numpy(), dtype=np.float64)
    absent = [(name, missing_rows(array)) for name, array in zip(names, arrays, strict=True) if array.null_count]
    return matrix, [fault("missing-value", rows, name) for name, rows in absent]


def _without(faults: list[CellFault], known: Sequence[CellFault]) -> tuple[CellFault, ...]:
    """The faults whose cells no known fault explains."""
    if not known:
        return tuple(faults)
    left = ((item, np.setdiff1d(item.rows, _explained(item.column, known))) for item in faults)
    return tuple(
        item if rows.size == item.rows.size else fault(item.rule, rows, item.column) for item, rows in left if rows.size
    )


def _explained(column: str, known: Sequence[CellFault]) -> Rows:
    """The rows of a column that known faults made null."""
    rows = [item.rows for item in known if item.column in ("", column)]
    return np.concatenate(rows) if rows else NO_ROWS
