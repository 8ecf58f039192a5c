"""Arrow columns to NumPy: exact numbers, labels as text, lists of every layout, each null where it belongs."""

from __future__ import annotations

import datetime as dt
import math
import random
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.reading import bits
from xent_cli.readers.decoding import columns, lists
from xent_cli.readers.interface import CellFault


def told(faults: list[CellFault]) -> dict[str, list[int]]:
    """Faults as rule → rows."""
    return {fault.rule: fault.rows.tolist() for fault in faults}


INTEGERS = [0, 1, -5, 2**53 - 1, 2**53, 2**53 + 1, 2**53 + 3, 2**62 + 1, 2**63 - 1]
NUMBERS = [
    (pa.float64(), [0.1, -0.0, math.inf, math.nan, 5e-324]),
    (pa.float32(), [0.5, 0.25, -0.0, math.inf]),
    (pa.float16(), [np.float16(0.1), np.float16(65504)]),
    (pa.int64(), INTEGERS),
    (pa.uint64(), [*map(abs, INTEGERS), 2**64 - 1, 2**63 + 1025]),
    (pa.int8(), [-128, 127]),
    (pa.uint16(), [65535, 0]),
    (pa.bool_(), [True, False, True]),
]


@pytest.mark.parametrize(("type_", "values"), NUMBERS, ids=[str(type_) for type_, _ in NUMBERS])
@pytest.mark.parametrize("layout", ["plain", "nulls", "sliced", "dictionary"])
def test_numbers_become_the_nearest_double(type_: Any, values: list[Any], layout: str) -> None:
    """Every number is rounded once, whatever its type, with nulls, in slices and as a dictionary."""
    cells = [None, *values, None] if layout == "nulls" else list(values)
    array = pa.array(cells, type_)
    if layout == "sliced":
        array = pa.array([values[0], None, *values, None], type_).slice(2, len(values))
    if layout == "dictionary":
        array = array.dictionary_encode()
    found, faults = columns.numeric(array, "p")
    assert bits(found) == bits([math.nan if cell is None else float(cell) for cell in cells])
    assert told(faults) == ({"missing-value": [0, len(values) + 1]} if layout == "nulls" else {})


@pytest.mark.parametrize("type_", [pa.decimal128(38, 30), pa.decimal256(76, 40)], ids=str)
def test_decimals_are_correctly_rounded(type_: Any) -> None:
    """A decimal becomes what float() makes of it (Arrow's own cast is wrong in half of the cases)."""
    dice = random.Random(5)  # noqa: S311  # test data
    values = [Decimal(dice.randrange(10**30)).scaleb(-30) for _ in range(2_000)]
    values += [Decimal(0), Decimal("1e-30"), Decimal("0.1"), Decimal(-1)]
    found, faults = columns.numeric(pa.array([*values, None], type_), "p")
    assert bits(found) == bits([*map(float, values), math.nan])
    assert told(faults) == {"missing-value": [len(values)]}


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
@pytest.mark.parametrize("coded", [False, True])
def test_text_is_parsed_like_csv(type_: Any, coded: bool) -> None:
    """Numbers as strings follow the grammar of CSV: blanks around them, an empty string is missing."""
    cells = [" 0.5", "1e-3", "", None, "oops", "nan", "0,5", "1.0", "\t+.5 "]
    array = pa.array(cells, pa.string()).dictionary_encode() if coded else pa.array(cells, type_)
    found, faults = columns.numeric(array, "p")
    assert bits(found) == bits([0.5, 1e-3, math.nan, math.nan, math.nan, math.nan, math.nan, 1.0, 0.5])
    assert told(faults) == {"missing-value": [2, 3], "not-a-number": [4, 6]}
    assert faults[1].values == ("oops", "0,5")


def test_a_column_of_nulls_is_missing_throughout() -> None:
    """A null column has only missing cells, as a number and as a label."""
    assert told(columns.numeric(pa.nulls(3), "p")[1]) == {"missing-value": [0, 1, 2]}
    coded, faults = columns.coded(pa.nulls(3), "y")
    assert (coded.texts(), told(faults)) == ([None] * 3, {"missing-label": [0, 1, 2]})


LABELS = [
    (pa.array(["b", None, "a", "b", ""]), ["b", None, "a", "b", ""]),
    (pa.array([True, None, False]), ["true", None, "false"]),
    (pa.array([3, None, -1, 2**53 + 1]), ["3", None, "-1", "9007199254740993"]),
    (pa.array([1.0, None, 0.5, 1e300, math.nan, -0.0, math.inf]), ["1", None, "0.5", "1e+300", None, "0", "inf"]),
    (pa.array([0.1, 2.0], pa.float32()), ["0.1", "2"]),
    (pa.array([np.float16(0.1), np.float16(7)]), ["0.1", "7"]),
    (pa.array([Decimal("1.00"), Decimal("0.50"), Decimal("100.00"), None]), ["1", "0.5", "100", None]),
    (pa.array([dt.date(2026, 11, 1)]), ["2026-11-01"]),
    (pa.array([dt.datetime(2026, 11, 1, 2, 3, 4)], pa.timestamp("s")), ["2026-11-01 02:03:04"]),  # noqa: DTZ001
    (pa.array([dt.time(1, 2, 3)], pa.time32("s")), ["01:02:03"]),
    (pa.array(["x", None, "y"], pa.string_view()), ["x", None, "y"]),
    (pa.array(["x", None, "y"], pa.large_string()).dictionary_encode(), ["x", None, "y"]),
    (pa.array([7, 7, 8], pa.int8()).dictionary_encode(), ["7", "7", "8"]),
]


