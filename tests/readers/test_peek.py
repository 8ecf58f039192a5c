"""The first rows of a file, read ahead of the request."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from tests.running import write_csv, xent
from xent_cli.readers.peek import of_batch, of_csv


def test_a_record_that_is_cut_off_is_left_out() -> None:
    """The last record counts only where the bytes are all there is."""
    assert of_csv(b"1,a\n2,b", ("x", "y"), ",", whole=False) == {"x": ["1"], "y": ["a"]}
    assert of_csv(b"1,a\n2,b", ("x", "y"), ",", whole=True) == {"x": ["1", "2"], "y": ["a", "b"]}


def test_values_of_a_batch_are_the_texts_of_labels() -> None:
    """Labels are compared as text, and missing ones are empty."""
    batch = pa.record_batch({"x": pa.array([1, None, 3]), "y": pa.array(["a", "b", "a"]), "z": pa.array([[0.1]] * 3)})
    found = of_batch(batch)
    assert (list(found["x"]), list(found["y"]), list(found["z"])) == (["1", "", "3"], ["a", "b", "a"], [[0.1]])


def test_what_was_looked_at_is_scored_as_well(tmp_path: Path) -> None:
    """A file, a pipe and a Parquet file of the same rows give the same mean: no row is lost to the look ahead."""
    rows = [(i % 2, 0.25 if i % 2 else 0.125) for i in range(5000)]
    path = write_csv(tmp_path / "a.csv", ["label", "prob"], rows)
    table = pa.table({"label": [row[0] for row in rows], "prob": [row[1] for row in rows]})
    parquet.write_table(table, tmp_path / "a.parquet")
    expected = xent("score", path, "--label", "label", "--preds", "prob", "--json").document
    for answer in (
        xent("score", path, "--json"),
        xent("score", "-", "--json", stdin=path.read_bytes()),
        xent("score", tmp_path / "a.parquet", "--json"),
    ):
        assert (answer.document["rows"]["read"], answer.document["loss"]) == (5000, expected["loss"])
