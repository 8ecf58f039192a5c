"""How standard output and error are seen: width, colour, encoding, and the progress line."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any

from xent_cli.contract.text import counted
from xent_cli.renderers.view import View
from xent_cli.system.standard_streams import Stage, is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xent_cli.contract.errors import XentError


LONG = 1.0  # seconds of work before a progress line appears
EVERY = 0.1  # seconds between two changes of it
ALMOST = 0.99  # the most that is shown as done: the number of rows may be an estimate


def view(stage: Stage) -> View:
    """How standard output is seen."""
    return _view(stage, sys.stdout)


def error_view(stage: Stage) -> View:
    """How standard error is seen."""
    return _view(stage, sys.stderr)


def _view(stage: Stage, stream: Any) -> View:
    """How a stream is seen: the width of a terminal, none elsewhere."""
    terminal = is_terminal(stream)
    width = max(40, _columns()) if terminal else None
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").replace("_", "")
    return View(width=width, color=stage.colored(stream), unicode=encoding.startswith("utf"), verbose=stage.verbose)


def _columns() -> int:
    """The width of the terminal."""
    import shutil

    return shutil.get_terminal_size().columns


def error_text(error: XentError, *, format: str | None, stage: Stage) -> str:
    """A failure as text, for json as a line of JSON, for github with annotations below it."""
    from xent_cli.explain import with_pages
    from xent_cli.renderers.problems import render_problems, render_problems_github, render_problems_json

    problems = with_pages(error.problems)
    if format == "json":
        return render_problems_json(problems, error.exit_code)
    text = render_problems(problems, error_view(stage))
    return text + render_problems_github(problems, View()) if format == "github" else text


@contextlib.contextmanager
def progress_line(stage: Stage, expected_rows: Callable[[], int | None]) -> Iterator[Any]:
    """A progress line on standard error where that is a terminal and the work is long; yields its callback.

    `expected_rows` is asked once the work turns out to be long.
    It is to be left before anything else is written: wiping the line would take the last line of a result with it.
    """
    if stage.quiet or not is_terminal(sys.stderr):
        yield None
        return
    line = _ProgressLine(expected_rows)
    try:
        yield line
    finally:
        line.close()


class _ProgressLine:
    """Rows read so far and what is left, shown from the first second on and wiped at the end."""

    def __init__(self, expected_rows: Callable[[], int | None]) -> None:
        self.expected_rows = expected_rows
        self.total: int | None = None
        self.start = self.due = time.monotonic()
        self.shown: Any = None
        self.task: Any = None

    def __call__(self, rows: int) -> None:
        """Progress callback: the rows read."""
        if self.shown is None:
            if time.monotonic() - self.start < LONG:
                return
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            self.total = self.expected_rows()
            console = Console(stderr=True, markup=False, emoji=False, highlight=False)
            self.shown = Progress(
                SpinnerColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}", markup=False),
                console=console,
                transient=True,
                auto_refresh=False,  # which would take a thread
                redirect_stdout=False,  # a stand-in has neither the encoding nor the width of the terminal
                redirect_stderr=False,
            )
            self.task = self.shown.add_task(self._text(rows), total=None)
            self.shown.start()
        if time.monotonic() > self.due:
            self.due = time.monotonic() + EVERY
            self.shown.update(self.task, description=self._text(rows), refresh=True)

    def _text(self, rows: int) -> str:
        """What the line says."""
        return progress_text(rows, self.total, time.monotonic() - self.start)

    def close(self) -> None:
        """Wipe the line."""
        if self.shown is not None:
            self.shown.stop()


def progress_text(rows: int, total: int | None, seconds: float) -> str:
    """The rows read after some seconds; where their number is known, the share and the time left at this pace."""
    read = counted(rows, "row")
    if not total or not rows:
        return read
    share = min(rows / total, ALMOST)
    left = round(seconds * (1.0 - share) / share)
    minutes, rest = divmod(left, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{read}, {100.0 * share:.0f} %, {clock} left"
