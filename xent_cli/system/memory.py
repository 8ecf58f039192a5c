"""How much memory a run may take (--max-memory), held by the system, and what is said when there is not enough."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from io import FileIO
from typing import TYPE_CHECKING, Any

from xent_cli.contract.errors import DataError, Problem, UsageError, XentError
from xent_cli.contract.text import size

if TYPE_CHECKING:
    from collections.abc import Iterator


_SIZE = r"(?i:(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[KMGT]?)(?P<binary>i?)B?)"
_UNITS = "KMGT"
_ROOM = 64 << 20
"""What a run needs beyond what the interpreter takes: a few threads and a chunk."""


_SHARE = 80
"""How many hundredths of the memory that is left a run may take where no limit is given."""


_RESERVE = 24 << 20
"""So near to its limit a run is stopped: without any memory left neither the interpreter nor a new thread can even
say so. It is the size of the stacks of a few threads."""


def parse_size(text: str) -> int:
    """`500M` or `1.5GB` (powers of 1000), `512MiB` (powers of 1024), or bytes."""
    match = re.fullmatch(_SIZE, text.strip())
    if match is None or not (match["unit"] or not match["binary"]):
        hint = "write a size such as --max-memory 500M or --max-memory 2GiB"
        raise UsageError(Problem("option", f"--max-memory cannot read {text!r}", help=hint))
    power = _UNITS.index(match["unit"].upper()) + 1 if match["unit"] else 0
    return int(float(match["number"]) * (1024 if match["binary"] else 1000) ** power)


@contextlib.contextmanager
def memory_limit(given: str | None) -> Iterator[None]:
    """Hold the process to a size while a command runs, and report memory that runs out as a problem of the data.

    Where no size is given it is most of what the machine has left: a hostile file then ends its own run and nothing
    else, as the system would choose a process to kill.
    """
    limit = None if given is None else parse_size(given)
    try:
        with _of_the_machine() if limit is None else _held(limit):
            yield
    except Exception as error:
        if not lacks_memory(error):
            raise
        raise out_of_memory(limit) from None


def check_memory() -> None:
    """Stop a run that has grown close to the limit on the data of the process, where there is one."""
    resource = _limits()
    if resource is None:
        return
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    if limit != resource.RLIM_INFINITY and _data_size() > limit - _RESERVE:
        raise MemoryError


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """The limit on the data of the process is afterwards what it was before."""
    resource = _limits()
    if resource is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def share_memory(processes: int) -> int | None:
    """Limit this process to its share of what the limit on data leaves, and return it; None without a limit."""
    resource = _limits()
    if resource is None:
        return None
    limit, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if limit == resource.RLIM_INFINITY:
        return None
    taken = _data_size()
    share: int = max(0, limit - taken) // processes
    resource.setrlimit(resource.RLIMIT_DATA, (taken + share, hard))
    return share


def out_of_memory(limit: int | None) -> DataError:
    """The refusal of a run for which there is not enough memory."""
    if limit is None:
        return DataError(Problem("out-of-memory", "there is not enough memory for this run", help=_HELP))
    message = f"the run needs more memory than --max-memory allows ({size(limit)})"
    return DataError(Problem("out-of-memory", message, help=f"raise --max-memory; {_HELP}"))


_HELP = "--threads 1 takes less, and so do smaller row groups or shorter lists in the file"


@contextlib.contextmanager
def _held(limit: int) -> Iterator[None]:
    """A given limit, set once everything heavy is loaded. Arrow uses the allocator of the system meanwhile."""
    if _limits() is None:
        raise UsageError(Problem("option", "--max-memory works on Linux only", help="leave it out, or use ulimit"))
    import pyarrow as pa

    taken = _data_size()
    if limit < taken + _ROOM:
        message = f"--max-memory {size(limit)} is too little: xent takes {size(taken + _ROOM)} before it reads anything"
        raise UsageError(Problem("option", message, help="--max-memory 500M is a start"))
    pool = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        with _limited(limit):
            yield
    finally:
        pa.set_memory_pool(pool)


@contextlib.contextmanager
def _of_the_machine() -> Iterator[None]:
    """The limit of a run for which none is given, where the system reports how much memory is left."""
    taken, left = (0, None) if _limits() is None else (_data_size(), _memory_left())
    if taken:
        _check_room()
    if not taken or left is None:
        yield
        return
    with _limited(taken + left):
        yield


def _check_room() -> None:
    """Refuse to begin where a limit from outside leaves next to nothing: libraries then end the process themselves."""
    import resource

    fields = [int(pages) * os.sysconf("SC_PAGE_SIZE") for pages in _read("/proc/self/statm").split()]
    for flag, kind, taken in (("-v", resource.RLIMIT_AS, fields[0]), ("-d", resource.RLIMIT_DATA, fields[5])):
        limit, needed = resource.getrlimit(kind)[0], taken + _ROOM
        if limit != resource.RLIM_INFINITY and limit < needed:
            message = f"ulimit {flag} allows {size(limit)}: xent takes {size(needed)} before it reads anything"
            raise UsageError(Problem("system", message, help=f"raise it: ulimit {flag} 1000000, or unlimited"))


@contextlib.contextmanager
def _limited(limit: int) -> Iterator[None]:
    """A limit on the data of the process, undone afterwards; one that is lower already stays.

    The limit is on data and not on addresses: libraries and the stacks of threads reserve far more addresses than
    they ever use.
    """
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    known = [bound for bound in before if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([limit, *known]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _memory_left() -> int | None:
    """Most of the memory that the machine, or the container, has left; None where it does not say."""
    available = _read("/proc/meminfo").partition("MemAvailable:")[2].split()
    if available[1:2] != ["kB"]:
        return None
    left = 1024 * int(available[0])
    most, taken = (_read(f"/sys/fs/cgroup/memory.{name}").strip() for name in ("max", "current"))
    if most.isdecimal() and taken.isdecimal():
        left = min(left, int(most) - int(taken))
    return max(_ROOM, left * _SHARE // 100)


def _limits() -> Any:
    """The module that limits what a process may take, None where nothing holds the limit on data: all but Linux."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        import resource
    except ImportError:
        return None
    return resource


def _read(path: str) -> str:
    """The text of a file of the system, empty if there is none."""
    try:
        with FileIO(path) as file:
            return file.readall().decode("ascii")
    except OSError:
        return ""


def _data_size() -> int:
    """The bytes of data that the process has now, as the limit counts them; 0 where the system does not say."""
    fields = _read("/proc/self/statm").split()
    return int(fields[5]) * os.sysconf("SC_PAGE_SIZE") if len(fields) > 5 else 0


NO_THREAD = ("can't start new thread", "Failed to launch worker thread")


def lacks_memory(error: Exception) -> bool:
    """Whether an error comes from memory that ran out: the stack of a new thread is memory too."""
    if isinstance(error, XentError):
        return False
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in NO_THREAD)
