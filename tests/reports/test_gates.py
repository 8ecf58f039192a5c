"""Gates: what passes, what fails, what cannot be judged; exit statuses and words in every format."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.running import Answer, process, write_csv, xent
from tests.sample_reports import binary, infinite, one_row, sparse
from xent_cli.contract.errors import DataError, UsageError
from xent_cli.contract.interval import Interval
from xent_cli.contract.report import Baseline, Gate, GroupRow, Report
from xent_cli.contract.text import apart
from xent_cli.renderers.formats import formats_of, render
from xent_cli.renderers.view import View
from xent_cli.reports import baseline as reports_baseline
from xent_cli.reports import gates
from xent_cli.reports.baseline import Recorded
from xent_cli.reports.thresholds import Thresholds
from xent_cli.scoring.options import Tolerance

FORMATS = formats_of("score")


def with_mean(mean: float, high: float = 2.0) -> Report:
    """A report of a mean and an upper end."""
    base = binary()
    ci = Interval(0.95, mean - (high - mean), high, "student-t")
    perplexity = math.exp(mean) if mean < 700 else math.inf
    return replace(base, loss=replace(base.loss, mean=mean, ci=ci), perplexity=perplexity, gates=(), status="none")


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


def against(mean: float, base: float, se: float = 0.01, n: int = 100, **limits: Any) -> Gate:
    """The gate of a mean against that of a baseline with the same standard error and number of rows."""
    report = with_mean(mean)
    report = replace(report, loss=replace(report.loss, se=se), rows=replace(report.rows, scored=n), signature="a|b")
    (gate,) = gates.apply(
        report, Thresholds(baseline="main.json", **limits), Recorded("main.json", "a|b", base, se, n)
    ).gates
    return gate


REACH = float(stats.t.ppf(0.975, 198) * math.hypot(0.01, 0.01))


@pytest.mark.parametrize(
    ("worse_by", "tolerance", "status", "strict", "word"),
    [
        (0.05, 0.0, "fail", "fail", "worse"),
        (0.05, 0.04, "fail", "fail", "worse"),
        (0.05, 0.06, "pass", "fail", "undecided"),
        (0.05, 0.08, "pass", "pass", "no worse"),
        (0.01, 0.0, "pass", "fail", "undecided"),
        (0.0, 0.0, "pass", "fail", "undecided"),
        (0.0, REACH * 1.01, "pass", "pass", "no worse"),
        (-0.02, 0.0, "pass", "fail", "undecided"),
        (-0.05, 0.0, "pass", "pass", "better"),
    ],
)
def test_regression_needs_size_and_significance(
    worse_by: float, tolerance: float, status: str, strict: str, word: str
) -> None:
    """Worse by more than the tolerance and significantly so fails; --strict passes what is shown to be no worse."""
    plain = against(0.5 + worse_by, 0.5, tolerance=Tolerance(tolerance))
    assert (plain.rule, plain.status, plain.limit) == ("max-regression", status, tolerance)
    assert plain.value == pytest.approx(worse_by, abs=1e-15)
    assert plain.reason is not None
    assert plain.reason.startswith(f"{word}: ")
    hard = against(0.5 + worse_by, 0.5, tolerance=Tolerance(tolerance), strict=True)
    assert hard.status == strict
    assert hard.value == pytest.approx(worse_by + REACH, rel=1e-9)
    assert (hard.value <= hard.limit) == (strict == "pass")


@pytest.mark.parametrize(("same_samples", "least"), [(False, 0.012), (True, 0.0)])
def test_noise_fails_the_gate_no_more_often_than_it_may(same_samples: bool, least: float) -> None:
    """A model and its own baseline fail in at most 2.5 % of 2,000 simulated runs; on the same samples far more rarely.

    The report does not hold the rows, so the test takes the samples for different ones: then 2.5 % is what it is.
    """
    rng, fails, runs, n = np.random.default_rng(3), 0, 2000, 200
    shown = with_mean(0.5)
    for _ in range(runs):
        z = [rng.normal(1.5, 2.0, n) for _ in range(2)]
        x = [np.logaddexp(0.0, -(z[0 if same_samples else k] + rng.normal(0.0, 0.3, n))) for k in range(2)]
        (mean, se), (base, base_se) = ((float(loss.mean()), float(loss.std(ddof=1) / math.sqrt(n))) for loss in x)
        report = replace(
            shown, loss=replace(shown.loss, mean=mean, se=se), rows=replace(shown.rows, scored=n), signature="s"
        )
        found = gates.apply(report, Thresholds(baseline="b"), Recorded("b", "s", base, base_se, n))
        fails += found.status == "fail"
    assert least * runs <= fails <= runs * 0.025 + 4 * math.sqrt(runs * 0.025 * 0.975)
    assert not same_samples or fails == 0


def test_not_significant_is_never_called_equal() -> None:
    """No words for an undecided difference say that the models are equal, the same or alike."""
    for worse_by in (-0.02, 0.0, 0.01):
        reason = against(0.5 + worse_by, 0.5).reason or ""
        assert "undecided" in reason
        assert not any(word in reason for word in ("equal", "same", "alike", "no difference", "unchanged"))
        assert "xent compare" in reason


def test_share_of_the_baseline() -> None:
    """1% is a hundredth of the mean of the baseline; of a baseline of 0 it is 0, and nothing is divided by."""
    assert against(0.5, 0.5, tolerance=Tolerance(share=0.01)).limit == 0.005
    at_zero = against(0.5, 0.0, tolerance=Tolerance(share=0.01))
    assert (at_zero.limit, at_zero.status) == (0.0, "fail")


def test_shown_means_show_which_is_larger() -> None:
    """Means that differ in the tenth digit are shown with ten digits."""
    reason = against(0.50000000012, 0.5, se=1e-12).reason or ""
    assert reason.startswith("worse: 0.5000000001 here, 0.5 in main.json")
    closest = against(math.nextafter(0.5, 1), 0.5, se=0.0).reason or ""
    assert closest.startswith("worse: 0.5000000000000001 here, 0.5 in main.json")
    last = against(math.nextafter(1.5, 2), 1.5, se=0.0).reason or ""
    assert last.startswith("worse: 1.5000000000000002 here, 1.5 in main.json")


def test_regression_without_an_error_fails() -> None:
    """An infinite mean is worse; without a standard error there is no verdict; neither passes, strict or not."""
    for strict in (False, True):
        endless = against(math.inf, 0.5, se=math.nan, strict=strict)
        assert (endless.value, endless.status) == (math.inf, "fail")
        unknown = against(0.1, 0.5, se=math.nan, strict=strict)
        assert unknown.status == "fail"
        assert "no verdict without a standard error" in (unknown.reason or "")


def test_the_end_that_counts_is_told_where_the_interval_stands() -> None:
    """The words of a strict gate: verdict, means, interval, which end of it is judged, the doubt, the advice."""
    reason = against(0.51, 0.5, strict=True).reason or ""
    words = "above the limit, but not significantly: this many rows do not decide it; xent compare pairs .*"
    assert re.fullmatch(rf"undecided: .* to \S+, of which --strict checks the upper end; {words}", reason)
    assert "judges" not in (against(0.51, 0.5).reason or "")


def test_a_doubt_is_told_in_plain_words() -> None:
    """An undecided gate says on which side of the limit the difference is, and that it passes without --strict."""
    above, within = against(0.51, 0.5).reason or "", against(0.51, 0.5, tolerance=Tolerance(0.02)).reason or ""
    assert (
        "; above the limit, but not significantly: this many rows do not decide it; it passes without --strict" in above
    )
    assert "; within the limit, but this many rows do not show that it stays there; it passes without" in within
    assert "; within the limit, but this many rows" in (against(0.5, 0.5).reason or "")  # a limit may be reached
    assert not any(word in against(0.6, 0.5).reason or "" for word in ("significantly", "--strict", "xent compare"))


def test_difference_and_tolerance_in_percent() -> None:
    """The difference stands in % of the baseline, a tolerance as it was given; with a baseline of 0 there is no %."""
    assert "main.json (+10%, limit 2.9% of the baseline); " in (
        against(0.55, 0.5, tolerance=Tolerance(share=0.029)).reason or ""
    )
    assert "main.json (-10%); " in (against(0.45, 0.5, tolerance=Tolerance(0.02)).reason or "")
    assert "main.json (limit 1% of the baseline); " in (against(0.5, 0.0, tolerance=Tolerance(share=0.01)).reason or "")
    assert "main.json; " in (against(0.5, 0.0, tolerance=Tolerance(0.02)).reason or "")


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


@pytest.mark.parametrize(("mean", "tolerance", "kind"), [
    (0.5, 0.0, "notice"), (0.49, 0.0, "notice"), (0.51, 0.02, "warning"), (0.51, 0.0, "warning"), (0.6, 0.0, "error"),
])  # fmt: skip
def test_only_what_measures_worse_is_a_warning(mean: float, tolerance: float, kind: str) -> None:
    """On GitHub an undecided gate warns where the model measures worse; no difference, or a better one, is a notice."""
    gate = against(mean, 0.5, tolerance=Tolerance(tolerance))
    text = render(replace(binary(), gates=(gate,), notices=()), "github", View())
    assert re.findall(r"^::(\w+) title=xent max-regression::", text, re.MULTILINE) == [kind]


@pytest.mark.parametrize("flags", [("--cluster", "side"), ()])
def test_errors_of_two_kinds_are_remarked(flags: tuple[str, ...], tmp_path: Path) -> None:
    """A standard error over clusters held against one over rows, or the other way round, brings a notice."""
    model, kept = predictions(tmp_path / "model.csv", 0.75, rows=100), tmp_path / "kept.json"
    other = () if flags else ("--cluster", "side")
    for before, codes in ((other, ["baseline-clusters"]), (flags, [])):
        assert xent("score", model, *before, "--output", f"json={kept}", "-qq").status == 0
        told = xent("score", model, *flags, "--baseline", kept, "--json").document["notices"]
        assert [notice["code"] for notice in told if notice["code"] != "few-clusters"] == codes


def test_clusters_count_instead_of_rows() -> None:
    """Where rows come in clusters, the degrees of freedom are those of the clusters."""
    report = with_mean(0.6)
    report = replace(report, loss=replace(report.loss, se=0.04, clusters=4), signature="s")
    (gate,) = gates.apply(report, Thresholds(baseline="b", strict=True), Recorded("b", "s", 0.5, 0.03, 5)).gates
    df = 0.05**4 / (0.04**4 / 3 + 0.03**4 / 4)
    assert gate.value == pytest.approx(0.1 + stats.t.ppf(0.975, df) * 0.05, rel=1e-9)


# ---- the command, with files


def predictions(path: Path, quality: float, rows: int = 4000, seed: int = 0) -> Path:
    """A made-up model: the larger its quality, the more it knows of the labels."""
    generator = np.random.default_rng(seed)
    signal = generator.normal(size=rows)
    y = (generator.random(rows) < 1 / (1 + np.exp(-2 * signal))).astype(int)
    z = 2 * (quality * signal + (1 - quality) * np.random.default_rng(seed + 1).normal(size=rows))
    sides = np.where(np.arange(rows) % 2 == 0, "left", "right")
    return write_csv(
        path, ["label", "prob", "side"],
        [(int(a), float(1 / (1 + math.exp(-b))), str(c)) for a, b, c in zip(y, z, sides, strict=True)],
    )  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up repository: the model of main with its report, one that regresses, one that does not, one undecided."""
    folder = tmp_path_factory.mktemp("repository")
    predictions(folder / "main.csv", 0.75)
    predictions(folder / "worse.csv", 0.55)
    predictions(folder / "better.csv", 1.0)
    predictions(folder / "undecided.csv", 0.73)
    answer = xent("score", folder / "main.csv", "--output", f"json={folder / 'main.json'}", "-qq")
    assert answer.status == 0
    return folder


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


