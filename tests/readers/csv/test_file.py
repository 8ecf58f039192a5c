"""CSV and its kin: content and lines against Python's csv module, numbers against float(), faults by their rules."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import math
import random
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading import Whole, bits, problem, read, read_csv, read_stdin, result
from xent_cli.contract.errors import UsageError
from xent_cli.readers import Request, expand, open_file
from xent_cli.readers.csv.file import CsvFile
from xent_cli.readers.csv.header import MAX_COLUMNS
from xent_cli.readers.interface import Target
from xent_cli.readers.sources.byte_source import open_source

if TYPE_CHECKING:
    from pathlib import Path

PROBS = Request(matrix=("prob",))
LABELS = Request(coded=("label",))


def oracle(text: str, delimiter: str, width: int) -> list[tuple[int, list[str]]]:
    """The records of a text with the physical lines they start on, header included, by the csv module."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found, before = [], 0
    for row in reader:
        if row or width == 1:
            found.append((before + 1, row or [""]))
        before = reader.line_num
    return found


def expected_of(text: str, delimiter: str = ",", width: int = 2) -> tuple[list[int], list[str | None], list[int]]:
    """Lines, first fields (None where empty or the line is ragged) and ragged rows after the header."""
    records = oracle(text, delimiter, width)[1:]
    labels = [(row[0] or None) if len(row) == width else None for _, row in records]
    ragged = [place for place, (_, row) in enumerate(records) if len(row) != width]
    return [line for line, _ in records], labels, ragged


def agrees(text: str, found: Whole, delimiter: str = ",", width: int = 2) -> None:
    """Assert that what was read is what the csv module reads."""
    lines, labels, ragged = expected_of(text, delimiter, width)
    assert found.lines == lines
    assert found.coded.get("label", []) == labels
    assert found.faults.get(("ragged-line", ""), []) == ragged


