"""Threads that work on a bounded number of chunks at once and hand the results back in order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Self, TypeVar

from xent_cli.system.memory import check_memory, lacks_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future, ThreadPoolExecutor


T = TypeVar("T")
R = TypeVar("R")


class Pool:
    """Threads that work on a bounded number of chunks at once and hand the results back in order.

    They start with the first item, so an input of one chunk, which is scored before, never pays for threads.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._executor: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def map(self, work: Callable[[T], R], items: Iterator[T]) -> Iterator[R]:
        """The results of `work` on each item, in order."""
        if self.threads == 1:
            yield from map(work, items)
            return
        yield from self._ahead(work, items)

    def _ahead(self, work: Callable[[T], R], items: Iterator[T]) -> Iterator[R]:
        """Results in order, with a few more items under way; without threads where the system refuses to start one."""
        waiting: deque[Future[R]] = deque()
        for item in items:
            if self._executor is None:
                from concurrent.futures import ThreadPoolExecutor

                self._executor = ThreadPoolExecutor(self.threads, thread_name_prefix="xent")
            check_memory()
            try:
                waiting.append(self._executor.submit(work, item))
            except RuntimeError as error:
                if not lacks_memory(error):
                    raise
                while waiting:  # in order: the items before this one come first
                    yield waiting.popleft().result()
                yield work(item)
            # enough under way to keep every thread busy, and no more: each waiting result holds a chunk in memory
            if len(waiting) > 2 * self.threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
