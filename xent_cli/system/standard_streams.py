"""The streams of the process and how they are to be used: the only place that writes to them."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from xent_cli.contract.errors import OutputError


class Stage:
    """The streams of the process, and how they are to be used: the only place that writes to them."""

    def __init__(self, *, quiet: int = 0, color: str = "auto", verbose: bool = False) -> None:
        self.quiet = quiet
        self.color = color
        self.verbose = verbose

    @property
    def stdin(self) -> IO[bytes]:
        """Standard input, as bytes."""
        if sys.stdin is None:
            raise _failure("stdin", "standard input is closed", "name a file instead of -")
        return getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)  # nothing has read ahead of us

    @property
    def stdout(self) -> IO[str]:
        """Standard output."""
        if sys.stdout is None:
            raise _failure("output", "standard output is closed", "use -qq, or redirect it to a file")
        return sys.stdout

    @property
    def fills_a_file(self) -> bool:
        """Whether standard output is redirected to a file (which might be one of the inputs)."""
        try:
            return sys.stdout is not None and stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
        except (OSError, ValueError):
            return False

    def write(self, text: str) -> None:
        """Write text to standard output; a full disk is an error of the output, a closed pipe is left to `main`."""
        if self.quiet > 1:
            return
        try:
            write_whole(self.stdout, text)
        except BrokenPipeError:
            raise
        except OSError as error:
            message = f"cannot write to standard output: {error.strerror}"
            raise _failure("output", message, "write to another place: --output FORMAT=PATH") from error

    def tell(self, text: str) -> None:
        """Write a message to standard error; one that cannot be written is lost, it must not hide the result."""
        if sys.stderr is not None:
            try:
                sys.stderr.write(text)
                sys.stderr.flush()
            except OSError:  # what is left in the buffer must not fail again at the end, with a status of its own
                with contextlib.suppress(OSError, ValueError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    def colored(self, stream: IO[str] | None) -> bool:
        """Whether to colour a stream: the flag, then NO_COLOR, then FORCE_COLOR, then the terminal."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def _failure(rule: str, message: str, hint: str) -> OutputError:
    """The error of a stream."""
    from xent_cli.contract.errors import OutputError, Problem

    return OutputError(Problem(rule, message, help=hint))


def write_whole(stream: IO[str], text: str) -> None:
    """Write all of a text: unbuffered (PYTHONUNBUFFERED), a stream may take less than it is given without a word."""
    if not isinstance(stream, TextIOWrapper):
        stream.write(text)
        stream.flush()
        return
    stream.flush()
    data = memoryview(text.encode(stream.encoding, stream.errors or "strict"))
    while data:
        data = data[stream.buffer.write(data) or 0 :]
    stream.buffer.flush()


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a stream is a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def holds_input() -> bool:
    """Whether standard input was given something to read: a pipe or a file, no terminal and no empty device."""
    if sys.stdin is None:
        return False
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def occupy_standard_streams() -> None:
    """Open nothing in the place of a stream that was closed: a file opened there would get what others print."""
    try:
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(descriptor)
    except OSError:
        return
