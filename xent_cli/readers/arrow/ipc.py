"""Arrow IPC files (Feather 2 is one) and streams, batch by batch, each validated before its data is touched."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xent_cli.contract.text import redact
from xent_cli.readers.arrow.batches import BatchChunk, batch_chunks
from xent_cli.readers.column_checks import check_request
from xent_cli.readers.decoding.columns import column_type
from xent_cli.readers.interface import REASON_WIDTH, Request, TableFile, shorten
from xent_cli.readers.peek import COLUMNS, of_batch, rows_of
from xent_cli.readers.refusals import AGAIN_HELP, ONCE_HELP, refuse, too_much_memory
from xent_cli.readers.sources.byte_source import is_outage, unreadable
from xent_cli.system.memory import lacks_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xent_cli.contract.errors import DataError
    from xent_cli.contract.report import Notice
    from xent_cli.readers.interface import ColumnType, Peek
    from xent_cli.readers.sources.byte_source import ByteSource


class ArrowFile(TableFile):
    """An Arrow IPC file, or a stream where `streamed`."""

    def __init__(self, source: ByteSource, *, streamed: bool) -> None:
        self._source = source
        self._streamed = streamed
        self._fresh = True
        self._held: list[Any] = []
        self.path = source.path
        self.format = "arrow"
        self.bytes = source.size
        self.notices: list[Notice] = []
        self._seekable = source.seekable or not streamed
        self._raw = source.random_access() if self._seekable else pa.PythonFile(source.stream, "r")
        self._reader, self.names, self.types = self._guarded_open()

    def chunks(self, request: Request) -> Iterator[BatchChunk]:
        """The rows in order, as chunks that hold the wanted columns."""
        check_request(self.path, self.names, self.types, request)
        if not self._fresh and not self._seekable:
            raise refuse("unreadable", self.path, "a stream can be read only once", help=ONCE_HELP)
        if self._seekable:
            self._raw.seek(0)
            self._reader = self._guarded_open([self.names.index(name) for name in request.names()])[0]
        self._fresh = False
        return batch_chunks(self._batches(), request)

    def peek(self) -> Peek:
        """The first rows of all columns; of a stream the batch is kept for the chunks."""
        try:
            batch = next(iter(self._read()), None)
            if batch is None:
                return {}
            if not self._seekable:
                self._held = [batch]
            batch.validate(full=True)
            return of_batch(batch.slice(0, rows_of(len(self.names)))) if batch.num_columns <= COLUMNS else {}
        except (pa.ArrowException, OSError, ValueError, MemoryError):
            return {}

    def close(self) -> None:
        """Release the file; the chunks already handed out stay valid."""
        if self._streamed:
            self._reader.close()
        self._raw.close()
        self._source.stream.close()

    def _guarded_open(self, fields: list[int] | None = None) -> tuple[Any, tuple[str, ...], tuple[ColumnType, ...]]:
        """A reader of the wanted fields, of all where none are named, and their names and types."""
        from pyarrow import ipc

        options = ipc.IpcReadOptions(use_threads=False, included_fields=fields)
        try:
            reader = (ipc.open_stream if self._streamed else ipc.open_file)(self._raw, options=options)
            return reader, tuple(reader.schema.names), tuple(column_type(type_) for type_ in reader.schema.types)
        except (pa.ArrowException, OSError, ValueError) as error:
            self._raw.close()
            raise self._damaged(error, "the schema cannot be read") from None

    def _batches(self) -> Iterator[Any]:
        """The batches, each checked in full: what the file says of its buffers is not to be believed."""
        rows = 0
        try:
            for batch in self._read():
                batch.validate(full=True)
                yield batch
                rows += batch.num_rows
        except MemoryError:
            raise too_much_memory(self.path, "a record batch", _progress(rows)) from None
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._damaged(error, _progress(rows)) from None

    def _read(self) -> Iterator[Any]:
        """The batches as they lie in the file."""
        if self._streamed:
            return chain(self._held, self._reader)
        return (self._reader.get_batch(index) for index in range(self._reader.num_record_batches))

    def _damaged(self, error: Exception, progress: str) -> DataError:
        """The refusal for a file that Arrow cannot read, or not further."""
        if lacks_memory(error):
            return too_much_memory(self.path, "the schema", progress)
        if is_outage(error):
            return unreadable(self._source.target, error)
        reason = shorten(redact(str(error)).partition("\n")[0], REASON_WIDTH)
        message = f"the Arrow data is damaged or cut short: {reason}"
        return refuse("corrupt-file", self.path, message, detail=progress, help=AGAIN_HELP)


def _progress(rows: int) -> str:
    """How far the file was read, for messages."""
    return f"read {rows:,} rows before that"
