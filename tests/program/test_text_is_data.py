"""Foreign text is data: in no format is it markup, an escape sequence, a formula or a second line."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import xent_cli
from tests.sample_reports import binary, inspection, multi_label, problem, sparse
from xent_cli.contract.errors import Location, Problem
from xent_cli.contract.inspection import ColumnView, Inspection, InspectionProblem
from xent_cli.contract.report import ClassRow, Gate, Input, LabelRow, Notice, Report, Sample, Touched
from xent_cli.contract.row_columns import Coded, SampleColumns
from xent_cli.renderers.json_document import render_json
from xent_cli.renderers.problems import render_notices, render_problems, render_problems_json
from xent_cli.renderers.tables.inspection import render_inspection
from xent_cli.renderers.tables.report import render_table
from xent_cli.renderers.view import View
from xent_cli.sinks import open_samples

SOURCES = sorted(Path(xent_cli.__file__).parent.rglob("*.py"))

# Each holds the word KERN, which has to come through everywhere.
CORPUS = {
    "style markup": "[red]KERN",
    "unopened markup": "KERN[/foo]",
    "empty closing markup": "KERN a[/]b",
    "link markup": "[link=https://evil.example]KERN[/link]",
    "instruction tags": "[INST] KERN [/INST]",
    "emoji code": ":smile: KERN :bomb:",
    "markdown": "**KERN** `x` | y",
    "colour": "\x1b[31mKERN\x1b[0m",
    "clear screen": "\x1b[2J\x1b[HKERN",
    "title": "\x1b]0;KERN\x07",
    "hyperlink": "\x1b]8;;https://evil.example\x1b\\KERN\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;ZWNobyBoaQ==\x07KERN",
    "device control": "\x1bP$qKERN\x1b\\",
    "C1 sequence": "\x9b31mKERN\x9c",
    "C1 command": "\x9d0;KERN\x9c",
    "carriage return": "good\rKERN",
    "backspaces": "abc\b\b\bKERN",
    "bell and vertical": "\x07KERN\x0b\x0c",
    "newline": "KERN\nerror[fake]: spoofed",
    "crlf": "KERN\r\nnext",
    "tab": "\tKERN\tx",
    "line separators": "KERN\u2028a\u2029b\x85c",
    "override": "\u202eKERN\u202c",
    "isolate": "\u2066KERN\u2069",
    "marks of direction": "\u200eKERN\u200f\u061c",
    "zero width": "K\u200bKERN\u200c\u200d\u2060",
    "byte-order mark": "\ufeffKERN",
    "tag characters": "KERN\U000e0041\U000e0042",
    "variation selectors": "KERN\ufe0f\U000e0100",
    "NUL": "\x00KERN",
    "DEL": "KERN\x7f",
    "surrogate": "KERN\ud800\udfff",
    "undecodable path": "KERN\udce9.csv",
    "formula": "=KERN()|'/C calc'!A0",
    "plus": "+KERN+1",
    "minus": "-KERN-1",
    "at": "@SUM(KERN)",
    "tab and formula": "\t=KERN()",
    "full-width formula": "\uff1dKERN()",
    "script": "<script>alert('KERN')</script>",
    "quotes": "\"KERN\" 'x' \\",
    "percent": "KERN %s %(x)s {0} ${HOME}",
    "right to left": "KERN \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "emoji family": "KERN \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "stacked marks": "KERN a" + "\u0301" * 50,
    "ideographs": "KERN" + "\u4e2d" * 30,
    "very long": "KERN" + "x" * 20_000,
    "very wide": "KERN" + "\u4e2d" * 2_000,
}


def hostile_report(text: str) -> Report:
    """A report with the text wherever foreign text can be."""
    base = sparse()
    columns = replace(
        base.columns, label=text, predictions=(text, text), weight=text, id=text, classes=(text,), reasons=(text,)
    )
    return replace(
        base,
        signature=f"xent:0.1|w:{text}",
        inputs=(Input(text, text, 3, 5),),
        columns=columns,
        rows=replace(base.rows, bad={text: 3}),
        loss=replace(base.loss, ci=replace(base.loss.ci, method=text)),
        baseline=replace(base.baseline, skill=None, reason=text),
        classes=(ClassRow(text, 1, 0.5, 0.5, 1.0),),
        labels=(LabelRow(text, 1, 0.5, 0.5, 1.0),),
        groups=(replace(base.groups[0], group=text),),
        samples=(Sample(1, text, text, 0.5, 0.7, 1.0),),
        touched=(Touched(text, 1, 0.1),),
        gates=(Gate(text, 1.0, 0.5, "pass"),),
        notices=(Notice(text, text),),
    )


def hostile_inspection(text: str) -> Inspection:
    """An inspection with the text wherever foreign text can be."""
    return replace(
        inspection(),
        command=text,
        inputs=(Input(text, text, 3, 5),),
        header=(ColumnView(text, text, text), ColumnView(text, text, None)),
        columns=hostile_report(text).columns,
        problems=(InspectionProblem(text, 2, text, text, (1, 2), text),),
        notices=(Notice(text, text),),
    )


def hostile_problem(text: str) -> Problem:
    """A problem with the text wherever foreign text can be."""
    return Problem(text, text, Location(text, 1, 2, (text,), (text,)), text, text, 2, (1, 5))


def hostile_samples(text: str, path: Path, *, raw: bool = False) -> bytes:
    """The bytes of a per-sample output with the text as label, id and class name."""
    encodable = text.encode("utf-8", "replace").decode()
    half = np.array([0.5])
    columns = SampleColumns(
        np.array([1]), pa.array([encodable]), Coded(np.array([0], np.int32), (text,)), half, half, half, half[:, None]
    )
    with open_samples(str(path), has_id=True, gradient_names=(text,), raw_formulas=raw) as sink:
        sink.write(columns)
    return path.read_bytes()


TERMINAL_FORMATS: dict[str, Callable[[str, View], str]] = {
    "table": lambda text, view: render_table(hostile_report(text), view),
    "inspection": lambda text, view: render_inspection(hostile_inspection(text), view),
    "problems": lambda text, view: render_problems([hostile_problem(text)], view),
    "notices": lambda text, view: render_notices([Notice(text, text)], view),
    "json": lambda text, view: render_json(hostile_report(text), view),
    "inspection json": lambda text, view: render_json(hostile_inspection(text), view),
    "problems json": lambda text, _: render_problems_json([hostile_problem(text)], 3),
}
VIEWS = {
    "80": View(80, verbose=True),
    "40": View(40),
    "file": View(verbose=True),
    "ascii": View(80, unicode=False),
}


def unsafe(text: str) -> set[str]:
    """The characters of an output that a terminal could obey, hide or reorder by."""
    direction = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    return {
        character
        for character in text
        if (unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character != "\n")
        or unicodedata.bidirectional(character) in direction
    }


@pytest.mark.parametrize("text", CORPUS.values(), ids=[name.replace(" ", "-") for name in CORPUS])
@pytest.mark.parametrize("format_", sorted(TERMINAL_FORMATS))
def test_no_format_lets_text_act(format_: str, text: str) -> None:
    """In every view: no control, bidi, zero-width or tag character, no surrogate; the word is there to read."""
    for view in VIEWS.values():
        shown = TERMINAL_FORMATS[format_](text, view)
        assert unsafe(shown) == set()
        assert shown.encode("utf-8").decode("utf-8") == shown
        assert "KERN" in shown
        assert view.unicode or shown.isascii()


@pytest.mark.parametrize("text", CORPUS.values(), ids=[name.replace(" ", "-") for name in CORPUS])
def test_text_makes_no_line_of_its_own(text: str) -> None:
    """Off a terminal the number of lines does not depend on the text, so nothing in it can pass for our output."""
    for format_, render in TERMINAL_FORMATS.items():
        assert render(text, View()).count("\n") == lines_of_plain_text(format_)


@cache
def lines_of_plain_text(format_: str) -> int:
    """How many lines a format has where the text is a word."""
    return TERMINAL_FORMATS[format_]("KERN", View()).count("\n")


@pytest.mark.parametrize(
    "name", ["style markup", "unopened markup", "empty closing markup", "emoji code", "link markup"]
)
def test_markup_is_shown_as_it_is(name: str) -> None:
    """What rich would take for markup or an emoji stands in the table letter by letter."""
    assert f" {CORPUS[name]}" in render_table(hostile_report(CORPUS[name]), View())
    assert f"error[{CORPUS[name]}]: {CORPUS[name]}\n" in render_problems([hostile_problem(CORPUS[name])], View())


@pytest.mark.parametrize("text", CORPUS.values(), ids=[name.replace(" ", "-") for name in CORPUS])
@pytest.mark.parametrize("format_", ["csv", "tsv"])
@pytest.mark.usefixtures("long_fields")
def test_csv_is_disarmed(format_: str, text: str, tmp_path: Path) -> None:
    """No field starts a formula, no byte is a control but line feeds in quotes, and there are two records."""
    data = hostile_samples(text, tmp_path / f"x.{format_}")
    delimiter = "," if format_ == "csv" else "\t"
    allowed = {0x0A, ord(delimiter)}
    assert all(byte >= 0x20 or byte in allowed for byte in data)
    written = data.decode("utf-8")
    assert not re.search("[\x7f-\x9f]", written)
    header, record = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
    assert len(header) == len(record) == 7
    assert all(field[:1] not in set("=+-@\t\r\uff1d\uff0b\uff0d\uff20") for field in (*header, *record[1:3]))
    assert "KERN" in record[1]
    assert "KERN" in record[2]


@pytest.mark.parametrize("text", CORPUS.values(), ids=[name.replace(" ", "-") for name in CORPUS])
@pytest.mark.usefixtures("long_fields")
def test_machine_formats_keep_the_text(text: str, tmp_path: Path) -> None:
    """JSON Lines and raw CSV carry the text itself, but for lone surrogates, which no file can; JSON as ASCII."""
    expected = text.encode("utf-8", "backslashreplace").decode()
    lines = hostile_samples(text, tmp_path / "x.jsonl")
    assert json.loads(lines)["label"] == expected
    assert all(0x20 <= byte < 0x7F or byte == 0x0A for byte in lines)
    assert lines.count(b"\n") == 1
    raw = hostile_samples(text, tmp_path / "x.csv", raw=True).decode("utf-8")
    assert list(csv.reader(io.StringIO(raw, newline="")))[1][2] == expected


def test_safe_reports_are_not_touched() -> None:
    """Ordinary text comes through letter by letter: nothing of the above costs a user anything."""
    for report in (binary(), sparse(), multi_label()):
        assert "\\" not in render_table(report, View())
    assert "\\" not in render_problems([problem()], View())


@cache
def calls() -> tuple[tuple[str, ast.Call, str], ...]:
    """Every call in the package with its place and the name of what is called."""
    return tuple(
        (f"{path.name}:{node.lineno}", node, str(getattr(node.func, "id", "") or getattr(node.func, "attr", "")))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    )


def test_every_refusal_has_its_cure() -> None:
    """Whoever is refused is told what to do: no refusal is written without a help (the fourth or fifth argument)."""
    places = {"Problem": 5, "refuse": 6, "refusal": 4, "_refusal": 3}  # the argument that is the cure
    found = [
        place
        for place, node, name in calls()
        if name in places and isinstance(node.func, ast.Name)
        if "help" not in {word.arg for word in node.keywords} and len(node.args) < places[name]
        if not (name == "refuse" and len(node.args) >= 4)  # that of the schema: view, rule, message, cure
        if not any(isinstance(argument, ast.Starred) for argument in node.args)
    ]
    assert found == []


def test_nothing_is_printed_past_the_border() -> None:
    """No print(): output goes through renderers and the stage."""
    assert len(SOURCES) > 10
    assert [place for place, node, _ in calls() if getattr(node.func, "id", "") == "print"] == []


def test_every_console_has_markup_switched_off() -> None:
    """A rich console that reads markup, emoji codes or highlights would act on foreign text."""
    needed = {"markup", "emoji", "highlight"}
    consoles = [(place, node) for place, node, name in calls() if name == "Console"]
    assert consoles
    for place, node in consoles:
        off = {word.arg for word in node.keywords if isinstance(word.value, ast.Constant) and word.value.value is False}
        assert needed <= off, place


def test_no_string_goes_to_rich_as_markup() -> None:
    """Strings reach rich as Text only: none is handed to print, add_row or add_column, or read as markup."""
    risky = ("print", "add_row", "add_column")
    literal = (ast.Constant, ast.JoinedStr)
    found = [place for place, node, name in calls() if name in risky and any(isinstance(a, literal) for a in node.args)]
    found += [place for place, _, name in calls() if name in {"from_markup", "render_markup"}]
    assert found == []
