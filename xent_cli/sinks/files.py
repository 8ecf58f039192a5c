"""Outputs that appear whole or not at all.

A file is written under a temporary name in the folder of its target and renamed over it when complete; until then, and
after a failure, the target is as it was. Devices, pipes and standard output have no name to exchange: they are written
straight through. An object in a store is spooled and uploaded on commit, because Arrow's stream publishes whatever was
written when it is dropped.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, cast

from xent_cli.sinks.failures import CLOSED_HELP, refusal, reported
from xent_cli.system import stores
from xent_cli.system.disk import create, open_descriptor, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

STDOUT = "-"

_STANDARD = ("/dev/stdout", "/dev/stderr")
_TEMPORARY = re.compile(r"\.xent-[0-9a-f]{16}\.tmp")
_STALE = 24 * 60 * 60
_SPOOLED_IN_MEMORY = 8 * 2**20


class Output(ABC):
    """Bytes on their way to one target: they count from `commit` on; `abort` leaves no trace where that is possible.

    `prepare` does whatever can fail short of that. Of several outputs those of a low `turn` are committed first, so
    that nothing is on standard output when another fails. As a context manager it commits, or aborts where the block
    raised.
    """

    turn = 0
    _file: IO[bytes]

    def __init__(self, path: str) -> None:
        self.path = path
        self._discarding = False

    def write(self, data: bytes) -> int:
        """Add bytes; all of them are taken."""
        if not self._discarding:
            with reported(self.path):
                self._file.write(data)
        return len(data)

    def discard(self) -> None:
        """Drop what is written from now on: a writer that is given up may want to write its footer."""
        self._discarding = True

    def prepare(self) -> None:
        """Bring what was written as far as possible without touching the target; where that fails, abort."""
        self._guarded(self._settle)

    def commit(self) -> None:
        """Make what was written the content of the target; where that fails, abort."""
        self._guarded(self._finish)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Take a step with its failures reported, giving the output up where it fails."""
        try:
            with reported(self.path):
                step()
        except BaseException:
            self.abort()
            raise

    @abstractmethod
    def abort(self) -> None:
        """Give up what was written; does nothing after a commit."""

    def _settle(self) -> None:
        """Prepare, with failures reported; nothing to do where bytes cannot wait in a temporary file."""
        del self

    @abstractmethod
    def _finish(self) -> None:
        """Commit, failures being reported."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.commit()
        else:
            self.abort()


class AtomicFile(Output):
    """A regular file that is replaced in one step.

    A link stays a link: the file it leads to is replaced. The new file has the permissions of the one it replaces,
    else those that the umask leaves.
    """

    turn = 1

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._settled = False
        with reported(path):
            mode = _replaced_mode(path)
            self._target = Path(path).resolve()
            _sweep(self._target.parent)
            self._temporary = self._target.with_name(f".xent-{os.urandom(8).hex()}.tmp")
            self._file = create(self._temporary, mode)

    def abort(self) -> None:
        """Remove the temporary file; the target stays as it was."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._temporary.unlink()

    def _settle(self) -> None:
        """See the file safely onto the disk."""
        if not self._settled:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._settled = True

    def _finish(self) -> None:
        """Put the file in the target's place."""
        self._settle()
        os.replace(self._temporary, self._target)  # noqa: PTH105  (as the call is named everywhere else)
        sync_folder(self._target.parent)


class _Stream(Output):
    """A device or a pipe: bytes that are written are gone."""

    turn = 2

    def __init__(self, path: str, file: IO[bytes]) -> None:
        super().__init__(path)
        self._file = file

    def abort(self) -> None:
        with suppress(OSError):
            self._file.close()

    def _finish(self) -> None:
        self._file.flush()
        self._file.close()


class _Spooled(Output):
    """A target that cannot take anything back: all bytes wait in memory, then on the local disk, for the commit."""

    def __init__(self, path: str) -> None:
        from tempfile import SpooledTemporaryFile

        super().__init__(path)
        with reported(path):
            spool = SpooledTemporaryFile(max_size=_SPOOLED_IN_MEMORY)  # noqa: SIM115 - closed by commit or abort
            self._file = cast("IO[bytes]", spool)

    def abort(self) -> None:
        self._file.close()

    def _finish(self) -> None:
        with self._file as spool:
            left = spool.tell()
            spool.seek(0)
            self._send(spool, left)

    @abstractmethod
    def _send(self, spool: IO[bytes], left: int) -> None:
        """Write the whole spool, `left` bytes, to the target."""


