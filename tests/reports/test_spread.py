"""`--cluster`: standard errors and intervals for rows that come in clusters, their limit, and what has none."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import xent_cli
from tests.places import CASES
from tests.running import write_csv, xent
from tests.statistics import oracles
from xent_cli.scoring.keyed import Keyed
from xent_cli.scoring.tally import groups as grouping
from xent_cli.scoring.tally.groups import Clusters
from xent_cli.statistics.exact.sums import UNIT

PEERS = {case["id"]: case for case in json.loads((CASES / "peers.json").read_text())["cases"]}
GOLDEN = PEERS["se-and-cluster"]


def golden_file(folder: Path) -> Path:
    """The documented losses, fed in as probabilities exp(−loss), with their clusters."""
    inputs = GOLDEN["inputs"]
    table = [
        (1, math.exp(-loss), f"c{cluster}", weight)
        for loss, cluster, weight in zip(inputs["loss"], inputs["cluster"], inputs["weight"], strict=True)
    ]
    return write_csv(folder / "golden.csv", ["label", "prob", "cluster", "w"], table)


def loss_of(path: Path, *flags: object) -> dict[str, Any]:
    """The loss of the JSON report."""
    answer = xent("score", path, "--json", *flags)
    assert answer.status == 0, answer.err
    found: dict[str, Any] = answer.document["loss"]
    return found


def test_documented_case(tmp_path: Path) -> None:
    """The error is that of statsmodels' clustered regression on a constant (CR1); the interval minds skewness too."""
    expected = GOLDEN["expected"]
    loss = loss_of(golden_file(tmp_path), "--cluster", "cluster")
    assert loss["mean"] == pytest.approx(expected["mean"], rel=1e-12)
    assert loss["se"] == pytest.approx(expected["se_cluster_CR1"], rel=GOLDEN["rtol"])
    x, clusters = np.array(GOLDEN["inputs"]["loss"]), np.array(GOLDEN["inputs"]["cluster"])
    known = oracles.of_clusters(x, clusters)
    # clusters of one size: CR2 is CR1, and Student's interval that of statsmodels
    assert oracles.students(known) == pytest.approx(expected["cluster_CR1_t_ci95_df3"], abs=5e-8)
    low, high = oracles.skewed(known)
    assert [loss["ci"]["low"], loss["ci"]["high"]] == pytest.approx([max(low, 0.0), high], rel=2e-6)
    assert loss["ci"]["method"] == (
        "cluster-robust (CR2), student-t with 3 degrees of freedom, skewness-adjusted (Hall)"
    )
    assert loss["clusters"] == 4


@pytest.mark.parametrize("flags", [(), ("--divide-by", "count")])
def test_weights_against_the_definition(flags: tuple[str, ...], tmp_path: Path) -> None:
    """Weighted: the residual sums w(ℓ − L) of each cluster over Σ w; by count: those of wℓ − L over n."""
    inputs = GOLDEN["inputs"]
    ell, w, cluster = (np.array(inputs[key], float) for key in ("loss", "weight", "cluster"))
    divisor = len(ell) if flags else w.sum()
    mean = (w * ell).sum() / divisor
    residuals = np.bincount(cluster.astype(int), w * ell - (1 if flags else w) * mean)
    expected = math.sqrt(4 / 3 * (residuals**2).sum()) / divisor
    loss = loss_of(golden_file(tmp_path), "--cluster", "cluster", "--weight", "w", *flags)
    assert loss["mean"] == pytest.approx(mean, rel=1e-12)
    assert loss["se"] == pytest.approx(expected, rel=1e-12)


def test_clusters_of_one_row_are_independent_rows(tmp_path: Path) -> None:
    """Where every row is a cluster of its own, error and bounds are those of independent rows, to the last bit."""
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "id"], [(1, 0.1 * k, f"r{k}") for k in range(1, 10)])
    plain, clustered = loss_of(path), loss_of(path, "--cluster", "id")
    assert clustered["se"] == plain["se"]
    assert [clustered["ci"][end] for end in ("low", "high")] == [plain["ci"][end] for end in ("low", "high")]


