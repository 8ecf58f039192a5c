"""The rows of one model in a file that holds those of several, one below the other, selected by a column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.contract.errors import DataError, Location, Problem, UsageError
from xent_cli.contract.frozen import record
from xent_cli.contract.row_columns import Coded
from xent_cli.contract.text import closest, counted
from xent_cli.readers.interface import Block, CellFault, Decoded, Request, TableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from xent_cli.readers.interface import Chunk, Origin

    Rows = NDArray[np.int64]

MOST_MODELS = 100
"""More values than this are not the names of models: the column is probably another one."""


def model_names(opener: Callable[[], TableFile], column: str) -> tuple[str, ...]:
    """The models of a file, in the order in which their first rows come."""
    found: dict[str, None] = {}
    with opener() as file:
        _check_column(file, column)
        rows = 0
        for chunk in file.chunks(Request(text=(column,))):
            block = chunk.decode()
            texts = block.text[column]
            if texts.null_count:
                row = rows + int(np.flatnonzero(np.asarray(texts.is_null()))[0]) + 1
                message = f"{counted(texts.null_count, 'row')} without a model in column {column}"
                help = "fill in the name of the model, or leave the rows out"
                raise DataError(Problem("missing-model", message, Location(file.path, row), help=help))
            found |= dict.fromkeys(texts.unique().to_pylist())
            rows += block.rows
            if len(found) > MOST_MODELS:
                message = f"column {column} has more than {MOST_MODELS} values, too many for the names of models"
                help = "--model-column names the column that says which model a row is from"
                raise DataError(Problem("too-many-models", message, Location(file.path), help=help))
    return tuple(found)


class ModelRows(TableFile):
    """The rows of a file in which `column` holds `model`, as a file of their own without that column."""

    def __init__(self, file: TableFile, column: str, model: str) -> None:
        self._file, self._column, self._model = file, column, model
        kept = [place for place, name in enumerate(file.names) if name != column]
        self.path, self.format, self.bytes = file.path, file.format, file.bytes
        self.names = tuple(file.names[place] for place in kept)
        self.types = tuple(file.types[place] for place in kept)
        self.notices = file.notices
        self.labels = file.labels

    def chunks(self, request: Request) -> Iterator[Chunk]:
        """The rows of the model in order."""
        from pyarrow import compute as pc

        before = 0
        for chunk in self._file.chunks(replace(request, text=tuple(dict.fromkeys((*request.text, self._column))))):
            block = chunk.decode()
            of_model = pc.is_in(block.text[self._column], pa.array([self._model]))
            rows = np.flatnonzero(np.asarray(of_model))
            if rows.size:
                yield Decoded(_chosen(block, rows, self.path, before))
            before += block.rows
        self.checksums = self._file.checksums

    def close(self) -> None:
        """Release the file."""
        self._file.close()


@record
class _ModelOrigin:
    """Where the chosen rows of a block came from: `before` rows of the file are before the block."""

    origin: Origin
    rows: Rows
    path: str
    before: int

    def line(self, row: int) -> int | None:
        """The line on which a row starts."""
        return self.origin.line(int(self.rows[row]))

    def cell(self, row: int, column: str) -> str:
        """The text of a cell."""
        return self.origin.cell(int(self.rows[row]), column)

    def home(self, row: int, columns: Sequence[str]) -> Location | None:
        """The row in the whole file, or in the file of its labels."""
        place = int(self.rows[row])
        return self.origin.home(place, columns) or Location(self.path, self.before + place + 1, self.origin.line(place))


def _check_column(file: TableFile, column: str) -> None:
    """Refuse a column that the file does not have."""
    if column not in file.names:
        close = closest(column, file.names)
        help = f"did you mean {' or '.join(close)}?" if close else f"its columns are {', '.join(file.names[:20])}"
        raise UsageError(
            Problem("no-column", f"no column {column!r} for --model-column", Location(file.path), help=help)
        )


def _chosen(block: Block, rows: Rows, path: str, before: int) -> Block:
    """Some rows of a block, in order."""
    return Block(
        rows=len(rows),
        coded={name: Coded(column.codes[rows], column.names) for name, column in block.coded.items()},
        numbers={name: column[rows] for name, column in block.numbers.items()},
        matrix=_some(block.matrix, rows),
        targets=_some(block.targets, rows),
        text={name: column.take(pa.array(rows)) for name, column in block.text.items()},
        faults=tuple(_faults(block, rows)),
        origin=_ModelOrigin(block.origin, rows, path, before),
    )


def _some(matrix: NDArray[np.float64] | None, rows: Rows) -> NDArray[np.float64] | None:
    """Some rows of a matrix, in the memory order that it has."""
    if matrix is None:
        return None
    return np.asarray(matrix[rows], order="F" if matrix.flags.f_contiguous else "C")


def _faults(block: Block, rows: Rows) -> Iterator[CellFault]:
    """The faults of the chosen rows, by their places among these."""
    for fault in block.faults:
        at = np.flatnonzero(np.isin(rows, fault.rows))
        if at.size:
            shown: dict[int, Any] = dict(zip(fault.rows[: len(fault.values)].tolist(), fault.values, strict=True))
            values = tuple(shown.get(int(rows[place]), "") for place in at[: len(fault.values)])
            yield CellFault(fault.rule, at, fault.column, values)