FIELD = st.lists(st.sampled_from(["a", "7", " ", '"', ",", "\n", "\r\n", "\r", "é", '""']), max_size=4).map("".join)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(FIELD, FIELD), max_size=8),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    piece=st.sampled_from([1, 2, 3, 5, 8, 13, 64, None]),
)
def test_written_files_are_read_back(rows: list[tuple[str, str]], line_end: str, piece: int | None) -> None:
    """What the csv module writes is read the same at every size of chunks, with the lines an editor shows."""
    out = io.StringIO()
    csv.writer(out, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows([("label", "x"), *rows])
    found = read_csv(out.getvalue().encode(), LABELS, piece=piece)
    assert found.coded.get("label", []) == [label or None for label, _ in rows]
    agrees(out.getvalue(), found)


JUNK = ["a", "b", '"', ",", "\n", "\r\n", "\r", " ", '""', "\n\n", '",', ',"', 'x"y', '\n"', '"\n']


@settings(max_examples=300, deadline=None)
@given(body=st.lists(st.sampled_from(JUNK), max_size=30).map("".join), piece=st.sampled_from([1, 2, 3, 7, 16, None]))
@pytest.mark.parametrize("width", [1, 2])
def test_any_text_is_read_as_the_csv_module_reads_it(width: int, body: str, piece: int | None) -> None:
    """Ragged lines, stray quotes, blank lines and mixed line ends: the same records, lines and fields at every size."""
    text = ",".join(["label", "x"][:width]) + "\n" + body
    found = result(read_csv, text.encode(), LABELS, piece=piece, delimiter=",")
    if isinstance(found, Whole):
        agrees(text, found, width=width)
    else:
        assert "is never closed" in found.message
        assert '"' in text


@pytest.mark.parametrize("piece", [7, 100, None])
def test_blocks_hold_the_cells_that_messages_show(piece: int | None) -> None:
    """A cell is shown as it is parsed, whatever chunk it is in and whatever column it is of."""
    rows = [(f'l"{n}', f"{n / 7}") for n in range(30)]
    out = io.StringIO()
    csv.writer(out).writerows([("label", "prob"), *rows])
    shown = []
    with CsvFile(open_source(Target("x", "-", "stdin"), io.BytesIO(out.getvalue().encode())), piece=piece) as file:
        for block in (chunk.decode() for chunk in file.chunks(PROBS)):
            shown += [(block.cell(row, "label"), block.cell(row, "prob")) for row in range(block.rows)]
            assert block.cell(0, "nothing") == ""
    assert shown == rows


# --- numbers


def test_decimals_become_the_nearest_double() -> None:
    """Every spelling of a decimal is correctly rounded, bit for bit as float() does it."""
    dice = random.Random(7)  # noqa: S311  # test data
    cells = [repr(dice.uniform(0, 1)) for _ in range(500)]
    cells += [f"{dice.uniform(0, 1):.20f}" for _ in range(200)] + [f"{dice.uniform(-1, 1):.17e}" for _ in range(200)]
    cells += [f"{dice.randrange(10**17)}e{dice.randrange(-330, 300)}" for _ in range(500)]
    cells += [
        "9007199254740993",
        "0.1" + "0" * 50 + "1",
        "5e-324",
        "2.4703282292062327e-324",
        "1.7976931348623159e308",
        "-0",
        "0",
    ]
    found = read_csv(("prob\n" + "\n".join(cells) + "\n").encode(), PROBS)
    assert bits(found.column) == bits([float(cell) for cell in cells])
    assert found.faults == {}


ACCEPTED = {
    " 0.5": 0.5, "\t0.5 ": 0.5, '"0.5"': 0.5, "+0.5": 0.5, ".5": 0.5, "1.": 1.0, "1E5": 1e5, "1e+05": 1e5, "007": 7.0,
    "-0": -0.0, "1e400": math.inf, "1e-400": 0.0, "inf": math.inf, "Infinity": math.inf, "-INF": -math.inf,
    "+inf": math.inf, "nan": math.nan, "NaN": math.nan, "NAN": math.nan, "-nan": -math.nan, "nan(1)": math.nan,
}  # fmt: skip
REFUSED = "oops NA N/A None null NULL - . ? 0x1 1_000 1/2 0.5% 0;5 １ ٠ 1e e5 --1 infi nan( 1.2.3 -1.#IND #N/A".split()
REFUSED += ["  ", "1 2", "1\x002"]


@pytest.mark.parametrize("bad_neighbour", [False, True])
def test_grammar_of_numbers(bad_neighbour: bool) -> None:
    """The spellings that are numbers are the same on the fast path and beside a cell that is none."""
    text = "prob,x\n" + "".join(f"{cell},1\n" for cell in ACCEPTED) + ("oops,1\n" if bad_neighbour else "")
    found = read_csv(text.encode(), PROBS)
    assert bits(found.column[: len(ACCEPTED)]) == bits(list(ACCEPTED.values()))
    assert found.faults == ({("not-a-number", "prob"): [len(ACCEPTED)]} if bad_neighbour else {})


@pytest.mark.parametrize("cell", REFUSED)
def test_what_is_no_number_is_a_fault(cell: str) -> None:
    """A cell that is not a number is NaN and a fault that shows its text."""
    found = read_csv(f"label,prob\na,0.25\nb,{cell}\nc,1\n".encode())
    assert found.faults == {("not-a-number", "prob"): [1]}
    assert found.values == {("not-a-number", "prob"): [cell]}
    assert bits(found.column) == bits([0.25, math.nan, 1.0])


TOKENS = "0 1 9 007 . - + e E inf INF Infinity nan NaN ( nan(a_1) ) _ x 1e5 e-3 1e400 d é".split()
TOKENS += [" ", "\t", "\x0b"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=4).map("".join), min_size=1, max_size=40))
def test_both_paths_accept_the_same_cells(cells: list[str]) -> None:
    """A cell means the same alone, on the fast path, as among faulty ones, on the careful path."""
    careful = read_csv(("prob,x\n" + "".join(f"{cell},1\n" for cell in cells) + "oops,1\n").encode(), PROBS)
    refused = careful.faults[("not-a-number", "prob")]
    for row, cell in enumerate(cells):
        alone = read_csv(f"prob,x\n{cell},1\n".encode(), PROBS)
        assert (row in refused) == bool(alone.faults)
        assert bits([careful.column[row]]) == bits(alone.column)


