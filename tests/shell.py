"""Command lines as a reader types them: in bash, or xent in this process where bash would only pass bytes to it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.running import xent

COLOURS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
PIECE = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|[;|&<>()]+|[^'"\\;|&<>()]+""", re.DOTALL)
"""A quoted string, an operator, or what stands between these."""


@dataclass(frozen=True)
class Shell:
    """Runs command lines in a folder that has sample_data, with `xent` and `python` on the path.

    Where not all are to be `processes`, an xent whose streams are only piped, if anything, runs in this process.
    """

    folder: Path
    processes: bool = False

    @classmethod
    def of(cls, folder: Path, samples: Path, *, processes: bool = False) -> Shell:
        """Prepare a folder."""
        folder.mkdir(exist_ok=True)
        (folder / "sample_data").symlink_to(samples, target_is_directory=True)
        programs = folder / ".bin"
        programs.mkdir()
        python = shlex.quote(sys.executable)
        for name, command in (("xent", f"{python} -m xent_cli"), ("python", python), ("python3", python)):
            shim = programs / name
            shim.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
            shim.chmod(0o755)
        return cls(folder, processes)

    def run(self, line: str) -> str:
        """What a command line prints, standard error included."""
        commands = split(line, ";")
        parts = [part for command in commands for part in split(command, "|")]
        if self.processes or not any(map(is_plain, parts)):
            return self._bash(line).stdout.decode()
        shown, status = b"", 0
        for command in commands:
            more, status = self._command(command, status)
            shown += more
        return shown.decode()

    def _command(self, line: str, status: int) -> tuple[bytes, int]:
        """What a pipeline prints, and its status, after a command of some status."""
        parts = split(line, "|")
        at = next((at for at, part in enumerate(parts) if is_plain(part)), None)
        if at is None:
            done = self._bash(f"(exit {status}); {line}")
            return done.stdout, done.returncode
        before, behind = "|".join(parts[:at]), "|".join(parts[at + 1 :])
        fed = self._bash(before, apart=True) if before else None
        shown, given = (fed.stderr, fed.stdout) if fed else (b"", b"")
        with pytest.MonkeyPatch.context() as patch:
            for name in COLOURS:
                patch.delenv(name, raising=False)
            patch.chdir(self.folder)
            answer = xent(*shlex.split(parts[at])[1:], stdin=given, together=not behind)
        if not behind:
            return shown + answer.out.encode(), answer.status
        done = self._bash(behind, given=answer.out.encode())
        return shown + answer.err.encode() + done.stdout, done.returncode

    def _bash(self, line: str, *, given: bytes = b"", apart: bool = False) -> subprocess.CompletedProcess[bytes]:
        """Run a line in bash, standard error with standard output or apart from it."""
        env = {name: value for name, value in os.environ.items() if name not in COLOURS}
        # the package under test is found as this process found it
        env |= {
            "PATH": f"{self.folder / '.bin'}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        return subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=env, input=given, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if apart else subprocess.STDOUT, timeout=120, check=False,
        )  # fmt: skip


def split(line: str, operator: str) -> list[str]:
    """A line in parts, at an operator of the shell that is not quoted; a line with brackets is one part."""
    pieces = PIECE.findall(line)
    if any(piece[0] in "()" for piece in pieces):
        return [line]
    parts = [""]
    for piece in pieces:
        if piece == operator:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def is_plain(part: str) -> bool:
    """Whether bash would do no more with a part of a line than start xent with its words."""
    meant = {"'": "(?!)", '"': r"[$`]"}  # what bash sees in quotes
    pieces = PIECE.findall(part)
    seen = any(re.search(meant.get(piece[0], r"[$`*?~{}\[\]&<>()\n]"), piece) for piece in pieces)
    return part.split()[:1] == ["xent"] and not seen
