"""Parquet: the same rows however it is written, and damage that is found instead of scored."""

from __future__ import annotations

import math
import os
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.reading import Whole, bits, problem, read, read_stdin, result
from xent_cli.readers import Request, expand, open_file
from xent_cli.readers.arrow.batches import rows_per_batch

if TYPE_CHECKING:
    from pathlib import Path

LISTS = Request(coded=("label",), matrix=("probs",), matrix_list=True)


def write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    """A Parquet file with checksums."""
    parquet.write_table(pa.table(columns), path, write_page_checksum=True, **options)
    return path


def predictions(rows: int, width: int = 3) -> dict[str, Any]:
    """Labels and lists of predictions."""
    dice = np.random.default_rng(1)
    probs = dice.random((rows, width))
    flat = pa.array(probs.ravel())
    return {
        "label": pa.array([f"c{n}" for n in dice.integers(0, width, rows)]),
        "prob": pa.array(probs[:, 0]),
        "probs": pa.FixedSizeListArray.from_arrays(flat, width),
    }


@pytest.mark.parametrize(
    "options", [{}, {"row_group_size": 7}, {"use_dictionary": False, "compression": "none"}], ids=str
)
@pytest.mark.parametrize("store_schema", [True, False])
def test_rows_are_read_in_order(options: dict[str, Any], store_schema: bool, tmp_path: Path) -> None:
    """Row groups, encodings and a missing Arrow schema (a fixed-size list is then a list) do not change the rows."""
    columns = predictions(100)
    path = write(tmp_path / "p.parquet", columns, store_schema=store_schema, **options)
    with open_file(*expand([str(path)])) as file:
        assert (file.format, file.bytes, file.names) == ("parquet", path.stat().st_size, ("label", "prob", "probs"))
        assert [type_.kind for type_ in file.types] == ["text", "number", "list"]
    whole = read(path, LISTS)
    assert whole.coded["label"] == columns["label"].to_pylist()
    assert whole.matrix == columns["probs"].to_pylist()
    assert (whole.faults, whole.lines) == ({}, [None] * 100)


