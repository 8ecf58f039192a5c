"""A thread stays on its processor for a moment, where the system tells it and lets it."""

from __future__ import annotations

import ctypes
import os
import threading
from types import SimpleNamespace

import pytest

from xent_cli.readers import processor

KNOWN = hasattr(os, "sched_getaffinity") and hasattr(ctypes.CDLL(None), "sched_getcpu")


@pytest.mark.skipif(not KNOWN, reason="the system does not tell the processor")
def test_a_thread_started_meanwhile_stays_there_too() -> None:
    """Inside one processor is allowed, to this thread and to those it starts; afterwards all that were before."""
    before, seen = os.sched_getaffinity(0), list[set[int]]()

    def work() -> None:
        with processor.held():
            seen.append(os.sched_getaffinity(0))
            thread = threading.Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
            thread.start()
            thread.join()
            raise KeyError

    with pytest.raises(KeyError):
        work()
    inside, its = seen
    assert len(inside) == 1
    assert its == inside
    assert inside <= before
    assert os.sched_getaffinity(0) == before


@pytest.mark.skipif(not KNOWN, reason="the system does not tell the processor")
@pytest.mark.parametrize("libc", [{}, {"sched_getcpu": lambda: -1}], ids=["no call", "no answer"])
def test_where_the_processor_is_not_told_nothing_changes(
    libc: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A C library without the call, and a system that does not answer it, leave the threads where they may be."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(**libc))
    processor._number.cache_clear()
    before = os.sched_getaffinity(0)
    try:
        with processor.held():
            assert os.sched_getaffinity(0) == before
    finally:
        processor._number.cache_clear()


@pytest.mark.skipif(not KNOWN, reason="the system does not tell the processor")
def test_where_it_is_not_permitted_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that forbids the call costs no more than time."""

    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    with processor.held():
        done = True
    assert done
