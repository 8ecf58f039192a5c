"""Work on parts of one input in processes of their own.

The threads of a process take turns at Python's lock, and array operations of some microseconds spend more time on it
than they save: on two processors two threads are hardly faster than one, two processes nearly twice as fast. The
others are forked from the one that asks, so they begin with everything that is loaded and opened, and send back what
they found, pickled, through a pipe. The one that asks works like them meanwhile: a process less to start and to end.

Only on Linux (elsewhere libraries may not survive a fork), and where no other thread of Python runs: one that holds a
lock while the process is forked holds it for ever in the child.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import select
import signal
import sys
import threading
import warnings
from mmap import mmap
from struct import unpack
from typing import TYPE_CHECKING, Any, Self, TypeVar

from xent_cli.system import signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")

MOST_ITEMS = 500
"""This many numbers fit into a pipe of a single page, which is all that a user with many pipes gets."""

LAST = -1
"""The number of what a process has to say at its end."""

ENDING = (signal.SIGINT, *signals.ENDING)
"""The signals that end a run, and with it its processes."""

_NUMBER = 8
_READ = 1 << 20


class Counters:
    """Numbers that all processes forked later see, each written by one of them."""

    def __init__(self, count: int) -> None:
        self._shared = mmap(-1, max(1, count) * _NUMBER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shared.close()

    def __setitem__(self, place: int, value: int) -> None:
        self._shared[place * _NUMBER : (place + 1) * _NUMBER] = value.to_bytes(_NUMBER, "little")

    def total(self) -> int:
        """The sum of all."""
        return sum(unpack(f"<{len(self._shared) // _NUMBER}Q", self._shared))


def possible() -> bool:
    """Whether this process can be forked."""
    return sys.platform == "linux" and hasattr(os, "fork") and threading.active_count() == 1


def divided(
    work: Callable[[T], R],
    items: Sequence[T],
    workers: int,
    begin: Callable[[], None] = lambda: None,
    end: Callable[[], R] | None = None,
) -> Iterator[tuple[int, R] | None]:
    """The result of `work` on each item with the number of the item, in the order in which they are ready.

    This process is one of the `workers`. `begin` is what each of them does first; what `end` gives once no item is left
    is a result of number LAST, one from each. There are at most MOST_ITEMS items.

    None comes instead, and nothing after it, where work on an item failed or a process ended before its time: the
    caller then does the work by itself, and meets the same failure where it can be reported. However the iteration
    ends, no other process is left.
    """
    queue, feed = os.pipe()
    os.write(feed, b"".join(number.to_bytes(_NUMBER, "little") for number in range(len(items))))
    os.close(feed)
    children: dict[int, int] = {}  # the end of the pipe that is read here, and the process at its other end
    gc.freeze()  # a collection in a child would write to, and so copy, all that it shares
    try:
        for _ in range(min(workers, len(items)) - 1):
            _start(lambda pipe: _serve(_worked(work, items, queue, begin, end), pipe), children)
        missing = len(items) + (0 if end is None else len(children) + 1)
        for result in _results(_worked(work, items, queue, begin, end), children):
            yield result
            missing -= 1
        if missing:
            yield None
    finally:
        gc.unfreeze()
        os.close(queue)
        _end(children)


def _worked(
    work: Callable[[T], R],
    items: Sequence[T],
    queue: int,
    begin: Callable[[], None],
    end: Callable[[], R] | None,
) -> Iterator[tuple[int, R]]:
    """What one process does: take a number from the queue, work on its item, until there are no numbers."""
    begin()
    while taken := os.read(queue, _NUMBER):
        number = int.from_bytes(taken, "little")
        yield number, work(items[number])
    if end is not None:
        yield LAST, end()


def _start(serve: Callable[[int], None], children: dict[int, int]) -> None:
    """Fork one process. Signals wait until it is known here, and end it without a word there."""
    import fcntl

    mine, its = os.pipe()
    with contextlib.suppress(OSError):  # else the child waits the longer while this process is at work
        fcntl.fcntl(its, fcntl.F_SETPIPE_SZ, _READ)
    handled = {number: handler for number in ENDING if callable(handler := signal.getsignal(number))}
    waiting = list[int]()
    try:
        for number in handled:
            # to block the signal is not enough: another thread takes it, and what Python runs after a fork loses it
            signal.signal(number, lambda number, _: waiting.append(number))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the other threads are those of idle libraries
            child = os.fork()
        if child == 0:
            try:
                for other in (mine, *children):
                    os.close(other)
                serve(its)
            finally:
                os._exit(1)
        children[mine] = child
    except OSError:
        os.close(mine)
        raise
    finally:
        os.close(its)
        for number, handler in handled.items():
            signal.signal(number, handler)
        for number in waiting[:1]:
            handled[number](number, None)


def _serve(results: Iterator[tuple[int, object]], pipe: int) -> None:
    """All that a child does: work, and send each result."""
    status = 1
    try:
        for ending in ENDING:
            if signal.getsignal(ending) != signal.SIG_IGN:
                signal.signal(ending, signal.SIG_DFL)
        for number, result in results:
            _send(pipe, number, result)
        status = 0
    finally:
        os._exit(status)  # nothing that the parent has buffered or registered is for the child to flush or run


def _send(pipe: int, number: int, result: object) -> None:
    """A result with its number, behind its length."""
    message = pickle.dumps((number, result), pickle.HIGHEST_PROTOCOL)
    for part in (len(message).to_bytes(_NUMBER, "little"), message):
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(pipe, rest) :]


def _results(own: Iterator[tuple[int, Any]], children: dict[int, int]) -> Iterator[tuple[int, Any]]:
    """Own results and what the children send, until all is done or one of the processes has failed."""
    got = {pipe: bytearray() for pipe in children}
    waiting, working = select.poll(), True
    for pipe in children:
        waiting.register(pipe, select.POLLIN)
    while working or children:
        if working:
            try:
                result = next(own, None)
            except Exception:  # noqa: BLE001  (whatever it is, the caller meets it again)
                return
            working = result is not None
            if result is not None:
                yield result
        for pipe, _ in waiting.poll(0 if working or not children else None):
            data = os.read(pipe, _READ)
            got[pipe] += data
            yield from _messages(got[pipe])
            if not data:
                waiting.unregister(pipe)
                os.close(pipe)
                if os.waitpid(children.pop(pipe), 0)[1] or got[pipe]:
                    return


def _messages(got: bytearray) -> Iterator[tuple[int, Any]]:
    """The whole messages among some bytes, which are taken out of them."""
    while len(got) >= _NUMBER and len(got) - _NUMBER >= (size := int.from_bytes(got[:_NUMBER], "little")):
        with memoryview(got) as whole, whole[_NUMBER : _NUMBER + size] as message:
            result = pickle.loads(message)  # noqa: S301  (what a process of ours wrote)
        del got[: _NUMBER + size]
        yield result


def _end(children: dict[int, int]) -> None:
    """End the children that still run; all are signalled before any is waited for, as a signal may end the waiting."""
    for child in children.values():
        os.kill(child, signal.SIGKILL)
    for pipe, child in children.items():
        os.close(pipe)
        os.waitpid(child, 0)
