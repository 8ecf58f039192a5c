"""The results for github-action-benchmark, by its schema and the way it reads a range."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from tests.hostile_reports import HOSTILE, hostile, undefined
from tests.sample_reports import binary, multi_label, reports, sparse
from xent_cli.contract.report import Report
from xent_cli.renderers.ci.benchmark_action import render_benchmark_action
from xent_cli.renderers.view import View

# customSmallerIsBetter: z.array(z.object({name, unit, value: z.coerce.number(), range and extra optional}))
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "unit", "value"],
        "properties": {
            "name": {"type": "string"},
            "unit": {"type": "string"},
            "value": {"type": "number"},
            "range": {"type": "string", "pattern": "^± "},
            "extra": {"type": "string"},
        },
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize("report", [*reports().values(), hostile(), undefined()])
def test_schema_of_the_action_holds(report: Report) -> None:
    """It is strict JSON of the shape that the action takes, and its names are printable."""
    text = render_benchmark_action(report, View())
    found = json.loads(text, parse_constant=pytest.fail)
    Draft202012Validator(SCHEMA).validate(found)
    assert all(entry["name"].isprintable() for entry in found)


def test_mean_with_its_error() -> None:
    """The first result is the mean with all digits; the range is its standard error as the action parses it."""
    (entry,) = json.loads(render_benchmark_action(binary(), View()))
    assert (entry["name"], entry["unit"], entry["value"]) == ("binary cross-entropy", "nats", binary().loss.mean)
    found = re.search(r"±\s*(\d+(?:\.\d+)?)", entry["range"])
    assert found is not None
    assert float(found[1]) == 0.331819
    assert "4 rows scored" in entry["extra"]
    assert "; max-loss failed: 1.21301, limit 1.213; max-perplexity passed: " in entry["extra"]
    assert json.loads(render_benchmark_action(multi_label(), View()))[0]["name"] == "multi-label binary cross-entropy"


def test_each_group_has_a_chart() -> None:
    """Groups follow under their own names, a hundred at most."""
    found = json.loads(render_benchmark_action(sparse(), View()))
    assert [entry["name"] for entry in found[1:]] == ["sparse cross-entropy, indoor", "sparse cross-entropy, outdoor"]
    assert len(json.loads(render_benchmark_action(hostile(), View()))) == 1 + len(HOSTILE)
    many = replace(sparse(), groups=sparse().groups * 200)
    assert len(json.loads(render_benchmark_action(many, View()))) == 101


def test_a_loss_that_is_not_finite_has_no_result() -> None:
    """The action has no number for it and refuses an empty list: better than a point that is not true."""
    assert json.loads(render_benchmark_action(undefined(), View())) == []
