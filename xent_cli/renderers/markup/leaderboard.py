"""Several files scored apart as Markdown, CSV or TSV: a line a file, the lowest mean loss first."""

from __future__ import annotations

import csv
import io
from math import isnan
from typing import TYPE_CHECKING

from xent_cli.contract.text import apart, counted, exact, formula_safe, grouped, redact, short
from xent_cli.renderers import words
from xent_cli.renderers.markup.markdown import foreign, foreign_name, foreign_text, listing, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xent_cli.contract.leaderboard import Leaderboard
    from xent_cli.contract.report import Report
    from xent_cli.renderers.view import View

FIELDS = ("file", "rows", "mean", "se", "ci_low", "ci_high", "skill", "accuracy", "unit", "signature")
"""The columns of CSV and TSV."""


def render_leaderboard_markdown(board: Leaderboard, view: View) -> str:
    """The verdict of the gates, the files and the notices."""
    return "\n".join(_blocks(board, view))


def render_leaderboard_csv(board: Leaderboard, view: View) -> str:
    """A line of commas for each file, every number with all its digits."""
    return _delimited(board, view, ",")


def render_leaderboard_tsv(board: Leaderboard, view: View) -> str:
    """A line of tabs for each file, every number with all its digits."""
    return _delimited(board, view, "\t")


def _blocks(board: Leaderboard, view: View) -> Iterator[str]:
    """The parts of the document, each ending in a line feed."""
    title = board.status if board.gates else f"{counted(len(board.reports), 'file')} scored apart"
    yield f"## xent: {title}\n"
    if board.gates:
        titles, gates = ("gate", "value", "limit", "verdict", "because"), list(_gates(board, view))
        yield table("gates", titles, gates, view, total=len(gates), titled=False)
    level = f"{100 * board.reports[0].loss.ci.level:g}%"
    head = ("file", f"mean ({board.unit})", f"{level} low", f"{level} high", "skill", "accuracy", "rows")
    yield table("models", head, (_row(report, view) for report in board.reports), view, total=len(board.reports))
    if board.notices:
        items = [f"{foreign_name(note.code, view)}: {foreign_text(note.message, view)}" for note in board.notices]
        yield listing("notices", items, len(items), view)


def _gates(board: Leaderboard, view: View) -> Iterator[tuple[str, ...]]:
    """Every gate of every file, those that failed first."""
    for gate in words.failed_first(board.gates):
        status = gate.status if gate.status == "pass" else f"**{gate.status}**"
        reason = words.gate_reason(gate, view)
        name = foreign(words.gate_name(gate, view))
        yield name, *apart(gate.value, gate.limit), status, foreign(reason) if reason else ""


def _row(report: Report, view: View) -> tuple[str, ...]:
    """One file with its mean, how sure that is, and how good."""
    loss = report.loss
    numbers = map(short, (loss.mean, loss.ci.low, loss.ci.high, _skill(report), report.accuracy))
    return foreign_text(report.inputs[0].path, view), *numbers, grouped(report.rows.scored)


def _skill(report: Report) -> float:
    """The skill of a file, NaN where it has none."""
    return float("nan") if report.baseline.skill is None else report.baseline.skill


def _delimited(board: Leaderboard, view: View, delimiter: str) -> str:
    """The files as lines of fields; an undefined number is an empty field."""
    del view
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(FIELDS)
    for report in board.reports:
        loss = report.loss
        numbers = (loss.mean, loss.se, loss.ci.low, loss.ci.high, _skill(report), report.accuracy)
        fields = ("" if isnan(value) else exact(value) for value in numbers)
        name = formula_safe(redact(report.inputs[0].path))
        writer.writerow((name, report.rows.scored, *fields, loss.unit, formula_safe(report.signature)))
    return text.getvalue()