def test_zero_is_a_limit(tmp_path: Path) -> None:
    """A limit of 0 is passed by a perfect model alone."""
    perfect = write_csv(tmp_path / "p.csv", ["label", "prob"], [(1, 1.0), (0, 0.0)])
    good = write_csv(tmp_path / "q.csv", ["label", "prob"], [(1, 1.0), (0, 1e-300)])
    assert xent("score", perfect, "--max-loss", "0", "-qq").status == 0
    assert xent("score", good, "--max-loss", "0", "-qq").status == 1


def changed(document: dict[str, Any], *path: str, value: Any) -> str:
    """A document with one entry changed, or taken out where the value is `...`."""
    copy = json.loads(json.dumps(document))
    place = copy
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(copy)


CHANGES: list[tuple[tuple[str, ...], Any, str]] = [
    (("schema",), "xent.compare/1", "baseline-schema"),
    (("schema",), "xent.score/2", "baseline-schema"),
    (("schema",), ..., "baseline-schema"),
    (("schema",), 1, "baseline-schema"),
    (("signature",), ..., "baseline-corrupt"),
    (("signature",), None, "baseline-corrupt"),
    (("loss",), None, "baseline-corrupt"),
    (("rows",), [], "baseline-corrupt"),
    (("rows", "scored"), 0, "baseline-rows"),
    (("rows", "scored"), True, "baseline-rows"),
    (("rows", "scored"), ..., "baseline-rows"),
    (("rows", "scored"), 3.5, "baseline-rows"),
    (("rows", "scored"), 10**400, "baseline-rows"),
    (("loss", "clusters"), 10**400, "baseline-rows"),
    (("loss", "clusters"), "12", "baseline-rows"),
    (("rows", "scored"), 3999, "baseline-corrupt"),  # not the number in the signature
    (("rows", "scored"), 400, "baseline-corrupt"),
    *(
        (("loss", name), odd, "baseline-undefined")
        for name in ("mean", "se")
        for odd in cast("tuple[Any, ...]", (None, "NaN", "Infinity", "0.3", ..., -0.1, True, [], 10**400))
    ),
]


