"""Comparisons for the machines of CI, read by those who read them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from junitparser import Failure, JUnitXml

from tests.hostile_reports import HOSTILE
from tests.renderers.ci.test_benchmark_action import SCHEMA as CHARTS
from tests.renderers.ci.test_metrics import SCHEMA as FLAT
from tests.renderers.ci.test_metrics import strict
from tests.renderers.ci.test_openmetrics import PARSERS, by_gitlab, samples
from tests.sample_comparisons import BETTER, INFINITE, SEVERAL, UNDECIDED, WORSE, comparison
from xent_cli.contract.comparison import Comparison
from xent_cli.renderers.ci.comparison import (
    render_comparison_benchmark_action,
    render_comparison_junit,
    render_comparison_metrics,
    render_comparison_openmetrics,
)
from xent_cli.renderers.view import View

UNGATED = replace(SEVERAL, gates=(), status="none")
FOREIGN = comparison(*(replace(WORSE, path=path, rank=rank) for rank, path in enumerate(HOSTILE, 1)))
ALL = [comparison(WORSE), comparison(INFINITE), SEVERAL, UNGATED, FOREIGN]


def cases(found: Comparison) -> list[Any]:
    """The test cases of a comparison, whose totals are right and whose names differ."""
    (suite,) = JUnitXml.fromstring(render_comparison_junit(found, View()).encode())
    listed: list[Any] = list(suite)
    totals = (suite.tests, suite.failures, suite.errors, suite.skipped)
    assert totals == (len(listed), sum(bool(case.result) for case in listed), 0, 0)
    assert len({case.name for case in listed}) == len(listed)
    return listed


@pytest.mark.parametrize("found", ALL)
def test_each_document_is_read_by_its_readers(found: Comparison) -> None:
    """JUnit, flat numbers, gauges of both parsers and of GitLab, points of a chart: whatever the paths hold."""
    assert len(cases(found)) == len(found.candidates)
    Draft202012Validator(FLAT).validate(strict(render_comparison_metrics(found)))
    text = render_comparison_openmetrics(found)
    one, other = (samples(text, parser) for parser in PARSERS)
    assert one == other
    assert len(by_gitlab(text)) == len(one)
    assert text.endswith("\n# EOF\n")
    points = json.loads(render_comparison_benchmark_action(found, View()), parse_constant=pytest.fail)
    Draft202012Validator(CHARTS).validate(points)
    assert len(points) == sum(math.isfinite(candidate.mean) for candidate in found.candidates)


def test_a_case_for_each_gate() -> None:
    """A gate that failed is a failure, one that passed undecided says so; without gates each case is a verdict."""
    better, undecided, worse = cases(comparison(BETTER, UNDECIDED, WORSE))
    assert (better.result, undecided.result) == ([], [])
    assert "undecided: why" in undecided.system_out
    (failure,) = worse.result
    assert isinstance(failure, Failure)
    assert failure.message == "max-regression failed: 0.5, limit 0.25; worse: why"
    verdicts = {case.name: case.system_out.partition(":")[0] for case in cases(UNGATED)}
    assert verdicts == {
        "worse.csv": "worse", "undecided.csv": "undecided", "no-worse.csv": "no worse", "better.csv": "better",
        "infinite.csv": "worse",
    }  # fmt: skip


def test_numbers_are_those_of_the_comparison() -> None:
    """One candidate has plain names, several are numbered as they were given; the verdict is one of four."""
    one, several = (strict(render_comparison_metrics(found)) for found in (comparison(WORSE), SEVERAL))
    difference = WORSE.difference
    assert (one["loss_mean"], one["difference_mean"], one["difference_ci_high"], one["p"]) == (
        WORSE.mean, difference.mean, difference.ci.high, difference.p,
    )  # fmt: skip
    assert (one["gate_max_regression_limit"], one["gate_max_regression_passed"], one["gates_failed"]) == (0.25, 0, 1)
    assert [several[f"candidate_{place}_verdict_better"] for place in range(1, 6)] == [0, 0, 0, 1, 0]
    assert "candidate_5_loss_mean" not in several  # infinite
    gauges = samples(render_comparison_openmetrics(SEVERAL), PARSERS[1])
    assert gauges["xent_loss_mean", (("candidate", "infinite.csv"), ("unit", "nats"))] == math.inf
    assert gauges["xent_verdict_undecided", (("candidate", "undecided.csv"),)] == 1
    points = json.loads(render_comparison_benchmark_action(comparison(WORSE), View()))
    assert points[0]["extra"].startswith("worse: the mean loss is higher")
