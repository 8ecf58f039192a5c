"""What systems do differently about files: who may create one, what makes a rename last, which paths are streams."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = os.devnull
"""The path of the device that drops what it is given."""

_STREAM_PATHS = re.compile(r"/dev/(?:(stdout)|(stderr)|fd/(\d+))|/proc/self/fd/(\d+)")


def create(path: Path, mode: int | None) -> IO[bytes]:
    """A new file that nobody else can have put there, with these permissions or the usual ones."""
    # only POSIX can refuse to follow a link, only Windows has to be kept from translating line ends
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666 if mode is None else mode)
    if mode is not None:  # the umask may have taken bits that the old file had
        path.chmod(mode)
    return os.fdopen(descriptor, "wb")


def sync_folder(path: Path) -> None:
    """Make a rename last; file systems that cannot, and Windows, which opens no folders, are left in peace."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def open_descriptor(path: str) -> int | None:
    """The number of the open stream that a path such as /dev/stdout names, None for other paths."""
    found = _STREAM_PATHS.fullmatch(path)
    if found is None:
        return None
    return 1 if found[1] else 2 if found[2] else int(found[3] or found[4])
