"""GitHub-flavoured Markdown for a step summary or a comment: the verdict first, below 200 KB whatever was scored.

Foreign text stands in <code> with everything that Markdown, HTML or GitHub could take for markup, a mention, a link
or an emoji written as a numbered entity; a code span would need other rules inside tables than outside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from math import isnan
from typing import TYPE_CHECKING

from xent_cli.contract.text import UNDEFINED, apart, counted, grouped, percent, redact, short, visible
from xent_cli.renderers import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xent_cli.contract.report import Input, Report
    from xent_cli.renderers.view import View

_MOST = {"gates": 100, "groups": 50, "classes": 20, "labels": 20, "samples": 10, "notices": 20, "files": 10}
_BUDGET = 24_000  # bytes of one list: all seven stay below 200 KB, also where every character has to be escaped
_SIGNATURE = 2000
_MARKUP = re.compile(r"[^0-9A-Za-z \-.,;%?\u0080-\U0010ffff]|(?<=www)\.|(?<=WWW)\.")

Row = Sequence[str]


def render_markdown(report: Report, view: View) -> str:
    """The report as headings, tables and lists."""
    return "\n".join(_blocks(report, view))


def _blocks(report: Report, view: View) -> Iterator[str]:
    """The parts of the document, each ending in a line feed."""
    yield f"## xent: {report.status if report.gates else 'scored'}\n"
    yield f"**{words.kind(report)} {words.mean(report, view)}** ({words.interval(report)}), {words.rows(report)}\n"
    if report.gates:
        titles = ("gate", "value", "limit", "verdict", "because")
        yield table("gates", titles, _gates(report, view), view, total=len(report.gates), titled=False)
    for sentence in words.flagged(report, view):
        yield f"{foreign(sentence)}\n"
    if report.groups:
        level = f"{100 * report.loss.ci.level:g}%"
        head = ("group", "rows", "mean", "se", f"{level} low", f"{level} high", "share", "p", "")
        yield table("groups", head, _groups(report, view), view, total=len(report.groups))
    yield table("summary", ("measure", "value"), _summary(report), view, titled=False)
    if report.classes:
        cells = [(row.class_, row.rows, row.mean, row.sum, row.share) for row in report.classes]
        yield table("classes", ("class", "rows", "mean", "share"), _parts(cells, view), view, total=len(cells))
    if report.labels:
        cells = [(row.label, row.positives, row.mean, row.sum, row.share) for row in report.labels]
        yield table("labels", ("label", "positives", "mean", "share"), _parts(cells, view), view, total=len(cells))
    if report.samples:
        columns = ("row", "id", "label", "p", "loss")
        yield table("samples", columns, _samples(report, view), view, total=len(report.samples))
    if report.notices:
        items = (f"{foreign_name(note.code, view)}: {foreign_text(note.message, view)}" for note in report.notices)
        yield listing("notices", items, len(report.notices), view)
    yield listing("files", (_file(file, view) for file in report.inputs), len(report.inputs), view)
    yield f"{foreign(visible(report.signature, _SIGNATURE, ascii_only=not view.unicode))}\n"


def _gates(report: Report, view: View) -> Iterator[Row]:
    """Every gate, those that failed first."""
    for gate in words.failed_first(report.gates):
        value, limit = apart(gate.value, gate.limit)
        verdict = gate.status if gate.status == "pass" else f"**{gate.status}**"
        reason = words.gate_reason(gate, view)
        yield foreign(words.gate_name(gate, view)), value, limit, verdict, foreign(reason) if reason else ""


def _groups(report: Report, view: View) -> Iterator[Row]:
    """Every slice in the order of the report."""
    for row in report.groups:
        numbers = (row.mean, row.se, row.ci.low, row.ci.high)
        mark = "**differs**" if row.flagged else ""
        yield (
            foreign_name(row.group, view), grouped(row.rows), *map(short, numbers), percent(row.share), _p(row.p), mark
        )  # fmt: skip


def _p(value: float) -> str:
    """A p-value."""
    return UNDEFINED if isnan(value) else f"{value:.2g}"


def _summary(report: Report) -> Iterator[Row]:
    """What follows from the mean."""
    yield "perplexity", short(report.perplexity)
    yield "accuracy", short(report.accuracy)
    skill = report.baseline.skill
    yield "skill over the class shares", short(float("nan") if skill is None else skill)
    if report.macro_mean is not None:
        yield "macro mean over the classes", short(report.macro_mean)
    if report.kl is not None:
        yield "KL divergence", short(report.kl)
    yield "median loss", short(report.loss.quantiles.get("0.5", float("nan")))
    yield "largest loss", short(report.loss.max)


def _parts(cells: Sequence[tuple[str, int, float, float, float]], view: View) -> Iterator[Row]:
    """Classes or labels, those that carry most of the loss first."""
    for name, count, mean, _, share in sorted(cells, key=lambda cell: -cell[3]):
        yield foreign_name(name, view), grouped(count), short(mean), percent(share)


def _samples(report: Report, view: View) -> Iterator[Row]:
    """The samples in the order of the report."""
    for row in report.samples:
        identity = "" if row.id is None else foreign_name(row.id, view)
        yield grouped(row.row), identity, foreign_name(row.label, view), short(row.p), short(row.loss)


def _file(file: Input, view: View) -> str:
    """One file that was read."""
    return f"{foreign_text(file.path, view)}: {foreign_name(file.format, view)}, {counted(file.rows, 'row')}"


def table(
    title: str, head: Row, rows: Iterable[Row], view: View, *, total: int | None = None, titled: bool = True
) -> str:
    """A table under its title; of many rows the first, and how many more of the `total` there are."""
    lines = [f"### {title}", ""] if titled else []
    lines += ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    if total is None:
        rows = tuple(rows)
        total = len(rows)
    shown = _fitting(title, ("| " + " | ".join(row) + " |" for row in rows))
    more = total - len(shown)
    return "\n".join([*lines, *shown, *(["", f"{view.ellipsis} {grouped(more)} more"] if more else [])]) + "\n"


def listing(title: str, items: Iterable[str], total: int, view: View) -> str:
    """A list under its title; of many items the first, and how many more of the `total` there are."""
    shown = _fitting(title, (f"- {item}" for item in items))
    more = total - len(shown)
    return (
        "\n".join([f"### {title}", "", *shown, *([f"- {view.ellipsis} {grouped(more)} more"] if more else [])]) + "\n"
    )


def _fitting(title: str, lines: Iterable[str]) -> list[str]:
    """The first lines that fit the budget; the others are never made."""
    shown: list[str] = []
    room = _BUDGET
    for line in islice(lines, _MOST.get(title)):
        room -= len(line.encode("utf-8", "surrogatepass")) + 1
        if room < 0:
            break
        shown.append(line)
    return shown


def foreign_name(text: str, view: View) -> str:
    """A foreign name."""
    return foreign(visible(text, words.NAME, ascii_only=not view.unicode) or "(empty)")


def foreign_text(text: str, view: View) -> str:
    """A sentence with foreign names in it, or a path."""
    return foreign(visible(redact(text), words.SENTENCE, ascii_only=not view.unicode))


def foreign(text: str) -> str:
    """Text that nothing in it can turn into markup."""
    return f"<code>{_MARKUP.sub(lambda found: f'&#{ord(found[0])};', text)}</code>"
