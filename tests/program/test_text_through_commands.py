"""Hostile text through the commands themselves: what a file, a path or a flag says is shown and never obeyed."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.program.test_text_is_data import CORPUS, unsafe
from tests.running import Answer, on_terminal, xent
from xent_cli.renderers.formats import FORMATS

NAMES = [name.replace(" ", "-") for name in CORPUS]
ROWS = tuple(each.name for each in FORMATS if each.rows)
FLAGS = """--label --targets --preds --classes --positive --weight --id --delimiter --class-weight --ignore-label
--format --output --losses --samples --sort --max-skipped --max-rows --max-memory --from --clip --threads --confidence
--unit --input-format --color --with --sum-tolerance --on-bad-row --pos-weight --label-smoothing --divide-by""".split()
# What a shell cannot hand over at all is left to the Python interface.
TYPED = {name: text for name, text in CORPUS.items() if "\0" not in text and "\ud800" not in text}


def encodable(text: str) -> str:
    """The text as a file can hold it: half a character becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


TEXTS = [encodable(text) for text in CORPUS.values()]


def table(text: str) -> dict[str, list[Any]]:
    """Columns that hold the text as id, label, name of a class, name of a column and cell."""
    return {
        "id": [text, "2"],
        "label": [text.strip() or "x", "b"],
        f"p_{text.strip()}": [0.25, 0.5],
        "p_b": [0.75, 0.5],
        text: [text, text],
    }


def as_csv(text: str, folder: Path) -> Path:
    """These columns as CSV; names lose the blanks around them there."""
    columns = table(text)
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([list(columns), *zip(*columns.values(), strict=True)])
    path = folder / "hostile.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path


def as_parquet(text: str, folder: Path) -> Path:
    """These columns as Parquet."""
    path = folder / "hostile.parquet"
    parquet.write_table(pa.table(table(text)), path)
    return path


def harmless(answer: Answer, allowed: str = "") -> None:
    """Nothing in what was written acts on a terminal, and it is no crash of ours."""
    assert unsafe(answer.out) <= set(allowed)
    assert unsafe(answer.err) == set()
    assert answer.status in {0, 2, 3}, answer.err
    assert "Traceback" not in answer.err