def test_codes_differ_between_row_groups(tmp_path: Path) -> None:
    """Dictionaries of row groups number their values differently; labels are mapped by value."""
    path = tmp_path / "p.parquet"
    schema = pa.schema([("label", pa.dictionary(pa.int32(), pa.string())), ("prob", pa.float64())])
    parts: list[list[str | None]] = [["a", "b", "a"], ["b", "c", None], ["c", "a", "b"]]
    with parquet.ParquetWriter(path, schema) as writer:
        for part in parts:
            arrays = [pa.array(part).dictionary_encode(), pa.array([0.5] * 3)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    whole = read(path)
    assert whole.coded["label"] == [label for part in parts for label in part]
    assert whole.faults == {("missing-label", "label"): [5]}


def test_every_type_of_number(tmp_path: Path) -> None:
    """Columns of float16 to decimal, integers, booleans, text and dictionaries give the same doubles in one matrix."""
    values = [0.5, 0.25, 1.0]
    columns = {
        "f16": pa.array(np.array(values, np.float16)),
        "f32": pa.array(values, pa.float32()),
        "dec": pa.array([Decimal(str(value)) for value in values], pa.decimal128(10, 5)),
        "txt": pa.array([f" {value}" for value in values]),
        "cat": pa.array(values).dictionary_encode(),
        "int": pa.array([1, 0, 2**53 + 1]),
        "bit": pa.array([True, False, True]),
    }
    whole = read(write(tmp_path / "p.parquet", columns), Request(matrix=tuple(columns)))
    expected = [[value] * 5 for value in values]
    assert [row[:5] for row in whole.matrix] == expected
    assert [row[5:] for row in whole.matrix] == [[1.0, 1.0], [0.0, 0.0], [2.0**53, 1.0]]


def test_missing_cells_are_faults(tmp_path: Path) -> None:
    """Nulls are faults of their rows; a NaN is handed on as it is."""
    columns = {"label": ["a", None, "b"], "prob": pa.array([None, 0.5, math.nan], from_pandas=False), "w": pa.nulls(3)}
    whole = read(write(tmp_path / "p.parquet", columns), Request(("label",), ("w",), ("prob",)))
    assert whole.faults == {
        ("missing-label", "label"): [1],
        ("missing-value", "w"): [0, 1, 2],
        ("missing-value", "prob"): [0],
    }
    assert bits(whole.column) == bits([math.nan, 0.5, math.nan])


def test_lists_wait_for_the_first_length(tmp_path: Path) -> None:
    """The width comes from the first list of the file, also where whole batches before it are null."""
    cells = [None] * 40_000 + [[0.5, 0.5]] + [[1.0]] * 2
    columns = {"label": ["a"] * 40_003, "probs": pa.array(cells, pa.list_(pa.float64()))}
    whole = read(write(tmp_path / "p.parquet", columns), LISTS)
    assert whole.matrix[40_000] == [0.5, 0.5]
    assert {len(row) for row in whole.matrix} == {2}
    assert whole.faults == {("list-length", "probs"): [*range(40_000), 40_001, 40_002]}


def test_lists_without_a_length_at_all(tmp_path: Path) -> None:
    """Where every list is null every row is a fault."""
    columns = {"label": ["a"] * 3, "probs": pa.array([None] * 3, pa.list_(pa.float64()))}
    whole = read(write(tmp_path / "p.parquet", columns), LISTS)
    assert (whole.rows, whole.faults) == (3, {("list-length", "probs"): [0, 1, 2]})


def test_a_stated_width_is_held(tmp_path: Path) -> None:
    """With a width from another file, lists of a second length are faults from the first row on."""
    path = write(tmp_path / "p.parquet", predictions(3))
    request = Request(coded=("label",), matrix=("probs",), matrix_list=True, width=4)
    assert read(path, request).faults == {("list-length", "probs"): [0, 1, 2]}


def test_targets_are_a_second_matrix(tmp_path: Path) -> None:
    """Targets may be a list column beside one column per class."""
    columns = {"t": pa.array([[1.0, 0.0], [0.5, 0.5]]), "p0": [0.25, 0.5], "p1": [0.75, 0.5]}
    request = Request(matrix=("p1", "p0"), targets=("t",), targets_list=True)
    whole = read(write(tmp_path / "p.parquet", columns), request)
    assert (whole.matrix, whole.targets) == ([[0.75, 0.25], [0.5, 0.5]], [[1.0, 0.0], [0.5, 0.5]])


def test_names_are_matched_whole(tmp_path: Path) -> None:
    """A dot in a name is no path: `a`, `a.b` and the field b of the struct `s` do not mix."""
    struct = pa.array([{"b": 9.0}, {"b": 9.0}])
    columns = {"a.b": [1.0, 2.0], "a": [3.0, 4.0], "s": struct, "s.b": [5.0, 6.0]}
    path = write(tmp_path / "p.parquet", columns)
    assert read(path, Request(matrix=("a", "a.b", "s.b"))).matrix == [[3.0, 1.0, 5.0], [4.0, 2.0, 6.0]]
    assert problem(read, path, Request(matrix=("b",))).rule == "bad-header"
    assert problem(read, path, Request(matrix=("a", "q"))).message == "there is no column 'q'"


def test_duplicate_names_are_refused_where_needed(tmp_path: Path) -> None:
    """Two columns of one name are an error only for who asks for them."""
    path = tmp_path / "p.parquet"
    parquet.write_table(
        pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0]), pa.array([3.0])], ["x", "x", "y"]), path
    )
    assert read(path, Request(matrix=("y",))).column == [3.0]
    assert problem(read, path, Request(matrix=("x",))).message == "2 columns are named 'x': columns 1, 2"


