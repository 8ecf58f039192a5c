"""Waiting for the bytes of a pipe."""

from __future__ import annotations

import os
import select
import threading
from io import FileIO

import pytest

from xent_cli.system.waiting import wait_for_data


def test_the_wait_ends_with_the_first_byte() -> None:
    """It lasts until something can be read, and longer than one turn of the poll."""
    inlet, outlet = os.pipe()
    with FileIO(inlet) as file:
        timer = threading.Timer(0.3, os.write, (outlet, b"x"))
        timer.start()
        wait_for_data(file)
        os.set_blocking(inlet, False)
        assert file.read(2) == b"x"
        timer.join()
        os.close(outlet)


def test_the_wait_ends_with_the_input() -> None:
    """A pipe that is closed has nothing to wait for."""
    inlet, outlet = os.pipe()
    os.close(outlet)
    with FileIO(inlet) as file:
        wait_for_data(file)
        assert file.read(1) == b""


def test_systems_without_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system cannot wait so, the read that follows does."""
    monkeypatch.delattr(select, "poll")
    inlet, outlet = os.pipe()
    with FileIO(inlet) as file:
        wait_for_data(file)
        os.close(outlet)
