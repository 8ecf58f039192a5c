"""What a Parquet footer says of its column chunks, read here because asking pyarrow may end the process.

`RowGroupMetaData.column` raises C++ exceptions that nothing catches where a footer is damaged (size statistics of the
wrong type) or a column encrypted. Thrift's compact protocol is small enough to be read in Python, as far as needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from xent_cli._values import struct

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP, TRUE, FALSE, BYTE, SHORT, INTEGER, LONG, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(13)
NUMBERS = (SHORT, INTEGER, LONG)
MOST_DEPTH = 32
PHYSICAL = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")

# Field numbers of the Thrift definition of Parquet.
_ROW_GROUPS = 4
_COLUMNS, _ROWS = 1, 3
_META_DATA, _CRYPTO = 3, 8
_TYPE, _PATH, _VALUES, _SIZE, _COMPRESSED, _DATA, _DICTIONARY = 1, 3, 5, 6, 7, 9, 11
_PAGE_UNPACKED, _PAGE_COMPRESSED, _PAGE_CHECKSUM, _PAGE, _PAGE_V2 = 2, 3, 4, 5, 8


class BadFooterError(ValueError):
    """Bytes that are no Thrift, or not the structures of a footer."""


@struct
class ColumnChunk:
    """A column of a row group: its path joined by dots, physical type, numbers of values and bytes, both ways.

    `start` is where its first page stands in the file.
    """

    path: str
    type: str
    values: int
    size: int
    compressed: int
    start: int
    encrypted: bool


def row_groups(footer: bytes, columns: int) -> Iterator[tuple[int, list[ColumnChunk]]]:
    """The rows and the `columns` column chunks of each row group, read as far as they are asked for.

    Raises `BadFooterError` where the bytes are not those of a footer.
    """
    try:
        for rows, chunks in _row_groups(_Compact(footer)):
            _check_count(chunks, columns)
            yield rows, chunks
    except BadFooterError:
        raise
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise BadFooterError("the structure of the footer is broken") from None


def _check_count(chunks: list[ColumnChunk], columns: int) -> None:
    """Refuse a row group that has more or fewer columns than the schema."""
    if len(chunks) != columns:
        raise BadFooterError(f"a row group has {len(chunks):,} columns")


def _row_groups(thrift: _Compact) -> Iterator[tuple[int, list[ColumnChunk]]]:
    """Each row group; whatever else the footer holds is passed over."""
    seen = False
    for number, kind in thrift.fields():
        if number != _ROW_GROUPS:
            thrift.value(kind)
            continue
        if seen or kind != LIST:
            raise BadFooterError("the row groups are there twice")
        seen = True
        size, _ = thrift.list_head()
        for _ in range(size):
            group = thrift.struct()
            yield int(group[_ROWS]), [_chunk(column) for column in group[_COLUMNS]]


def _chunk(column: dict[int, Any]) -> ColumnChunk:
    """One column chunk; an encrypted one may have no metadata to read."""
    meta = column.get(_META_DATA)
    if meta is None:
        return ColumnChunk("", "", 0, 0, 0, 0, encrypted=_CRYPTO in column)
    path = ".".join(part.decode() for part in meta[_PATH])
    first = min(meta[_DATA], meta.get(_DICTIONARY) or meta[_DATA])
    sizes = (meta[_VALUES], meta[_SIZE], meta[_COMPRESSED])
    if not _are_counts(first, *sizes):
        raise BadFooterError("a column has no size")
    return ColumnChunk(path, PHYSICAL[meta[_TYPE]], *sizes, first, encrypted=_CRYPTO in column)


def _are_counts(*values: object) -> bool:
    """Whether these are numbers from 0 on: a damaged structure may hold anything, text and truth values too."""
    return all(type(value) is int and value >= 0 for value in values)


class Page(NamedTuple):
    """What the header of a page says: how many bytes it takes, how many values it holds, and how many bytes they take.

    The last is what Arrow makes room for before it looks at the page. `checked` says whether there is a checksum.
    """

    size: int
    values: int
    unpacked: int
    checked: bool


def page_header(data: bytes) -> Page:
    """The header that `data` begins with."""
    thrift = _Compact(data)
    try:
        header = thrift.struct()
        page = header.get(_PAGE) or header.get(_PAGE_V2) or {1: 0}
        stored, values, unpacked = header[_PAGE_COMPRESSED], page[1], header[_PAGE_UNPACKED]
    except BadFooterError:
        raise
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise BadFooterError("the header of a page is broken") from None
    if not _are_counts(stored, values, unpacked):
        raise BadFooterError("a page has no size")
    return Page(thrift.at + stored, values, unpacked, _PAGE_CHECKSUM in header)


class _Compact:
    """A reader of Thrift's compact protocol."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0
        self._depth = 0

    def fields(self) -> Iterator[tuple[int, int]]:
        """Number and type of each field of a struct; the caller reads the value before it goes on."""
        number = 0
        while (head := self._byte()) != STOP:
            number = number + (head >> 4) if head >> 4 else self._integer()
            yield number, head & 15

    def struct(self) -> dict[int, Any]:
        """A struct as its values by field number: `fields` with the value read, in half the time."""
        data, found, number = self._data, dict[int, Any](), 0
        while (head := data[self.at]) != STOP:
            self.at += 1
            number, kind = number + (head >> 4) if head >> 4 else self._integer(), head & 15
            found[number] = self._integer() if kind in NUMBERS else self.value(kind)
        self.at += 1
        return found

    def list_head(self) -> tuple[int, int]:
        """How many elements a list has, and of which type; each takes at least one byte."""
        head = self._byte()
        size = self._varint() if head >> 4 == 15 else head >> 4
        if size > len(self._data) - self.at:
            raise BadFooterError("a list is longer than the footer")
        return size, head & 15

    def value(self, kind: int) -> Any:
        """One value of a type; lists and structs with all they hold."""
        if kind in NUMBERS:
            return self._integer()
        if kind in (TRUE, FALSE):
            return kind == TRUE
        if kind == BINARY:
            return self._take(self._varint())
        if kind in (BYTE, DOUBLE):
            return self._take(1 if kind == BYTE else 8)
        return self._nested(kind)

    def _nested(self, kind: int) -> Any:
        """A list or struct, not nested too deep."""
        self._depth += 1
        if self._depth > MOST_DEPTH or kind not in (LIST, SET, STRUCT):
            raise BadFooterError(f"type {kind} at depth {self._depth}")
        if kind == STRUCT:
            found: Any = self.struct()
        else:
            size, element = self.list_head()
            found = self._take(size) if element in (TRUE, FALSE) else [self.value(element) for _ in range(size)]
        self._depth -= 1
        return found

    def _byte(self) -> int:
        """The next byte."""
        byte = self._data[self.at]
        self.at += 1
        return byte

    def _varint(self) -> int:
        """A number of as many bytes as it needs, at most ten."""
        data, at, result, shift = self._data, self.at, 0, 0
        while (byte := data[at]) > 127:
            result |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if shift > 63:
                raise BadFooterError("a number is too long")
        self.at = at + 1
        return result | byte << shift

    def _integer(self) -> int:
        """A signed number."""
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def _take(self, size: int) -> bytes:
        """So many bytes."""
        if size > len(self._data) - self.at:
            raise BadFooterError("text is longer than the footer")
        self.at += size
        return self._data[self.at - size : self.at]
