"""The table: what it says, in which order, and that no width costs a digit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.sample_reports import binary, infinite, one_row, reports, soft, sparse
from xent_cli.contract.interval import Interval
from xent_cli.contract.report import Gate, Input, RowCounts, Sample
from xent_cli.renderers.tables.report import render_table
from xent_cli.renderers.view import View

WIDE = View()
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", sorted(reports()))
def test_table_at_80_columns(name: str, golden: Callable[[str, str], None]) -> None:
    """Each sample report at 80 columns, as agreed on by looking at it."""
    golden(f"table-{name}-80.txt", render_table(reports()[name], View(80)))


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("narrow", View(60)),
        ("wide", View(120, verbose=True)),
        ("file", View()),
        ("ascii", View(80, unicode=False)),
    ],
)
def test_table_in_other_views(name: str, view: View, golden: Callable[[str, str], None]) -> None:
    """The fullest report on a narrow and a wide terminal, in a file and without Unicode."""
    golden(f"table-sparse-{name}.txt", render_table(sparse(), view))


@pytest.mark.parametrize("name", sorted(reports()))
@pytest.mark.parametrize("width", [60, 80, 120])
def test_table_fits_the_terminal(name: str, width: int) -> None:
    """From 60 columns on no line but the signature, which is for copying, is wider than the terminal."""
    lines = render_table(reports()[name], View(width)).splitlines()
    assert max(cell_len(line) for line in lines[:-1]) <= width


@pytest.mark.parametrize("name", sorted(reports()))
def test_table_has_all_digits_of_mean_and_sum_at_every_width(name: str) -> None:
    """Mean and sum stand unbroken with the digits that read back as the same double, on a terminal and off it."""
    report = reports()[name]
    for width in (20, 40, 60, 80, 200, None):
        words = render_table(report, View(width)).split()
        assert repr(report.loss.mean) in words
        assert repr(report.loss.sum) in words


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0, 1e300), min_size=1, max_size=5), st.integers(20, 100), st.text(max_size=30).filter(str.strip)
)
def test_table_never_folds_a_number(losses: list[float], width: int, label: str) -> None:
    """However narrow the terminal and long the label, each loss of a sample is one word to six digits."""
    samples = tuple(Sample(row, None, label, 0.5, loss, 1.0) for row, loss in enumerate(losses, start=1))
    words = render_table(replace(binary(), samples=samples), View(width)).split()
    shown = {float(word) for word in words if re.fullmatch(r"[\d.]+(e[+-]\d+)?", word)}
    assert all(any(abs(number - loss) <= 5.1e-6 * loss for number in shown) for loss in losses)


def test_table_off_a_terminal_cuts_nothing() -> None:
    """Off a terminal a label of 500 characters stands in one piece on one line."""
    long = "long" * 125
    report = replace(binary(), samples=(Sample(1, None, long, 0.5, 0.25, 1.0),))
    assert any(long in line for line in render_table(report, WIDE).splitlines())


def test_table_keeps_its_order() -> None:
    """What was read, the summary, classes, groups, samples, gates, and the signature last."""
    text = render_table(replace(sparse(), gates=binary().gates), WIDE)
    marks = ["  read ", "  mean ", "\nclasses", "\ngroups", "\nsamples", "\ngates", "\nxent:0.1|"]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert text.endswith(sparse().signature + "\n")


def test_table_has_no_trailing_blanks_and_no_escape_without_color() -> None:
    """Plain output is plain: nothing to strip, no escape sequence."""
    for report in reports().values():
        text = render_table(report, WIDE)
        assert "\x1b" not in text
        assert not re.search(r"[ \t]$", text, re.MULTILINE)


def test_table_in_color_says_the_same() -> None:
    """Colour adds escape sequences and nothing else."""
    for report in reports().values():
        plain, colored = render_table(report, View(80)), render_table(report, View(80, color=True))
        stripped = [line.rstrip() for line in ESCAPE.sub("", colored).splitlines()]
        assert "\x1b[" in colored
        assert stripped == plain.splitlines()


def test_table_colors_what_matters() -> None:
    """The mean is bold, a failed gate red, a passed one green; a label that is called fail is a label."""
    report = replace(binary(), samples=(Sample(1, None, "fail", 0.5, 0.7, 1.0),))
    text = render_table(report, View(80, color=True))
    assert "\x1b[1m1.21301\x1b[0m" in text
    assert text.count("\x1b[1;31mfail") + text.count("\x1b[1;31m  fail") == 2
    assert text.count("\x1b[32mpass") == 1


def test_table_without_unicode_is_ascii() -> None:
    """Where the stream is not UTF-8 everything is ASCII, foreign text too."""
    report = replace(sparse(), samples=(Sample(1, "中", "é", 0.5, 0.7, 1.0),))
    text = render_table(report, View(80, unicode=False))
    assert text.isascii()
    assert r"\u4e2d" in text


def test_table_ignores_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The view alone decides: no variable that rich reads changes a character."""
    expected = render_table(sparse(), View(100))
    for name, value in {"COLUMNS": "20", "NO_COLOR": "1", "FORCE_COLOR": "1", "TERM": "dumb", "LINES": "2"}.items():
        monkeypatch.setenv(name, value)
    assert render_table(sparse(), View(100)) == expected
    assert "\x1b[" in render_table(sparse(), View(100, color=True))


