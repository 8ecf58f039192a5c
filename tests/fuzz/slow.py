"""The slow reader: delimited text and Arrow tables as rows of cells, by Python's own csv module and nothing of xent.

It says what a file holds, or that it cannot say (`Unclear`): then only the general promises are checked.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DELIMITERS = ",\t;|"
SENTINEL = "the end"
BINARY_STARTS = (
    b"PAR1", b"PARE", b"ARROW1", b"\xff\xff\xff\xff", b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18",
    b"PK\x03\x04", b"PK\x05\x06", b"\xfd7zXZ", b"7z\xbc\xaf", b"FEA1", b"\x93NUMPY", b"\x89HDF", b"Obj\x01", b"SQLite format 3",
    b"version https://git-lfs",
)  # fmt: skip
OTHER_TEXT = re.compile(rb"\s*(?:<!doctype|<html|<\?xml|[\[{]\s*[\[{\"])", re.IGNORECASE)
NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan(?:\([0-9a-z_]*\))?)",
    re.ASCII | re.IGNORECASE,
)
SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")


class Unclear(Exception):  # noqa: N818  (not an error: the slow reader does not judge this file)
    """The slow reader cannot say what a correct reader does with this file."""


class Refused(Exception):  # noqa: N818  (not an error: what a correct reader does)
    """A correct reader refuses the whole file."""


class Fault(str):
    """Why a cell has no value: the name of the rule that it breaks."""

    __slots__ = ()


@dataclass(frozen=True)
class Row:
    """One data row: its cells by column (None where its line is ragged), its row and line in its file."""

    cells: dict[str, Any] | None
    row: int
    line: int | None
    path: str


@dataclass(frozen=True)
class Table:
    """The names and rows of one file."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]


def read_text(data: bytes, delimiter: str | None, path: str) -> Table:
    """Delimited text as the csv module reads it."""
    _check_start(data)
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    records = _records(text, delimiter or _delimiter(text))
    header = next(((fields, line) for fields, line in records if fields), None)
    if header is None:
        raise Refused("no header")
    if any(damaged(name) for name in header[0]):
        raise Refused("header is not UTF-8")
    names = tuple(name.strip() for name in header[0])
    if all(NUMBER.fullmatch(name) for name in names):
        raise Refused("header of numbers")
    return Table(names, tuple(_rows(records, names, path)))


def _check_start(data: bytes) -> None:
    """Refuse an empty file; leave what may be another format to others."""
    if not data:
        raise Refused("empty")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:4]:
        raise Refused("wide text")
    if data.startswith(BINARY_STARTS) or SKIPPABLE.match(data) or OTHER_TEXT.match(data):
        raise Unclear("another format")


def _records(text: str, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Each record with the physical line it starts on; a quote that is never closed refuses the file."""
    if not text.endswith(("\n", "\r")):
        text += "\n"
    reader = csv.reader(io.StringIO(text + SENTINEL, newline=""), delimiter=delimiter)
    line, held = 1, None
    try:
        for fields in reader:
            if held is not None:
                yield held
            held, line = (fields, line), reader.line_num + 1
    except csv.Error as error:
        raise Unclear(str(error)) from error
    if held is None or held[0] != [SENTINEL]:
        raise Refused("a quote is never closed")


def _delimiter(text: str) -> str:
    """The candidate that is most frequent in the header outside quotes; no judgement where two are."""
    line = re.match(r"[\r\n]*([^\r\n]*)", text)
    header = line[1] if line else ""
    if '"' in header:
        raise Unclear("quotes in a header whose delimiter is not stated")
    counts = sorted(((header.count(mark), mark) for mark in DELIMITERS), reverse=True)
    if counts[0][0] == counts[1][0] and counts[0][0]:
        raise Unclear("two delimiters are as frequent")
    return counts[0][1] if counts[0][0] else ","


def _rows(records: Iterator[tuple[list[str], int]], names: tuple[str, ...], path: str) -> Iterator[Row]:
    """The records after the header; a blank line is a row only in a file of one column."""
    count = 0
    for fields, line in records:
        if not fields and len(names) > 1:
            continue
        count += 1
        whole = fields or [""]
        cells = dict(zip(names, whole, strict=True)) if len(whole) == len(names) else None
        yield Row(cells, count, line, path)


def rows_of(columns: dict[str, list[Any]], path: str) -> Table:
    """Columns of Python values as a table."""
    names = tuple(columns)
    cells = zip(*columns.values(), strict=True)
    return Table(names, tuple(Row(dict(zip(names, row, strict=True)), i, None, path) for i, row in enumerate(cells, 1)))


def damaged(cell: Any) -> bool:
    """Whether a cell is text that bytes which are no UTF-8 were decoded to."""
    return isinstance(cell, str) and any("\udc80" <= character <= "\udcff" for character in cell)


def number(cell: Any) -> float | Fault:
    """A cell as a double, or the rule that it breaks."""
    if cell is None or cell == "":
        return Fault("missing-value")
    if isinstance(cell, bytes):
        return Fault("not-a-number")
    if not isinstance(cell, str):
        return float(cell)
    if damaged(cell):
        return Fault("encoding")
    bare = cell.strip(" \t")
    if not NUMBER.fullmatch(bare):
        return Fault("not-a-number")
    return float("nan") if "nan" in bare.lower() else float(bare)


def label(cell: Any) -> str | Fault:
    """A cell as the text of a label, or the rule that it breaks."""
    if cell is None or cell == "" or (isinstance(cell, float) and cell != cell):
        return Fault("missing-label")
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    text = str(cell)
    return Fault("encoding") if damaged(text) else text


def numbers(cells: Sequence[Any]) -> tuple[list[float], set[str]]:
    """Cells as doubles (NaN where there is none) and the rules that they break."""
    found = [number(cell) for cell in cells]
    values = [float("nan") if isinstance(value, Fault) else value for value in found]
    return values, {str(value) for value in found if isinstance(value, Fault)}
