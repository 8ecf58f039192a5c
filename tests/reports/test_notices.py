"""What a report points out besides its numbers: rounding, skipped rows, columns that look like others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.running import xent

SWAPPED = (
    "every prediction is exactly 0 or 1 and the labels are fractions: are label and prediction swapped? "
    "--label and --preds name them; prob was taken for the prediction, label for the label"
)


def document(text: str, folder: Path, *flags: object) -> Any:
    """The JSON report of a CSV text."""
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8")
    answer = xent("score", path, "--json", *flags)
    assert answer.status == 0, answer.err
    return answer.document


def test_rounding_above_one_is_forgiven_with_a_notice(tmp_path: Path) -> None:
    """A probability above 1 by up to 1e-6 counts as 1 and is told."""
    path = tmp_path / "above.csv"
    path.write_text("label,prob\n1,1.000001\n0,0.5\n", encoding="utf-8")
    document = xent("score", path, "--json").document
    assert document["samples"][0]["loss"] == 0.0
    assert [notice["code"] for notice in document["notices"]] == ["above-one"]


@pytest.mark.parametrize(("bad", "told"), [(1, False), (2, False), (3, True), (7, True)])
def test_a_file_that_is_mostly_skipped_is_told_of_loudly(bad: int, told: bool, tmp_path: Path) -> None:
    """Where more than half of the rows are skipped a notice gives the share, unless --max-skipped bounds it."""
    path = tmp_path / "mostly.csv"
    path.write_text("label,prob\n1,0.5\n0,0.5\n" + "1,2\n" * bad, encoding="utf-8")
    notices = xent("score", path, "--json", "--on-bad-row", "skip").document["notices"]
    found = [notice["message"] for notice in notices if notice["code"] == "mostly-skipped"]
    assert len(found) == told
    share = f"{100 * bad / (bad + 2):.1f}%"
    assert not told or f"{bad} of {bad + 2} rows ({share}) are bad and were skipped" in found[0]
    bounded = xent("score", path, "--json", "--on-bad-row", "skip", "--max-skipped", "99%").document["notices"]
    assert not any(notice["code"] == "mostly-skipped" for notice in bounded)


@pytest.mark.parametrize(
    ("rows", "told"),
    [("0.25,1\n0.75,0\n", True), ("0.25,1\n0.75,0.5\n", False), ("0,1\n1,0\n", False), ("0.25,0\n1,1\n", False)],
)
def test_labels_that_look_like_predictions_get_a_notice(rows: str, told: bool, tmp_path: Path) -> None:
    """Predictions that are all 0 or 1 beside labels that are fractions are most likely the labels."""
    path = tmp_path / "swapped.csv"
    path.write_text("label,prob\n" + rows, encoding="utf-8")
    document = xent("score", path, "--preds", "prob", "--json").document
    found = {notice["code"]: notice["message"] for notice in document["notices"]}
    assert found.get("label-looks-like-prediction") == (SWAPPED if told else None)


def test_logits_that_are_distributions_get_a_notice(tmp_path: Path) -> None:
    """Values only contradict: logits that all are valid distributions are scored as logits, with a notice."""
    path = tmp_path / "odd.csv"
    path.write_text("label,logit_a,logit_b\na,0.25,0.75\nb,0.5,0.5\n", encoding="utf-8")
    assert [notice["code"] for notice in xent("score", path, "--json").document["notices"]] == [
        "logits-look-like-probs"
    ]
    path.write_text("label,logit_a,logit_b\na,0.25,0.75\nb,0.5,0.6\n", encoding="utf-8")
    assert xent("score", path, "--json").document["notices"] == []


def test_an_ignored_label_that_never_occurs_is_told(tmp_path: Path) -> None:
    """--ignore-label with a label that no row has is a notice: it may be a typing slip."""
    codes = [notice["code"] for notice in document("label,prob\n1,0.5\n", tmp_path, "--ignore-label", "x")["notices"]]
    assert "ignore-label-unused" in codes
