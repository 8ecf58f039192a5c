"""Labels in another file: found by key or row by row, with everything that does not fit counted and named."""

from __future__ import annotations

import gzip
import json
import math
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import xent_cli
from tests.running import write_csv, xent
from xent_cli.columns import Stated
from xent_cli.columns.two_files import Sides, infer_joined
from xent_cli.contract.errors import DataError, UsageError
from xent_cli.readers.interface import ColumnType
from xent_cli.readers.joins.keys import KeyIndex, key_parts, key_texts

SUBMISSION = [(1, 0.25, 0.5, 0.25), (2, 0.125, 0.125, 0.75), (3, 0.5, 0.25, 0.25)]
CLASSES = ("id", "cat", "dog", "fox")
LOSS = (math.log(2) + math.log(4 / 3) + math.log(2)) / 3  # of the labels dog, fox, cat


def document(*words: object, stdin: bytes = b"") -> Any:
    """The JSON of a score."""
    answer = xent("score", *words, "--json", stdin=stdin)
    assert answer.status == 0, answer.err
    return answer.document


def refusal(*words: object, status: int = 3) -> list[dict[str, Any]]:
    """The errors of a score that is refused; standard output stays empty."""
    answer = xent("score", *words, "--json")
    assert (answer.status, answer.out) == (status, "")
    return answer.errors


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    """A file of an id and a column per class."""
    return write_csv(tmp_path / "submission.csv", CLASSES, SUBMISSION)


@pytest.mark.parametrize(
    ("header", "rows", "kind"),
    [
        (("id", "label"), [(3, "cat"), (1, "dog"), (2, "fox")], "sparse"),
        (("id", "species", "Usage"), [(3, "cat", "a"), (1, "dog", "b"), (2, "fox", "b")], "sparse"),
        (CLASSES, [(3, 1, 0, 0), (1, 0, 1, 0), (2, 0, 0, 1)], "categorical"),
        ((*CLASSES, "Usage"), [(3, 1, 0, 0, "Public"), (1, 0, 1, 0, "Private"), (2, 0, 0, 1, "x")], "categorical"),
        (("id", "t_fox", "t_cat", "t_dog"), [(3, 0, 1, 0), (1, 0, 0, 1), (2, 1, 0, 0)], "categorical"),
    ],
)
def test_kaggle_files_are_scored_in_one_command(
    tmp_path: Path, predictions: Path, header: Sequence[str], rows: Sequence[tuple[object, ...]], kind: str
) -> None:
    """A solution with a label or one-hot columns, a submission with a column per class: --on is all that is stated."""
    if header[1] == "t_fox":  # then the predictions need names that say what they are
        predictions = write_csv(tmp_path / "p.csv", ("id", "p_cat", "p_dog", "p_fox"), SUBMISSION)
    labels = write_csv(tmp_path / "solution.csv", header, rows)
    found = document(predictions, "--labels", labels, "--on", "id")
    assert found["columns"]["kind"] == kind
    assert found["columns"]["classes"] == ["cat", "dog", "fox"]
    assert found["loss"]["mean"] == pytest.approx(LOSS, rel=1e-15)
    assert [sample["id"] for sample in found["samples"]] == ["1", "2", "3"]  # the order of the predictions
    assert [sample["label"] for sample in found["samples"]] == ["dog", "fox", "cat"]
    assert [(Path(file["path"]).name, file["rows"]) for file in found["inputs"]] == [
        (predictions.name, 3), ("solution.csv", 3),
    ]  # fmt: skip


def test_a_usage_column_is_remarked_and_can_slice(tmp_path: Path, predictions: Path) -> None:
    """Rows of every usage are scored together, with a notice; --by tells them apart, and then there is none."""
    rows = [(3, 1, 0, 0, "Public"), (1, 0, 1, 0, "Private"), (2, 0, 0, 1, "Public")]
    labels = write_csv(tmp_path / "solution.csv", (*CLASSES, "Usage"), rows)
    (notice,) = document(predictions, "--labels", labels, "--on", "id")["notices"]
    assert notice["code"] == "usage-column"
    assert notice["message"].startswith(f"{labels}: column Usage is not used")
    found = document(predictions, "--labels", labels, "--on", "id", "--by", "Usage")
    assert found["notices"] == []
    means = {group["group"]: group["mean"] for group in found["groups"]}
    assert means == pytest.approx({"Private": math.log(2), "Public": (math.log(4 / 3) + math.log(2)) / 2}, rel=1e-15)


