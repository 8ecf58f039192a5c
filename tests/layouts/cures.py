"""The commands that a message prints, as a reader would paste them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.running import xent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

COMMANDS = frozenset({"score", "binary", "categorical", "sparse", "inspect", "compare", "calibrate", "sequence"})
# What ends the value of a flag in prose.
_STOPS = frozenset({"or", "and", "if", "for", "where", "says", "says,", "is", "to", "with", "names", "takes", "("})


@dataclass(frozen=True)
class Paste:
    """A command to try: the subcommand, or none for flags to add to the line that was refused; and its words."""

    command: str | None
    words: tuple[str, ...]

    def __str__(self) -> str:
        """As it would be typed."""
        return shlex.join(["xent", self.command, *self.words] if self.command else self.words)


@cache
def arities() -> dict[str, int]:
    """How many words each flag takes, read from the help of the commands."""
    found: dict[str, int] = {}
    for command in sorted(COMMANDS):
        shown = xent(command, "--help", "--no-config")
        for flag, value in re.findall(r"^ +(?:-\w, )?(--[a-z][a-z-]*)(?: (\S+))?(?=  |$)", shown.out, re.MULTILINE):
            found.setdefault(flag, int(bool(value)))
    return found


def pastes(problems: list[dict[str, Any]], known: Collection[str]) -> list[Paste]:
    """Every command in the messages, once; `known` are names that are no placeholders though they look like it."""
    found: dict[Paste, None] = {}
    for problem in problems:
        for part in ("help", "message", "detail"):
            text = problem.get(part) or ""
            for paste in _commands(text):
                if paste.command is not None or not any(_placeholder(word, known) for word in paste.words):
                    found[paste] = None
    return [paste for paste in found if not any(_placeholder(word, known) for word in paste.words)]


def _placeholder(word: str, known: Collection[str]) -> bool:
    """Whether a word stands for something that the reader has to fill in."""
    if word in known or all(part in known for part in word.split(",")):
        return False
    return (
        "…" in word or "..." in word or "|" in word or re.fullmatch(r"[A-Z]{1,9}(?:[,=][A-Z]{1,9})*", word) is not None
    )


def _commands(text: str) -> Iterator[Paste]:
    """The commands in one text: in backquotes, else wherever `xent` or a flag stands."""
    quoted = re.findall(r"`([^`]+)`", text)
    for piece in (*quoted, re.sub(r"`[^`]+`", " , ", text)):
        yield from _runs(_words(piece))


def _words(text: str) -> list[str]:
    """The words of a text in the shell's sense; a quote that is an apostrophe stays."""
    found, at = [], 0
    form = re.compile(r"""(?:[^\s'"]|'[^']*'|"(?:[^"\\]|\\.)*")+|['"]\S*""")
    while (match := form.search(text, at)) is not None:
        found.append(match[0])
        at = match.end()
    return found


def _bare(word: str) -> str:
    """A word without quotes."""
    try:
        parts = shlex.split(word)
    except ValueError:
        return word
    return parts[0] if len(parts) == 1 else word


def _runs(words: list[str]) -> Iterator[Paste]:
    """Each `xent …` and each row of flags."""
    i = 0
    while i < len(words):
        word = words[i].lstrip("(")
        if word == "xent" and i + 1 < len(words) and words[i + 1].rstrip(",;:") in COMMANDS:
            command = words[i + 1].rstrip(",;:")
            taken, i = _taken(words, i + 2, files=True)
            yield Paste(command, tuple(taken))
        elif word.startswith("--") and len(word) > 2:
            words[i] = word
            taken, after = _taken(words, i, files=False)
            i = max(after, i + 1)
            if taken:
                yield Paste(None, tuple(taken))
        else:
            i += 1


def _taken(words: list[str], i: int, *, files: bool) -> tuple[list[str], int]:
    """The flags with their values, and the files of a whole command, up to the first word that is prose."""
    taken: list[str] = []
    while i < len(words):
        word = words[i]
        ended = word[-1] in ",;:" or (word[-1] == ")" and "(" not in word)
        flag, _, joined = word.rstrip(",;:)").partition("=")
        if flag.startswith("--") or re.fullmatch(r"-[a-zA-Z]", flag):
            needs = arities().get(flag, 1) if not joined else 0
            if needs and (ended or i + needs >= len(words)):
                return taken, i + 1  # `--preds,` names a flag and is no command
            values = words[i + 1 : i + 1 + needs]
            if needs and (values[0] in _STOPS or values[0].startswith("--")):
                return taken, i + 1
            if values:
                ended = values[-1][-1] in ",;" or (values[-1][-1] == ")" and "(" not in values[-1])
                values[-1] = values[-1].rstrip(",;") if "(" in values[-1] else values[-1].rstrip(",;)")
            taken += [_bare(word.rstrip(",;:)")) if joined else flag, *map(_bare, values)]
            i += 1 + needs
        elif files and _is_file(word):
            taken.append(_bare(word.rstrip(",;:")))
            i += 1
        else:
            return taken, i
        if ended:
            return taken, i
    return taken, i


def _is_file(word: str) -> bool:
    """Whether a word of a command names a file and is not the start of a sentence."""
    return (
        re.search(r"\.[a-z]{2,8}[,;:'\"]*$", word) is not None or word in {"FILE", "-"} or word.startswith(("'", '"'))
    )
