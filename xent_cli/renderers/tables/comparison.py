"""A comparison as tables for people: what was read, the models, their differences, the verdicts in words, the gates."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING

from xent_cli.contract.text import counted, grouped, short
from xent_cli.renderers.layout import Column, Grid, line, paint
from xent_cli.renderers.tables.report import TableSection, draw_section, fact_grid, gate_section, read_facts
from xent_cli.renderers.verdicts import IDENTICAL, identical, ranked, verdict_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from xent_cli.contract.comparison import Candidate, Comparison, Reference
    from xent_cli.renderers.view import View


Row = tuple[str, ...]
_INFINITE = {"inf": "red", "-inf": "red"}
_STATUS = {"pass": "green", "fail": "bold red"}
_VERDICTS = {"better": "green", "no worse": "green", "worse": "bold red", "undecided": "yellow"}


def render_comparison(comparison: Comparison, view: View) -> str:
    """The comparison as text: tables that fit the view and never lose a digit, the signature on the last line."""

    def draw(console: Console) -> None:
        line(console, *_headline(comparison, view))
        for section in _sections(comparison, view):
            draw_section(console, section, view)
        line(console)
        line(console, (view.text(comparison.signature, 1000), "dim"))

    return paint(view, draw)


def _headline(comparison: Comparison, view: View) -> Iterator[tuple[str, str]]:
    """Who was compared with whom, the verdict where there is one, and whether the gates were passed."""
    base = view.path(comparison.baseline.path)
    if len(comparison.candidates) == 1:
        candidate = comparison.candidates[0]
        yield f"{view.path(candidate.path)} against {base}  ", ""
        yield IDENTICAL if identical(candidate) else candidate.verdict, _VERDICTS[candidate.verdict]
    else:
        yield f"{counted(len(comparison.candidates), 'candidate')} against {base}  ", ""
        yield _lowest(comparison, view), ""
    if comparison.status in _STATUS:
        yield f"  {comparison.status}", _STATUS[comparison.status]


def _lowest(comparison: Comparison, view: View) -> str:
    """Which model has the lowest mean: the baseline may be it, and of infinite means none is lower."""
    best, base = ranked(comparison)[0], comparison.baseline
    if isinf(min(best.mean, base.mean)):
        return "every mean is infinite"
    if base.mean < best.mean:
        return f"lowest mean: {view.path(base.path)}, the baseline"
    return f"lowest mean: {view.path(best.path)}"


def _sections(comparison: Comparison, view: View) -> Iterator[TableSection]:
    """The tables in order."""
    rows = [*read_facts(comparison.inputs, comparison.columns, view), *facts(comparison, view)]
    yield TableSection(fact_grid(list(dict.fromkeys(rows))))
    yield TableSection(_models(comparison, view), "models", "lowest mean first")
    yield TableSection(
        _differences(comparison, view), "differences", f"candidate - baseline in {comparison.unit}: + is worse"
    )
    yield TableSection(_tests(comparison, view), "tests", "wins are pairs with the smaller loss; p is two-sided")
    yield TableSection(_verdicts(comparison, view), "verdicts")
    if comparison.gates:
        yield gate_section(comparison.gates, view)


def facts(comparison: Comparison, view: View) -> Iterator[Row]:
    """How the rows were paired, and how many of them there are."""
    rows, pairing = comparison.rows, comparison.pairing
    how = "position" if pairing.by == "position" else ", ".join(view.text(name) for name in pairing.on)
    yield "paired by", how
    if pairing.cluster is not None:
        yield "clusters", view.text(pairing.cluster)
    fates = ((rows.ignored, "ignored"), (rows.skipped, "skipped"), (rows.infinite, "with infinite loss"))
    some = [f"{grouped(count)} {fate}" for count, fate in fates if count]
    yield "pairs", ", ".join([f"{grouped(rows.paired)} paired", f"{grouped(rows.scored)} compared", *some])
    if rows.bad:
        yield "bad rows", ", ".join(f"{view.text(rule)} {grouped(count)}" for rule, count in rows.bad.items())
    if comparison.margin:
        yield "margin", f"{short(comparison.margin)} {comparison.unit}"


def _models(comparison: Comparison, view: View) -> Grid:
    """Every model with its mean; the space of its predictions where they differ."""
    base = comparison.baseline
    models: list[tuple[float, int, Reference | Candidate]] = [(base.mean, 0, base)]
    models += [(each.mean, each.rank, each) for each in comparison.candidates]
    mixed = len({model.from_ for _, _, model in models}) > 1
    columns = (Column("model"), *([Column("from")] if mixed else []), _number("mean"), _number("se"))
    rows = [
        (view.path(model.path), *([model.from_] if mixed else []), short(model.mean), short(model.se))
        for _, _, model in sorted(models, key=lambda entry: entry[:2])
    ]
    return Grid(columns, rows)


def _differences(comparison: Comparison, view: View) -> Grid:
    """Each mean difference, and how sure it is."""
    level = f"{100 * comparison.candidates[0].difference.ci.level:g}%"
    titles = ("difference", "se", f"{level} low", f"{level} high", "detectable")
    rows = []
    for candidate in ranked(comparison):
        found = candidate.difference
        numbers = (found.mean, found.se, found.ci.low, found.ci.high, candidate.detectable)
        rows.append((view.path(candidate.path), *map(short, numbers)))
    return Grid((Column("model"), *map(_number, titles)), rows)


def _tests(comparison: Comparison, view: View) -> Grid:
    """How often each candidate beat the baseline, and how likely chance alone does as much."""
    several = len(comparison.candidates) > 1
    flips = any(candidate.difference.p_sign_flip is not None for candidate in comparison.candidates)
    titles = ["wins", "losses", "ties", "p", *(["p (Holm)"] if several else []), *(["p (sign flips)"] if flips else [])]
    rows = []
    for candidate in ranked(comparison):
        counts = map(grouped, (candidate.wins, candidate.losses, candidate.ties))
        found = candidate.difference
        flipped = float("nan") if found.p_sign_flip is None else found.p_sign_flip
        chances = [found.p, *([found.p_holm] if several else []), *([flipped] if flips else [])]
        rows.append((view.path(candidate.path), *counts, *map(short, chances)))
    return Grid((Column("model"), *map(_number, titles)), rows)


def _verdicts(comparison: Comparison, view: View) -> Grid:
    """Each verdict with its reason."""
    columns = (Column("model"), Column("verdict", styles=_VERDICTS), Column("because"))
    rows = [
        (view.path(candidate.path), candidate.verdict, verdict_text(candidate, comparison))
        for candidate in ranked(comparison)
    ]
    return Grid(columns, rows)


def _number(title: str) -> Column:
    """A column of numbers, infinite ones standing out."""
    return Column(title, number=True, styles=_INFINITE)
