"""The stream: what is reported does not depend on how the input is cut, ordered, split, packed or threaded."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from tests.running import xent
from xent_cli.readers.csv import file

K = 3
NAMES = ["cat", "dog", "fox"]


def table(n: int, seed: int = 7) -> pa.Table:
    """Predictions of three classes with wide-ranging losses, ids and weights."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 4, (n, K))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    y = rng.integers(0, K, n)
    columns: dict[str, Any] = {"id": [f"s{i}" for i in range(n)], "label": [NAMES[i] for i in y]}
    columns |= {f"prob_{name}": p[:, j] for j, name in enumerate(NAMES)}
    return pa.table(columns | {"w": rng.random(n)})


def numbers(answer: Any) -> dict[str, Any]:
    """What a report says, without the names and sizes of the files."""
    assert answer.status == 0, answer.err
    document: dict[str, Any] = answer.document
    document.pop("inputs")
    return document


def unordered(document: dict[str, Any]) -> dict[str, Any]:
    """A report without what follows the order of the rows."""
    return {key: value for key, value in document.items() if key != "samples"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, Path, dict[str, Any]]:
    """A table of 30,000 rows, its CSV file and its weighted report."""
    data = table(30_000)
    path = tmp_path_factory.mktemp("whole") / "whole.csv"
    pacsv.write_csv(data, path)
    return data, path, numbers(xent("score", path, "--json", "--weight", "w"))


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_threads_change_no_bit(threads: int, whole: tuple[pa.Table, Path, dict[str, Any]]) -> None:
    """Any number of threads gives the same document."""
    assert numbers(xent("score", whole[1], "--json", "--weight", "w", "--threads", threads)) == whole[2]


