"""What the values of a whole file say against the reading of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.running import Answer, write_csv, xent

MANY = 3000  # more rows than are looked at before the run


def run(folder: Path, header: Sequence[str], rows: Sequence[Sequence[object]], *flags: str) -> Answer:
    """The answer to a file of these rows."""
    return xent("score", write_csv(folder / "preds.csv", header, rows), "--json", *flags)


def codes(answer: Answer) -> list[str]:
    """The notices of an answer."""
    return [notice["code"] for notice in answer.document["notices"]]


def test_decisions_of_a_whole_file_are_refused_before_a_gate_sees_them(tmp_path: Path) -> None:
    """Predictions that are all 0 or 1 to the last row are decisions: no number, and no gate that passes."""
    answer = run(tmp_path, ("label", "prob"), [(1, 1), (0, 0)] * MANY, "--max-loss", "1")
    assert (answer.status, answer.out, answer.errors[0]["rule"]) == (3, "", "hard-predictions")


def test_one_probability_at_the_end_makes_them_probabilities(tmp_path: Path) -> None:
    """One row that is neither 0 nor 1, however late, says that the others were meant as they stand."""
    answer = run(tmp_path, ("label", "prob"), [(1, 1), (0, 0)] * MANY + [(1, 0.5)])
    assert (answer.status, codes(answer)) == (0, ["skewed-losses"])  # which are all that row's, and no hard-predictions


def test_decisions_that_a_flag_names_are_scored_with_a_notice(tmp_path: Path) -> None:
    """--preds insists."""
    answer = run(tmp_path, ("label", "prob"), [(1, 1), (0, 0)], "--preds", "prob")
    assert (answer.status, answer.document["loss"]["mean"], codes(answer)) == (0, 0.0, ["hard-predictions"])


@pytest.mark.parametrize(("last", "refused"), [(0.75, True), (0.25, False)])
def test_a_probability_of_the_decision_is_one_to_the_last_row(last: float, refused: bool, tmp_path: Path) -> None:
    """Beside decisions, a probability that is nowhere below one half belongs to them; one below it clears the doubt."""
    rows = [(1, 1, 0.875), (0, 0, 0.75)] * MANY + [(0, 0, last)]
    answer = run(tmp_path, ("label", "pred_label", "prob"), rows)
    assert answer.status == (3 if refused else 0)
    assert not refused or answer.errors[0]["rule"] == "probability-of-decision"


@pytest.mark.parametrize(("flags", "noticed"), [((), False), (("--positive", "0"), True)])
def test_a_turned_reading_far_below_the_baseline_is_noticed(
    flags: Sequence[str], noticed: bool, tmp_path: Path
) -> None:
    """The help names the other class where most decisions are wrong."""
    rows = [("1", 0.875), ("0", 0.125), ("1", 0.75), ("0", 0.0625)]
    answer = run(tmp_path, ("label", "prob"), rows, *flags)
    assert ("worse-than-baseline" in codes(answer)) is noticed
    assert not noticed or any("--positive 1 turns it around" in each["message"] for each in answer.document["notices"])
