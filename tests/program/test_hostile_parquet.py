"""Every way in which a Parquet file can be wrong, through the commands: the right number, or the reason in words."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import math
import os
import random
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from tests.hostile import SKIP, codes, refused, score, write
from tests.running import process, xent
from xent_cli.readers.parquet.footer import ColumnChunk
from xent_cli.readers.parquet.page_headers import BadPageError, walk

LN2 = math.log(2)
AGAIN = "  help: copy or write the file again"
DAMAGED = "error[corrupt-file]: the file is damaged or not a complete Parquet file: "
NO_MAGIC = "Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file."
TOO_SHORT = "Parquet file size is {} bytes, smaller than the size reported by footer's (2147483647bytes)"
LIST_CURE = f"  help: every list holds one value for each class; {SKIP}"
ONE_DATA_SET = "  help: several files are one data set: give them the same columns, or score them one by one"
LISTS = pa.list_(pa.float64())


def written(columns: Any, **options: Any) -> bytes:
    """A Parquet file of these columns."""
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    parquet.write_table(table, sink := io.BytesIO(), **options)
    return sink.getvalue()


def put(columns: Any, folder: Path, name: str = "preds.parquet", **options: Any) -> Path:
    """The same, written to a file."""
    return write(written(columns, **options), folder, name)


GOOD = {"label": [0, 1, 1], "prob": [0.25, 0.5, 0.75]}

BROKEN: dict[str, tuple[bytes, list[str]]] = {
    "cut at the end": (
        written(GOOD)[:-20],
        [
            DAMAGED + NO_MAGIC,
            "  --> preds.parquet",
            "   |  the footer cannot be read",
            AGAIN,
        ],
    ),
    "nothing": (
        b"",
        [
            "error[empty-file]: the file is empty",
            "  --> preds.parquet",
            "   |  0 bytes",
            "  help: check the step that wrote it",
        ],
    ),
    "other bytes": (
        b"\x00\x01\x02\x03" * 10,
        [
            r"error[corrupt-file]: the file is not Parquet: its first bytes are b'\x00\x01\x02\x03\x00\x01\x02\x03'",
            "  --> preds.parquet",
            "   |  read 8 bytes",
            "  help: --input-format csv reads it as text, if that is what it is",
        ],
    ),
    "words": (
        b"Not Found\n",
        [
            "error[corrupt-file]: the file is not Parquet: its first bytes are b'Not Foun'",
            "  --> preds.parquet",
            "   |  read 8 bytes",
            "  help: --input-format csv reads it as text, if that is what it is",
        ],
    ),
    "a footer longer than the file": (
        written(GOOD)[:-8] + b"\xff\xff\xff\x7fPAR1",
        [
            DAMAGED + TOO_SHORT.format(len(written(GOOD))),
            "  --> preds.parquet",
            "   |  the footer cannot be read",
            AGAIN,
        ],
    ),
    "a footer of no length": (
        written(GOOD)[:-8] + b"\x00\x00\x00\x00PAR1",
        [
            f"{DAMAGED}Couldn't deserialize thrift: No more data to read.",
            "  --> preds.parquet",
            "   |  the footer cannot be read",
            AGAIN,
        ],
    ),
    "magic bytes alone": (
        b"PAR1",
        [
            f"{DAMAGED}Parquet file size is 4 bytes, smaller than the minimum file footer (8 bytes)",
            "  --> preds.parquet",
            "   |  the footer cannot be read",
            AGAIN,
        ],
    ),
    "an encrypted footer": (
        b"PARE" + bytes(100) + b"PARE",
        [
            "error[corrupt-file]: the Parquet file is encrypted",
            "  --> preds.parquet",
            "  help: decrypt it first: keys are not supported",
        ],
    ),
    "two columns of one name": (
        written(pa.Table.from_arrays([pa.array([0]), pa.array([0.5]), pa.array([0.5])], ["label", "prob", "prob"])),
        [
            "error[bad-header]: 2 columns are named 'prob': columns 2, 3",
            "  --> preds.parquet: column prob",
            "  help: rename all but one of them",
        ],
    ),
    "no rows": (
        written(pa.table(GOOD).slice(0, 0)),
        [
            "error[no-rows]: there are no rows to score",
            "  --> preds.parquet",
            "   |  the file has a header and no data",
            "  help: check the step that wrote it",
        ],
    ),
    "labels with a null": (
        written({"label": pa.array([0, None, 1]), "prob": [0.5] * 3}),
        [
            "error[missing-label]: label is missing",
            "  --> preds.parquet: row 2, column label",
            "   |  1 of 3 rows has no label",
            f"  help: {SKIP}",
        ],
    ),
    "probabilities with nulls": (
        written({"label": [0, 1, 1], "prob": pa.array([1, None, None])}),
        [
            "error[missing-value]: value is missing",
            "  --> preds.parquet: row 2, column prob",
            "   |  2 of 3 rows lack a value; this is the first",
            "   |  also row 3",
            f"  help: {SKIP}",
        ],
    ),
    "lists of unequal length": (
        written({"label": [0, 1, 0], "probs": [[0.5, 0.5], [0.5, 0.25, 0.25], [1.0]]}),
        [
            "error[list-length]: list has 3 values, expected 2",
            "  --> preds.parquet: row 2, column probs",
            "   |  2 of 3 rows have a list of the wrong length; this is the first",
            "   |  also row 3",
            LIST_CURE,
        ],
    ),
    "a list that is missing": (
        written({"label": [0, 1], "probs": pa.array([[0.5, 0.5], None], LISTS)}),
        [
            "error[list-length]: list is missing",
            "  --> preds.parquet: row 2, column probs",
            "   |  1 of 2 rows has a list of the wrong length",
            LIST_CURE,
        ],
    ),
    "a list with a null": (
        written({"label": [0, 1], "probs": pa.array([[0.5, 0.5], [0.5, None]], LISTS)}),
        [
            "error[missing-value]: value is missing: null at position 2",
            "  --> preds.parquet: row 2, column probs",
            "   |  1 of 2 rows lacks a value",
            f"  help: {SKIP}",
        ],
    ),
    "a list with NaN": (
        written({"label": [0, 1], "probs": [[0.5, 0.5], [0.5, math.nan]]}),
        [
            "error[nan-value]: value is NaN at position 2",
            "  --> preds.parquet: row 2, column probs = [0.5, nan]",
            "   |  1 of 2 rows holds NaN",
            f"  help: a model that predicts NaN has no loss; {SKIP}",
        ],
    ),
    "labels as bytes": (
        written({"label": [b"0", b"1"], "prob": [0.5, 0.5]}),
        [
            "error[unsupported-type]: column 'label' is of type binary, which cannot be read as labels or text",
            "  --> preds.parquet: column label",
            "  help: name another column, or write this one as text",
        ],
    ),
    "text that is not UTF-8": (
        written({"label": pa.array([b"caf\xe9", b"b"]).view(pa.string()), "p_a": [0.5, 0.5], "p_b": [0.5, 0.5]}),
        [
            "error[encoding]: column label is not valid UTF-8",
            "  --> preds.parquet: row 1, column label = caf\\xe9",
            "   |  1 of 2 rows is not valid UTF-8",
            "  help: write the file as UTF-8; for Latin-1 CSV: iconv -f ISO-8859-1 -t UTF-8 FILE | xent score -",
        ],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_refused_in_these_words(name: str, tmp_path: Path) -> None:
    """What is wrong, where, how many rows or how far it was read, and the cure."""
    data, expected = BROKEN[name]
    assert refused(write(data, tmp_path, "preds.parquet")) == expected


def test_a_file_cut_at_any_byte(tmp_path: Path) -> None:
    """There is no number."""
    data, path = written(GOOD), tmp_path / "preds.parquet"
    for kept in range(len(data)):
        path.write_bytes(data[:kept])
        answer = xent("score", path, "-qq")
        assert (answer.status, answer.out, answer.err) == (3, "", ""), kept


LOGITS = {"label": ["a", "b", "c"] * 4, **{f"logit_{name}": np.linspace(-3, 2, 12) ** 3 for name in "abc"}}
TURNED: dict[str, Any] = {
    "columns": LOGITS,
    "a list": {"label": [0, 1, 2, 0], "logits": [[0.1, -2.5, 3.25]] * 4},
    "decimals": {"label": [0, 1], "prob": pa.array([decimal.Decimal("0.125"), decimal.Decimal("0.25")])},
}


@pytest.mark.parametrize("name", TURNED)
def test_a_flipped_bit_is_found_or_does_no_harm(name: str, tmp_path: Path) -> None:
    """In a file with checksums a flipped bit, here one in every fourth byte, never leads to another report.

    No checksum covers the footer: names, types, scales and numbers of rows are held against their second copies.
    """
    data = written(TURNED[name], write_page_checksum=True)
    path = write(data, tmp_path, "preds.parquet")
    good, dice = score(path), random.Random(name)  # noqa: S311  # test data
    for place in range(dice.randrange(4), len(data), 4):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :])
        answer = xent("score", path, "--json")
        assert answer.status in {0, 3}, (place, answer.err)
        if answer.status == 0:
            assert answer.document == good, place
        else:
            assert answer.out == ""


def test_a_page_that_rotted_is_told_with_how_far_it_was_read(tmp_path: Path) -> None:
    """The rows before it were sound, and there is still no number."""
    rows = 280_000
    columns = {"label": np.ones(rows, np.int64), "prob": np.linspace(0.1, 0.9, rows)}
    data = bytearray(
        written(columns, compression="none", use_dictionary=False, write_page_checksum=True, row_group_size=4000)
    )
    place = data.index(np.float64(columns["prob"][201_001]).tobytes())
    data[place] ^= 1
    lines = refused(write(bytes(data), tmp_path, "preds.parquet"))
    assert lines[0].startswith(DAMAGED)
    assert "CRC checksum verification failed" in lines[0]
    assert lines[1:] == ["  --> preds.parquet", "   |  read 196,608 of 280,000 rows before that", AGAIN]


@pytest.mark.parametrize("number", [1, 99, 101, 2**40])
@pytest.mark.parametrize("places", [(0,), (1,), (2,), (3,), (0, 3)], ids=str)
def test_numbers_of_rows_that_differ(places: tuple[int, ...], number: int, tmp_path: Path) -> None:
    """Rows that a footer forgets are not left out in silence, and those that it makes up do not count.

    It says the number four times: of the file, of both columns, of the row group.
    """
    data = written({"label": np.ones(100, np.int64), "prob": np.full(100, 0.5)}, store_schema=False)
    size = int.from_bytes(data[-8:-4], "little")
    parts = data[-8 - size : -8].split(b"\x16" + _zigzag(100))
    assert len(parts) == 5
    marks = [b"\x16" + _zigzag(number if place in places else 100) for place in range(4)]
    footer = b"".join(piece for pair in zip(parts, [*marks, b""], strict=True) for piece in pair)
    path = write(data[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1", tmp_path, "preds.parquet")
    assert refused(path)[0].startswith(DAMAGED)


def _zigzag(number: int) -> bytes:
    """A number in Thrift's compact form."""
    found, rest = bytearray(), 2 * number
    while rest > 127:
        found.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*found, rest])