def test_a_cluster_without_weight_does_not_count(tmp_path: Path) -> None:
    """A cluster of rows of weight 0 is as if it were not there."""
    table = [(1, 0.5, "a", 1.0), (1, 0.25, "b", 2.0), (1, 0.75, "b", 1.0), (1, 0.9, "z", 0.0)]
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "g", "w"], table)
    without = write_csv(tmp_path / "q.csv", ["label", "prob", "g", "w"], table[:3])
    one, other = (loss_of(file, "--cluster", "g", "--weight", "w") for file in (path, without))
    assert (one["se"], one["ci"], one["clusters"]) == (other["se"], other["ci"], 2)


@pytest.mark.parametrize("flags", [(), ("--max-loss", 100), ("--bootstrap", 99), ("--weight", "w")])
def test_one_cluster_is_refused(flags: tuple[object, ...], tmp_path: Path) -> None:
    """A standard error over clusters that are one only does not exist: refused with a cure, and no gate is judged."""
    rows = [(1, 0.5, "a", 1), (1, 0.25, "a", 2), (0, 0.5, "b", 0 if "--weight" in flags else 1)]
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "g", "w"], rows[: 2 if "--weight" not in flags else 3])
    answer = xent("score", path, "--cluster", "g", *flags, "--json")
    (error,) = answer.errors
    assert (answer.status, answer.out, error["rule"]) == (3, "", "one-cluster")
    assert "of column g" in error["message"]
    assert "two clusters or more" in error["help"]
    inspected = xent("inspect", path, "--cluster", "g", *flags[:2] if "--weight" in flags else (), "--json")
    assert (inspected.status, [problem["rule"] for problem in inspected.document["problems"]]) == (3, ["one-cluster"])


@pytest.mark.parametrize(("clusters", "told"), [(2, True), (39, True), (40, False)])
def test_few_clusters_are_told(clusters: int, told: bool, tmp_path: Path) -> None:
    """Below 40 clusters a notice says that the error tends to be too small."""
    table = [(1, 0.5 + 0.4 * (row % 7) / 7, f"g{row % clusters}") for row in range(80)]
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "g"], table)
    notices = xent("score", path, "--cluster", "g", "--json").document["notices"]
    assert [notice["code"] for notice in notices] == (["few-clusters"] if told else [])


def test_an_empty_cluster_is_a_bad_row(tmp_path: Path) -> None:
    """A row whose cluster is not known cannot be counted with any: it is a missing value, not a missing label."""
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "g"], [(1, 0.5, "a"), (0, 0.5, ""), (1, 0.25, "b")])
    answer = xent("score", path, "--cluster", "g", "--json")
    (error,) = answer.errors
    assert (answer.status, error["rule"], error["where"]["columns"], error["where"]["row"]) == (
        3, "missing-value", ["g"], 2,
    )  # fmt: skip
    skipped = xent("score", path, "--cluster", "g", "--json", "--on-bad-row", "skip").document
    assert (skipped["rows"]["scored"], skipped["loss"]["clusters"]) == (2, 2)
    by = xent("score", path, "--cluster", "g", "--by", "g", "--json")
    assert (by.status, by.errors[0]["rule"]) == (3, "missing-value")


def test_infinite_losses_have_no_error(tmp_path: Path) -> None:
    """An infinite loss leaves no standard error, and the reason is that one."""
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "g"], [(1, 0.0, "a"), (0, 0.5, "b"), (1, 0.25, "b")])
    loss = loss_of(path, "--cluster", "g")
    assert (loss["mean"], loss["se"], loss["ci"]["method"]) == ("Infinity", "NaN", "undefined: an infinite loss")


def clustered(groups: int, size: int, seed: int) -> pd.DataFrame:
    """A classifier on patients with several visits each: half of the variance of the loss is between patients."""
    generator = np.random.default_rng(seed)
    hard = np.repeat(generator.normal(0, 0.4, groups), size)
    z = 1.2 + hard + generator.normal(0, 0.4, groups * size)
    return pd.DataFrame({"label": 1, "prob": 1 / (1 + np.exp(-z)), "g": np.repeat(np.arange(groups), size)})


def test_groups_have_cluster_robust_errors() -> None:
    """Within a group the error is that of its own clusters, and the test against the rest is robust as well."""
    frame = clustered(60, 5, 1)
    frame["side"] = np.where(frame["g"] % 3 == 0, "left", "right")
    frame.loc[frame["side"] == "left", "prob"] *= 0.9
    report = xent_cli.score(frame, by="side", cluster="g", label="label")
    for group in report.groups:
        alone = xent_cli.score(frame[frame["side"] == group.group], cluster="g", label="label")
        assert (group.mean, group.se, group.ci) == (alone.loss.mean, alone.loss.se, alone.loss.ci)
    rows = xent_cli.score(frame, by="side", label="label")
    assert 1 > report.groups[0].p > rows.groups[0].p
    assert report.loss.clusters == 60


