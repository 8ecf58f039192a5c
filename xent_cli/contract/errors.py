"""What can go wrong, as values: every refusal is a `Problem`, every failed run a `XentError` with an exit code.

Nothing here prints. The border (`cli`) turns these into text or JSON and into the status of the process.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import result

if TYPE_CHECKING:
    from collections.abc import Iterator


@result
class Location:
    """Where a problem is: a file and, where known, a data row (1 is the first), a line and the cells."""

    path: str
    row: int | None = None
    line: int | None = None
    columns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


@result
class Problem:
    """One reason to refuse: what (with the value), where, how many, and the help.

    `rule` is the stable name in brackets, `detail` the line that counts, `rows` the first data rows concerned
    (of `count` in all), `explain` the page of `xent explain` that says more.
    """

    rule: str
    message: str
    where: Location | None = None
    detail: str | None = None
    help: str | None = None
    count: int = 1
    rows: tuple[int, ...] = ()
    explain: str | None = None


class XentError(Exception):
    """A run that ends without its number. `exit_code` is the status of the process."""

    exit_code = 70

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class UsageError(XentError):
    """Wrong use: a flag, a selector, a configuration (exit 2)."""

    exit_code = 2


class OutputError(XentError):
    """A result that could not be written: full disk, read-only directory, closed standard output (exit 2)."""

    exit_code = 2


class DataError(XentError):
    """Data that cannot be scored or compared (exit 3)."""

    exit_code = 3


@contextmanager
def located_in(path: str | None) -> Iterator[None]:
    """Have the problems of a failure that say nowhere where they are name this file."""
    try:
        yield
    except XentError as error:
        if path is None or all(problem.where is not None for problem in error.problems):
            raise
        named = (problem if problem.where else replace(problem, where=Location(path)) for problem in error.problems)
        raise type(error)(*named) from None
