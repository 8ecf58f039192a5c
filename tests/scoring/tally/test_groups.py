"""Slices of the rows: what makes one, how they add up, and the limit on how many there are."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.running import write_csv, xent
from tests.sliced import HEADER, groups, rows, unique_ids
from xent_cli.contract.errors import DataError
from xent_cli.contract.row_columns import Coded
from xent_cli.scoring.keyed import Keyed
from xent_cli.scoring.tally import groups as grouping
from xent_cli.scoring.tally.groups import Slice


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_an_empty_cell_is_a_group(format: str, tmp_path: Path) -> None:
    """Rows without a value are no bad rows but the group (empty), in Parquet those with null and "" together."""
    path = tmp_path / f"p.{format}"
    if format == "csv":
        write_csv(path, HEADER, [(1, 0.5, "", ""), (0, 0.25, "a", ""), (1, 0.125, '""', ""), (1, 0.5, "(empty)", "")])
    else:
        sites = pa.array([None, "a", "", "(empty)"])
        pq.write_table(pa.table({"label": [1, 0, 1, 1], "prob": [0.5, 0.25, 0.125, 0.5], "site": sites}), path)
    found = groups(path, "--by", "site")
    assert [(group["group"], group["values"], group["rows"]) for group in found] == [
        ("(empty)", [""], 2),
        ("(empty)", ["(empty)"], 1),
        ("a", ["a"], 1),
    ]
    assert found[0]["mean"] == pytest.approx(2 * math.log(2), rel=1e-15)


def test_an_empty_label_stays_a_bad_row(tmp_path: Path) -> None:
    """A column that is the label too keeps its rule."""
    path = write_csv(tmp_path / "p.csv", ["y", "prob"], [(1, 0.5), ("", 0.5)])
    answer = xent("score", path, "--label", "y", "--by", "y", "--json")
    assert answer.status == 3
    assert answer.errors[0]["rule"] == "missing-label"


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (pa.array([True, False, True]), ["true", "false"]),
        (pa.array([1.0, 2.5, 1.0]), ["1", "2.5"]),
        (pa.array([7, 8, 7], pa.int8()), ["7", "8"]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y"]),
    ],
)
def test_any_column_can_make_groups(values: pa.Array, names: list[str], tmp_path: Path) -> None:
    """Booleans, numbers and dictionaries have the names that labels of theirs have."""
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"label": [1, 1, 1], "prob": [0.25, 0.5, 0.25], "g": values}), path)
    assert [group["group"] for group in groups(path, "--by", "g")] == names


def test_split_and_threads_change_no_bit(tmp_path: Path) -> None:
    """Groups are the same to the last bit for any split into files and number of threads."""
    table = rows(3000)
    whole = groups(write_csv(tmp_path / "p.csv", HEADER, table), "--by", "site,sex")
    cuts = [0, 1, 700, 2999, 3000]
    parts = [write_csv(tmp_path / f"part{start}.csv", HEADER, table[start:stop]) for start, stop in pairwise(cuts)]
    for threads in (1, 2):
        document = xent("score", *parts, "--by", "site,sex", "--json", "--threads", threads).document
        assert document["groups"] == whole


@pytest.mark.parametrize("weighted", [False, True])
@given(data=st.data())
def test_slices_add(weighted: bool, data: st.DataObject) -> None:
    """Slices of two parts of the rows add up to those of all; the empty slice changes nothing."""
    n = data.draw(st.integers(1, 12))
    ell = np.array(data.draw(st.lists(st.sampled_from([0.0, 1e-300, 0.5, 3.0, math.inf]), min_size=n, max_size=n)))
    weight = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=n, max_size=n)))
    codes = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), np.int32)
    part = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))

    def of(some: np.ndarray) -> dict[tuple[str, ...], Slice]:
        keyed = Keyed(codes[some], (("a",), ("b",), ("c",)))
        held = weight[some] if weighted else None
        finite = ell[some] < np.inf
        return grouping.slices(keyed, ell[some], held, None if finite.all() else finite)

    whole, one, other = of(np.ones(n, bool)), of(part), of(~part)
    assert set(whole) == set(one) | set(other)
    for key, slice_ in whole.items():
        assert other.get(key, Slice()) + one.get(key, Slice()) == slice_
        assert slice_.scored == np.count_nonzero(codes == "abc".index(key[0]))


def test_keys_of_many_columns_do_not_collide() -> None:
    """Each combination of values is a key of its own, however many columns there are."""
    generator = np.random.default_rng(1)
    columns = [generator.integers(-1, 40, 500).astype(np.int32) for _ in range(14)]
    names = tuple(f"v{place}" for place in range(40))
    keyed = Keyed.of([Coded(codes, names) for codes in columns])
    expected = [tuple("" if codes[row] < 0 else names[codes[row]] for codes in columns) for row in range(500)]
    assert [keyed.keys[code] for code in keyed.codes.tolist()] == expected


def test_too_many_groups_are_refused_with_the_column(tmp_path: Path) -> None:
    """10,000 groups are kept apart; one more is an error of the data that names the column, and nothing is printed."""
    assert len(groups(unique_ids(tmp_path, 10_000), "--by", "user")) == 10_000
    answer = xent("score", unique_ids(tmp_path, 10_001), "--by", "side,user", "--json")
    assert (answer.status, answer.out) == (3, "")
    (error,) = answer.errors
    assert error["rule"] == "too-many-groups"
    assert error["where"]["columns"] == ["user"]
    assert "10,000 groups" in error["message"]
    assert "10,001 different values" in error["detail"]
    assert "coarser" in error["help"]


def test_the_limit_holds_across_blocks(tmp_path: Path) -> None:
    """Groups are counted while the rows stream by, over files and blocks."""
    paths = []
    for part in range(3):
        path = tmp_path / f"{part}.csv"
        path.write_text("label,prob,user\n" + "".join(f"1,0.5,u{part * 4000 + row}\n" for row in range(4000)))
        paths.append(path)
    assert xent("score", *paths[:2], "--by", "user", "-qq").status == 0
    answer = xent("score", *paths, "--by", "user", "--json")
    assert answer.status == 3
    assert answer.errors[0]["where"]["path"] == str(paths[2])


def test_check_counts_what_occurs() -> None:
    """Names that no row has do not count towards the limit."""
    names = tuple((f"u{place}",) for place in range(20_000))
    grouping.check_block(Keyed(np.zeros(5, np.int32), names), _plan(), "p.csv")
    with pytest.raises(DataError, match="10,000 groups"):
        grouping.check_block(Keyed(np.arange(20_000), names), _plan(), "p.csv")


def _plan() -> Any:
    """As much of a plan as the check looks at."""
    from types import SimpleNamespace

    return SimpleNamespace(by=("user",), cluster=None)


def test_missing_column_is_wrong_use(tmp_path: Path) -> None:
    """A name that the file does not have is refused with the close matches."""
    answer = xent("score", write_csv(tmp_path / "p.csv", HEADER, rows(10)), "--by", "sit")
    assert answer.status == 2
    assert "site" in answer.err


def test_macro_mean_counts_each_class_once(tmp_path: Path) -> None:
    """The macro mean is the mean of the means of the classes that have rows; soft labels have none."""
    table = [("cat", 0.5, 0.25, 0.25), ("cat", 0.5, 0.25, 0.25), ("cat", 0.25, 0.5, 0.25), ("dog", 0.5, 0.125, 0.375)]
    path = write_csv(tmp_path / "p.csv", ["label", "p_cat", "p_dog", "p_emu"], table)
    answer = xent("score", path, "--json").document
    expected = (4 / 3 * math.log(2) + 3 * math.log(2)) / 2
    assert answer["macro_mean"] == pytest.approx(expected, rel=1e-15)
    assert f"macro mean {expected:.6g}" in xent("score", path).out
    soft = write_csv(tmp_path / "soft.csv", ["t_a", "t_b", "p_a", "p_b"], [(0.5, 0.5, 0.5, 0.5)])
    assert "macro_mean" not in xent("score", soft, "--json").document
    endless = write_csv(tmp_path / "inf.csv", ["label", "prob"], [(1, 0.0), (0, 0.5)])
    assert xent("score", endless, "--json").document["macro_mean"] == "Infinity"


def test_inspect_shows_the_roles(tmp_path: Path) -> None:
    """`inspect` takes the flags and says what they make of the columns."""
    path = write_csv(tmp_path / "p.csv", HEADER, rows(10))
    document = xent("inspect", path, "--by", "site", "--cluster", "sex", "--json").document
    assert {column["name"]: column["role"] for column in document["header"]}["site"] == "group"
    assert (document["columns"]["by"], document["columns"]["cluster"]) == (["site"], "sex")


@pytest.mark.parametrize(
    "flags", [(), ("--cluster", "patient"), ("--weight", "w"), ("--weight", "w", "--divide-by", "count")]
)
def test_a_slice_that_was_skipped_as_a_whole_fails_its_gate(flags: tuple[str, ...], tmp_path: Path) -> None:
    """A slice whose rows all break a rule has no mean: it is listed with no rows, and its gate never passes."""
    rows = [(row % 2, 0.5 if site == "a" else 1.5, site, row, 1.0) for row in range(8) for site in "ab"]
    rows += [(1, 2.0, "a", 9, 1.0), (0, 0.5, "c", 1, 1.0), (0, 0.25, "c", 2, 1.0)]
    path = write_csv(tmp_path / "p.csv", ["label", "prob", "site", "patient", "w"], rows)
    words = (path, "--by", "site", "--on-bad-row", "skip", "--max-group-loss", "9", *flags)
    answer = xent("score", *words, "--json")
    found = {group["group"]: (group["rows"], group["mean"], group["share"]) for group in answer.document["groups"]}
    assert found["b"] == (0, "NaN", 0.0)
    assert (found["a"][0], found["c"][0]) == (8, 2)
    gates = {gate["group"]: (gate["status"], gate.get("reason")) for gate in answer.document["gates"]}
    assert gates == {"a": ("pass", None), "c": ("pass", None), "b": ("fail", "no mean: all of its rows were skipped")}
    assert answer.status == 1
    for name in ("table", "markdown", "github", "junit", "metrics", "openmetrics", "benchmark-action"):
        assert xent("score", *words, "--format", name).status == 1


def test_rows_that_are_ignored_or_unreadable_make_no_slice(tmp_path: Path) -> None:
    """A slice of ignored labels was left out on purpose, and a line that cannot be read tells of no slice."""
    path = tmp_path / "p.csv"
    path.write_text("label,prob,site\n1,0.5,a\n0,0.5,a\nskip,0.5,b\n1\n", encoding="utf-8")
    words = ("--by", "site", "--ignore-label", "skip", "--on-bad-row", "skip", "--max-group-loss", "9", "--json")
    answer = xent("score", path, *words)
    assert (answer.status, [group["group"] for group in answer.document["groups"]]) == (0, ["a"])
