"""The first line of a CSV file: its end, its encoding, its delimiter, its names."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.frozen import struct
from xent_cli.readers.csv.records import line_ends, quote_toggles
from xent_cli.readers.decoding.columns import NUMBER
from xent_cli.readers.interface import shorten
from xent_cli.readers.refusals import EMPTY_HELP, LATIN_HELP, QUOTE_HELP, refuse
from xent_cli.readers.sources import magic
from xent_cli.readers.sources.foreign import LOOK, foreign, refuse_foreign

if TYPE_CHECKING:
    from xent_cli.readers.sources.byte_source import ByteStream

DELIMITERS = b",\t;|"
MAX_COLUMNS = 20_000
MAX_HEADER = 16 << 20
STEP = 1 << 16
BOM = b"\xef\xbb\xbf"
NUMBERS_BEGIN = tuple("+-.0123456789iInN")


@struct
class Header:
    """The parsed first line, and what was read beyond it.

    `stripped` names had white space around them in the file; `line` is the physical line on which `rest` begins.
    """

    names: tuple[str, ...]
    delimiter: str
    stripped: tuple[str, ...]
    rest: bytes
    line: int


def read_header(stream: ByteStream, delimiter: str | None, path: str, *, step: int = STEP) -> Header:
    """Read to the end of the first record that is not blank and parse it as the names of the columns."""
    record, rest, line = _read_record(stream, delimiter.encode() if delimiter else DELIMITERS, path, step)
    text = _decode(record, path, line)
    chosen = delimiter or _infer_delimiter(text)
    fields = split_record(text, chosen)
    if fields is None:
        raise refuse("bad-header", path, "the header cannot be parsed as CSV", help=QUOTE_HELP, line=line)
    names = tuple(name.strip() for name in fields)
    _check_names(names, path, line)
    stripped = tuple(name for name, field in zip(names, fields, strict=True) if name != field)
    lines = line_ends(np.frombuffer(record, dtype=np.uint8)).size
    return Header(names, chosen, stripped, rest, line + lines)


def split_record(record: str, delimiter: str) -> list[str] | None:
    """The fields of one record, None where the csv module refuses it."""
    try:
        return next(csv.reader([record.rstrip("\r\n")], delimiter=delimiter), [""])
    except csv.Error:
        return None


def _read_record(stream: ByteStream, delimiters: bytes, path: str, size: int) -> tuple[bytes, bytes, int]:
    """The first record with its line end, the bytes read beyond it, and its first physical line."""
    data = b""
    while True:
        piece = bytearray(size)
        count = stream.fill(memoryview(piece))
        data += piece[:count]
        final = count < size
        _check_content(data, stream.codec, path)
        start, line = _skip_blank(data)
        end = _record_end(data, start, delimiters, final=final)
        _check_size(data[start : end or len(data)], delimiters, path, line)
        if end is not None:
            return data[start:end], data[end:], line
        if final:
            raise _no_record(data[start:], path, line)
        size = len(data)


def _skip_blank(data: bytes) -> tuple[int, int]:
    """Where the first line that is not blank starts, and its number."""
    start = len(BOM) if data.startswith(BOM) else 0
    end = len(data) - len(data[start:].lstrip(b"\r\n"))
    return end, 1 + line_ends(np.frombuffer(data, dtype=np.uint8)[start:end]).size


def _record_end(data: bytes, start: int, delimiters: bytes, *, final: bool) -> int | None:
    """Where the record that begins at `start` ends, None where more bytes are needed."""
    view = np.frombuffer(data, dtype=np.uint8)[start:]
    toggles = quote_toggles(view, delimiters)
    ends = line_ends(view)
    ends = ends[np.searchsorted(toggles, ends - 1) % 2 == 0]
    if ends.size and (final or int(ends[0]) < view.size or data.endswith(b"\n")):
        return start + int(ends[0])
    whole = final and view.size > 0 and toggles.size % 2 == 0
    return len(data) if whole else None


def _check_size(record: bytes, delimiters: bytes, path: str, line: int) -> None:
    """Refuse a header of too many columns, or one too long to be a header."""
    columns = 1 + max(record.count(delimiter) for delimiter in delimiters)
    if columns > MAX_COLUMNS:
        message = f"the header has more than {MAX_COLUMNS:,} columns"
        hint = "write the predictions as one list column of a Parquet file"
        raise refuse("too-many-columns", path, message, help=hint, line=line)
    if len(record) > MAX_HEADER:
        message = f"the first line is longer than {MAX_HEADER >> 20} MiB"
        hint = "look at its beginning (head -c 200 FILE): it is not CSV, or its lines do not end"
        raise refuse("bad-header", path, message, help=hint, line=line)


def _no_record(rest: bytes, path: str, line: int) -> Exception:
    """The refusal for input that ends before its first record does."""
    if not rest:
        return refuse("empty-file", path, "the file holds no header and no rows", help=EMPTY_HELP)
    shown = shorten(rest[:400].decode("utf-8", "replace"))
    message = "a quote in the header is never closed"
    return refuse("bad-header", path, message, detail=shown, help=QUOTE_HELP, line=line)


def _check_content(data: bytes, codec: str | None, path: str) -> None:
    """Refuse what is not text of one byte per character, also inside compression."""
    if codec:
        table, again = magic.table_format(data), magic.compression(data)
        if table or again:
            message = f"the file is {f'a {table} table' if table else f'{again} data'} inside {codec} compression"
            raise refuse("unsupported-format", path, message, help=f"{magic.TOOLS[codec]} -dc FILE > UNPACKED")
    other = foreign(data[:LOOK], path, given=codec is None)
    if other is not None:
        raise refuse_foreign(other, path, codec)
    _check_encoding(data, path)


def _check_encoding(data: bytes, path: str) -> None:
    """Refuse text of two or four bytes a character."""
    wide = magic.wide_encoding(data) or magic.wide_ascii(data)
    if wide is not None:
        message = f"the file is {wide} text, not UTF-8"
        hint = f"iconv -f {wide} -t UTF-8 FILE | xent score -"
        raise refuse("encoding", path, message, detail="byte offset 0", help=hint, line=1)


def _decode(record: bytes, path: str, line: int) -> str:
    """The header as text."""
    if b"\x00" in record:
        message = "the header holds a NUL byte, so the file is not text"
        detail = f"byte {record.index(0) + 1} of the line"
        raise refuse("bad-header", path, message, detail=detail, help="convert it to CSV or Parquet", line=line)
    try:
        return record.decode()
    except UnicodeDecodeError as error:
        bad = record[error.start]
        message = f"the header is not UTF-8: byte 0x{bad:02x}"
        detail = f"byte {error.start + 1} of the line"
        raise refuse("encoding", path, message, detail=detail, help=LATIN_HELP, line=line) from None


def _infer_delimiter(text: str) -> str:
    """The candidate that occurs most outside quotes; a comma where none does."""
    bare = text if '"' not in text else re.sub(r'(?:(?<=[,\t;|\r\n])|\A)"[^"]*(?:""[^"]*)*"?', "", text)
    return max(DELIMITERS.decode(), key=bare.count)


def _check_names(names: tuple[str, ...], path: str, line: int) -> None:
    """Refuse a first line of numbers only: it is data, and would be lost."""
    if all(name.startswith(NUMBERS_BEGIN) and re.fullmatch(NUMBER, name) for name in names):
        message = f"the first line holds only numbers: {shorten(', '.join(names[:8]))}"
        hint = "put a line with the names of the columns first"
        raise refuse("no-header", path, message, help=hint, line=line)
