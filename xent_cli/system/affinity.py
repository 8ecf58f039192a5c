"""The processor of a thread, held for a moment.

Arrow's CSV parser starts a thread to read ahead, which it keeps, and waits for it. Where every processor has a process
of ours at work, that thread may be sent behind the one of another processor, which goes on for milliseconds: as long as
the parsing takes. On the processor of the thread that waits it runs at once.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def held() -> Iterator[None]:
    """Keep all threads of this process, also those that are started meanwhile, on the processor that this one runs on.

    For a process of which one thread works. Where the system does not report the processor, or does not let a thread
    stay there, nothing changes.
    """
    number = _number()()
    allowed = _allowed() if number >= 0 else None
    if allowed is None:
        yield
        return
    try:
        _stay_on({number})
        yield
    finally:
        _stay_on(allowed)


@cache
def _number() -> Callable[[], int]:
    """The function that returns the processor this thread runs on, below 0 where it is not known."""
    unknown: Callable[[], int] = lambda: -1  # noqa: E731
    if not hasattr(os, "sched_setaffinity"):
        return unknown
    libc: Any = ctypes.CDLL(None)
    return libc.sched_getcpu if hasattr(libc, "sched_getcpu") else unknown


def _allowed() -> set[int] | None:
    """The processors that this thread may run on, if that may be asked."""
    try:
        return os.sched_getaffinity(0)
    except OSError:
        return None


def _stay_on(numbers: set[int]) -> None:
    """Let the threads of this process run on some processors only, if that may be said."""
    try:
        threads = os.listdir("/proc/self/task")  # noqa: PTH208  (pathlib costs more and gives the same)
    except OSError:
        threads = ["0"]
    for thread in threads:
        with suppress(OSError):  # not permitted, taken away meanwhile, or at its end
            os.sched_setaffinity(int(thread), numbers)
