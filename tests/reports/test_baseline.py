"""Reports as baselines: what a regression is, what a baseline may not be, and the words for both."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from scipy import stats

from tests.gated import against, predictions, with_mean
from tests.running import xent
from tests.sample_reports import binary
from xent_cli.contract.errors import DataError
from xent_cli.renderers.formats import render
from xent_cli.renderers.view import View
from xent_cli.reports import baseline as reports_baseline
from xent_cli.reports import gates
from xent_cli.reports.baseline import Recorded
from xent_cli.reports.thresholds import Thresholds
from xent_cli.scoring.options import Tolerance

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
    """Without a standard error there is no verdict, and none is no pass, strict or not."""
    for strict in (False, True):
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
