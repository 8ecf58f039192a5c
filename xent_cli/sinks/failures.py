"""What keeps an output from being written, as one kind of error that names the target and, where known, the hint."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xent_cli.contract.errors import Location, OutputError, Problem
from xent_cli.contract.text import redact
from xent_cli.system import stores

if TYPE_CHECKING:
    from collections.abc import Iterator

_RULES = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EFBIG: "disk-full",
    errno.EACCES: "not-writable",
    errno.EPERM: "not-writable",
    errno.EROFS: "not-writable",
    errno.ENOENT: "no-directory",
    errno.ENOTDIR: "no-directory",
    errno.EISDIR: "is-directory",
}

_HELPS = {
    "disk-full": "free some space or write to another disk",
    "not-writable": "write it to another folder, or see who may write to this one",
    "is-directory": "give the name of a file in it",
}
CLOSED_HELP = "redirect it to a file, or use -qq"


@contextmanager
def reported(path: str) -> Iterator[None]:
    """Failures of the operating system as OutputError; a reader that went away stays a BrokenPipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise refusal(_rule(error), path, _cause(error), _help(error, path)) from error
    except ValueError as error:  # a NUL in a path, an address that Arrow cannot read
        raise refusal("bad-path", path, redact(str(error)), "check how the path was built") from error


def refusal(rule: str, path: str, cause: str, help: str) -> OutputError:
    """The error of an output that cannot be written."""
    return OutputError(Problem(rule, f"cannot write this output: {cause}", Location(redact(path)), help=help))


def _rule(error: OSError) -> str:
    """The name of a failure."""
    return _RULES.get(error.errno or 0, "write-failed")


def _cause(error: OSError) -> str:
    """What the operating system says, as part of a sentence."""
    text = redact(error.strerror or str(error))
    return text[:1].lower() + text[1:]


def _help(error: OSError, path: str) -> str:
    """What helps."""
    parent = Path(path).parent
    if stores.is_store(path):
        return stores.store_help(str(error))
    if error.errno == errno.ENOENT and not parent.exists():
        return f"there is no directory {parent}: mkdir -p makes it"
    return _HELPS.get(_rule(error), "write it to another place")
