"""What github-action-benchmark charts under `tool: customSmallerIsBetter`: the mean loss, and that of each group."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from xent_cli.contract.text import counted, exact, short, whole
from xent_cli.renderers import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xent_cli.contract.report import Report
    from xent_cli.renderers.view import View

_MOST_GROUPS = 100


def render_benchmark_action(report: Report, view: View) -> str:
    """A list of results; a loss that is not finite has none, and the action refuses an empty list."""
    return json.dumps(list(_results(report, view)), indent=2, allow_nan=False) + "\n"


def _results(report: Report, view: View) -> Iterator[dict[str, Any]]:
    """The results, the whole data set first."""
    name, unit = words.kind(report), report.loss.unit
    gates = "".join(f"; {words.gate_sentence(gate, view)}" for gate in report.gates[:_MOST_GROUPS])
    extra = f"{words.rows(report)}; {words.interval(report)}{gates}; {view.text(report.signature)}"
    yield from _result(name, unit, report.loss.mean, report.loss.se, extra)
    for group in report.groups[:_MOST_GROUPS]:
        shown = f"{name}, {view.text(group.group)}"
        yield from _result(shown, unit, group.mean, group.se, counted(group.rows, "row"))


def _result(name: str, unit: str, value: float, error: float, extra: str) -> Iterator[dict[str, Any]]:
    """One result. The action reads the range only where it begins with ±."""
    if isfinite(value):
        span = {"range": f"± {short(error)}"} if isfinite(error) else {}
        yield {"name": whole(name), "unit": unit, "value": float(exact(value)), **span, "extra": whole(extra)}
