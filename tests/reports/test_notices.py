"""What a report points out besides its numbers: rounding, skipped rows, odd columns, intervals of few rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import xent_cli
from tests.running import xent
from xent_cli.reports.notices import few_clusters

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


def codes(frame: pd.DataFrame, **flags: Any) -> list[str]:
    """The codes of the notices of a report."""
    return [notice.code for notice in xent_cli.score(frame, **flags).notices]


def rows(common: int, rare: int) -> pd.DataFrame:
    """Rows of two classes with losses that differ a little in each."""
    label = np.repeat([0, 1], [common, rare])
    return pd.DataFrame({"label": label, "prob": 0.3 + 0.01 * (np.arange(common + rare) % 7)})


@pytest.mark.parametrize(
    ("common", "rare", "noticed"),
    [(300, 1, True), (300, 19, True), (300, 20, False), (300, 0, False), (9, 1, False), (10, 1, True)],
)
def test_few_rows_of_a_rare_class(common: int, rare: int, noticed: bool) -> None:
    """Fewer than 20 rows of classes that have less than a tenth of the rows; a class without rows is not rare."""
    assert codes(rows(common, rare)) == (["rare-class"] if noticed else [])


def test_rows_of_rare_classes_are_counted_together() -> None:
    """Several rare classes are judged by the rows of all of them: 19 are few, 20 are enough."""
    for more, noticed in ((0, True), (1, False)):
        label = ["a"] * 300 + ["b"] * 10 + ["c"] * (9 + more)
        table = {f"prob_{name}": np.where(np.array(label) == name, 0.5, 0.25) for name in "abc"}
        frame = pd.DataFrame({"label": label, **table})
        assert codes(frame) == (["rare-class"] if noticed else [])
    (notice,) = xent_cli.score(frame[:-2]).notices
    assert notice.message.startswith("18 rows are of 2 rare classes")
    (one,) = xent_cli.score(rows(300, 1)).notices
    assert one.message.startswith("1 row is of class 1")


def test_a_few_large_losses() -> None:
    """Fewer than three rows that make up the skewness are few, of 20 rows or more; a rare class is told instead."""
    prob = np.where(np.arange(400) < 2, 1e-6, 0.9 + 1e-4 * (np.arange(400) % 9))
    label = np.arange(400) % 2
    frame = pd.DataFrame({"label": label, "prob": np.where(label == 1, prob, 1 - prob)})
    assert codes(frame) == ["skewed-losses"]
    assert codes(frame[2:18]) == []
    many = frame.assign(prob=np.where(label == 1, np.roll(prob, 0), 1 - prob))
    many.loc[:39, "prob"] = np.where(many["label"][:40] == 1, 1e-6, 1 - 1e-6)
    assert codes(many) == []
    assert codes(rows(300, 1).assign(prob=lambda x: np.where(x["label"] == 1, 1e-6, x["prob"]))) == ["rare-class"]


def test_few_effective_rows() -> None:
    """Weights so uneven that they count like fewer than 50 rows, and less than half of the rows."""
    frame = rows(60, 60)
    weight = np.ones(120)
    assert codes(frame.assign(w=weight), weight="w") == []
    weight[0] = 100.0
    report = xent_cli.score(frame.assign(w=weight), weight="w")
    assert [notice.code for notice in report.notices][:1] == ["few-effective-rows"]
    assert report.loss.effective == pytest.approx(weight.sum() ** 2 / (weight @ weight), rel=1e-15)
    assert "120 rows are so uneven that they count like 4.7 rows" in report.notices[0].message
    assert codes(rows(10, 10).assign(w=1.0), weight="w") == []


def test_few_clusters_are_counted_by_their_sizes() -> None:
    """What counts is the number of equal clusters: 200 of which one is far larger count like few."""
    assert few_clusters(40, 40.0) is None
    even, uneven = few_clusters(39, 39.0), few_clusters(200, 7.25)
    assert even is not None
    assert even.message.startswith("39 clusters are few")
    assert uneven is not None
    assert uneven.message.startswith("200 clusters count like 7.2 of equal size, which are few")
    frame = rows(150, 150)
    frame["g"] = [f"g{max(0, row - 100)}" for row in range(300)]
    report = xent_cli.score(frame, cluster="g")
    assert (report.loss.clusters, report.loss.effective) == (200, pytest.approx(300**2 / (101**2 + 199), rel=1e-15))
    assert [notice.code for notice in report.notices] == ["few-clusters"]
    compared = xent_cli.compare(frame, frame.assign(prob=frame["prob"] + 0.1), cluster="g")
    assert "few-clusters" in [notice.code for notice in compared.notices]
