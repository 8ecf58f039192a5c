"""Every way in which a CSV file can be wrong, through the commands: the right number, or the reason in these words."""

from __future__ import annotations

import bz2
import gzip
import math
import os
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest

from tests.hostile import SKIP, codes, refused, score, write
from tests.reading import read_csv
from tests.running import xent
from xent_cli.readers import Request

GOOD = "label,prob\n1,0.5\n0,0.25\n"
GOOD_MEAN = float((Fraction(-math.log(0.5)) + Fraction(-math.log(0.75))) / 2)
NUMBER_CURE = f"  help: numbers are written like 0.25 or 1e-3; {SKIP}"
RANGE_CURE = "  help: --from logits if these are logits"
LATIN_CURE = "for Latin-1: iconv -f ISO-8859-1 -t UTF-8 FILE | xent score -"
EMPTY_CURE = "  help: check the step that wrote it"
POSITIVE_CURE = "  help: --positive NAME says which label is the positive class; --ignore-label NAME leaves rows out"
ONE_DATA_SET = "  help: several files are one data set: give them the same columns, or score them one by one"
HEADER_CURE = (
    "  help: files were put together with their headers: give them one by one (xent score A.csv B.csv), "
    "or leave the repeated lines out: awk 'NR == 1 {h = $0} NR == 1 || $0 != h' FILE | xent score -"
)
RAGGED_CURE = f"  help: check the delimiter and the quotes; {SKIP}"