def test_a_group_in_one_cluster_has_no_error() -> None:
    """A group whose rows are all of one cluster has a mean and neither error nor test."""
    frame = clustered(50, 4, 2)
    report = xent_cli.score(frame, by="g", cluster="g", label="label")
    assert all(math.isnan(group.se) and math.isnan(group.p) for group in report.groups)
    assert {group.ci.method for group in report.groups} == {"undefined: one cluster"}


def test_split_and_threads_change_no_bit(tmp_path: Path) -> None:
    """The numbers are the same to the last bit for any split into files, row order and number of threads."""
    generator = np.random.default_rng(6)
    table = [(1, float(p), f"g{g}") for p, g in zip(generator.uniform(0.01, 1, 900), generator.integers(0, 70, 900))]  # noqa: B905  (same length by construction)
    header = ["label", "prob", "g"]
    whole = loss_of(write_csv(tmp_path / "p.csv", header, table), "--cluster", "g")
    order = generator.permutation(900).tolist()
    parts = [
        write_csv(tmp_path / f"{start}.csv", header, [table[row] for row in order[start:stop]])
        for start, stop in pairwise((0, 5, 450, 900))
    ]
    cut = xent("score", *parts, "--cluster", "g", "--json", "--threads", 1).document["loss"]
    assert cut == whole


ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 100), st.floats(0, 9)), max_size=20)


@given(ROWS, st.lists(st.integers(0, 20), max_size=4), st.booleans())
def test_clusters_add(rows: list[tuple[str, float, float]], cuts: list[int], weighted: bool) -> None:
    """Blocks of any sizes add up to the sums of the whole; no clusters are the identity."""
    whole = _clusters(rows, weighted=weighted)
    bounds = sorted({0, len(rows), *(cut for cut in cuts if cut <= len(rows))})
    total = sum((_clusters(rows[start:stop], weighted=weighted) for start, stop in pairwise(bounds)), Clusters())
    assert total == whole
    assert Clusters() + whole == whole == whole + Clusters()
    for name in {row[0] for row in rows}:
        count, product, weight = whole.table()[name,]
        of = [row for row in rows if row[0] == name]
        assert count == len(of)
        scale = 2 * UNIT if weighted else UNIT
        terms = (row[1] * (row[2] if weighted else 1.0) for row in of)
        assert product / (1 << scale) == pytest.approx(math.fsum(terms), rel=1e-12, abs=1e-300)
        assert weight / (1 << UNIT) == pytest.approx(math.fsum(row[2] for row in of) if weighted else 0, rel=1e-12)


def _clusters(rows: list[tuple[str, float, float]], *, weighted: bool) -> Clusters:
    """The clusters of a block of rows."""
    codes = np.array(["abcd".index(row[0]) for row in rows], np.int32)
    loss, weight = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    keyed = Keyed(codes, tuple((name,) for name in "abcd"))
    return grouping.clusters(keyed, loss, weight if weighted else None, None)


def test_blocks_are_merged_as_they_come() -> None:
    """However many blocks there are, few tables are kept: what is held is at most a few times the clusters."""
    total = Clusters()
    for block in range(300):
        total += _clusters([("abcd"[block % 4], 1.0, 1.0)], weighted=False)
    assert len(total.runs) <= 2
    assert {key: sums[0] for key, sums in total.table().items()} == {(name,): 75 for name in "abcd"}


