"""Files that hold the same samples and samples with several rows are pointed out, through both ways in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

import xent_cli
from tests.running import process, write_csv, xent
from xent_cli.readers.csv import file
from xent_cli.scoring.tally.ids import MOST_IDS

LIMIT = f"{MOST_IDS:,}"


def predictions(path: Path, ids: Iterable[object], column: str = "id") -> Path:
    """A file of predictions with these ids."""
    rows = [[each, n % 2, 0.2 + 0.1 * (n % 5)] for n, each in enumerate(ids)]
    return write_csv(path, [column, "label", "prob"], rows)


def said(*words: object) -> list[str]:
    """The messages of the notice in the JSON report."""
    answer = xent("score", *words, "--json")
    assert answer.status == 0, answer.err
    return [each["message"] for each in answer.document["notices"] if each["code"] == "repeated-ids"]


def test_files_with_the_same_ids_are_probably_several_models(tmp_path: Path) -> None:
    """Two files of the same samples are pooled with a notice that names the ways to keep them apart."""
    a, b = predictions(tmp_path / "a.csv", range(4)), predictions(tmp_path / "b.csv", range(4))
    (message,) = said(a, b)
    assert message == (
        f"{a} and {b} hold the same samples (4 of 4 ids of column id are in both): several models pooled into one "
        "mean? xent compare compares them, --each scores each by itself"
    )
    assert "notice[repeated-ids]" in xent("score", a, b).err
    assert "repeated-ids" in xent("inspect", a, b).out
    report = xent_cli.score([str(a), str(b)])
    assert [each.message for each in report.notices if each.code == "repeated-ids"] == [message]


def test_more_files_of_the_same_samples_are_counted(tmp_path: Path) -> None:
    """The first pair is named, how many more there are is said; half of the ids in common are enough."""
    parts = [predictions(tmp_path / f"{n}.csv", range(n, n + 4)) for n in range(4)]
    (message,) = said(*parts)
    assert message.startswith(f"{parts[0]} and {parts[1]} hold the same samples (3 of 4 ids of column id")
    assert ", and so on for 2 more files)" in message


def test_parts_of_one_data_set_say_nothing(tmp_path: Path) -> None:
    """Files whose ids are all different, files without an id column, and rows without an id are no reason for it."""
    a, b = predictions(tmp_path / "a.csv", range(4)), predictions(tmp_path / "b.csv", range(4, 8))
    assert said(a, b) == []
    c, d = predictions(tmp_path / "c.csv", range(4), "x7"), predictions(tmp_path / "d.csv", range(4), "x7")
    assert said(c, d) == []
    assert len(said(c, d, "--id", "x7")) == 1
    assert said(predictions(tmp_path / "e.csv", ["", "", 1, 2])) == []


def test_files_scored_apart_say_nothing(tmp_path: Path) -> None:
    """The cures of the notice hold: --each and compare take the files without it."""
    a, b = predictions(tmp_path / "a.csv", range(4)), predictions(tmp_path / "b.csv", range(4))
    for words in (("score", a, b, "--each"), ("compare", a, b)):
        answer = xent(*words, "--json")
        assert answer.status == 0, answer.err
        assert "repeated-ids" not in answer.out


def test_samples_with_several_rows_are_not_independent(tmp_path: Path) -> None:
    """Ids that occur twice in a file are counted, with the flag that allows for them, which ends the notice."""
    path = predictions(tmp_path / "a.csv", [1, 2, 2, 3, 3, 3, 4, 5, 6])
    (message,) = said(path)
    assert message == (
        "2 of 6 ids of column id occur more than once, such as 2: rows of one sample are not independent; --cluster id "
        "allows for that"
    )
    assert said(path, "--cluster", "id") == []
    odd = predictions(tmp_path / "b.csv", [1, 1], "image id")
    (message,) = said(odd, "--id", "image id")
    assert "--cluster 'image id' allows" in message
    other = predictions(tmp_path / "c.csv", [9, 2, 10, 11])  # one id in common with the first file: not its samples
    (message,) = said(path, other)
    assert message.startswith("2 of 9 ids of column id occur more than once")


def test_only_the_first_ids_are_looked_at_and_the_notice_says_so(tmp_path: Path) -> None:
    """A repeat among the first ids is "at least" that; one behind them is not seen."""
    early = predictions(tmp_path / "a.csv", [0, *range(3 * MOST_IDS)])
    (message,) = said(early)
    assert message.startswith(f"at least 1 of the first {MOST_IDS - 1:,} ids of column id")
    assert said(predictions(tmp_path / "b.csv", [*range(MOST_IDS), 0])) == []
    a, b = predictions(tmp_path / "c.csv", range(3 * MOST_IDS)), predictions(tmp_path / "d.csv", range(3 * MOST_IDS))
    (message,) = said(a, b)
    assert f"({LIMIT} of the first {LIMIT} ids of column id are in both)" in message


def test_an_id_is_shown_as_data(tmp_path: Path) -> None:
    """An id that holds an escape sequence does not reach the terminal as one."""
    path = predictions(tmp_path / "a.csv", ["\x1b[31mx", "\x1b[31mx"])
    err = xent("score", path).err
    assert "\x1b" not in err
    assert r"\x1b[31mx" in err


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_how_a_file_is_cut_changes_nothing(threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notice is the same for every size of block and number of threads."""
    a = predictions(tmp_path / "a.csv", [0, 0, *range(4 * MOST_IDS)])
    b = predictions(tmp_path / "b.csv", [7, 7, *range(MOST_IDS, 4 * MOST_IDS)])
    whole = said(a, b)
    assert len(whole) == 1
    for size in (500, 3_000, 20_000):
        monkeypatch.setattr(file, "PIECE", size)
        assert said(a, b, "--threads", threads) == whole


def test_processes_change_nothing(tmp_path: Path) -> None:
    """Sections of a file that are scored in processes of their own give the same notice as one thread."""
    n = 400_000
    a = predictions(tmp_path / "a.csv", [0, *range(n)])
    table = pacsv.read_csv(a)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=n // 8)
    for path in (a, tmp_path / "a.parquet"):
        reports: list[Any] = [process("score", path, "--json", "--threads", threads).stdout for threads in (1, 2)]
        assert b"repeated-ids" in reports[0]
        assert reports[0] == reports[1]