@pytest.mark.parametrize("cell", ["1", ""])
def test_types_come_from_the_role_not_from_the_first_block(cell: str) -> None:
    """A column whose first chunks hold integers only, or nothing, still holds decimals in the end."""
    found = read_csv(("prob,x\n" + f"{cell},\n" * 5_000 + "0.25,\n").encode(), PROBS, piece=1 << 12)
    assert found.blocks > 1
    assert found.column[-1] == 0.25


# --- missing cells and labels


@pytest.mark.parametrize("cell", ["", '""'])
def test_only_an_empty_field_is_missing(cell: str) -> None:
    """An empty field, quoted or not, is a missing label or a missing value."""
    found = read_csv(f"label,prob\na,0.5\n{cell},{cell}\n".encode())
    assert found.faults == {("missing-label", "label"): [1], ("missing-value", "prob"): [1]}
    assert found.coded["label"] == ["a", None]


def test_labels_are_text() -> None:
    """NA, None, nan, 007, 1.0, True and blanks are labels like any other, NUL bytes are kept."""
    labels = [
        "NA",
        "None",
        "nan",
        "007",
        "1.0",
        "1",
        "True",
        " 1",
        "0x1",
        "+1",
        "9007199254740993",
        "#N/A",
        "null",
        "a\0b",
        "猫",
    ]
    found = read_csv(("label,prob\n" + "".join(f"{label},0.5\n" for label in labels)).encode())
    assert found.coded["label"] == labels
    assert found.faults == {}


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_line_ends_inside_quotes_are_kept(line_end: str) -> None:
    """A quoted label keeps its line end, also at the edge of a chunk (Arrow drops the LF there)."""
    body = "".join(f'"b{n:03}{line_end}x",0.5{line_end}' for n in range(200))
    for piece in (16, 17, 18, 19, 64, None):
        found = read_csv(f"label,prob{line_end}{body}".encode(), piece=piece)
        assert found.coded["label"] == [f"b{n:03}{line_end}x" for n in range(200)]


def test_a_column_may_serve_two_roles() -> None:
    """A column that is label and id, or label and weight, is read as both."""
    request = Request(coded=("a",), numbers=("b",), text=("a", "b"), matrix=("c",))
    found = read_csv(b"a,b,c\nx,1.50,1\ny,,2\n", request)
    assert found.coded["a"] == found.text["a"] == ["x", "y"]
    assert found.text["b"] == ["1.50", None]
    assert bits(found.numbers["b"]) == bits([1.5, math.nan])
    assert found.faults == {("missing-value", "b"): [1]}


def test_rows_are_counted_without_needed_columns() -> None:
    """A request without columns still counts rows."""
    assert read_csv(b"a,b\n1,2\nx,y\n", Request()).rows == 2


# --- layouts


@pytest.mark.parametrize("columns", [1, 2, 32, 33, 100])
def test_matrix_layout_is_chosen_by_its_columns(columns: int) -> None:
    """Up to 32 classes the matrix is Fortran-ordered, above C-ordered, in the order of the request, faults or not."""
    names = tuple(f"p{place}" for place in range(columns))
    rows = [[n / 3 + place for place in range(columns)] for n in range(5)]
    text = ",".join(names) + ",x\n" + "".join(",".join(map(repr, row)) + ",\n" for row in rows)
    for body in (text, text + ",".join(["oops"] * columns) + ",\n"):
        (target,) = expand(["-"])
        with open_file(target, stdin=io.BytesIO(body.encode())) as file:
            (block,) = [chunk.decode() for chunk in file.chunks(Request(matrix=names[::-1]))]
        assert block.matrix is not None
        assert block.matrix[:5].tolist() == [row[::-1] for row in rows]
        assert block.matrix.flags.f_contiguous if columns <= 32 else block.matrix.flags.c_contiguous


def test_missing_values_are_told_by_column() -> None:
    """In a matrix each column reports its own missing cells."""
    found = read_csv(b"a,b,c\n1,,3\n,,\n7,8,\n", Request(matrix=("a", "b", "c")))
    assert found.faults == {("missing-value", "a"): [1], ("missing-value", "b"): [0, 1], ("missing-value", "c"): [1, 2]}