@pytest.mark.parametrize("name", ["score", "inspect"])
def test_a_missing_column_is_wrong_use(name: str, tmp_path: Path) -> None:
    """A stated column that is not there is never dropped in silence."""
    path = put({"label": [0], "p_a": [0.5], "p_b": [0.5]}, tmp_path)
    answer = xent(name, path, "--preds", "p_a,p_c")
    assert (answer.status, answer.out) == (2, "")
    assert answer.words == [
        "error[no-column]: no column 'p_c' for --preds",
        f"  --> {path}",
        "   |  the columns are label, p_a, p_b",
        "  help: did you mean p_b or p_a?",
    ]


def test_names_with_dots_are_names(tmp_path: Path) -> None:
    """`s.prob` is the column of this name, not the field of a struct beside it."""
    columns = {"label": [1, 1], "s": [{"prob": 0.9}] * 2, "s.prob": [0.5, 0.5]}
    assert score(put(columns, tmp_path), "--preds", "s.prob")["loss"]["mean"] == LN2


def test_dictionary_codes_that_differ_between_row_groups(tmp_path: Path) -> None:
    """The same code means another label in the next row group; categories that no row has are no classes."""
    batches = [
        pa.record_batch(
            {"label": pa.DictionaryArray.from_arrays([0, 1], [*labels, "x"]), "p_a": [p, 1 - p], "p_b": [1 - p, p]}
        )
        for labels, p in ((["a", "b"], 1.0), (["b", "a"], 0.0))
    ]
    found = score(put(pa.Table.from_batches(batches), tmp_path, row_group_size=2), "--preds", "p_a,p_b")
    assert (found["loss"]["mean"], [sample["label"] for sample in found["samples"]]) == (0.0, ["a", "b", "b", "a"])


