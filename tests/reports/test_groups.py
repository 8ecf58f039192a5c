"""The slices of a report: their numbers, their order, their names and the test against the rest."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import xent_cli
from tests.running import write_csv, xent
from tests.sliced import HEADER, groups, losses, rows, unique_ids
from xent_cli.contract.report import GroupRow


def test_each_group_is_scored_as_if_alone(tmp_path: Path) -> None:
    """Rows, mean, standard error and interval of a group are those of a file of its rows; shares add up to 1."""
    table = rows()
    found = groups(write_csv(tmp_path / "p.csv", HEADER, table), "--by", "site")
    whole = losses(table).sum()
    assert sorted(group["group"] for group in found) == ["S0", "S1", "S2", "S3"]
    for group in found:
        part = [row for row in table if row[2] == group["group"]]
        alone = xent("score", write_csv(tmp_path / "part.csv", HEADER, part), "--json").document
        assert group["rows"] == len(part)
        assert {key: group[key] for key in ("mean", "se", "ci")} == {
            key: alone["loss"][key] for key in ("mean", "se", "ci")
        }
        assert group["share"] == pytest.approx(losses(part).sum() / whole, rel=1e-12)
        assert group["values"] == [group["group"]]
    assert math.fsum(group["share"] for group in found) == pytest.approx(1, abs=1e-15)


def test_largest_share_comes_first(tmp_path: Path) -> None:
    """Groups stand in the order of their share of the loss, those of equal share in that of their names."""
    table = [(1, 0.5, "b", ""), (1, 0.25, "c", ""), (1, 0.5, "a", ""), (1, 0.9, "d", "")]
    found = groups(write_csv(tmp_path / "p.csv", HEADER, table), "--by", "site")
    assert [group["group"] for group in found] == ["c", "a", "b", "d"]


def test_several_columns_make_a_group_of_each_combination(tmp_path: Path) -> None:
    """The name says column=value for each column; only combinations that occur are there."""
    table = rows()
    found = groups(write_csv(tmp_path / "p.csv", HEADER, table), "--by", "site,sex")
    assert {tuple(group["values"]) for group in found} == {row[2:] for row in table}
    for group in found:
        site, sex = group["values"]
        assert group["group"] == f"site={site}, sex={sex or '(empty)'}"
        assert group["rows"] == sum(row[2:] == (site, sex) for row in table)


def test_weights_weigh_within_groups(tmp_path: Path) -> None:
    """Mean and standard error of a group are those of its weighted rows; a group without weight has no mean."""
    table = [(1, 0.5, "a", 1.0), (1, 0.25, "a", 3.0), (0, 0.5, "b", 0.0), (1, 0.9, "c", 2.0), (1, 0.8, "c", 1.0)]
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "g", "w"], table)
    found = {group["group"]: group for group in groups(path, "--by", "g", "--weight", "w")}
    ell, w = np.log([2.0, 4.0]), np.array([1.0, 3.0])
    mean = float((w * ell).sum() / 4)
    assert found["a"]["mean"] == pytest.approx(mean, rel=1e-15)
    assert found["a"]["se"] == pytest.approx(math.sqrt(2 * (w**2 * (ell - mean) ** 2).sum() / 16), rel=1e-13)
    assert (found["b"]["mean"], found["b"]["share"]) == ("NaN", 0.0)
    by_count = {group["group"]: group for group in groups(path, "--by", "g", "--weight", "w", "--divide-by", "count")}
    assert by_count["a"]["mean"] == pytest.approx(float((w * ell).sum() / 2), rel=1e-15)
    assert by_count["b"]["mean"] == 0.0


def test_infinite_losses_stay_in_their_group(tmp_path: Path) -> None:
    """A group with an infinite loss has an infinite mean, says why it has no interval, and comes first."""
    table = [(1, 0.0, "z", ""), (1, 0.5, "z", ""), (1, 0.25, "a", ""), (1, 0.5, "a", "")]
    first, second = groups(write_csv(tmp_path / "p.csv", HEADER, table), "--by", "site")
    assert (first["group"], first["mean"], first["se"], first["share"]) == ("z", "Infinity", "NaN", "NaN")
    assert first["ci"]["method"] == "undefined: an infinite loss"
    assert second["mean"] == pytest.approx(1.5 * math.log(2), rel=1e-15)
    assert second["ci"]["method"] == "student-t"
    assert [group["p"] for group in (first, second)] == ["NaN", "NaN"]


def test_infinite_losses_with_and_without_weight(tmp_path: Path) -> None:
    """An infinite loss of weight 0 counts as a row and changes nothing; one with weight makes the mean infinite."""
    table = [(1, 0.0, "a", 0.0), (1, 0.5, "a", 2.0), (1, 0.0, "b", 1.0), (1, 0.5, "b", 1.0), (1, 0.0, "c", 0.0)]
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "g", "w"], table)
    found = {group["group"]: (group["rows"], group["mean"]) for group in groups(path, "--by", "g", "--weight", "w")}
    assert found == {"a": (2, pytest.approx(math.log(2))), "b": (2, "Infinity"), "c": (1, "NaN")}


def holm(values: list[float]) -> list[float]:
    """Holm's correction, by its definition."""
    order = np.argsort(values)
    raised = np.maximum.accumulate([min(1.0, (len(values) - place) * values[at]) for place, at in enumerate(order)])
    return [float(raised[list(order).index(at)]) for at in range(len(values))]


