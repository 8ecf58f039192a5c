"""When two labels are the same class: numbers by their value, true and false in any case, all else letter by letter."""

from __future__ import annotations

import re
from math import isfinite

# with zeros in front it is a name: 007 is not 7
_FIRST = frozenset("+-.0123456789")
_LONGEST = 400  # characters: no longer text is a number that anyone wrote as a label
_NUMBER = re.compile(r"[-+]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def number(text: str) -> float | None:
    """The number that a text spells, None where it spells none."""
    return float(text) if _NUMBER.fullmatch(text) else None


def value_of(label: str) -> str:
    """A label in the form in which two are equal. Whole numbers keep all their digits: 2**53 is not 2**53 + 1."""
    if label[:1] not in _FIRST or len(label) > _LONGEST or not _NUMBER.fullmatch(label):
        return label.casefold() if label.casefold() in {"true", "false"} else label
    if label.lstrip("+-").isdigit():
        return str(int(label))
    found = float(label)
    if not isfinite(found):
        return label
    if found != int(found):
        return repr(found)
    from decimal import Decimal

    exact = Decimal(label)
    return str(int(exact)) if exact == exact.to_integral_value() else label
