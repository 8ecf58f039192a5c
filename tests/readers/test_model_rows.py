"""The rows of one model in a file of several: the others never show, and every row is where it stands in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from xent_cli.api.inputs import inputs_of
from xent_cli.contract.errors import DataError, UsageError
from xent_cli.readers.interface import Request
from xent_cli.readers.model_rows import MOST_MODELS, ModelRows, model_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xent_cli.readers.interface import TableFile

LONG = "model,id,label,prob\nb,1,1,0.7\na,1,1,0.6\nb,2,0,x\na,2,0,0.1\nb,3,1,0.9\n"
REQUEST = Request(coded=("label",), numbers=("prob",), text=("id",))


def opener(path: Path, text: str) -> Callable[[], TableFile]:
    """What opens a file of this text."""
    path.write_text(text, encoding="utf-8")
    return inputs_of(str(path), None, None).openers()[0]


def test_models_come_in_the_order_of_their_first_rows(tmp_path: Path) -> None:
    """The first model of the file is the first name: it is the baseline unless another is named."""
    assert model_names(opener(tmp_path / "a.csv", LONG), "model") == ("b", "a")


def test_only_the_rows_of_the_model_are_read(tmp_path: Path) -> None:
    """Numbers, labels and texts are those of the rows of the model, in the order of the file, without its column."""
    with ModelRows(opener(tmp_path / "a.csv", LONG)(), "model", "a") as file:
        assert file.names == ("id", "label", "prob")
        (block,) = [chunk.decode() for chunk in file.chunks(REQUEST)]
    assert block.rows == 2
    assert block.numbers["prob"].tolist() == [0.6, 0.1]
    assert block.coded["label"].texts() == ["1", "0"]
    assert block.text["id"].to_pylist() == ["1", "2"]
    assert block.faults == ()


def test_faults_stand_where_they_stand_in_the_file(tmp_path: Path) -> None:
    """A fault keeps its text, and its row and line are those of the whole file."""
    with ModelRows(opener(tmp_path / "a.csv", LONG)(), "model", "b") as file:
        (block,) = [chunk.decode() for chunk in file.chunks(REQUEST)]
    (fault,) = block.faults
    assert (fault.rows.tolist(), fault.values) == ([1], ("x",))
    place = block.home(1, ("prob",))
    assert place is not None
    assert (place.row, place.line) == (3, 4)


def test_matrices_and_row_groups(tmp_path: Path) -> None:
    """Class columns are cut in every row group, and rows of later groups count those before them."""
    table = pa.table(
        {"m": ["a", "b", "a", "b"], "y": [0, 1, 1, 0], "p0": [0.1, 0.2, 0.3, 0.4], "p1": [0.9, 0.8, 0.7, 0.6]}
    )
    path = tmp_path / "a.parquet"
    parquet.write_table(table, path, row_group_size=2)
    with ModelRows(inputs_of(str(path), None, None).openers()[0](), "m", "b") as file:
        blocks = [chunk.decode() for chunk in file.chunks(Request(coded=("y",), matrix=("p0", "p1")))]
    rows = [row for block in blocks for row in block.matrix.tolist()]  # type: ignore[union-attr]  # a matrix was asked for
    assert rows == [[0.2, 0.8], [0.4, 0.6]]
    last = blocks[-1].home(blocks[-1].rows - 1, ())
    assert last is not None
    assert last.row == 4


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A typo is answered with the column that may have been meant."""
    with pytest.raises(UsageError) as caught:
        model_names(opener(tmp_path / "a.csv", LONG), "modle")
    assert caught.value.problems[0].help == "did you mean model?"


def test_a_row_without_a_model_is_refused(tmp_path: Path) -> None:
    """A row that is of no model would be left out without a word."""
    with pytest.raises(DataError) as caught:
        model_names(opener(tmp_path / "a.csv", LONG + ",4,1,0.5\n"), "model")
    (problem,) = caught.value.problems
    assert (problem.rule, problem.where.row if problem.where else None) == ("missing-model", 6)


def test_a_column_of_ids_is_no_column_of_models(tmp_path: Path) -> None:
    """A column with more values than anyone compares models is refused before a model is read for each of them."""
    rows = "".join(f"{n},1,0.5\n" for n in range(MOST_MODELS + 1))
    with pytest.raises(DataError) as caught:
        model_names(opener(tmp_path / "a.csv", "m,label,prob\n" + rows), "m")
    assert caught.value.problems[0].rule == "too-many-models"