# --- faults


def test_every_fault_of_a_chunk_is_found() -> None:
    """Bad cells, ragged lines and bytes that are not UTF-8 are all found in one pass, rows and lines right."""
    data = b'label,prob\ncat,0.5\n\n"do\ng",oops\nx\n,\na,b,c\nq\xff,1\r\nz,\xfe\ny, 2 '
    found = read_csv(data)
    assert found.faults == {
        ("ragged-line", ""): [2, 4],
        ("encoding", "label"): [5],
        ("encoding", "prob"): [6],
        ("missing-label", "label"): [3],
        ("missing-value", "prob"): [3],
        ("not-a-number", "prob"): [1],
    }
    assert found.values[("ragged-line", "")] == ["1 field, expected 2", "3 fields, expected 2"]
    assert found.values[("encoding", "label")] == ["q\\xff"]
    assert found.coded["label"] == ["cat", "do\ng", None, None, None, None, "z", "y"]
    assert found.lines == [2, 4, 6, 7, 8, 9, 10, 11]


def test_bytes_that_are_not_utf8_in_other_columns_do_not_matter() -> None:
    """Only needed columns are checked to be text."""
    assert read_csv(b"label,prob,note\na,0.5,\xff\xfe\n").faults == {}


def test_a_fault_shows_its_first_cells_and_not_all_of_them() -> None:
    """A fault has all its rows, but the text of ten, each no longer than 80 characters."""
    found = read_csv(b"prob,x\n" + b"z" * 500 + b",1\n" + b"oops,1\n" * 30, PROBS)
    assert found.faults[("not-a-number", "prob")] == list(range(31))
    shown = found.values[("not-a-number", "prob")]
    assert (len(shown), len(shown[0]), shown[0][-1], shown[1]) == (10, 80, "…", "oops")


def test_decimal_commas_are_faults_that_show_the_value() -> None:
    """With semicolons a decimal comma is a cell that is not a number."""
    found = read_csv(b"label;prob\na;0,5\n")
    assert found.values == {("not-a-number", "prob"): ["0,5"]}


@pytest.mark.parametrize("tail", ["TOTAL\n", "\x1a", "TOTAL,1,2\n"])
def test_trailing_garbage_is_a_ragged_line(tail: str) -> None:
    """A total line or a Ctrl-Z at the end is located, not skipped."""
    found = read_csv(f"label,prob\na,0.5\n{tail}".encode())
    assert (found.faults, found.lines) == ({("ragged-line", ""): [1]}, [2, 3])


def test_a_file_of_ragged_lines_only() -> None:
    """Where no record has the right number of fields every row is a fault and the arrays still have every row."""
    found = read_csv(b"label,prob\na\nb\n")
    assert (found.rows, found.faults) == (2, {("ragged-line", ""): [0, 1]})
    assert bits(found.column) == bits([math.nan] * 2)


def test_blank_lines() -> None:
    """Blank lines are no rows but count as lines; in a file of one column they are empty cells."""
    assert read_csv(b"\n\nlabel,prob\n\na,0.5\n\n\nb,1\n\n").lines == [5, 8]
    single = read_csv(b"prob\n0.5\n\n1\n\n", PROBS)
    assert (single.rows, single.lines, single.faults) == (4, [2, 3, 4, 5], {("missing-value", "prob"): [1, 3]})


# --- the header


@pytest.mark.parametrize(
    ("header", "delimiter", "format_"),
    [
        ("label,prob", ",", "csv"),
        ("label\tprob", "\t", "tsv"),
        ("label;prob", ";", "csv"),
        ("label|prob", "|", "csv"),
        ('"label;x;y",prob', ",", "csv"),
        ("label|a,prob,q", ",", "csv"),
        ("label", ",", "csv"),
    ],
)
def test_delimiter_is_told_from_the_header(header: str, delimiter: str, format_: str) -> None:
    """The candidate that occurs most outside quotes is the delimiter."""
    (target,) = expand(["-"])
    with open_file(target, stdin=io.BytesIO(header.encode() + b"\n")) as file:
        assert file.names == tuple(next(csv.reader([header], delimiter=delimiter)))
        assert file.format == format_
        assert {type_.kind for type_ in file.types} == {"untyped"}


