"""The checks that every reader makes of the columns that are asked for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from xent_cli.contract.text import closest
from xent_cli.readers.interface import ColumnType, Request, shorten
from xent_cli.readers.refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.contract.errors import DataError


def check_request(path: str, names: Sequence[str], types: Sequence[ColumnType], request: Request) -> None:
    """Refuse a request for a column that is absent, ambiguous, nameless or of a type that its role cannot use."""
    counts = Counter(names)
    for name in request.names():
        if counts[name] != 1 or not name.strip():
            raise _bad_name(path, names, name)
    by_name = dict(zip(names, types, strict=True))
    for name in request.numeric():
        _check_type(path, name, by_name[name], {"untyped", "number", "bool", "text"}, "numbers")
    for name in request.textual():
        _check_type(path, name, by_name[name], {"untyped", "number", "bool", "text", "time"}, "labels or text")
    for name in request.lists():
        _check_type(path, name, by_name[name], {"list"}, "a list of numbers")


def _bad_name(path: str, names: Sequence[str], name: str) -> DataError:
    """The refusal for a needed column whose name is missing, blank or there twice."""
    positions = [str(position) for position, other in enumerate(names, start=1) if other == name]
    if not positions:
        close = closest(name, filter(None, names))
        hint = f"close matches: {', '.join(close)}" if close else None
        return refuse("bad-header", path, f"there is no column {name!r}", help=hint, columns=(name,))
    if not name.strip():
        message = f"column {positions[0]} is needed and has no name"
        return refuse("bad-header", path, message, help="give the column a name in the header", columns=(name,))
    message = f"{len(positions)} columns are named {name!r}: columns {', '.join(positions)}"
    return refuse("bad-header", path, message, help="rename all but one of them", columns=(name,))


def _check_type(path: str, name: str, type_: ColumnType, fit: set[str], use: str) -> None:
    """Refuse a column whose type cannot serve its role."""
    kind = "time" if type_.kind == "text" and type_.text.startswith(TIMES) else type_.kind
    if kind not in fit:
        message = f"column {shorten(name)!r} is of type {shorten(type_.text)}, which cannot be read as {use}"
        raise refuse("unsupported-type", path, message, help=_type_help(kind, use), columns=(name,))


def _type_help(kind: str, use: str) -> str:
    """What to do about a column of the wrong type."""
    if use == "a list of numbers":
        return "name a column that holds lists of numbers, or a column for each class"
    if kind == "list":
        return f"a list column is for predictions or targets, all classes in one; {use} take one value a row"
    return f"name another column, or write this one as {'text' if use == 'labels or text' else 'numbers'}"


TIMES = ("date", "time", "duration")
"""How the names of the types begin that are text as labels but never numbers."""
