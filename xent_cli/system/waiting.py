"""Waiting for the bytes of a pipe or a file so that Ctrl-C is heard meanwhile."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import FileIO

MILLISECONDS = 200
"""How long an interrupt may go unheard that comes just before the system call."""


def wait_for_data(file: FileIO) -> None:
    """Return once a file has bytes or has ended, so that the read that follows does not block.

    An interrupt that comes just before a read would wait as long as the read does; this wait wakes up for it. Not
    `select.select`, which takes no descriptor above 1023. Where the system has no `poll` (Windows) the read waits.
    """
    if not hasattr(select, "poll"):
        return
    waiting = select.poll()
    waiting.register(file, select.POLLIN)
    while not waiting.poll(MILLISECONDS):
        pass
