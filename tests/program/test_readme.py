"""README.md is executed: its commands give the output that it shows, its Python is what Python says.

`pytest tests/program/test_readme.py --rewrite-golden` writes the output of today into it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

README = ROOT / "README.md"
CONSOLE = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
PYTHON = re.compile(r"(?<=```python\n).*?(?=```)", re.DOTALL)
NUMBER = re.compile(r"[-+]?\d+\.\d+(?:e[-+]?\d+)?")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Run a command line of the README beside sample_data, with `xent` on the path."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    programs = folder / "bin"
    programs.mkdir()
    shim = programs / "xent"
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m xent_cli "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    # the package under test is found as this process found it
    env |= {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }

    def run(line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        return done.stdout.decode()

    return run


def console(block: str, shell: Callable[[str], str]) -> str:
    """A console block with the output that its commands have today."""
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{shell(line[2:])}" for line in lines)


def session(block: str) -> str:
    """A Python block with the values that its expressions have today."""
    names: dict[str, Any] = {}
    shown = ""
    for line in [line for line in block.splitlines() if line.startswith(">>> ")]:
        shown += line + "\n"
        try:
            value = eval(line[4:], names)  # noqa: S307  (the README's own code)
        except SyntaxError:
            exec(line[4:], names)  # noqa: S102  (the same)
        else:
            shown += f"{value!r}\n"
    return shown


def alike(one: str, other: str) -> bool:
    """Whether two outputs are the same, numbers to 12 digits: other processors may differ in the last bit."""
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (one, other)]
    words = [re.sub(r"\s+", " ", NUMBER.sub("#", text)) for text in (one, other)]
    return words[0] == words[1] and numbers[0] == pytest.approx(numbers[1], rel=1e-12)


def test_commands_and_python_give_what_is_shown(
    shell: Callable[[str], str], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command and every line of Python in the README gives the output that stands below it."""
    monkeypatch.chdir(ROOT)
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--rewrite-golden"):
        text = CONSOLE.sub(lambda found: console(found[0], shell), text)
        text = PYTHON.sub(lambda found: session(found[0]), text)
        README.write_text(text, encoding="utf-8")
    blocks = CONSOLE.findall(text)
    assert len(blocks) >= 5
    for block in blocks:
        assert alike(block, console(block, shell))
    for block in PYTHON.findall(text):
        assert alike(block, session(block))


def test_no_command_fails_without_saying_so(shell: Callable[[str], str]) -> None:
    """No output in the README is a traceback, a usage message or a missing program."""
    for block in CONSOLE.findall(README.read_text(encoding="utf-8")):
        shown = console(block, shell)
        for word in ("Traceback", "Usage:", "not found", "internal error"):
            assert word not in shown


def test_every_flag_named_exists(shell: Callable[[str], str]) -> None:
    """Every flag that the README names is one that `xent score --help` shows."""
    others = {"--group", "--help", "--version", "--files", "--comparisons", "--tenfold", "--no-ff"}  # pip, tests, git
    known = set(re.findall(r"--[a-z][a-z-]+", shell("xent score --help"))) | others
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README.read_text(encoding="utf-8")))
    assert named <= known


def test_rules_named_are_the_rules_there_are() -> None:
    """The table of row rules lists each rule that a row can break, and no other."""
    from xent_cli.scoring.rules import RULES

    text = README.read_text(encoding="utf-8")
    table = text[text.index("| rule | the row has |") : text.index("An unreadable, truncated")]
    assert set(
        re.findall(r"`([a-z-]+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|")))
    ) == set(RULES)