REPORTS = [each.name for each in FORMATS if not each.rows]
NAMED = {"table", "json", "markdown"}  # the reports that list classes or samples


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How many lines the reports of a file with ordinary text have."""
    path = as_parquet("KERN", tmp_path_factory.mktemp("plain"))
    return {format_: xent("score", path, "--format", format_).out.count("\n") for format_ in NAMED}


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_reports_show_the_text_of_a_file(text: str, plain: dict[str, int], tmp_path: Path) -> None:
    """Labels, classes, columns and ids in every report: visible, on lines of ours."""
    path = as_parquet(text, tmp_path)
    for format_ in REPORTS:
        answer = xent("score", path, "--format", format_)
        assert answer.status == 0, answer.err
        harmless(answer)
        assert format_ not in NAMED or "KERN" in answer.out
        assert answer.out.count("\n") == plain.get(format_, answer.out.count("\n"))


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_inspect_shows_the_text_of_a_file(text: str, tmp_path: Path) -> None:
    """Columns and the command that states them, of CSV as of Parquet; NUL makes a header no text."""
    for path in (as_csv(text, tmp_path), as_parquet(text, tmp_path)):
        for flags in (("--verbose",), ("--json",)):
            answer = xent("inspect", path, *flags)
            assert answer.status == (3 if "\0" in text and path.suffix == ".csv" else 0), answer.err
            harmless(answer)
            assert "KERN" in answer.out or answer.status == 3


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
@pytest.mark.usefixtures("long_fields")
def test_samples_carry_the_text_of_a_file(text: str, tmp_path: Path) -> None:
    """JSON Lines give back label and id as they are; CSV and TSV hold no control but line ends, and no formula."""
    path = as_parquet(text, tmp_path)
    lines = xent("score", path, "--format", "jsonl")
    harmless(lines)
    first = json.loads(lines.out.split("\n")[0])
    assert (first["id"], first["label"]) == (text, text.strip() or "x")
    for format_, delimiter in (("csv", ","), ("tsv", "\t")):
        answer = xent("score", path, "--format", format_)
        assert answer.status == 0
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", answer.out)
        assert answer.out.count("\t") == (0 if format_ == "csv" else 3 * answer.out.splitlines()[0].count("\t"))
        header, *records = csv.reader(io.StringIO(answer.out, newline=""), delimiter=delimiter)
        assert [len(record) for record in records] == [len(header)] * 2
        assert all(field[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20") for field in records[0][1:3])


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_errors_show_the_cells_of_a_file(text: str, tmp_path: Path) -> None:
    """A label that fits no class, a cell that is no number, a name that means nothing: quoted, cut where very long."""
    path = tmp_path / "hostile.csv"
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["label", "p_a", "p_b", "note"], [text, "0.5", "0.5", ""], ["a", text, "0.5", ""]])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    for flags in ((), ("--json",), ("--debug",), ("--preds", "note,p_b")):
        answer = xent("score", path, *flags)
        assert answer.status in {2, 3}
        assert answer.out == ""
        assert unsafe(answer.err) == set()
        assert len(answer.err) < 40_000
    parquet.write_table(pa.table({text: [1], "x": [0.5]}), tmp_path / "hostile.parquet")
    harmless(xent("score", tmp_path / "hostile.parquet"))
    harmless(xent("inspect", tmp_path / "hostile.parquet"))


@pytest.mark.parametrize("text", TYPED.values(), ids=[name.replace(" ", "-") for name in TYPED])
def test_paths_are_shown(text: str, tmp_path: Path) -> None:
    """The name of a file, of a missing one, of a directory, of an address: in reports, errors and `inspect`."""
    name = text.replace("/", "_").encode("utf-8", "surrogateescape")[:120].decode("utf-8", "ignore")
    path = tmp_path / f"{name}.csv"
    path.write_text("label,prob\n1,0.5\n")
    shown: list[tuple[object, ...]] = [("score", path), ("score", path, "--json"), ("inspect", path)]
    for words in (*shown, ("score", path, "--preds", "zz")):
        harmless(xent(*words))
    path.write_text("label,prob\n1,x\n")
    harmless(xent("score", path))
    refused: list[tuple[object, ...]] = [
        ("score", tmp_path / "none" / name),
        ("inspect", f"{name}/*.csv"),
        ("score", path, "--losses", tmp_path / name / "losses.csv"),
        ("score", f"nowhere://key:pass@{name}"),
    ]
    for words in refused:
        answer = xent(*words)
        assert answer.status in {2, 3}
        harmless(answer)
        assert "pass@" not in answer.err


WORST = [
    "colour",
    "clipboard",
    "C1 command",
    "newline",
    "override",
    "unopened markup",
    "emoji code",
    "NUL",
    "surrogate",
]


ESCAPED = {"clipboard", "surrogate"}
"""A control and half a character: JSON escapes all that is not ASCII, as test_no_format_lets_text_act has it."""


@pytest.mark.parametrize("flag", [*FLAGS, "--bogus", "--json"])
def test_values_of_flags_are_shown(flag: str, tmp_path: Path) -> None:
    """What follows a flag, in our words or click's, as text and as JSON."""
    path = tmp_path / "preds.csv"
    path.write_text("label,prob\n1,0.5\n")
    for name in WORST:
        text = CORPUS[name]
        value = f"json={tmp_path}/none/{text}" if flag == "--output" else text
        harmless(xent("score", path, f"{flag}={value}"))
        if name in ESCAPED:
            harmless(xent("score", path, "--json", flag, value))


@pytest.mark.parametrize("name", WORST)
def test_words_that_are_no_command(name: str) -> None:
    """A command, an option or an argument that does not exist is quoted, and so is what click calls extra."""
    text = CORPUS[name]
    for words in ((text,), ("score", f"--{text}"), ("score", f"-q{text}"), ("schema", text), ("schema", "score", text)):
        answer = xent(*words)
        assert answer.status in {2, 3}
        harmless(answer)
    assert xent("schema", "score", "a\nError: b").err.count("\n") == 4


def test_no_words_at_all_are_answered_with_help() -> None:
    """`xent` alone shows what there is, on standard error, as wrong use."""
    answer = xent()
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("Usage: xent [OPTIONS] COMMAND [ARGS]...\n")
    assert xent("").err.endswith("Error: No such command ''.\n")


def test_a_list_of_classes_that_cannot_be_read(tmp_path: Path) -> None:
    """A line break between names is wrong use, not a crash; in double quotes it belongs to the name."""
    path = tmp_path / "preds.csv"
    path.write_text('label,u,v\n"a\nb",0.5,0.5\n')
    answer = xent("score", path, "--preds", "u,v", "--from", "probs", "--classes", "a\nb,c")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error[option]: --classes cannot read 'a\\nb,c'\n")
    assert xent("score", path, "--preds", "u,v", "--from", "probs", "--classes", '"a\nb",c').status == 0


@pytest.mark.parametrize("name", ["clipboard", "override"])
def test_a_real_terminal_is_left_alone(name: str, tmp_path: Path) -> None:
    """On a terminal, with colours: but for those of our own there is no sequence, on either stream."""
    path = as_csv(encodable(CORPUS[name]), tmp_path)
    bad = tmp_path / "bad.csv"
    bad.write_text(f'label,p_a,p_b\n"{CORPUS[name]}",0.5,0.5\n', encoding="utf-8", newline="")
    for words in (("score", path, "--color", "always"), ("score", bad)):
        shown = on_terminal(*words).out
        assert "KERN" in shown
        assert unsafe(re.sub(r"\x1b\[[0-9;]*m", "", shown)) == set()
