"""Several files scored apart as a table: a line a file, the lowest mean loss first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.text import counted, grouped, short
from xent_cli.renderers.layout import Column, Grid, line, paint
from xent_cli.renderers.tables.report import TableSection, draw_section, gate_section

if TYPE_CHECKING:
    from rich.console import Console

    from xent_cli.contract.leaderboard import Leaderboard
    from xent_cli.renderers.view import View

_INFINITE = {"inf": "red", "-inf": "red"}
_STATUS = {"pass": "green", "fail": "bold red"}


def render_leaderboard(board: Leaderboard, view: View) -> str:
    """The files as text, the best first."""

    def draw(console: Console) -> None:
        status = [(f"  {board.status}", _STATUS[board.status])] if board.status in _STATUS else []
        line(console, (f"{counted(len(board.reports), 'file')}, mean loss in {board.unit}, lowest first", ""), *status)
        draw_section(console, TableSection(files_grid(board, view)), view)
        if board.gates:
            draw_section(console, gate_section(board.gates, view), view)

    return paint(view, draw)


def files_grid(board: Leaderboard, view: View) -> Grid:
    """Each file with its mean, how sure that is, and how good."""
    level = f"{100 * board.reports[0].loss.ci.level:g}%"
    titles = ("mean", f"{level} low", f"{level} high", "skill", "accuracy", "rows")
    rows = []
    for report in board.reports:
        loss = report.loss
        skill = float("nan") if report.baseline.skill is None else report.baseline.skill
        numbers = (loss.mean, loss.ci.low, loss.ci.high, skill, report.accuracy)
        rows.append((view.path(report.inputs[0].path), *map(short, numbers), grouped(report.rows.scored)))
    return Grid((Column("file"), *(Column(title, number=True, styles=_INFINITE) for title in titles)), rows)
