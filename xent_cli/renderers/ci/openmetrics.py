"""Gauges in the text that both Prometheus' and OpenMetrics' parsers read, and that GitLab's metrics report reads too.

No timestamps (the textfile collector skips such files), no info or unit lines, values rounded to nine digits (GitLab
compares them as text). GitLab cuts a line at "#" and splits it like a shell, so labels hold neither that nor quotes.
"""

from __future__ import annotations

from collections import Counter
from math import isinf, isnan
from typing import TYPE_CHECKING

from xent_cli.contract.text import apart, exact, visible
from xent_cli.renderers.ci.figures import figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from xent_cli.contract.report import Gate, Report
    from xent_cli.renderers.view import View

    Labels = dict[str, str]

_LONGEST = 200
_UNSAFE = {ord(character): f"%{ord(character):02X}" for character in "%#\"\\'`$"}


def render_openmetrics(report: Report, view: View | None = None) -> str:
    """Every number of the report, of its groups and of its gates as a gauge; undefined ones are left out."""
    del view
    return document(_lines(report))


def document(lines: Iterable[str]) -> str:
    """The lines of families as a whole."""
    return "".join(f"{line}\n" for line in [*lines, "# EOF"])


def _lines(report: Report) -> Iterator[str]:
    """The families of gauges."""
    unit = {"unit": report.loss.unit}
    for figure in figures(report):
        yield from family(figure.name, figure.help, [(unit if figure.loss else {}, figure.value)])
    names = unique(group.group for group in report.groups)
    groups = list(zip(names, report.groups, strict=True))
    means = [({"group": name, **unit}, group.mean) for name, group in groups]
    yield from family("group_loss_mean", "Mean loss of a group of rows.", means)
    yield from family("group_rows", "Rows of a group.", [({"group": name}, group.rows) for name, group in groups])
    yield from gate_families(report.gates)


def gate_families(gates: Sequence[Gate]) -> Iterator[str]:
    """Every gate: its value, with as many digits as keep it on its side of the limit, and the verdict."""
    rows = list(zip(_gate_labels(gates), gates, strict=True))
    values = [(labels, _gated_value(gate)) for labels, gate in rows if not isnan(gate.value)]
    yield from _family("gate_value", "The value that the gate checks.", values)
    yield from _family("gate_limit", "The limit of the gate.", [(labels, exact(gate.limit)) for labels, gate in rows])
    passed = [(labels, int(gate.status == "pass")) for labels, gate in rows]
    yield from family("gate_passed", "1 where the gate passed, else 0.", passed)


def _gated_value(gate: Gate) -> str:
    """The value of a gate."""
    return _number(gate.value) if isinf(gate.value) else apart(gate.value, gate.limit)[0]


def family(name: str, help: str, values: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    """One family with its values that are defined."""
    return _family(name, help, ((labels, _number(value)) for labels, value in values if not isnan(value)))


def _family(name: str, help: str, values: Iterable[tuple[Labels, str]]) -> Iterator[str]:
    """One family; nothing where there is no value."""
    lines = [f"xent_{name}{_labels(labels)} {value}" for labels, value in values]
    if lines:
        yield from (f"# HELP xent_{name} {help}", f"# TYPE xent_{name} gauge", *lines)


def _labels(labels: Labels) -> str:
    """Labels in braces."""
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}" if labels else ""


def _number(value: float) -> str:
    """Counts in full, other numbers to nine digits."""
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if isinstance(value, int) else f"{value:.9g}"


def _label(foreign: str) -> str:
    """Foreign text as the value of a label: printable, and what parsers trip over as %23."""
    return visible(foreign, _LONGEST).translate(_UNSAFE)


def _gate_labels(gates: Iterable[Gate]) -> Iterator[Labels]:
    """The labels of gates, no two of which are alike."""
    seen: Counter[tuple[str, str | None]] = Counter()
    for gate in gates:
        rule, group = _label(gate.rule), None if gate.group is None else _label(gate.group)
        seen[rule, group] += 1
        name = rule if seen[rule, group] == 1 else f"{rule} ({seen[rule, group]})"
        yield {"gate": name} if group is None else {"gate": name, "group": group}


def unique(foreign: Iterable[str]) -> list[str]:
    """Names as labels, a number behind those that were there before: two series of one name make a file invalid."""
    seen: Counter[str] = Counter()
    found = []
    for name in map(_label, foreign):
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