FIXED = pa.list_(pa.float64(), 2)


@pytest.mark.parametrize("kind", [LISTS, pa.large_list(pa.float64()), FIXED, pa.list_(pa.float32())], ids=str)
@pytest.mark.parametrize("store_schema", [True, False], ids=["arrow", "spark"])
def test_lists_of_every_layout(kind: Any, store_schema: bool, tmp_path: Path) -> None:
    """List, large list, fixed-size list, also without the schema of Arrow, over many row groups: rows stay in place."""
    rows = [[0.25, 0.75], [1.0, 0.0], [0.0, 1.0]] * 7
    columns = {"label": [0, 0, 1] * 7, "probs": pa.array(rows, kind)}
    found = score(put(columns, tmp_path, row_group_size=4, store_schema=store_schema), "--samples", "all")
    assert [sample["loss"] for sample in found["samples"]] == [2 * LN2, 0.0, 0.0] * 7


DECIMALS = ["0.1", "0.3", "0.123456789012345678", "0.999999999999999999"]


def test_numbers_of_every_type_are_exact(tmp_path: Path) -> None:
    """float16 and float32 widened exactly, decimals to the nearest double, whole numbers and booleans as they are."""
    halves = np.array([0.1, 0.2], np.float16)
    found = score(put({"label": [1, 1], "prob": halves}, tmp_path))
    assert [sample["p"] for sample in found["samples"]] == [float(value) for value in halves]
    found = score(put({"label": [1, 1], "prob": halves.astype(np.float32)}, tmp_path))
    assert [sample["p"] for sample in found["samples"]] == [float(value) for value in halves]
    exact = pa.array([decimal.Decimal(text) for text in DECIMALS], pa.decimal128(20, 18))
    found = score(put({"label": [1] * 4, "prob": exact}, tmp_path))
    assert [sample["p"] for sample in found["samples"]] == [float(text) for text in DECIMALS]
    assert score(put({"label": [True, False], "prob": [1, 0]}, tmp_path), "--preds", "prob")["loss"]["mean"] == 0.0


