"""Object stores: which addresses name one, how it is opened with bounded patience, what of it may be shown."""

from __future__ import annotations

import re
from typing import Any

from xent_cli.contract.text import redact

SCHEMES = ("s3", "gs", "gcs", "abfss", "abfs", "az")
"""The schemes of the addresses that pyarrow's own file systems open."""

CONTAINER_IS_USER = ("abfss", "abfs", "az")
SECONDS = 20  # how long a Google store is asked again; S3 is asked three times

_ADDRESS = r"(?s:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>.*))"
_USER = r"[^/@?#]*:[^?#]*@|[^/@?#]*@"
_HELPS = (
    ("ACCESS_DENIED|INVALID_ACCESS_KEY|SIGNATURE|InvalidAccessKey|Forbidden|HTTP status 403|CREDENTIALS",
     "check the credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, a role) and what they may do"),
    ("NO_SUCH_BUCKET", "check the name of the bucket"),
    ("NETWORK_CONNECTION|curlCode|Could not resolve",
     "check the address and the network; AWS_ENDPOINT_URL names a store that is not at Amazon"),
)  # fmt: skip


def scheme(text: str) -> str | None:
    """The scheme of an address in small letters, None where the text is a path: one letter is a drive of Windows."""
    match = re.fullmatch(_ADDRESS, text) if "://" in text else None
    return match["scheme"].lower() if match else None


def is_store(text: str) -> bool:
    """Whether a text is the address of an object in a store."""
    return scheme(text) in SCHEMES


def open_store(address: str) -> tuple[Any, str]:
    """The pyarrow file system of an address and the path inside it; OSError and ValueError are the library's.

    An S3 file system that is made from an address asks ten times, which is minutes where a server hangs; one that is
    made from options asks three times.
    """
    from pyarrow import fs

    system, place = fs.FileSystem.from_uri(_hurried(address))
    if system.type_name == "s3":
        (options,) = system.__reduce__()[1]
        system = type(system)(**options)
    return system, str(place)


def canonical(system: Any, place: str) -> str:
    """One name for one object, however its address was written: a path where it lies on this machine."""
    return place if system.type_name == "local" else f"{system.type_name}://{place}"


def shown(address: str) -> str:
    """An address as it may be shown: without its options, its secrets replaced."""
    return redact(address).partition("?")[0]


def scrub(message: str, address: str) -> str:
    """A message of a library without the secrets of the address that it is about."""
    message = message.replace(address, shown(address))
    for secret in _secrets(address):
        message = message.replace(secret, "***")
    return redact(message)


def store_help(message: str) -> str:
    """What helps against what a store answered."""
    known = (advice for pattern, advice in _HELPS if re.search(pattern, message))
    return next(known, "see whether another client of the store can do the same")


def never_close(stream: object) -> None:
    """Keep a stream open until the process ends: closing or collecting it would publish the part that was written."""
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(stream))


def _hurried(address: str) -> str:
    """The address with a limit to how long it is tried again, which Google's would be for a quarter of an hour."""
    if scheme(address) not in {"gs", "gcs"} or "retry_limit_seconds" in address:
        return address
    return f"{address}{'&' if '?' in address else '?'}retry_limit_seconds={SECONDS}"


def _secrets(address: str) -> list[str]:
    """The parts of an address that must not be shown, the longest first."""
    match = re.fullmatch(_ADDRESS, address)
    if match is None:
        return []
    user, rest = _split_user(match["rest"])
    parts = user.split(":", 1)
    if match["scheme"].lower() in CONTAINER_IS_USER:
        parts = parts[1:]
    from urllib.parse import unquote

    query = rest.partition("?")[2]
    parts += [query, *(pair.partition("=")[2] for pair in query.split("&"))]
    return sorted({form for part in parts for form in (part, unquote(part)) if form}, key=len, reverse=True)


def _split_user(rest: str) -> tuple[str, str]:
    """The user part of an address without its @, and what follows it."""
    match = re.match(_USER, rest)
    return (match[0][:-1], rest[match.end() :]) if match else ("", rest)
