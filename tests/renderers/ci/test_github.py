"""Workflow commands, read as the runner of GitHub Actions reads them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.hostile_reports import HOSTILE, endless, hostile, undefined
from tests.sample_reports import binary, reports, sparse
from xent_cli.contract.report import Gate, Notice, Report
from xent_cli.contract.text import visible
from xent_cli.renderers.ci.github import render_github
from xent_cli.renderers.view import View


class Command(NamedTuple):
    """One command of a log."""

    name: str
    title: str
    message: str


def commands(log: str) -> list[Command]:
    """The commands of a log, by the rules of the runner: lines that begin with ::, first space, first = and next ::."""
    found = []
    for line in log.splitlines():
        trimmed = line.strip()
        if not trimmed.startswith("::"):
            continue
        head, separator, data = trimmed[2:].partition("::")
        assert separator
        name, _, properties = head.partition(" ")
        pairs = dict(part.split("=", 1) for part in properties.split(",") if "=" in part)
        found.append(Command(name, _unescaped(pairs.pop("title", ""), "%3A", ":", "%2C", ","), _unescaped(data)))
        assert pairs == {}
    return found


def _unescaped(text: str, *more: str) -> str:
    """Escapes replaced in the order of the runner, %25 last."""
    for escape, character in zip(("%0D", "%0A", *more[::2], "%25"), ("\r", "\n", *more[1::2], "%"), strict=True):
        text = text.replace(escape, character)
    return text


@pytest.mark.parametrize("report", [*reports().values(), hostile(), undefined(), endless(50, 50)])
def test_every_line_is_one_annotation(report: Report) -> None:
    """There are errors, warnings and notices and nothing else, no more than ten of a kind."""
    log = render_github(report, View())
    found = commands(log)
    assert len(found) == len(log.splitlines())
    counts = Counter(command.name for command in found)
    assert set(counts) <= {"error", "warning", "notice"}
    assert max(counts.values()) <= 10


def test_failed_gates_are_errors_and_passed_ones_notices() -> None:
    """Each gate is told once, with value and limit; the mean is a notice; errors come first."""
    found = commands(render_github(binary(), View()))
    assert found[0] == Command("error", "xent max-loss", "max-loss failed: 1.21301, limit 1.213")
    assert found[-1] == Command("notice", "xent max-perplexity", "max-perplexity passed: 3.36359, limit 4")
    (mean,) = [command for command in found if command.title == "xent fail"]
    assert mean.name == "notice"
    assert "binary cross-entropy 1.21301 ± 0.331819 nats" in mean.message
    assert Command("warning", "xent few-rows", "4 rows: the interval rests on very few samples") in found


def test_undecided_and_different_are_warnings() -> None:
    """A gate that passed without being shown to hold is a warning; so are groups that differ."""
    group = replace(sparse().groups[0], flagged=True)
    gate = Gate("max-regression", 0.0, 0.01, "pass", "undecided: 0.5 here, 0.49 in main.json")
    found = commands(render_github(replace(sparse(), gates=(gate,), groups=(group,), notices=()), View()))
    assert [command.name for command in found] == ["warning", "warning", "notice"]
    assert "undecided: 0.5 here" in found[0].message
    assert found[1].message == "1 of 1 group differs from the rest: indoor"


def test_hostile_text_stays_in_its_message() -> None:
    """Names come back as they are shown, in one command each, whatever they hold."""
    for name in HOSTILE:
        gate = Gate("max-group-loss", 0.4, 0.5, "fail", None, name)
        report = replace(binary(), gates=(gate,), notices=(Notice("note", name),))
        found = commands(render_github(report, View()))
        assert len(found) == 3
        assert found[0].message == f"max-group-loss, {visible(name)} failed: 0.5, limit 0.4"
        assert found[1] == Command("warning", "xent note", visible(name).strip())
    title = commands(render_github(replace(binary(), notices=(Notice("a:b,c%0A", "x"),)), View()))
    assert "xent a:b,c%0A" in [command.title for command in title]


def test_the_tenth_says_how_many_more_there_are() -> None:
    """Of 700 failed gates nine are shown, and how many are not."""
    errors = [command for command in commands(render_github(endless(20, 700), View())) if command.name == "error"]
    assert len(errors) == 10
    assert errors[-1].message == "691 more of this kind are in the other outputs"
    ten = replace(binary(), gates=tuple(Gate(f"g{place}", 0.0, 1.0, "fail") for place in range(10)))
    assert "more of this kind" not in render_github(ten, View())