@pytest.mark.parametrize("on", [(), ("--on", "id")])
def test_what_is_odd_about_either_file_is_remarked(tmp_path: Path, on: tuple[str, ...]) -> None:
    """A last line without its end may have been cut, in the predictions and in the labels."""
    for cut in ("predictions.csv", "labels.csv"):
        predictions = write_csv(tmp_path / "predictions.csv", ("id", "p_cat", "p_dog"), [(1, 0.5, 0.5), (2, 0.5, 0.5)])
        labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(1, "cat"), (2, "dog")])
        path = tmp_path / cut
        path.write_bytes(path.read_bytes()[:-1])
        (notice,) = document(predictions, "--labels", labels, *on)["notices"]
        assert notice["code"] == "no-final-newline"
        assert notice["message"].startswith(f"{path}: ")


def test_one_column_of_the_same_name_in_both_is_prediction_and_label(tmp_path: Path) -> None:
    """`id,target` in both files is the shape of a binary competition: the predictions are those of the predictions."""
    submission = write_csv(tmp_path / "a.csv", ("id", "target"), [(1, 0.25), (2, 0.75)])
    solution = write_csv(tmp_path / "b.csv", ("id", "target"), [(2, 1), (1, 0)])
    found = document(submission, "--labels", solution, "--on", "id")
    assert (found["columns"]["label"], found["columns"]["predictions"]) == ("labels.target", ["target"])
    assert found["loss"]["mean"] == pytest.approx(-math.log(0.75), rel=1e-15)
    binary = xent("binary", submission, "--labels", solution, "--on", "id", "--label", "target", "--json")
    assert binary.document["loss"] == found["loss"]


@pytest.mark.parametrize("on", ["", "id,", ","])
def test_an_empty_key_is_wrong_use(on: str, tmp_path: Path, predictions: Path) -> None:
    """--on "$KEY" of a script in which KEY is not set must not pair row by row instead."""
    labels = write_csv(tmp_path / "labels.csv", ("label",), [("dog",), ("fox",), ("cat",)])
    answer = xent("score", predictions, "--labels", labels, "--on", on, "--json")
    assert (answer.status, answer.out) == (2, "")
    assert "--on" in answer.errors[0]["message"]


def test_keys_that_neither_file_has_are_told_of_both(tmp_path: Path) -> None:
    """Where labels are left over, the keys that the predictions have instead are counted and shown beside them."""
    parts = [
        write_csv(tmp_path / name, ("id", "p_cat", "p_dog"), [(key, 0.5, 0.5) for key in keys])
        for name, keys in (("one.csv", ("01", "02")), ("two.csv", ("03", "4")))
    ]
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(key, "cat") for key in (1, 2, 3, 4)])
    answer = xent("score", *parts, "--labels", labels, "--on", "id", "--json")
    assert (answer.status, answer.out) == (3, "")
    told = [(Path(error["where"]["path"]).name, error["count"], error["rows"]) for error in answer.errors]
    assert told == [("labels.csv", 3, [1, 2, 3]), ("one.csv", 2, [1, 2]), ("two.csv", 1, [1])]
    assert [error["rule"] for error in answer.errors] == ["unmatched-key"] * 3
    assert "key '01' is not in" in answer.errors[1]["message"]


@pytest.mark.parametrize("command", ["score", "sparse"])
def test_labels_row_by_row_need_no_key(tmp_path: Path, predictions: Path, command: str) -> None:
    """Without --on the labels stand in the order of the predictions."""
    labels = write_csv(tmp_path / "labels.csv", ("label",), [("dog",), ("fox",), ("cat",)])
    answer = xent(command, predictions, "--labels", labels, "--json")
    assert answer.document["loss"]["mean"] == pytest.approx(LOSS, rel=1e-15)