def test_too_many_clusters_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More clusters than the limit are an error of the data that names the column; the limit is a million."""
    assert grouping.MOST_CLUSTERS == 1_000_000
    monkeypatch.setattr(grouping, "MOST_CLUSTERS", 100)
    table = [(1, 0.5, f"c{row}") for row in range(101)]
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "g"], table)
    assert xent("score", write_csv(tmp_path / "q.csv", ["label", "prob", "g"], table[1:]), "--cluster", "g").status == 0
    answer = xent("score", path, "--cluster", "g", "--json")
    assert (answer.status, answer.out) == (3, "")
    assert answer.errors[0]["rule"] == "too-many-clusters"
    assert answer.errors[0]["where"]["columns"] == ["g"]


def losses(generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, float]:
    """Losses of a calibrated binary classifier with confident and with doubtful rows, and their true mean."""
    p = generator.beta(1.2, 0.9, shape)
    y = generator.random(shape) < p
    grid = (np.arange(200_000) + 0.5) / 200_000
    q = stats.beta(1.2, 0.9).ppf(grid)
    return -np.log(np.where(y, p, 1 - p)), float(-(q * np.log(q) + (1 - q) * np.log1p(-q)).mean())


def covered(x: np.ndarray, mean: float, count: int, spread: np.ndarray) -> float:
    """How often the t interval of each row of x covers the mean."""
    reach = stats.t.ppf(0.975, count - 1) * spread
    return float((np.abs(x.mean(axis=1) - mean) <= reach).mean())


def checked(found: xent_cli.Report, se: float) -> bool:
    """Whether a report has the error that the simulation takes."""
    return found.loss.se == pytest.approx(se, rel=1e-9)


@pytest.mark.parametrize("n", [200, 1000])
def test_coverage_of_independent_rows(n: int) -> None:
    """Nominal 95 % intervals cover the true mean in 94 to 96 % of 4,000 samples of a classifier's losses."""
    x, mean = losses(np.random.default_rng(n), (4000, n))
    spread = x.std(axis=1, ddof=1) / math.sqrt(n)
    assert checked(xent_cli.score(pd.DataFrame({"label": 1, "prob": np.exp(-x[0])})), spread[0])
    assert 0.94 <= covered(x, mean, n, spread) <= 0.96


def test_coverage_of_clustered_rows() -> None:
    """With an intra-class correlation of 0.5 cluster-robust intervals cover 94 to 96 %, naive ones under 80 %."""
    generator = np.random.default_rng(9)
    trials, groups, size = 3000, 200, 5
    # a gamma loss is the sum of two gammas of half its shape, one of them shared by the cluster: correlation 0.5
    shared, own = generator.gamma(0.6, 0.5, (trials, groups, 1)), generator.gamma(0.6, 0.5, (trials, groups, size))
    cube, mean, n = shared + own, 0.6, groups * size
    x = cube.reshape(trials, n)
    within = np.corrcoef(cube[..., 0].ravel(), cube[..., 1].ravel())[0, 1]
    assert within == pytest.approx(0.5, abs=0.01)
    residuals = cube.sum(axis=2) - size * x.mean(axis=1)[:, None]
    robust = np.sqrt(groups / (groups - 1) * (residuals**2).sum(axis=1)) / n
    frame = pd.DataFrame({"label": 1, "prob": np.exp(-x[0]), "g": np.repeat(np.arange(groups), size)})
    assert checked(xent_cli.score(frame, cluster="g", label="label"), robust[0])
    assert 0.94 <= covered(x, mean, groups, robust) <= 0.96
    assert covered(x, mean, n, x.std(axis=1, ddof=1) / math.sqrt(n)) < 0.80


@pytest.mark.parametrize("flags", [(), ("--cluster", "id"), ("--by", "site"), ("--divide-by", "count")])
def test_an_interval_of_losses_does_not_reach_below_0(flags: tuple[str, ...], tmp_path: Path) -> None:
    """No cross-entropy is negative: an interval that Student's t would start below 0 starts there; its end stays."""
    rows = [(1, 0.99, 1, "x"), (1, 0.99, 2, "x"), (1, 0.01, 3, "x"), (0, 0.01, 4, "x")]
    path = write_csv(tmp_path / "few.csv", ["label", "prob", "id", "site"], rows)
    document = xent("score", path, "--json", *flags).document
    losses = -np.log([0.99, 0.99, 0.01, 0.99])
    reach = stats.t.ppf(0.975, 3) * losses.std(ddof=1) / 2
    assert losses.mean() < reach  # so the plain interval would begin below 0
    for part in (document["loss"], *document["groups"]):
        assert part["ci"]["low"] == 0.0
        assert part["ci"]["high"] == pytest.approx(oracles.skewed(oracles.of_rows(losses))[1], rel=2e-6)


def scored(frame: pd.DataFrame, **flags: Any) -> tuple[xent_cli.Report, np.ndarray]:
    """A report, and the losses of its rows."""
    losses = -np.log(np.where(frame["label"] == 1, frame["prob"], 1 - frame["prob"]))
    return xent_cli.score(frame, **flags), losses