class _Stdout(_Spooled):
    """Standard output: rows reach it when the whole input was accepted, so a refusal leaves it empty."""

    turn = 3

    def _send(self, spool: IO[bytes], left: int) -> None:
        out = standard_output()
        _copy(spool, out, left)
        out.flush()


class _StoredObject(_Spooled):
    """An object in a store: it appears when the upload is closed, so an upload that fails must never be."""

    def _send(self, spool: IO[bytes], left: int) -> None:
        system, place = stores.open_store(self.path)
        out = system.open_output_stream(place)
        try:
            _copy(spool, out, left)
        except BaseException:
            stores.never_close(out)
            raise
        out.close()


def open_output(path: str) -> Output:
    """An output of the right sort for a path, a device, an object-store address or "-" (standard output)."""
    if path == STDOUT:
        return _Stdout("<stdout>")
    if stores.is_store(path):
        return _StoredObject(path)
    refuse_other_schemes(path)
    with reported(path):
        if (descriptor := _stream_descriptor(path)) is not None:
            return _Stream(path, os.fdopen(os.dup(descriptor), "wb"))
        if _is_device(path):
            return _Stream(path, Path(path).open("wb"))
    return AtomicFile(path)


def is_straight(path: str) -> bool:
    """Whether a path is written straight through: it names an open stream, a device or a pipe."""
    return _stream_descriptor(path) is not None or _is_device(path)


def write_text(path: str, text: str) -> None:
    """Write a whole text as UTF-8: atomically where the target is a file."""
    with open_output(path) as out:
        out.write(text.encode("utf-8"))


def _replaced_mode(path: str) -> int | None:
    """The permissions of the file to be replaced, None where there is none; other things than files are refused."""
    if not path:
        raise refusal("bad-path", path, "its path is empty", "name a file, or - for standard output")
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        if path.endswith(("/", os.sep)):
            raise refusal("is-directory", path, "this is the name of a directory", "add a file name") from None
        return None
    if stat.S_ISDIR(found.st_mode):
        raise refusal("is-directory", path, "this is a directory", "give the name of a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise refusal(
            "not-a-file", path, "this is neither a file nor a stream", "name a file, or - for standard output"
        )
    if not os.access(path, os.W_OK):  # a rename would replace it all the same
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    return stat.S_IMODE(found.st_mode) & 0o777


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed have left in a folder: temporary files of ours that are older than a day."""
    with suppress(OSError):
        limit = time.time() - _STALE
        with os.scandir(folder) as entries:
            ours = [entry for entry in entries if _TEMPORARY.fullmatch(entry.name)]
        for entry in ours:
            if _is_old(entry, limit):
                Path(entry.path).unlink(missing_ok=True)


def _is_old(entry: os.DirEntry[str], limit: float) -> bool:
    """Whether a directory entry is a regular file that was last written before a time."""
    return entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < limit


def _copy(spool: IO[bytes], out: Any, left: int) -> None:
    """Copy a spool; one that never left the memory in one step, so that nothing is sent unless all of it is there."""
    while left > 0:
        piece = memoryview(spool.read(_SPOOLED_IN_MEMORY))
        if not piece:
            raise OSError(errno.EIO, "the temporary file has become shorter")
        left -= len(piece)
        while piece:  # unbuffered, a stream may take less than it is given
            piece = piece[out.write(piece) or 0 :]


def standard_output() -> IO[bytes]:
    """Standard output as bytes, what was printed to it before sent ahead."""
    if sys.stdout is None or sys.stdout.closed:
        raise refusal("stdout-closed", "<stdout>", "standard output is closed", CLOSED_HELP)
    with reported("<stdout>"):
        sys.stdout.flush()
    return sys.stdout.buffer


def _stream_descriptor(path: str) -> int | None:
    """The open stream that a path such as /dev/stdout names: renaming over it would cut off the shell's redirection."""
    descriptor = open_descriptor(path)
    if path in _STANDARD:
        stream, name = (sys.stdout, "output") if descriptor == 1 else (sys.stderr, "error")
        if stream is None:
            raise refusal("stdout-closed", path, f"standard {name} is closed", CLOSED_HELP)
        stream.flush()
    return descriptor


def _is_device(path: str) -> bool:
    """Whether this is a character device or a pipe."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def refuse_other_schemes(path: str) -> None:
    """Refuse addresses that nothing here can write to."""
    if scheme := stores.scheme(path):
        known = ", ".join(f"{name}://" for name in stores.SCHEMES)
        raise refusal("bad-path", path, f"{scheme}:// addresses cannot be written to", f"known are {known}")
