"""Several files scored apart as Markdown, CSV and TSV: the best first, all digits, foreign names that stay text."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest

from tests.running import xent
from xent_cli.renderers.markup.leaderboard import FIELDS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three models in the working directory: a mean of 0.4, one of 0.2 and an infinite one."""
    for name, p in (("worst", "0"), ("bad", "0.4"), ("good", "0.9")):
        (tmp_path / f"{name}.csv").write_text(f"label,prob\n1,{p}\n0,0.25\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


FILES = ("worst.csv", "bad.csv", "good.csv")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("format_", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_a_line_a_file_with_every_digit(format_: str, delimiter: str) -> None:
    """The lines are in the order of the means, with the numbers of the JSON; what is undefined is empty."""
    answer = xent("score", *FILES, "--each", "--format", format_)
    assert answer.status == 0, answer.err
    lines = list(csv.DictReader(io.StringIO(answer.out), delimiter=delimiter))
    assert [line["file"] for line in lines] == ["good.csv", "bad.csv", "worst.csv"]
    assert answer.out.partition("\n")[0] == delimiter.join(FIELDS)
    assert float(lines[0]["mean"]) == pytest.approx(-(math.log(0.9) + math.log(0.75)) / 2, rel=1e-15)
    reports = xent("score", *FILES, "--each", "--json").document["reports"]
    for line, report in zip(lines[:2], reports, strict=False):
        loss = report["loss"]
        assert [float(line[name]) for name in ("mean", "se", "ci_low", "ci_high", "skill", "accuracy")] == [
            loss["mean"], loss["se"], loss["ci"]["low"], loss["ci"]["high"], report["baseline"]["skill"],
            report["accuracy"],
        ]  # fmt: skip
        assert (line["rows"], line["unit"], line["signature"]) == ("2", "nats", report["signature"])
    assert (lines[2]["mean"], lines[2]["se"]) == ("inf", "")


@pytest.mark.usefixtures("folder")
def test_markdown_has_the_verdict_the_gates_and_the_files() -> None:
    """The gates come first, those that failed before the others, then the files, the best first."""
    answer = xent("score", *FILES, "--each", "--format", "markdown", "--max-loss", "0.3")
    assert answer.status == 1
    lines = answer.out.splitlines()
    assert lines[0] == "## xent: fail"
    assert [line.partition("</code>")[0].removeprefix("| <code>") for line in lines if line.startswith("| <code>")] == [
        "max-loss, bad.csv", "max-loss, worst.csv", "max-loss, good.csv", "good.csv", "bad.csv", "worst.csv",
    ]  # fmt: skip
    assert "| <code>good.csv</code> | 0.196521 |" in answer.out
    assert xent("score", "good.csv", "--each", "--format", "markdown").out.startswith("## xent: 1 file scored apart\n")


def test_copies_are_written_beside_the_table(folder: Path) -> None:
    """--output takes these formats by name; the same as on standard output."""
    for format_ in ("markdown", "csv", "tsv"):
        shown = xent("score", *FILES, "--each", "--format", format_).out
        answer = xent("score", *FILES, "--each", "--output", f"{format_}=copy")
        assert answer.status == 0, answer.err
        assert (folder / "copy").read_text(encoding="utf-8") == shown


def test_a_name_is_no_markup_and_no_formula(folder: Path) -> None:
    """The name of a file cannot become a link, a mention or a formula of a spreadsheet."""
    path = folder / "=HYPERLINK(a)|@team.csv"
    path.write_text("label,prob\n1,0.9\n0,0.25\n", encoding="utf-8")
    assert xent("score", path.name, "--each", "--format", "csv").out.splitlines()[1].startswith("'=HYPERLINK(a)|@team")
    shown = xent("score", path.name, "--each", "--format", "markdown").out
    assert "@team" not in shown
    assert "|@" not in shown


@pytest.mark.usefixtures("folder")
def test_without_each_csv_is_that_of_the_samples() -> None:
    """The same name of a format shows the samples where files are scored as one."""
    answer = xent("score", "bad.csv", "good.csv", "--format", "csv")
    assert answer.out.splitlines()[0] == "row,label,p,loss,weight"
    assert len(answer.out.splitlines()) == 5
