"""README.md is executed: its commands give the output that it shows, its Python is what Python says.

`pytest tests/program/test_readme.py --rewrite-golden` writes the output of today into it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.places import ROOT, SAMPLES
from tests.running import xent
from tests.shell import Shell
from tests.shown import CONSOLE, check, rewritten
from xent_cli import explain

README = ROOT / "README.md"
MOST_LINES = 350


def test_commands_and_python_give_what_is_shown(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command and every line of Python in the README gives the output that stands below it."""
    monkeypatch.chdir(ROOT)
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--rewrite-golden"):
        text = rewritten(text, Shell.of(tmp_path / "rewritten", SAMPLES, processes=True))
        README.write_text(text, encoding="utf-8")
    assert len(CONSOLE.findall(text)) >= 5
    check(text, Shell.of(tmp_path / "checked", SAMPLES, processes=True))


def test_it_is_short() -> None:
    """A newcomer reads it in one sitting; what is longer has a page of `xent explain`."""
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_every_flag_named_exists() -> None:
    """Every flag that the README names is one that `xent score --help` or that of compare shows."""
    others = {"--group", "--help", "--version", "--files", "--comparisons"}  # pip, tests
    helps = (xent(command, "--help").out for command in ("score", "compare"))
    known = set(re.findall(r"--[a-z][a-z-]+", "".join(helps))) | others
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README.read_text(encoding="utf-8")))
    assert named <= known


def test_every_topic_is_named() -> None:
    """The table of pages lists each topic, and no page that does not exist."""
    text = README.read_text(encoding="utf-8")
    table = text[text.index("| page | about |") : text.index("## Promises")]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    topics = {page.name for page in explain.pages() if page.kind == "topic"}
    assert set(re.findall(r"`([a-z]+)`", "\n".join(first))) == topics
    assert set(re.findall(r"xent explain ([a-z-]+)", text)) <= set(explain.names())


def test_every_file_named_exists() -> None:
    """Every path that the README names is there."""
    named = re.findall(r"\b((?:tests|sample_data)/[\w./-]+\w)", README.read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
