"""What several formats say in the same words: the headline, the gates, the groups that differ."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from xent_cli.contract.text import apart, counted, grouped, redact, short, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xent_cli.contract.report import Gate, Report
    from xent_cli.renderers.view import View

NAME = 80
"""Cells that a foreign name takes at most, where rows of many names must fit a budget."""

SENTENCE = 500
"""Cells that a sentence takes at most."""

_NAMED = 6


def kind(report: Report) -> str:
    """What was computed."""
    return f"{'multi-label binary' if report.labels is not None else report.columns.kind} cross-entropy"


def mean(report: Report, view: View) -> str:
    """The mean with its standard error and unit."""
    loss = report.loss
    error = "" if isnan(loss.se) else f" {view.plus_minus} {short(loss.se)}"
    return f"{short(loss.mean)}{error} {loss.unit}"


def interval(report: Report) -> str:
    """The confidence interval, or why there is none."""
    ci = report.loss.ci
    if isnan(ci.low) or isnan(ci.high):
        return f"{100 * ci.level:g}% interval {ci.method}"
    return f"{100 * ci.level:g}% interval {short(ci.low)} to {short(ci.high)}, {ci.method}"


def rows(report: Report) -> str:
    """How many rows the number is made of, and which were not used or are infinite."""
    counts = report.rows
    fates = ((counts.ignored, "ignored"), (counts.skipped, "skipped"), (counts.infinite, "with infinite loss"))
    return ", ".join([f"{counted(counts.scored, 'row')} scored", *(f"{grouped(n)} {fate}" for n, fate in fates if n)])


def files(report: Report, view: View) -> str:
    """The files that were read: the first one, and how many more there are."""
    more = len(report.inputs) - 1
    first = visible(redact(report.inputs[0].path), NAME, ascii_only=not view.unicode)
    return f"{first} and {counted(more, 'more file', 'more files')}" if more else first


def gate_name(gate: Gate, view: View) -> str:
    """A gate with the group that it is for."""
    name = visible(gate.rule, NAME, ascii_only=not view.unicode)
    return name if gate.group is None else f"{name}, {visible(gate.group, NAME, ascii_only=not view.unicode)}"


def gate_sentence(gate: Gate, view: View) -> str:
    """A gate with its verdict, as many digits as separate its value from its limit, and the reason."""
    value, limit = apart(gate.value, gate.limit)
    verdict = {"pass": "passed", "fail": "failed"}.get(gate.status, gate.status)
    reason = gate_reason(gate, view)
    return f"{gate_name(gate, view)} {verdict}: {value}, limit {limit}" + (f"; {reason}" if reason else "")


def gate_reason(gate: Gate, view: View) -> str:
    """What the numbers alone do not say."""
    return "" if gate.reason is None else visible(redact(gate.reason), SENTENCE, ascii_only=not view.unicode)


def undecided(gate: Gate) -> bool:
    """Whether a gate passed without the data showing that it is good enough."""
    return gate.status == "pass" and (gate.reason or "").startswith("undecided")


def doubtful(gate: Gate) -> bool:
    """Whether a gate passed undecided with a model that measures worse."""
    return undecided(gate) and gate.value > 0


def failed_first(gates: Sequence[Gate]) -> list[Gate]:
    """The gates that failed, then the undecided ones, then the others."""
    return sorted(gates, key=lambda gate: (gate.status == "pass", not undecided(gate)))


def flagged(report: Report, view: View) -> Iterator[str]:
    """The groups that differ from the rest of the rows, if any, in one sentence."""
    names = [group.group for group in report.groups if group.flagged]
    if names:
        number = "differs" if len(names) == 1 else "differ"
        shown = ", ".join(visible(name, NAME, ascii_only=not view.unicode) for name in names[:_NAMED])
        more = f", {view.ellipsis}" if len(names) > _NAMED else ""
        yield f"{grouped(len(names))} of {counted(len(report.groups), 'group')} {number} from the rest: {shown}{more}"
