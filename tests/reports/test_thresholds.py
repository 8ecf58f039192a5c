"""Thresholds: which limits there are, and what is no limit."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.running import xent
from tests.sample_reports import binary
from xent_cli.contract.errors import UsageError
from xent_cli.reports import gates
from xent_cli.reports.thresholds import Thresholds
from xent_cli.scoring.options import Tolerance


@pytest.mark.parametrize("flag", ["max_loss", "max_perplexity", "min_skill", "max_group_loss"])
@pytest.mark.parametrize("limit", [math.nan, math.inf, -math.inf, -1e-300])
def test_limits_that_are_none_are_wrong_use(flag: str, limit: float) -> None:
    """A threshold that is NaN, infinite or negative is refused: it would always pass or always fail."""
    with pytest.raises(UsageError, match="is not a valid limit"):
        Thresholds(**{flag: limit})  # type: ignore[arg-type]  # one flag of many


def test_a_baseline_belongs_to_the_thresholds_that_name_one() -> None:
    """A baseline is never silently left out."""
    with pytest.raises(ValueError, match="baseline"):
        gates.apply(binary(), Thresholds(baseline="main.json"))
    with pytest.raises(UsageError, match="--strict needs a baseline"):
        Thresholds(strict=True)


@pytest.mark.parametrize(
    "flags",
    [
        ("--max-loss", "nan"), ("--max-loss", "inf"), ("--max-loss", "-1"), ("--max-perplexity", "nan"),
        ("--min-skill", "-0.1"), ("--min-skill", "1.1"), ("--max-group-loss", "0.5"), ("--max-regression", "0.1"),
        ("--strict",), ("--by", "side", "--max-group-loss", "inf"), ("--gate-on", "median"),
        ("--baseline", "main.json", "--max-regression", "-1%"), ("--baseline", "main.json", "--max-regression", "nan"),
        ("--baseline", "main.json", "--max-regression", "inf"), ("--baseline", "main.json", "--max-regression", "x"),
    ],
)  # fmt: skip
def test_wrong_thresholds_are_2(flags: tuple[str, ...], repository: Path) -> None:
    """Thresholds that are none, and gates without what they need, are wrong use with a cure, before any work."""
    answer = xent("score", repository / "main.csv", *flags, "--json")
    assert (answer.status, answer.out) == (2, "")
    assert all(error["help"] or "is not one of" in error["message"] for error in answer.errors)


def test_limits_at_the_ends_of_their_range() -> None:
    """0 is a limit of everything, 1 of the skill, and any finite number of the others; the cure names the range."""
    Thresholds(max_loss=0.0, max_perplexity=0.0, min_skill=0.0, max_group_loss=0.0)
    Thresholds(max_loss=1e308, max_perplexity=5.0, min_skill=1.0, max_group_loss=2.0)
    for flag, value, wanted in (
        ("min_skill", 1.5, "a number from 0 to 1"), ("max_loss", -1.0, "a finite number that is not negative"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as refusal:
            Thresholds(**{flag: value})  # type: ignore[arg-type]  # one flag of many
        (problem,) = refusal.value.problems
        name = flag.replace("_", "-")
        assert (problem.message, problem.help) == (f"--{name} {value} is not a valid limit", f"--{name} takes {wanted}")
    for limits, flag in (
        ({"strict": True}, "--strict"), ({"tolerance": Tolerance(0.1)}, "--max-regression"),
        ({"tolerance": Tolerance(0.1), "strict": True}, "--max-regression"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=f"^{flag} needs a baseline$"):
            Thresholds(**limits)  # type: ignore[arg-type]  # one or two flags