def test_a_stated_delimiter_is_taken() -> None:
    """`delimiter` overrides what the header suggests."""
    assert read_csv(b"label~prob,x\n1~2\n", Request(coded=("label",), matrix=("prob,x",)), delimiter="~").column == [
        2.0
    ]


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "é"])
def test_a_delimiter_is_one_plain_character(delimiter: str) -> None:
    """A delimiter that cannot be one is wrong use."""
    with pytest.raises(UsageError, match="delimiter"):
        open_file(*expand(["-"]), delimiter=delimiter, stdin=io.BytesIO(b"a\n"))


def test_names_are_stripped_with_a_notice() -> None:
    """White space around a name is no part of it, and is remarked on."""
    found = read_csv(b" label, prob \na,0.5\n")
    assert (found.coded["label"], found.notices) == (["a"], ["header-space"])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_byte_order_mark_and_line_ends(mark: bytes, line_end: bytes) -> None:
    """A byte-order mark is skipped; LF, CRLF and CR files are the same table."""
    found = read_csv(mark + b"label,prob" + line_end + b"a,0.5" + line_end + b"b,1" + line_end, piece=5)
    assert (found.coded["label"], found.column, found.lines) == (["a", "b"], [0.5, 1.0], [2, 3])


@pytest.mark.parametrize(
    ("data", "rule", "words"),
    [
        (b"", "empty-file", "the file is empty"),
        (b"\xef\xbb\xbf", "empty-file", "no header and no rows"),
        (b"\n\r\n", "empty-file", "no header and no rows"),
        ("label,prob\n1,2".encode("utf-16"), "encoding", "UTF-16LE"),
        ("label,prob\n1,2".encode("utf-16-le"), "encoding", "UTF-16LE"),
        ("label,prob\n1,2".encode("utf-16-be"), "encoding", "UTF-16BE"),
        ("label,prob\n1,2".encode("utf-32"), "encoding", "UTF-32LE"),
        ("läbel,prob\n1,2".encode("latin-1"), "encoding", "byte 0xe4"),
        (b"1,0.5\n0,0.25\n", "no-header", "only numbers: 1, 0.5"),
        (b'"label,prob\na,1\n', "bad-header", "never closed"),
        (b"a," * MAX_COLUMNS + b"b\n", "too-many-columns", "more than 20,000 columns"),
        (b"a" * (20 << 20), "bad-header", "longer than 16 MiB"),
        (b"label,prob,label\n", "bad-header", "columns 1, 3"),
        (b"label\n", "bad-header", "no column 'prob'"),
    ],
)
def test_headers_that_are_refused(data: bytes, rule: str, words: str) -> None:
    """A file that cannot be a table is refused from its header, with the reason."""
    found = problem(read_stdin, data)
    assert (found.rule, words in found.message) == (rule, True)
    assert found.where is not None
    assert found.where.path == "<stdin>"


def test_encodings_come_with_a_cure() -> None:
    """The refusal of an encoding names the iconv command."""
    assert problem(read_stdin, "label\n".encode("utf-16")).help == "iconv -f UTF-16LE -t UTF-8 FILE | xent score -"
    assert "iconv -f ISO-8859-1" in str(problem(read_stdin, b"l\xe4bel\n").help)


def test_needed_columns_without_a_name_are_refused() -> None:
    """A blank name is allowed as long as the column is not needed."""
    assert read_csv(b",label,prob\n0,a,0.5\n").coded["label"] == ["a"]
    found = problem(read_csv, b",label,prob\n", Request(coded=("",)))
    assert (found.rule, found.message) == ("bad-header", "column 1 is needed and has no name")


def test_duplicate_names_are_allowed_where_not_needed() -> None:
    """Two columns of one name matter only when that name is asked for."""
    assert read_csv(b"x,label,x,prob\n1,a,2,0.5\n").column == [0.5]


