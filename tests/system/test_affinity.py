"""A thread stays on its processor for a moment, where the system tells it and lets it."""

from __future__ import annotations

import ctypes
import os
import threading
from types import SimpleNamespace

import pytest

from xent_cli.system import affinity

KNOWN = hasattr(os, "sched_getaffinity") and hasattr(ctypes.CDLL(None), "sched_getcpu")


@pytest.mark.skipif(not KNOWN, reason="the system does not tell the processor")
def test_a_thread_started_meanwhile_stays_there_too() -> None:
    """Inside one processor is allowed, to this thread and to those it starts; afterwards all that were before."""
    before, seen = os.sched_getaffinity(0), list[set[int]]()

    def work() -> None:
        with affinity.held():
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
def test_a_thread_that_remains_is_held_and_let_go_with_this_one() -> None:
    """A thread outlives the moment in which it was started: it may then run anywhere, and is held the next time."""
    before, stop = os.sched_getaffinity(0), threading.Event()
    thread = threading.Thread(target=stop.wait)
    try:
        with affinity.held():
            thread.start()
        assert os.sched_getaffinity(thread.native_id or 0) == before
        with affinity.held():
            assert os.sched_getaffinity(thread.native_id or 0) == os.sched_getaffinity(0)
            assert len(os.sched_getaffinity(0)) == 1
        assert os.sched_getaffinity(thread.native_id or 0) == before
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(not KNOWN, reason="the system does not tell the processor")
def test_without_a_list_of_threads_this_one_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not list the threads of a process, the one that asks is held."""

    def missing(_: object) -> list[str]:
        raise FileNotFoundError

    monkeypatch.setattr(os, "listdir", missing)
    before = os.sched_getaffinity(0)
    with affinity.held():
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


@pytest.mark.skipif(not KNOWN, reason="the system does not tell the processor")
@pytest.mark.parametrize("libc", [{}, {"sched_getcpu": lambda: -1}], ids=["no call", "no answer"])
def test_where_the_processor_is_not_told_nothing_changes(
    libc: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A C library without the call, and a system that does not answer it, leave the threads where they may be."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(**libc))
    affinity._number.cache_clear()
    before = os.sched_getaffinity(0)
    try:
        with affinity.held():
            assert os.sched_getaffinity(0) == before
    finally:
        affinity._number.cache_clear()


@pytest.mark.skipif(not KNOWN, reason="the system does not tell the processor")
@pytest.mark.parametrize("call", ["sched_setaffinity", "sched_getaffinity"])
def test_where_it_is_not_permitted_nothing_changes(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that forbids one of the calls costs no more than time."""

    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, call, forbidden)
    with affinity.held():
        done = True
    assert done
