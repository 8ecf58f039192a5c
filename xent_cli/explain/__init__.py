"""The pages of `xent explain`: Markdown files in the folders of this package, one for each name.

A page begins with the line `# NAME: summary`. Pages are plain text of ours: nothing that a user typed is in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDERS: Mapping[str, str] = {"topics": "topic", "rules": "error", "notices": "notice", "exits": "exit status"}
"""The folders in the order in which pages are listed, with what a page in them explains."""

HOME = Path(__file__).parent


class Page(NamedTuple):
    """One page: `text` is the whole Markdown, `summary` what follows the name in its first line."""

    name: str
    kind: str
    summary: str
    text: str


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
    """The names that may have been meant: they contain the word, or are spelt like it."""
    from xent_cli.contract.text import closest

    word = name.lower()
    within = [each for each in names() if len(word) > 2 and word in each]
    return tuple(dict.fromkeys([*closest(word, names(), 4), *within]))[:6]


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
