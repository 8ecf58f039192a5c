"""Documents whose commands are run: console blocks and Python sessions with the output that they show."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.shell import Shell

CONSOLE = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
PYTHON = re.compile(r"(?<=```python\n).*?(?=```)", re.DOTALL)
NUMBER = re.compile(r"[-+]?\d+\.\d+(?:e[-+]?\d+)?")


def console(block: str, shell: Shell) -> str:
    """A console block with the output that its commands have today."""
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{shell.run(line[2:])}" for line in lines)


def session(block: str) -> str:
    """A Python block with the values that its expressions have today."""
    names: dict[str, Any] = {}
    shown = ""
    for line in [line for line in block.splitlines() if line.startswith(">>> ")]:
        shown += line + "\n"
        try:
            value = eval(line[4:], names)  # noqa: S307  (the document's own code)
        except SyntaxError:
            exec(line[4:], names)  # noqa: S102  (the same)
        else:
            shown += f"{value!r}\n"
    return shown


def rewritten(text: str, shell: Shell) -> str:
    """The document with the output of today."""
    text = CONSOLE.sub(lambda found: console(found[0], shell), text)
    return PYTHON.sub(lambda found: session(found[0]), text)


def check(text: str, shell: Shell) -> None:
    """Every command and every line of Python gives the output that is shown below it, none fails by accident."""
    for block in CONSOLE.findall(text):
        today = console(block, shell)
        assert alike(block, today), today
        for word in ("Traceback", "Usage:", "not found", "internal error"):
            assert word not in today
    for block in PYTHON.findall(text):
        assert alike(block, session(block))


def alike(one: str, other: str) -> bool:
    """Whether two outputs are the same, numbers to 12 digits: other processors may differ in the last bit."""
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (one, other)]
    words = [re.sub(r"\s+", " ", NUMBER.sub("#", text)) for text in (one, other)]
    return words[0] == words[1] and numbers[0] == pytest.approx(numbers[1], rel=1e-12)