def test_table_lists_twenty_classes_and_counts_the_rest() -> None:
    """The twenty classes that carry most of the loss come first; verbose shows all."""
    text = render_table(soft(), WIDE)
    shown = re.findall(r"^  (c\d+) ", text, re.MULTILINE)
    assert shown == [f"c{place}" for place in range(24, 4, -1)]
    assert "  … and 5 more\n" in text
    assert re.search(r"^  c0 ", render_table(soft(), View(verbose=True)), re.MULTILINE)


def test_table_sorts_classes_by_their_loss() -> None:
    """The report may hold the classes in any order."""
    report = sparse()
    shuffled = replace(report, classes=tuple(reversed(report.classes)))
    assert render_table(shuffled, WIDE) == render_table(report, WIDE)


def test_table_separates_a_value_from_its_limit() -> None:
    """A gate that failed by a hair shows the digits that made it fail."""
    gates = (Gate("max-loss", 0.5, 0.50000000001, "fail"), Gate("max-perplexity", 2.0, 1.9999999999, "pass"))
    text = render_table(replace(binary(), gates=gates), WIDE)
    assert re.search(r"max-loss +0\.50000000001 +0\.5 +fail", text)
    assert re.search(r"max-perplexity +1\.9999999999 +2 +pass", text)


def test_reasons_of_gates_stand_where_there_is_room() -> None:
    """Off a terminal a reason stands beside its verdict; where it does not fit it stands below, in lines that do."""
    reason = "undecided: " + "a reason of many words " * 12
    gates = (Gate("max-loss", 2.0, 1.5, "pass"), Gate("max-regression", 0.5, 0.25, "pass", reason.strip()))
    report = replace(binary(), gates=gates)
    beside = render_table(report, WIDE)
    assert re.search(r"^  gate +value +limit +verdict  because$", beside, re.MULTILINE)
    assert re.search(rf"^  max-regression +0\.25 +0\.5 +pass +{reason.strip()}$", beside, re.MULTILINE)
    below = render_table(report, View(width=80))
    table = below[below.index("\ngates\n") :]
    assert re.search(r"^  gate +value +limit +verdict$", table, re.MULTILINE)
    assert f"max-regression: {reason.strip()}" in re.sub(r"\s+", " ", table)
    lines = table[table.index("max-regression: ") :].split("\n\n")[0].splitlines()
    assert len(lines) < 6
    assert max(map(len, table.split("\n\n")[0].splitlines())) <= 80


def test_table_says_why_something_is_undefined() -> None:
    """An interval or skill that does not exist is n/a with its reason, never blank and never 0."""
    assert re.search(r"95% interval +n/a +undefined: one row", render_table(one_row(), WIDE))
    assert re.search(r"skill +n/a +only one class is present", render_table(one_row(), WIDE))
    assert re.search(r"95% interval +n/a +undefined: 2 rows have an infinite loss", render_table(infinite(), WIDE))


def test_table_shows_infinite_losses_with_their_count() -> None:
    """An infinite mean is inf, and the rows say how many losses made it so."""
    text = render_table(infinite(), WIDE)
    assert "rows                 4 read, 4 scored, 2 with infinite loss\n" in text
    assert re.search(r"mean +inf +nats", text)