def test_whole_number_labels_keep_all_digits(tmp_path: Path) -> None:
    """2**53 + 1 is another class than 2**53, also as uint64 and with a null elsewhere."""
    names = ["9007199254740992", "9007199254740993"]
    columns = {
        "label": pa.array([2**53, 2**53 + 1], pa.uint64()),
        f"p_{names[0]}": [1.0, 0.0],
        f"p_{names[1]}": [0.0, 1.0],
    }
    assert score(put(columns, tmp_path), "--preds", "p_*")["loss"]["mean"] == 0.0
    with_null = {**columns, "label": pa.array([None, 2**53 + 1])}
    found = score(put(with_null, tmp_path), "--preds", "p_*", "--on-bad-row", "skip")
    assert (found["samples"][0]["label"], found["loss"]["mean"]) == (names[1], 0.0)


TYPED = {
    "struct": ([{"a": 0.5}] * 2, "  help: column prob is of type struct<a: double>, which cannot be read as numbers"),
    "date": (
        [dt.date(2024, 1, 1)] * 2,
        "  help: column prob is of type date32[day], which cannot be read as numbers",
    ),
    "bytes": ([b"0.5"] * 2, "  help: column prob is of type binary, which cannot be read as numbers"),
    "booleans": ([True, False], "  help: column prob is of type bool: --preds prob reads it as numbers"),
}


@pytest.mark.parametrize("name", TYPED)
def test_predictions_of_a_type_that_holds_no_numbers(name: str, tmp_path: Path) -> None:
    """They are refused with the name of the column and its type."""
    values, cure = TYPED[name]
    lines = refused(put({"label": [0, 1], "prob": values}, tmp_path))
    assert lines[0] == "error[no-predictions]: no column has the name of a prediction"
    assert lines[-1] == cure


def test_numbers_as_text_are_read(tmp_path: Path) -> None:
    """With the grammar of CSV, named or not: blanks around a number are fine, a word is an error."""
    columns = {"label": [1, 1], "prob": [" 0.5", "5e-1"]}
    assert score(put(columns, tmp_path), "--preds", "prob")["loss"]["mean"] == LN2
    assert score(put({**columns, "prob": ["0.5", "5e-1"]}, tmp_path))["loss"]["mean"] == LN2
    lines = refused(put({**columns, "prob": ["0.5", "x"]}, tmp_path), "--preds", "prob")
    assert lines[:2] == [
        "error[not-a-number]: 'x' is not a number",
        "  --> preds.parquet: row 2, column prob = x",
    ]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.float16()], ids=str)
