"""The checks of every output before the run: it can be written, is not an input, and is named once."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xent_cli.sinks.failures import refusal, reported
from xent_cli.sinks.files import STDOUT, AtomicFile, is_straight, refuse_other_schemes, standard_output
from xent_cli.system import stores
from xent_cli.system.disk import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence

STDIN = "-"
"""Standard input among the inputs; among the outputs the same character is standard output."""


def check_outputs(paths: Sequence[str], inputs: Sequence[str] = ()) -> None:
    """Check every output before the run: each can be written, and no two of them are the same."""
    seen: set[str] = set()
    for path in paths:
        check_writable(path, inputs)
        place = path if path == STDOUT or stores.is_store(path) else str(Path(path).resolve())
        if place in seen:
            shown = "standard output" if path == STDOUT else "the same file"
            raise refusal("duplicate-output", path, f"two outputs go to {shown}", "give each a name of its own")
        if path != NOWHERE:
            seen.add(place)


def check_writable(path: str, inputs: Sequence[str] = ()) -> None:
    """Raise OutputError where an output could not be written, or would replace one of the inputs."""
    if stores.is_store(path):
        _check_store(path, inputs)
        return
    if path == STDOUT:
        standard_output()
    check_is_no_input(path, inputs)
    if path == STDOUT:
        return
    refuse_other_schemes(path)
    with reported(path):
        straight = is_straight(path)
    if not straight:
        AtomicFile(path).abort()


def check_is_no_input(path: str, inputs: Sequence[str]) -> None:
    """Raise OutputError where a path, or standard output, is the same regular file as an input."""
    own = _status(path, sys.stdout if path == STDOUT else None)
    if own is None or not stat.S_ISREG(own.st_mode):
        return
    for given in inputs:
        other = _status(given, sys.stdin if given == STDIN else None)
        if other is not None and os.path.samestat(own, other):
            raise _is_input("<stdout>" if path == STDOUT else path)


def _check_store(path: str, inputs: Sequence[str]) -> None:
    """Refuse an object that is an input, and a bucket that is known not to be there."""
    if path in inputs:
        raise _is_input(path)
    with reported(path):
        system, place = stores.open_store(path)
        if stores.canonical(system, place) in inputs:
            raise _is_input(path)
        missing = system.type_name == "s3" and _is_missing(system, place.partition("/")[0])
    if missing:
        raise refusal("no-directory", path, "there is no such bucket", "check the name of the bucket")


def _is_missing(system: Any, bucket: str) -> bool:
    """Whether a bucket is known not to be there; whoever may only write to it cannot know."""
    from pyarrow import fs

    try:
        return bool(system.get_file_info(bucket).type == fs.FileType.NotFound)
    except OSError as error:
        if "ACCESS_DENIED" in str(error):
            return False
        raise


def _is_input(path: str) -> Exception:
    """The refusal of an output that would replace an input."""
    return refusal("output-is-input", path, "this output is also an input", "give the output a name of its own")


def _status(path: str, stream: Any) -> os.stat_result | None:
    """What is known of a path or an open stream, None where that is nothing."""
    try:
        return Path(path).stat() if stream is None else os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return None
