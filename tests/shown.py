"""Documents whose commands are run: console blocks and Python sessions with the output that they show."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CONSOLE = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
PYTHON = re.compile(r"(?<=```python\n).*?(?=```)", re.DOTALL)
NUMBER = re.compile(r"[-+]?\d+\.\d+(?:e[-+]?\d+)?")
COLOURS = {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}


@dataclass(frozen=True)
class Shell:
    """Runs command lines in a folder that has sample_data, with `xent` and `python` on the path."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, samples: Path) -> Shell:
        """Prepare a folder."""
        folder.mkdir(exist_ok=True)
        (folder / "sample_data").symlink_to(samples, target_is_directory=True)
        programs = folder / ".bin"
        programs.mkdir()
        python = shlex.quote(sys.executable)
        for name, command in (("xent", f"{python} -m xent_cli"), ("python", python)):
            shim = programs / name
            shim.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
            shim.chmod(0o755)
        return cls(folder)

    def run(self, line: str) -> str:
        """What a command line prints, standard error included."""
        env = {name: value for name, value in os.environ.items() if name not in COLOURS}
        # the package under test is found as this process found it
        env |= {
            "PATH": f"{self.folder / '.bin'}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        return done.stdout.decode()


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
