"""Tables in memory: what pyarrow and pandas hold is read like a file."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.reading import bits, problem, whole
from xent_cli.readers import Request
from xent_cli.readers.arrow.in_memory import open_table

TABLE = pa.table({"label": ["a", "b", None], "prob": [0.5, None, 1.0]})


class Stream:
    """Anything that offers the Arrow stream interface."""

    def __arrow_c_stream__(self, schema: Any = None) -> Any:
        return TABLE.__arrow_c_stream__(schema)


@pytest.mark.parametrize(
    "make",
    [
        lambda: TABLE,
        lambda: TABLE.to_batches()[0],
        TABLE.to_reader,
        lambda: pd.DataFrame({"label": ["a", "b", None], "prob": [0.5, None, 1.0]}),
        Stream,
    ],
    ids=["table", "batch", "reader", "pandas", "stream"],
)
def test_tables_of_every_kind(make: Any) -> None:
    """Tables, batches, readers, pandas frames and Arrow streams give the same rows."""
    file = open_table(make())
    assert (file.path, file.format, file.bytes, file.names) == ("<memory>", "memory", None, ("label", "prob"))
    found = whole(file)
    assert found.coded["label"] == ["a", "b", None]
    assert bits(found.column) == bits([0.5, math.nan, 1.0])
    assert found.faults == {("missing-label", "label"): [2], ("missing-value", "prob"): [1]}


def test_an_index_is_left_out() -> None:
    """The index of a frame is no column."""
    frame = pd.DataFrame({"prob": [0.5, 1.0]}, index=pd.Index([7, 9], name="prob_index"))
    assert open_table(frame).names == ("prob",)


def test_categories_booleans_and_small_floats() -> None:
    """Categorical labels, boolean targets and float32 predictions of pandas keep their values."""
    frame = pd.DataFrame(
        {
            "label": pd.Categorical(["x", "y", "x"], categories=["y", "x", "unused"]),
            "hit": [True, False, True],
            "prob": np.array([0.1, 0.2, 0.3], np.float32),
        }
    )
    found = whole(open_table(frame), Request(coded=("label", "hit"), matrix=("prob",)))
    assert found.coded == {"label": ["x", "y", "x"], "hit": ["true", "false", "true"]}
    assert found.column == np.array([0.1, 0.2, 0.3], np.float32).astype(float).tolist()


def test_columns_of_mixed_values_are_text() -> None:
    """A column without one type is read as the text of its values: labels are text."""
    found = whole(open_table(pd.DataFrame({"label": [1, "a", None]})), Request(coded=("label",)))
    assert found.coded == {"label": ["1", "a", None]}


def test_other_objects_are_refused() -> None:
    """What offers no Arrow stream is a mistake of the caller, who is told what to pass."""
    for other, kind in (([1, 2], "list"), ({"label": [1], "prob": [0.5]}, "dict")):
        with pytest.raises(
            TypeError, match=f"a {kind}: .*__arrow_c_stream__; pass a pandas DataFrame or an Arrow table"
        ):
            open_table(other)


def test_readers_are_read_once_tables_again() -> None:
    """A table can be read twice; a reader that is used up says so."""
    table = open_table(TABLE)
    assert [sum(chunk.decode().rows for chunk in table.chunks(Request())) for _ in range(2)] == [3, 3]
    reader = open_table(TABLE.to_reader())
    assert sum(chunk.decode().rows for chunk in reader.chunks(Request())) == 3
    assert "only once" in problem(reader.chunks, Request()).message


def test_lists_in_frames() -> None:
    """A column of arrays is a list column."""
    frame = pd.DataFrame({"label": ["a", "b"], "probs": [np.array([0.5, 0.5]), np.array([0.25, 0.75])]})
    found = whole(open_table(frame), Request(coded=("label",), matrix=("probs",), matrix_list=True))
    assert found.matrix == [[0.5, 0.5], [0.25, 0.75]]