def test_both_files_may_be_long_and_of_any_format(tmp_path: Path) -> None:
    """Files of several chunks, and of part files, give the numbers of one file with everything, to the last bit."""
    rng = np.random.default_rng(3)
    n = 50_000
    frame = pd.DataFrame({"id": np.arange(n) * 7, "label": rng.integers(0, 2, n), "prob": rng.uniform(0, 1, n)})
    frame.to_csv(tmp_path / "all.csv", index=False)
    expected = document(tmp_path / "all.csv")["loss"]
    frame[["id", "prob"]].to_csv(tmp_path / "p.csv", index=False)
    frame[["id", "label"]].to_parquet(tmp_path / "l.parquet")
    with gzip.open(tmp_path / "l.csv.gz", "wt") as file:
        frame.assign(remark="a column that makes the chunks of the labels shorter than those of the rest")[
            ["id", "label", "remark"]
        ].to_csv(file, index=False)
    (tmp_path / "parts").mkdir()
    for part, start in enumerate((0, 20_000, 20_001)):
        stop = (20_000, 20_001, n)[part]
        frame[["id", "prob"]][start:stop].to_csv(tmp_path / "parts" / f"{part}.csv", index=False)
    mixed = frame[["id", "prob"]].sample(frac=1, random_state=1)
    mixed.to_csv(tmp_path / "mixed.csv", index=False)
    for name, labels, on in [
        ("p.csv", "l.parquet", True), ("p.csv", "l.parquet", False), ("p.csv", "l.csv.gz", False),
        ("parts", "l.csv.gz", False), ("parts", "l.parquet", True), ("mixed.csv", "l.csv.gz", True),
    ]:  # fmt: skip
        words = [tmp_path / name, "--labels", tmp_path / labels, *(["--on", "id"] if on else [])]
        assert document(*words)["loss"] == expected
    balanced = document(
        tmp_path / "parts", "--labels", tmp_path / "l.parquet", "--on", "id", "--class-weight", "balanced"
    )
    assert balanced["loss"] == document(tmp_path / "all.csv", "--class-weight", "balanced")["loss"]


def test_unequal_lengths_are_refused_with_both_counts(tmp_path: Path, predictions: Path) -> None:
    """Row by row the files must have the same number of rows."""
    for rows in ([("dog",), ("fox",)], [("dog",), ("fox",), ("cat",), ("cat",)], []):
        labels = write_csv(tmp_path / "labels.csv", ("label",), rows)
        error = refusal(predictions, "--labels", labels)[0]
        assert error["rule"] == ("rows-differ" if rows else "no-rows")
        if rows:
            assert error["message"] == f"3 rows of predictions in {predictions}, {len(rows)} labels in {labels}"


def test_ids_that_differ_row_by_row_are_refused(tmp_path: Path, predictions: Path) -> None:
    """Where both files have an id of one name, rows that are paired by position must have the same."""
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(1, "dog"), (3, "cat"), (2, "fox")])
    error = refusal(predictions, "--labels", labels)[0]
    assert (error["rule"], error["count"], error["rows"]) == ("id-mismatch", 2, [2, 3])
    assert error["help"].startswith("--on id pairs the rows")
    assert "--on" in error["help"]
    same = write_csv(tmp_path / "same.csv", ("id", "label"), [(1, "dog"), (2, "fox"), (3, "cat")])
    assert document(predictions, "--labels", same)["loss"]["mean"] == pytest.approx(LOSS, rel=1e-15)


def test_predictions_without_a_label_are_bad_rows(tmp_path: Path, predictions: Path) -> None:
    """A key that the labels lack is a fault of its row, counted and named; --on-bad-row skip scores the others."""
    with predictions.open("a") as file:
        file.write("7,1,0,0\n,1,0,0\n")
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(1, "dog"), (2, "fox"), (3, "cat")])
    error = refusal(predictions, "--labels", labels, "--on", "id")[0]
    assert (error["rule"], error["count"], error["rows"]) == ("unmatched-key", 2, [4, 5])
    assert error["message"] == "no label has the key '7'"
    assert (error["where"]["path"], error["where"]["line"], error["where"]["columns"]) == (str(predictions), 5, ["id"])
    found = document(predictions, "--labels", labels, "--on", "id", "--on-bad-row", "skip")
    assert found["rows"]["bad"] == {"unmatched-key": 2}
    assert found["loss"]["mean"] == pytest.approx(LOSS, rel=1e-15)


