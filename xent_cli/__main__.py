"""`python -m xent_cli` is `xent`."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
import sys
from typing import NoReturn

INTERRUPTED = 130
"""The status of a run that Ctrl-C ended, as shells have it."""


class _Asked(BaseException):
    """A signal that asks the process to end: no handler of errors catches it, and every cleanup still runs."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run() -> NoReturn:
    """Run the command line and end the process.

    The process is not taken apart: to free one by one what ends with it takes a tenth of the time of a small file.
    """
    try:
        status = guarded()
    except KeyboardInterrupt:  # once more, after the first has been answered
        status = INTERRUPTED
    except Exception as error:  # noqa: BLE001  (not even the modules that would explain it could be loaded)
        status = last_words(error)
    atexit._run_exitfuncs()  # noqa: SLF001  (what Python itself calls at the end)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or nobody there: already reported
            stream.flush()
    os._exit(status)


def last_words(error: Exception) -> int:
    """Report an error that nothing else could; its status, as Python would exit with that of a failed gate."""
    said = f"{type(error).__name__}: {error}".encode("ascii", "backslashreplace").replace(b"\n", b" ")[:500]
    kind, help, status = b"", b"the system leaves xent too little of what it needs: see ulimit -a", 2
    if isinstance(error, MemoryError):
        status = 3
    elif not isinstance(error, OSError):
        kind, help, status = b"internal error: ", b"install xent-cli again", 70
    with contextlib.suppress(OSError):
        os.write(2, b"xent: %s%s\n  help: %s\n" % (kind, said, help))
    return status


def guarded() -> int:
    """The exit status; while parts are loaded, and once all is done, Ctrl-C ends the process without a word."""
    gc.disable()  # what is loaded stays: to look through it for garbage takes longer than to score a small file
    python = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else it is ignored, as under nohup
    if python:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # what is multiplied here is too little for threads of BLAS: starting them takes as long as scoring a small file
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # in KiB: Arrow's allocator takes 1 GiB of data at once where a limit allows it, though it left nothing for the rest
    os.environ.setdefault("MIMALLOC_ARENA_RESERVE", "65536")
    from xent_cli.cli.border import main
    from xent_cli.system.signals import ENDING

    if python:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _ask)
    try:
        status = main()
    except _Asked as asked:
        os.kill(os.getpid(), asked.number)  # for whoever waits for this process it ends as it was asked to
        raise
    if python:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return status


def _ask(number: int, _: object) -> NoReturn:
    """End the run, leaving no temporary file; a second signal does not wait for that."""
    signal.signal(number, signal.SIG_DFL)
    raise _Asked(number)


if __name__ == "__main__":
    run()