UNUSABLE = {
    "struct": pa.array([{"a": 1}]),
    "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())),
    "binary": pa.array([b"1"]),
    "list": pa.array([["a"]]),
    "extension": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16], pa.binary(16))),
}


@pytest.mark.parametrize("name", UNUSABLE)
@pytest.mark.parametrize("role", ["coded", "numbers", "matrix", "text"])
def test_types_that_no_role_can_use(name: str, role: str, tmp_path: Path) -> None:
    """Nested, binary and extension columns are refused by name and type, in every role."""
    path = write(tmp_path / "p.parquet", {name: UNUSABLE[name], "y": [1.0]})
    roles: dict[str, Any] = {role: (name,)}
    found = problem(read, path, Request(**roles))
    assert (found.rule, f"column {name!r} is of type" in found.message) == ("unsupported-type", True)
    assert read(path, Request(matrix=("y",))).column == [1.0]


def test_dates_are_labels_but_no_numbers(tmp_path: Path) -> None:
    """A date serves as a label or group, never as a prediction."""
    path = write(tmp_path / "p.parquet", {"day": pa.array([0, 1], pa.date32()), "prob": [0.5, 1.0]})
    assert read(path, Request(coded=("day",))).coded["day"] == ["1970-01-01", "1970-01-02"]
    assert problem(read, path, Request(matrix=("day",))).rule == "unsupported-type"
    assert problem(read, path, Request(matrix=("prob",), matrix_list=True)).rule == "unsupported-type"


def test_cells_for_messages(tmp_path: Path) -> None:
    """A cell is shown by its value in its own precision, a list by its first elements, a null by nothing."""
    columns = {
        "label": ["a", None],
        "p": pa.array([0.1, 0.2], pa.float32()),
        "probs": pa.array([[0.1] * 3, list(range(20))], pa.list_(pa.float32())),
    }
    with open_file(*expand([str(write(tmp_path / "p.parquet", columns))])) as file:
        (chunk,) = file.chunks(Request(coded=("label",), numbers=("p",), matrix=("probs",), matrix_list=True))
        block = chunk.decode()
    assert [block.cell(row, "label") for row in (0, 1)] == ["a", ""]
    assert (block.cell(0, "p"), block.cell(0, "probs")) == ("0.1", "[0.1, 0.1, 0.1]")
    assert block.cell(1, "probs") == "[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, …]"
    assert (block.cell(0, "other"), block.line(0)) == ("", None)


@pytest.mark.parametrize("rows", [0, 1])
def test_files_with_hardly_any_rows(rows: int, tmp_path: Path) -> None:
    """No rows, or an empty row group between others, are no error of the reader."""
    path = tmp_path / "p.parquet"
    table = pa.table(
        {"label": ["a"] * rows, "prob": [0.5] * rows}, schema=pa.schema([("label", "string"), ("prob", "float64")])
    )
    with parquet.ParquetWriter(path, table.schema) as writer:
        for part in (table.slice(0, 0), table, table.slice(0, 0)):
            writer.write_table(part)
    assert read(path).column == [0.5] * rows


def test_rows_are_counted_without_needed_columns(tmp_path: Path) -> None:
    """A request without columns still counts rows."""
    assert read(write(tmp_path / "p.parquet", predictions(9)), Request()).rows == 9


@pytest.mark.parametrize(
    ("request_", "width", "rows"),
    [
        (Request(matrix=("p",)), 1, 65_536),
        (Request(matrix=tuple(f"p{n}" for n in range(128))), 1, 1536),
        (Request(matrix=tuple(f"p{n}" for n in range(10_000))), 1, 256),
        (Request(matrix=("p",), matrix_list=True), 1_000, 196),
        (Request(matrix=("p",), matrix_list=True), 100_000, 1),
        (Request(matrix=("p",), matrix_list=True), 10**6, 1),
    ],
)
def test_batches_are_a_few_mib(request_: Request, width: int, rows: int) -> None:
    """Batches hold 65,536 rows of narrow data and about 1.5 MiB of wide lists, one row at least."""
    assert rows_per_batch(request_, width) == rows


