"""The report as tables for people: what was read, the summary, the classes, the samples, the gates, the signature."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, TypeVar

from xent_cli.contract.frozen import struct
from xent_cli.contract.report import (
    ClassRow,
    Columns,
    GroupRow,
    Input,
    LabelRow,
    Loss,
    Report,
    RowCounts,
    Sample,
)
from xent_cli.contract.text import (
    UNDEFINED,
    apart,
    counted,
    exact,
    grouped,
    listed,
    percent,
    round_or_exact,
    short,
    size,
)
from xent_cli.renderers import words
from xent_cli.renderers.layout import Column, Grid, fits, line, paint, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from xent_cli.contract.interval import Interval
    from xent_cli.contract.report import Gate
    from xent_cli.renderers.view import View

Row = tuple[str, ...]
Part = TypeVar("Part", ClassRow, LabelRow)

_MOST_CLASSES = 20
_MOST_FILES = 8
_MOST_GROUPS = 50
_DIFFERS = "differs"
_NAME_WIDTH = 19
_SPACES = {"probs": "probabilities", "logits": "logits", "logprobs": "log-probabilities"}
_POWERS = {"nats": "exp({})", "bits": "2^({})", "bans": "10^({})"}
_INFINITE = {"inf": "red", "-inf": "red"}
_VERDICT = {"pass": "green", "fail": "bold red"}


@struct
class TableSection:
    """A table with the title above it, a remark after the title and a line below."""

    grid: Grid
    title: str = ""
    remark: str = ""
    below: str = ""


def render_table(report: Report, view: View) -> str:
    """The report as text: tables that fit the view and never lose a digit, the signature on the last line."""

    def draw(console: Console) -> None:
        line(console, *_headline(report, view))
        for section in _sections(report, view):
            draw_section(console, section, view)
        line(console)
        line(console, (view.text(report.signature, 1000), "dim"))

    return paint(view, draw)


def draw_section(console: Console, section: TableSection, view: View) -> None:
    """Print a blank line, the title if there is one, the table and what stands below it."""
    line(console)
    if section.title:
        line(console, (section.title, "bold"), (f"  {section.remark}" if section.remark else "", "dim"))
    console.print(table(section.grid, view))
    if section.below:
        line(console, (f"  {section.below}", "dim"))


def read_facts(inputs: Sequence[Input], columns: Columns | None, view: View) -> list[Row]:
    """What was read and how, as names and texts."""
    files: list[Row] = [("read" if place == 0 else "", text) for place, text in enumerate(_file_texts(inputs, view))]
    return files if columns is None else [*files, *_column_facts(columns, view)]


def fact_grid(facts: Sequence[Row]) -> Grid:
    """Names with their texts, without a header."""
    return Grid((Column("name", style="dim", least=_NAME_WIDTH), Column("text")), facts, header=False)


def names_text(names: Sequence[str], view: View) -> str:
    """Names of columns or classes in one text: all where they are few, else the first and the last."""
    return listed(names, shown=lambda name: view.text(name, 40), ellipsis=view.ellipsis, with_last=True)


def _headline(report: Report, view: View) -> Iterator[tuple[str, str]]:
    """The kind of loss, its mean and whether the gates were passed, in one line."""
    loss, kind = report.loss, "multi-label binary" if report.labels is not None else report.columns.kind
    yield f"{kind} cross-entropy  ", ""
    yield short(loss.mean), "bold"
    if not isnan(loss.se):
        yield f" {view.plus_minus} {short(loss.se)}", ""
    yield f" {loss.unit}", ""
    if report.status in _VERDICT:
        yield f"  {report.status}", _VERDICT[report.status]


def _sections(report: Report, view: View) -> Iterator[TableSection]:
    """The tables of the report in order."""
    yield TableSection(fact_grid([*read_facts(report.inputs, report.columns, view), *_row_facts(report, view)]))
    yield TableSection(_summary(report, view))
    if report.classes:
        macro = "" if report.macro_mean is None else f"; macro mean {short(report.macro_mean)}"
        yield _worst_first(
            "classes", "class", "rows", [_class_cells(row, view) for row in _by_sum(report.classes)], view, macro
        )
    if report.labels:
        yield _worst_first(
            "labels", "label", "positives", [_label_cells(row, view) for row in _by_sum(report.labels)], view
        )
    if report.groups:
        yield _groups(report.groups, view)
    if report.samples:
        yield TableSection(_samples(report.samples, report.columns, view), "samples", _samples_remark(report))
    if report.gates:
        yield gate_section(report.gates, view)


def _file_texts(inputs: Sequence[Input], view: View) -> Iterator[str]:
    """One text a file; of many files the first ones and how many more there are."""
    most = len(inputs) if view.verbose or len(inputs) <= _MOST_FILES else _MOST_FILES - 1
    for file in inputs[:most]:
        room = "" if file.bytes is None else f", {size(file.bytes)}"
        sums = {None: "", True: ", checksums verified", False: ", no checksums"}[file.checksums] if view.verbose else ""
        yield f"{view.path(file.path)}: {view.text(file.format)}, {counted(file.rows, 'row')}{room}{sums}"
    if most < len(inputs):
        yield f"{view.ellipsis} and {grouped(len(inputs) - most)} more files"


def _column_facts(columns: Columns, view: View) -> Iterator[Row]:
    """The columns and what they were taken for."""
    if columns.label is not None:
        yield "label", view.text(columns.label)
    if columns.targets:
        yield "targets", names_text(columns.targets, view)
    space = _SPACES.get(columns.from_, view.text(columns.from_))
    yield "predictions", f"{names_text(columns.predictions, view)} ({space})"
    if columns.classes:
        yield "classes", names_text(columns.classes, view)
    if columns.weight is not None:
        yield "weight", view.text(columns.weight)
    if columns.id is not None:
        yield "id", view.text(columns.id)
    if columns.by is not None:
        yield "groups by", names_text(columns.by, view)
    if columns.cluster is not None:
        yield "clusters", view.text(columns.cluster)
    if view.verbose:
        yield from (("why" if place == 0 else "", view.text(why, 1000)) for place, why in enumerate(columns.reasons))


def _row_facts(report: Report, view: View) -> Iterator[Row]:
    """How many rows went where, and what options did to them."""
    rows = report.rows
    yield "rows", _counts_text(rows)
    if rows.bad:
        yield "bad rows", ", ".join(f"{view.text(rule)} {grouped(count)}" for rule, count in rows.bad.items())
    for touched in report.touched:
        share = f"{percent(touched.share)} of the mean"
        yield view.text(touched.option), f"{counted(touched.rows, 'row')}, {share}"


def _counts_text(rows: RowCounts) -> str:
    """The rows by their fate, those that there are."""
    fates = ((rows.ignored, "ignored"), (rows.skipped, "skipped"))
    some = [f"{grouped(count)} {fate}" for count, fate in fates if count]
    infinite = [f"{grouped(rows.infinite)} with infinite loss"] if rows.infinite else []
    return ", ".join([f"{grouped(rows.read)} read", f"{grouped(rows.scored)} scored", *some, *infinite])


def _summary(report: Report, view: View) -> Grid:
    """The numbers of the whole data set; mean and sum with all their digits."""
    name, number = Column("", style="dim", least=_NAME_WIDTH), Column("", number=True, styles=_INFINITE)
    facts = [*_loss_facts(report.loss, view), *_weight_facts(report), *_score_facts(report, view)]
    return Grid((name, number, Column("", style="dim")), facts, header=False)


def _loss_facts(loss: Loss, view: View) -> Iterator[Row]:
    """Mean, interval, sum and spread."""
    error = "" if isnan(loss.se) else f" {view.plus_minus} {short(loss.se)} (standard error)"
    yield "mean", exact(loss.mean), loss.unit + error
    yield f"{100 * loss.ci.level:g}% interval", _interval_text(loss.ci), view.text(loss.ci.method)
    yield "sum", exact(loss.sum), ""
    yield "standard deviation", short(loss.std), ""
    yield "minimum", short(loss.min), ""
    for level, value in loss.quantiles.items():
        yield "median" if level == "0.5" else f"{100 * float(level):g}% quantile", short(value), ""
    yield "maximum", short(loss.max), ""


def _weight_facts(report: Report) -> Iterator[Row]:
    """The sum of the weights, where rows weigh something else than 1."""
    if report.loss.weight != report.rows.scored:
        yield "sum of weights", round_or_exact(report.loss.weight), ""


def _score_facts(report: Report, view: View) -> Iterator[Row]:
    """What follows from the mean, and how it stands against knowing nothing."""
    raised = _POWERS.get(report.loss.unit, "exp({})")
    yield "perplexity", short(report.perplexity), f"{raised.format('mean')}{_reach(report.perplexity_ci)}"
    yield "log-likelihood", short(report.log_likelihood), ""
    likelihood = report.likelihood
    yield "likelihood", likelihood if isinstance(likelihood, str) else short(likelihood), ""
    yield "geometric mean p", short(report.geometric_mean_probability), raised.format("-mean")
    if report.label_entropy is not None:
        yield "label entropy", short(report.label_entropy), ""
    if report.kl is not None:
        yield "KL divergence", short(report.kl), "mean minus label entropy"
    yield "accuracy", short(report.accuracy), ""
    yield "baseline", short(report.baseline.mean), "always predicting the class shares"
    skill, reason = report.baseline.skill, report.baseline.reason
    yield (
        "skill",
        short(float("nan") if skill is None else skill),
        (reason and view.text(reason)) or f"1 - mean/baseline{_reach(report.baseline.skill_ci)}",
    )


def _reach(interval: Interval | None) -> str:
    """An interval beside its number, where there is one."""
    if interval is None or isnan(interval.low):
        return ""
    return f" ({100 * interval.level:g}%: {_interval_text(interval)})"


def _interval_text(interval: Interval) -> str:
    """Both ends of an interval."""
    return short(interval.low) if isnan(interval.low) else f"{short(interval.low)} to {short(interval.high)}"


def _by_sum(rows: Sequence[Part]) -> list[Part]:
    """The classes or labels that carry most of the loss first, those alike in the order of the report."""
    return sorted(rows, key=lambda row: -row.sum)


def _worst_first(title: str, noun: str, count: str, cells: Sequence[Row], view: View, remark: str = "") -> TableSection:
    """A table of classes or labels; of many only the first ones, unless all are asked for."""
    most = len(cells) if view.verbose else _MOST_CLASSES
    columns = (Column(noun), _number(count), _number("mean"), _number("share"))
    below = f"{view.ellipsis} and {grouped(len(cells) - most)} more" if most < len(cells) else ""
    return TableSection(Grid(columns, cells[:most]), title, f"largest share of the loss first{remark}", below)


def _class_cells(row: ClassRow, view: View) -> Row:
    """The cells of one class."""
    return view.text(row.class_), grouped(row.rows), short(row.mean), percent(row.share)


def _label_cells(row: LabelRow, view: View) -> Row:
    """The cells of one label of a multi-label file."""
    return view.text(row.label), grouped(row.positives), short(row.mean), percent(row.share)


def _groups(rows: Sequence[GroupRow], view: View) -> TableSection:
    """The slices of the rows in the order of the report; of many only the first ones, unless all are asked for."""
    level, most = f"{100 * rows[0].ci.level:g}%", len(rows) if view.verbose else _MOST_GROUPS
    tested = any(not isnan(row.p) for row in rows)
    numbers = ("rows", "mean", "se", f"{level} low", f"{level} high", "share", *(["p"] if tested else []))
    columns = (Column("group"), *(_number(title) for title in numbers), Column("", styles={_DIFFERS: "bold yellow"}))
    flagged = sum(row.flagged for row in rows[most:])
    marked = f", {grouped(flagged)} of them marked" if flagged else ""
    below = f"{view.ellipsis} and {grouped(len(rows) - most)} more{marked}" if most < len(rows) else ""
    remark = "largest share of the loss first" + ("; p: against the rest, corrected for all groups" if tested else "")
    cells = [_group_cells(row, view, tested=tested) for row in rows[:most]]
    return TableSection(Grid(columns, cells), "groups", remark, below)


def _group_cells(row: GroupRow, view: View, *, tested: bool) -> Row:
    """The cells of one slice."""
    numbers = short(row.mean), short(row.se), short(row.ci.low), short(row.ci.high), percent(row.share)
    p = (f"{row.p:.2g}" if not isnan(row.p) else UNDEFINED,) if tested else ()
    return view.text(row.group), grouped(row.rows), *numbers, *p, _DIFFERS if row.flagged else ""


def _samples_remark(report: Report) -> str:
    """How many of the scored rows are shown, and whether the worst come first."""
    losses = [sample.loss for sample in report.samples]
    worst = ", worst first" if len(losses) > 1 and losses == sorted(losses, reverse=True) else ""
    return f"{grouped(len(losses))} of {grouped(report.rows.scored)}{worst}"


def _samples(rows: Sequence[Sample], columns: Columns, view: View) -> Grid:
    """The samples of the report; id and weight where they say something."""
    with_id, weighted = columns.id is not None, any(row.weight != 1 for row in rows)
    heads = [_number("row")]
    heads += [Column("id")] if with_id else []
    heads += [Column("label"), _number("p"), _number("loss")]
    heads += [_number("weight")] if weighted else []
    return Grid(tuple(heads), [tuple(_sample_cells(row, view, with_id=with_id, weighted=weighted)) for row in rows])


def _sample_cells(row: Sample, view: View, *, with_id: bool, weighted: bool) -> Iterator[str]:
    """The cells of one sample."""
    yield grouped(row.row)
    if with_id:
        yield view.text(row.id or "")
    yield from (view.text(row.label), short(row.p), short(row.loss))
    if weighted:
        yield short(row.weight)


def gate_section(gates: Sequence[Gate], view: View) -> TableSection:
    """Every gate with as many digits as separate its value from its limit; reasons stand below where room is short."""
    titles = (Column("gate"), _number("value"), _number("limit"), Column("verdict", styles=_VERDICT))
    cells = [(words.gate_name(gate, view), *apart(gate.value, gate.limit), gate.status) for gate in gates]
    reasons = [words.gate_reason(gate, view) for gate in gates]
    if not any(reasons):
        return TableSection(Grid(titles, cells), "gates")
    one_line = Grid((*titles, Column("because")), [(*cell, why) for cell, why in zip(cells, reasons, strict=True)])
    if fits(one_line, view):
        return TableSection(one_line, "gates")
    below = [f"{cell[0]}: {why}" for cell, why in zip(cells, reasons, strict=True) if why]
    return TableSection(Grid(titles, cells), "gates", below="\n  ".join(_wrapped(text, view) for text in below))


def _wrapped(text: str, view: View) -> str:
    """A sentence in lines that fit the view, all but the first set in."""
    from textwrap import wrap

    assert view.width is not None
    lines = wrap(text, view.width - 4, break_long_words=False, break_on_hyphens=False)
    return "\n    ".join(lines)


def _number(title: str) -> Column:
    """A column of numbers, infinite ones standing out."""
    return Column(title, number=True, styles=_INFINITE)
