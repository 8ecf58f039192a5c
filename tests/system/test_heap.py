"""Memory that is freed stays with the process, where the C library can be told so."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest

from xent_cli.system import heap

BODY = """
import resource
import numpy as np
from xent_cli.system import heap

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def batch():
    [np.ones(250_000) for _ in range(4)]  # 8 MB, more than the C library keeps by itself

heap.keep()
batch()
before = faults()
for _ in range(10):
    batch()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries have other ways")
def test_freed_memory_is_used_again() -> None:
    """Ten batches take the memory of one: a library that was not told fetches 8 MB, 2,000 pages, for each."""
    words = [sys.executable, "-c", BODY]
    fetched = int(subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert fetched < 1_000


@pytest.mark.parametrize("missing", ["mallopt", "malloc", "free", "madvise", "all"])
def test_other_libraries_are_left_alone(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library of the system has no such calls nothing happens."""
    names = {"mallopt", "malloc", "free", "madvise"} - {missing}
    calls: list[object] = []
    known = {} if missing == "all" else dict.fromkeys(names, lambda *given: calls.append(given))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(**known))
    heap.keep()
    assert calls == []
