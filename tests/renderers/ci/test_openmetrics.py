"""The gauges, read by both parsers of prometheus_client and by the rules of GitLab."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tests.hostile_reports import HOSTILE, hostile, undefined
from tests.sample_reports import binary, reports, sparse
from xent_cli.contract.report import Gate, Report
from xent_cli.renderers.ci.openmetrics import render_openmetrics

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
PARSERS: list[Callable[[str], Iterable[Any]]] = [
    text_string_to_metric_families,
    openmetrics.text_string_to_metric_families,
]


def samples(text: str, parser: Callable[[str], Iterable[Any]]) -> Samples:
    """Every sample by name and labels; two of one name would be an error of the file."""
    found: Samples = {}
    for family in parser(text):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            assert sample.timestamp is None
            found[key] = sample.value
    return found


def by_gitlab(text: str) -> dict[str, str]:
    """GitLab: cut each line at #, split it like a shell, the first word is the name and the second the value."""
    rows = [shlex.split(re.sub(r"#.*$", "", line)) for line in text.splitlines()]
    pairs = [row for row in rows if row]
    assert all(len(row) == 2 for row in pairs)
    assert len({row[0] for row in pairs}) == len(pairs)
    return {row[0]: row[1] for row in pairs}


@pytest.mark.parametrize("report", [*reports().values(), hostile(), undefined()])
def test_both_parsers_and_gitlab_read_it(report: Report) -> None:
    """Both parsers find the same gauges, GitLab as many, without timestamps, units or infos; the last line is # EOF."""
    text = render_openmetrics(report)
    one, other = (samples(text, parser) for parser in PARSERS)
    assert one == other
    assert len(by_gitlab(text)) == len(one)
    assert text.endswith("\n# EOF\n")
    assert not re.search(r"^# (UNIT|TYPE \S+ (?!gauge))", text, re.MULTILINE)


def test_values_are_those_of_the_report() -> None:
    """Losses carry their unit and nine digits, counts are whole, gates are 1 or 0."""
    found = samples(render_openmetrics(replace(sparse(), gates=binary().gates)), PARSERS[1])
    assert found["xent_loss_mean", (("unit", "nats"),)] == float(f"{sparse().loss.mean:.9g}")
    assert found["xent_rows_read", ()] == 50_205
    assert found["xent_group_loss_mean", (("group", "outdoor"), ("unit", "nats"))] == 0.55
    assert found["xent_group_rows", (("group", "indoor"),)] == 40_000
    assert found["xent_gate_passed", (("gate", "max-loss"),)] == 0
    assert found["xent_gate_passed", (("gate", "max-perplexity"),)] == 1


def test_digits_separate_the_value_of_a_gate_from_its_limit() -> None:
    """Nine digits would put both at 0.5: the value has as many as it takes, and the limit all of its own."""
    close = (Gate("max-loss", 0.5, math.nextafter(0.5, 1), "fail"), Gate("max-loss", 0.1 + 0.2, math.inf, "fail"))
    found = samples(render_openmetrics(replace(binary(), gates=close)), PARSERS[0])
    gate, other = (("gate", "max-loss"),), (("gate", "max-loss (2)"),)
    assert found["xent_gate_value", gate] > found["xent_gate_limit", gate] == 0.5
    assert (found["xent_gate_value", other], found["xent_gate_limit", other]) == (math.inf, 0.1 + 0.2)
    undefined_value = replace(binary(), gates=(Gate("max-loss", 0.5, math.nan, "fail"),))
    assert ("xent_gate_value", gate) not in samples(render_openmetrics(undefined_value), PARSERS[1])


def test_infinite_is_a_value_and_undefined_is_none() -> None:
    """An infinite mean is +Inf, so that an alert on it fires; what does not exist has no sample."""
    found = samples(render_openmetrics(undefined()), PARSERS[0])
    assert found["xent_loss_mean", (("unit", "nats"),)] == math.inf
    assert found["xent_log_likelihood", (("unit", "nats"),)] == -math.inf
    assert ("xent_loss_se", (("unit", "nats"),)) not in found
    assert ("xent_group_loss_mean", (("group", "b"), ("unit", "nats"))) not in found


def test_labels_are_safe_for_a_shell_and_stay_apart() -> None:
    """No #, quote, backslash, dollar or line feed is left in a label; different groups have different labels."""
    found = samples(render_openmetrics(hostile()), PARSERS[1])
    names = [dict(labels)["group"] for name, labels in found if name == "xent_group_rows"]
    assert len(set(names)) == len(HOSTILE)
    assert not any(set(name) & set("#\"\\'`$\n") for name in names)


def test_gates_of_one_name_are_numbered() -> None:
    """Two series of one name would make the file invalid."""
    twice = replace(
        binary(),
        gates=(
            Gate("max-loss", 1.0, 2.0, "fail"),
            Gate("max-loss", 1.0, 0.5, "pass"),
            Gate("g", 1.0, 0.5, "pass", None, "a"),
            Gate("g", 1.0, 1.5, "fail", None, "a"),
        ),
    )
    found = samples(render_openmetrics(twice), PARSERS[1])
    gates = {labels: value for (name, labels), value in found.items() if name == "xent_gate_passed"}
    assert sorted(gates.values()) == [0, 0, 1, 1]
