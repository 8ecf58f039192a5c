"""Memory that stays with the process from one batch to the next.

The allocator gives large arrays back to the system as soon as they are freed, and the next batch fetches its memory
again, page by page, each page cleared first: on small virtual machines that takes longer than the arithmetic on it.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

ROOM = 24 << 20
"""Bytes that are fetched at once: what the arrays of some batches take."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # the options of mallopt(3) of the GNU C library
_NEVER = (1 << 31) - 1
_LARGE_PAGE = 2 << 20
_WANTED = 14  # MADV_HUGEPAGE of madvise(2)


def keep() -> None:
    """Let this process keep the memory of arrays that are freed in it, and fetch some in large pages.

    To be asked for where a lot of data is about to be read in batches. Without the GNU C library nothing changes. The
    pool of Arrow keeps its memory anyway.
    """
    if os.name != "posix":
        return
    libc: Any = ctypes.CDLL(None)
    if not all(hasattr(libc, name) for name in ("mallopt", "malloc", "free", "madvise")):
        return
    if not (libc.mallopt(_MMAP_THRESHOLD, ROOM) and libc.mallopt(_TRIM_THRESHOLD, _NEVER)):
        return
    libc.malloc.argtypes, libc.malloc.restype = [ctypes.c_size_t], ctypes.c_size_t
    libc.free.argtypes = [ctypes.c_size_t]
    libc.madvise.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
    place = libc.malloc(ROOM - _LARGE_PAGE)
    begin, end = -(-place // _LARGE_PAGE) * _LARGE_PAGE, (place + ROOM - _LARGE_PAGE) // _LARGE_PAGE * _LARGE_PAGE
    libc.free(place)
    if place and begin < end:
        libc.madvise(begin, end - begin, _WANTED)