def test_close_names_are_suggested() -> None:
    """A missing column is refused with the names that are close to it."""
    assert problem(read_csv, b"lable,prob\n").help == "close matches: lable"


def test_as_many_columns_as_allowed() -> None:
    """Exactly 20,000 columns are read."""
    names = [f"p{place}" for place in range(MAX_COLUMNS)]
    data = (",".join(names) + "\n" + ",".join("1" * MAX_COLUMNS) + "\n").encode()
    assert read_csv(data, Request(matrix=tuple(names[-2:]))).matrix == [[1.0, 1.0]]


# --- damage


def test_an_unclosed_quote_is_refused() -> None:
    """A quote that swallows the rest of the file is refused with its line; what is shown of it is short."""
    data = b'label,prob\na,1\n"b,2\n' + b"c,3\n" * 100_000
    found = problem(read_csv, data)
    assert (found.rule, found.message) == ("corrupt-file", "a quote that opens on line 3 is never closed")
    assert len(str(found.detail)) <= 80


def test_text_that_arrow_refuses_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the careful path cannot parse a chunk either, the file is refused with the line it begins on."""
    monkeypatch.setattr("xent_cli.readers.csv.parsing.BLOCK", 8)
    found = problem(read_csv, b"label,prob\n" + b"a,0.123456789\n" * 10)
    assert (found.rule, found.message[:34]) == ("corrupt-file", "the text cannot be parsed as CSV: ")
    assert found.where is not None
    assert found.where.line == 2


def test_records_that_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Arrow finds another number of records than were counted, no row is guessed."""
    monkeypatch.setattr("xent_cli.readers.csv.repair._without", lambda *_: np.frombuffer(b"a,1\n", np.uint8))
    found = problem(read_csv, b"label,prob\na,x\nb,1\n")
    assert found.message.endswith("its records cannot be separated")


def test_cells_too_long_to_show() -> None:
    """A field beyond the limit of the csv module is read; in a message it is not shown, in a header it is refused."""
    long = "x" * 200_000
    (target,) = expand(["-"])
    with open_file(target, stdin=io.BytesIO(f"label,prob\n{long},0.5\n".encode())) as file:
        (block,) = [chunk.decode() for chunk in file.chunks(LABELS)]
    assert (block.coded["label"].names, block.cell(0, "label")) == ((long,), "")
    found = problem(read_csv, f"{long},prob\n".encode())
    assert (found.rule, found.message) == ("bad-header", "the header cannot be parsed as CSV")


