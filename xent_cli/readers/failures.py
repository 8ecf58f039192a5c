"""Refusals of a whole file, and the checks that all readers make before they read a column."""

from __future__ import annotations

import errno
from collections import Counter
from typing import TYPE_CHECKING

from xent_cli.errors import DataError, Location, Problem, XentError
from xent_cli.readers.interface import ColumnType, Request, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence


EMPTY_CURE = "check the step that wrote it"
LATIN_CURE = "for Latin-1: iconv -f ISO-8859-1 -t UTF-8 FILE | xent score -"
AGAIN_CURE = "copy or write the file again"
QUOTE_CURE = 'look for a " without its partner; write a quote inside a quoted field as ""'
RAGGED_CURE = "check the delimiter and the quotes"
LENGTH_CURE = "every list holds one value for each class"
ONCE_CURE = "save it to a file first: a file can be read again"
SYSTEM_CURES = {
    errno.EACCES: "check who may read the file and the folders above it",
    errno.EPERM: "check who may read the file and the folders above it",
    errno.ELOOP: "the links lead in a circle: name the file that they are for",
    errno.ENAMETOOLONG: "no file can have so long a name: check how it was put together",
    errno.EMFILE: "raise the limit of open files (ulimit -n), or pass fewer files",
    errno.ENOSPC: "free some space where temporary files go, or name another place with TMPDIR",
    errno.EAGAIN: "give it as a file, or as a pipe that waits for its data",
}
NO_THREAD = ("can't start new thread", "Failed to launch worker thread")
MEMORY_CURE = "raise --max-memory where it is stated, or write the file in smaller row groups or batches"


def refuse(
    rule: str,
    path: str,
    message: str,
    *,
    detail: str | None = None,
    help: str | None = None,
    line: int | None = None,
    columns: tuple[str, ...] = (),
) -> DataError:
    """The error for a file that cannot be read at all, or not to its end."""
    where = Location(path, line=line, columns=columns)
    return DataError(Problem(rule, message, where=where, detail=detail, help=help))


def lacks_memory(error: Exception) -> bool:
    """Whether an error comes from memory that ran out: the stack of a new thread is memory too."""
    if isinstance(error, XentError):
        return False
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in NO_THREAD)


def system_cure(error: OSError) -> str:
    """What helps where the system would not open, read or list something."""
    return SYSTEM_CURES.get(error.errno or 0, "see whether other programs can read it, or copy it to another place")


def too_much_memory(path: str, what: str, progress: str | None) -> DataError:
    """The refusal for a part of a file that does not fit into the memory."""
    message = f"{what} needs more memory than there is"
    return refuse("out-of-memory", path, message, detail=progress, help=MEMORY_CURE)


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
        from difflib import get_close_matches

        close = get_close_matches(name, [other for other in names if other], n=3)
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
        raise refuse("unsupported-type", path, message, help=_type_cure(kind, use), columns=(name,))


def _type_cure(kind: str, use: str) -> str:
    """What to do about a column of the wrong type."""
    if use == "a list of numbers":
        return "name a column that holds lists of numbers, or a column for each class"
    if kind == "list":
        return f"a list column is for predictions or targets, all classes in one; {use} take one value a row"
    return f"name another column, or write this one as {'text' if use == 'labels or text' else 'numbers'}"


TIMES = ("date", "time", "duration")
"""How the names of the types begin that are text as labels but never numbers."""