@pytest.mark.parametrize("piece", [200, 4_096, 65_537, 1 << 24])
def test_block_size_changes_no_bit(
    piece: int, whole: tuple[pa.Table, Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any size of the blocks that a file is cut into gives the same document."""
    path = whole[1]
    expected = whole[2]
    if piece == 200:  # many small blocks: a part of the rows will do
        path = whole[1].with_name("head.csv")
        path.write_text("\n".join(whole[1].read_text().splitlines()[:2_000]) + "\n")
        expected = numbers(xent("score", path, "--json", "--weight", "w"))
    monkeypatch.setattr(file, "PIECE", piece)
    assert numbers(xent("score", path, "--json", "--weight", "w")) == expected


def test_row_order_changes_no_bit(whole: tuple[pa.Table, Path, dict[str, Any]], tmp_path: Path) -> None:
    """Shuffled rows give the same numbers."""
    order = np.random.default_rng(3).permutation(len(whole[0]))
    path = tmp_path / "shuffled.csv"
    pacsv.write_csv(whole[0].take(order), path)
    assert unordered(numbers(xent("score", path, "--json", "--weight", "w"))) == unordered(whole[2])


def test_split_into_files_changes_no_bit(whole: tuple[pa.Table, Path, dict[str, Any]], tmp_path: Path) -> None:
    """Several files of any sizes, an empty one among them, give the same document as the whole."""
    cuts = [0, 1, 17, 17, 9_000, 30_000]
    paths = []
    for i, (start, stop) in enumerate(pairwise(cuts)):
        paths.append(tmp_path / f"part-{i}.csv")
        pacsv.write_csv(whole[0].slice(start, stop - start), paths[-1])
    for words in (paths, [tmp_path], [tmp_path / "part-*.csv"]):
        found = numbers(xent("score", *words, "--json", "--weight", "w"))
        assert [notice["code"] for notice in found["notices"]] == ["empty-part"]
        assert found | {"notices": []} == whole[2]


def _parquet(data: pa.Table, path: Path) -> Path:
    pq.write_table(data, path, row_group_size=7_001)
    return path


def _dictionary(data: pa.Table, path: Path) -> Path:
    pq.write_table(data.set_column(1, "label", data["label"].dictionary_encode()), path, row_group_size=999)
    return path


def _arrow(data: pa.Table, path: Path) -> Path:
    feather.write_feather(data, str(path), compression="lz4", chunksize=4_321)
    return path


def _gz(data: pa.Table, path: Path) -> Path:
    sink = pa.BufferOutputStream()
    pacsv.write_csv(data, sink)
    path.write_bytes(gzip.compress(sink.getvalue().to_pybytes()))
    return path


def _tsv(data: pa.Table, path: Path) -> Path:
    pacsv.write_csv(data, path, pacsv.WriteOptions(delimiter="\t"))
    return path


@pytest.mark.parametrize("write", [_parquet, _dictionary, _arrow, _gz, _tsv])
def test_format_changes_no_bit(
    write: Callable[[pa.Table, Path], Path], whole: tuple[pa.Table, Path, dict[str, Any]], tmp_path: Path
) -> None:
    """CSV, compressed CSV, TSV, Parquet (plain and dictionary labels) and Arrow files give the same document."""
    path = write(whole[0], tmp_path / "other.bin")
    assert numbers(xent("score", path, "--json", "--weight", "w")) == whole[2]
    assert numbers(xent("score", "-", "--json", "--weight", "w", stdin=path.read_bytes())) == whole[2]


def test_list_columns_equal_plain_columns(whole: tuple[pa.Table, Path, dict[str, Any]], tmp_path: Path) -> None:
    """One list column scores as the same numbers in a column per class."""
    data = whole[0]
    matrix = np.stack([data[f"prob_{name}"].to_numpy() for name in NAMES], axis=1)
    means = []
    for name, kind in (
        ("list", pa.list_(pa.float64())),
        ("fixed", pa.list_(pa.float64(), K)),
        ("large", pa.large_list(pa.float64())),
    ):
        lists = data.select(["label", "w"]).append_column("probs", pa.array(matrix.tolist(), kind))
        path = tmp_path / f"{name}.parquet"
        pq.write_table(lists, path)
        document = numbers(xent("score", path, "--json", "--weight", "w", "--classes", "cat,dog,fox"))
        means.append(document["loss"])
    assert means == [whole[2]["loss"]] * 3


def test_sums_are_exact_and_rounded_once(whole: tuple[pa.Table, Path, dict[str, Any]], tmp_path: Path) -> None:
    """Sum, mean and weighted mean are those of the written losses, correctly rounded (by fractions)."""
    from fractions import Fraction

    target = tmp_path / "losses.parquet"
    assert xent("score", whole[1], "--weight", "w", "--losses", target, "-qq").status == 0
    rows = pq.read_table(target).to_pydict()
    losses, weights = [Fraction(x) for x in rows["loss"]], [Fraction(w) for w in rows["weight"]]
    total = sum(w * x for w, x in zip(weights, losses, strict=True))
    assert whole[2]["loss"]["sum"] == float(total)
    assert whole[2]["loss"]["mean"] == float(total / sum(weights))
    plain = numbers(xent("score", whole[1], "--json"))["loss"]
    mean = sum(losses) / len(losses)
    assert (plain["sum"], plain["mean"]) == (float(sum(losses)), float(mean))
    variance = sum((x - mean) ** 2 for x in losses) / (len(losses) - 1)
    assert plain["std"] == pytest.approx(float(variance) ** 0.5, rel=3e-16)


def test_worst_rows_are_the_worst_rows(whole: tuple[pa.Table, Path, dict[str, Any]], tmp_path: Path) -> None:
    """The samples shown are the largest losses, ties in file order, with the id and label of their row."""
    target = tmp_path / "losses.jsonl"
    assert xent("score", whole[1], "--weight", "w", "--losses", target, "-qq").status == 0
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    expected = sorted(rows, key=lambda row: (-row["loss"], row["row"]))[:10]
    assert whole[2]["samples"] == expected
    data = whole[0]
    for sample in whole[2]["samples"]:
        assert sample["id"] == data["id"][sample["row"] - 1].as_py()
        assert sample["label"] == data["label"][sample["row"] - 1].as_py()


def test_samples_options(tmp_path: Path) -> None:
    """--samples N takes the N worst (with --sort file the first N), --samples all every row; small files show all."""
    path = tmp_path / "small.csv"
    p = [round(0.02 * (i * 17 % 40) + 0.01, 2) for i in range(40)]  # 17 and 40 have no common factor
    path.write_text("label,prob\n" + "".join(f"1,{x}\n" for x in p))

    def rows(*flags: object) -> list[int]:
        return [sample["row"] for sample in xent("score", path, "--json", *flags).document["samples"]]

    by_loss = sorted(range(1, 41), key=lambda row: p[row - 1])
    assert rows() == by_loss[:10]
    assert rows("--samples", 3) == by_loss[:3]
    assert rows("--samples", 0) == []
    assert rows("--sort", "file") == list(range(1, 11))
    assert rows("--samples", 3, "--sort", "file") == [1, 2, 3]
    assert rows("--samples", "all") == list(range(1, 41))
    assert rows("--samples", "all", "--sort", "worst") == by_loss
    head = tmp_path / "head.csv"
    head.write_text("label,prob\n" + "".join(f"1,{x}\n" for x in p[:20]))
    assert [sample["row"] for sample in xent("score", head, "--json").document["samples"]] == list(range(1, 21))


def test_balanced_class_weights_are_sklearns(tmp_path: Path) -> None:
    """--class-weight balanced weighs a class by n / (k·n_c) and refuses standard input, which is read once."""
    path = tmp_path / "balance.csv"
    path.write_text("label,p_a,p_b\na,0.9,0.1\na,0.8,0.2\na,0.7,0.3\nb,0.4,0.6\n")
    document = numbers(xent("score", path, "--json", "--class-weight", "balanced"))
    weights = [4 / (2 * 3)] * 3 + [4 / (2 * 1)]
    expected = np.average(-np.log([0.9, 0.8, 0.7, 0.6]), weights=weights)
    assert document["loss"]["mean"] == pytest.approx(expected, rel=1e-14)
    assert [sample["weight"] for sample in document["samples"]] == pytest.approx(weights, rel=1e-15)
    assert xent("score", "-", "--class-weight", "balanced", stdin=path.read_bytes()).status == 2


def test_later_files_need_the_columns_of_the_first(tmp_path: Path) -> None:
    """A later file that lacks a column, or has lists of another length, is refused by name."""
    (tmp_path / "a.csv").write_text("label,prob\n1,0.5\n")
    (tmp_path / "b.csv").write_text("label,p\n1,0.5\n")
    answer = xent("score", tmp_path / "a.csv", tmp_path / "b.csv")
    assert (answer.status, answer.out) == (3, "")
    assert "error[schema-mismatch]: column prob of " in answer.err
    for name, width in (("c", 2), ("d", 3)):
        pq.write_table(pa.table({"label": [0], "logits": [[0.5] * width]}), tmp_path / f"{name}.parquet")
    answer = xent("score", tmp_path / "c.parquet", tmp_path / "d.parquet")
    assert (answer.status, answer.out) == (3, "")
    assert "schema-mismatch" in answer.err or "list-length" in answer.err


def test_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    """Files of one data set are matched by column name, whatever their order."""
    (tmp_path / "a.csv").write_text("label,p_a,p_b\na,0.75,0.25\n")
    (tmp_path / "b.csv").write_text("extra,p_b,label,p_a\nx,0.25,a,0.75\n")
    document = numbers(xent("score", tmp_path / "a.csv", tmp_path / "b.csv", "--json"))
    assert [sample["p"] for sample in document["samples"]] == [0.75, 0.75]


def test_zero_weight_rows_count_for_nothing(tmp_path: Path) -> None:
    """A row of weight 0 leaves mean and spread alone, even where its loss is infinite."""
    path = tmp_path / "zero.csv"
    path.write_text("label,prob,w\n1,0.5,1\n1,0.25,1\n1,0,0\n")
    document = numbers(xent("score", path, "--json", "--weight", "w"))
    assert document["loss"]["mean"] == pytest.approx((np.log(2) + np.log(4)) / 2, rel=1e-15)
    assert document["rows"]["infinite"] == 1
    assert document["loss"]["max"] == "Infinity"
