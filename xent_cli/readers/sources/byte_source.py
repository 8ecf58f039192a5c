"""The bytes of one input: opened, looked at, decompressed, read with plain reads.

Nothing is memory-mapped (a file cut short meanwhile must not kill the process), and compressed data is fed to Arrow
from Python, so that no thread of Arrow outlives the stream.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from dataclasses import dataclass
from io import FileIO
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

import pyarrow as pa

from xent_cli.contract.text import redact
from xent_cli.readers.refusals import AGAIN_HELP, EMPTY_HELP, refuse, system_help, too_much_memory
from xent_cli.readers.sources import magic
from xent_cli.system import stores
from xent_cli.system.memory import lacks_memory
from xent_cli.system.waiting import wait_for_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from xent_cli.contract.errors import DataError
    from xent_cli.readers.interface import Target

T = TypeVar("T")

OUTAGES = ("AWS Error", "google::cloud", "Azure", "IOError: [Errno ")  # what Arrow passes on in its own words
COPY = 1 << 20
REMOTE_BUFFER = 8 << 20
PLAIN_STEP = 1 << 30
COMPRESSED_STEP = 1 << 14


class RawBytes(Protocol):
    """What is read from: a raw file, a pyarrow stream, standard input."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes, none at the end."""
        ...

    def close(self) -> None:
        """Release the input."""
        ...


class Replay(io.RawIOBase):
    """A raw stream that starts again with bytes that were already taken from it."""

    def __init__(self, head: bytes, raw: RawBytes, *, owned: bool) -> None:
        super().__init__()
        self._head = head
        self._raw = raw
        self._owned = owned
        self._ended = False
        self.position = 0

    def readable(self) -> bool:
        """Always: the stream is for reading only."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, in pieces: a hostile file asks for more than there is memory."""
        if size < 0:
            return self.readall()
        pieces: list[bytes] = []
        while size > 0 and (piece := super().read(min(size, COPY))):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def readinto(self, buffer: Any, /) -> int:
        """Read until the buffer is full or the input ends: Arrow takes a short read for the end."""
        # no view may outlive this call, not even in the traceback of an error: the buffer belongs to the caller
        with memoryview(buffer) as base, base.cast("B") as view:
            count = self._replay(view)
            while count < len(view) and not self._ended:
                with view[count:] as rest:
                    found = self._read(rest)
                self._ended = found == 0
                count += found
        self.position += count
        return count

    def close(self) -> None:
        """Close what was opened here; the caller's standard input stays open."""
        if not self.closed and self._owned:
            self._raw.close()
        super().close()

    def _replay(self, view: memoryview) -> int:
        """Give the bytes that were already taken; how many there were."""
        count = min(len(view), len(self._head))
        view[:count] = self._head[:count]
        self._head = self._head[count:]
        return count

    def _read(self, view: memoryview) -> int:
        """Read once; how many bytes there were."""
        if isinstance(self._raw, io.FileIO):
            wait_for_data(self._raw)
        if isinstance(self._raw, (io.RawIOBase, io.BufferedIOBase)):
            found = self._raw.readinto(view)
        else:
            data = self._raw.read(len(view))
            found = None if data is None else len(data)
            view[: found or 0] = data or b""
        if found is None:
            raise BlockingIOError("the stream is in non-blocking mode and has no data ready")
        return found


@dataclass(slots=True, eq=False, repr=False)
class ByteSource:
    """An opened input whose first bytes are known. `size` is None where it cannot seek."""

    target: Target
    head: bytes
    stream: Replay
    size: int | None
    seekable: bool

    @property
    def path(self) -> str:
        """The path as shown to users."""
        return self.target.path

    def random_access(self) -> Any:
        """The input as an Arrow file that can seek; a stream is copied to a temporary file first."""
        if not self.seekable:
            spool = _spool(self)
            try:
                return pa.PythonFile(spool, mode="r")
            except BaseException:
                spool.close()
                raise
        self.stream.close()
        if self.target.filesystem is not None:
            return guard(self.target, lambda: self.target.filesystem.open_input_file(self.target.address))
        return guard(self.target, lambda: pa.OSFile(self.target.address, "rb"))

    def reopen(self) -> ByteSource:
        """The same input from its first byte; only for one that can seek."""
        self.stream.close()
        return open_source(self.target, None)


def open_source(target: Target, stdin: BinaryIO | None) -> ByteSource:
    """Open an input and look at its first bytes."""
    raw, size, seekable = guard(target, lambda: _open_raw(target, stdin))
    owned = target.kind != "stdin"
    try:
        head = _first_bytes(target, raw)
    except BaseException:
        Replay(b"", raw, owned=owned).close()
        raise
    return ByteSource(target, head, Replay(head, raw, owned=owned), size, seekable)


