"""Errors and notices as text for standard error, and errors as one line of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.documents import to_document
from xent_cli.contract.text import counted, grouped, redact
from xent_cli.renderers import words
from xent_cli.renderers.ci.github import commands
from xent_cli.renderers.json_document import dump
from xent_cli.renderers.lines import apart, text_of
from xent_cli.renderers.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xent_cli.contract.errors import Location, Problem
    from xent_cli.contract.inspection import InspectionProblem
    from xent_cli.contract.report import Gate, Notice
    from xent_cli.renderers.lines import Line

_MOST = 8
_SENTENCE = 1000
_WIDE = View()


def render_problems(problems: Sequence[Problem], view: View) -> str:
    """Every problem as error[rule]: what, where, how many and the help; a blank line between two of them."""
    return text_of(apart(problem_lines(problem, view) for problem in problems), view)


def render_problems_json(problems: Sequence[Problem], exit_code: int) -> str:
    """The problems as one line of JSON, schema `xent.error/1`, with the exit status of the process."""
    errors = [_redacted(to_document(problem)) for problem in problems]
    return dump({"schema": "xent.error/1", "exit": exit_code, "errors": errors})


def render_notices(notices: Sequence[Notice], view: View) -> str:
    """One line a notice: notice[code]: message."""
    return text_of((notice_line(notice, view) for notice in notices), view)


def render_problems_github(problems: Sequence[Problem], view: View) -> str:
    """The problems as annotations of a workflow run, in one line each."""
    return commands(((problem.rule, _annotation(problem, view)) for problem in problems), (), ())


def _annotation(problem: Problem, view: View) -> str:
    """What, where, how many and the help in one sentence."""
    where = None if problem.where is None else location_text(problem.where, view)
    help = None if problem.help is None else f"help: {problem.help}"
    parts = (problem.message, where, problem.detail, help)
    return "; ".join(_sentence(part, view) for part in parts if part)


def render_gates(gates: Sequence[Gate], view: View) -> str:
    """One line a gate, with its verdict, its numbers and its reason."""
    return text_of((_gate_line(gate, view) for gate in gates), view)


def _gate_line(gate: Gate, view: View) -> Line:
    """A gate in one line."""
    style = "bold green" if gate.status == "pass" else "bold red"
    return (f"gate[{gate.status}]", style), (f": {words.gate_sentence(gate, view)}", "")


def notice_line(notice: Notice, view: View) -> Line:
    """A notice in one line."""
    return (f"notice[{view.text(notice.code)}]", "bold yellow"), (f": {_sentence(notice.message, view)}", "")


def problem_lines(problem: Problem, view: View) -> Iterator[Line]:
    """One problem in its full form."""
    where = None if problem.where is None else location_text(problem.where, view)
    details = [] if problem.detail is None else [_sentence(problem.detail, view)]
    also = _also_text(problem, view)
    yield from _error_lines(problem, where, [*details, also] if also else details, view)
    if problem.explain is not None:
        yield ("  page: ", "cyan"), (f"xent explain {problem.explain}", "")


def fault_lines(fault: InspectionProblem, view: View) -> Iterator[Line]:
    """One finding of `inspect` in the form of the error that `score` would end with."""
    where = None if fault.where is None else _sentence(fault.where, view)
    listed = ": " + _some_rows(fault.rows, fault.count, view) if fault.rows else ""
    known = [] if fault.detail is None else [_sentence(fault.detail, view)]
    details = [counted(fault.count, "row") + listed] if listed or fault.count > 1 else known
    return _error_lines(fault, where, details, view)


def _error_lines(
    error: Problem | InspectionProblem, where: str | None, details: Sequence[str], view: View
) -> Iterator[Line]:
    """What is wrong, where, the details and the help."""
    yield (f"error[{view.text(error.rule)}]", "bold red"), (f": {_sentence(error.message, view)}", "bold")
    if where is not None:
        yield ("  --> ", "blue"), (where, "")
    for detail in details:
        yield ("   |  ", "blue"), (detail, "")
    if error.help is not None:
        yield ("  help: ", "cyan"), (_sentence(error.help, view), "")


def location_text(where: Location, view: View = _WIDE) -> str:
    """A location as far as it is known: predictions.csv: row 1,205, line 1,206, columns a, b = 0.61, 0.3."""
    places = [] if where.row is None else [f"row {grouped(where.row)}"]
    places += [] if where.line is None else [f"line {grouped(where.line)}"]
    if where.columns:
        places.append(f"{'column' if len(where.columns) == 1 else 'columns'} {_some(where.columns, view)}")
    elif where.values:
        places.append("value" if len(where.values) == 1 else "values")
    values = f"{' =' if where.columns else ''} {_some(where.values, view)}" if where.values else ""
    return view.path(where.path) + (": " if places else "") + ", ".join(places) + values


def _sentence(text: str, view: View) -> str:
    """A message made safe: other people's text is quoted in it."""
    return view.text(redact(text), _SENTENCE)


def _some(names: Sequence[str], view: View) -> str:
    """The first names or values, and how many there are in all."""
    shown = ", ".join(view.text(name, 40) for name in names[:_MOST])
    return shown if len(names) <= _MOST else f"{shown} {view.ellipsis} ({grouped(len(names))} in all)"


def _also_text(problem: Problem, view: View) -> str:
    """The other rows that break the rule, as far as they are known."""
    first = None if problem.where is None else problem.where.row
    rows = [row for row in problem.rows if row != first]
    return f"also {'row' if len(rows) == 1 else 'rows'} {_some_rows(rows, problem.count, view)}" if rows else ""


def _some_rows(rows: Sequence[int], count: int, view: View) -> str:
    """The first rows, and how many there are in all where that is more than these and the one shown above."""
    shown = ", ".join(grouped(row) for row in rows[:_MOST])
    return shown if count <= min(len(rows), _MOST) + 1 else f"{shown} {view.ellipsis} ({grouped(count)} in all)"


def _redacted(error: dict[str, object]) -> dict[str, object]:
    """The error without the secrets of the URIs that it quotes."""
    return dict(_redacted_items(error))


def _redacted_items(error: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Each field of an error, its texts redacted, those of its location too."""
    for key, entry in error.items():
        if isinstance(entry, str):
            yield key, redact(entry)
        else:
            yield key, _redacted(entry) if isinstance(entry, dict) else entry
