"""Annotations of a GitHub workflow run. GitHub silently drops what goes beyond ten of a kind; the tenth says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.text import grouped, redact, visible
from xent_cli.renderers import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xent_cli.contract.report import Report
    from xent_cli.renderers.view import View

    Annotation = tuple[str, str]

_MOST = 10


def render_github(report: Report, view: View) -> str:
    """An ::error for each gate that failed, a ::warning for each doubt, a ::notice for what passed and the mean."""
    return commands(_errors(report, view), _warnings(report, view), _notices(report, view))


def commands(errors: Iterable[Annotation], warnings: Iterable[Annotation], notices: Iterable[Annotation]) -> str:
    """Titles and messages as annotations of three kinds, at most ten of each."""
    kinds = {"error": errors, "warning": warnings, "notice": notices}
    return "".join(line for name, found in kinds.items() for line in _kind(name, list(found)))


def _errors(report: Report, view: View) -> Iterator[Annotation]:
    """Titles and messages of the gates that failed."""
    return ((gate.rule, words.gate_sentence(gate, view)) for gate in report.gates if gate.status != "pass")


def _warnings(report: Report, view: View) -> Iterator[Annotation]:
    """Gates that passed undecided with a worse mean, groups that differ, and the notices of the report."""
    for gate in report.gates:
        if words.doubtful(gate):
            yield gate.rule, words.gate_sentence(gate, view)
    for sentence in words.flagged(report, view):
        yield "groups", sentence
    for notice in report.notices:
        yield notice.code, visible(redact(notice.message), words.SENTENCE, ascii_only=not view.unicode)


def _notices(report: Report, view: View) -> Iterator[Annotation]:
    """The mean, and the gates that passed."""
    what = f"{words.kind(report)} {words.mean(report, view)} ({words.interval(report)}), {words.rows(report)}"
    yield report.status if report.gates else "scored", f"{words.files(report, view)}: {what}"
    for gate in report.gates:
        if gate.status == "pass" and not words.doubtful(gate):
            yield gate.rule, words.gate_sentence(gate, view)


def _kind(name: str, found: list[Annotation]) -> Iterator[str]:
    """The annotations of one kind, at most ten; the tenth says how many more there are."""
    shown = found if len(found) <= _MOST else found[: _MOST - 1]
    for title, message in shown:
        yield f"::{name} title={_property(f'xent {title}')}::{_data(message)}\n"
    if len(shown) < len(found):
        more = f"{grouped(len(found) - len(shown))} more of this kind are in the other outputs"
        yield f"::{name} title=xent::{_data(more)}\n"


def _data(text: str) -> str:
    """The message of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The value of a property of a command."""
    return _data(visible(text, words.NAME)).replace(":", "%3A").replace(",", "%2C")