def test_many_columns_are_read(tmp_path: Path) -> None:
    """Hundreds of needed columns share the memory for read buffers, and give the same numbers."""
    columns = {f"p{place}": [float(place), -float(place)] for place in range(200)}
    whole = read(write(tmp_path / "p.parquet", columns), Request(matrix=tuple(columns)))
    assert whole.matrix == [[float(place) for place in range(200)], [-float(place) for place in range(200)]]


# --- damage


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bits_are_found(seed: int, tmp_path: Path) -> None:
    """A flipped bit in a page is refused or harmless, never a wrong number: the file carries checksums."""
    dice = random.Random(seed)  # noqa: S311  # test data
    path = write(tmp_path / "p.parquet", predictions(400), compression="snappy")
    right, original = read(path, LISTS), path.read_bytes()
    refused = 0
    for _ in range(20):
        place = dice.randrange(4, len(original) - 8)
        damaged = bytearray(original)
        damaged[place] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        found = result(read, path, LISTS)
        if isinstance(found, Whole):
            assert (found.coded, found.matrix) == (right.coded, right.matrix)
        else:
            assert found.rule in {"corrupt-file", "bad-header", "unsupported-type", "list-length", "too-many-columns"}
            refused += 1
    assert refused > 0


def test_a_bad_page_tells_how_far_the_file_was_read(tmp_path: Path) -> None:
    """A checksum that does not fit names the file and the rows read before it."""
    path = write(tmp_path / "p.parquet", predictions(100_000), compression="none", use_dictionary=False)
    damaged = bytearray(path.read_bytes())
    chunk = parquet.ParquetFile(path).metadata.row_group(0).column(1)
    damaged[chunk.data_page_offset + chunk.total_compressed_size - 10] ^= 1
    path.write_bytes(damaged)
    found = problem(read, path)
    assert (found.rule, "CRC" in found.message) == ("corrupt-file", True)
    assert found.detail is not None
    assert found.detail.endswith("of 100,000 rows before that")
    assert found.where is not None
    assert found.where.path == str(path)


@pytest.mark.parametrize("kept", [4, 12, 100, 0.5, 0.99, -1, -4])
def test_cut_files_are_refused(kept: float, tmp_path: Path) -> None:
    """A file that was cut short anywhere is not a complete Parquet file."""
    path = write(tmp_path / "p.parquet", predictions(100))
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if isinstance(kept, float) else kept])
    found = problem(read, path, LISTS)
    assert (found.rule, "not a complete Parquet file" in found.message) == ("corrupt-file", True)


@pytest.mark.parametrize("data", [b"PAR1" + b"\0" * 100, b"PAR1" + b"x" * 100 + b"\x60\0\0\0PAR1", b"PAR1PAR1"])
def test_what_only_begins_like_parquet(data: bytes, tmp_path: Path) -> None:
    """Bytes between two magic numbers that are no footer are refused."""
    (tmp_path / "p.parquet").write_bytes(data)
    assert problem(read, tmp_path / "p.parquet").rule == "corrupt-file"


def test_encrypted_files_are_told(tmp_path: Path) -> None:
    """A file with an encrypted footer is told by its first bytes."""
    (tmp_path / "p.parquet").write_bytes(b"PARE" + b"\0" * 100 + b"PARE")
    assert problem(read, tmp_path / "p.parquet").message == "the Parquet file is encrypted"


