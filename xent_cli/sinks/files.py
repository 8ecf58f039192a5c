"""Outputs that appear whole or not at all.

A file is written under a temporary name beside its target and renamed over it when it is complete; until then, and
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
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, cast

from xent_cli.errors import Location, OutputError, Problem
from xent_cli.text import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

STDOUT = "-"

_STORE_SCHEMES = ("s3", "gs", "gcs", "abfs", "abfss")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_STREAM_PATHS = re.compile(r"/dev/(?:(stdout)|(stderr)|fd/(\d+))|/proc/self/fd/(\d+)")
_SPOOLED_IN_MEMORY = 8 * 2**20
_RULES = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EACCES: "not-writable",
    errno.EPERM: "not-writable",
    errno.EROFS: "not-writable",
    errno.ENOENT: "no-directory",
    errno.ENOTDIR: "no-directory",
    errno.EISDIR: "is-directory",
}


class Output(ABC):
    """Bytes on their way to one target: they count from `commit` on; `abort` leaves no trace where that is possible.

    As a context manager it commits, or aborts where the block raised.
    """

    _file: IO[bytes]

    def __init__(self, path: str) -> None:
        self.path = path
        self._discarding = False

    def write(self, data: bytes) -> int:
        """Add bytes; all of them are taken."""
        if not self._discarding:
            with _reported(self.path):
                self._file.write(data)
        return len(data)

    def discard(self) -> None:
        """Drop what is written from now on: a writer that is given up may want to write its footer."""
        self._discarding = True

    def commit(self) -> None:
        """Make what was written the content of the target; where that fails, abort."""
        try:
            with _reported(self.path):
                self._finish()
        except BaseException:
            self.abort()
            raise

    @abstractmethod
    def abort(self) -> None:
        """Give up what was written; does nothing after a commit."""

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

    def __init__(self, path: str) -> None:
        super().__init__(path)
        with _reported(path):
            mode = _replaced_mode(path)
            self._target = Path(path).resolve()
            self._temporary = self._target.with_name(f".xent-{os.urandom(8).hex()}.tmp")
            self._file = _created(self._temporary, mode)

    def abort(self) -> None:
        """Remove the temporary file; the target stays as it was."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._temporary.unlink()

    def _finish(self) -> None:
        """Put the file in the target's place once it is safely on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._target)
        _sync_directory(self._target.parent)


class _Stream(Output):
    """A device or a pipe: bytes that are written are gone."""

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
        with _reported(path):
            spool = SpooledTemporaryFile(max_size=_SPOOLED_IN_MEMORY)  # noqa: SIM115 - closed by commit or abort
            self._file = cast("IO[bytes]", spool)

    def abort(self) -> None:
        self._file.close()

    def _finish(self) -> None:
        with self._file as spool:
            spool.seek(0)
            self._send(spool)

    @abstractmethod
    def _send(self, spool: IO[bytes]) -> None:
        """Write the whole spool to the target."""


class _Stdout(_Spooled):
    """Standard output: rows reach it when the whole input was accepted, so a refusal leaves it empty."""

    def _send(self, spool: IO[bytes]) -> None:
        from shutil import copyfileobj

        out = _stdout()
        copyfileobj(spool, out, 2**16)
        out.flush()


class _StoredObject(_Spooled):
    """An object in a store."""

    def _send(self, spool: IO[bytes]) -> None:
        from shutil import copyfileobj

        system, place = _store(self.path)
        with system.open_output_stream(place) as out:
            copyfileobj(spool, out, 2**20)


def open_output(path: str) -> Output:
    """An output of the right sort for a path, a device, an object-store address or "-" (standard output)."""
    if path == STDOUT:
        return _Stdout("<stdout>")
    if is_store(path):
        return _StoredObject(path)
    _refuse_other_schemes(path)
    with _reported(path):
        if (descriptor := _stream_descriptor(path)) is not None:
            return _Stream(path, os.fdopen(os.dup(descriptor), "wb"))
        if _is_straight(path):
            return _Stream(path, Path(path).open("wb"))
    return AtomicFile(path)


def write_text(path: str, text: str) -> None:
    """Write a whole text as UTF-8: atomically where the target is a file."""
    with open_output(path) as out:
        out.write(text.encode("utf-8"))


def check_writable(path: str, inputs: Sequence[str] = ()) -> None:
    """Raise OutputError where an output could not be written, or would replace one of the inputs."""
    if path == STDOUT:
        _stdout()
        return
    if is_store(path):
        if path in inputs:
            raise _refusal("output-is-input", path, "this output is also an input")
        with _reported(path):
            _store(path)
        return
    if any(_same_file(path, given) for given in inputs):
        raise _refusal("output-is-input", path, "this output is also an input", "give the output a name of its own")
    _refuse_other_schemes(path)
    with _reported(path):
        straight = _stream_descriptor(path) is not None or _is_straight(path)
    if not straight:
        AtomicFile(path).abort()


def check_outputs(paths: Sequence[str], inputs: Sequence[str] = ()) -> None:
    """Check every output before the run: each can be written, and no two of them are the same."""
    seen: set[str] = set()
    for path in paths:
        check_writable(path, inputs)
        place = path if path == STDOUT or is_store(path) else str(Path(path).resolve())
        if place in seen:
            shown = "standard output" if path == STDOUT else "the same file"
            raise _refusal("duplicate-output", path, f"two outputs go to {shown}")
        if path != "/dev/null":
            seen.add(place)


def is_store(path: str) -> bool:
    """Whether a path is the address of an object in a store."""
    found = _SCHEME.match(path)
    return found is not None and found[1].lower() in _STORE_SCHEMES


@contextmanager
def _reported(path: str) -> Iterator[None]:
    """Failures of the operating system as OutputError; a reader that went away stays a BrokenPipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _refusal(_rule(error), path, _cause(error), _cure(error, path)) from error
    except ValueError as error:  # a NUL in a path, an address that Arrow cannot read
        raise _refusal("bad-path", path, redact(str(error))) from error


