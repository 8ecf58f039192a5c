"""The likelihood: of all labels of all rows, a power of ten where no double is that small; 0 is never written -0."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.running import xent
from xent_cli.contract.documents import schema_text

BOTH = ("--targets", "t_*", "--preds", "p_*")


def document(text: str, folder: Path, *flags: object) -> Any:
    """The JSON report of a CSV text of binary labels."""
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8")
    answer = xent("binary", path, "--json", *flags)
    assert answer.status == 0, answer.err
    return answer.document


@pytest.mark.parametrize("unit", ["nats", "bits", "bans"])
def test_below_the_smallest_double_it_is_a_power_of_ten(unit: str, tmp_path: Path) -> None:
    """0.3 to the 1000th, in any unit: the digits are those of decimal arithmetic, the document fits its schema."""
    found = document("label,prob\n" + "1,0.3\n" * 1000, tmp_path, "--unit", unit)
    with localcontext() as context:
        context.prec = 50
        expected = f"{Decimal('0.3') ** 1000:.5e}"
    assert found["likelihood"] == re.sub(r"\.?0*e", "e", expected.lower())
    Draft202012Validator(json.loads(schema_text("score"))).validate(found)
    answer = xent("binary", tmp_path / "rows.csv", "--unit", unit, "--format", "table")
    assert re.search(rf"likelihood +{re.escape(found['likelihood'])}\n", answer.out)


@pytest.mark.parametrize("rows", [1, 600, 1022])
def test_a_double_stays_a_number(rows: int, tmp_path: Path) -> None:
    """One half to a power down to the smallest normal double is a JSON number, and exactly that in bits."""
    found = document("label,prob\n" + "1,0.5\n" * rows, tmp_path, "--unit", "bits")
    assert found["likelihood"] == 2.0**-rows


def test_the_first_power_below_is_text(tmp_path: Path) -> None:
    """One half to the 1023rd has lost digits as a double: it is text, with those of decimal arithmetic."""
    found = document("label,prob\n" + "1,0.5\n" * 1023, tmp_path, "--unit", "bits")
    assert found["likelihood"] == f"{Decimal(2) ** -1023:.5e}".lower()


def test_several_labels_all_count(tmp_path: Path) -> None:
    """The likelihood of a row with two labels at 0.5 is 0.25, whatever its loss is divided by."""
    found = document("t_a,t_b,p_a,p_b\n1,0,0.5,0.5\n", tmp_path, *BOTH)
    assert found["likelihood"] == pytest.approx(0.25, rel=1e-15)
    assert found["log_likelihood"] == -2 * math.log(2)
    assert found["loss"]["mean"] == math.log(2)


@pytest.mark.parametrize(
    ("text", "flags"),
    [("label,prob\n1,0\n1,0.5\n", ()), ("t_a,t_b,p_a,p_b\n1,0,0,0.5\n0,1,0.5,0.5\n", BOTH)],
)
def test_an_infinite_loss_makes_it_nothing(text: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    """One row of probability 0 makes the likelihood 0 and its logarithm minus infinity, as the mean is infinite."""
    found = document(text, tmp_path, *flags)
    assert (found["loss"]["mean"], found["likelihood"], found["log_likelihood"]) == ("Infinity", 0.0, "-Infinity")


def test_no_loss_is_a_logarithm_of_0(tmp_path: Path) -> None:
    """Where every row is certain and right the log-likelihood is 0, and no format shows -0."""
    found = document("label,prob\n1,1\n0,0\n", tmp_path, "--preds", "prob")
    assert math.copysign(1, found["log_likelihood"]) == 1
    assert found["likelihood"] == 1
    answer = xent("binary", tmp_path / "rows.csv", "--preds", "prob", "--format", "table")
    assert re.search(r"log-likelihood +0\n", answer.out)