@pytest.mark.parametrize(("array", "expected"), LABELS, ids=[str(array.type) for array, _ in LABELS])
def test_labels_are_text(array: Any, expected: list[str | None]) -> None:
    """Labels of every type have one text; a NaN or null is missing; slices are respected."""
    coded, faults = columns.coded(array, "y")
    assert coded.texts() == expected
    assert told(faults).get("missing-label", []) == [row for row, text in enumerate(expected) if text is None]
    assert sorted(coded.names) == sorted({text for text in expected if text is not None})
    assert coded.codes.dtype == np.int32
    assert columns.coded(array.slice(1), "y")[0].texts() == expected[1:]


def test_codes_go_through_the_values_of_a_dictionary() -> None:
    """Unused, repeated and null values of a dictionary do not show: names are distinct and all are used."""
    indices = pa.array([3, None, 1, 0, 2, 3], pa.int8())
    array = pa.DictionaryArray.from_arrays(indices, pa.array(["a", "b", "a", None, "unused"]))
    coded, faults = columns.coded(array, "y")
    assert coded.texts() == [None, None, "b", "a", "a", None]
    assert set(coded.names) == {"a", "b"}
    assert told(faults) == {"missing-label": [0, 1, 5]}


def test_a_dictionary_much_larger_than_the_batch() -> None:
    """Few rows of a large dictionary name only what they use."""
    values = pa.array([f"v{place}" for place in range(1000)])
    coded, _ = columns.coded(pa.DictionaryArray.from_arrays(pa.array([900, 5, 900]), values), "y")
    assert (coded.texts(), len(coded.names)) == (["v900", "v5", "v900"], 2)


IDS = [
    (pa.array([1, None, 3]), ["1", None, "3"]),
    (pa.array([True, False]), ["true", "false"]),
    (pa.array([0.5, 2.0]), ["0.5", "2"]),
    (pa.array(["a", None]).dictionary_encode(), ["a", None]),
    (pa.array(["a", "b"], pa.large_string()), ["a", "b"]),
    (pa.nulls(2), [None, None]),
]


@pytest.mark.parametrize(("array", "expected"), IDS, ids=[str(array.type) for array, _ in IDS])
def test_ids_are_strings(array: Any, expected: list[str | None]) -> None:
    """A column that is handed through comes as an Arrow array of strings."""
    found = columns.strings(array, "id")
    assert (found.type, found.to_pylist()) == (pa.string(), expected)


@pytest.mark.parametrize("coded", [False, True])
def test_strings_that_are_not_utf8_are_faults(coded: bool) -> None:
    """Parquet does not check its strings; a bad one becomes null and a fault with its text."""
    raw = pa.array([b"fine", b"caf\xe9", None], pa.binary())
    array = pa.StringArray.from_buffers(3, raw.buffers()[1], raw.buffers()[2], raw.buffers()[0])
    if coded:
        array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), array)
    found, faults = columns.checked_text(array, "y")
    assert (found.to_pylist(), told(faults)) == (["fine", None, None], {"encoding": [1]})
    assert faults[0].values == ("caf\\xe9",)


TYPES = [
    (pa.float32(), "number", "float", None),
    (pa.decimal128(9, 4), "number", "decimal128(9, 4)", None),
    (pa.decimal32(9, 9), "number", "decimal32(9, 9)", None),
    (pa.decimal128(9, 39), "other", "decimal128(9, 39)", None),
    (pa.bool_(), "bool", "bool", None),
    (pa.string_view(), "text", "string_view", None),
    (pa.date32(), "text", "date32[day]", None),
    (pa.null(), "untyped", "null", None),
    (pa.dictionary(pa.int8(), pa.string()), "text", "dictionary<string>", None),
    (pa.dictionary(pa.int8(), pa.int64()), "number", "dictionary<int64>", None),
    (pa.list_(pa.float32()), "list", "list<float>", None),
    (pa.large_list(pa.float64()), "list", "list<double>", None),
    (pa.list_(pa.float32(), 10), "list", "list<float>[10]", 10),
    (pa.list_(pa.string()), "other", "list<string>", None),
    (pa.list_(pa.list_(pa.float32())), "other", "list<list<item: float>>", None),
    (pa.binary(), "other", "binary", None),
    (pa.struct([("a", pa.int8())]), "other", "struct<a: int8>", None),
    (pa.map_(pa.string(), pa.int8()), "other", "map<string, int8>", None),
    (pa.month_day_nano_interval(), "other", "month_day_nano_interval", None),
    (pa.uuid(), "other", "extension<arrow.uuid>", None),
]


