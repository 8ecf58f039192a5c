"""The processor of a thread, held for a moment.

Arrow's CSV parser starts a thread to read ahead and waits for it. Where every processor has a process of ours at work,
the new thread may be sent behind the one of another processor, which goes on for milliseconds: as long as the parsing
takes. On the processor of the thread that waits it runs at once.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def held() -> Iterator[None]:
    """Stay on the processor that this thread runs on, as do threads that are started meanwhile.

    Where the system does not tell the processor, or does not let a thread stay there, nothing changes.
    """
    number = _number()()
    if number < 0:
        yield
        return
    allowed = os.sched_getaffinity(0)
    try:
        _stay_on({number})
        yield
    finally:
        _stay_on(allowed)


@cache
def _number() -> Callable[[], int]:
    """What tells the number of the processor that this thread runs on, below 0 where it is not known."""
    libc: Any = ctypes.CDLL(None)
    known = hasattr(libc, "sched_getcpu") and hasattr(os, "sched_setaffinity")
    return libc.sched_getcpu if known else lambda: -1


def _stay_on(numbers: set[int]) -> None:
    """Let this thread run on some processors only, if that may be said."""
    try:
        os.sched_setaffinity(0, numbers)
    except OSError:  # not permitted, or taken away meanwhile
        return
