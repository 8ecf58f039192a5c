"""Object-store addresses: what they name, and how to show them without the secrets they may carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xent_cli.errors import Problem, UsageError
from xent_cli.readers.failures import refuse
from xent_cli.readers.interface import Target

if TYPE_CHECKING:
    from xent_cli.errors import DataError

SCHEMES = ("s3", "gs", "gcs", "abfss", "abfs", "az", "file")
CONTAINER_IS_USER = ("abfss", "abfs", "az")
WILD = re.compile(r"[*?\[]")
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_USER = re.compile(r"[^/@?#]*:[^?#]*@|[^/@?#]*@")


def scheme(text: str) -> str | None:
    """The scheme of an address, None where the text is a path."""
    match = _ADDRESS.fullmatch(text)
    return match["scheme"].lower() if match else None


def redact(address: str) -> str:
    """An address as it may be shown: without user, password and query."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return address
    rest, user = _split_user(match["rest"])
    rest = re.split(r"[?#]" if match["scheme"].lower() == "file" else r"\?", rest, maxsplit=1)[0]
    keep = user.split(":", 1)[0] if match["scheme"].lower() in CONTAINER_IS_USER else ""
    return f"{match['scheme']}://{keep + '@' if keep else ''}{rest}"


def scrub(message: str, target: Target) -> str:
    """A message of a library without the secrets of the address it was about."""
    return _scrub(message, target.address, target.path) if target.kind == "remote" else message


def open_address(address: str) -> tuple[Any, str]:
    """The pyarrow file system of an address and the path inside it."""
    from pyarrow import fs

    name = scheme(address)
    if name not in SCHEMES:
        message = f"addresses that begin with {name}:// cannot be read: {redact(address)}"
        raise UsageError(Problem("unsupported-address", message, help=f"one of {', '.join(SCHEMES[:-1])}, or a path"))
    try:
        filesystem, path = fs.FileSystem.from_uri(address)
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = _scrub(str(error), address, redact(address))
        raise refuse("unreadable", redact(address), f"cannot use this address: {reason}") from None
    return filesystem, str(path)


def expand_address(address: str) -> tuple[Target, ...]:
    """The objects that an address names: itself, what matches its wildcards, or what lies under the prefix."""
    literal, pattern = _split_wild(address)
    filesystem, path = open_address(literal)
    shown = redact(address)
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
    reason = _scrub(str(error), address, redact(address))
    return refuse("unreadable", redact(address), f"cannot reach the object store: {reason}")


def _scrub(message: str, address: str, shown: str) -> str:
    """Replace an address and each secret part of it."""
    message = message.replace(address, shown)
    for secret in _secrets(address):
        message = message.replace(secret, "***")
    return message


def _secrets(address: str) -> list[str]:
    """The parts of an address that must not be shown, the longest first."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return []
    rest, user = _split_user(match["rest"])
    parts = user.split(":", 1)
    if match["scheme"].lower() in CONTAINER_IS_USER:
        parts = parts[1:]
    query = rest.partition("?")[2]
    parts += [query, *(pair.partition("=")[2] for pair in query.split("&"))]
    from urllib.parse import unquote

    return sorted({form for part in parts for form in (part, unquote(part)) if form}, key=len, reverse=True)


def _split_user(rest: str) -> tuple[str, str]:
    """What follows the user part of an address, and the user part without its @."""
    match = _USER.match(rest)
    return (rest[match.end() :], match[0][:-1]) if match else (rest, "")


def _split_wild(address: str) -> tuple[str, re.Pattern[str] | None]:
    """An address up to the directory before its first wildcard, and a pattern for the rest."""
    path, mark, query = address.partition("?") if "=" in address.partition("?")[2] else (address, "", "")
    found = WILD.search(path, path.find("://") + 3)
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
    if piece.startswith("[") and piece.endswith("]") and len(piece) > 2:
        return "[^" + piece[2:] if piece.startswith("[!") else piece
    return re.escape(piece)