@pytest.mark.parametrize(("path", "value", "rule"), CHANGES)
def test_baseline_that_is_open_to_doubt_is_3(
    path: tuple[str, ...], value: Any, rule: str, repository: Path, tmp_path: Path
) -> None:
    """Another schema, no signature, no rows, a mean or error that is no finite number: exit 3 with a cure."""
    document = json.loads((repository / "main.json").read_text())
    base = tmp_path / "base.json"
    base.write_text(changed(document, *path, value=value))
    answer = xent("score", repository / "better.csv", "--baseline", base, "--json")
    (error,) = answer.errors
    assert (answer.status, answer.out, error["rule"]) == (3, "", rule)
    assert error["where"]["path"] == str(base)
    assert error["help"]
    assert len(error["message"]) <= 120
    assert len(error["message"]) == 120 or value != 10**400 or rule != "baseline-rows"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "baseline-corrupt"),
        (b"{", "baseline-corrupt"),
        (b"[]", "baseline-corrupt"),
        (b"null", "baseline-corrupt"),
        (b"\xff\xfe{}", "baseline-corrupt"),
        (b"[" * 100_000, "baseline-corrupt"),
        (b'{"schema": "xent.score/1", "rows": ', "baseline-corrupt"),
        (b'{"schema": "xent.score/1", "loss": {"mean": 9, "mean": 0}}', "baseline-corrupt"),
        (None, "no-baseline"),
    ],
)
def test_corrupt_baseline_is_3(content: bytes | None, rule: str, repository: Path, tmp_path: Path) -> None:
    """What is no JSON object, and what is not there, is exit 3 with the reason, never a pass and never a traceback."""
    base = tmp_path / "base.json"
    if content is not None:
        base.write_bytes(content)
    answer = xent("score", repository / "better.csv", "--baseline", base, "--json")
    assert (answer.status, answer.out, answer.errors[0]["rule"]) == (3, "", rule)
    assert xent("score", repository / "better.csv", "--baseline", tmp_path, "-qq").status == 3


