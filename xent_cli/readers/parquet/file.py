"""Parquet: row groups read batch by batch, checksums verified, sizes checked before a page is touched."""

from __future__ import annotations

from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xent_cli.contract.errors import DataError
from xent_cli.contract.frozen import record
from xent_cli.contract.text import redact
from xent_cli.readers import peek as peeking
from xent_cli.readers.arrow.batches import BatchChunk, batch_chunks, check_codes, rows_per_batch
from xent_cli.readers.column_checks import check_request
from xent_cli.readers.decoding.columns import column_type
from xent_cli.readers.interface import REASON_WIDTH, NotDivisibleError, ReadRemarks, Request, TableFile, shorten
from xent_cli.readers.parquet.footer import ColumnChunk, row_groups
from xent_cli.readers.parquet.page_headers import MAX_RATIO, BadPageError, walk
from xent_cli.readers.parquet.thrift import BadFooterError
from xent_cli.readers.refusals import AGAIN_HELP, LENGTH_HELP, refuse, too_much_memory
from xent_cli.readers.sources.byte_source import identity, is_outage, unreadable
from xent_cli.system.memory import lacks_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xent_cli.contract.report import Notice
    from xent_cli.readers.interface import Peek
    from xent_cli.readers.sources.byte_source import ByteSource

BUFFER = 1 << 18
LEAST_BUFFER = 1 << 14
BUFFERS = 64 << 20
"""How much the read buffers of all needed columns may take together."""

MAX_CLASSES = 1_000_000
SPARE_VALUES = 1 << 24
"""How many values the lists of a row group may hold beyond rows × width (128 MiB of doubles)."""

MOST_VALUES = 1 << 26
"""This many values of one row group, however well compressed, may be a single list (512 MiB of doubles)."""

TEXT, LONG_TEXT = 128 << 20, 1 << 10
"""Texts that take more than this together, and each on average, and are compressed further than that, as well."""

TEXT_HELP = "labels and ids are short texts; name another column, or shorten them"

LEAST_VALUES = 1 << 20
"""Fewer values are read sooner than a process starts."""

MOST_CHUNKS = 5_000
"""Of more columns of row groups nobody looks at the pages."""

ENCRYPTED = b"PARE"
TAIL = 8
"""The length of the footer and the magic bytes behind it."""

FOOTER, PAGES = "the footer cannot be read", "the pages cannot be read"
MOST_CHECKED = 2_000
"""In files of more columns it would take longer than a tenth of a second to check that names and types agree."""


