"""`xent score --each`: each file has the numbers that it has alone, and the best comes first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from tests.running import xent
from xent_cli.contract.documents import schema_text

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "good.csv": "label,prob\n1,0.9\n0,0.2\n",
    "bad.csv": "label,prob\n1,0.4\n0,0.7\n",
    "worst.csv": "label,prob\n1,0\n0,0.5\n",
}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three models, the worst first."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / name for name in reversed(FILES)]


def test_each_file_has_the_report_that_it_has_alone(files: list[Path]) -> None:
    """The reports are those of single runs, to the last byte, ordered by their mean, an infinite one last."""
    board = xent("score", *files, "--each", "--json").document
    alone = [xent("score", path, "--json").document for path in reversed(files)]
    assert board["reports"] == alone
    assert alone[-1]["loss"]["mean"] == "Infinity"
    assert Draft202012Validator(json.loads(schema_text("each"))).is_valid(board)


def test_a_gate_holds_for_each_file(files: list[Path]) -> None:
    """One file above the limit fails the run, and the gates name their files."""
    answer = xent("score", *files, "--each", "--json", "--max-loss", "0.5")
    assert (answer.status, answer.document["status"]) == (1, "fail")
    assert [(gate["group"].rpartition("/")[2], gate["status"]) for gate in answer.document["gates"]] == [
        ("good.csv", "pass"), ("bad.csv", "fail"), ("worst.csv", "fail"),
    ]  # fmt: skip
    assert xent("score", files[-1], "--each", "--max-loss", "0.5").status == 0


def test_a_file_that_cannot_be_scored_ends_the_run(files: list[Path]) -> None:
    """A leaderboard without one of the files asked for would be read as the whole of it."""
    files[0].write_text("label,prob\n1,7\n", encoding="utf-8")
    answer = xent("score", *files, "--each")
    assert (answer.status, answer.out) == (3, "")
    assert "worst.csv" in answer.err


def test_different_samples_are_no_ranking(files: list[Path], tmp_path: Path) -> None:
    """Files of different lengths are shown, with a notice that their order ranks nothing."""
    more = tmp_path / "more.csv"
    more.write_text(FILES["good.csv"] + "1,0.6\n", encoding="utf-8")
    notices = xent("score", files[-1], more, "--each", "--json").document["notices"]
    assert "not-comparable" in [notice["code"] for notice in notices]


@pytest.mark.parametrize("words", [("--format", "jsonl"), ("--losses", "rows.csv"), ("--format", "junit")])
def test_what_each_cannot_write_is_refused(files: list[Path], words: tuple[str, str]) -> None:
    """Formats of one report, or of its rows, are refused with what there is."""
    answer = xent("score", *files, "--each", *words)
    assert (answer.status, answer.out) == (2, "")
    assert "table or json or markdown or csv or tsv" in answer.err
