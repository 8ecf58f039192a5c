"""What a run shows on a terminal while a progress line is up, seen through a pseudo-terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import write_csv

termios = pytest.importorskip("termios", reason="only POSIX has pseudo-terminals")

WIDTH = 72
# the child shows the progress line at once: the moment from which work is long is a constant, no setting
CHILD = """
import sys
from xent_cli.cli import terminal
from xent_cli.cli.border import main
terminal.LONG = 0.0
sys.exit(main(sys.argv[1:]))
"""


def on_terminal(*words: object) -> str:
    """Everything that a run writes to a terminal of WIDTH columns that speaks UTF-8."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, WIDTH))
    env = {name: text for name, text in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    env |= {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-c", CHILD, *map(str, words)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=env) as child:
        os.close(theirs)
        shown = b""
        try:
            while piece := _read(ours):
                shown += piece
            assert child.wait(60) == 0, shown
        finally:
            child.kill()
            os.close(ours)
    return shown.decode("utf-8")


def _read(terminal: int) -> bytes:
    """What comes next; nothing once the other side is closed, which Linux tells by an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


@pytest.fixture
def towns(tmp_path: Path) -> Path:
    """Rows whose class has a name beyond ASCII."""
    return write_csv(
        tmp_path / "towns.csv", ["label", "p_Tromsø", "p_Bodø"], [("Tromsø", 0.7, 0.3), ("Bodø", 0.4, 0.6)]
    )


@pytest.mark.parametrize("command", ["score", "inspect", "compare"])
def test_a_progress_line_changes_nothing_of_the_result(command: str, towns: Path) -> None:
    """With a progress line up names beyond ASCII, rules and width are those of the terminal, and no line is wiped."""
    words = [command, towns, *([towns] if command == "compare" else [])]
    quiet, shown = on_terminal(*words, "-q"), on_terminal(*words)  # -q has no progress line
    assert " rows" in shown.partition(quiet)[0]
    assert quiet in shown
    assert "Bodø" in quiet
    assert "─" in quiet
    assert "\\x" not in shown