@pytest.mark.parametrize(("type_", "kind", "text", "length"), TYPES, ids=[text for _, _, text, _ in TYPES])
def test_types_in_the_terms_of_the_readers(type_: Any, kind: str, text: str, length: int | None) -> None:
    """Each Arrow type has its kind, and a text for users."""
    found = columns.column_type(type_)
    assert (found.kind, found.text, found.length) == (kind, text, length)


# --- lists

LISTS = [pa.list_(pa.float64()), pa.large_list(pa.float32()), pa.list_(pa.int64()), pa.list_(pa.bool_())]
ROWS = [[1, 0], [0, 1], [1, 1], [0, 0]]


@pytest.mark.parametrize("type_", [*LISTS, pa.list_(pa.float64(), 2), pa.list_(pa.decimal128(5, 2), 2)], ids=str)
def test_lists_are_rows(type_: Any) -> None:
    """Lists of every layout and number type become a matrix, whole and in slices."""
    rows: list[list[Any]] = [[bool(cell) for cell in row] for row in ROWS] if "bool" in str(type_) else ROWS
    array = pa.array(rows, type_)
    for start, size in ((0, 4), (1, 2), (3, 1), (2, 0)):
        found, faults = lists.list_matrix(array.slice(start, size), 2, "p")
        assert (found.tolist(), found.shape, faults) == (ROWS[start : start + size], (size, 2), [])


@pytest.mark.parametrize("type_", [pa.list_(pa.float64()), pa.large_list(pa.float32())], ids=str)
@pytest.mark.parametrize("start", [0, 1, 2])
def test_rows_of_lists_stay_in_place(type_: Any, start: int) -> None:
    """Null lists, lists of the wrong length and nulls inside are faults of their rows; no row shifts."""
    cells = [[9.0], [1.0, 2.0], None, [3.0, 4.0, 5.0], [], [6.0, None], [None, None], [7.0, 8.0], [None]]
    found, faults = lists.list_matrix(pa.array(cells, type_).slice(start), 2, "p")
    nan = math.nan
    whole = [[nan, nan], [1, 2], [nan, nan], [nan, nan], [nan, nan], [6, nan], [nan, nan], [7, 8], [nan, nan]]
    assert bits(found) == bits(whole[start:])
    by_rule = {fault.rule: fault for fault in faults}
    wrong = [row - start for row in (0, 2, 3, 4, 8) if row >= start]
    assert by_rule["list-length"].rows.tolist() == wrong
    assert by_rule["list-length"].values[-4:] == (
        "",
        "3 values, expected 2",
        "0 values, expected 2",
        "1 value, expected 2",
    )
    assert by_rule["missing-value"].rows.tolist() == [5 - start, 6 - start]
    assert by_rule["missing-value"].values == ("null at position 2", "null at position 1")


def test_nulls_of_fixed_size_lists() -> None:
    """A null fixed-size list keeps its slots in the values, and is a fault of its row alone."""
    array = pa.array([[1, 2], None, [3, None], [5, 6]], pa.list_(pa.float64(), 2)).slice(1)
    found, faults = lists.list_matrix(array, 2, "p")
    assert bits(found) == bits([[math.nan, math.nan], [3, math.nan], [5, 6]])
    assert told(faults) == {"missing-value": [1], "list-length": [0]}


def test_fixed_size_lists_of_another_length() -> None:
    """Lists whose type has another length than the rest of the data are faults, all of them."""
    found, faults = lists.list_matrix(pa.array([[1, 2]] * 3, pa.list_(pa.float64(), 2)), 3, "p")
    assert bits(found) == bits(np.full((3, 3), math.nan))
    assert told(faults) == {"list-length": [0, 1, 2]}


def test_null_lists_that_still_have_values() -> None:
    """A list that is null by its bitmap but spans values in the buffers does not move the rows after it."""
    offsets = pa.array([0, 2, 4, 6], pa.int32())
    array = pa.ListArray.from_arrays(offsets, pa.array([1.0, 2, 3, 4, 5, 6]), mask=pa.array([False, True, False]))
    found, faults = lists.list_matrix(array, 2, "p")
    assert bits(found) == bits([[1, 2], [math.nan, math.nan], [5, 6]])
    assert told(faults) == {"list-length": [1]}


@pytest.mark.parametrize(
    ("cells", "length"), [([None, [], [1.0, 2.0, 3.0], [1.0]], 3), ([None], None), ([], None), ([[]], None)]
)
def test_the_first_list_gives_the_length(cells: list[Any], length: int | None) -> None:
    """The length of the first list that holds something: null and empty lists do not say how many classes there are."""
    assert lists.first_length(pa.array(cells, pa.list_(pa.float64()))) == length
