"""How much memory a run may take (--max-memory), held by the system, and what is said when there is not enough."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING

from xent_cli.errors import DataError, Problem, UsageError
from xent_cli.readers.failures import lacks_memory
from xent_cli.text import size

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIZE = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[KMGT]?)(?P<binary>i?)B?", re.IGNORECASE)
_UNITS = "KMGT"
_ROOM = 64 << 20
"""What a run needs beyond what the interpreter takes: a few threads and a chunk."""

_RESERVE = 24 << 20
"""So near to its limit a run is stopped: without any memory left neither the interpreter nor a new thread can even
say so. It is the size of the stacks of a few threads."""


def parse_size(text: str) -> int:
    """`500M` or `1.5GB` (powers of 1000), `512MiB` (powers of 1024), or bytes."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or not (match["unit"] or not match["binary"]):
        hint = "write a size such as --max-memory 500M or --max-memory 2GiB"
        raise UsageError(Problem("option", f"--max-memory cannot read {text!r}", help=hint))
    power = _UNITS.index(match["unit"].upper()) + 1 if match["unit"] else 0
    return int(float(match["number"]) * (1024 if match["binary"] else 1000) ** power)


def choose_allocator() -> None:
    """Have Arrow take the allocator of the system from the start: its own reserves a gigabyte when it is loaded."""
    if "pyarrow" not in sys.modules:
        os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"


@contextlib.contextmanager
def memory_limit(stated: str | None) -> Iterator[None]:
    """Hold the process to a size while a command runs, and tell memory that runs out as a problem of the data."""
    limit = None if stated is None else parse_size(stated)
    try:
        with contextlib.ExitStack() as stack:
            if limit is not None:
                stack.enter_context(_held(limit))
            yield
    except Exception as error:
        if not lacks_memory(error):
            raise
        raise out_of_memory(limit) from None


def check_memory() -> None:
    """Stop a run that has grown close to the limit on the data of the process, where there is one."""
    if not sys.platform.startswith("linux"):
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    if limit != resource.RLIM_INFINITY and _data_size() > limit - _RESERVE:
        raise MemoryError


def out_of_memory(limit: int | None) -> DataError:
    """The refusal of a run for which there is not enough memory."""
    if limit is None:
        return DataError(Problem("out-of-memory", "there is not enough memory for this run", help=_CURE))
    message = f"the run needs more memory than --max-memory allows ({size(limit)})"
    return DataError(Problem("out-of-memory", message, help=f"raise --max-memory; {_CURE}"))


_CURE = "--threads 1 takes less, and so do smaller row groups or shorter lists in the file"


@contextlib.contextmanager
def _held(limit: int) -> Iterator[None]:
    """The limit on the data of the process, set once everything heavy is loaded, and undone afterwards.

    The limit is on data and not on addresses: libraries and the stacks of threads reserve far more addresses than
    they ever use.
    """
    if not sys.platform.startswith("linux"):
        raise UsageError(Problem("option", "--max-memory works on Linux only", help="leave it out, or use ulimit"))
    import resource

    import pyarrow as pa

    taken = _data_size()
    if limit < taken + _ROOM:
        message = f"--max-memory {size(limit)} is too little: xent takes {size(taken + _ROOM)} before it reads anything"
        raise UsageError(Problem("option", message, help="--max-memory 500M is a start"))
    pool, before = pa.default_memory_pool(), resource.getrlimit(resource.RLIMIT_DATA)
    hard = before[1]
    pa.set_memory_pool(pa.system_memory_pool())
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
        pa.set_memory_pool(pool)


def _data_size() -> int:
    """The bytes of data that the process has now, as the limit counts them."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123  (pathlib reads it no better)
        return int(statm.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
