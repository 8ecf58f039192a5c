"""How many rows files have before they are read: exact by a footer, an estimate of plain text, else unknown."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xent_cli.readers import expand, expected, expected_rows, open_file


def rows_of(*paths: Path) -> int | None:
    """What is expected of some files."""
    return expected_rows(expand([str(path) for path in paths]), None, None)


def text(path: Path, rows: int) -> Path:
    """A file of rows that are about equally long."""
    path.write_text("label,prob\n" + "".join(f"{n % 2},0.{n % 9000 + 1000}\n" for n in range(rows)))
    return path


def test_a_footer_says_it_exactly(tmp_path: Path) -> None:
    """Parquet files tell the number of their rows, together the sum."""
    for name, rows in (("a", 7), ("b", 1_000)):
        pq.write_table(pa.table({"prob": [0.5] * rows}), tmp_path / f"{name}.parquet")
    assert rows_of(tmp_path / "a.parquet") == 7
    assert rows_of(tmp_path / "a.parquet", tmp_path / "b.parquet") == 1_007


def test_the_first_rows_of_a_text_stand_for_the_others(tmp_path: Path) -> None:
    """The number of lines of a large text follows from its size, within a per cent where lines are alike."""
    assert rows_of(text(tmp_path / "a.csv", 10)) == 10
    found = rows_of(text(tmp_path / "b.csv", 100_000))
    assert found is not None
    assert abs(found - 100_000) < 1_000


def test_many_files_are_not_all_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many files the first ones stand for the others, by their size."""
    paths = [text(tmp_path / f"{n}.csv", 100) for n in range(6)]
    monkeypatch.setattr(expected, "MOST_OPENED", 2)
    opened: list[str] = []
    monkeypatch.setattr(
        expected, "open_file", lambda target, **how: opened.append(target.path) or open_file(target, **how)
    )
    assert rows_of(*paths) == 600
    assert opened == [str(path) for path in paths[:2]]


def test_what_cannot_be_known_is_not_guessed(tmp_path: Path) -> None:
    """Compressed files, streams, and files that cannot be opened have no number of rows beforehand."""
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(b"label,prob\n1,0.5\n"))
    assert rows_of(packed) is None
    assert rows_of(text(tmp_path / "b.csv", 10), packed) is None
    damaged = tmp_path / "c.parquet"
    damaged.write_bytes(b"PAR1 is not enough")
    assert rows_of(damaged) is None
    assert expected_rows(expand(["-"]), None, None) is None


def test_nothing_is_taken_from_a_pipe(tmp_path: Path) -> None:
    """A pipe by its path stays whole for the run."""
    reader, writer = os.pipe()
    os.write(writer, b"label,prob\n1,0.5\n")
    os.close(writer)
    assert rows_of(Path(f"/dev/fd/{reader}")) is None
    assert os.read(reader, 100) == b"label,prob\n1,0.5\n"
    os.close(reader)
    assert tmp_path.is_dir()
