"""A made-up repository whose models regress, do not, or leave it open: status and words, as CI reads each format."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.running import Answer, write_csv, xent

FORMATS = (
    "table", "json", "markdown", "github", "junit", "metrics", "openmetrics", "benchmark-action", "csv", "jsonl", "tsv",
)  # fmt: skip
ROWS = 3000


class Verdict(NamedTuple):
    """What a reader of one format learns of the gate."""

    passed: bool
    words: str


def model(path: Path, logits: np.ndarray[Any, np.dtype[np.float64]], y: np.ndarray[Any, np.dtype[np.int64]]) -> None:
    """A file of predictions."""
    p = 1 / (1 + np.exp(-logits))
    write_csv(path, ["id", "label", "prob"], [(row, int(y[row]), float(p[row])) for row in range(len(y))])


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of main with its report, one that knows less, one that knows more, one of other noise."""
    folder, rng = tmp_path_factory.mktemp("repository"), np.random.default_rng(5)
    z = rng.normal(0.0, 2.0, ROWS)
    y = (rng.random(ROWS) < 1 / (1 + np.exp(-z))).astype(np.int64)
    noise = [rng.normal(0.0, 0.8, ROWS) for _ in range(2)]
    model(folder / "main.csv", z + noise[0], y)
    model(folder / "worse.csv", 0.2 * (z + noise[0]), y)
    model(folder / "better.csv", z + (2 * y - 1), y)
    model(folder / "undecided.csv", z + noise[1], y)
    assert xent("score", folder / "main.csv", "--output", f"json={folder / 'main.json'}", "-qq").status == 0
    return folder


def judged(command: str, name: str, repository: Path, *flags: object) -> Answer:
    """A model held against that of main, with a margin of a thousandth."""
    new = repository / f"{name}.csv"
    gate = ("--max-regression", "0.1%", *flags)
    if command == "score":
        return xent("score", new, "--baseline", repository / "main.json", *gate)
    return xent("compare", repository / "main.csv", new, *gate)


def beside(answer: Answer) -> Verdict:
    """The line on standard error that tells of the one gate."""
    (found,) = re.findall(r"^gate\[(pass|fail)\]: (.*)$", answer.err, re.MULTILINE)
    return Verdict(found[0] == "pass", found[1])


def in_table(text: str) -> Verdict:
    """The line of the gate in the section that lists them."""
    lines = text[text.index("\ngates\n") :].splitlines()
    words = next(line for line in lines if line.strip().startswith("max-regression")).split()
    assert words[3] in {"pass", "fail"}
    first = text.splitlines()[0].split()
    assert first[-1] == words[3]  # the headline says the same
    return Verdict(words[3] == "pass", " ".join(words[4:]))


def in_markdown(text: str) -> Verdict:
    """The row of the table of gates, as a reader of GitHub's Markdown finds it."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = (token.children or () for token in tokens if token.type == "inline")
    cells = ["".join(child.content for child in children if child.type == "text") for children in inline]
    at = cells.index("max-regression")
    assert cells[at + 3] in {"pass", "fail"}
    assert cells[0] == f"xent: {cells[at + 3]}" or cells[0] == f"xent compare: {cells[at + 3]}"
    return Verdict(cells[at + 3] == "pass", cells[at + 4])


def in_annotations(text: str) -> Verdict:
    """An error where the gate failed, a warning where it passed undecided and worse, or a notice."""
    found = re.findall(r"^::(error|warning|notice) title=xent max-regression::(.*)$", text, re.MULTILINE)
    ((kind, words),) = found
    (value,) = re.findall(r"(?:passed|failed): (\S+), limit ", words)
    assert (kind == "warning") == ("passed" in words and "undecided" in words and float(value) > 0)
    assert (kind == "error") == ("failed" in words)
    return Verdict(kind != "error", words)


def in_junit(text: str) -> Verdict:
    """The test case of the gate."""
    (suite,) = JUnitXml.fromstring(text.encode())
    (case,) = list(suite)
    assert case.name == "max-regression"
    return Verdict(not case.result, case.result[0].message if case.result else case.system_out)


def read(format: str, answer: Answer) -> Verdict:
    """What the reader of a format learns."""
    if format == "table":
        return in_table(answer.out)
    if format == "json":
        (gate,) = answer.document["gates"]
        assert answer.document["status"] == gate["status"]
        return Verdict(gate["status"] == "pass", gate["reason"])
    readers = {"markdown": in_markdown, "github": in_annotations, "junit": in_junit}
    if format in readers:
        return readers[format](answer.out)
    told = beside(answer)
    if format == "metrics":
        numbers = json.loads(answer.out)
        assert numbers["gates_failed"] == 1 - numbers["gate_max_regression_passed"]
        return Verdict(numbers["gate_max_regression_passed"] == 1, told.words)
    if format == "openmetrics":
        families = {family.name: family.samples for family in text_string_to_metric_families(answer.out)}
        return Verdict(families["xent_gate_passed"][0].value == 1, told.words)
    if format == "benchmark-action":
        return Verdict(told.passed, json.loads(answer.out)[0]["extra"])
    assert answer.out.count("\n") == ROWS + (format != "jsonl")  # the samples alone
    return told


WORDS = {"worse": "worse", "better": "better", "undecided": "undecided"}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("command", ["score", "compare"])
@pytest.mark.parametrize(("name", "status"), [("worse", 1), ("better", 0), ("undecided", 0)])
def test_status_and_words_in_each_format(name: str, status: int, command: str, format: str, repository: Path) -> None:
    """The model that regresses fails, the others pass, and each reader is told the verdict and no other one."""
    answer = judged(command, name, repository, "--format", format)
    assert answer.status == status
    found = read(format, answer)
    assert found.passed == (status == 0)
    said = set(re.findall(r"\b(no worse|worse|better|undecided)\b", re.sub(r"\S+\.(csv|json)", "", found.words)))
    assert said == {WORDS[name]}
    assert not re.search(r"equal|identical|no difference|as good", answer.out + answer.err)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("command", ["score", "compare"])
def test_strict_fails_what_is_undecided(command: str, format: str, repository: Path) -> None:
    """With --strict the undecided one fails too, in the same words, and the better one still passes."""
    undecided = judged(command, "undecided", repository, "--strict", "--format", format)
    found = read(format, undecided)
    assert (undecided.status, found.passed) == (1, False)
    assert "undecided" in found.words
    assert judged(command, "better", repository, "--strict", "--format", format).status == 0


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("command", ["score", "compare"])
def test_what_cannot_be_judged_has_no_document(command: str, format: str, repository: Path, tmp_path: Path) -> None:
    """Without the baseline there is no verdict in any format: status 3, nothing on standard output, an error beside."""
    new = repository / "better.csv"
    missing = tmp_path / "nowhere.json"
    words = ("score", new, "--baseline", missing) if command == "score" else ("compare", missing, new)
    answer = xent(*words, "--max-regression", "1%", "--format", format)
    assert (answer.status, answer.out) == (3, "")
    assert "nowhere.json" in answer.err
    annotations = re.findall(r"^::(\w+) title=xent (no-baseline|no-file)::(.*)$", answer.err, re.MULTILINE)
    assert [kind for kind, *_ in annotations] == (["error"] if format == "github" else [])
    assert all("nowhere.json" in message for *_, message in annotations)
