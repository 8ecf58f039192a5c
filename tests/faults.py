"""Calls that fail: the n-th read, write, fsync, replace, open or allocation of a run, once or from then on.

The calls are those that xent itself makes; each is replaced where xent finds it. As a process:
`python -m tests.faults KIND NTH once|forever WORD…` runs xent with WORDs and one kind of call failing.
"""

from __future__ import annotations

import errno
import importlib
import io
import os
import pkgutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

import xent_cli
from xent_cli.readers.sources import byte_source

ERRORS: dict[str, Callable[[], BaseException]] = {
    "read": lambda: OSError(errno.EIO, os.strerror(errno.EIO)),
    "write": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "sync": lambda: OSError(errno.EIO, os.strerror(errno.EIO)),
    "replace": lambda: OSError(errno.EACCES, os.strerror(errno.EACCES)),
    "open": lambda: OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
    "tidy": lambda: OSError(errno.EIO, os.strerror(errno.EIO)),
    "memory": MemoryError,
    "arrow": lambda: pa.ArrowMemoryError("malloc of size 64 failed"),
}
"""What each kind of call fails with."""

NUMPY = (
    "array", "arange", "concatenate", "empty", "flatnonzero", "full", "ones", "searchsorted", "stack", "unique",
    "where", "zeros", "frombuffer", "cumsum", "diff", "isnan", "bincount",
)  # fmt: skip
ARROW = ("py_buffer", "array", "record_batch", "BufferReader", "PythonFile", "schema", "scalar", "nulls")
COMPUTE = ("binary_join_element_wise", "match_substring_regex", "fill_null", "any", "if_else", "equal", "min_max")


class Plan:
    """Which call fails: the n-th of its kind, and all after it where `forever`."""

    def __init__(self, kind: str, nth: int, *, forever: bool) -> None:
        self.kind, self.nth, self.forever = kind, nth, forever
        self.calls = 0
        self._lock = threading.Lock()

    def call(self, kind: str) -> None:
        """Count a call; raise where it is one that fails."""
        if kind != self.kind:
            return
        with self._lock:
            self.calls += 1
            fails = self.calls == self.nth or (self.forever and self.calls > self.nth)
        if fails:
            error = ERRORS[kind]()
            raise error

    @property
    def hit(self) -> bool:
        """Whether the run came to the call that fails."""
        return self.calls >= self.nth

    def wrapped(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function whose calls are counted."""

        def counted(*words: Any, **flags: Any) -> Any:
            self.call(kind)
            return function(*words, **flags)

        return counted


class Raw(io.RawIOBase):
    """A raw file whose reads and writes are counted."""

    def __init__(self, plan: Plan, raw: Any) -> None:
        super().__init__()
        self._plan, self._raw = plan, raw
        self.name = getattr(raw, "name", None)

    def readable(self) -> bool:
        """As the file below."""
        return bool(self._raw.readable())

    def writable(self) -> bool:
        """As the file below."""
        return bool(self._raw.writable())

    def seekable(self) -> bool:
        """As the file below."""
        return bool(self._raw.seekable())

    def readinto(self, buffer: Any, /) -> int | None:
        """Read, or fail."""
        self._plan.call("read")
        found: int | None = self._raw.readinto(buffer)
        return found

    def write(self, data: Any, /) -> int | None:
        """Write, or fail."""
        self._plan.call("write")
        count: int | None = self._raw.write(data)
        return count

    def seek(self, place: int, whence: int = 0, /) -> int:
        """Move, or fail as a read does."""
        self._plan.call("read")
        return int(self._raw.seek(place, whence))

    def tell(self) -> int:
        """Where the file stands."""
        return int(self._raw.tell())

    def fileno(self) -> int:
        """The descriptor."""
        return int(self._raw.fileno())

    def close(self) -> None:
        """Close the file below."""
        self._raw.close()
        super().close()


@contextmanager
def failing(kind: str, nth: int, *, forever: bool) -> Iterator[Plan]:
    """Let one kind of call fail for a while."""
    plan = Plan(kind, nth, forever=forever)
    with ExitStack() as stack:
        for patch in _files(plan) if kind not in {"memory", "arrow"} else _allocations(plan):
            stack.enter_context(patch)
        yield plan


def _files(plan: Plan) -> Iterator[Any]:
    """The calls of the system that xent makes."""
    path_open, os_open, fdopen, os_file = Path.open, os.open, os.fdopen, pa.OSFile

    def opened(self: Path, mode: str = "r", *words: Any, **flags: Any) -> Any:
        plan.call("open")
        file = path_open(self, mode, *words, **flags)
        return Raw(plan, file) if flags.get("buffering") == 0 else file

    def raw_file(path: str) -> Any:
        plan.call("open")
        return Raw(plan, io.FileIO(path))

    def written(descriptor: int, mode: str = "r", *words: Any, **flags: Any) -> Any:
        if mode != "wb":
            return fdopen(descriptor, mode, *words, **flags)
        return io.BufferedWriter(Raw(plan, io.FileIO(descriptor, "wb")), 4096)

    def arrow_file(path: str, mode: str = "r") -> Any:
        plan.call("open")
        os_file(path, mode).close()
        return pa.PythonFile(Raw(plan, path_open(Path(path), "rb", buffering=0)), mode="r")

    yield mock.patch.object(Path, "open", opened)
    yield mock.patch.object(byte_source, "FileIO", raw_file)
    yield mock.patch.object(os, "open", plan.wrapped("open", os_open))
    yield mock.patch.object(os, "fdopen", written)
    yield mock.patch.object(pa, "OSFile", arrow_file)
    yield mock.patch.object(os, "fsync", plan.wrapped("sync", os.fsync))
    yield mock.patch.object(os, "replace", plan.wrapped("replace", os.replace))
    yield mock.patch.object(os, "scandir", plan.wrapped("tidy", os.scandir))
    yield mock.patch.object(Path, "unlink", plan.wrapped("tidy", Path.unlink))
    spool = tempfile.SpooledTemporaryFile
    yield mock.patch.object(spool, "write", plan.wrapped("write", spool.write))
    yield mock.patch.object(spool, "read", plan.wrapped("read", spool.read))


def _allocations(plan: Plan) -> Iterator[Any]:
    """The functions that take most of the memory."""
    if plan.kind == "memory":
        for name in NUMPY:
            yield mock.patch.object(np, name, plan.wrapped("memory", getattr(np, name)))
        return
    for name in ARROW:
        yield mock.patch.object(pa, name, plan.wrapped("arrow", getattr(pa, name)))
    for name in COMPUTE:
        yield mock.patch.object(pc, name, plan.wrapped("arrow", getattr(pc, name)))
    yield mock.patch.object(csv, "read_csv", plan.wrapped("arrow", csv.read_csv))


def main() -> int:
    """Run xent as a process with one kind of call failing; its modules are loaded before."""
    for module in pkgutil.walk_packages(xent_cli.__path__, "xent_cli."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from xent_cli.cli.border import main as run

    kind, nth, how, *words = sys.argv[1:]
    with failing(kind, int(nth), forever=how == "forever"):
        return run(words)


if __name__ == "__main__":
    sys.exit(main())
