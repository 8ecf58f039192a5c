"""The signals by which a process is asked to end."""

from __future__ import annotations

import importlib
import signal

import pytest

from xent_cli.system import signals


def test_signals_that_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are SIGTERM and, where the system has it, SIGHUP."""
    assert signals.ENDING == (signal.SIGTERM, signal.SIGHUP)
    with monkeypatch.context() as patched:
        patched.delattr(signal, "SIGHUP")
        assert importlib.reload(signals).ENDING == (signal.SIGTERM,)
    importlib.reload(signals)
