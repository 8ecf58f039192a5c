"""Errors and notices as text, and errors as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.sample_reports import problem, sparse
from xent_cli.contract.errors import Location, Problem
from xent_cli.renderers.problems import location_text, render_notices, render_problems, render_problems_json
from xent_cli.renderers.view import View

WIDE = View()


def test_problem_has_the_form_of_the_contract() -> None:
    """The example of the product contract, word for word, with the other known rows."""
    assert render_problems([problem()], WIDE) == (
        "error[prob-sum]: probabilities of a row sum to 0.9312, not 1\n"
        "  --> predictions.csv: row 1,205, line 1,206, columns p_cat, p_dog, p_fox = 0.61, 0.3, 0.0212\n"
        "   |  3 of 50,000 rows are off by more than 0.01; this is the first\n"
        "   |  also rows 1,300, 2,411\n"
        "  help: --normalize rescales each row; --from logits if these are logits\n"
    )


@pytest.mark.parametrize("end", ["", " ", "x  ", "x \t "])
@pytest.mark.parametrize("part", ["message", "detail", "help"])
def test_colour_adds_escapes_and_nothing_else(part: str, end: str) -> None:
    """Text in colour without its escapes is the text without colour, also where a styled part ends in blanks."""
    problems = [replace(problem(), **{part: end})]
    colored = render_problems(problems, View(color=True))
    plain = render_problems(problems, WIDE)
    assert colored != plain
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain
    assert all(line == line.rstrip(" ") for line in plain.splitlines())


def test_page_is_the_last_line() -> None:
    """A problem with a page names the command that shows it, below the cure."""
    paged = replace(problem(), explain="prob-sum")
    assert render_problems([paged], WIDE) == render_problems([problem()], WIDE) + "  page: xent explain prob-sum\n"
    assert json.loads(render_problems_json([paged], 3))["errors"][0]["explain"] == "prob-sum"


def test_problem_leaves_out_what_is_unknown() -> None:
    """A message alone is one line."""
    assert render_problems([Problem("no-file", "there is no file x.csv")], WIDE) == (
        "error[no-file]: there is no file x.csv\n"
    )


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (Location("x.csv"), "x.csv"),
        (Location("x.csv", row=7), "x.csv: row 7"),
        (Location("x.csv", line=8), "x.csv: line 8"),
        (Location("x.csv", 1205, 1206), "x.csv: row 1,205, line 1,206"),
        (Location("x.csv", 7, None, ("p",), ("oops",)), "x.csv: row 7, column p = oops"),
        (Location("x.csv", None, None, ("p", "q")), "x.csv: columns p, q"),
        (Location("x.csv", 7, None, (), ("3 fields",)), "x.csv: row 7, value 3 fields"),
        (Location("s3://K:S@b/x.csv", 7), "s3://***@b/x.csv: row 7"),
        (
            Location("x.csv", None, None, tuple("abcdefghij"), tuple("0123456789")),
            "x.csv: columns a, b, c, d, e, f, g, h … (10 in all) = 0, 1, 2, 3, 4, 5, 6, 7 … (10 in all)",
        ),
    ],
)
def test_location_says_what_is_known(where: Location, text: str) -> None:
    """Row, line, columns and cells, one column in the singular, of many the first eight and their number."""
    assert location_text(where, WIDE) == text
    assert location_text(where) == text


@pytest.mark.parametrize(
    ("rows", "count", "text"),
    [
        ((1205,), 1, None),
        ((1205, 7), 2, "also row 7"),
        ((1205, 7, 8), 900, "also rows 7, 8 … (900 in all)"),
        (
            tuple(range(1205, 1215)),
            10,
            "also rows 1,206, 1,207, 1,208, 1,209, 1,210, 1,211, 1,212, 1,213 … (10 in all)",
        ),
        (tuple(range(1205, 1214)), 9, "also rows 1,206, 1,207, 1,208, 1,209, 1,210, 1,211, 1,212, 1,213"),
    ],
)
def test_problem_names_the_other_rows(rows: tuple[int, ...], count: int, text: str | None) -> None:
    """The row that is shown is not repeated; of many the first eight and how many there are in all."""
    lines = render_problems([replace(problem(), rows=rows, count=count)], WIDE).splitlines()
    others = [line for line in lines if line.startswith("   |  also")]
    assert others == ([] if text is None else [f"   |  {text}"])


def test_problems_stand_apart() -> None:
    """A blank line between two problems, none before or after."""
    text = render_problems([problem(), problem()], WIDE)
    assert text == render_problems([problem()], WIDE) + "\n" + render_problems([problem()], WIDE)


def test_problem_is_never_wrapped() -> None:
    """A line of an error stays one line on any terminal, so that it can be searched for."""
    assert render_problems([problem()], View(30)) == render_problems([problem()], WIDE)


def test_problem_in_color_says_the_same() -> None:
    """Colour only adds escape sequences."""
    several = [problem(), Problem("no-file", "there is no file x.csv", help="give it")]
    colored = render_problems(several, View(80, color=True))
    assert "\x1b[1;31merror[prob-sum]\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render_problems(several, WIDE)


def test_problem_text_is_data() -> None:
    """Foreign text in a message neither moves the cursor nor starts a line nor shows a secret."""
    hostile = "no class \x1b]0;x\x07\nerror[fake]: [red] s3://K:S@b/x"
    text = render_problems([Problem("label", hostile, help=hostile)], WIDE)
    assert len(text.splitlines()) == 2
    assert r"\x1b]0;x\x07\nerror[fake]: [red] s3://***@b/x" in text


def test_problems_as_json_are_one_line() -> None:
    """Schema, exit status and every field of each problem, in one line of strict JSON."""
    text = render_problems_json([problem(), Problem("x", "s3://K:S@b/y broke", Location("s3://K:S@b/y"))], 3)
    assert text.count("\n") == 1
    document = json.loads(text)
    assert list(document) == ["schema", "exit", "errors"]
    assert (document["schema"], document["exit"]) == ("xent.error/1", 3)
    assert document["errors"][0] == {
        "rule": "prob-sum",
        "message": "probabilities of a row sum to 0.9312, not 1",
        "where": {
            "path": "predictions.csv",
            "row": 1205,
            "line": 1206,
            "columns": ["p_cat", "p_dog", "p_fox"],
            "values": ["0.61", "0.3", "0.0212"],
        },
        "detail": "3 of 50,000 rows are off by more than 0.01; this is the first",
        "help": "--normalize rescales each row; --from logits if these are logits",
        "count": 3,
        "rows": [1205, 1300, 2411],
        "explain": None,
    }
    assert document["errors"][1]["message"] == "s3://***@b/y broke"
    assert document["errors"][1]["where"]["path"] == "s3://***@b/y"


def test_notices_are_a_line_each() -> None:
    """notice[code]: message; no notice, no text."""
    assert render_notices(sparse().notices, WIDE) == (
        "notice[row-sum]: probabilities of a row sum to 0.9985 at worst (row 77): within --sum-tolerance 0.01\n"
    )
    assert render_notices([], WIDE) == ""
