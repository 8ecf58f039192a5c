"""Refusals of a whole file, and the checks that all readers make before they read a column."""

from __future__ import annotations

import errno

from xent_cli.contract.errors import DataError, Location, Problem

EMPTY_HELP = "check the step that wrote it"
LATIN_HELP = "for Latin-1: iconv -f ISO-8859-1 -t UTF-8 FILE | xent score -"
AGAIN_HELP = "copy or write the file again"
QUOTE_HELP = 'look for a " without its partner; write a quote inside a quoted field as ""'
RAGGED_HELP = "check the delimiter and the quotes"
HEADER_HELP = (
    "files were put together with their headers: give them one by one (xent score A.csv B.csv), "
    "or leave the repeated lines out: awk 'NR == 1 {h = $0} NR == 1 || $0 != h' FILE | xent score -"
)
LENGTH_HELP = "every list holds one value for each class"
ONCE_HELP = "save it to a file first: a file can be read again"


SYSTEM_HELPS = {
    errno.EACCES: "check who may read the file and the folders above it",
    errno.EPERM: "check who may read the file and the folders above it",
    errno.ELOOP: "the links lead in a circle: name the file that they are for",
    errno.ENAMETOOLONG: "no file can have a name this long: check how it was built",
    errno.EMFILE: "raise the limit of open files (ulimit -n), or pass fewer files",
    errno.ENOSPC: "free some space where temporary files go, or name another place with TMPDIR",
    errno.EAGAIN: "give it as a file, or as a pipe that waits for its data",
}


MEMORY_HELP = "raise --max-memory if it is given, or write the file in smaller row groups or batches"


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


def system_help(error: OSError) -> str:
    """What helps where the system would not open, read or list something."""
    return SYSTEM_HELPS.get(error.errno or 0, "see whether other programs can read it, or copy it to another place")


def too_much_memory(path: str, what: str, progress: str | None) -> DataError:
    """The refusal for a part of a file that does not fit into the memory."""
    message = f"{what} needs more memory than there is"
    return refuse("out-of-memory", path, message, detail=progress, help=MEMORY_HELP)
