"""A comparison for the machines of CI: a JUnit report, flat metrics, gauges, and points of a chart.

Names are those of a report of one model, where they mean the same: `loss_mean` is the mean of the candidate.
"""

from __future__ import annotations

import json
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

from xent_cli.contract.text import exact, redact, short, visible, whole
from xent_cli.renderers import words
from xent_cli.renderers.ci import junit, metrics, openmetrics
from xent_cli.renderers.ci.figures import Figure, gate_counts, gate_figures
from xent_cli.renderers.verdicts import ranked, verdict_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xent_cli.contract.comparison import Candidate, Comparison
    from xent_cli.renderers.view import View

_VERDICTS = ("better", "worse", "no worse", "undecided")


def render_comparison_junit(comparison: Comparison, view: View) -> str:
    """A test case for each gate; without gates one for each candidate, with its verdict."""
    name = f"xent compare {visible(redact(comparison.baseline.path), words.NAME)}"
    passed: dict[str, str] = {}
    for candidate in ranked(comparison):
        title = _name(candidate)
        passed[title if title not in passed else f"{title} ({candidate.rank})"] = _verdict(candidate, comparison, view)
    return junit.suite(name, _flat(comparison), comparison.signature, comparison.gates, passed)


def render_comparison_metrics(comparison: Comparison, view: View | None = None) -> str:
    """Names and finite numbers, nothing else; with several candidates `candidate_1_…` is the first one given."""
    del view
    return metrics.flat([*_flat(comparison), *gate_figures(comparison.gates)])


def render_comparison_openmetrics(comparison: Comparison, view: View | None = None) -> str:
    """Every number as a gauge; those of a candidate carry its path."""
    del view
    return openmetrics.document(_families(comparison))


def render_comparison_benchmark_action(comparison: Comparison, view: View) -> str:
    """A chart of the mean loss for each candidate; one that is not finite has no point."""
    return json.dumps(list(_points(comparison, view)), indent=2, allow_nan=False) + "\n"


def _flat(comparison: Comparison) -> Iterator[Figure]:
    """Every number under a name of its own."""
    yield from _common(comparison)
    several = len(comparison.candidates) > 1
    for place, candidate in enumerate(comparison.candidates, 1):
        for figure in _figures(candidate):
            yield figure._replace(name=f"candidate_{place}_{figure.name}") if several else figure


def _common(comparison: Comparison) -> Iterator[Figure]:
    """The numbers that all candidates share."""
    rows = comparison.rows
    yield Figure("baseline_mean", comparison.baseline.mean, "Mean loss of the baseline.", loss=True)
    yield Figure("baseline_se", comparison.baseline.se, "Standard error of that mean.", loss=True)
    yield Figure("margin", comparison.margin, "How much worse a candidate may be.", loss=True)
    for fate in ("paired", "scored", "ignored", "skipped", "infinite"):
        yield Figure(f"rows_{fate}", getattr(rows, fate), f"Pairs of rows {fate}.")
    yield from gate_counts(comparison.gates)


def _figures(candidate: Candidate) -> Iterator[Figure]:
    """The numbers of one candidate."""
    found = candidate.difference
    ends = f"end of the {100 * found.ci.level:g}% interval of the difference"
    yield Figure("loss_mean", candidate.mean, "Mean loss.", loss=True)
    yield Figure("loss_se", candidate.se, "Standard error of the mean loss.", loss=True)
    yield Figure("difference_mean", found.mean, "Mean loss less that of the baseline.", loss=True)
    yield Figure("difference_se", found.se, "Standard error of the difference.", loss=True)
    yield Figure("difference_ci_low", found.ci.low, f"Lower {ends}.", loss=True)
    yield Figure("difference_ci_high", found.ci.high, f"Upper {ends}.", loss=True)
    yield Figure("p", found.p, "Two-sided p-value of the difference.")
    yield Figure("p_holm", found.p_holm, "The p-value corrected for the number of candidates.")
    yield Figure("p_sign_flip", nan if found.p_sign_flip is None else found.p_sign_flip, "The p-value of sign flips.")
    for name in ("wins", "losses", "ties"):
        yield Figure(name, getattr(candidate, name), f"Pairs that are {name}.")
    yield Figure("detectable", candidate.detectable, "The difference that is found four times in five.", loss=True)
    yield Figure("rank", candidate.rank, "The place by mean loss, 1 for the lowest.")
    for verdict in _VERDICTS:
        name = f"verdict_{verdict.replace(' ', '_')}"
        yield Figure(name, int(candidate.verdict == verdict), f"1 where the verdict is {verdict}, else 0.")


def _families(comparison: Comparison) -> Iterator[str]:
    """The families of gauges."""
    unit = {"unit": comparison.unit}
    for figure in _common(comparison):
        yield from openmetrics.family(figure.name, figure.help, [(unit if figure.loss else {}, figure.value)])
    names = openmetrics.unique(redact(candidate.path) for candidate in comparison.candidates)
    for figures in zip(*map(_figures, comparison.candidates), strict=True):
        extra = unit if figures[0].loss else {}
        values = [({"candidate": name, **extra}, figure.value) for name, figure in zip(names, figures, strict=True)]
        yield from openmetrics.family(figures[0].name, figures[0].help, values)
    yield from openmetrics.gate_families(comparison.gates)


def _points(comparison: Comparison, view: View) -> Iterator[dict[str, Any]]:
    """The points, in the order of the candidates."""
    for candidate in comparison.candidates:
        if isfinite(candidate.mean):
            span = {"range": f"± {short(candidate.se)}"} if isfinite(candidate.se) else {}
            name = f"{comparison.columns.kind} cross-entropy, {_name(candidate)}"
            value = float(exact(candidate.mean))
            extra = whole(_verdict(candidate, comparison, view))
            yield {"name": whole(name), "unit": comparison.unit, "value": value, **span, "extra": extra}


def _name(candidate: Candidate) -> str:
    """A candidate as documents call it."""
    return visible(redact(candidate.path), words.NAME)


def _verdict(candidate: Candidate, comparison: Comparison, view: View) -> str:
    """The verdict and its reason."""
    text = f"{candidate.verdict}: {verdict_text(candidate, comparison)}"
    return visible(text, words.SENTENCE, ascii_only=not view.unicode)
