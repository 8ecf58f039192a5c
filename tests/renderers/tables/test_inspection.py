"""What `inspect` shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len

from tests.sample_reports import inspection, unclear
from xent_cli.contract.inspection import ColumnView
from xent_cli.contract.report import Input
from xent_cli.renderers.tables.inspection import render_inspection
from xent_cli.renderers.view import View

WIDE = View()


@pytest.mark.parametrize("width", [60, 80])
def test_inspection_as_agreed(width: int, golden: Callable[[str, str], None]) -> None:
    """The whole of it on a terminal."""
    text = render_inspection(inspection(), View(width))
    golden(f"inspection-{width}.txt", text)
    assert (
        "explicit command (fails until the problems below are fixed)\n  xent sparse digits.parquet --label digit"
        in text
    )


def test_inspection_of_an_unclear_file(golden: Callable[[str, str], None]) -> None:
    """Without roles there is no plan and no command, but the columns and the reason."""
    text = render_inspection(unclear(), View(80))
    golden("inspection-unclear.txt", text)
    assert "what score does" not in text


def test_inspection_says_whether_it_can_be_scored() -> None:
    """The first line has the verdict."""
    good = replace(inspection(), scorable=True, problems=())
    assert render_inspection(good, WIDE).startswith("digits.parquet  can be scored\n")
    assert render_inspection(inspection(), WIDE).startswith("digits.parquet  cannot be scored: 1 problem\n")
    two = replace(good, inputs=(*good.inputs, Input("b.csv", "csv", 1, None)))
    assert render_inspection(two, WIDE).startswith("2 files  can be scored\n")


def test_inspection_folds_long_runs_of_columns() -> None:
    """A thousand prediction columns are one line, with the first, the last and their number; verbose shows all."""
    run = tuple(ColumnView(f"p{place}", "float", "prediction") for place in range(1000))
    wide = replace(inspection(), header=(ColumnView("y", "int64", "label"), *run))
    assert "p0 … p999 (1,000 columns)  float  prediction\n" in render_inspection(wide, WIDE)
    assert "\n  p500 " in render_inspection(wide, View(verbose=True))


def test_inspection_bounds_the_list_of_columns() -> None:
    """A thousand columns without order do not fill the screen: sixty are shown and the rest counted."""
    header = tuple(ColumnView(f"c{place}", ("int64", "string")[place % 2], None) for place in range(1000))
    text = render_inspection(replace(unclear(), header=header), WIDE)
    assert "… and 940 more\n" in text
    assert "c60 " not in text


def test_inspection_gives_every_reason_once() -> None:
    """The reasons of the inference are always shown, also when verbose, and never twice."""
    for view in (WIDE, View(verbose=True)):
        for reason in ("label digit: the only whole-number column", "predictions p0..p9: 10 columns with the prefix p"):
            assert render_inspection(inspection(), view).count(reason) == 1


def test_inspection_fits_the_terminal() -> None:
    """From 60 columns on the tables fit; only messages and the command, which are for copying, run on."""
    for line in render_inspection(inspection(), View(60)).splitlines():
        copied = line.startswith(("error", "notice", "  help", "  xent "))
        assert copied or cell_len(line) <= 60


def test_inspection_lists_problems_as_errors() -> None:
    """Each finding has the form of the error that score would end with, and its rows."""
    assert (
        "error[prob-sum]: probabilities of a row sum to 0.9312, not 1\n"
        "  --> digits.parquet: row 1,205\n"
        "   |  3 rows: 1,205, 1,300, 2,411\n"
        "  help: --normalize rescales each row; --from logits if these are logits\n"
    ) in render_inspection(inspection(), WIDE)