def test_a_record_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record longer than the limit is refused instead of filling the memory."""
    monkeypatch.setattr("xent_cli.readers.csv.file.MAX_RECORD", 1 << 16)
    found = problem(read_csv, b"label,prob\na,1\n" + b"x" * (1 << 20), piece=1 << 12)
    assert (found.rule, "starts on line 3" in found.message) == ("corrupt-file", True)


def test_long_records_make_longer_chunks() -> None:
    """A record many times the size of a chunk is read whole."""
    label = "x" * 100_000
    assert read_csv(f"label,prob\n{label},0.5\nb,1\n".encode(), piece=64).coded["label"] == [label, "b"]


@pytest.mark.parametrize(("tail", "notices"), [(b"b,1\n", []), (b"b,1\r", []), (b"b,1", ["no-final-newline"])])
def test_a_last_line_without_end_is_remarked(tail: bytes, notices: list[str]) -> None:
    """The only trace of a plain file that was cut short is its last line end."""
    found = read_csv(b"label,prob\na,0.5\n" + tail)
    assert (found.column, found.notices) == ([0.5, 1.0], notices)


def compressed(data: bytes, codec: str) -> bytes:
    """Bytes compressed by a codec."""
    if codec in ("gz", "bz2"):
        return gzip.compress(data) if codec == "gz" else bz2.compress(data)
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, {"zst": "zstd", "lz4": "lz4"}[codec]) as stream:
        stream.write(data)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


ROWS = "".join(f"{n % 2},{n / 1000}\n" for n in range(1000)).encode()
TABLE = b"label,prob\n" + ROWS


@pytest.mark.parametrize("codec", ["gz", "bz2", "zst", "lz4"])
@pytest.mark.parametrize("name", ["preds.csv", "preds.csv.gz", "preds.lz4"])
def test_compression_is_told_from_the_bytes(codec: str, name: str, tmp_path: Path) -> None:
    """Compressed data is read whatever the name says; concatenated parts are one file."""
    (tmp_path / name).write_bytes(compressed(TABLE, codec) + compressed(ROWS, codec))
    with open_file(*expand([str(tmp_path / name)])) as file:
        assert file.format == f"csv.{codec}"
    found = read(tmp_path / name)
    assert found.column == [n / 1000 for n in range(1000)] * 2


def test_plain_data_with_a_compressed_name(tmp_path: Path) -> None:
    """A name that ends in .gz does not make a file compressed."""
    (tmp_path / "preds.csv.gz").write_bytes(TABLE)
    assert read(tmp_path / "preds.csv.gz").rows == 1000


@pytest.mark.parametrize("codec", ["gz", "bz2", "zst", "lz4"])
@pytest.mark.parametrize("stdin", [False, True])
def test_truncated_compression_is_refused(codec: str, stdin: bool, tmp_path: Path) -> None:
    """Compressed data cut short anywhere is refused with the path and how far it got, never scored in part."""
    packed = compressed(TABLE * 20, codec)
    for cut in sorted(
        {12, 13, 17, 100, *range(50, len(packed), len(packed) // 7), *range(len(packed) - 9, len(packed))}
    ):
        path = tmp_path / "cut.csv.gz"
        path.write_bytes(packed[:cut])
        found = problem(read_stdin, packed[:cut]) if stdin else problem(read, path)
        assert (found.rule, "cut short" in found.message) == ("corrupt-file", True), cut
        assert found.where is not None
        assert found.where.path == ("<stdin>" if stdin else str(path))
        assert "decompressed bytes before that" in str(found.detail)


def test_how_far_a_cut_file_got_is_told(tmp_path: Path) -> None:
    """The bytes that could be read before the cut are counted to within 16 KiB."""
    dice = random.Random(3)  # noqa: S311  # test data
    data = TABLE + "".join(f"1,{dice.random()}\n" for _ in range(20_000)).encode()
    packed = gzip.compress(data)
    (tmp_path / "cut.csv.gz").write_bytes(packed[:-100])
    detail = str(problem(read, tmp_path / "cut.csv.gz").detail)
    assert len(data) - 40_000 < int(detail.split()[1].replace(",", "")) < len(data)


@pytest.mark.parametrize("junk", [b"\0" * 10, b"xyz"])
def test_garbage_after_compressed_data_is_refused(junk: bytes) -> None:
    """What follows a gzip member must be another one."""
    assert problem(read_stdin, gzip.compress(TABLE) + junk).rule == "corrupt-file"


def test_a_checksum_that_does_not_fit_is_refused() -> None:
    """A flipped bit in the checksum of gzip is refused."""
    packed = bytearray(gzip.compress(TABLE))
    packed[-6] ^= 1
    assert (
        problem(read_stdin, bytes(packed)).message
        == "the gzip data is damaged or cut short: zlib inflate failed: incorrect data check"
    )


def test_compressed_nothing_is_empty() -> None:
    """A compressed file of no bytes is as empty as a plain one."""
    assert problem(read_stdin, gzip.compress(b"")).rule == "empty-file"


def test_compressed_tables_are_refused() -> None:
    """Parquet inside gzip is told as what it is."""
    assert "parquet table inside gzip" in problem(read_stdin, gzip.compress(b"PAR1" + b"\0" * 100)).message


def test_what_is_packed_twice_is_told() -> None:
    """Another compression or archive inside gzip, also where it is cut."""
    twice = gzip.compress(gzip.compress(b"label,prob\n1,0.5\n"))
    assert "the file is gzip data inside gzip compression" in problem(read_stdin, twice).message
    archive = gzip.compress(b"PK\x03\x04" + b"a" * 100)
    assert "the file is a zip archive inside gzip compression" in problem(read_stdin, archive).message
