"""Object-store addresses: what they name, and how to show them without the secrets they may carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.text import redact
from xent_cli.readers.interface import Target
from xent_cli.readers.refusals import refuse
from xent_cli.system import stores
from xent_cli.system.stores import scheme

if TYPE_CHECKING:
    from xent_cli.contract.errors import DataError

WILD = r"[*?\[]"
WEB = ("http", "https", "ftp")


def open_address(address: str) -> tuple[Any, str]:
    """The pyarrow file system of an address and the path inside it."""
    name = scheme(address)
    if name not in (*stores.SCHEMES, "file"):
        message = f"addresses that begin with {name}:// cannot be read: {redact(address)}"
        known = f"one of {', '.join(f'{known}://' for known in stores.SCHEMES)}, or a path"
        web = "download it first, or pipe it: curl -fsSL ADDRESS | xent score -"
        raise UsageError(Problem("unsupported-address", message, help=web if name in WEB else known))
    try:
        return stores.open_store(address)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _unreachable(address, error) from None


def expand_address(address: str) -> tuple[Target, ...]:
    """The objects that an address names: itself, what matches its wildcards, or what lies under the prefix."""
    literal, pattern = _split_wild(address)
    filesystem, path = open_address(literal)
    shown = stores.shown(address)
    try:
        found = _list(filesystem, path, shown, prefix=pattern is not None)
    except (OSError, pa.ArrowException) as error:
        raise _unreachable(address, error) from None
    if pattern is not None:
        found = [item for item in found if pattern.fullmatch(item[len(path) :].lstrip("/"))]
    if not found:
        raise refuse("no-file", shown, "no object matches this address", help="check the bucket and the prefix")
    if found == [path]:
        return (Target(shown, path, "remote", filesystem),)
    names = [(f"{scheme(address)}://{item}", item) for item in sorted(found)]
    return tuple(Target(name, item, "remote", filesystem) for name, item in names)


def is_data_name(relative: str) -> bool:
    """Whether a file below a directory is one of its part files: nothing hidden, no marker, no checksum."""
    segments = relative.replace("\\", "/").strip("/").split("/")
    return not any(segment.startswith((".", "_")) for segment in segments) and not relative.endswith(".crc")


def _list(filesystem: Any, path: str, shown: str, *, prefix: bool) -> list[str]:
    """The object itself, or the objects below a prefix."""
    from pyarrow import fs

    info = filesystem.get_file_info(path)
    if info.type == fs.FileType.File and not prefix:
        return [path]
    if info.type == fs.FileType.NotFound:
        raise refuse("no-file", shown, "there is nothing at this address", help="check the bucket and the key")
    entries = filesystem.get_file_info(fs.FileSelector(path, recursive=True))
    files = [str(entry.path) for entry in entries if entry.type == fs.FileType.File]
    return [item for item in files if prefix or is_data_name(item[len(path) :])]


def _unreachable(address: str, error: Exception) -> DataError:
    """The refusal for a store that did not answer or said no."""
    reason = stores.scrub(str(error), address)
    message = f"cannot reach the object store: {reason}"
    return refuse("unreadable", stores.shown(address), message, help=stores.store_help(str(error)))


def _split_wild(address: str) -> tuple[str, re.Pattern[str] | None]:
    """An address up to the directory before its first wildcard, and a pattern for the rest."""
    path, mark, query = address.partition("?") if "=" in address.partition("?")[2] else (address, "", "")
    found = re.compile(WILD).search(path, path.find("://") + 3)
    if found is None:
        return address, None
    start = path.rfind("/", 0, found.start()) + 1
    return path[:start].rstrip("/") + mark + query, _translate(path[start:])


def _translate(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression: `*` and `?` stay inside a directory, `**/` crosses them."""
    pieces = re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^\]]+\])", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    made = [known.get(piece) or _literal_or_class(piece) for piece in pieces]
    return re.compile("".join(made), re.DOTALL)


def _literal_or_class(piece: str) -> str:
    """A piece of a glob that is a character class or plain text."""
    if piece.startswith("[") and piece.endswith("]") and len(piece) > 2:
        return "[^" + piece[2:] if piece.startswith("[!") else piece
    return re.escape(piece)
