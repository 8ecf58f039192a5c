"""Comparison from Python: the same keywords as `score`, and the same numbers as the command."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import xent_cli
from tests.running import write_csv, xent
from xent_cli.scoring.options import Conventions

HEADER = ["k", "label", "cat", "dog", "w"]
LABELS = [("r1", "cat"), ("r2", "dog"), ("r3", "cat"), ("r4", "dog")]
ROWS, OTHER = (
    [(*label, p, 1 - p, weight) for label, p, weight in zip(LABELS, column, (1, 2, 1, 4), strict=True)]
    for column in ((0.75, 0.5, 0.625, 0.125), (0.5, 0.25, 0.75, 0.25))
)


def frames() -> list[pd.DataFrame]:
    """Two models on the same rows."""
    return [pd.DataFrame(rows, columns=HEADER) for rows in (ROWS, OTHER)]


def document(result: Any) -> dict[str, Any]:
    """A comparison without the names of its files."""
    found = dict(xent_cli.to_document(result)) if not isinstance(result, dict) else dict(result)
    found.pop("inputs")
    found["baseline"] = found["baseline"] | {"path": ""}
    found["candidates"] = [each | {"path": ""} for each in found["candidates"]]
    return found | {"best": ""}


@pytest.mark.parametrize(
    ("keywords", "flags"),
    [
        ({"preds": ["cat", "dog"]}, ["--preds", "cat,dog"]),
        ({"preds": "cat,dog", "kind": "sparse", "label": "label", "from_": "probs"},
         ["--preds", "cat,dog", "--kind", "sparse", "--label", "label", "--from", "probs"]),
        ({"preds": ("cat", "dog"), "classes": ["cat", "dog"], "weight": "w"},
         ["--preds", "cat,dog", "--classes", "cat,dog", "--weight", "w"]),
        ({"preds": ["cat", "dog"], "on": ["k"], "unit": "bits", "clip": 0.3, "label_smoothing": 0.125},
         ["--preds", "cat,dog", "--on", "k", "--unit", "bits", "--clip", "0.3", "--label-smoothing", "0.125"]),
        ({"preds": ["cat", "dog"], "class_weight": {"cat": 2.0}, "divide_by": "count", "confidence": 0.5},
         ["--preds", "cat,dog", "--class-weight", "cat=2", "--divide-by", "count", "--confidence", "0.5"]),
        ({"preds": ["cat", "dog"], "id": "k", "max_loss": 0.125, "gate_on": "upper", "max_regression": "50%"},
         ["--preds", "cat,dog", "--id", "k", "--max-loss", "0.125", "--gate-on", "upper", "--max-regression", "50%"]),
    ],
)  # fmt: skip
def test_keywords_are_the_flags(keywords: dict[str, Any], flags: list[str], tmp_path: Path) -> None:
    """Every keyword, lists of names among them, does what the flag of its name does; from files and from frames."""
    paths = [write_csv(tmp_path / name, HEADER, rows) for name, rows in (("one.csv", ROWS), ("two.csv", OTHER))]
    expected = document(xent("compare", *paths, *flags, "--json").document)
    assert document(xent_cli.compare(*paths, **keywords)) == expected
    assert document(xent_cli.compare(*frames(), **keywords))["candidates"] == expected["candidates"]


def test_labels_of_another_table() -> None:
    """The labels of all models may stand in another table, found by a key."""
    labels = pa.table({"k": ["r4", "r3", "r2", "r1"], "label": ["dog", "cat", "dog", "cat"]})
    models = [frame.drop(columns="label") for frame in frames()]
    found = xent_cli.compare(*models, labels=labels, on="k", preds=["cat", "dog"])
    expected = xent_cli.compare(*frames(), on="k", preds=["cat", "dog"])
    assert found.candidates[0].difference == expected.candidates[0].difference


def test_conventions_stand_for_the_keywords() -> None:
    """`conventions` is taken in place of the keywords that it holds."""
    found = xent_cli.compare(*frames(), preds=["cat", "dog"], conventions=Conventions(unit="bits", clip=0.3))
    assert found == xent_cli.compare(*frames(), preds=["cat", "dog"], unit="bits", clip=0.3)


def test_what_is_no_choice_is_refused() -> None:
    """A word or a number that a keyword cannot take is an error of use, which names the keyword and what it takes."""
    for keywords, text in (({"unit": "furlongs"}, "unit takes 'nats', 'bits', 'bans'"), ({"clip": "x"}, "clip takes")):
        with pytest.raises(xent_cli.UsageError, match=text):
            xent_cli.compare(*frames(), preds=["cat", "dog"], **keywords)


def test_gates_of_a_score() -> None:
    """`score` takes the gates of the command: the status of the report is that of its gates."""
    report = xent_cli.score(frames()[0], preds=["cat", "dog"], max_loss=0.125, by="k", max_group_loss=5)
    assert report.status == "fail"
    assert (report.gates[0].rule, report.gates[0].status) == ("max-loss", "fail")
    assert xent_cli.score(frames()[0], preds=["cat", "dog"]).status == "none"
    with pytest.raises(xent_cli.UsageError, match="--max-group-loss needs groups"):
        xent_cli.score(frames()[0], preds=["cat", "dog"], max_group_loss=5)


def test_docstring_examples_run() -> None:
    """The example in the docstring gives what it shows."""
    assert doctest.testmod(importlib.import_module("xent_cli.api.compare")).failed == 0