def test_what_arithmetic_would_warn_of_is_refused_without_a_warning(kind: Any, tmp_path: Path) -> None:
    """Infinities whose sum is nothing, and NaN that signals: told by their rules, and NumPy says nothing beside it."""
    width = kind.bit_width // 8
    signals = {2: b"\x01\x7c", 4: b"\x01\x00\x80\x7f", 8: b"\x01" + bytes(5) + b"\xf0\x7f"}[width]
    nan = pa.Array.from_buffers(kind, 2, [None, pa.py_buffer(signals * 2)])
    lists = pa.ListArray.from_arrays(pa.array([0, 2], pa.int32()), nan)
    for columns in ({"label": [0, 1], "prob": nan}, {"label": ["a"] * 2, "p_a": nan, "p_b": nan},
                    {"label": [0], "probs": lists}):  # fmt: skip
        assert refused(put(columns, tmp_path))[0].startswith("error[nan-value]: value is NaN")
    ends = pa.array([np.float16(math.inf), np.float16(-math.inf)], pa.float16()).cast(kind)
    path = put({"label": ["a", "b"], "p_a": ends, "p_b": ends.take(pa.array([1, 0]))}, tmp_path)
    assert refused(path)[0] == "error[prob-range]: probability Infinity is outside [0, 1]"


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_empty_row_groups_do_not_matter(rows: int, tmp_path: Path) -> None:
    """Row groups without rows stand between those with rows."""
    path = tmp_path / "preds.parquet"
    table = pa.table(
        {"label": [1] * rows, "prob": [0.5] * rows}, pa.schema([("label", pa.int64()), ("prob", pa.float64())])
    )
    with parquet.ParquetWriter(path, table.schema) as writer:
        for part in (table.slice(0, 0), table, table.slice(0, 0)):
            writer.write_table(part)
    if rows:
        assert score(path)["rows"]["scored"] == rows
    else:
        assert refused(path)[0] == "error[no-rows]: there are no rows to score"


def test_batches_that_straddle_row_groups(tmp_path: Path) -> None:
    """Row groups of 7 rows: samples come out in the order of the file."""
    p = np.linspace(0.01, 0.99, 100)
    found = score(put({"label": np.ones(100, np.int64), "prob": p}, tmp_path, row_group_size=7), "--samples", "all")
    assert [sample["p"] for sample in found["samples"]] == p.tolist()