@pytest.mark.parametrize(
    ("rows", "rule", "count", "message"),
    [
        (
            [(1, "dog"), (2, "fox"), (3, "cat"), (3, "dog"), (1, "dog")],
            "repeated-key",
            2,
            "key '3' is there more than once",
        ),
        ([(1, "dog"), (2, "fox"), (3, "cat"), ("", "cat")], "missing-key", 1, "the key is missing"),
        ([(1, "dog"), (2, "fox"), (3, "cat"), (8, "cat"), (9, "cat")], "unmatched-key", 2, "key '8' is not in {}"),
    ],
)
def test_labels_whose_keys_are_at_fault_are_refused(
    tmp_path: Path, predictions: Path, rows: list[tuple[object, ...]], rule: str, count: int, message: str
) -> None:
    """Keys of the labels that are repeated, missing or without a prediction end the run, skipping or not."""
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), rows)
    for flags in ((), ("--on-bad-row", "skip")):
        error = refusal(predictions, "--labels", labels, "--on", "id", *flags)[0]
        assert (error["rule"], error["count"], error["rows"]) == (rule, count, [4, 5][:count])
        assert error["message"] == message.format(predictions)
        assert error["where"]["path"] == str(labels)
        assert error["where"]["line"] == (None if rule == "unmatched-key" else 5)


@pytest.mark.parametrize(
    ("line", "rule", "message", "detail"),
    [
        (b"4", "ragged-line", "line has 1 field, expected 2", "1 of 4 rows has the wrong number of fields"),
        (b"caf\xe9,cat", "encoding", "column id is not valid UTF-8", "1 of 4 rows is not valid UTF-8"),
    ],
)
def test_labels_whose_lines_cannot_be_read(
    line: bytes, rule: str, message: str, detail: str, tmp_path: Path, predictions: Path
) -> None:
    """Such a row does not lack its key: the message says what it is, and on which line."""
    labels = tmp_path / "labels.csv"
    labels.write_bytes(b"id,label\n1,dog\n2,fox\n3,cat\n" + line + b"\n")
    error = refusal(predictions, "--labels", labels, "--on", "id")[0]
    assert (error["rule"], error["message"], error["detail"], error["count"]) == (rule, message, detail, 1)
    assert (error["where"]["path"], error["where"]["row"], error["where"]["line"]) == (str(labels), 4, 5)
    assert error["help"]


def test_predictions_without_rows_are_named(tmp_path: Path) -> None:
    """Labels that find no prediction name the file that should have some, also where it has none at all."""
    empty = write_csv(tmp_path / "empty.csv", ("id", "p_cat", "p_dog"), [])
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(1, "dog")])
    assert refusal(empty, "--labels", labels, "--on", "id")[0]["message"] == f"key '1' is not in {empty}"


@pytest.mark.parametrize("keys", ["", ",", "id,", " "])
def test_a_key_that_was_lost_pairs_nothing(keys: str, tmp_path: Path, predictions: Path) -> None:
    """`--on "$KEY"` with KEY unset is wrong use: paired by position the number would be that of other labels."""
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(3, "dog"), (2, "fox"), (1, "cat")])
    error = refusal(predictions, "--labels", labels, "--on", keys, status=2)[0]
    assert (error["rule"], error["message"]) == ("option", f"--on {keys!r} has an empty name")


def test_a_single_key_is_shown_letter_by_letter(tmp_path: Path) -> None:
    """What joins the cells of several columns is nothing special within one."""
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(1, 1), ("C:\\new\x1f", 1)])
    path = write_csv(tmp_path / "p.csv", ("id", "prob"), [(1, 0.5)])
    assert refusal(path, "--labels", labels, "--on", "id")[0]["message"] == f"key 'C:\\\\new\\x1f' is not in {path}"


