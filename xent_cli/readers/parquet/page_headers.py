"""The pages of a Parquet column, looked at by their headers before Arrow reads them.

Arrow makes room for what a header says before it looks at the page: 84 kB took 5 GB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xent_cli.readers.parquet.footer import page_header
from xent_cli.readers.parquet.thrift import BadFooterError

if TYPE_CHECKING:
    from xent_cli.readers.parquet.footer import ColumnChunk, PageHeader

MAX_RATIO = 1_000
"""What is compressed further than this is taken for an attack on the memory."""

LARGE_PAGE = 64 << 20
"""Pages from this size on are held against their column."""

OLD_WRITERS = 100
"""Bytes of a column that early writers forgot to count: the header of its dictionary page (PARQUET-816)."""

HEADERS = (1 << 8, 1 << 14, 1 << 22)
"""How many bytes are read for the header of a page: first what is enough for most."""


class BadPageError(ValueError):
    """Pages that cannot be read, or that say they are far too large."""


def walk(raw: Any, chunk: ColumnChunk) -> tuple[int, bool]:
    """How many values the pages of a column chunk hold, and whether each has a checksum.

    Raises `BadPageError` where a page of the file `raw` is not what it can be.
    """
    place, values, end, checked = chunk.start, 0, chunk.start + chunk.compressed + OLD_WRITERS, True
    while values < chunk.values and place < end:
        page = _page(raw, place)
        checked = checked and page.checked
        if page.size > LARGE_PAGE and place + page.size > end:
            raise BadPageError(f"a page of {page.size:,} bytes in a column of {chunk.compressed:,}")
        if page.unpacked > LARGE_PAGE and (page.unpacked > chunk.size or page.unpacked > MAX_RATIO * page.size):
            raise BadPageError(f"a page of {page.size:,} bytes says it holds {page.unpacked:,}")
        place, values = place + page.size, values + page.values
    return values, checked


def _page(raw: Any, place: int) -> PageHeader:
    """The header of a page; statistics may make it long."""
    if place >= raw.size():
        raise BadPageError("a page lies beyond the end of the file")
    reason = ""
    for length in HEADERS:
        try:
            return page_header(raw.read_at(length, place))
        except BadFooterError as error:
            reason = str(error)
    raise BadPageError(reason)