def _first_bytes(target: Target, raw: RawBytes) -> bytes:
    """The bytes that show the format, fewer if the input is shorter."""
    head = b""
    while more := guard(target, lambda: raw.read(magic.HEAD - len(head))):  # noqa: B023  # called at once
        head += more
    if not head:
        raise refuse("empty-file", target.path, "the file is empty", detail="0 bytes", help=EMPTY_HELP)
    return head


def guard(target: Target, action: Callable[[], T]) -> T:
    """Run an action on a file; its failure becomes a `DataError`."""
    try:
        return action()
    except (OSError, pa.ArrowException) as error:
        raise unreadable(target, error) from None


def is_outage(error: Exception) -> bool:
    """Whether an error comes from the system or a store, and not from what the bytes are."""
    return isinstance(error, OSError) and (bool(error.errno) or any(sign in str(error) for sign in OUTAGES))


def unreadable(target: Target, error: Exception) -> DataError:
    """The refusal for an input that the system or the network would not give."""
    if lacks_memory(error):
        return too_much_memory(target.path, "the file", None)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition(". Detail: ")[0]
    rule = "no-file" if isinstance(error, FileNotFoundError) else "unreadable"
    hint = (
        stores.store_help(reason) if target.kind == "remote" or not isinstance(error, OSError) else system_help(error)
    )
    return refuse(rule, target.path, f"cannot read the file: {redact(reason)}", help=hint)


def identity(address: str) -> tuple[int, ...]:
    """What identifies a file and its content: differs for another file of its name, or once it has changed."""
    status = os.stat(address)  # noqa: PTH116  (pathlib costs more and gives the same)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _open_raw(target: Target, stdin: BinaryIO | None) -> tuple[Any, int | None, bool]:
    """The raw bytes of a target, its size and whether it can seek."""
    if target.kind == "stdin":
        given = stdin or (sys.stdin.buffer if sys.stdin is not None else None)
        if given is None:
            raise OSError("standard input is closed")
        return given, None, False
    if target.filesystem is not None:
        info = target.filesystem.get_file_info(target.address)
        stream = target.filesystem.open_input_stream(target.address, compression=None, buffer_size=REMOTE_BUFFER)
        return stream, info.size, True
    raw = FileIO(target.address)
    status = os.fstat(raw.fileno())
    regular = stat.S_ISREG(status.st_mode)
    return raw, status.st_size if regular else None, regular


def _spool(source: ByteSource) -> BinaryIO:
    """A stream as a temporary file without a name."""
    import tempfile

    try:
        spool = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the reader
        while data := source.stream.read(COPY):
            spool.write(data)
        spool.seek(0)
    except OSError as error:
        raise unreadable(source.target, error) from None
    return spool


class ByteStream:
    """Decompressed bytes in order, with failures as problems of the file."""

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self.codec = magic.compression(source.head)
        self.position = 0
        # what a failing read had decompressed before is lost, so small steps report better how far it got
        self._step = COMPRESSED_STEP if self.codec else PLAIN_STEP
        self._stack: list[Any] = [source.stream]
        if self.codec:
            self._stack.append(pa.PythonFile(source.stream, mode="r"))
            self._stack.append(pa.CompressedInputStream(self._stack[-1], self.codec))

    def fill(self, buffer: memoryview) -> int:
        """Read until the buffer is full or the input ends; how many bytes there were."""
        count = 0
        while count < len(buffer):
            found = self._read(buffer[count : count + self._step])
            if found == 0:
                self._check_length()
                break
            count += found
            self.position += found
        return count

    def close(self) -> None:
        """Close the decompressor before the stream that feeds it."""
        while self._stack:
            self._stack.pop().close()

    def _read(self, view: memoryview) -> int:
        """Read once, telling a failure of the codec from one of the system."""
        try:
            return int(self._stack[-1].readinto(view))
        except (OSError, pa.ArrowException) as error:
            if lacks_memory(error):
                raise too_much_memory(self.source.path, "the data", self.progress()) from None
            if self.codec is None or (isinstance(error, OSError) and error.errno):
                raise unreadable(self.source.target, error) from None
            message = f"the {self.codec} data is damaged or cut short: {error}"
            hint = f"{magic.TOOLS[self.codec]} -t FILE checks it; {AGAIN_HELP}"
            raise refuse("corrupt-file", self.source.path, message, detail=self.progress(), help=hint) from None

    def progress(self) -> str:
        """How far the input was read, for messages."""
        return f"read {self.position:,} {'decompressed ' if self.codec else ''}bytes before that"

    def _check_length(self) -> None:
        """Refuse a file that ended before the size it had when it was opened."""
        size, done = self.source.size, self.source.stream.position
        if size is not None and done < size:
            message = f"the file ended after {done:,} of {size:,} bytes: it shrank while it was read"
            raise refuse("corrupt-file", self.source.path, message, detail=self.progress(), help=AGAIN_HELP)
