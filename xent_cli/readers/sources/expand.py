"""What the user named, as things to open: paths, globs, directories, standard input, object-store addresses."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import TYPE_CHECKING

from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.text import closest
from xent_cli.readers.interface import Target, shorten
from xent_cli.readers.refusals import refuse, system_help
from xent_cli.readers.sources.remote import WILD, expand_address, is_data_name
from xent_cli.system.stores import scheme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.contract.errors import DataError

STDIN = "<stdin>"


def expand(paths: Sequence[str]) -> tuple[Target, ...]:
    """Everything that the arguments name, in their order; a glob or directory gives its files sorted by name."""
    if sum(path == "-" for path in paths) > 1:
        message = "standard input (-) is named more than once and can be read only once"
        raise UsageError(Problem("stdin-twice", message, help="save it to a file first"))
    return tuple(target for path in paths for target in _expand(path))


def _expand(path: str) -> tuple[Target, ...]:
    """What one argument names; a path that exists is never taken for a pattern."""
    if path == "-":
        return (Target(STDIN, "-", "stdin"),)
    if not _can_be_a_name(path):
        raise refuse("no-file", path, "no file can have this name", help="name a file, or - for standard input")
    mode, error = _looked_up(path)
    if mode is not None:
        return _part_files(path) if stat.S_ISDIR(mode) else (Target(path, path),)
    if scheme(path):
        return expand_address(path)
    if re.search(WILD, path):
        return _matches(path)
    raise _not_found(path, error)


def _looked_up(path: str) -> tuple[int | None, OSError]:
    """What sort of thing a path leads to, or why it leads to nothing.

    Not `Path.exists`: which failures it takes for an absence, and which it raises, depends on the version of Python.
    """
    try:
        found = os.stat(path)  # noqa: PTH116  (pathlib takes longer to load than most files to read)
    except OSError as error:
        return None, error
    return found.st_mode, OSError()


def _is_folder(path: str) -> bool:
    """Whether a path leads to a directory."""
    mode = _looked_up(path)[0]
    return mode is not None and stat.S_ISDIR(mode)


def _not_found(path: str, error: OSError) -> DataError:
    """The refusal for a path that leads to no file."""
    if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
        message = f"cannot read the file: {error.strerror}"
        rule = "no-file" if error.errno in {errno.ELOOP, errno.ENAMETOOLONG} else "unreadable"
        return refuse(rule, path, message, help=system_help(error))
    if os.path.islink(path):  # noqa: PTH114  (see above)
        message = f"this link points to nothing: {shorten(repr(os.readlink(path)))}"  # noqa: PTH115  (see above)
        return refuse("no-file", path, message, help="put the file there, or make the link again")
    return refuse("no-file", path, "there is no such file", help=_close_names(path))


def _can_be_a_name(path: str) -> bool:
    """Whether the system could have a file of this name: no NUL in it, nothing that no encoding has."""
    try:
        return path != "" and b"\x00" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _matches(pattern: str) -> tuple[Target, ...]:
    """The files that a glob matches; a directory among them stands for its part files."""
    import glob

    found = glob.glob(pattern, recursive=True)  # noqa: PTH207  # a pattern may be absolute, and hides dot files
    files = {file for path in found for file in (_walk(path) if _is_folder(path) else [path])}
    if not files:
        raise refuse("no-file", pattern, "no file matches this pattern", help=_close_names(pattern))
    return tuple(Target(file, file) for file in sorted(files))


def _part_files(directory: str) -> tuple[Target, ...]:
    """The part files of a directory and of those below it, sorted by path."""
    files = _walk(directory)
    if not files:
        message = "the directory holds no part files"
        hint = "names that begin with . or _ and *.crc are left out"
        raise refuse("no-file", directory, message, help=hint)
    return tuple(Target(file, file) for file in sorted(files))


def _walk(directory: str) -> list[str]:
    """Every part file below a directory; each directory counts once, however many links lead to it."""
    from pathlib import Path

    root, seen, found = Path(directory), set[str](), list[Path]()
    for folder, folders, names in os.walk(root, onerror=_unlistable, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        files = [Path(folder) / name for name in names]
        found += [file for file in files if is_data_name(str(file.relative_to(root)))]
    for file in found:
        mode = _looked_up(str(file))[0]
        if mode is not None and not stat.S_ISREG(mode):
            message = "a directory of part files holds something that is not a file"
            raise refuse("unreadable", str(file), message, help="name the files instead of the directory")
    return [str(file) for file in found]


def _unlistable(error: OSError) -> None:
    """Refuse a directory that cannot be listed: its rows would be missing without a word."""
    message = f"cannot list the directory: {error.strerror}"
    raise refuse("unreadable", str(error.filename or "."), message, help=system_help(error))


def _close_names(path: str) -> str:
    """A hint with the files of the same folder whose names are close to the missing one."""
    from pathlib import Path

    folder, name = Path(path).parent, Path(path).name
    if not _is_folder(str(folder)):
        return f"there is no directory {str(folder)!r}"
    try:
        siblings = [entry.name for entry in folder.iterdir()]
    except OSError:  # it may be searched and not listed
        siblings = []
    close = closest(name, siblings)
    if not close:
        from shlex import quote

        return f"ls {quote(str(folder))} shows what there is"
    return f"did you mean {', '.join(repr(str(folder / other)) for other in close)}?"
