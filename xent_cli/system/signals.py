"""The signals by which systems ask a process to end: a job that is cancelled, a terminal that is closed."""

from __future__ import annotations

import signal

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Those that this system has: Windows has no SIGHUP."""
