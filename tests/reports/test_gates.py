"""Gates: what passes, what fails, what cannot be judged; exit statuses and words in every format."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gated import against, with_mean
from tests.running import Answer, process, write_csv, xent
from tests.sample_reports import binary, infinite, one_row, sparse
from xent_cli.contract.errors import DataError, UsageError
from xent_cli.contract.interval import Interval
from xent_cli.contract.report import Baseline, GroupRow, Report
from xent_cli.contract.text import apart
from xent_cli.renderers.formats import formats_of, render
from xent_cli.renderers.view import View
from xent_cli.reports import gates
from xent_cli.reports.thresholds import Thresholds
from xent_cli.scoring.options import Tolerance

FORMATS = formats_of("score")


def judged(report: Report, **limits: Any) -> list[tuple[str, str]]:
    """The rules and verdicts of a report under some limits."""
    return [(gate.rule, gate.status) for gate in gates.apply(report, Thresholds(**limits)).gates]


@given(st.floats(0, 1e3), st.floats(0, 1e3))
def test_a_mean_passes_up_to_its_limit(mean: float, limit: float) -> None:
    """--max-loss fails exactly where the mean is above the limit, and what is shown says the same."""
    found = gates.apply(with_mean(mean, mean), Thresholds(max_loss=limit))
    (gate,) = found.gates
    assert (gate.status == "fail") == (mean > limit)
    assert found.status == gate.status
    value, shown = apart(gate.value, gate.limit)
    assert (float(value) > float(shown)) == (gate.status == "fail")


def test_limits_are_inclusive() -> None:
    """A value that is equal to its limit passes each gate."""
    report = replace(with_mean(0.5, 0.75), baseline=Baseline("prior", 1.0, 0.5))
    limits = {"max_loss": 0.5, "max_perplexity": math.exp(0.5), "min_skill": 0.5}
    assert judged(report, **limits) == [("max-loss", "pass"), ("max-perplexity", "pass"), ("min-skill", "pass")]
    above = {"max_loss": math.nextafter(0.5, 0), "max_perplexity": math.nextafter(math.exp(0.5), 0), "min_skill": 0.6}
    assert judged(report, **above) == [("max-loss", "fail"), ("max-perplexity", "fail"), ("min-skill", "fail")]


@pytest.mark.parametrize(("unit", "base"), [("nats", math.e), ("bits", 2.0), ("bans", 10.0)])
def test_gate_on_upper_looks_at_the_bound(unit: str, base: float) -> None:
    """On the upper end, loss and perplexity are gated by it, and the skill by what it leaves; the mean may be lower."""
    report = replace(with_mean(0.5, 0.75), baseline=Baseline("prior", 1.0, 0.5))
    report = replace(report, loss=replace(report.loss, unit=unit))
    found = gates.apply(report, Thresholds(max_loss=0.7, max_perplexity=1.0, min_skill=0.3, gate_on="upper")).gates
    assert [gate.status for gate in found] == ["fail", "fail", "fail"]
    assert [gate.value for gate in found] == pytest.approx([0.75, base**0.75, 0.25], rel=1e-15)
    assert {gate.reason for gate in found} == {"upper end of the 95% interval"}
    assert judged(report, max_loss=0.7, min_skill=0.3) == [("max-loss", "pass"), ("min-skill", "pass")]


def test_what_is_undefined_never_passes() -> None:
    """A bound that does not exist, an infinite mean and a NaN fail against any finite limit."""
    assert judged(one_row(), max_loss=1e300, gate_on="upper") == [("max-loss", "fail")]
    (gate,) = gates.apply(one_row(), Thresholds(max_loss=1e300, gate_on="upper")).gates
    assert math.isnan(gate.value)
    assert gate.reason == "no upper end of the interval, undefined: one row"
    limits = {"max_loss": 1e300, "max_perplexity": 1e300, "min_skill": 0.0}
    for on in ("mean", "upper"):
        endless = gates.apply(infinite(), Thresholds(**limits, gate_on=on))  # type: ignore[arg-type]  # two words
        assert [gate.status for gate in endless.gates] == ["fail"] * 3
        assert [gate.value for gate in endless.gates] == [math.inf, math.inf, -math.inf]
    assert judged(with_mean(math.nan, math.nan), max_loss=1.0, max_perplexity=9.0) == [
        ("max-loss", "fail"), ("max-perplexity", "fail"),
    ]  # fmt: skip


def test_huge_bounds_do_not_overflow() -> None:
    """A perplexity beyond the largest double is infinite and fails."""
    (gate,) = gates.apply(with_mean(1e4, 1e4), Thresholds(max_perplexity=1e308, gate_on="upper")).gates
    assert (gate.value, gate.status) == (math.inf, "fail")


def test_skill_that_does_not_exist_is_no_gate() -> None:
    """With one class there is no skill: an error of the data with the reason, not a verdict."""
    with pytest.raises(DataError, match="only one class is present"):
        gates.apply(one_row(), Thresholds(min_skill=0.0))


def test_each_group_is_a_gate() -> None:
    """--max-group-loss holds for every group, on the mean or on its bound; undefined means fail."""
    report = replace(sparse(), gates=())
    found = gates.apply(report, Thresholds(max_group_loss=0.56)).gates
    assert [(gate.group, gate.value, gate.status) for gate in found] == [
        ("indoor", 0.3, "pass"), ("outdoor", 0.55, "pass"),
    ]  # fmt: skip
    upper = gates.apply(report, Thresholds(max_group_loss=0.56, gate_on="upper")).gates
    assert [(gate.group, gate.value, gate.status) for gate in upper] == [
        ("indoor", 0.304, "pass"), ("outdoor", 0.57, "fail"),
    ]  # fmt: skip
    unknown = Interval(0.95, math.nan, math.nan, "undefined: one row")
    odd = (
        GroupRow("none", 1, math.nan, math.nan, unknown, 0.0),
        GroupRow("one", 1, 0.1, math.nan, unknown, 0.0),
        GroupRow("endless", 2, math.inf, math.nan, unknown, math.nan),
    )
    limits = (Thresholds(max_group_loss=9.0), Thresholds(max_group_loss=9.0, gate_on="upper"))
    verdicts = [[gate.status for gate in gates.apply(replace(report, groups=odd), limit).gates] for limit in limits]
    assert verdicts == [["fail", "pass", "fail"], ["fail", "fail", "fail"]]
    with pytest.raises(UsageError, match="needs groups"):
        gates.apply(binary(), Thresholds(max_group_loss=0.56))


@pytest.mark.parametrize(
    ("tolerance", "meant"),
    [
        ("1", "did you mean --max-regression 1%?"),
        ("0.9", "did you mean --max-regression 0.9%?"),
        ("100", "did you mean --max-regression 100%?"),
        ("100.5", "a share is written with %"),
        ("0.1", None),
        ("1%", None),
        ("150%", None),
    ],
)
@pytest.mark.parametrize("command", ["score", "compare"])
def test_an_amount_above_the_baseline_may_lack_its_percent_sign(
    command: str, tolerance: str, meant: str | None, repository: Path
) -> None:
    """An absolute tolerance above the mean of the baseline brings a notice that asks for a %; a share none."""
    base = ("--baseline", repository / "main.json") if command == "score" else (repository / "main.csv",)
    answer = xent(command, *base, repository / "worse.csv", "--max-regression", tolerance, "--json")
    found = [note["message"] for note in answer.document["notices"] if note["code"] == "large-tolerance"]
    assert [message.rpartition("; ")[2] for message in found] == ([] if meant is None else [meant])


@pytest.mark.parametrize(("amount", "baseline", "notices"), [(0.5, 0.5, 0), (0.51, 0.5, 1), (0.5, 0.0, 0)])
def test_an_amount_as_large_as_the_baseline_is_none_above_it(amount: float, baseline: float, notices: int) -> None:
    """Twice the mean is where a tolerance becomes remarkable; of a mean of 0 there is no twice."""
    assert len(list(gates.large_tolerance(Tolerance(amount), baseline))) == notices


def gate(repository: Path, model: str, *flags: object) -> Answer:
    """A model held against that of main with a tolerance of 1%."""
    baseline = ("--baseline", repository / "main.json", "--max-regression", "1%")
    return xent("score", repository / f"{model}.csv", *baseline, *flags)


STATUS = {"worse": 1, "better": 0, "undecided": 0}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("model", STATUS)
def test_exit_status_and_words_in_every_format(model: str, format: str, repository: Path) -> None:
    """Whatever the format, the status is that of the gate, and where there are words they name the verdict."""
    answer = gate(repository, model, "--format", format)
    assert answer.status == STATUS[model]
    word = {"worse": "fail", "better": "pass", "undecided": "pass"}[model]
    if format in {"table", "markdown", "github", "junit", "json"}:
        assert word in answer.out
        assert model in answer.out.replace("undecided.csv", "").replace("worse.csv", "").replace("better.csv", "")
    elif format == "benchmark-action":
        assert json.loads(answer.out)[0]["name"] == "binary cross-entropy"
    else:
        named = '"gates_failed": ' if format == "metrics" else "xent_gates_failed "
        assert f"{named}{STATUS[model]}" in answer.out


def test_a_group_without_weight_fails_and_says_why(tmp_path: Path) -> None:
    """A slice has no mean where none of its rows has weight: its gate fails with that reason."""
    rows = [(1, 0.5, "a", 1.0), (0, 0.5, "a", 1.0), (1, 0.5, "b", 0.0)]
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "side", "w"], rows)
    answer = xent("score", path, "--by", "side", "--weight", "w", "--max-group-loss", "9", "--json")
    found = {gate["group"]: (gate["status"], gate.get("reason")) for gate in answer.document["gates"]}
    assert (answer.status, found) == (1, {"a": ("pass", None), "b": ("fail", "no mean: none of its rows has weight")})


@pytest.mark.parametrize(("model", "status"), [("worse", 1), ("better", 0), ("undecided", 1)])
def test_strict_wants_it_shown(model: str, status: int, repository: Path) -> None:
    """--strict fails the undecided one too."""
    answer = gate(repository, model, "--strict", "--json")
    assert answer.status == status
    assert answer.document["status"] == ("fail" if status else "pass")
    assert answer.document["gates"][0]["reason"].startswith(model)


def test_json_lists_every_gate(repository: Path) -> None:
    """Passed or not, each gate has rule, limit, value, status, and where they say more, group and reason."""
    flags = (
        "--max-loss",
        "0.5",
        "--max-perplexity",
        "3",
        "--min-skill",
        "0.1",
        "--by",
        "side",
        "--max-group-loss",
        "9",
    )
    document = gate(repository, "better", *flags, "--json").document
    assert [found["rule"] for found in document["gates"]] == [
        "max-loss", "max-perplexity", "min-skill", "max-group-loss", "max-group-loss", "max-regression",
    ]  # fmt: skip
    assert {found["group"] for found in document["gates"] if "group" in found} == {"left", "right"}
    assert document["gates"][0]["value"] == document["loss"]["mean"]
    assert document["status"] == ("fail" if any(found["status"] == "fail" for found in document["gates"]) else "pass")


def test_outputs_are_written_also_where_a_gate_fails(repository: Path, tmp_path: Path) -> None:
    """A failed gate comes after the outputs: all of them are there, and say so."""
    outputs = [word for name in FORMATS for word in ("--output", f"{name}={tmp_path / name}")]
    answer = gate(repository, "worse", *outputs, "--losses", tmp_path / "losses.csv", "-qq")
    assert (answer.status, answer.out, answer.err) == (1, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FORMATS, "losses.csv"])
    assert json.loads((tmp_path / "json").read_text())["status"] == "fail"
    assert (tmp_path / "losses.csv").read_text().count("\n") == 4001


def test_failed_gate_is_the_only_way_to_1(repository: Path, tmp_path: Path) -> None:
    """Bad rows under a gate are 3, and so is a gate that cannot be judged; no output is left of either."""
    bad = tmp_path / "bad.csv"
    bad.write_text("label,prob\n1,0.5\n0,oops\n")
    answer = xent("score", bad, "--max-loss", "0", "--output", f"json={tmp_path / 'out.json'}", "--json")
    assert (answer.status, answer.out) == (3, "")
    one = write_csv(tmp_path / "one.csv", ["label", "prob"], [(1, 0.5), (1, 0.25)])
    answer = xent("score", one, "--min-skill", "0.1", "--output", f"json={tmp_path / 'out.json'}", "--json")
    assert (answer.status, answer.out, answer.errors[0]["rule"]) == (3, "", "no-skill")
    assert not (tmp_path / "out.json").exists()
    empty = write_csv(tmp_path / "empty.csv", ["label", "prob"], [])
    assert xent("score", empty, "--baseline", repository / "main.json").status == 3


@pytest.mark.parametrize("format", ["junit", "metrics", "openmetrics", "github", "markdown"])
def test_no_document_without_a_score(format: str, tmp_path: Path) -> None:
    """Where there is no score standard output stays empty, whatever the format."""
    bad = tmp_path / "bad.csv"
    bad.write_text("label,prob\n1,1.5\n")
    answer = xent("score", bad, "--max-loss", "9", "--format", format)
    assert (answer.status, answer.out) == (3, "")
    assert "error[prob-range]" in answer.err


def test_infinite_mean_fails_and_skips_nothing(tmp_path: Path) -> None:
    """A probability of 0 for the label is a measurement: exit 1 under any finite limit."""
    path = write_csv(tmp_path / "p.csv", ["label", "prob"], [(1, 0.0), (0, 0.5)])
    for flags in (("--max-loss", "1e308"), ("--max-perplexity", "1e308"), ("--min-skill", "0")):
        assert xent("score", path, *flags, "-qq").status == 1


def test_zero_is_a_limit(tmp_path: Path) -> None:
    """A limit of 0 is passed by a perfect model alone."""
    perfect = write_csv(tmp_path / "p.csv", ["label", "prob"], [(1, 1.0), (0, 0.0)])
    good = write_csv(tmp_path / "q.csv", ["label", "prob"], [(1, 1.0), (0, 1e-300)])
    assert xent("score", perfect, "--preds", "prob", "--max-loss", "0", "-qq").status == 0
    assert xent("score", good, "--max-loss", "0", "-qq").status == 1


def test_gates_hold_through_a_real_process(repository: Path) -> None:
    """The status reaches the shell: 0, 1 and 3."""
    model, base = repository / "better.csv", repository / "main.json"
    assert process("score", model, "--baseline", base, "-qq").returncode == 0
    assert process("score", model, "--max-loss", "0.01", "-qq").returncode == 1
    assert process("score", model, "--baseline", repository / "nowhere.json", "-qq").returncode == 3


def test_table_shows_gates_with_their_reasons(repository: Path) -> None:
    """The table has the verdict in its first line and a line for each gate, with enough digits."""
    mean = json.loads((repository / "main.json").read_text())["loss"]["mean"]
    limit = float(f"{mean:.9f}") - 1e-9
    out = xent("score", repository / "main.csv", "--max-loss", repr(limit)).out
    assert out.splitlines()[0].endswith("  fail")
    line = next(line for line in out.splitlines() if line.strip().startswith("max-loss"))
    value, shown, status = line.split()[1:]
    assert float(value) > float(shown) == limit
    assert status == "fail"


@pytest.mark.parametrize("format", [*FORMATS, "csv", "jsonl", "tsv"])
@pytest.mark.parametrize("command", ["score", "compare"])
def test_every_gate_is_printed_in_every_format(command: str, format: str, repository: Path) -> None:
    """Each gate with its verdict, value and limit: on standard output, or where that has no words, beside it."""
    files = {"score": ["worse.csv"], "compare": ["main.csv", "worse.csv", "better.csv"]}[command]
    flags = {
        "score": ("--max-loss", "0.1", "--max-perplexity", "9", "--baseline", repository / "main.json"),
        "compare": ("--max-regression", "0.01"),
    }[command]
    words = (command, *(repository / name for name in files), *flags, "--format")
    answer = xent(*words, format)
    assert answer.status == 1
    gates = xent(*words, "json").document["gates"]
    shown = answer.out if format in {"table", "json", "markdown", "github", "junit"} else answer.err
    assert len(gates) == {"score": 3, "compare": 2}[command]
    for gate in gates:
        value, limit = (repr(gate["value"]), repr(gate["limit"])) if format == "json" else apart(
            gate["value"], gate["limit"]
        )  # fmt: skip
        lines = [line for line in shown.splitlines() if gate["rule"] in line] if format != "json" else [shown]
        verdict = {"pass": "passed", "fail": "failed"}[gate["status"]]
        assert any(value in line and limit in line and (verdict in line or gate["status"] in line) for line in lines), (
            gate,
            shown,
        )
    assert ("gate[" in answer.err) == (shown is answer.err)
    assert "gate[" not in xent(*words, format, "-q").err


def test_failing_gate_is_fast_to_see_in_every_document() -> None:
    """Every document of words tells of a failed gate before anything else foreign to it."""
    report = binary()
    assert render(report, "markdown", View()).startswith("## xent: fail\n")
    assert render(report, "github", View()).startswith("::error title=xent max-loss::max-loss failed: ")
    assert 'failures="1"' in render(report, "junit", View()).splitlines()[1]


def test_a_report_without_gates_has_no_verdict() -> None:
    """Where nothing was asked for nothing passed; where no tolerance was, the limit of a regression is 0."""
    found = gates.apply(binary(), Thresholds())
    assert (found.gates, found.status) == ((), "none")
    assert against(0.5, 0.5).limit == 0.0


def test_the_skill_that_is_shown_is_the_one_that_is_judged() -> None:
    """On the mean the report's own skill counts; else 1 − mean / baseline; of several files the first is told."""
    report = replace(with_mean(0.5), baseline=Baseline("prior", 1.0, 0.25))
    (gate,) = gates.apply(report, Thresholds(min_skill=0.3)).gates
    assert (gate.value, gate.status) == (0.25, "fail")
    (gate,) = gates.apply(replace(report, baseline=Baseline("prior", 1.0, None)), Thresholds(min_skill=0.3)).gates
    assert (gate.value, gate.status) == (0.5, "pass")
    (gate,) = gates.apply(replace(report, baseline=Baseline("prior", 2.0, None)), Thresholds(min_skill=0.3)).gates
    assert (gate.value, gate.status) == (0.75, "pass")
    alone = one_row()
    two = replace(alone, inputs=(*alone.inputs, replace(alone.inputs[0], path="second.csv")))
    with pytest.raises(DataError) as refusal:
        gates.apply(two, Thresholds(min_skill=0.0))
    where = refusal.value.problems[0].where
    assert where is not None
    assert where.path == alone.inputs[0].path


def test_gates_of_groups_look_at_what_they_say() -> None:
    """On the upper end a group shows it, with its level; an infinite mean is its own upper end."""
    known, unknown = Interval(0.9, 0.1, 0.3, "student-t"), Interval(0.9, math.nan, math.nan, "undefined: one row")
    groups = (GroupRow("a", 9, 0.2, 0.05, known, 0.0), GroupRow("b", 2, math.inf, math.nan, unknown, math.nan))
    report = replace(sparse(), gates=(), groups=groups)
    upper = gates.apply(report, Thresholds(max_group_loss=0.25, gate_on="upper")).gates
    assert [(gate.value, gate.status) for gate in upper] == [(0.3, "fail"), (math.inf, "fail")]
    assert upper[0].reason == "upper end of the 90% interval"
    mean = gates.apply(report, Thresholds(max_group_loss=0.25)).gates
    assert [(gate.value, gate.status, gate.reason) for gate in mean] == [(0.2, "pass", None), (math.inf, "fail", None)]
