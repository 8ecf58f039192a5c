"""Gates: thresholds that a report is held against, also those that another report sets. A gate never passes on a doubt.

A missing or corrupt baseline, one with another signature, and a skill that does not exist are no failed gates but
`DataError`s. A number that is infinite or undefined where a limit is finite fails.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from xent_cli.contract.errors import DataError, Location, Problem, UsageError
from xent_cli.contract.report import Gate, Notice
from xent_cli.contract.text import short
from xent_cli.reports.baseline import Recorded, baseline_doubts, regression_gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xent_cli.contract.interval import Interval
    from xent_cli.contract.report import Report
    from xent_cli.reports.thresholds import Thresholds
    from xent_cli.scoring.options import Tolerance


_POWERS: Mapping[str, Callable[[float], float]] = {
    "nats": math.exp,
    "bits": math.exp2,
    "bans": lambda value: math.pow(10.0, value),
}


def apply(report: Report, thresholds: Thresholds, baseline: Recorded | None = None) -> Report:
    """The report with every gate that was asked for, passed or not, and the status that follows."""
    if (baseline is None) != (thresholds.baseline is None):
        raise ValueError("a baseline is given if and only if the thresholds name one")
    gates = tuple(_gates(report, thresholds, baseline))
    failed = any(gate.status != "pass" for gate in gates)
    notices = report.notices
    if baseline is not None:
        notices = (*notices, *baseline_doubts(report, baseline), *large_tolerance(thresholds.tolerance, baseline.mean))
    return replace(report, gates=gates, status="fail" if failed else "pass" if gates else "none", notices=notices)


def large_tolerance(tolerance: Tolerance | None, baseline: float) -> Iterator[Notice]:
    """A notice where an amount is larger than the mean it is added to: perhaps a % was forgotten."""
    if tolerance is None or tolerance.share is not None:
        return
    amount = tolerance.of(baseline)
    if amount > baseline > 0:
        meant = f"did you mean --max-regression {amount:.12g}%?" if amount <= 100 else "a share is written with %"
        message = (
            f"--max-regression {amount:.12g} lets the mean be more than twice the baseline's {short(baseline)}; {meant}"
        )
        yield Notice("large-tolerance", message)


def _gates(report: Report, limits: Thresholds, base: Recorded | None) -> Iterator[Gate]:
    """Every gate in a fixed order."""
    loss, upper = report.loss, limits.gate_on == "upper"
    yield from mean_gates(limits, loss.mean, loss.ci, loss.unit)
    if limits.min_skill is not None:
        value, reason = _looked_at(limits, loss.mean, loss.ci)
        skill = _skill(report, value, upper=upper)
        yield Gate("min-skill", limits.min_skill, skill, "pass" if skill >= limits.min_skill else "fail", reason)
    if limits.max_group_loss is not None:
        yield from _group_gates(report, limits.max_group_loss, upper=upper)
    if base is not None:
        yield regression_gate(report, base, limits)


def mean_gates(limits: Thresholds, mean: float, ci: Interval, unit: str, group: str | None = None) -> Iterator[Gate]:
    """The gates that a mean and its interval are enough for."""
    value, reason = _looked_at(limits, mean, ci)
    if limits.max_loss is not None:
        yield _at_most("max-loss", limits.max_loss, value, reason, group)
    if limits.max_perplexity is not None:
        yield _at_most("max-perplexity", limits.max_perplexity, _raised(value, unit), reason, group)


def _looked_at(limits: Thresholds, mean: float, ci: Interval) -> tuple[float, str | None]:
    """What gates look at: the mean, or the upper end of its interval, with the words for it."""
    if limits.gate_on == "mean":
        return mean, None
    # the interval of an infinite mean is undefined, but what would be its upper end is not
    return mean if math.isinf(mean) else ci.bound, _bound_reason(ci.method, ci.level)


def _at_most(rule: str, limit: float, value: float, reason: str | None, group: str | None = None) -> Gate:
    """A gate that passes where the value is no more than the limit: NaN never is."""
    return Gate(rule, limit, value, "pass" if value <= limit else "fail", reason, group)


def _bound_reason(method: str, level: float) -> str:
    """What the upper end of an interval is, or why there is none."""
    if method.startswith("undefined"):
        return f"no upper end of the interval, {method}"
    return f"upper end of the {100 * level:g}% interval"


def _raised(value: float, unit: str) -> float:
    """The perplexity of a mean loss."""
    try:
        return float(_POWERS[unit](value))
    except OverflowError:
        return math.inf


def _skill(report: Report, mean: float, *, upper: bool) -> float:
    """The skill, or the lower end of its interval: no higher than at the upper end of that of the mean."""
    base = report.baseline
    if base.mean <= 0:
        help = "leave --min-skill out, or score rows of more than one class"
        message = f"the skill is undefined: {base.reason or 'the baseline is 0'}"
        raise DataError(Problem("no-skill", message, Location(report.inputs[0].path), help=help))
    if base.skill is not None and not upper:
        return base.skill
    fixed = 1.0 - mean / base.mean
    return fixed if base.skill_ci is None or math.isnan(base.skill_ci.low) else min(fixed, base.skill_ci.low)


def _group_gates(report: Report, limit: float, *, upper: bool) -> Iterator[Gate]:
    """A gate for each group."""
    if not report.groups:
        raise UsageError(Problem("option", "--max-group-loss needs groups", help="add --by COLUMN"))
    for group in report.groups:
        value = group.ci.bound if upper and not math.isinf(group.mean) else group.mean
        reason = _bound_reason(group.ci.method, group.ci.level) if upper else None
        if math.isnan(group.mean):
            reason = f"no mean: {'none of its rows has weight' if group.rows else 'all of its rows were skipped'}"
        yield _at_most("max-group-loss", limit, value, reason, group.group)