def uneven_classes(n: int = 400) -> pd.DataFrame:
    """A classifier of a rare class."""
    generator = np.random.default_rng(11)
    label = (generator.random(n) < 0.2).astype(int)
    z = generator.normal(2 * label, 1) - 2
    return pd.DataFrame({"label": label, "prob": 1 / (1 + np.exp(-z)), "w": generator.uniform(0.5, 2, n)})


@pytest.mark.parametrize(("unit", "base"), [("nats", math.e), ("bits", 2.0), ("bans", 10.0)])
def test_perplexity_has_the_ends_of_the_mean(unit: str, base: float) -> None:
    """The interval of the perplexity is that of the mean, raised; it never begins below 1."""
    report, _ = scored(uneven_classes(), unit=unit)
    ci, found = report.loss.ci, report.perplexity_ci
    assert found is not None
    assert (found.low, found.high) == pytest.approx((base**ci.low, base**ci.high), rel=1e-14)
    assert (found.level, found.method) == (ci.level, ci.method)
    assert found.low < report.perplexity < found.high
    few, _ = scored(pd.DataFrame({"label": [1, 1, 1], "prob": [0.99, 0.98, 0.01]}), unit=unit)
    assert few.perplexity_ci is not None
    assert few.perplexity_ci.low == 1.0


@pytest.mark.parametrize(("unit", "nats"), [("nats", 1.0), ("bits", math.log(2))])
def test_skill_is_as_uncertain_as_mean_and_baseline_together(unit: str, nats: float) -> None:
    """The skill's error is that of the rows' influence on loss and on class entropy; Student's t around it."""
    frame = uneven_classes()
    report, losses = scored(frame, unit=unit)
    share = frame["label"].mean()
    surprise = -np.log(np.where(frame["label"] == 1, share, 1 - share))
    influence = losses / nats - losses.mean() / surprise.mean() * surprise / nats
    se = influence.std(ddof=1) / math.sqrt(len(frame)) / (surprise.mean() / nats)
    reach = stats.t.ppf(0.975, len(frame) - 1) * se
    skill, found = report.baseline.skill, report.baseline.skill_ci
    assert skill is not None
    assert found is not None
    assert (found.low, found.high) == pytest.approx((skill - reach, skill + reach), rel=1e-10)
    assert found.method == "delta method, student-t"


@pytest.mark.parametrize("flags", [{"weight": "w"}, {"label_smoothing": 0.1}, {"bootstrap": 99}])
def test_skill_over_a_fixed_baseline(flags: dict[str, Any]) -> None:
    """Where rows count unequally, the interval of the skill is that of the mean over the baseline, and says so."""
    report, _ = scored(uneven_classes(), **flags)
    ci, base, found = report.loss.ci, report.baseline.mean, report.baseline.skill_ci
    assert found is not None
    assert (found.low, found.high) == (1 - ci.high / base, 1 - ci.low / base)
    assert found.method == f"{ci.method}, baseline taken as fixed"


def test_a_gate_on_skill_asks_for_the_lower_end() -> None:
    """--min-skill on the bound takes the lower end of the skill's interval, or that of the mean's if it is lower."""
    frame = uneven_classes()
    report = xent_cli.score(frame, min_skill=0.0, gate_on="upper")
    (gate,) = report.gates
    assert report.baseline.skill_ci is not None
    assert gate.value == min(report.baseline.skill_ci.low, 1 - report.loss.ci.high / report.baseline.mean)
    one_class, _ = scored(pd.DataFrame({"label": [1, 1, 1], "prob": [0.9, 0.8, 0.5]}))
    assert one_class.baseline.skill_ci is None


@pytest.mark.parametrize("logit", ["1e154", "1e200", "1e308"])
def test_losses_whose_squares_no_double_holds_have_an_interval_of_skill(logit: str, tmp_path: Path) -> None:
    """Losses beyond 1e154 are scored: the interval of the skill then takes the baseline as fixed."""
    path = tmp_path / "huge.csv"
    path.write_text(f"label,logit\n1,2\n0,{logit}\n1,0.5\n0,-1\n", encoding="utf-8")
    answer = xent("score", path, "--json")
    assert answer.status == 0, answer.err
    loss, baseline = answer.document["loss"], answer.document["baseline"]
    assert loss["mean"] == float(logit) / 4
    assert baseline["skill_ci"]["low"] <= baseline["skill"] <= baseline["skill_ci"]["high"]
