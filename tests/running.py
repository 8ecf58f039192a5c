"""Running xent in tests: in this process where only the answer matters, as a process where streams do."""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xent_cli.cli.border import main

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Answer:
    """What a run of xent gave."""

    status: int
    out: str
    err: str

    @property
    def words(self) -> list[str]:
        """The lines on standard error, but for those that name a page of `xent explain`."""
        return [line for line in self.err.splitlines() if not line.startswith("  page: xent explain ")]

    @property
    def document(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors on standard error, as JSON."""
        found: list[dict[str, Any]] = json.loads(self.err)["errors"]
        return found


class _Stream(io.TextIOWrapper):
    """Standard output or error in memory, with the byte buffer beneath that sinks write to."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="", write_through=True)

    def text(self) -> str:
        """Everything written so far."""
        self.flush()
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode(self.encoding)


def xent(*words: object, stdin: bytes = b"", together: bool = False, encoding: str = "utf-8") -> Answer:
    """Run xent in this process; where `together`, standard error is part of standard output, as a terminal shows it."""
    out, err = _Stream(encoding), _Stream(encoding)
    source = io.TextIOWrapper(io.BytesIO(stdin))
    saved, sys.stdin = sys.stdin, source
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out if together else err):
            status = main([str(word) for word in words])
    except SystemExit as end:  # how click ends what completes words in a shell
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdin = saved
    return Answer(status, out.text(), err.text())


def command(*words: object) -> list[str]:
    """The words that start xent as a process."""
    return [sys.executable, "-m", "xent_cli", *map(str, words)]


def process(
    *words: object, stdin: bytes | None = None, env: Mapping[str, str] | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[bytes]:
    """Run xent as a process of its own."""
    return subprocess.run(command(*words), input=stdin, capture_output=True, env=env, timeout=timeout, check=False)


@contextlib.contextmanager
def started(*words: object, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Xent as a process that is at work, with pipes for its streams; it is ended by all means."""
    with subprocess.Popen(
        command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def on_terminal(*words: object, columns: int = 80, **env: str) -> Answer:
    """Run xent as a process on a terminal of a width, which shows both its streams."""
    import fcntl
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    aside = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}
    environment = {name: value for name, value in os.environ.items() if name not in aside}
    environment |= {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"} | env
    with subprocess.Popen(command(*words), stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as running:
        os.close(theirs)
        pieces = []
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            if not piece:
                break
            pieces.append(piece)
    os.close(ours)
    return Answer(running.returncode, b"".join(pieces).decode().replace("\r\n", "\n"), "")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """A CSV file of plain values: floats with all their digits."""
    lines = [
        ",".join(header),
        *(",".join(repr(cell) if isinstance(cell, float) else str(cell) for cell in row) for row in rows),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
