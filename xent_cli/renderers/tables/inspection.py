"""What `inspect` found, for people: the file, its columns, what `score` would do and why, and what is wrong."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from xent_cli.contract.text import counted, grouped, size
from xent_cli.renderers.layout import Column, Grid, line, paint
from xent_cli.renderers.problems import fault_lines, notice_line
from xent_cli.renderers.tables.report import Row, TableSection, draw_section, fact_grid, read_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from xent_cli.contract.inspection import ColumnView, Inspection
    from xent_cli.renderers.view import View

_MOST_ALIKE = 6
_MOST_COLUMNS = 60
_NO_ROLE = "-"


def render_inspection(inspection: Inspection, view: View) -> str:
    """The inspection as text; the same explanation as an explicit command line on a line of its own."""

    def draw(console: Console) -> None:
        line(console, *_headline(inspection, view))
        draw_section(console, TableSection(fact_grid(_read_facts(inspection, view))), view)
        draw_section(console, TableSection(_columns(inspection.header, view), "columns"), view)
        _draw_plan(console, inspection, view)
        _draw_faults(console, inspection, view)

    return paint(view, draw)


def _headline(inspection: Inspection, view: View) -> Iterator[tuple[str, str]]:
    """Whether `score` would score this."""
    many = len(inspection.inputs) > 1
    name = f"{len(inspection.inputs)} files" if many else "".join(view.path(file.path) for file in inspection.inputs)
    yield name, "bold"
    if inspection.scorable:
        yield "  can be scored", "green"
    else:
        problems = counted(len(inspection.problems), "problem")
        yield f"  cannot be scored: {problems}", "bold red"


def _read_facts(inspection: Inspection, view: View) -> list[Row]:
    """What was read; of a file that was refused before its first row, its size alone."""
    if inspection.rows is not None or any(file.rows for file in inspection.inputs):
        return read_facts(inspection.inputs, None, view)
    texts = [
        f"{view.path(file.path)}: {view.text(file.format)}" + ("" if file.bytes is None else f", {size(file.bytes)}")
        for file in inspection.inputs
    ]
    return [("read" if place == 0 else "", text) for place, text in enumerate(texts)]


def _draw_plan(console: Console, inspection: Inspection, view: View) -> None:
    """Print what `score` would do, its reasons and the explicit command."""
    columns = inspection.columns
    if columns is not None:
        plan: list[Row] = [("kind", f"{view.text(columns.kind)} cross-entropy"), *read_facts((), columns, view)]
        if not view.verbose:  # verbose facts have the reasons already
            plan += [("why" if place == 0 else "", view.text(why, 1000)) for place, why in enumerate(columns.reasons)]
        draw_section(console, TableSection(fact_grid([*plan, *_row_facts(inspection)]), "what score does"), view)
    if inspection.command is not None:
        line(console)
        refused = "" if inspection.scorable else " (fails until the problems below are fixed)"
        line(console, ("explicit command", "bold"), (refused, ""))
        line(console, (f"  {view.text(inspection.command, 1000)}", ""))


def _row_facts(inspection: Inspection) -> list[Row]:
    """How many rows there are and how many could be scored."""
    rows = inspection.rows
    return [] if rows is None else [("rows", f"{grouped(rows.read)} read, {grouped(rows.scored)} scorable")]


def _draw_faults(console: Console, inspection: Inspection, view: View) -> None:
    """Print every problem as `score` would refuse with it, then the notices."""
    for fault in inspection.problems:
        line(console)
        for parts in fault_lines(fault, view):
            line(console, *parts)
    if inspection.notices:
        line(console)
    for notice in inspection.notices:
        line(console, *notice_line(notice, view))


def _columns(header: Sequence[ColumnView], view: View) -> Grid:
    """The columns with their types and roles, long runs of columns alike in one line."""
    cells = [cell for row in _runs(header) for cell in _run_cells(row, view)]
    rest: list[Row] = [(f"{view.ellipsis} and {grouped(len(cells) - _MOST_COLUMNS)} more", "", "")]
    most = cells if len(cells) <= _MOST_COLUMNS or view.verbose else cells[:_MOST_COLUMNS] + rest
    return Grid((Column("column"), Column("type"), Column("role")), most)


def _runs(header: Sequence[ColumnView]) -> list[list[ColumnView]]:
    """Neighbouring columns of one type and role."""
    return [list(run) for _, run in groupby(header, key=lambda column: (column.type, column.role))]


def _run_cells(run: Sequence[ColumnView], view: View) -> list[Row]:
    """A line a column, or one for the whole run where it is long."""
    kind, role = view.text(run[0].type), _NO_ROLE if run[0].role is None else view.text(run[0].role)
    if len(run) <= _MOST_ALIKE or view.verbose:
        return [(view.text(column.name), kind, role) for column in run]
    ends = f"{view.text(run[0].name, 40)} {view.ellipsis} {view.text(run[-1].name, 40)}"
    return [(f"{ends} ({grouped(len(run))} columns)", kind, role)]