def test_table_says_what_options_touched() -> None:
    """Skipped rows by rule, and each option with its rows and their share of the mean."""
    text = render_table(sparse(), WIDE)
    assert "rows                 50,205 read, 49,000 scored, 1,000 ignored, 205 skipped\n" in text
    assert "bad rows             prob-sum 200, missing-label 6\n" in text
    assert "clip                 12 rows, 0.3% of the mean\n" in text


def test_table_has_id_and_weight_columns_only_where_they_say_something() -> None:
    """No id column without ids, no weight column where all weights are 1; no sum of weights either."""
    with_both, without = render_table(sparse(), WIDE), render_table(binary(), WIDE)
    assert re.search(r"^ +row +id +label +p +loss +weight$", with_both, re.MULTILINE)
    assert re.search(r"^ +row +label +p +loss$", without, re.MULTILINE)
    assert ("sum of weights" in with_both, "sum of weights" in without) == (True, False)


def test_table_claims_worst_first_only_where_it_is_so() -> None:
    """Samples in the order of the file are not called the worst."""
    report = sparse()
    assert "samples  3 of 49,000, worst first\n" in render_table(report, WIDE)
    in_file_order = replace(report, samples=tuple(sorted(report.samples, key=lambda sample: sample.row)))
    assert "samples  3 of 49,000\n" in render_table(in_file_order, WIDE)


def test_table_lines_up_decimal_points() -> None:
    """The points of a column of numbers stand under one another, whole numbers end before them."""
    losses = (16.25, 3.5, 0.125, 7.0)
    samples = tuple(Sample(row, None, "a", 0.5, loss, 1.0) for row, loss in enumerate(losses, start=1))
    text = render_table(replace(binary(), samples=samples, gates=()), WIDE)
    fields = list(re.finditer(r"^ +\d +a +0\.5 +(\d+)\S*$", text, re.MULTILINE))
    assert [int(match[1]) for match in fields] == [16, 3, 0, 7]
    points = {match.end(1) - match.start() for match in fields}
    assert len(points) == 1


def test_table_shows_many_files_in_short() -> None:
    """Of a thousand part files the first seven are named, and the rest counted."""
    inputs = tuple(Input(f"part-{place:04}.csv", "csv", 10, 100) for place in range(1000))
    text = render_table(replace(binary(), inputs=inputs), WIDE)
    assert "part-0006.csv: csv, 10 rows, 100 bytes\n" in text
    assert "… and 993 more files\n" in text
    assert "part-0007.csv" not in text


def test_table_redacts_addresses() -> None:
    """The secrets of an object-store address do not reach the table."""
    report = replace(binary(), inputs=(Input("s3://KEY:SECRET@bucket/x.csv?token=abc", "csv", 4, None),))
    text = render_table(report, WIDE)
    assert "s3://***@bucket/x.csv?***: csv, 4 rows\n" in text
    assert "SECRET" not in text


def test_table_gives_reasons_when_verbose() -> None:
    """Why each column was taken for what it is: on request."""
    reason = sparse().columns.reasons[0]
    assert reason in render_table(sparse(), View(verbose=True))
    assert reason not in render_table(sparse(), WIDE)


def test_table_names_the_power_that_makes_the_perplexity() -> None:
    """A mean in bits is raised to a power of 2, one in nats of e."""
    assert re.search(r"perplexity +3\.36359 +2\^\(mean\)", render_table(soft(), WIDE))
    assert re.search(r"perplexity +3\.36359 +exp\(mean\)", render_table(binary(), WIDE))


def test_table_has_the_standard_error_and_interval() -> None:
    """The headline and the summary carry the standard error; the interval has both ends and its method."""
    report = replace(
        binary(), loss=replace(binary().loss, ci=Interval(0.9, 0.5, 2.0, "bootstrap")), rows=RowCounts(read=4, scored=4)
    )
    text = render_table(report, WIDE)
    assert text.startswith("binary cross-entropy  1.21301 ± 0.331819 nats  fail\n")
    assert re.search(r"90% interval +0\.5 to 2 +bootstrap", text)
