"""The column chunks of a Parquet footer, read here because pyarrow's accessors may crash the process.

`RowGroupMetaData.column` raises C++ exceptions that nothing catches where a footer is damaged (size statistics of the
wrong type) or a column encrypted. Thrift's compact protocol is small enough to be read in Python, as far as needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from xent_cli.contract.frozen import struct
from xent_cli.readers.parquet.thrift import (
    LIST,
    BadFooterError,
    CompactReader,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


PHYSICAL = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")


# Field numbers of the Thrift definition of Parquet.
_ROW_GROUPS = 4
_COLUMNS, _ROWS = 1, 3
_META_DATA, _CRYPTO = 3, 8
_TYPE, _PATH, _VALUES, _SIZE, _COMPRESSED, _DATA, _DICTIONARY = 1, 3, 5, 6, 7, 9, 11
_PAGE_UNPACKED, _PAGE_COMPRESSED, _PAGE_CHECKSUM, _PAGE, _PAGE_V2 = 2, 3, 4, 5, 8


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
        for rows, chunks in _row_groups(CompactReader(footer)):
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


def _row_groups(thrift: CompactReader) -> Iterator[tuple[int, list[ColumnChunk]]]:
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


class PageHeader(NamedTuple):
    """What the header of a page says: how many bytes it takes, how many values it holds, and how many bytes they take.

    The last is what Arrow makes room for before it looks at the page. `checked` says whether there is a checksum.
    """

    size: int
    values: int
    unpacked: int
    checked: bool


def page_header(data: bytes) -> PageHeader:
    """The header that `data` begins with."""
    thrift = CompactReader(data)
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
    return PageHeader(thrift.at + stored, values, unpacked, _PAGE_CHECKSUM in header)
