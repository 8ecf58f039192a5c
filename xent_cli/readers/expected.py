"""About how many rows there are in files that are still to be read: what a progress line measures itself against."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from xent_cli.contract.errors import XentError
from xent_cli.readers.opening import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.readers.interface import Target

MOST_OPENED = 20
"""Of more files the others are taken to hold as many rows a byte as these do."""


def expected_rows(targets: Sequence[Target], format: str | None, delimiter: str | None) -> int | None:
    """About how many rows local files have together; None where one is a pipe or compressed, or cannot be read."""
    if any(target.kind != "file" for target in targets):
        return None
    try:
        status = [os.stat(target.address) for target in targets]  # noqa: PTH116  (as in `sources.byte_source`)
        if not all(stat.S_ISREG(each.st_mode) for each in status):  # what is taken from a pipe would be missing
            return None
        sizes = [each.st_size for each in status]
        opened = [_expected(target, format, delimiter) for target in targets[:MOST_OPENED]]
    except (OSError, XentError):  # the run itself will say what is wrong
        return None
    rows, seen = [each for each in opened if each is not None], sum(sizes[: len(opened)])
    if len(rows) < len(opened) or not seen:
        return None
    return sum(rows) * sum(sizes) // seen


def _expected(target: Target, format: str | None, delimiter: str | None) -> int | None:
    """About how many rows one file has."""
    with open_file(target, format=format, delimiter=delimiter) as file:
        return file.expected_rows
