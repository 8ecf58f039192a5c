"""Models of one file: as columns, or as rows told apart by a column; the numbers are those of files of their own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import xent_cli
from tests.running import xent

if TYPE_CHECKING:
    from pathlib import Path

WIDE = "y_true,lr_proba,dt_proba,knn_proba\n1,0.7,0.9,0.8\n0,0.2,0.1,0.4\n1,0.6,0.3,0.9\n0,0.3,0.5,0.2\n"
MODELS = ("lr", "dt", "knn")


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """Three models as columns."""
    path = tmp_path / "wide.csv"
    path.write_text(WIDE, encoding="utf-8")
    return path


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """The same models, one row below the other, in an order of their own each."""
    frame = pd.read_csv(io.StringIO(WIDE))
    parts = [
        pd.DataFrame({"model": name, "id": frame.index, "label": frame["y_true"], "prob": frame[f"{name}_proba"]})
        for name in MODELS
    ]
    mixed = pd.concat([parts[0], parts[1][::-1], parts[2].sample(frac=1, random_state=3)])
    path = tmp_path / "long.csv"
    mixed.to_csv(path, index=False)
    return path


def apart(tmp_path: Path) -> list[str]:
    """The same models in a file each."""
    frame, paths = pd.read_csv(io.StringIO(WIDE)), []
    for name in MODELS:
        path = tmp_path / f"{name}.csv"
        frame[["y_true", f"{name}_proba"]].set_axis(["label", "prob"], axis=1).to_csv(path, index=False)
        paths.append(str(path))
    return paths


def numbers(document: dict[str, object]) -> list[dict[str, object]]:
    """The candidates of a comparison without their names."""
    candidates = document["candidates"]
    assert isinstance(candidates, list)
    return [{name: value for name, value in each.items() if name != "path"} for each in candidates]


def test_columns_are_compared_as_files_of_their_own_would_be(wide: Path, tmp_path: Path) -> None:
    """Models in columns of one file give every number that files of one model each give."""
    expected = xent("compare", *apart(tmp_path), "--json").document
    found = xent("compare", wide, "--models", "lr_proba,dt_proba,knn_proba", "--json").document
    assert numbers(found) == numbers(expected)
    assert [found["baseline"]["path"], *(each["path"] for each in found["candidates"])] == [
        "lr_proba", "dt_proba", "knn_proba",
    ]  # fmt: skip


def test_rows_are_compared_by_their_key(long: Path, tmp_path: Path) -> None:
    """Models in rows of one file, in whatever order, give every number that files of one model each give."""
    expected = xent("compare", *apart(tmp_path), "--json").document
    found = xent("compare", long, "--model-column", "model", "--on", "id", "--json").document
    assert numbers(found) == numbers(expected)


def test_a_family_for_each_model(tmp_path: Path) -> None:
    """--models given more than once names the class columns of a model each."""
    path = tmp_path / "families.csv"
    path.write_text("label,a_x,a_y,b_x,b_y\nx,0.7,0.3,0.6,0.4\ny,0.2,0.8,0.5,0.5\n", encoding="utf-8")
    words = ("--models", "a_*", "--models", "b_*", "--kind", "sparse", "--classes", "x,y")
    found = xent("compare", path, *words, "--json").document
    assert [each["path"] for each in found["candidates"]] == ["b_*"]
    assert found["baseline"]["mean"] == pytest.approx(0.28990924762647106, rel=1e-15)  # (ln 1/0.7 + ln 1/0.8) / 2


@pytest.mark.parametrize("name", ["dt_proba", "knn_proba"])
def test_against_names_the_baseline(wide: Path, name: str) -> None:
    """The named model is the baseline, and the others keep their order."""
    words = ("compare", wide, "--models", "lr_proba,dt_proba,knn_proba", "--against", name, "--json")
    found = xent(*words).document
    assert found["baseline"]["path"] == name
    others = [f"{each}_proba" for each in MODELS if f"{each}_proba" != name]
    assert [each["path"] for each in found["candidates"]] == others


def test_against_chooses_among_files(tmp_path: Path) -> None:
    """--against holds for files as well: their paths are the names of the models."""
    first, second, third = apart(tmp_path)
    found = xent("compare", first, second, third, "--against", third, "--json").document
    assert found["baseline"]["path"] == third


def test_python_takes_the_same(wide: Path, long: Path) -> None:
    """`xent_cli.compare` takes models, model_column and against, and gives the numbers of the command."""
    frame = pd.read_csv(wide)
    found = xent_cli.compare(frame, models=["lr_proba", "dt_proba", "knn_proba"], against="knn_proba")
    command = xent("compare", wide, "--models", "lr_proba,dt_proba,knn_proba", "--against", "knn_proba", "--json")
    assert numbers(xent_cli.to_document(found)) == numbers(command.document)
    rows = xent_cli.compare(pd.read_csv(long), model_column="model", on="id", against="knn")
    assert numbers(xent_cli.to_document(rows)) == numbers(command.document)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("--models", "lr_proba"), 2, "there is one model, lr_proba, and nothing to compare it with"),
        (("--models", "lr_proba,dt_prob"), 2, "did you mean dt_proba"),
        (("--models", "lr_proba,dt_proba", "--against", "dt"), 2, "--against 'dt' is none of the models"),
        (("--model-column", "y_true"), 2, "--model-column needs --on"),
        (("--model-column", "modle", "--on", "y_true"), 2, "no column 'modle' for --model-column"),
        (("--models", "lr_proba", "--model-column", "y_true", "--on", "y_true"), 2, "give one of them"),
        ((), 2, "Missing argument 'CANDIDATE...'"),
    ],
    ids=["one", "typo", "against", "no key", "no column", "both", "nothing"],
)
def test_what_makes_no_sense_is_refused(wide: Path, words: tuple[str, ...], status: int, says: str) -> None:
    """Each slip is answered with what is wrong, and nothing is compared."""
    answer = xent("compare", wide, *words)
    assert (answer.status, answer.out) == (status, "")
    assert says in answer.err


def test_several_files_have_models_of_their_own(wide: Path, tmp_path: Path) -> None:
    """--models is about one file: with several, each is a model."""
    answer = xent("compare", wide, apart(tmp_path)[0], "--models", "lr_proba,dt_proba")
    assert answer.status == 2
    assert "--models compares models of one file, and there are 2" in answer.err


def test_standard_input_is_read_once(long: Path) -> None:
    """A file that is read once for each model cannot be standard input."""
    answer = xent("compare", "-", "--models", "lr_proba,dt_proba", stdin=long.read_bytes())
    assert answer.status == 2
    assert "save it to a file first" in answer.err


def test_an_error_stands_where_it_stands_in_the_file(long: Path) -> None:
    """A bad row of a model is named by its row and line in the whole file."""
    with long.open("a", encoding="utf-8") as file:
        file.write("knn,9,1,1.5\n")
    answer = xent("compare", long, "--model-column", "model", "--on", "id")
    assert answer.status == 3
    assert "long.csv: row 13, line 14, column prob = 1.5" in answer.err