REFUSED: dict[str, tuple[bytes | str, list[str]]] = {
    "too few and too many fields": (
        "label,prob\n1,0.5\n1\n0,1,2\n",
        [
            "error[ragged-line]: line has 1 field, expected 2",
            "  --> preds.csv: row 2, line 3, value 1",
            "   |  2 of 3 rows have the wrong number of fields; this is the first",
            "   |  also row 3",
            RAGGED_CURE,
        ],
    ),
    "rows are records and lines are lines": (
        'id,label,prob\n"a\nb",1,0.5\n\n"c\r\nd",1,oops\n',
        [
            "error[not-a-number]: 'oops' is not a number",
            "  --> preds.csv: row 2, line 5, column prob = oops",
            "   |  1 of 2 rows has a value that is not a number",
            NUMBER_CURE,
        ],
    ),
    "a word among a hundred thousand numbers": (
        "label,prob\n" + "1,0.5\n" * 100_000 + "1,abc\n",
        [
            "error[not-a-number]: 'abc' is not a number",
            "  --> preds.csv: row 100,001, line 100,002, column prob = abc",
            "   |  1 of 100,001 rows has a value that is not a number",
            NUMBER_CURE,
        ],
    ),
    "an infinite probability": (
        "label,prob\n1,0.5\n1,inf\n0,+inf\n0,Infinity\n0,1e400\n",
        [
            "error[prob-range]: probability Infinity is outside [0, 1]",
            "  --> preds.csv: row 2, line 3, column prob = inf",
            "   |  4 of 5 rows are outside [0, 1]; this is the first",
            "   |  also rows 3, 4, 5",
            RANGE_CURE,
        ],
    ),
    "an infinite logit": (
        "label,logit_a,logit_b\na,1e400,0\n",
        [
            "error[infinite-logit]: logit is Infinity",
            "  --> preds.csv: row 1, line 2, column logit_a = 1e400",
            "   |  1 of 1 row holds a logit of +Infinity",
            f"  help: a logit of +Infinity has no softmax; {SKIP}",
        ],
    ),
    "separators of thousands": (
        'label,prob\n1,"1,000.5"\n',
        [
            "error[not-a-number]: '1,000.5' is not a number",
            "  --> preds.csv: row 1, line 2, column prob = 1,000.5",
            "   |  1 of 1 row has a value that is not a number",
            "  help: separators of thousands are not read: write 1000.5",
        ],
    ),
    "decimal commas": (
        "label;prob\n1;0,5\n",
        [
            "error[not-a-number]: '0,5' is not a number",
            "  --> preds.csv: row 1, line 2, column prob = 0,5",
            "   |  1 of 1 row has a value that is not a number",
            "  help: a decimal comma is not read: write decimals with a point",
        ],
    ),
    "decimal commas between commas": (
        "label,prob\n1,0,5\n",
        [
            "error[ragged-line]: line has 3 fields, expected 2",
            "  --> preds.csv: row 1, line 2, value 1,0,5",
            "   |  1 of 1 row has the wrong number of fields",
            RAGGED_CURE,
        ],
    ),
    "percentages": (
        "label,prob\n1,0.5%\n",
        [
            "error[not-a-number]: '0.5%' is not a number",
            "  --> preds.csv: row 1, line 2, column prob = 0.5%",
            "   |  1 of 1 row has a value that is not a number",
            "  help: percentages are not read: divide by 100",
        ],
    ),
    "a hexadecimal label": (
        "label,prob\n0x1,0.5\n",
        [
            "error[unknown-label]: label '0x1' is neither 0/1, true/false nor a number in between",
            "  --> preds.csv: row 1, line 2, column label = 0x1",
            "   |  1 of 1 row has a label that fits no class",
            POSITIVE_CURE,
        ],
    ),
    "a label with a blank": (
        "label,prob\n 1,0.5\n",
        [
            "error[unknown-label]: label ' 1' is neither 0/1, true/false nor a number in between",
            "  --> preds.csv: row 1, line 2, column label =  1",
            "   |  1 of 1 row has a label that fits no class",
            (
                "  help: labels are matched exactly: '1' is a class, ' 1' is not; "
                r"sed -E 's/(^|[,;|]) +/\1/g' FILE | xent score - takes blanks away"
            ),
        ],
    ),
    "a blank before the quotes of a label": (
        'id;label;p_cat;p_fox\n0; "fox"; 0.03;0.97\n',
        [
            "error[unknown-label]: label ' \"fox\"' is none of the classes cat, fox",
            '  --> preds.csv: row 1, line 2, column label =  "fox"',
            "   |  1 of 1 row has a label that fits no class",
            (
                "  help: a space stands next to the quotes, which then belong to the label: "
                r"sed -E 's/(^|[,;|]) +/\1/g' FILE | xent score - takes blanks away"
            ),
        ],
    ),
    "a label in another case": (
        "label,p_cat,p_dog\nCat,0.5,0.5\n",
        [
            "error[unknown-label]: label 'Cat' is none of the classes cat, dog",
            "  --> preds.csv: row 1, line 2, column label = Cat",
            "   |  1 of 1 row has a label that fits no class",
            "  help: labels are matched exactly: 'cat' is a class, 'Cat' is not",
        ],
    ),
    "a whole number that no double is": (
        "label,p_9007199254740992,p_x\n9007199254740993,0.5,0.5\n",
        [
            "error[unknown-label]: label '9007199254740993' is none of the classes 9007199254740992, x",
            "  --> preds.csv: row 1, line 2, column label = 9007199254740993",
            "   |  1 of 1 row has a label that fits no class",
            "  help: --classes A,B,… names the prediction columns in their order; --ignore-label NAME leaves rows out",
        ],
    ),
    "UTF-16": (
        GOOD.encode("utf-16"),
        [
            "error[encoding]: the file is UTF-16LE text, not UTF-8",
            "  --> preds.csv: line 1",
            "   |  byte offset 0",
            "  help: iconv -f UTF-16LE -t UTF-8 FILE | xent score -",
        ],
    ),
    "UTF-16 without a mark": (
        GOOD.encode("utf-16-be"),
        [
            "error[encoding]: the file is UTF-16BE text, not UTF-8",
            "  --> preds.csv: line 1",
            "   |  byte offset 0",
            "  help: iconv -f UTF-16BE -t UTF-8 FILE | xent score -",
        ],
    ),
    "a header in Latin-1": (
        "label,prob_café,prob_b\nb,0.5,0.5\n".encode("latin-1"),
        [
            "error[encoding]: the header is not UTF-8: byte 0xe9",
            "  --> preds.csv: line 1",
            "   |  byte 15 of the line",
            f"  help: {LATIN_CURE}",
        ],
    ),
    "a label in Latin-1": (
        b"label,p_a,p_b\na,0.5,0.5\ncaf\xe9,0.5,0.5\n",
        [
            "error[encoding]: column label is not valid UTF-8",
            "  --> preds.csv: row 2, line 3, column label = caf\\xe9",
            "   |  1 of 2 rows is not valid UTF-8",
            "  help: write the file as UTF-8; for Latin-1 CSV: iconv -f ISO-8859-1 -t UTF-8 FILE | xent score -",
        ],
    ),
    "nothing": (b"", ["error[empty-file]: the file is empty", "  --> preds.csv", "   |  0 bytes", EMPTY_CURE]),
    "a byte-order mark alone": (
        b"\xef\xbb\xbf",
        ["error[empty-file]: the file holds no header and no rows", "  --> preds.csv", EMPTY_CURE],
    ),
    "line ends alone": (
        b"\n\r\n\n",
        ["error[empty-file]: the file holds no header and no rows", "  --> preds.csv", EMPTY_CURE],
    ),
    "a header alone": (
        "label,prob\n",
        [
            "error[no-rows]: there are no rows to score",
            "  --> preds.csv",
            "   |  the file has a header and no data",
            EMPTY_CURE,
        ],
    ),
    "a header without its line end": (
        "label,prob",
        [
            "error[no-rows]: there are no rows to score",
            "  --> preds.csv",
            "   |  the file has a header and no data",
            EMPTY_CURE,
        ],
    ),
    "a name that is there twice": (
        "label,prob,prob\n1,0.5,0.5\n",
        [
            "error[bad-header]: 2 columns are named 'prob': columns 2, 3",
            "  --> preds.csv: column prob",
            "  help: rename all but one of them",
        ],
    ),
    "a name that is there twice but for a blank": (
        "label,prob, prob\n1,0.5,0.5\n",
        [
            "error[bad-header]: 2 columns are named 'prob': columns 2, 3",
            "  --> preds.csv: column prob",
            "  help: rename all but one of them",
        ],
    ),
    "a label without a name": (
        ",prob\n1,0.5\n",
        [
            "error[no-label]: no column has the name of a label",
            "  --> preds.csv",
            '   |  the columns are "", prob',
            "  help: --labels FILE reads it from another file",
        ],
    ),
    "no header": (
        "1,0.5\n0,0.25\n",
        [
            "error[no-header]: the first line holds only numbers: 1, 0.5",
            "  --> preds.csv: line 1",
            "  help: put a line with the names of the columns first",
        ],
    ),
    "no header, with words": (
        "cat,0.5,0.25\ndog,0.25,0.75\n",
        [
            "error[no-label]: no column has the name of a label",
            "  --> preds.csv",
            "   |  the columns are cat, 0.5, 0.25",
            "  help: the column name 0.5 is a number: the file seems to have no header line",
            "",
            "error[no-predictions]: no column has the name of a prediction",
            "  --> preds.csv",
            "   |  the columns are cat, 0.5, 0.25",
            "  help: the column name 0.5 is a number: the file seems to have no header line",
        ],
    ),
    "a delimiter that is not told": (
        "label^prob\n1^0.5\n",
        [
            "error[no-label]: no column has the name of a label",
            "  --> preds.csv",
            "   |  the columns are label^prob",
            "  help: the header has one column: --delimiter says what separates the fields",
            "",
            "error[no-predictions]: no column has the name of a prediction",
            "  --> preds.csv",
            "   |  the columns are label^prob",
            "  help: the header has one column: --delimiter says what separates the fields",
        ],
    ),
    "a quote that is never closed": (
        'label,prob\n1,"0.5\n' + "0,0.25\n" * 300_000,
        [
            "error[corrupt-file]: a quote that opens on line 2 is never closed",
            "  --> preds.csv: line 2",
            '   |  "0.5' + "\\n0,0.25" * 10 + "\\n0,0.…",
            '  help: look for a " without its partner; write a quote inside a quoted field as ""',
        ],
    ),
    "a quote of the header that is never closed": (
        '"label,prob\n1,0.5\n',
        [
            "error[bad-header]: a quote in the header is never closed",
            "  --> preds.csv: line 1",
            '   |  "label,prob\\n1,0.5\\n',
            '  help: look for a " without its partner; write a quote inside a quoted field as ""',
        ],
    ),
    "too many columns": (
        "label," + "p," * 20_000 + "p\n",
        [
            "error[too-many-columns]: the header has more than 20,000 columns",
            "  --> preds.csv: line 1",
            "  help: write the predictions as one list column of a Parquet file",
        ],
    ),
    "a NUL in a number": (
        b"label,prob\n1,0.\x005\n",
        [
            "error[not-a-number]: '0.\\x005' is not a number",
            "  --> preds.csv: row 1, line 2, column prob = 0.\\x005",
            "   |  1 of 1 row has a value that is not a number",
            NUMBER_CURE,
        ],
    ),
    "a NUL in a label": (
        b"label,prob\n1\x00,0.5\n",
        [
            "error[unknown-label]: label '1\\x00' is neither 0/1, true/false nor a number in between",
            "  --> preds.csv: row 1, line 2, column label = 1\\x00",
            "   |  1 of 1 row has a label that fits no class",
            POSITIVE_CURE,
        ],
    ),
    "NULs at the end": (
        b"label,prob\n1,0.5\n\x00\x00\x00\x00",
        [
            "error[ragged-line]: line has 1 field, expected 2",
            "  --> preds.csv: row 2, line 3, value \\x00\\x00\\x00\\x00",
            "   |  1 of 2 rows has the wrong number of fields",
            RAGGED_CURE,
        ],
    ),
    "a NUL in the header": (
        b"lab\x00el,prob\n1,0.5\n",
        [
            "error[bad-header]: the header holds a NUL byte, so the file is not text",
            "  --> preds.csv: line 1",
            "   |  byte 4 of the line",
            "  help: convert it to CSV or Parquet",
        ],
    ),
    "a line of totals": (
        "label,prob\n1,0.5\nTOTAL\n",
        [
            "error[ragged-line]: line has 1 field, expected 2",
            "  --> preds.csv: row 2, line 3, value TOTAL",
            "   |  1 of 2 rows has the wrong number of fields",
            RAGGED_CURE,
        ],
    ),
    "a line of totals with as many fields": (
        "label,prob\n1,0.5\nTOTAL,0.5\n",
        [
            "error[unknown-label]: label 'TOTAL' is neither 0/1, true/false nor a number in between",
            "  --> preds.csv: row 2, line 3, column label = TOTAL",
            "   |  1 of 2 rows has a label that fits no class",
            POSITIVE_CURE,
        ],
    ),
    "the end of a file of DOS": (
        b"label,prob\n1,0.5\n\x1a",
        [
            "error[ragged-line]: line has 1 field, expected 2",
            "  --> preds.csv: row 2, line 3, value \\x1a",
            "   |  1 of 2 rows has the wrong number of fields",
            RAGGED_CURE,
        ],
    ),
    "two files in one": (
        GOOD + GOOD,
        [
            "error[repeated-header]: line repeats the header",
            "  --> preds.csv: row 3, line 4, value label,prob",
            "   |  1 of 5 rows repeats the header",
            HEADER_CURE,
        ],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_these_words(name: str, tmp_path: Path) -> None:
    """What is wrong, where (file, row, line, column, value), how many rows, and the cure."""
    data, expected = REFUSED[name]
    assert refused(write(data, tmp_path)) == expected


NULLS = """#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|n/a|null|None|none|Null|-|.|?|1_000|1/2|\
0x1p-1|０.５|١|0.5f|0.5d|1e|e5|--1|0..5|0.5.5|true|0.5\xa0"""


@pytest.mark.parametrize("cell", NULLS.split("|"))
def test_what_spells_no_number_is_an_error_that_shows_it(cell: str, tmp_path: Path) -> None:
    """No spelling of a missing value but the empty field is one, and nothing else is guessed to be a number."""
    lines = refused(write(f"label,prob\n1,0.5\n1,{cell}\n", tmp_path))
    shown = cell.replace("\xa0", "\\xa0")
    assert lines[:2] == [
        f"error[not-a-number]: '{shown}' is not a number",
        f"  --> preds.csv: row 2, line 3, column prob = {shown}",
    ]


@pytest.mark.parametrize("cell", ["nan", "NaN", "NAN", "Nan", "-NaN", "-nan"])
def test_every_spelling_of_nan_is_nan(cell: str, tmp_path: Path) -> None:
    """NaN is neither missing nor a number."""
    lines = refused(write(f"label,prob\n1,0.5\n1,{cell}\n", tmp_path))
    assert lines[0] == "error[nan-value]: value is NaN"
    assert lines[1] == f"  --> preds.csv: row 2, line 3, column prob = {cell}"


@pytest.mark.parametrize("cell", [" 0.5", "0.5 ", '"0.5"', "+0.5", ".5", "5e-1", "5E-1", "0.50000"])
def test_ways_to_write_a_number(cell: str, tmp_path: Path) -> None:
    """Blanks around it, quotes, a sign, no zero before the point, an exponent: all are one half."""
    assert score(write(f"label,prob\n1,{cell}\n", tmp_path))["samples"][0]["p"] == 0.5


@pytest.mark.parametrize("label", ["1", "1.0", "1.00", "+1", "1e0", "true", "True", "TRUE"])
def test_ways_to_write_a_positive_label(label: str, tmp_path: Path) -> None:
    """What reads as one is the positive class, as is true."""
    assert score(write(f"label,prob\n{label},1\n", tmp_path), "--preds", "prob")["loss"]["mean"] == 0.0


def test_a_type_that_changes_after_a_million_rows(tmp_path: Path) -> None:
    """Whole numbers for a million rows and then a half: the type comes from the role, the mean is ln 2 / 1,000,001."""
    found = score(write("label,prob\n" + "1,1\n" * 1_000_000 + "1,0.5\n", tmp_path))
    assert found["rows"]["scored"] == 1_000_001
    assert found["loss"]["mean"] == float(Fraction(math.log(2)) / 1_000_001)


def test_a_probability_too_small_for_a_double(tmp_path: Path) -> None:
    """1e-400 is 0 as a double, and so its loss infinite: reported, with its row."""
    found = score(write("label,prob\n1,0.5\n1,1e-400\n", tmp_path))
    assert (found["loss"]["mean"], codes(found)) == ("Infinity", {"infinite-loss"})


def test_a_logit_of_minus_infinity_rules_a_class_out(tmp_path: Path) -> None:
    """Softmax of (-Infinity, 0) is (0, 1)."""
    found = score(write("label,logit_a,logit_b\nb,-inf,0\n", tmp_path))
    assert found["loss"]["mean"] == 0.0


SAME = {
    "byte-order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "byte-order mark before a quote": b'\xef\xbb\xbf"label",prob\n1,0.5\n0,0.25\n',
    "CRLF": GOOD.replace("\n", "\r\n").encode(),
    "CR": GOOD.replace("\n", "\r").encode(),
    "mixed line ends": b"label,prob\r\n1,0.5\r0,0.25\n",
    "blank lines": b"\n\nlabel,prob\n\n1,0.5\n\r\n\n0,0.25\n\n",
    "quoted fields": b'"label","prob"\n"1","0.5"\n"0","0.25"\n',
    "a line break in another column": b'label,prob,note\n1,0.5,"a\nb"\n0,0.25,"c\r\n""d"""\n',
    "an unnamed column": b"label,,prob\n1,7,0.5\n0,8,0.25\n",
    "two unused columns of one name": b"label,prob,x,x\n1,0.5,0,0\n0,0.25,0,0\n",
    "tabs": b"label\tprob\n1\t0.5\n0\t0.25\n",
    "semicolons": b"label;prob\n1;0.5\n0;0.25\n",
    "pipes": b"label|prob\n1|0.5\n0|0.25\n",
    "bytes that are not UTF-8 in another column": b"label,prob,note\n1,0.5,caf\xe9\n0,0.25,\xff\n",
    "a line of three million bytes": b"label,prob,note\n1,0.5," + b"x" * 3_000_000 + b"\n0,0.25,y\n",
    "two members of gzip": gzip.compress(b"label,prob\n1,0.5\n") + gzip.compress(b"0,0.25\n"),
    "two streams of bzip2": bz2.compress(b"label,prob\n1,0.5\n") + bz2.compress(b"0,0.25\n"),
    "an empty member of gzip": gzip.compress(b"") + gzip.compress(GOOD.encode()),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_rows_in_another_dress(name: str, tmp_path: Path) -> None:
    """Marks, line ends, quotes, delimiters and compression change nothing."""
    found = score(write(SAME[name], tmp_path))
    assert (found["loss"]["mean"], found["rows"]["read"], found["notices"]) == (GOOD_MEAN, 2, [])


def frames(codec: str, *parts: bytes) -> bytes:
    """Each part compressed by itself, one behind the other."""
    sink = pa.BufferOutputStream()
    for part in parts:
        with pa.CompressedOutputStream(pa.output_stream(buffer := pa.BufferOutputStream()), codec) as stream:
            stream.write(part)
        sink.write(buffer.getvalue())
    return bytes(sink.getvalue())


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_two_frames_are_one_file(codec: str, tmp_path: Path) -> None:
    """Frames of zstd and lz4 follow one another."""
    assert score(write(frames(codec, GOOD.encode()[:17], GOOD.encode()[17:]), tmp_path))["loss"]["mean"] == GOOD_MEAN


def test_line_breaks_inside_labels_are_kept_at_every_edge(tmp_path: Path) -> None:
    """CRLF inside quotes is part of a label wherever the file is cut into chunks (Arrow loses its LF at an edge)."""
    seed = random.Random(7)  # noqa: S311  # test data
    rows = [f'"a\r\nb",{"0" * seed.randrange(8)}1,0\n' for _ in range(200_000)]
    found = score(write('label,"p_a\r\nb",p_x\n' + "".join(rows), tmp_path), "--preds", "p_*")
    assert (found["rows"]["scored"], found["loss"]["mean"]) == (200_000, 0.0)
    assert found["columns"]["classes"] == ["a\r\nb", "x"]


def test_decimals_become_the_nearest_double(tmp_path: Path) -> None:
    """Long decimals, ties between two doubles and subnormals read as Python reads them."""
    seed = random.Random(11)  # noqa: S311  # test data
    texts = [f"0.{seed.randrange(10**25):025d}" for _ in range(300)]
    texts += [f"0.50000000000000005551115123125782702118158340454101562{digit}" for digit in "456"]
    texts += ["4.9406564584124654e-324", "2.4703282292062328e-324", "0.99999999999999994448884876874"]
    found = score(write("label,prob\n" + "".join(f"1,{text}\n" for text in texts), tmp_path), "--samples", "all")
    assert [sample["p"] for sample in found["samples"]] == [float(text) for text in texts]


def test_a_blank_line_is_a_row_where_there_is_one_column() -> None:
    """Skipping it would shift every later row against those of another file."""
    found = read_csv(b"y\n1\n\n0\n", Request(coded=("y",)))
    assert (found.coded["y"], found.faults) == (["1", None, "0"], {("missing-label", "y"): [1]})


def test_names_are_matched_without_the_blanks_around_them(tmp_path: Path) -> None:
    """A header `label, prob` has the columns label and prob, and a notice."""
    found = score(write("label, prob\n1, 0.5\n0, 0.25\n", tmp_path), "--preds", "prob")
    assert (found["loss"]["mean"], codes(found)) == (GOOD_MEAN, {"header-space"})
    assert found["notices"][0]["message"] == "white space around the names of columns is left out: 'prob'"


@pytest.mark.parametrize("name", ["score", "inspect"])
def test_a_missing_column_is_wrong_use_with_the_close_match(name: str, tmp_path: Path) -> None:
    """A stated column that is not there: exit 2, what there is, and what was meant."""
    path = write(GOOD, tmp_path)
    answer = xent(name, path, "--preds", "probs")
    assert (answer.status, answer.out) == (2, "")
    assert answer.words == [
        "error[no-column]: no column 'probs' for --preds",
        f"  --> {path}",
        "   |  the columns are label, prob",
        "  help: did you mean prob?",
    ]


def test_a_stated_delimiter_that_is_wrong(tmp_path: Path) -> None:
    """One column named `label;prob` is not accepted in silence."""
    lines = refused(write("label;prob\n1;0.5\n", tmp_path), "--delimiter", ",")
    assert lines[3] == "  help: the header has one column: --delimiter says what separates the fields"


def test_a_file_that_may_be_cut_short_is_remarked(tmp_path: Path) -> None:
    """A plain file without a final line end is scored with a notice: its last number may lack digits."""
    found = score(write("label,prob\n1,0.5\n0,0.25", tmp_path))
    assert (found["loss"]["mean"], codes(found)) == (GOOD_MEAN, {"no-final-newline"})
    message = "the last line has no line end: if the file was cut short, its last row may be incomplete"
    assert found["notices"][0]["message"] == message


@pytest.mark.parametrize("kept", range(len(GOOD)))
def test_a_plain_file_cut_at_any_byte(kept: int, tmp_path: Path) -> None:
    """Refused, or scored with the rows that are whole; where the cut may have eaten digits, a notice says so."""
    answer = xent("score", write(GOOD[:kept], tmp_path), "--json")
    if answer.status == 0:
        found = answer.document
        assert found["rows"]["read"] == GOOD[:kept].count("\n", len("label,prob\n")) + (GOOD[kept - 1] != "\n")
        assert ("no-final-newline" in codes(found)) == (GOOD[kept - 1] != "\n")
    else:
        assert (answer.status, answer.out) == (3, "")


def lz4(data: bytes) -> bytes:
    """The data as a frame of lz4."""
    return frames("lz4", data)


def zstd(data: bytes) -> bytes:
    """The data as a frame of zstd."""
    return frames("zstd", data)


PACKED: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "bz2": bz2.compress, "zstd": zstd, "lz4": lz4}
TOOL = {"gzip": "gzip", "bz2": "bzip2", "zstd": "zstd", "lz4": "lz4"}


@pytest.mark.parametrize("codec", PACKED)
def test_a_compressed_file_cut_at_any_byte(codec: str, tmp_path: Path) -> None:
    """Wherever it is cut there is no number, also where all rows could still be read."""
    data = PACKED[codec](GOOD.encode())
    path = tmp_path / "preds.csv.z"
    for kept in range(len(data)):
        path.write_bytes(data[:kept])
        answer = xent("score", path)
        assert (answer.status, answer.out) == (3, ""), kept
        assert answer.err.startswith("error[")


@pytest.mark.parametrize("codec", PACKED)
def test_a_compressed_file_cut_short_tells_how_far_it_was_read(codec: str, tmp_path: Path) -> None:
    """The message names codec, file, progress and the cure."""
    data = PACKED[codec](b"label,prob\n" + b"1,0.5\n" * 40_000)
    lines = refused(write(data[:-9], tmp_path))
    assert lines[0].startswith(f"error[corrupt-file]: the {codec} data is damaged or cut short: ")
    assert lines[1] == "  --> preds.csv"
    assert lines[2].startswith("   |  read ")
    assert lines[2].endswith(" decompressed bytes before that")
    assert lines[3] == f"  help: {TOOL[codec]} -t FILE checks it; copy or write the file again"


def test_gzip_with_a_wrong_checksum_or_a_flipped_bit(tmp_path: Path) -> None:
    """A flipped bit behind the header is caught by the checksum at the latest, or is one that fills up a byte."""
    data = gzip.compress(GOOD.encode(), mtime=0)
    path = tmp_path / "preds.csv.gz"
    for place in range(10, len(data)):
        for bit in range(8):
            path.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
            answer = xent("score", path, "--json")
            if answer.status == 0:
                assert answer.document["loss"]["mean"] == GOOD_MEAN
                assert (place, data[place] >> bit) == (len(data) - 9, 0)
            else:
                assert (answer.status, answer.out) == (3, ""), (place, bit)


@pytest.mark.parametrize("junk", [b"\0" * 512, b"junk", b"\x1f\x8b"], ids=["zeros", "words", "half a member"])
def test_bytes_behind_a_member_of_gzip_are_refused(junk: bytes, tmp_path: Path) -> None:
    """What follows the data is not left out in silence."""
    lines = refused(write(gzip.compress(GOOD.encode()) + junk, tmp_path))
    assert lines[0].startswith("error[corrupt-file]: the gzip data is damaged or cut short: ")
    assert lines[-1] == "  help: gzip -t FILE checks it; copy or write the file again"


@pytest.mark.parametrize(
    ("data", "name", "message", "cure"),
    [
        (b"<!DOCTYPE html><html>404", "p.csv", "an HTML or XML page", "download the file itself"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "p.csv",
            "a Git LFS pointer, not the data",
            "run git lfs pull",
        ),
    ],
    ids=["html", "lfs"],
)
def test_what_is_no_csv_is_told_from_its_first_bytes(
    data: bytes, name: str, message: str, cure: str, tmp_path: Path
) -> None:
    """Pages and pointers are named for what they are, with what helps."""
    first = f"error[unsupported-format]: the file is {message}, which is not read"
    assert refused(write(data, tmp_path, name)) == [first, f"  --> {name}", f"  help: {cure}"]


@pytest.mark.parametrize("name", ["preds.csv", "preds.csv.gz", "preds", "preds.bz2"])
@pytest.mark.parametrize("codec", ["none", *PACKED])
def test_compression_is_told_from_the_bytes_not_from_the_name(codec: str, name: str, tmp_path: Path) -> None:
    """Any name will do."""
    data = GOOD.encode() if codec == "none" else PACKED[codec](GOOD.encode())
    assert score(write(data, tmp_path, name))["loss"]["mean"] == GOOD_MEAN


def test_a_pipe_by_its_path() -> None:
    """`<(…)` hands over /dev/fd/N, a pipe: read once, from its beginning, plain or compressed."""
    for data in (GOOD.encode(), gzip.compress(GOOD.encode())):
        reader, writer = os.pipe()
        os.write(writer, data)
        os.close(writer)
        assert score(f"/dev/fd/{reader}")["loss"]["mean"] == GOOD_MEAN
        os.close(reader)


def test_a_pipe_cannot_be_read_twice(tmp_path: Path) -> None:
    """Balanced weights need two passes: a pipe is refused before it is read, and nothing hangs."""
    os.mkfifo(tmp_path / "pipe")
    answer = xent("score", tmp_path / "pipe", "--class-weight", "balanced")
    assert (answer.status, answer.out) == (2, "")
    assert "reads the input twice, and a pipe or standard input can be read once" in answer.err


def test_an_empty_pipe_is_an_empty_file() -> None:
    """Nothing through a pipe, nothing from standard input, the null device: all are empty files."""
    reader, writer = os.pipe()
    os.close(writer)
    assert xent("score", f"/dev/fd/{reader}").err.startswith("error[empty-file]: the file is empty\n")
    os.close(reader)
    assert xent("score", "-").err.startswith("error[empty-file]: the file is empty\n  --> <stdin>\n")
    assert xent("score", "/dev/null").err.startswith("error[empty-file]: the file is empty\n  --> /dev/null\n")


def test_a_missing_file_is_told_with_its_neighbours(tmp_path: Path) -> None:
    """The names beside it that are close."""
    write(GOOD, tmp_path, "preds-2024.csv")
    lines = [line.replace(str(tmp_path), "DIR") for line in refused(tmp_path / "preds-2042.csv")]
    assert lines == [
        "error[no-file]: there is no such file",
        "  --> preds-2042.csv",
        "  help: did you mean 'DIR/preds-2024.csv'?",
    ]
    assert refused(tmp_path / "none" / "preds.csv")[-1] == f"  help: there is no directory '{tmp_path}/none'"
    assert refused(tmp_path / "*.parquet")[0] == "error[no-file]: no file matches this pattern"


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800"], ids=["empty", "NUL", "surrogate"])
def test_what_cannot_be_the_name_of_a_file(path: str) -> None:
    """No traceback, and nothing else is read instead (the empty path is not the current directory)."""
    answer = xent("score", path)
    assert (answer.status, answer.out) == (3, "")
    assert answer.err.startswith("error[no-file]: no file can have this name\n")


def test_a_link_that_leads_to_nothing(tmp_path: Path) -> None:
    """It is there, and what it is for is not: the link itself is no close match of its name."""
    (tmp_path / "preds.csv").symlink_to("gone\n.csv")
    assert refused(tmp_path / "preds.csv") == [
        "error[no-file]: this link points to nothing: 'gone\\n.csv'",
        "  --> preds.csv",
        "  help: put the file there, or make the link again",
    ]
    (tmp_path / "round.csv").symlink_to("round.csv")
    assert refused(tmp_path / "round.csv") == [
        "error[no-file]: cannot read the file: Too many levels of symbolic links",
        "  --> round.csv",
        "  help: the links lead in a circle: name the file that they are for",
    ]


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    """Refused as data that is not there."""
    lines = refused(tmp_path / ("x" * 300 + ".csv"))
    assert lines[0] == "error[no-file]: cannot read the file: File name too long"
    assert lines[2] == "  help: no file can have a name this long: check how it was built"
    assert refused("/x" * 3000)[0] == lines[0]


def test_a_directory_with_nothing_in_it(tmp_path: Path) -> None:
    """Hidden files, markers and checksums are no part files."""
    folder = tmp_path / "empty"
    (folder / "_temporary").mkdir(parents=True)
    write("", folder, "_SUCCESS")
    write(GOOD, folder, ".preds.csv.crc")
    write(GOOD, folder / "_temporary", "part.csv")
    assert refused(folder) == [
        "error[no-file]: the directory holds no part files",
        "  --> empty",
        "  help: names that begin with . or _ and *.crc are left out",
    ]


def test_a_directory_with_a_pipe_in_it(tmp_path: Path) -> None:
    """It would wait for a writer for ever."""
    write(GOOD, tmp_path, "a.csv")
    os.mkfifo(tmp_path / "b.csv")
    answer = xent("score", tmp_path)
    assert (answer.status, answer.out) == (3, "")
    assert answer.words == [
        "error[unreadable]: a directory of part files holds something that is not a file",
        f"  --> {tmp_path}/b.csv",
        "  help: name the files instead of the directory",
    ]


def test_a_directory_counts_what_links_lead_to(tmp_path: Path) -> None:
    """Linked folders are read, once, and a circle of links ends; a link to nothing is an error, not a missing part."""
    write(GOOD, tmp_path, "outside.csv")
    folder = tmp_path / "parts"
    (folder / "deep").mkdir(parents=True)
    write(GOOD, folder / "deep", "b.csv")
    (folder / "a.csv").symlink_to(tmp_path / "outside.csv")
    (folder / "again").symlink_to(folder / "deep")
    (folder / "deep" / "round").symlink_to(folder)
    assert score(folder)["rows"]["read"] == 4
    (folder / "c.csv").symlink_to(tmp_path / "nothing.csv")
    assert xent("score", folder).err.startswith("error[no-file]: cannot read the file: No such file or directory\n")


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows would be missing in silence."""
    (tmp_path / "locked").mkdir()
    write(GOOD, tmp_path, "a.csv")
    listed = os.scandir

    def locked(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", locked)
    answer = xent("score", tmp_path)
    assert (answer.status, answer.out) == (3, "")
    assert answer.words == [
        "error[unreadable]: cannot list the directory: Permission denied",
        f"  --> {tmp_path}/locked",
        "  help: check who may read the file and the folders above it",
    ]


DIFFERENT = {
    "a column that is missing": (
        "label,prob\n1,0.5\n",
        "label,q\n1,0.5\n",
        "column prob of DIR/a.csv is not in DIR/b.csv",
    ),
    "a class more": (
        "label,logit_x,logit_y\nx,1,2\n",
        "label,logit_x,logit_y,logit_z\nx,1,2,3\n",
        "the predictions are logit_x, logit_y, logit_z in DIR/b.csv, and logit_x, logit_y in DIR/a.csv",
    ),
    "a class less": (
        "label,p_x,p_y,p_z\nx,1,0,0\n",
        "label,p_x,p_y\nx,1,0\n",
        "column p_z of DIR/a.csv is not in DIR/b.csv",
    ),
    "a second label": (
        "label,prob\n1,0.5\n",
        "label,y,prob\n1,0,0.5\n",
        "DIR/b.csv cannot be read like DIR/a.csv: 2 columns could be the label: label, y",
    ),
    "other predictions beside them": (
        "label,prob\n1,0.5\n",
        "label,prob,logit\n1,0.5,0\n",
        "DIR/b.csv cannot be read like DIR/a.csv: the predictions could be prob or logit",
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_files_of_a_directory_that_differ(name: str, tmp_path: Path) -> None:
    """A later file is held to the first, in both directions: a class more would change every softmax unnoticed."""
    first, second, message = DIFFERENT[name]
    write(first, tmp_path, "a.csv")
    write(second, tmp_path, "b.csv")
    lines = [line.replace(str(tmp_path), "DIR") for line in xent("score", tmp_path).words]
    assert lines[:2] == [f"error[schema-mismatch]: {message}", "  --> DIR/b.csv"]
    assert lines[-1] == ONE_DATA_SET


def test_a_file_that_is_named_twice_is_remarked(tmp_path: Path) -> None:
    """`*.csv part.csv`: read as often as it is named, with a notice; other files of the same rows have none."""
    first, second = write(GOOD, tmp_path, "a.csv"), write(GOOD, tmp_path, "b.csv")
    answer = xent("score", tmp_path / "*.csv", second, "--json")
    found = answer.document
    assert (found["rows"]["read"], codes(found)) == (6, {"repeated-file"})
    assert found["notices"][0]["message"] == f"{second}: named more than once, and its rows count as often"
    assert codes(xent("score", first, second, "--json").document) == set()
    assert xent("compare", first, first, "--json").document["notices"] == []


def test_files_of_a_directory_may_order_their_columns(tmp_path: Path) -> None:
    """Columns are found by name in each file; other columns may come and go; rows are counted through."""
    write("label,p_x,p_y\nx,1,0\n", tmp_path, "a.csv")
    write("note,p_y,label,p_x\nn,1,y,0\n", tmp_path, "b.csv")
    write("label,p_x,p_y\n", tmp_path, "c.csv")
    write(b'p_y,p_x,label\n0.5,0.5,"y"', tmp_path, "d.csv")
    found = score(tmp_path)
    assert [sample["loss"] for sample in found["samples"]] == [0.0, 0.0, math.log(2)]
    assert [notice["message"].replace(str(tmp_path), "DIR") for notice in found["notices"]] == [
        "DIR/d.csv: the last line has no line end: if the file was cut short, its last row may be incomplete",
        "DIR/c.csv: the file has no rows",
    ]


def test_the_second_file_is_named_where_it_is_at_fault(tmp_path: Path) -> None:
    """Rows and lines are those of the file."""
    first, second = write(GOOD, tmp_path, "a.csv"), write("label,prob\n1,0.5\n0,x\n", tmp_path, "b.csv")
    answer = xent("score", first, second)
    assert answer.status == 3
    assert f"  --> {second}: row 2, line 3, column prob = x\n" in answer.err
    empty = write("", tmp_path, "c.csv")
    assert f"error[empty-file]: the file is empty\n  --> {empty}\n" in xent("score", first, empty).err


def test_inspect_tells_how_far_a_broken_file_was_read(tmp_path: Path) -> None:
    """Columns, rows before the damage, and the reason."""
    data = gzip.compress(b"label,prob\n" + b"1,0.5\n" * 500_000)
    answer = xent("inspect", write(data[:-9], tmp_path, "preds.csv.gz"), "--json")
    found = answer.document
    assert (answer.status, found["scorable"], [column["name"] for column in found["header"]]) == (
        3,
        False,
        ["label", "prob"],
    )
    assert 0 < found["inputs"][0]["rows"] < 500_000
    assert found["problems"][0]["rule"] == "corrupt-file"
    assert found["problems"][0]["detail"].endswith(" decompressed bytes before that")