def test_bare_nan_in_a_baseline_is_3(repository: Path, tmp_path: Path) -> None:
    """Other programs write NaN and Infinity bare: no number either."""
    text = (repository / "main.json").read_text()
    mean = json.loads(text)["loss"]["mean"]
    for word in ("NaN", "Infinity", "-Infinity"):
        base = tmp_path / "base.json"
        base.write_text(text.replace(repr(mean), word))
        assert xent("score", repository / "better.csv", "--baseline", base, "-qq").status == 3


@pytest.mark.parametrize(
    ("flags", "here", "there"),
    [
        (("--unit", "bits"), "unit:bit", "unit:nat"),
        (("--clip", "1e-9"), "clip:1e-09", "clip:none"),
        (("--label-smoothing", "0.1"), "smooth:0.1", "smooth:0"),
    ],
)
def test_another_signature_is_3_and_shows_both_parts(
    flags: tuple[str, ...], here: str, there: str, repository: Path
) -> None:
    """A baseline made under other conventions cannot be compared with; the parts that differ are shown."""
    answer = xent("score", repository / "better.csv", "--baseline", repository / "main.json", *flags, "--json")
    (error,) = answer.errors
    assert (answer.status, error["rule"]) == (3, "signature-mismatch")
    assert error["detail"] == f"here {here}; in the baseline {there}"


