"""The table of parameters: the command line and Python have the same ones, with the same names and defaults."""

from __future__ import annotations

import inspect
from typing import Any, get_args

import click
import pytest

import xent_cli
from xent_cli.api.parameters import SECTIONS, TABLE, parameters_of
from xent_cli.cli.commands import cli

FUNCTIONS = {"score": xent_cli.score, "compare": xent_cli.compare}
ONLY_PYTHON = {"score": {"source", "kind"}, "compare": {"baseline", "candidates", "conventions"}}
"""What is an argument or a command on the command line, or older than the table."""


@pytest.mark.parametrize("command", ["score", "compare"])
def test_keywords_are_the_rows_of_the_table(command: str) -> None:
    """Python has a keyword for each row that is for it, with its default; and no other."""
    rows = {each.name: each.default for each in parameters_of(command) if each.python}
    keywords = inspect.signature(FUNCTIONS[command]).parameters
    assert {name: each.default for name, each in keywords.items() if name not in ONLY_PYTHON[command]} == rows


@pytest.mark.parametrize("command", ["score", "compare"])
def test_words_are_those_of_the_table(command: str) -> None:
    """What a type checker allows as a word is what the table allows."""
    scope: dict[str, Any] = {"Literal": __import__("typing").Literal}
    keywords = inspect.signature(FUNCTIONS[command]).parameters
    for row in parameters_of(command):
        if row.python and row.kind == "word":
            allowed = eval(keywords[row.name].annotation.removesuffix(" | None"), scope)  # noqa: S307  (our own text)
            assert get_args(allowed) == row.choices, row.name


@pytest.mark.parametrize("command", ["score", "binary", "categorical", "sparse", "inspect", "compare"])
def test_options_are_the_rows_of_the_table(command: str) -> None:
    """A command has an option for each of its rows, and besides them those that ask for help or no configuration."""
    known = command if command in {"inspect", "compare"} else "score"
    options = [each for each in cli.commands[command].params if isinstance(each, click.Option)]
    assert [each.name for each in options] == [*(each.name for each in parameters_of(known)), "no_config"]
    flags = {each.name: each.opts[-1] for each in options}
    assert all(flags[each.name] == each.flag for each in parameters_of(known))


def test_score_and_compare_name_the_same_things_alike() -> None:
    """A row of both commands has one type and one default, also where its help differs."""
    rows: dict[str, set[tuple[Any, ...]]] = {}
    for each in TABLE:
        rows.setdefault(each.name, set()).add((each.kind, each.default, each.choices, each.section, each.metavar))
    assert all(len(forms) == 1 for forms in rows.values())


def test_rows_have_a_place() -> None:
    """Every row stands in a section of --help, and a command has no name twice."""
    assert {each.section for each in TABLE} <= set(SECTIONS)
    for command in ("score", "inspect", "compare"):
        names = [each.name for each in parameters_of(command)]
        assert len(names) == len(set(names))
