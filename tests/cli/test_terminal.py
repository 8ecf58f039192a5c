"""What a run shows on a terminal while a progress line is up, seen through a pseudo-terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import write_csv
from xent_cli.cli.terminal import progress_text

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


@pytest.mark.parametrize(
    ("rows", "total", "seconds", "text"),
    [
        (1_234_567, None, 2.0, "1,234,567 rows"),
        (0, 1_000, 2.0, "0 rows"),
        (250, 1_000, 2.0, "250 rows, 25 %, 0:06 left"),
        (1, 3_601, 1.0, "1 row, 0 %, 1:00:00 left"),
        (500, 1_000, 90.0, "500 rows, 50 %, 1:30 left"),
        (1_500, 1_000, 99.0, "1,500 rows, 99 %, 0:01 left"),  # an estimate that was too low is never done
    ],
)
def test_what_is_left_follows_from_the_pace_so_far(rows: int, total: int | None, seconds: float, text: str) -> None:
    """The share of the rows, and the time that the others take at the same pace; nothing where no number is known."""
    assert progress_text(rows, total, seconds) == text


def test_a_file_of_known_size_shows_per_cent_and_time_left(towns: Path) -> None:
    """The line of a run over a file says how far it is."""
    assert re.search(r"2 rows, 99 %, \d+:\d\d left", on_terminal("score", towns))
    assert re.search(r"2 rows, 50 %, \d+:\d\d left", on_terminal("compare", towns, towns))  # of two files one is read
