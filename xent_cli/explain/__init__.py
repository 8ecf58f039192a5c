"""The pages of `xent explain`: Markdown files in the folders of this package, one for each name.

A page begins with the line `# NAME: summary`. Pages are text of ours: nothing that a user typed is in them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xent_cli.contract.pages import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xent_cli.contract.errors import Problem

FOLDERS: Mapping[str, str] = {"topics": "topic", "rules": "error", "notices": "notice", "exits": "exit status"}
"""The folders in the order in which pages are listed, with what a page in them explains."""

SELF_EXPLANATORY = frozenset({
    "bad-delimiter", "bad-path", "bad-selector", "class-count", "disk-full", "duplicate-output", "flags-conflict",
    "is-directory", "no-directory", "no-file", "not-a-file", "not-writable", "one-class", "one-column", "option",
    "output", "output-format", "stdin", "stdin-twice", "stdout-closed", "system", "too-many-rows", "unknown-format",
    "unsupported-address", "usage", "write-failed",
})  # fmt: skip
"""Errors whose message says what their page says: they do not point to it."""

HOME = Path(__file__).parent


def names() -> tuple[str, ...]:
    """The names of all pages: topics, errors, notices, exit statuses, each by name (statuses by number)."""
    return tuple(path.stem for path in _paths())


def pages() -> tuple[Page, ...]:
    """Every page, in the order of `names`."""
    return tuple(_read(path) for path in _paths())


def find(name: str) -> Page | None:
    """The page of a name, None where there is none. Case does not matter."""
    return next((_read(path) for path in _paths() if path.stem == name.lower()), None)


def close_names(name: str) -> tuple[str, ...]:
    """The names that may have been meant: they are spelt like the word, or contain it."""
    from xent_cli.contract.text import closest

    word = name.lower()
    within = [each for each in names() if len(word) > 2 and word in each]
    return tuple(dict.fromkeys([*closest(word, names(), 4), *within]))[:6]


def with_pages(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems, each with the name of the page that says more about it.

    Nothing is read: an error may come from a system that has no file or memory left. A test holds that the pages exist.
    """
    return tuple(
        replace(problem, explain=None if problem.rule in SELF_EXPLANATORY else problem.rule) for problem in problems
    )


def _paths() -> list[Path]:
    """The files of all pages."""
    return [path for folder in FOLDERS for path in sorted((HOME / folder).glob("*.md"), key=_by_number)]


def _by_number(path: Path) -> tuple[int, str]:
    """Numbers by their size, all else by name."""
    return (int(path.stem) if path.stem.isdecimal() else 0), path.stem


def _read(path: Path) -> Page:
    """The page in a file."""
    text = path.read_text(encoding="utf-8")
    title = text.partition("\n")[0].removeprefix("# ")
    return Page(path.stem, FOLDERS[path.parent.name], title.partition(": ")[2], text)