def test_keys_that_the_predictions_repeat_are_refused(tmp_path: Path) -> None:
    """A key may occur once among all predictions, also across part files."""
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(1, 1), (2, 0), (3, 1)])
    twice = write_csv(tmp_path / "a.csv", ("id", "prob"), [(1, 0.5), (2, 0.5), (1, 0.5), (3, 0.5), (1, 0.5)])
    error = refusal(twice, "--labels", labels, "--on", "id")[0]
    assert (error["rule"], error["count"], error["rows"]) == ("repeated-key", 2, [3, 5])
    first = write_csv(tmp_path / "0.csv", ("id", "prob"), [(1, 0.5), (2, 0.5)])
    second = write_csv(tmp_path / "1.csv", ("id", "prob"), [(3, 0.5), (2, 0.5)])
    error = refusal(first, second, "--labels", labels, "--on", "id")[0]
    assert (error["message"], error["where"]["path"]) == ("key '2' is there more than once", str(second))


def test_bad_labels_are_told_where_they_stand(tmp_path: Path, predictions: Path) -> None:
    """An error in a label names the file of labels with its row, and for labels row by row the line."""
    labels = write_csv(tmp_path / "labels.csv", ("id", "label", "w"), [(3, "cat", 1), (2, "wolf", 1), (1, "dog", "x")])
    errors = refusal(predictions, "--labels", labels, "--on", "id", "--weight", "w")
    assert [(error["rule"], error["where"]["path"], error["where"]["row"]) for error in errors] == [
        ("not-a-number", str(labels), 3), ("unknown-label", str(labels), 2),
    ]  # fmt: skip
    assert errors[0]["message"] == "'x' is not a number"
    assert errors[1]["where"]["values"] == ["wolf"]
    plain = tmp_path / "plain.csv"
    plain.write_text('label\ndog\n"wo\nlf"\ncat\n', encoding="utf-8")
    error = refusal(predictions, "--labels", plain)[0]
    assert (error["where"]["path"], error["where"]["row"], error["where"]["line"]) == (str(plain), 2, 3)
    targets = write_csv(tmp_path / "t.csv", CLASSES, [(3, 1, 0, 0), (2, 0.5, 0, 0), (1, 0, 1, 0)])
    error = refusal(predictions, "--labels", targets, "--on", "id")[0]
    assert (error["rule"], error["where"]["row"], error["where"]["values"]) == ("target-sum", 2, ["0.5", "0", "0"])


def test_weights_and_groups_may_come_from_the_labels(tmp_path: Path) -> None:
    """Label, weight and group columns are looked for in the file of labels first, predictions in the other."""
    submission = write_csv(tmp_path / "a.csv", ("id", "prob", "w"), [(1, 0.5, 9), (2, 0.25, 9)])
    labels = write_csv(tmp_path / "b.csv", ("id", "label", "w", "g"), [(2, 1, 3, "x"), (1, 1, 1, "y")])
    found = document(submission, "--labels", labels, "--on", "id", "--weight", "w", "--by", "g", "--cluster", "g")
    assert found["columns"]["weight"] == "labels.w"
    assert found["loss"]["mean"] == pytest.approx((math.log(2) + 3 * math.log(4)) / 4, rel=1e-15)
    assert {group["group"] for group in found["groups"]} == {"x", "y"}


def test_a_label_that_both_files_have_has_to_be_stated(tmp_path: Path) -> None:
    """A column of labels in both files is an error that names both, until --label says which."""
    one = write_csv(tmp_path / "a.csv", ("id", "label", "prob"), [(1, 0, 0.5), (2, 0, 0.25)])
    labels = write_csv(tmp_path / "b.csv", ("id", "label"), [(2, 1), (1, 1)])
    error = refusal(one, "--labels", labels, "--on", "id")[0]
    assert (error["rule"], error["message"]) == (
        "ambiguous-columns",
        f"column label could be that of {one} or of {labels}",
    )
    assert document(one, "--labels", labels, "--on", "id", "--label", "label")["columns"]["label"] == "labels.label"
    stale = write_csv(tmp_path / "c.csv", ("id", "label", "cat", "dog"), [(1, 0, 0.5, 0.5)])
    assert refusal(stale, "--labels", labels, "--on", "id")[0]["rule"] == "ambiguous-columns"


