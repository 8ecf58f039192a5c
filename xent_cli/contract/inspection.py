"""What `xent inspect` shows: schema `xent.inspect/1` as frozen values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.frozen import result

if TYPE_CHECKING:
    from xent_cli.contract.report import Columns, Input, Notice, RowCounts


@result
class ColumnView:
    """One column of a file as `inspect` shows it: its name, type in the file and the role it was given (or None)."""

    name: str
    type: str
    role: str | None


@result
class InspectionProblem:
    """A rule that rows break, as `inspect` lists it: the text is the one that `score` would refuse with."""

    rule: str
    count: int
    message: str
    where: str | None
    rows: tuple[int, ...]
    help: str | None
    detail: str | None = None


@result
class Inspection:
    """The result of `inspect`: schema `xent.inspect/1`. `columns` is None where the roles could not be inferred."""

    schema: str
    xent: str
    scorable: bool
    command: str | None
    inputs: tuple[Input, ...]
    header: tuple[ColumnView, ...]
    columns: Columns | None
    rows: RowCounts | None
    problems: tuple[InspectionProblem, ...] = ()
    notices: tuple[Notice, ...] = ()