def test_other_rows_are_another_signature(repository: Path, tmp_path: Path) -> None:
    """A baseline of another number of rows is refused as well; the message says so, and the help names both cures."""
    fewer = predictions(tmp_path / "fewer.csv", 1.0, rows=100)
    answer = xent("score", fewer, "--baseline", repository / "main.json", "--json")
    (error,) = answer.errors
    assert (answer.status, error["rule"]) == (3, "signature-mismatch")
    assert error["detail"] == "here n:100; in the baseline n:4000"
    assert error["message"] == "different numbers of rows: 100 here, 4,000 in the baseline: not the same samples"
    assert "baseline again on these rows" in error["help"]
    assert "xent compare" in error["help"]


def test_other_rows_and_conventions_are_no_matter_of_rows_alone(repository: Path, tmp_path: Path) -> None:
    """Where conventions differ besides the number of rows, the message is about them; the detail has all parts."""
    fewer = predictions(tmp_path / "fewer.csv", 1.0, rows=100)
    answer = xent("score", fewer, "--baseline", repository / "main.json", "--unit", "bits", "--json")
    (error,) = answer.errors
    assert answer.status == 3
    assert "other conventions" in error["message"]
    assert error["detail"] == "here unit:bit, n:100; in the baseline unit:nat, n:4000"


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


# --- thresholds and baselines, word by word


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


def written(folder: Path, signature: str = "a|n:7|b", scored: Any = 7, **loss: Any) -> str:
    """A report of which only what a baseline needs is there."""
    document = {"schema": reports_baseline.SCHEMA, "signature": signature, "rows": {"scored": scored}}
    path = folder / "base.json"
    path.write_text(json.dumps({**document, "loss": {"mean": 0.5, "se": 0.25, **loss}}))
    return str(path)


@pytest.mark.parametrize(
    ("clusters", "n", "clustered"),
    [
        (None, 7, False), (3, 3, True), (1, 1, True), (7, 7, True), (9, 7, True),
    ],
)  # fmt: skip
def test_baselines_rest_on_rows_or_clusters(clusters: Any, n: int, clustered: bool, tmp_path: Path) -> None:
    """The error of a baseline rests on its rows, or on its clusters, of which there are 1 to as many as rows."""
    path = written(tmp_path, clusters=clusters)
    assert reports_baseline.recorded(path) == Recorded(path, "a|n:7|b", 0.5, 0.25, n, clustered)
    path = written(tmp_path)
    assert reports_baseline.recorded(path) == Recorded(path, "a|n:7|b", 0.5, 0.25, 7)