def _refusal(rule: str, path: str, cause: str, help: str | None = None) -> OutputError:
    """The error of an output that cannot be written."""
    return OutputError(Problem(rule, f"cannot write this output: {cause}", Location(redact(path)), help=help))


def _rule(error: OSError) -> str:
    """The name of a failure."""
    return _RULES.get(error.errno or 0, "write-failed")


def _cause(error: OSError) -> str:
    """What the operating system says, as part of a sentence."""
    text = redact(error.strerror or str(error))
    return text[:1].lower() + text[1:]


def _cure(error: OSError, path: str) -> str | None:
    """What helps, where that is known."""
    parent = Path(path).parent
    if error.errno == errno.ENOENT and not parent.exists():
        return f"there is no directory {parent}: mkdir -p makes it"
    return "free some space or write to another disk" if _rule(error) == "disk-full" else None


def _replaced_mode(path: str) -> int | None:
    """The permissions of the file to be replaced, None where there is none; other things than files are refused."""
    if not path:
        raise _refusal("bad-path", path, "its path is empty")
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        if path.endswith(("/", os.sep)):
            raise _refusal("is-directory", path, "this is the name of a directory", "add a file name") from None
        return None
    if stat.S_ISDIR(found.st_mode):
        raise _refusal("is-directory", path, "this is a directory", "give the name of a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise _refusal("not-a-file", path, "this is neither a file nor a stream")
    if not os.access(path, os.W_OK):  # a rename would replace it all the same
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    return stat.S_IMODE(found.st_mode) & 0o777


def _created(path: Path, mode: int | None) -> IO[bytes]:
    """A new file that nobody else can have put there, with these permissions or the usual ones."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666 if mode is None else mode)
    if mode is not None:  # the umask may have taken bits that the old file had
        path.chmod(mode)
    return os.fdopen(descriptor, "wb")


def _sync_directory(path: Path) -> None:
    """Make a rename last; file systems that cannot are left in peace."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _stdout() -> IO[bytes]:
    """Standard output as bytes, what was printed to it before sent ahead."""
    if sys.stdout is None or sys.stdout.closed:
        raise _refusal("stdout-closed", "<stdout>", "standard output is closed")
    with _reported("<stdout>"):
        sys.stdout.flush()
    return sys.stdout.buffer


def _stream_descriptor(path: str) -> int | None:
    """The open stream that a path such as /dev/stdout names: renaming over it would cut off the shell's redirection."""
    found = _STREAM_PATHS.fullmatch(path)
    if found is None:
        return None
    if found[1] and sys.stdout is not None:
        sys.stdout.flush()
    return 1 if found[1] else 2 if found[2] else int(found[3] or found[4])


def _is_straight(path: str) -> bool:
    """Whether this is a character device or a pipe."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _same_file(path: str, given: str) -> bool:
    """Whether both are names of one regular file."""
    try:
        return Path(path).samefile(given) and Path(path).is_file()
    except (OSError, ValueError):
        return False


def _refuse_other_schemes(path: str) -> None:
    """Refuse addresses that nothing here can write to."""
    if found := _SCHEME.match(path):
        known = ", ".join(f"{scheme}://" for scheme in _STORE_SCHEMES)
        raise _refusal("bad-path", path, f"{found[1]}:// addresses cannot be written to", f"known are {known}")


def _store(uri: str) -> tuple[Any, str]:
    """The file system of an address and the path in it."""
    from pyarrow.fs import FileSystem

    system, place = FileSystem.from_uri(uri)
    return system, str(place)
