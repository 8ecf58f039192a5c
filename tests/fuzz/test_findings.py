"""What the fuzzing campaign found in the readers, each finding once more by hand."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.reading import read_csv
from tests.running import xent
from xent_cli.readers import Request
from xent_cli.readers.arrow.batches import check_codes

BOM = "\ufeff"


@pytest.mark.parametrize("piece", [8, 16, 1 << 20])
def test_a_label_may_begin_with_a_byte_order_mark(piece: int) -> None:
    """Arrow drops the mark at the start of whatever it parses, so a label lost it where a chunk began with it."""
    labels = [f"{BOM}cat", "cat", f"{BOM}{BOM}cat", f"{BOM}cat"]
    text = "label,prob\n" + "".join(f"{label},0.5\n" for label in labels)
    for data in (text.encode(), (BOM + text).encode()):
        whole = read_csv(data, Request(coded=("label",), matrix=("prob",)), piece=piece)
        assert (whole.coded["label"], whole.faults) == (labels, {})


def test_quoted_label_after_a_byte_order_mark_of_a_cell() -> None:
    """A quote behind the mark is no quote: the field does not begin with it."""
    whole = read_csv(f'label,prob\n{BOM}"cat",0.5\n'.encode(), Request(coded=("label",), matrix=("prob",)))
    assert whole.coded["label"] == [f'{BOM}"cat"']


@pytest.mark.parametrize("first", [[], None])
def test_the_first_list_that_holds_something_has_the_width(first: list[float] | None, tmp_path: Path) -> None:
    """An empty first list was once taken for vectors of no entries, which crashed."""
    table = pa.table({"label": [0, 1, 2], "probs": pa.array([first, [0.2, 0.3, 0.5], []], pa.list_(pa.float64()))})
    pq.write_table(table, tmp_path / "f.parquet")
    answer = xent("score", tmp_path / "f.parquet", "--json")
    assert answer.status == 3
    assert [(error["rule"], error["count"], error["rows"]) for error in answer.errors] == [("list-length", 2, [1, 3])]
    skipped = xent("score", tmp_path / "f.parquet", "--json", "--on-bad-row", "skip").document
    assert (skipped["rows"]["scored"], skipped["columns"]["classes"]) == (1, ["0", "1", "2"])


def test_no_list_that_holds_something(tmp_path: Path) -> None:
    """A file of empty lists is refused row by row."""
    pq.write_table(
        pa.table({"label": [0, 1], "probs": pa.array([[], []], pa.list_(pa.float64()))}), tmp_path / "f.parquet"
    )
    answer = xent("score", tmp_path / "f.parquet", "--json")
    assert (answer.status, answer.out) == (3, "")
    assert [(error["rule"], error["count"]) for error in answer.errors] == [("list-length", 2)]


@pytest.mark.parametrize("code", [2, -1, -(2**31), 2**31 - 1])
def test_dictionary_codes_without_a_value(code: int) -> None:
    """A damaged page can hold codes beyond its dictionary; Arrow hands them on, and they were an internal error."""
    codes = pa.Array.from_buffers(pa.int32(), 3, [None, pa.array([0, 1, code], pa.int32()).buffers()[1]])
    column = pa.DictionaryArray.from_arrays(codes, pa.array(["a", "b"]), safe=False)
    with pytest.raises(ValueError, match="a dictionary code has no value"):
        check_codes(pa.record_batch([column], ["label"]))


def test_dictionary_codes_that_fit() -> None:
    """Null codes, unused values and columns of nulls are fine."""
    for column in (
        pa.array(["a", None, "b"]).dictionary_encode(),
        pa.array([None, None], pa.dictionary(pa.int32(), pa.string())),
        pa.DictionaryArray.from_arrays(pa.array([1], pa.int32()), pa.array(["a", "b", "c"])),
        pa.array([], pa.dictionary(pa.int32(), pa.string())),
    ):
        check_codes(pa.record_batch([column], ["label"]))


def test_huge_logits_are_no_cause_for_warnings(tmp_path: Path) -> None:
    """The look at whether logits could be probabilities added them up, beyond the largest double and in public."""
    path = tmp_path / "f.csv"
    path.write_text("label,logit_a,logit_b,logit_c\na,1e308,1e308,1e308\n")
    answer = xent("score", path, "--json", "-q")
    assert (answer.status, answer.err) == (0, "")
    assert answer.document["loss"]["mean"] == pytest.approx(1.0986122886681098, rel=1e-15)
