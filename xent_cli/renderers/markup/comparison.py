"""A comparison as GitHub-flavoured Markdown, and as annotations of a GitHub workflow run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.text import apart, grouped, redact, short, visible
from xent_cli.renderers import words
from xent_cli.renderers.ci.github import commands
from xent_cli.renderers.markup.markdown import foreign, foreign_name, foreign_text, listing, table
from xent_cli.renderers.tables.comparison import facts
from xent_cli.renderers.verdicts import ranked, verdict_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xent_cli.contract.comparison import Candidate, Comparison
    from xent_cli.renderers.view import View

_SIGNATURE = 2000


def render_comparison_markdown(comparison: Comparison, view: View) -> str:
    """The verdicts, the gates, the numbers of each model and its difference from the baseline."""
    return "\n".join(_blocks(comparison, view))


def render_comparison_github(comparison: Comparison, view: View) -> str:
    """An ::error for each gate that failed, a ::warning for each doubt, a ::notice for what passed and each verdict."""
    gates = [(gate.rule, words.gate_sentence(gate, view)) for gate in comparison.gates if gate.status != "pass"]
    doubts = [(gate.rule, words.gate_sentence(gate, view)) for gate in comparison.gates if words.doubtful(gate)]
    doubts += [(notice.code, _plain(notice.message, view)) for notice in comparison.notices]
    verdicts = [
        (f"compare {candidate.verdict}", _plain(_verdict(candidate, comparison), view))
        for candidate in ranked(comparison)
    ]
    passed = (gate for gate in comparison.gates if gate.status == "pass" and not words.doubtful(gate))
    return commands(gates, doubts, [*verdicts, *((gate.rule, words.gate_sentence(gate, view)) for gate in passed)])


def _blocks(comparison: Comparison, view: View) -> Iterator[str]:
    """The parts of the document, each ending in a line feed."""
    yield f"## xent compare: {comparison.status if comparison.gates else 'compared'}\n"
    for candidate in ranked(comparison):
        yield f"**{candidate.verdict}** {foreign_text(_verdict(candidate, comparison), view)}\n"
    if comparison.gates:
        titles, gates = ("gate", "value", "limit", "verdict", "because"), list(_gates(comparison, view))
        yield table("gates", titles, gates, view, total=len(gates), titled=False)
    head = ("model", "mean", "se", "wins", "losses", "ties")
    yield table("models", head, _models(comparison, view), view)
    level = f"{100 * comparison.candidates[0].difference.ci.level:g}%"
    numbers = ("difference", "se", f"{level} low", f"{level} high", "p", "p (Holm)", "p (sign flips)", "detectable")
    yield table("differences", ("model", *numbers), _differences(comparison, view), view)
    items = [f"{name}: {foreign_text(text, view)}" for name, text in facts(comparison, view)]
    yield listing("pairs", items, len(items), view)
    if comparison.notices:
        items = [f"{foreign_name(note.code, view)}: {foreign_text(note.message, view)}" for note in comparison.notices]
        yield listing("notices", items, len(items), view)
    yield f"{foreign(visible(comparison.signature, _SIGNATURE, ascii_only=not view.unicode))}\n"


def _verdict(candidate: Candidate, comparison: Comparison) -> str:
    """Who was compared with whom, and what that shows."""
    return f"{candidate.path} against {comparison.baseline.path}: {verdict_text(candidate, comparison)}"


def _plain(text: str, view: View) -> str:
    """A sentence of foreign and own words, safe to print."""
    return visible(redact(text), words.SENTENCE, ascii_only=not view.unicode)


def _gates(comparison: Comparison, view: View) -> Iterator[tuple[str, ...]]:
    """Every gate, those that failed first."""
    for gate in words.failed_first(comparison.gates):
        status = gate.status if gate.status == "pass" else f"**{gate.status}**"
        reason = words.gate_reason(gate, view)
        name = foreign(words.gate_name(gate, view))
        yield name, *apart(gate.value, gate.limit), status, foreign(reason) if reason else ""


def _models(comparison: Comparison, view: View) -> Iterator[tuple[str, ...]]:
    """The baseline, then the candidates, lowest mean first."""
    base = comparison.baseline
    yield foreign_name(redact(base.path), view), short(base.mean), short(base.se), "", "", ""
    for candidate in ranked(comparison):
        counts = map(grouped, (candidate.wins, candidate.losses, candidate.ties))
        yield foreign_name(redact(candidate.path), view), short(candidate.mean), short(candidate.se), *counts


def _differences(comparison: Comparison, view: View) -> Iterator[tuple[str, ...]]:
    """What is known about each mean difference."""
    for candidate in ranked(comparison):
        found = candidate.difference
        flipped = float("nan") if found.p_sign_flip is None else found.p_sign_flip
        numbers = (found.mean, found.se, found.ci.low, found.ci.high, found.p, found.p_holm, flipped)
        yield foreign_name(redact(candidate.path), view), *map(short, (*numbers, candidate.detectable))
