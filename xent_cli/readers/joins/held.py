"""Rows of a file of labels in memory, as columns from which the rows of other files take what they lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa

from xent_cli.contract.documents import number_text
from xent_cli.contract.frozen import record
from xent_cli.contract.row_columns import Coded
from xent_cli.readers.interface import SHOWN_VALUES, Block, CellFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

T = TypeVar("T")


@record
class BlockSlice:
    """Rows `start` to `stop` of a decoded block."""

    block: Block
    start: int
    stop: int

    def __len__(self) -> int:
        """How many rows there are."""
        return self.stop - self.start


@record
class HeldFault:
    """Cells of one column that break one rule, by held row, with the raw text of some of them."""

    rule: str
    column: str
    rows: Rows
    texts: Mapping[int, str]


@record
class Held:
    """The columns of some rows, by the names that they have in their file, `before` rows of which come first.

    `parts` are what the rows were decoded from, where that is kept.
    """

    rows: int
    coded: Mapping[str, Coded]
    numbers: Mapping[str, Floats]
    matrix: Floats | None
    targets: Floats | None
    text: Mapping[str, Any]
    faults: tuple[HeldFault, ...]
    before: int = 0
    parts: tuple[BlockSlice, ...] = ()

    @classmethod
    def of(cls, parts: Sequence[BlockSlice], before: int = 0) -> Held:
        """The rows of all parts, of which there is at least one."""
        first = parts[0].block
        return cls(
            rows=sum(map(len, parts)),
            coded={name: _coded(parts, name) for name in first.coded},
            numbers={name: _numbers(parts, name) for name in first.numbers},
            matrix=None if first.matrix is None else _joined(parts, lambda block: block.matrix),
            targets=None if first.targets is None else _joined(parts, lambda block: block.targets),
            text={name: _texts(parts, name) for name in first.text},
            faults=_faults(parts),
            before=before,
        )

    def cell(self, row: int, column: str, place: int | None = None) -> str:
        """The value of a cell for a message; `place` is that of a target or prediction among the others."""
        if column in self.coded:
            coded = self.coded[column]
            code = int(coded.codes[row])
            return "" if code < 0 else coded.names[code]
        if column in self.numbers:
            return _plain(float(self.numbers[column][row]))
        for matrix in (self.targets, self.matrix):
            if matrix is not None and place is not None and place < matrix.shape[1]:
                return _plain(float(matrix[row, place]))
        return ""

    def line(self, row: int) -> int | None:
        """The physical line on which a row starts, where that is known."""
        for part in self.parts:
            if row < len(part):
                return part.block.line(part.start + row)
            row -= len(part)
        return None

    def faults_of(self, positions: Rows, name: Callable[[str], str]) -> list[CellFault]:
        """The faults of the rows at these positions (−1 is none), by the place among the positions."""
        found = []
        for fault in self.faults:
            rows = np.flatnonzero(np.isin(positions, fault.rows))
            if rows.size:
                shown = (fault.texts.get(int(positions[row]), "") for row in rows[:SHOWN_VALUES])
                found.append(CellFault(fault.rule, rows, name(fault.column), tuple(shown)))
        return found


def take(array: NDArray[Any], positions: Rows, absent: float) -> NDArray[Any]:
    """Rows of an array by position; the value `absent` for position −1."""
    if not len(array):
        return np.full((len(positions), *array.shape[1:]), absent, dtype=array.dtype)
    taken = array[np.maximum(positions, 0)]
    taken[positions < 0] = absent
    return taken


def take_text(array: Any, positions: Rows) -> Any:
    """Rows of an Arrow array of strings by position; null for position −1."""
    indices = pa.array(positions, pa.int64(), mask=positions < 0)
    taken = array.take(indices)
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def _coded(parts: Sequence[BlockSlice], name: str) -> Coded:
    """A coded column of all parts, with one numbering of its values."""
    index: dict[str, int] = {}
    codes = []
    for part in parts:
        coded = part.block.coded[name]
        numbers = np.array([*(index.setdefault(text, len(index)) for text in coded.names), -1], dtype=np.int32)
        codes.append(numbers[coded.codes[part.start : part.stop]])
    return Coded(np.concatenate(codes), tuple(index))


def _numbers(parts: Sequence[BlockSlice], name: str) -> Floats:
    """A column of numbers of all parts."""
    return _joined(parts, lambda block: block.numbers[name])


def _joined(parts: Sequence[BlockSlice], column: Callable[[Block], Floats | None]) -> Floats:
    """An array of all parts."""
    arrays = [array[part.start : part.stop] for part in parts if (array := column(part.block)) is not None]
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _texts(parts: Sequence[BlockSlice], name: str) -> Any:
    """A column of text of all parts, as a chunked array."""
    return pa.chunked_array([part.block.text[name][part.start : part.stop] for part in parts], pa.string())


def _faults(parts: Sequence[BlockSlice]) -> tuple[HeldFault, ...]:
    """The faults of all parts, one for each rule and column."""
    rows: dict[tuple[str, str], list[Rows]] = {}
    texts: dict[tuple[str, str], dict[int, str]] = {}
    before = 0
    for part in parts:
        for fault in part.block.faults:
            place, inside = fault.rows - part.start + before, (fault.rows >= part.start) & (fault.rows < part.stop)
            key = fault.rule, fault.column
            rows.setdefault(key, []).append(place[inside])
            known = texts.setdefault(key, {})
            known.update(zip(place[: len(fault.values)].tolist(), fault.values, strict=True))
        before += len(part)
    return tuple(
        HeldFault(rule, column, np.concatenate(rows[rule, column]), texts[rule, column]) for rule, column in rows
    )


def _plain(value: float) -> str:
    """A number as text."""
    return repr(value).removesuffix(".0") if np.isfinite(value) else number_text(value)
