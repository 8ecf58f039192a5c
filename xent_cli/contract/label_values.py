"""When two labels are the same class: numbers by their value, true and false in any case, all else letter by letter."""

from __future__ import annotations

import re
from math import isfinite

# with zeros in front it is a name: 007 is not 7
_NUMBER = re.compile(r"[-+]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def number(text: str) -> float | None:
    """The number that a text spells, None where it spells none."""
    return float(text) if _NUMBER.fullmatch(text) else None


def value_of(label: str) -> str:
    """A label in the form in which two are equal."""
    found = number(label) if label[:1] in "+-.0123456789 " else None
    if found is not None and isfinite(found):
        return str(int(found)) if found == int(found) else repr(found)
    return label.casefold() if label.casefold() in {"true", "false"} else label