def test_wrong_use_is_told(tmp_path: Path, predictions: Path) -> None:
    """A key that a file lacks, --on without --labels, several files of labels or standard input twice: exit 2."""
    labels = write_csv(tmp_path / "labels.csv", ("Id", "label"), [(1, "dog"), (2, "fox"), (3, "cat")])
    error = refusal(predictions, "--labels", labels, "--on", "id", status=2)[0]
    assert (error["rule"], error["where"]["path"], error["help"]) == ("no-column", str(labels), "did you mean Id?")
    assert refusal(predictions, "--on", "id", status=2)[0]["rule"] == "option"
    assert refusal(predictions, "--labels", tmp_path, "--on", "id", status=2)[0]["rule"] == "option"
    assert refusal("-", "--labels", "-", "--on", "id", status=2)[0]["rule"] == "stdin-twice"
    assert refusal(predictions, "--labels", tmp_path / "none.csv", "--on", "id")[0]["rule"] == "no-file"


def test_standard_input_may_be_either_file(tmp_path: Path, predictions: Path) -> None:
    """- is standard input for the predictions or for the labels."""
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(3, "cat"), (1, "dog"), (2, "fox")])
    expected = document(predictions, "--labels", labels, "--on", "id")["loss"]
    assert document("-", "--labels", labels, "--on", "id", stdin=predictions.read_bytes())["loss"] == expected
    assert document(predictions, "--labels", "-", "--on", "id", stdin=labels.read_bytes())["loss"] == expected


def test_inspect_shows_both_files(tmp_path: Path, predictions: Path) -> None:
    """inspect lists the columns of both files and states a command that gives the same number."""
    labels = write_csv(tmp_path / "solution.csv", CLASSES, [(3, 1, 0, 0), (1, 0, 1, 0), (2, 0, 0, 1)])
    found = xent("inspect", predictions, "--labels", labels, "--on", "id", "--json").document
    roles = {column["name"]: column["role"] for column in found["header"]}
    assert roles["labels.cat"] == "target"
    assert roles["cat"] == "prediction"
    assert any("every column of" in reason for reason in found["columns"]["reasons"])
    words = found["command"].split()
    assert words[:2] == ["xent", "categorical"]
    assert xent(*words[1:], "--json").document["loss"]["mean"] == pytest.approx(LOSS, rel=1e-15)


def test_lists_of_predictions_and_targets_are_joined() -> None:
    """List columns of Parquet files are joined as columns are; the part of the labels decides nothing else."""
    logits = pa.table({"id": [1, 2], "probs": [[0.5, 0.5], [0.25, 0.75]]})
    targets = pa.table({"id": [2, 1], "target": [[0.0, 1.0], [1.0, 0.0]]})
    report = xent_cli.score(logits, labels=targets, on="id")
    assert report.loss.mean == pytest.approx((math.log(2) + math.log(4 / 3)) / 2, rel=1e-15)
    assert report.columns.targets == ("target",)


def test_python_takes_labels_as_frames_or_paths(tmp_path: Path, predictions: Path) -> None:
    """`score(…, labels=…, on=…)` is the command's --labels and --on."""
    labels = pd.DataFrame({"id": [3, 1, 2], "label": ["cat", "dog", "fox"]})
    labels.to_csv(tmp_path / "labels.csv", index=False)
    frame = pd.DataFrame(SUBMISSION, columns=list(CLASSES))
    for source, beside in [(frame, labels), (predictions, labels), (predictions, tmp_path / "labels.csv")]:
        assert xent_cli.score(source, labels=beside, on=["id"]).loss.mean == pytest.approx(LOSS, rel=1e-15)
    with pytest.raises(UsageError, match="--on names the key"):
        xent_cli.score(predictions, on="id")
    with pytest.raises(DataError, match="key '3' is not in"):
        xent_cli.score(frame[:2], labels=labels, on="id")


class _Block:
    """Columns of text, as a decoded block has them."""

    def __init__(self, **columns: list[str | None]) -> None:
        self.text = {name: pa.array(values, pa.string()) for name, values in columns.items()}


def test_several_columns_make_a_key_without_confusion() -> None:
    """Different cells make different keys, whatever they hold, and a key leads back to its cells."""
    rng = random.Random(7)  # noqa: S311  (no secret)
    letters = ["", "a", "\\", "\x1f", "u", "\\u"]
    rows = [("".join(rng.choices(letters, k=3)), "".join(rng.choices(letters, k=3))) for _ in range(300)]
    block: Any = _Block(a=[a for a, _ in rows], b=[b for _, b in rows])
    keys = key_texts(block, ("a", "b")).to_pylist()
    assert len(set(keys)) == len(set(rows))
    assert [key_parts(key, 2) for key in keys] == rows
    missing: Any = _Block(a=["x", None], b=[None, "y"])
    assert key_texts(missing, ("a", "b")).to_pylist() == [None, None]


