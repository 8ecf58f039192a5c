"""CSV and its kin: cut into chunks at record ends in the calling thread, parsed by Arrow in any thread.

A chunk is parsed as what its columns' roles say. Only a chunk that Arrow refuses is looked at again, by `repair`.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.contract.frozen import record
from xent_cli.contract.report import Notice
from xent_cli.readers.column_checks import check_request
from xent_cli.readers.csv.header import STEP, Header, read_header, split_record
from xent_cli.readers.csv.parsing import ChunkParser
from xent_cli.readers.csv.positions import Lines
from xent_cli.readers.csv.records import count_lines, last_record_end, line_starts, quote_toggles
from xent_cli.readers.csv.repair import decode_faulty
from xent_cli.readers.decoding.blocks import assemble
from xent_cli.readers.decoding.columns import single_characters
from xent_cli.readers.interface import Block, ColumnType, NotDivisibleError, ReadRemarks, Request, TableFile, shorten
from xent_cli.readers.peek import of_csv
from xent_cli.readers.refusals import ONCE_HELP, refuse
from xent_cli.readers.sources import magic
from xent_cli.readers.sources.byte_source import ByteSource, ByteStream, identity
from xent_cli.system import affinity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import RawIOBase
    from typing import Protocol

    from numpy.typing import NDArray

    from xent_cli.readers.interface import Peek

    class Bytes(Protocol):
        """What gives bytes in order."""

        def fill(self, buffer: memoryview) -> int:
            """Read until the buffer is full or the input ends; how many bytes there were."""


PIECE = 1 << 20
BYTES_PER_COLUMN = 1 << 10
MAX_RECORD = 64 << 20
LEAST_PEEKED = 100
"""With fewer rows behind the header more is read to tell the columns."""
QUOTE = 34
LEAST_SECTION = 4 << 20
"""Fewer bytes are read sooner than a process starts."""


@record
class Piece:
    """Whole records: their bytes, whether a quote is among them, and the physical line of the first."""

    data: NDArray[np.uint8]
    quoted: bool
    line: int


@record
class CsvChunk:
    """Some whole records of a file; `alone` where one thread of a process decodes all chunks, one by one."""

    piece: Piece
    parser: ChunkParser
    alone: bool = False

    def decode(self) -> Block:
        """Parse the records; a chunk that Arrow refuses is repaired."""
        parser, data = self.parser, self.piece.data
        lines = Lines(data, parser.delimiter, self.piece.line, parser.index, parser.keep_blank)
        try:
            with affinity.held() if self.alone else nullcontext():
                rows, columns = self._parse()
        except pa.ArrowInvalid:
            return decode_faulty(parser, lines)
        return assemble(parser.request, rows, columns, lines)

    def _parse(self) -> tuple[int, dict[str, Any]]:
        """The columns, with labels as text where all of them are as short as the first was."""
        parser, piece = self.parser, self.piece
        if parser.brief is not None:
            rows, columns = parser.parse(piece.data, parser.brief, quoted=piece.quoted)
            if all(single_characters(columns[name]) is not None for name in parser.request.coded):
                return rows, columns
        return parser.parse(piece.data, parser.typed, quoted=piece.quoted)


class CsvFile(TableFile):
    """A file of delimited text. `piece` is the approximate number of bytes of a chunk."""

    def __init__(self, source: ByteSource, delimiter: str | None = None, *, piece: int | None = None) -> None:
        self._source = source
        self._delimiter = delimiter
        self._step = min(STEP, piece or STEP)
        self._stream, self._header = self._open()
        self._begin = self._stream.position - len(self._header.rest)
        self._fresh = True
        self._piece = piece or max(PIECE, BYTES_PER_COLUMN * len(self._header.names))
        self.path = source.path
        self.format = _format(self._header.delimiter, self._stream.codec)
        self.bytes = source.size
        self.names = self._header.names
        self.types = (ColumnType("untyped", "text"),) * len(self.names)
        self.notices = _header_notices(self._header)

    @property
    def expected_rows(self) -> int | None:
        """The number of rows if all are as long as the first ones; None of a compressed file or a stream."""
        rest = self._header.rest
        if self._stream.codec or self.bytes is None or not rest:
            return None
        return (self.bytes - self._begin) * rest.count(b"\n") // len(rest)

    def chunks(self, request: Request) -> Iterator[CsvChunk]:
        """The rows in order, as chunks that hold the wanted columns."""
        check_request(self.path, self.names, self.types, request)
        if not self._fresh:
            self._again()
        self._fresh = False
        parser = self._parser(request)
        return (CsvChunk(piece, parser) for piece in self._pieces())

    def sections(self, request: Request, count: int) -> tuple[CsvSection, ...]:
        """The rows in about `count` sections that can be read each by itself, none where they cannot.

        They may turn out to begin inside quotes: see `CsvSection`.
        """
        if self._stream.codec or not self._source.seekable or self._source.target.filesystem is not None:
            return ()
        parser = self._parser(request)
        address, size = self._source.target.address, self._source.size or 0
        whole = identity(address)
        cuts = line_starts(address, self._begin, size, min(count, (size - self._begin) // LEAST_SECTION))
        # a process holds one at a time, a pool of threads several; of wide files they are large as they are
        piece = min(4 * self._piece, max(4 * PIECE, 2 * self._piece))
        return tuple(CsvSection(address, whole, first, end, parser, piece, []) for first, end in pairwise(cuts))

    def peek(self) -> Peek:
        """The first rows of all columns; what is read for them is kept for the chunks."""
        rest, whole = self._header.rest, False
        if rest.count(b"\n") < LEAST_PEEKED:
            more = bytearray(PIECE)
            count = self._stream.fill(memoryview(more))
            rest, whole = rest + more[:count], count < PIECE
            self._header = replace(self._header, rest=rest)
        return of_csv(rest, self.names, self._header.delimiter, whole=whole)

    def close(self) -> None:
        """Release the input; the chunks already handed out stay valid."""
        self._stream.close()

    def _open(self) -> tuple[ByteStream, Header]:
        """The stream after its header; it does not outlive a header that is refused."""
        stream = ByteStream(self._source)
        try:
            return stream, read_header(stream, self._delimiter, self._source.path, step=self._step)
        except BaseException:
            stream.close()
            raise

    def _again(self) -> None:
        """Start over from the first byte."""
        if not self._source.seekable:
            raise refuse("unreadable", self.path, "a stream can be read only once", help=ONCE_HELP)
        self._stream.close()
        self._source = self._source.reopen()
        self._stream, self._header = self._open()

    def _parser(self, request: Request) -> ChunkParser:
        """How to parse for a request."""
        delimiter = self._header.delimiter
        line = self._header.rest.partition(b"\n")[0].decode("utf-8", "replace")
        return ChunkParser.of(request, self.names, delimiter, self.path, split_record(line, delimiter) or ())

    def _pieces(self) -> Iterator[Piece]:
        """The bytes after the header, cut at record ends."""
        cutter = Cutter(self._stream, self._header.delimiter, self.path, self._piece, self.notices)
        return cutter.pieces(self._header.rest, self._header.line)


@record
class Cutter:
    """Cuts the bytes of a stream into pieces of about a size that end where a record does.

    Lines are not counted for a section: where one of them has to be named, the file is read from its start.
    """

    stream: Bytes
    delimiter: str
    path: str
    size: int
    notices: list[Notice]
    counts: bool = True

    def pieces(self, rest: bytes, line: int) -> Iterator[Piece]:
        """Bytes that were read already and those of the stream; the first of them stands on a physical line."""
        delimiter = self.delimiter.encode()
        carry, final = np.frombuffer(rest, dtype=np.uint8), False
        while not final:
            data, final = self._fill(carry, line)
            quoted = bool((data == QUOTE).any())
            toggles = quote_toggles(data, delimiter) if quoted else NO_QUOTES
            end = data.size if final else last_record_end(data, toggles)
            if final:
                self._check_end(data, toggles, line)
            if end:
                yield Piece(data[:end], quoted, line)
                line += count_lines(data[:end]) if self.counts else 0
            carry = data[end:]

    def _fill(self, carry: NDArray[np.uint8], line: int) -> tuple[NDArray[np.uint8], bool]:
        """The bytes left over and about a chunk more of the stream; and whether that was the last."""
        if carry.size >= MAX_RECORD:
            message = f"the record that starts on line {line:,} is longer than {MAX_RECORD >> 20} MiB"
            raise refuse("corrupt-file", self.path, message, detail=_shown(carry), help=QUOTE_HINT, line=line)
        size = max(self.size, 2 * carry.size)
        # Arrow's pool keeps the pages that NumPy would give back to the system after every chunk
        buffer = np.frombuffer(pa.allocate_buffer(size), dtype=np.uint8)
        buffer[: carry.size] = carry
        count = self.stream.fill(buffer.data[carry.size :])
        return buffer[: carry.size + count], carry.size + count < size

    def _check_end(self, data: NDArray[np.uint8], toggles: NDArray[np.int64], line: int) -> None:
        """Refuse a quote that swallows the rest of the file; remark on a last line without its end."""
        if toggles.size % 2:
            start = int(toggles[-1])
            line += count_lines(data[:start])
            message = f"a quote that opens on line {line:,} is never closed"
            raise refuse("corrupt-file", self.path, message, detail=_shown(data[start:]), help=QUOTE_HINT, line=line)
        if data.size and data[-1] not in b"\r\n":
            message = "the last line has no line end: if the file was cut short, its last row may be incomplete"
            self.notices.append(Notice("no-final-newline", message))


@record
class CsvSection:
    """Some bytes of a file between the starts of two lines; `notices` grows while they are read.

    A line may start inside a quoted field. Then the quote that opens the field is never closed in the section before,
    which is refused, and the file is read from its start. Where no section is refused the first starts outside quotes,
    so it ends outside them, and so does each of the others.
    """

    address: str
    whole: tuple[int, ...]
    begin: int
    end: int
    parser: ChunkParser
    piece: int
    notices: list[Notice]

    @property
    def rows(self) -> int:
        """0: lines are not counted before they are read."""
        return 0

    def remarks(self) -> ReadRemarks:
        """What was noticed."""
        return ReadRemarks(tuple(self.notices))

    def chunks(self) -> Iterator[CsvChunk]:
        """The rows of the section in order."""
        with open(self.address, "rb", buffering=0) as raw:  # noqa: PTH123  (pathlib costs more and gives the same)
            if identity(self.address) != self.whole:
                raise NotDivisibleError
            raw.seek(self.begin)
            length, parser = self.end - self.begin, self.parser
            stream = _Stretch(raw, length)
            size = length // max(1, round(length / self.piece)) + BYTES_PER_COLUMN  # no small piece at the end
            cutter = Cutter(stream, parser.delimiter, parser.path, size, self.notices, counts=False)
            for piece in cutter.pieces(b"", 1):
                yield CsvChunk(piece, parser, alone=True)
        if stream.left:
            raise NotDivisibleError


class _Stretch:
    """The next bytes of a file, from its position on."""

    def __init__(self, raw: RawIOBase, left: int) -> None:
        self._raw = raw
        self.left = left

    def fill(self, buffer: memoryview) -> int:
        """Read until the buffer is full or the bytes end; how many there were."""
        count = 0
        while wanted := min(len(buffer) - count, self.left):
            found = self._raw.readinto(buffer[count : count + wanted]) or 0
            if not found:
                break
            count += found
            self.left -= found
        return count


QUOTE_HINT = 'look for a " without its partner; write a quote inside a quoted field as ""'
NO_QUOTES: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


def _shown(data: NDArray[np.uint8]) -> str:
    """The beginning of bytes, for a message."""
    return shorten(data[:400].tobytes().decode("utf-8", "replace"))


def _format(delimiter: str, codec: str | None) -> str:
    """The format as shown to users: "csv", "tsv", "csv.gz" and so on."""
    name = "tsv" if delimiter == "\t" else "csv"
    return f"{name}.{magic.SUFFIXES[codec]}" if codec else name


def _header_notices(header: Header) -> list[Notice]:
    """What to remark about the header."""
    if not header.stripped:
        return []
    names = ", ".join(repr(shorten(name)) for name in header.stripped[:5])
    return [Notice("header-space", f"white space around the names of columns is left out: {names}")]
