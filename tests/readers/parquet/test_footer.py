"""The footer of a Parquet file, read without pyarrow's help: the same answers, and never more than an exception."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from xent_cli.readers.parquet.footer import page_header, row_groups
from xent_cli.readers.parquet.thrift import BadFooterError

NESTED = {
    "a.b": [1, 2],
    "list": [[1.0, 2.0], [3.0]],
    "struct": [{"x": 1, "y": [2]}, {"x": 3, "y": []}],
    "map": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
    "fixed": pa.array([[1.0, 2.0]] * 2, pa.list_(pa.float64(), 2)),
    "text": ["é", None],
    "flag": [True, False],
}
WIDE = {f"p{place}": np.arange(4.0) for place in range(40)}


def written(columns: dict[str, Any], **options: Any) -> bytes:
    """A Parquet file."""
    parquet.write_table(pa.table(columns), sink := io.BytesIO(), **options)
    return sink.getvalue()


def footer_of(data: bytes) -> bytes:
    """The footer of a Parquet file."""
    return data[-8 - int.from_bytes(data[-8:-4], "little") : -8]


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        (NESTED, {}),
        (WIDE, {"compression": "zstd"}),
        (NESTED, {"row_group_size": 1, "store_schema": False, "data_page_version": "2.0"}),
        ({"x": np.arange(2000)}, {"row_group_size": 100, "write_page_index": True, "use_dictionary": False}),
        ({"x": pa.array([], pa.float64())}, {}),
    ],
    ids=["nested", "wide", "row groups", "page index", "empty"],
)
def test_what_pyarrow_says(columns: dict[str, Any], options: dict[str, Any]) -> None:
    """Of a sound file both readers say the same about every column chunk."""
    data = written(columns, **options)
    metadata = parquet.ParquetFile(io.BytesIO(data)).metadata
    groups = list(row_groups(footer_of(data), metadata.num_columns))
    assert len(groups) == metadata.num_row_groups
    for index, (rows, chunks) in enumerate(groups):
        known = metadata.row_group(index)
        assert rows == known.num_rows
        for place, chunk in enumerate(chunks):
            column = known.column(place)
            assert (chunk.path, chunk.type) == (column.path_in_schema, column.physical_type)
            assert (chunk.values, chunk.size) == (column.num_values, column.total_uncompressed_size)
            assert chunk.compressed == column.total_compressed_size
            assert not chunk.encrypted


def test_row_groups_are_read_one_by_one() -> None:
    """The first of many row groups costs nothing for the others."""
    footer = footer_of(written({"x": np.arange(100)}, row_group_size=10))
    first = next(row_groups(footer, 1))
    assert (first[0], first[1][0].path) == (10, "x")
    broken = footer[: len(footer) // 2]
    assert next(row_groups(broken, 1)) == first
    with pytest.raises(BadFooterError):
        list(row_groups(broken, 1))


def test_a_number_of_columns_that_is_not_that_of_the_schema() -> None:
    """A row group with fewer columns than the schema is no footer of this file."""
    with pytest.raises(BadFooterError, match="a row group has 1 columns"):
        list(row_groups(footer_of(written({"x": [1]})), 2))


def test_no_cut_and_no_flipped_bit_does_harm() -> None:
    """Whatever the bytes, there is an answer or a `BadFooterError`."""
    footer, dice = footer_of(written(NESTED)), random.Random(3)  # noqa: S311  # test data
    for kept in range(len(footer)):
        answer(footer[:kept])
    for _ in range(1000):
        place, bit = dice.randrange(len(footer)), dice.randrange(8)
        answer(footer[:place] + bytes([footer[place] ^ 1 << bit]) + footer[place + 1 :])


@given(st.binary(max_size=200))
def test_any_bytes_do_no_harm(data: bytes) -> None:
    """The same for bytes that never were a footer."""
    answer(data)


@pytest.mark.parametrize(
    "footer",
    [
        b"\x1c" * 10_000,
        b"\x19" * 10_000,
        b"\x29\xfc\xff\xff\xff\xff\x0f",
        b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    ],
    ids=["deep structs", "deep lists", "a long list", "a long text"],
)
def test_bytes_that_ask_for_the_impossible(footer: bytes) -> None:
    """Nesting without end and sizes beyond the footer are refused before anything is allocated."""
    with pytest.raises(BadFooterError):
        list(row_groups(footer, 1))


def answer(footer: bytes) -> None:
    """Read a footer that may be broken."""
    try:
        for rows, chunks in row_groups(footer, 9):
            assert isinstance(rows, int)
            assert len(chunks) == 9
    except BadFooterError:
        return


SOUND = bytes([0x15, 0, 0x15, 40, 0x15, 20, 0x2C, 0x15, 2, 0, 0])
"""The header of a page of 10 bytes that hold 20, and 1 value."""


def test_header_of_a_page() -> None:
    """A page takes its header and its stored bytes."""
    assert page_header(SOUND) == (len(SOUND) + 10, 1, 20, False)


@pytest.mark.parametrize(
    "header",
    [
        bytes([0x15, 0, 0x18, 1, 65, 0x15, 20, 0x2C, 0x15, 2, 0, 0]),  # text where the unpacked size belongs
        bytes([0x15, 0, 0x15, 40, 0x15, 20, 0x2C, 0x18, 1, 65, 0, 0]),  # text where the number of values belongs
        bytes([0x15, 0, 0x15, 40, 0x11, 0x2C, 0x15, 2, 0, 0]),  # a truth value where the stored size belongs
        bytes([0x15, 0, 0x15, 39, 0x15, 20, 0x2C, 0x15, 2, 0, 0]),  # an unpacked size below 0
    ],
)
def test_headers_of_pages_hold_counts(header: bytes) -> None:
    """Whatever stands where a number belongs, a header that is not sound is refused."""
    with pytest.raises(BadFooterError):
        page_header(header)
