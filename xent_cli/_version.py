"""The version, kept here and nowhere else: the distribution and the command read it from this file."""

from __future__ import annotations

__version__ = "0.1.0"