def test_encrypted_columns_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose footer is plain and whose columns are encrypted is told by what Arrow says of it."""

    def refuse(*_: Any, **__: Any) -> None:
        message = "Cannot decrypt ColumnMetadata. FileDecryption is not setup correctly"
        raise OSError(message)

    path = write(tmp_path / "p.parquet", predictions(3))
    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", refuse)
    assert problem(read, path).message == "the Parquet file is encrypted"


def test_a_row_group_too_large_for_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that runs out while a file is read is a problem of the file, not a traceback."""

    def refuse(*_: Any, **__: Any) -> None:
        raise pa.lib.ArrowMemoryError

    path = write(tmp_path / "p.parquet", predictions(3))
    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", refuse)
    found = problem(read, path)
    assert (found.rule, found.detail) == ("out-of-memory", "read 0 of 3 rows before that")


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    """A footer whose names are no text is damaged."""
    path = write(tmp_path / "p.parquet", {"nameX": [1.0]}, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"nameX", b"nam\xff\xfe"))
    assert problem(read, path).rule == "corrupt-file"


def bomb(path: Path, lengths: list[int]) -> Path:
    """Lists of zeros: a few hundred bytes for any number of values."""
    offsets = pa.array(np.cumsum([0, *lengths]), pa.int32())
    values = pa.array(np.zeros(sum(lengths), np.int8))
    return write(
        path, {"label": ["a"] * len(lengths), "probs": pa.ListArray.from_arrays(offsets, values)}, compression="zstd"
    )


def test_lists_that_would_fill_the_memory(tmp_path: Path) -> None:
    """A row of 20 million values in a file of less than a kilobyte is refused before it is decoded."""
    path = bomb(tmp_path / "p.parquet", [20_000_000])
    assert path.stat().st_size < 2_000
    found = problem(read, path, LISTS)
    assert found.rule == "too-many-columns"
    assert found.message == "a row group holds 20,000,000 list values in 1 rows: more than 1,000,000 a row"


@pytest.mark.parametrize("width", [None, 10])
def test_one_huge_list_among_short_ones(width: int | None, tmp_path: Path) -> None:
    """A huge list does not hide among short ones, whether the width is known or not."""
    path = bomb(tmp_path / "p.parquet", [*[10] * 99, 20_000_001])
    request = Request(coded=("label",), matrix=("probs",), matrix_list=True, width=width)
    found = problem(read, path, request)
    assert (found.rule, "not of one length" in found.message) == ("list-length", True)


def test_long_lists_of_one_length_are_read(tmp_path: Path) -> None:
    """A rectangular file is no attack, however well it is compressed."""
    whole = read(bomb(tmp_path / "p.parquet", [100_000] * 3), LISTS)
    assert (whole.rows, len(whole.matrix[0])) == (3, 100_000)


# --- sources


def test_parquet_from_standard_input(tmp_path: Path) -> None:
    """Standard input cannot seek: Parquet is copied to a temporary file, and told by its first bytes."""
    path = write(tmp_path / "p.parquet", predictions(50))
    whole = read_stdin(path.read_bytes(), LISTS)
    assert whole.matrix == read(path, LISTS).matrix


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    """Parquet in a file called .csv is read as Parquet."""
    path = write(tmp_path / "p.csv", predictions(5))
    assert read(path, LISTS).rows == 5
    assert problem(read, path, LISTS, format="csv").message == "the file is parquet, not csv as --input-format says"


def test_a_file_can_be_read_twice(tmp_path: Path) -> None:
    """A file on disk gives its rows again."""
    path = write(tmp_path / "p.parquet", predictions(5))
    with open_file(*expand([str(path)])) as file:
        assert [sum(chunk.decode().rows for chunk in file.chunks(LISTS)) for _ in range(2)] == [5, 5]


def test_files_are_closed(tmp_path: Path) -> None:
    """No descriptor stays open, whether the file was read, refused or left."""
    path = write(tmp_path / "p.parquet", predictions(5))
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208  # Path("/dev/fd") would count itself
    read(path, LISTS)
    problem(read, path, Request(matrix=("q",)))
    path.write_bytes(path.read_bytes()[:-5])
    problem(read, path)
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208  # the same
