"""Agreement with numbers printed elsewhere."""

from __future__ import annotations


def close(value: float, reference: float, relative: float = 1e-7) -> bool:
    """Agreement with a printed reference."""
    return abs(value - reference) <= relative * abs(reference)