@pytest.mark.parametrize("keys", [["5", "-3", "0", "12"], ["5", "05", "5.0", "x"], ["", " ", "a", "b"]])
def test_the_index_finds_keys_as_they_are_written(keys: list[str]) -> None:
    """A key is found in its own spelling only; what is not there, and null, is −1."""
    index = KeyIndex(pa.array(keys))
    assert index.positions(pa.array(keys[::-1])).tolist() == [3, 2, 1, 0]
    assert index.positions(pa.array(["5", None, "007", "y"])).tolist() == [
        keys.index("5") if "5" in keys else -1,
        -1,
        -1,
        -1,
    ]
    assert index.repeated().tolist() == []
    assert KeyIndex(pa.array([*keys, keys[1], keys[1]])).repeated().tolist() == [4, 5]


def sides(predictions: str, labels: str, key: str = "id") -> Sides:
    """The columns of two CSV files, given as words."""
    untyped = ColumnType("untyped", "text")
    mine, theirs = predictions.split(), [name for name in labels.split() if name != key]
    renamed = {(f"labels.{name}" if name in mine else name): name for name in theirs}
    return Sides("p.csv", "l.csv", dict.fromkeys([*mine, *renamed], untyped), renamed, (key,))


@pytest.mark.parametrize(
    ("predictions", "labels", "kind", "label", "columns"),
    [
        ("id prob", "id label", "binary", "label", ("prob",)),
        ("id churn", "id churned", "binary", "churned", ("churn",)),
        ("id isFraud", "id isFraud", "binary", "labels.isFraud", ("isFraud",)),
        ("id cat dog", "id species weight", "sparse", "species", ("cat", "dog")),
        ("id fold p_cat p_dog", "id label fold", "sparse", "label", ("p_cat", "p_dog")),
        ("id Class_1 Class_2", "id Class_1 Class_2 Usage", "categorical", None, ("Class_1", "Class_2")),
    ],
)
def test_roles_follow_from_what_the_files_are_for(
    predictions: str, labels: str, kind: str, label: str | None, columns: tuple[str, ...]
) -> None:
    """Names decide where they tell; else the predictions hold nothing but predictions, and the labels the label."""
    plan = infer_joined(sides(predictions, labels), Stated(), {})
    assert (plan.kind, plan.label, plan.predictions) == (kind, label, columns)
    if kind == "categorical":
        assert (plan.targets, plan.classes) == (("labels.Class_1", "labels.Class_2"), ("1", "2"))
    assert not any("stated by" in reason for reason in plan.reasons)


def test_the_document_is_json_of_the_contract(tmp_path: Path, predictions: Path) -> None:
    """Two files satisfy the schema of a score."""
    from jsonschema import Draft202012Validator

    from xent_cli.contract.documents import schema_text

    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(3, "cat"), (1, "dog"), (2, "fox")])
    found = document(predictions, "--labels", labels, "--on", "id")
    assert list(Draft202012Validator(json.loads(schema_text("score"))).iter_errors(found)) == []


@pytest.mark.parametrize(("on", "loaded"), [(["--on", "id"], "True"), ([], "False")])
def test_pandas_is_loaded_for_keys_alone(tmp_path: Path, predictions: Path, on: list[str], loaded: str) -> None:
    """The hash index is the one thing that pandas is loaded for."""
    labels = write_csv(tmp_path / "labels.csv", ("id", "label"), [(1, "dog"), (2, "fox"), (3, "cat")])
    code = (
        "import sys; from xent_cli.cli.border import main; status = main(sys.argv[1:]); "
        "print(status, 'pandas' in sys.modules, 'pyarrow.dataset' in sys.modules)"
    )
    words = [sys.executable, "-c", code, "score", str(predictions), "--labels", str(labels), "-qq", *on]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == f"0 {loaded} False\n", done.stderr