@pytest.mark.parametrize("scored", [1, 2, 2**63 - 1])
def test_numbers_of_rows_that_can_be(scored: int, tmp_path: Path) -> None:
    """From one row to what 64 bits count; the signature, which may end with it, has to say the same."""
    for signature in (f"a|n:{scored}", f"a|n:{scored}|b"):
        found = reports_baseline.recorded(written(tmp_path, signature, scored, mean=0, se=0))
        assert (found.n, found.mean, found.se) == (scored, 0.0, 0.0)
    with pytest.raises(DataError, match="contradicts itself"):
        reports_baseline.recorded(written(tmp_path, f"a|n:{scored}0|b", scored))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scored": 0, "signature": "a|n:0|"}, "the baseline has no scored rows: 0"),
        ({"scored": -1, "signature": "a|n:-1|"}, "the baseline has no scored rows: -1"),
        ({"scored": 2**63, "signature": f"n:{2**63}"}, f"the baseline has no scored rows: {2**63}"),
        ({"scored": "y" * 300}, f"the baseline has no scored rows: '{'y' * 86}"),
        ({"mean": "z" * 300}, f"the baseline has no finite mean loss: '{'z' * 81}"),
        ({"mean": None}, "the baseline has no finite mean loss: null"),
        ({"se": -0.5}, "the baseline has no finite standard error: -0.5"),
        ({"se": math.inf}, "the baseline has no finite standard error: inf"),
    ],
)
def test_doubtful_baselines_in_words(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    """What is wrong is told with its value, of which 120 characters of message are enough."""
    with pytest.raises(DataError) as refusal:
        reports_baseline.recorded(written(tmp_path, **changes))
    (problem,) = refusal.value.problems
    assert problem.message == message
    assert len(problem.message) <= 120


def test_other_documents_in_words(tmp_path: Path) -> None:
    """Another schema is shown up to 80 characters; a name that is there twice is told, the most frequent one first."""
    path = tmp_path / "other.json"
    for text, message in (
        (json.dumps({"schema": "x" * 200}), f"the baseline has '{'x' * 79}, not 'xent.score/1'"),
        (json.dumps({"schema": 1}), "the baseline has no schema, not 'xent.score/1'"),
        ('{"a": 1, "b": 1, "b": 2}', "the baseline is not JSON: 'b' is in an object more than once"),
        ('{"' + "k" * 200 + '": 1, "' + "k" * 200 + '": 2}', f"the baseline is not JSON: '{'k' * 119}"),
        ("[1]", "the baseline is not a JSON object"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(DataError) as refusal:
            reports_baseline.recorded(str(path))
        assert refusal.value.problems[0].message == message


def test_files_that_are_no_baseline_in_words(tmp_path: Path) -> None:
    """What the system says, or what JSON says, is told; bytes that are no text are no JSON text."""
    path = tmp_path / "odd.json"
    for content, message in (
        (None, "the baseline cannot be read: No such file or directory"),
        (b"{1}", "the baseline is not JSON: Expecting property name enclosed in double quotes"),
        (b"\xff\xfe", "the baseline is not JSON: it is not JSON text"),
    ):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(DataError) as refusal:
            reports_baseline.recorded(str(path))
        assert refusal.value.problems[0].message == message


def test_a_report_without_gates_has_no_verdict() -> None:
    """Where nothing was asked for nothing passed; where no tolerance was, the limit of a regression is 0."""
    found = gates.apply(binary(), Thresholds())
    assert (found.gates, found.status) == ((), "none")
    assert against(0.5, 0.5).limit == 0.0


@pytest.mark.parametrize(
    ("here", "there", "words"), [(9, False, "clusters here and rows in b"), (None, True, "rows here and clusters in b")]
)
def test_errors_over_different_units_in_words(here: int | None, there: bool, words: str) -> None:
    """Where one standard error counts clusters and the other rows, a notice says which; else there is none."""
    report = replace(with_mean(0.5), signature="s")
    report = replace(report, loss=replace(report.loss, clusters=here))
    base = Recorded("b", "s", 0.5, 0.01, 100, there)
    (notice,) = gates.apply(report, Thresholds(baseline="b"), base).notices[len(report.notices) :]
    assert (notice.code, notice.message) == (
        "baseline-clusters", f"the standard error counts {words}; use --cluster for both",
    )  # fmt: skip
    same = gates.apply(report, Thresholds(baseline="b"), replace(base, clustered=not there))
    assert same.notices == report.notices


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


@pytest.mark.parametrize("strict", [False, True])
def test_a_difference_equal_to_the_tolerance_passes(strict: bool) -> None:
    """The tolerance is inclusive, also where nothing is uncertain; anything above it is worse."""
    equal = against(0.75, 0.5, se=0.0, tolerance=Tolerance(0.25), strict=strict)
    assert (equal.value, equal.limit, equal.status) == (0.25, 0.25, "pass")
    assert (equal.reason or "").startswith("no worse: 0.75 here, 0.5 in main.json")
    above = against(math.nextafter(0.75, 1), 0.5, se=0.0, tolerance=Tolerance(0.25), strict=strict)
    assert above.status == "fail"
    none = against(0.5, 0.5, se=0.0, strict=strict)
    assert (none.status, (none.reason or "").partition(":")[0]) == ("pass", "no worse")
    less = against(0.25, 0.5, se=0.0, strict=strict)
    assert (less.status, (less.reason or "").partition(":")[0]) == ("pass", "better")


def test_an_infinite_mean_is_worse_and_not_unknown() -> None:
    """Infinite against finite needs no standard error to be called worse."""
    for strict in (False, True):
        gate = against(math.inf, 0.5, se=math.nan, strict=strict)
        assert (gate.status, gate.value) == ("fail", math.inf)
        assert (gate.reason or "").startswith("worse: inf here, 0.5 in main.json")


def test_clusters_widen_the_interval_of_a_difference() -> None:
    """Where an error rests on clusters, their number gives the degrees of freedom, here and in the baseline."""
    report = replace(with_mean(0.5), signature="s")
    highs = []
    for clusters, n in ((None, 1000), (2, 1000), (None, 2)):
        here = replace(report, rows=replace(report.rows, scored=1000))
        here = replace(here, loss=replace(report.loss, se=0.01, clusters=clusters))
        (gate,) = gates.apply(
            here, Thresholds(baseline="b", strict=True), Recorded("b", "s", 0.5, 0.01, n, clusters is not None)
        ).gates
        highs.append(gate.value)
    # Welch and Satterthwaite: 2·999 degrees of freedom for equal errors, (1/1 + 1/999)⁻¹·4 where one rests on two
    for high, df in zip(highs, (1998.0, 4 / (1 + 1 / 999), 4 / (1 + 1 / 999)), strict=True):
        assert high == pytest.approx(float(stats.t.ppf(0.975, df)) * math.hypot(0.01, 0.01), rel=1e-9)


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


def test_verdicts_hold_the_means_and_the_interval() -> None:
    """Both means, and the ends of the interval with digits enough to tell them from 0 and from the tolerance."""
    for mean, tolerance, word, low, high, end in (
        (0.55, 0.0, "worse", f"{0.05 - REACH:.6g}", f"{0.05 + REACH:.6g}", ""),
        (0.51, 0.0, "undecided", f"{0.01 - REACH:.6g}", f"{0.01 + REACH:.6g}",
         ("; above the limit, but not significantly: this many rows do not decide it; it passes without --strict"
          "; xent compare pairs the rows and detects smaller differences")),
    ):  # fmt: skip
        means = f"{word}: {mean} here, 0.5 in main.json (+{200 * mean - 100:.0f}%)"
        found = against(mean, 0.5, tolerance=Tolerance(tolerance))
        assert found.reason == f"{means}; 95% interval of the difference {low} to {high}{end}"
    close = against(0.5, 0.5, tolerance=Tolerance(REACH * (1 - 1e-9))).reason or ""
    assert float(close.partition(" to ")[2].partition(";")[0]) > REACH * (1 - 1e-9)
    assert against(math.inf, 0.5, se=math.nan).reason == "worse: inf here, 0.5 in main.json"
    unknown = against(0.5, 0.5, se=math.nan).reason or ""
    assert unknown.startswith("no verdict without a standard error (")


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        (0.51234567, 0.5, ("0.512346", "0.5")), (1 / 3, 1 / 3, ("0.333333", "0.333333")),
        (0.51234567, 0.51234599, ("0.5123457", "0.512346")), (0.51234567, 0.51234568, ("0.51234567", "0.51234568")),
        (1.5, math.nextafter(1.5, 2), ("1.5", "1.5000000000000002")),
    ],
)  # fmt: skip
def test_means_are_distinct_with_six_digits_or_more(one: float, other: float, shown: tuple[str, str]) -> None:
    """Six digits where they tell two means apart, more where they do not, all of them where it takes all."""
    assert reports_baseline._distinct(one, other) == shown
    assert reports_baseline._distinct(other, one) == shown[::-1]


@pytest.mark.parametrize(
    ("here", "there", "shown"),
    [
        ("a|b", "b|a", "the same parts in another order"), ("a|b", "a", "here b; in the baseline nothing of it"),
        ("a", "a|b", "here nothing of it; in the baseline b"), ("a|b|c", "a|d|e", "here b, c; in the baseline d, e"),
    ],
)  # fmt: skip
def test_signatures_are_distinct(here: str, there: str, shown: str) -> None:
    """Only the parts that differ are shown, of either side, or that none do."""
    report = replace(with_mean(0.5), signature=here)
    with pytest.raises(DataError) as refusal:
        gates.apply(report, Thresholds(baseline="b"), Recorded("b", there, 0.5, 0.01, 9))
    assert refusal.value.problems[0].detail == shown
