"""Tables in memory: pyarrow tables and readers, pandas frames, anything with the Arrow stream interface."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xent_cli.readers.arrow.batches import BatchChunk, batch_chunks
from xent_cli.readers.column_checks import check_request
from xent_cli.readers.decoding.columns import column_type
from xent_cli.readers.interface import TableFile
from xent_cli.readers.peek import COLUMNS, of_batch, rows_of
from xent_cli.readers.refusals import ONCE_HELP, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xent_cli.contract.report import Notice
    from xent_cli.readers.interface import Peek, Request


class TableSource(TableFile):
    """A table that is already in memory. A RecordBatchReader and its like can be read once."""

    def __init__(self, table: Any, path: str = "<memory>") -> None:
        self.path = path
        self.format = "memory"
        self.bytes: int | None = None
        self.notices: list[Notice] = []
        self._table = _as_arrow(table)
        self._fresh = True
        self._held: list[Any] = []
        schema = self._table.schema
        self.names = tuple(schema.names)
        self.types = tuple(column_type(type_) for type_ in schema.types)

    def chunks(self, request: Request) -> Iterator[BatchChunk]:
        """The rows in order, as chunks that hold the wanted columns."""
        check_request(self.path, self.names, self.types, request)
        if not self._fresh and not isinstance(self._table, pa.Table):
            raise refuse("unreadable", self.path, "a stream can be read only once", help=ONCE_HELP)
        self._fresh = False
        return batch_chunks(self._batches(), request)

    def peek(self) -> Peek:
        """The first rows of all columns; the first batch of a stream is kept for the chunks."""
        if len(self.names) > COLUMNS or len(set(self.names)) < len(self.names):
            return {}
        if isinstance(self._table, pa.Table):
            first = self._table.slice(0, rows_of(len(self.names))).combine_chunks().to_batches()
            return of_batch(first[0]) if first else {}
        self._held = self._held or list(islice(self._table, 1))
        return of_batch(self._held[0].slice(0, rows_of(len(self.names)))) if self._held else {}

    def close(self) -> None:
        """Let go of the table."""
        if not isinstance(self._table, pa.Table):
            self._table.close()

    def _batches(self) -> Iterator[Any]:
        """The batches of the table."""
        return iter(self._table.to_batches()) if isinstance(self._table, pa.Table) else chain(self._held, self._table)


def open_table(table: Any, path: str = "<memory>") -> TableSource:
    """Open a table that is already in memory."""
    return TableSource(table, path)


def _as_arrow(table: Any) -> Any:
    """A pyarrow Table or RecordBatchReader over the data; an index of pandas is left out."""
    if isinstance(table, (pa.Table, pa.RecordBatchReader)):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if type(table).__module__.partition(".")[0] == "pandas":
        return _of_pandas(table)
    if hasattr(table, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(table)
    message = (
        f"cannot read a {type(table).__name__}: it does not offer __arrow_c_stream__; "
        "pass a pandas DataFrame or an Arrow table"
    )
    raise TypeError(message)


def _of_pandas(frame: Any) -> Any:
    """A pandas frame without its index; a column of mixed values, which has no Arrow type, as text."""
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError):
        columns = [_of_series(frame.iloc[:, place]) for place in range(frame.shape[1])]
        return pa.Table.from_arrays(columns, names=[str(name) for name in frame.columns])


def _of_series(series: Any) -> Any:
    """One column of a pandas frame, its values as text where they have no common type."""
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError):
        pairs = zip(series, series.isna(), strict=True)
        return pa.array([None if missing else str(value) for value, missing in pairs], pa.string())
