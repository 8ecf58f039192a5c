"""How standard output and error are seen: width, colour, encoding, and the progress line."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any

from xent_cli.renderers.view import View
from xent_cli.system.standard_streams import Stage, is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xent_cli.contract.errors import XentError


LONG = 1.0  # seconds of work before a progress line appears
EVERY = 0.1  # seconds between two changes of it


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
def progress_line(stage: Stage) -> Iterator[Any]:
    """A progress line on standard error where that is a terminal and the work is long; yields its callback.

    It is to be left before anything else is written: wiping the line would take the last line of a result with it.
    """
    if stage.quiet or not is_terminal(sys.stderr):
        yield None
        return
    line = _ProgressLine()
    try:
        yield line
    finally:
        line.close()


class _ProgressLine:
    """Rows read so far, shown from the first second on and wiped at the end."""

    def __init__(self) -> None:
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

            console = Console(stderr=True, markup=False, emoji=False, highlight=False)
            self.shown = Progress(
                SpinnerColumn(),
                TextColumn("{task.completed:,.0f} rows", markup=False),
                TimeElapsedColumn(),
                console=console,
                transient=True,
                auto_refresh=False,  # which would take a thread
                redirect_stdout=False,  # a stand-in has neither the encoding nor the width of the terminal
                redirect_stderr=False,
            )
            self.task = self.shown.add_task("scoring", total=None)
            self.shown.start()
        if time.monotonic() > self.due:
            self.due = time.monotonic() + EVERY
            self.shown.update(self.task, completed=rows, refresh=True)

    def close(self) -> None:
        """Wipe the line."""
        if self.shown is not None:
            self.shown.stop()