class ParquetFile(TableFile):
    """A Parquet file. `checksums` says whether every page has one, None where not all were looked at beforehand."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self.path = source.path
        self.format = "parquet"
        self.bytes = source.size
        self.notices: list[Notice] = []
        if source.head.startswith(ENCRYPTED):
            raise self._encrypted()
        self._raw = source.random_access()
        self._file = self._open(BUFFER)
        try:
            schema = self._file.schema_arrow
            self.names = tuple(schema.names)
            self.types = tuple(column_type(type_) for type_ in schema.types)
            self._check_footer()
        except BaseException:
            self.close()
            raise

    @property
    def expected_rows(self) -> int | None:
        """The number of rows that the footer has."""
        return int(self._file.metadata.num_rows)

    def chunks(self, request: Request) -> Iterator[BatchChunk]:
        """The rows in order, as chunks that hold the wanted columns."""
        check_request(self.path, self.names, self.types, request)
        self._check_sizes(request)
        self._check_texts(request)
        buffer = _buffer(request)
        if buffer < BUFFER:
            self._file = self._open(buffer, self._file.metadata)
        return batch_chunks(self._batches(request), request)

    def sections(self, request: Request, count: int) -> tuple[ParquetSection, ...]:
        """The row groups in at most about `count` sections, none where there is too little to divide.

        To be asked for after `chunks`, which checks what the footer says, and with the width of the lists.
        """
        metadata, target = self._file.metadata, self._source.target
        values = metadata.num_rows * (len(request.names()) + (request.width or 0) * len(request.lists()))
        if target.kind != "file" or not self._source.seekable or values < LEAST_VALUES:
            return ()
        whole = identity(target.address)
        ends = accumulate(metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
        by_place = groupby(enumerate(ends), lambda group: (group[1] - 1) * count // metadata.num_rows)
        groups = [tuple(index for index, _ in found) for _, found in by_place]
        # the pages of lists have been looked at, since their width had to be found
        names = _flat(request) if self._are_walked() and not request.lists() else ()
        pages = [chunk for _, chunk in self._chunks_of(names)]
        return tuple(
            ParquetSection(
                target.address,
                whole,
                metadata,
                group,
                tuple(pages[group[0] * len(names) : (group[-1] + 1) * len(names)]),
                request,
                [],
                [],
            )
            for group in groups
        )

    def peek(self) -> Peek:
        """The first rows of all columns of single values; what is damaged is refused when it is read, not here."""
        try:
            metadata = self._file.metadata
            wanted = self._peeked() if metadata.num_row_groups else []
            if not wanted or len(wanted) > peeking.COLUMNS:
                return {}
            file = _opened(self._raw, LEAST_BUFFER, metadata)
            batch = next(
                file.iter_batches(peeking.rows_of(len(wanted)), row_groups=[0], columns=wanted, use_threads=False), None
            )
            if batch is None:
                return {}
            check_codes(batch)
            return peeking.of_batch(batch)
        except (pa.ArrowException, DataError, IndexError, OSError, ValueError, MemoryError):
            return {}

    def _peeked(self) -> list[str]:
        """The columns of single values whose pages are not far larger than anyone would write."""
        # never asked of pyarrow: of a damaged footer it raises what nothing catches, and the process ends
        _, chunks = next(self._row_groups(), (0, []))
        found, wanted, place = [], [], 0
        for name, kind, type_ in zip(self.names, self.types, self._file.schema_arrow.types, strict=True):
            chunk = chunks[place]
            place += _leaves(type_)
            small = chunk.size < TEXT and chunk.size <= MAX_RATIO * max(1, chunk.compressed)
            if kind.kind not in {"list", "other"} and small and not chunk.encrypted:
                found.append(name)
                wanted.append(chunk)
        if self._source.target.filesystem is None and len(found) <= peeking.COLUMNS:
            for chunk in wanted:  # Arrow makes room for what a page says before it looks at it
                walk(self._raw, chunk)
        return found if len(set(found)) == len(found) else []

    def close(self) -> None:
        """Release the file; the chunks already handed out stay valid."""
        self._file.close(force=True)
        self._raw.close()

    def _open(self, buffer: int, metadata: Any = None) -> Any:
        """Read the footer."""
        try:
            return _opened(self._raw, buffer, metadata)
        except (pa.ArrowException, OSError, ValueError) as error:
            self._raw.close()
            raise self._damaged(error, FOOTER) from None

    def _check_footer(self) -> None:
        """Hold what the footer says once against what it says again: no checksum covers it.

        A flipped bit in the name of a logit would otherwise leave its class out of every softmax, one in a number of
        rows leave out rows.
        """
        metadata = self._file.metadata
        rows = sum(metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
        if rows != metadata.num_rows:
            raise self._damaged(ValueError(f"{metadata.num_rows:,} rows, and {rows:,} in its row groups"), FOOTER)
        self._check_decimals()
        if metadata.num_columns > MOST_CHECKED:
            return
        rows, chunks = next(self._row_groups(), (0, []))
        for place, chunk in enumerate(chunks):
            column = metadata.schema.column(place)
            if not chunk.encrypted and column.max_repetition_level == 0 and chunk.values != rows:
                raise self._damaged(
                    ValueError(f"{rows:,} rows, and {chunk.values:,} values of column {place + 1}"), FOOTER
                )
            if not chunk.encrypted and (column.path, column.physical_type) != (chunk.path, chunk.type):
                names = f"{shorten(column.path)} ({column.physical_type}) and {shorten(chunk.path)} ({chunk.type})"
                raise self._damaged(ValueError(f"column {place + 1} is both {names}"), FOOTER)

    def _check_decimals(self) -> None:
        """Check the scale of decimals against the Arrow schema that most writers store next to that of Parquet."""
        schema = self._file.schema_arrow
        stored = (self._file.metadata.metadata or {}).get(b"ARROW:schema")
        if stored is None or not any(pa.types.is_decimal(type_) for type_ in schema.types):
            return
        from base64 import b64decode

        from pyarrow import ipc

        original = ipc.read_schema(pa.py_buffer(b64decode(stored)))
        for field, again in zip(schema, original, strict=False):
            both = pa.types.is_decimal(field.type) and pa.types.is_decimal(again.type)
            if both and field.type.scale != again.type.scale:
                names = f"{field.type} and {again.type}"
                raise self._damaged(ValueError(f"column {shorten(field.name)} is both {names}"), FOOTER)

    def _row_groups(self) -> Iterator[tuple[int, list[ColumnChunk]]]:
        """The row groups as the footer lists them."""
        end = self._raw.size() - TAIL
        self._raw.seek(end)
        length = int.from_bytes(self._raw.read(TAIL)[:4], "little")
        self._raw.seek(end - length)
        try:
            yield from row_groups(self._raw.read(length), self._file.metadata.num_columns)
        except BadFooterError as error:
            raise self._damaged(error, FOOTER) from None

    def _batches(self, request: Request) -> Iterator[Any]:
        """The needed columns, batch by batch."""
        self._check_pages(request)
        columns = list(request.names())
        size = rows_per_batch(request, self._width(request) or 1)
        rows = 0
        try:  # threads of Arrow's own end the process where the system gives no more of them, and save no time
            for batch in self._file.iter_batches(size, columns=columns, use_threads=False):
                check_codes(batch)
                yield batch
                rows += batch.num_rows
            if rows != self._file.metadata.num_rows:
                raise self._damaged(ValueError("the row groups hold other numbers of rows"), self._progress(rows))
        except MemoryError:
            raise too_much_memory(self.path, "a row group", self._progress(rows)) from None
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._damaged(error, self._progress(rows)) from None

    def _progress(self, rows: int) -> str:
        """How far the file was read, for messages."""
        return f"read {rows:,} of {self._file.metadata.num_rows:,} rows before that"

    def _damaged(self, error: Exception, progress: str) -> DataError:
        """The refusal for a file that Arrow cannot read, or not further."""
        if lacks_memory(error):
            return too_much_memory(self.path, "the footer", progress)
        if is_outage(error):
            return unreadable(self._source.target, error)
        reason = shorten(redact(str(error)).partition("\n")[0], REASON_WIDTH)
        if "decrypt" in reason.lower() or "encrypted" in reason.lower():
            return self._encrypted()
        message = f"the file is damaged or not a complete Parquet file: {reason}"
        return refuse("corrupt-file", self.path, message, detail=progress, help=AGAIN_HELP)

    def _encrypted(self) -> DataError:
        """The refusal for a file that needs keys."""
        message = "the Parquet file is encrypted"
        return refuse("corrupt-file", self.path, message, help="decrypt it first: keys are not supported")

    def _width(self, request: Request) -> int | None:
        """The length of the lists, as far as it is known before reading."""
        if request.width is not None or not request.lists():
            return request.width
        length = self.types[self.names.index(request.lists()[0])].length
        if length is not None:
            return length
        return next((values // rows for rows, values, _ in self._list_sizes(request) if rows), None)

    def _list_sizes(self, request: Request) -> Iterator[tuple[int, int, int]]:
        """Of every row group and needed list column: rows, values, compressed bytes."""
        for rows, chunk in self._chunks_of(request.lists()):
            yield rows, chunk.values, chunk.compressed

    def _check_pages(self, request: Request) -> None:
        """Hold the number of list values of each row group against its pages.

        Where it is too small Arrow reads on without end. In an object store the many small reads would take too long.
        """
        if self._source.target.filesystem is not None:
            return
        for _, chunk in self._chunks_of(request.lists()):
            values = self._walk(chunk)
            if values != chunk.values:
                raise self._damaged(ValueError(f"{chunk.values:,} list values, and {values:,} in the pages"), FOOTER)
        if self._are_walked():
            for _, chunk in self._chunks_of(_flat(request)):
                self._walk(chunk)

    def _are_walked(self) -> bool:
        """Whether there are few enough columns of row groups for a look at their pages."""
        metadata = self._file.metadata
        return bool(metadata.num_columns * metadata.num_row_groups <= MOST_CHUNKS)

    def _walk(self, chunk: ColumnChunk) -> int:
        """How many values the pages of a column chunk hold; a page that says it is far too large is refused."""
        try:
            values, checked = walk(self._raw, chunk)
        except BadPageError as error:
            raise self._damaged(error, PAGES) from None
        self.checksums = checked and self.checksums is not False
        return values

    def _chunks_of(self, names: tuple[str, ...]) -> Iterator[tuple[int, ColumnChunk]]:
        """Of every row group and each of some columns: rows and column chunk."""
        leaves = [_leaves(type_) for type_ in self._file.schema_arrow.types]
        places = [sum(leaves[: self.names.index(name)]) for name in names]
        for rows, chunks in self._row_groups():
            for chunk in (chunks[place] for place in places):
                if chunk.encrypted:
                    raise self._encrypted()
                yield rows, chunk

    def _check_sizes(self, request: Request) -> None:
        """Refuse lists that are far too long before they fill the memory: 634 bytes can hold 200 million doubles."""
        width = request.width or (self._width(request) if self._fixed(request) else None)
        for rows, values, packed in self._list_sizes(request):
            if values > MAX_CLASSES * max(rows, 1):
                message = f"a row group holds {values:,} list values in {rows:,} rows: more than {MAX_CLASSES:,} a row"
                raise refuse("too-many-columns", self.path, message, help=LENGTH_HELP, columns=request.lists())
            spare = values - rows * (width or 0)
            ragged = width is not None or values % max(rows, 1) != 0
            if ragged and spare > SPARE_VALUES and (width is not None or 8 * values > MAX_RATIO * packed):
                message = f"a row group holds {values:,} list values in {rows:,} rows: its lists are not of one length"
                raise refuse("list-length", self.path, message, help=LENGTH_HELP, columns=request.lists())
            if width is None and values > MOST_VALUES and 8 * values > MAX_RATIO * packed:
                message = f"a row group holds {values:,} list values in {packed:,} bytes, and no limit on a single list"
                hint = "--classes A,B,… gives the length of the lists; or write smaller row groups"
                raise refuse("list-length", self.path, message, help=hint, columns=request.lists())

    def _check_texts(self, request: Request) -> None:
        """Refuse texts that are far too long, likewise."""
        metadata = self._file.metadata
        if all(metadata.row_group(index).total_byte_size < TEXT for index in range(metadata.num_row_groups)):
            return
        names = tuple(name for name in request.textual() if self.types[self.names.index(name)].kind == "text")
        for _, chunk in self._chunks_of(names):
            if chunk.size > max(TEXT, LONG_TEXT * chunk.values, MAX_RATIO * chunk.compressed):
                message = f"a row group holds {chunk.values:,} texts of {chunk.size:,} bytes in {chunk.compressed:,}"
                raise refuse("too-long-text", self.path, message, columns=(chunk.path,), help=TEXT_HELP)

    def _fixed(self, request: Request) -> bool:
        """Whether the type of the first list column has a fixed length."""
        return any(self.types[self.names.index(name)].length is not None for name in request.lists())


@record
class ParquetSection:
    """Some row groups of a file that was looked at before: it has to be the same still."""

    address: str
    whole: tuple[int, ...]
    metadata: Any
    groups: tuple[int, ...]
    pages: tuple[ColumnChunk, ...]
    request: Request
    notices: list[Notice]
    checked: list[bool]

    @property
    def rows(self) -> int:
        """The number of rows in the footer."""
        return sum(self.metadata.row_group(index).num_rows for index in self.groups)

    def remarks(self) -> ReadRemarks:
        """What is known once the section has been read."""
        return ReadRemarks(tuple(self.notices), all(self.checked) if self.checked else None)

    def chunks(self) -> Iterator[BatchChunk]:
        """The rows of the section in order, after a look at their pages."""
        with pa.OSFile(self.address, "rb") as raw:
            if identity(self.address) != self.whole:
                raise NotDivisibleError
            self.checked.extend(walk(raw, chunk)[1] for chunk in self.pages)
            yield from batch_chunks(self._batches(_opened(raw, _buffer(self.request), self.metadata)), self.request)

    def _batches(self, file: Any) -> Iterator[Any]:
        """The needed columns, batch by batch."""
        rows = self.rows
        size = rows_per_batch(self.request, self.request.width or 1)
        names = list(self.request.names())
        for batch in file.iter_batches(size, row_groups=list(self.groups), columns=names, use_threads=False):
            check_codes(batch)
            yield batch
            rows -= batch.num_rows
        if rows:
            raise NotDivisibleError


def _opened(raw: Any, buffer: int, metadata: Any) -> Any:
    """A file with its footer. Mapped memory is not used: a file cut short meanwhile would end the process."""
    from pyarrow import parquet

    return parquet.ParquetFile(
        raw,
        metadata=metadata,
        memory_map=False,
        pre_buffer=False,
        buffer_size=buffer,
        page_checksum_verification=True,
        arrow_extensions_enabled=False,
    )


def _buffer(request: Request) -> int:
    """How large the read buffer of a column may be."""
    return min(BUFFER, max(LEAST_BUFFER, BUFFERS // max(1, len(request.names()))))


def _flat(request: Request) -> tuple[str, ...]:
    """The wanted columns that hold no lists."""
    return tuple(name for name in request.names() if name not in request.lists())


def _leaves(type_: Any) -> int:
    """How many Parquet columns a type is stored as."""
    return sum(_leaves(type_.field(index).type) for index in range(type_.num_fields)) if type_.num_fields else 1
