"""The JUnit report, read by junitparser."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan
from typing import Any

import pytest
from junitparser import Failure, JUnitXml, TestCase, TestSuite

from tests.hostile_reports import HOSTILE, hostile, undefined
from tests.sample_reports import binary, one_row, reports
from xent_cli.contract.report import Gate, Report
from xent_cli.contract.text import visible
from xent_cli.renderers.ci.junit import render_junit


def suite_of(report: Report) -> TestSuite:
    """The one suite of the report."""
    (suite,) = JUnitXml.fromstring(render_junit(report).encode())
    assert isinstance(suite, TestSuite)
    return suite


def cases(report: Report) -> list[TestCase]:
    """The test cases of the report."""
    return list(suite_of(report))


def properties(report: Report) -> dict[str, str]:
    """The properties of the suite."""
    suite: Any = suite_of(report)
    return {entry.name: entry.value for entry in suite.properties()}


@pytest.mark.parametrize("report", [*reports().values(), hostile(), undefined()])
def test_counts_are_those_of_the_cases(report: Report) -> None:
    """It is XML whatever the texts hold; each case has a name of its own, and the totals are right."""
    suite, found = suite_of(report), cases(report)
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
        len(found), sum(bool(case.result) for case in found), 0, 0,
    )  # fmt: skip
    assert len({(case.classname, case.name) for case in found}) == len(found)
    assert {case.classname for case in found} == {suite.name}


def test_a_case_for_each_gate() -> None:
    """A failed gate is a failure with value and limit in its message; a passed one has none."""
    first, second = cases(binary())
    (failure,) = first.result
    assert (first.name, first.classname) == ("max-loss", "xent predictions.csv")
    assert isinstance(failure, Failure)
    assert failure.message == failure.text == "max-loss failed: 1.21301, limit 1.213"
    assert (second.name, second.result) == ("max-perplexity", [])
    assert second.system_out == "max-perplexity passed: 3.36359, limit 4"


def test_without_gates_there_is_one_case() -> None:
    """A report without gates is one case, "scored", that passes."""
    (case,) = cases(one_row())
    assert (case.name, case.result) == ("scored", [])


def test_properties_are_the_numbers() -> None:
    """Every number and the signature are properties of the suite, with all digits."""
    report = binary()
    found = properties(report)
    assert float(found["loss_mean"]) == report.loss.mean
    assert float(found["loss_ci_high"]) == report.loss.ci.high
    assert (found["rows_scored"], found["gates_failed"]) == ("4", "1")
    assert found["signature"] == report.signature
    endless = properties(undefined())
    assert float(endless["loss_mean"]) == inf
    assert endless["loss_se"] == "n/a"


def test_hostile_names_are_read_back() -> None:
    """Names of groups come back as they are shown; of names that look alike each has its own number."""
    names = [case.name for case in cases(hostile())]
    assert names == [f"max-group-loss, {visible(name)}" for name in HOSTILE]
    twice = replace(binary(), gates=(Gate("max-group-loss", 1.0, 2.0, "fail", None, "a"),) * 3)
    assert [case.name for case in cases(twice)] == [f"max-group-loss, a{end}" for end in ("", " (2)", " (3)")]


def test_undefined_values_are_failures_with_words() -> None:
    """An infinite or undefined value fails and is shown as such."""
    messages = [case.result[0].message for case in cases(undefined())]
    assert messages == ["max-loss failed: inf, limit 1", "max-loss failed: n/a, limit 1; no upper end"]
    assert isnan(undefined().gates[1].value)