def test_each_group_is_tested_against_the_rest(tmp_path: Path) -> None:
    """p is the larger of Welch's and Student's after Holm's correction; the harder site is marked, in words too."""
    table = rows()
    path = write_csv(tmp_path / "p.csv", HEADER, table)
    found, ell, site = groups(path, "--by", "site"), losses(table), np.array([row[2] for row in table])
    expected = [
        max(stats.ttest_ind(ell[site == name], ell[site != name], equal_var=equal).pvalue for equal in (False, True))
        for name in (group["group"] for group in found)
    ]
    assert [group["p"] for group in found] == pytest.approx(holm(expected), rel=1e-9)
    assert [group["group"] for group in found if group["flagged"]] == [
        group["group"] for group in found if group["p"] < 0.05
    ]
    assert "S3" in [group["group"] for group in found if group["flagged"]]
    shown = xent("score", path, "--by", "site", "--color", "never").out
    assert [line.split()[0] for line in shown.splitlines() if line.endswith("differs")] == [
        group["group"] for group in found if group["flagged"]
    ]


def test_two_groups_are_one_test(tmp_path: Path) -> None:
    """Of two groups each is the rest of the other: one test, which needs no correction and is told for both."""
    table = [row for row in rows() if row[2] in {"S0", "S3"}]
    found = groups(write_csv(tmp_path / "p.csv", HEADER, table), "--by", "site")
    ell, first = losses(table), np.array([row[2] == "S0" for row in table])
    p = max(stats.ttest_ind(ell[first], ell[~first], equal_var=equal).pvalue for equal in (False, True))
    assert [group["p"] for group in found] == pytest.approx([p, p], rel=1e-9)


def test_no_group_is_marked_for_nothing() -> None:
    """Of 120 data sets without any difference between 40 groups of 15 rows, at most one in twenty has a mark."""
    generator = np.random.default_rng(17)
    marked = 0
    for _ in range(120):
        p = generator.uniform(0.1, 0.9, 600)
        frame = pd.DataFrame(
            {"label": (generator.random(600) < p).astype(int), "prob": p, "g": generator.integers(0, 40, 600)}
        )
        marked += any(group.flagged for group in xent_cli.score(frame, by="g").groups)
    assert marked <= 6


def test_groups_that_cannot_be_tested_have_no_p() -> None:
    """A group of one row, and the only group there is, have p NaN and are not marked."""
    frame = pd.DataFrame({"label": [1, 1, 0, 1], "prob": [0.9, 0.8, 0.1, 0.7], "g": list("aaab"), "h": list("cccc")})
    first, second = xent_cli.score(frame, by="g").groups
    assert (first.rows, math.isnan(first.p), first.flagged) == (3, True, False)
    assert (second.rows, math.isnan(second.p), second.flagged) == (1, True, False)
    (only,) = xent_cli.score(frame, by=["h"]).groups
    assert (math.isnan(only.p), only.share) == (True, 1.0)


def test_python_takes_the_same(tmp_path: Path) -> None:
    """`score(by=…)` gives the groups of the command."""
    path = write_csv(tmp_path / "p.csv", HEADER, rows())
    found = xent_cli.score(path, by=["site", "sex"]).groups
    assert all(isinstance(group, GroupRow) for group in found)
    assert json.loads(json.dumps([xent_cli.to_document(group) for group in found])) == groups(path, "--by", "site,sex")


def test_table_lists_fifty_groups(tmp_path: Path) -> None:
    """Of many groups the table shows those of the largest share and says how many more there are; JSON has all."""
    path = unique_ids(tmp_path, 60)
    table = xent("score", path, "--by", "user", "--samples", "0").out
    assert "… and 10 more" in table
    assert "u49" in table
    assert "u59" in xent("score", path, "--by", "user", "--samples", "0", "--verbose").out
    assert len(groups(path, "--by", "user")) == 60