DIFFERENT: dict[str, tuple[Any, Any, str]] = {
    "a column that is missing": (
        {"label": [1], "prob": [0.5]},
        {"label": [1], "q": [0.5]},
        "column prob of DIR/a.parquet is not in DIR/b.parquet",
    ),
    "words instead of numbers": (
        {"label": [1], "prob": [0.5]},
        {"label": [1], "prob": ["half"]},
        "DIR/b.parquet cannot be read like DIR/a.parquet: no column has the name of a prediction",
    ),
    "lists instead of numbers": (
        {"label": [1], "prob": [0.5]},
        {"label": [1], "prob": [[0.5, 0.5]]},
        "the kind is sparse in DIR/b.parquet, and binary in DIR/a.parquet",
    ),
    "longer lists": (
        {"label": [1], "probs": [[0.5, 0.5]]},
        {"label": [1], "probs": [[0.5, 0.25, 0.25]]},
        "the lists of DIR/b.parquet have 3 entries, those of the files before have 2",
    ),
    "logits in a list beside": (
        {"label": [1], "probs": [[0.5, 0.5]]},
        {"label": [1], "probs": [[0.5, 0.5]], "logits": [[0.0, 0.0]]},
        "DIR/b.parquet cannot be read like DIR/a.parquet: the predictions could be probs or logits",
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_files_of_a_directory_whose_schemas_differ(name: str, tmp_path: Path) -> None:
    """Both files are named."""
    first, second, message = DIFFERENT[name]
    put(first, tmp_path, "a.parquet")
    put(second, tmp_path, "b.parquet")
    lines = [line.replace(str(tmp_path), "DIR") for line in xent("score", tmp_path).words]
    assert lines == [f"error[schema-mismatch]: {message}", "  --> DIR/b.parquet", *lines[2:-1], ONE_DATA_SET]


def test_types_that_differ_lose_nothing(tmp_path: Path) -> None:
    """The first file narrows no later one (0.1 stays a double), and '1' and 1 are the same label."""
    put({"label": [1], "prob": pa.array([0.1], pa.float32())}, tmp_path, "a.parquet")
    put({"label": ["1"], "prob": [0.1]}, tmp_path, "b.parquet")
    write("prob,label\n0.1,1\n", tmp_path, "c.csv")
    feather.write_feather(pa.table({"label": [True], "prob": [0.1]}), tmp_path / "d.arrow")
    write(b"\x00", tmp_path, ".a.parquet.crc")
    found = score(tmp_path)
    assert [sample["p"] for sample in found["samples"]] == [float(np.float32(0.1)), 0.1, 0.1, 0.1]


class Vault:
    """A key server for tests: keys are hidden from nobody."""

    @staticmethod
    def client(_: Any) -> Any:
        """A client of pyarrow's kind."""
        from pyarrow.parquet.encryption import KmsClient

        class Client(KmsClient):  # type: ignore[misc]  # pyarrow ships no types
            def wrap_key(self, key: bytes, _: str) -> bytes:
                return key

            def unwrap_key(self, key: bytes, _: str) -> bytes:
                return key

        return Client()


@pytest.mark.parametrize("plain", [True, False], ids=["plain footer", "encrypted footer"])
@pytest.mark.parametrize("columns", [GOOD, {"label": [0, 1], "probs": [[0.5, 0.5]] * 2}], ids=["numbers", "lists"])
def test_encrypted_files_are_refused(columns: Any, plain: bool, tmp_path: Path) -> None:
    """By what they are, whether their footer can be read or not, and without ending the process."""
    from pyarrow.parquet import encryption

    hidden = list(columns)[1]
    settings = encryption.EncryptionConfiguration(
        footer_key="f",
        column_keys={"c": [f"{hidden}.list.element" if hidden == "probs" else hidden]},
        plaintext_footer=plain,
    )
    properties = encryption.CryptoFactory(Vault.client).file_encryption_properties(
        encryption.KmsConnectionConfig(), settings
    )
    path = put(columns, tmp_path, encryption_properties=properties)
    assert refused(path) == BROKEN["an encrypted footer"][1]


def _other_name(data: bytes) -> bytes:
    """A column whose name is another one where the footer says it for the second time."""
    place = data.rindex(b"prob", 0, data.index(b"ARROW:schema"))
    return data[:place] + b"prab" + data[place + 4 :]


def _broken_structure(data: bytes) -> bytes:
    """A footer in which the path of a column is no text."""
    return data[: (place := data.rindex(b"label", 0, data.index(b"ARROW:schema")))] + b"\xfc" + data[place + 1 :]


def test_parquet_through_a_pipe(tmp_path: Path) -> None:
    """Standard input and named pipes cannot seek: they are kept in a temporary file."""
    data = written(GOOD)
    mean = score(write(data, tmp_path, "preds.parquet"))["loss"]["mean"]
    assert xent("score", "-", "--json", stdin=data).document["loss"]["mean"] == mean
    os.mkfifo(tmp_path / "pipe")
    feed = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(data,))
    feed.start()
    assert score(tmp_path / "pipe")["loss"]["mean"] == mean
    feed.join()


@pytest.mark.parametrize("damage", [_other_name, _broken_structure], ids=["name", "structure"])
def test_damaged_parquet_through_a_pipe(damage: Any) -> None:
    """Refused in words, and the temporary file is closed: nothing more is said when the process ends."""
    done = process("score", "-", stdin=damage(written(GOOD)), env={**os.environ, "PYTHONDEVMODE": "1"})
    assert (done.returncode, done.stdout) == (3, b"")
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith(DAMAGED)
    page = "  page: xent explain corrupt-file"
    assert lines[1:] == ["  --> <stdin>", "   |  the footer cannot be read", AGAIN, page]


@pytest.mark.parametrize("name", ["preds.csv", "preds", "preds.csv.gz", "preds.arrow"])
def test_parquet_is_told_from_its_bytes(name: str, tmp_path: Path) -> None:
    """Any name will do."""
    assert score(write(written(GOOD), tmp_path, name))["inputs"][0]["format"] == "parquet"


def test_text_with_the_name_of_parquet_is_remarked(tmp_path: Path) -> None:
    """CSV in preds.parquet is read as what it is, with a notice."""
    found = score(write("label,prob\n1,0.5\n", tmp_path, "preds.parquet"))
    assert (found["loss"]["mean"], "format-by-content" in codes(found)) == (LN2, True)


def test_what_is_stated_of_a_format_is_held(tmp_path: Path) -> None:
    """--input-format against the bytes is an error in both directions."""
    assert refused(write(written(GOOD), tmp_path, "p.parquet"), "--input-format", "csv") == [
        "error[corrupt-file]: the file is parquet, not csv as --input-format says",
        "  --> p.parquet",
        "  help: leave --input-format out: the format is detected from the first bytes",
    ]
    lines = refused(write("label,prob\n1,0.5\n", tmp_path, "p.csv"), "--input-format", "parquet")
    assert lines[0] == "error[corrupt-file]: the file is not Parquet: its first bytes are b'label,pr'"


@pytest.mark.parametrize("kept", [7, 12, 100, 400, -10, -1])
def test_arrow_cut_short(kept: int, tmp_path: Path) -> None:
    """Arrow files and Feather 2 that were cut are refused as such."""
    feather.write_feather(pa.table(GOOD), tmp_path / "whole.arrow", compression="uncompressed")
    data = (tmp_path / "whole.arrow").read_bytes()
    lines = refused(write(data[:kept], tmp_path, "preds.arrow"))
    assert lines[0].startswith("error[corrupt-file]: the Arrow data is damaged or cut short: ")
    assert lines[-1] == AGAIN


@pytest.mark.parametrize("checksums", [True, False])
def test_whether_rot_could_be_seen_is_told(checksums: bool, tmp_path: Path) -> None:
    """Most writers leave the checksums of pages out: --verbose says so, and the JSON always does."""
    columns = {"label": np.array([0, 1]), "prob": np.array([0.25, 0.75])}
    path = write(written(columns, write_page_checksum=checksums), tmp_path, "preds.parquet")
    told = {True: ", checksums verified", False: ", no checksums"}[checksums]
    assert told in xent("score", path, "--verbose").out
    assert "checksums" not in xent("score", path).out
    assert xent("score", path, "--json").document["inputs"][0]["checksums"] is checksums


@pytest.mark.parametrize("place", [10**6, 2**62])
def test_a_page_outside_the_file(place: int, tmp_path: Path) -> None:
    """A footer that says a column begins behind the end of the file is damage, and no failure to seek."""
    path = write(written({"label": np.array([0, 1]), "prob": np.array([0.25, 0.75])}), tmp_path, "preds.parquet")
    chunk = ColumnChunk("prob", "DOUBLE", 2, 16, 16, place, encrypted=False)
    with pa.OSFile(str(path), "rb") as raw, pytest.raises(BadPageError, match="beyond the end of the file"):
        walk(raw, chunk)


def test_weights_that_class_weights_blow_up(tmp_path: Path) -> None:
    """A weight that only its class weight makes infinite is a bad row; another may be as large as it likes."""
    columns = {"label": [0, 1, 1], "prob": [0.25, 0.5, 0.75], "w": [1.0, 1e308, 4e307]}
    words = (put(columns, tmp_path), "--weight", "w", "--class-weight", "0=1,1=3.7")
    answer = xent("score", *words)
    assert (answer.status, answer.out) == (3, "")
    assert answer.err.splitlines()[0] == (
        "error[bad-weight]: weight 1e+308 times the class weight 3.7 is more than a double can hold"
    )
    assert score(*words, "--on-bad-row", "skip")["rows"]["skipped"] == 1


def test_targets_of_signalling_nan(tmp_path: Path) -> None:
    """A NaN of the signalling kind is a NaN, without a warning."""
    loud = np.array([0x7FF0000000000001], np.uint64).view(np.float64)
    columns = {"t_a": np.concatenate((loud, [1.0])), "t_b": [0.5, 0.0], "p_a": [0.5, 0.5], "p_b": [0.5, 0.5]}
    path = put(columns, tmp_path)
    answer = xent("categorical", path, "--targets", "t_*", "--preds", "p_*")
    assert (answer.status, answer.out) == (3, "")
    assert answer.err.startswith("error[nan-value]: ")
