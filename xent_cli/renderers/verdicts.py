"""The verdicts of a comparison in words."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from xent_cli.contract.text import apart, counted, exact, short

if TYPE_CHECKING:
    from xent_cli.contract.comparison import Candidate, Comparison


IDENTICAL = "identical"
"""The word in place of a verdict where no pair differs."""


def verdict_text(candidate: Candidate, comparison: Comparison) -> str:
    """What the pairs show about a candidate, in words that claim no more than that."""
    found, margin = candidate.difference, comparison.margin
    if identical(candidate):
        return f"{IDENTICAL}: the loss is the same in every pair"
    if isnan(found.ci.low):
        reason = found.ci.method.removeprefix("undefined: ")
        return reason if candidate.verdict == "undecided" else f"{_direction(candidate)}: {reason}"
    p = f"p = {short(found.p_holm)}{' (Holm)' if len(comparison.candidates) > 1 else ''}"
    if candidate.verdict in {"better", "worse"}:
        by = f" by more than {short(margin)}" if candidate.verdict == "worse" and margin else ""
        return f"{_direction(candidate)}{by}, {p}"
    level = f"{100 * found.ci.level:g}% interval"
    if candidate.verdict == "no worse":
        high, limit = apart(found.ci.high, margin)
        return f"the {level} ends at {high}, and {limit} is allowed"
    reach = f"the {level} reaches from {apart(found.ci.low, 0.0)[0]} to {apart(found.ci.high, margin)[0]}"
    if found.ci.low > 0.0 and found.p_holm < 1 - found.ci.level:
        return f"{_direction(candidate)}, {p}, but {reach}, and {exact(margin)} is allowed"
    lack = f", but {p}" if found.ci.low > 0.0 else ""
    return f"{reach}{lack}; not decided by {counted(comparison.rows.scored, 'pair')}"


def identical(candidate: Candidate) -> bool:
    """Whether a candidate has the losses of the baseline, every one of them: most likely it is the same file."""
    return candidate.wins == candidate.losses == 0 and candidate.verdict == "no worse"


def _direction(candidate: Candidate) -> str:
    """Which way the mean differs."""
    return f"the mean loss is {'lower' if candidate.difference.mean < 0 else 'higher'}"


def ranked(comparison: Comparison) -> list[Candidate]:
    """The candidates, lowest mean first."""
    return sorted(comparison.candidates, key=lambda candidate: candidate.rank)
