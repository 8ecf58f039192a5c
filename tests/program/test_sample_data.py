"""`sample_data`: the decimals of the worked examples, the predictions of real models, and what is said about them."""

from __future__ import annotations

import csv
import importlib.util
import math
import re
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.model_selection import train_test_split

from tests.places import SAMPLES
from tests.running import xent

CSV_FILES = sorted(path.name for path in SAMPLES.glob("*.csv"))
PARQUET_FILES = sorted(path.name for path in SAMPLES.glob("*.parquet"))

MULTICLASS = """
    3 -0.5698 -0.0558 -0.2550  1.6812  0.0238
    0 -2.1786  1.3923 -0.2363 -0.4601 -1.4949
    1  1.3679  1.2853  0.4087 -0.5743 -0.2752
    1  2.1995  0.1469 -0.1661  0.4617 -0.4395
    2 -0.5686 -0.7453 -0.1455 -0.5304  0.3020
    4 -0.1489 -0.9143 -1.5282 -0.5023  1.2751
    0 -1.3830 -0.6535  0.5392 -2.2050 -1.4138
    2 -0.5592  1.5028  0.0442 -1.5487 -0.1522
    1  0.7436 -1.8956  1.0145 -0.2974 -2.0576
    3  0.1003  0.6604 -1.3535 -0.3053 -0.4034
"""

# Label and predictions of each row, as the texts print them; a class is given by its number.
WORKED = {
    "cat-dog-bear.csv": "1 0.05 0.85 0.1",
    "cat-image.csv": "1 0.2 0.8",
    "colour-scores.csv": "0 2 1 -1, 1 2 1 -1, 2 2 1 -1",
    "fruit-containers.csv": "0 0.7 0.2 0.1, 2 0.3 0.4 0.3, 2 0.1 0.5 0.4",
    "multiclass-logits.csv": MULTICLASS.strip().replace("\n", ","),
    "panda.csv": "0 0.91 0.04 0.05, 1 0.11 0.8 0.09, 2 0.3 0.1 0.6, 0 0.25 0.4 0.35",
    "seal.csv": "0 0.07, 1 0.91, 1 0.74, 0 0.23, 0 0.85, 1 0.17, 1 0.94",
    "six-predictions.csv": "0 0.5, 1 0.7, 0 0.2, 0 0.3, 0 0.5, 0 0.6",
    "students-model-a.csv": "1 0.1, 1 0.7, 1 0.6, 1 0.2",
    "students-model-b.csv": "0 0.2, 0 0.4, 1 0.7, 1 0.9",
    "ten-logits.csv": """
        1 0.0421, 0 -0.6606, 0 0.6276, 1 1.2491, 0 -1.1535, 0 -1.4137, 1 0.8967, 0 -1.1786, 0 -1.3214, 0 0.2828""",
}

# The products that the texts print: what probability all that happened had.
LIKELIHOODS = {
    "students-model-a.csv": "0.0084",
    "students-model-b.csv": "0.3024",
    "fruit-containers.csv": "0.084",
    "six-predictions.csv": "0.0392",
    "cat-dog-bear.csv": "0.85",
    "cat-image.csv": "0.8",
    "seal.csv": "0.0115588551078",
    "panda.csv": "0.1092",
}


def read(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file as text."""
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def class_names(row: dict[str, str]) -> list[str]:
    """The prediction columns of a row, in order."""
    return [name for name in row if re.match(r"p[0-9]|p_|prob|logit", name)]


def class_number(row: dict[str, str]) -> int:
    """The class of a row: the place of the 1 among t_ columns, a number, or the place of its name in the header."""
    targets = [value for name, value in row.items() if name.startswith("t_")]
    if targets:
        assert sorted(targets) == ["0"] * (len(targets) - 1) + ["1"]
        return targets.index("1")
    label = row["target"] if "target" in row else row["label"]
    if label.isdigit():
        return int(label)
    return [name.partition("_")[2] for name in class_names(row)].index(label)


def loss(label: int, values: list[Any], *, logits: bool) -> Any:
    """The loss of one row in nats, with as many digits as mpmath is set to."""
    z = [mpmath.mpf(value) for value in values]
    if logits:
        z = [0, *z] if len(z) == 1 else z
        return mpmath.log(mpmath.fsum(map(mpmath.exp, z))) - z[label]
    p = [1 - z[0], z[0]] if len(z) == 1 else z
    return -mpmath.log(p[label])


def csv_losses(name: str) -> list[Any]:
    """The losses of a CSV file, from its decimals."""
    rows = read(name)
    names = class_names(rows[0])
    logits = names[0].startswith("logit")
    return [loss(class_number(row), [row[column] for column in names], logits=logits) for row in rows]


def parquet_losses(name: str) -> list[Any]:
    """The losses of a Parquet file."""
    rows = pq.read_table(SAMPLES / name).to_pylist()
    if "logits" in rows[0]:
        return [loss(row["label"], row["logits"], logits=True) for row in rows]
    return [loss(row["label"], [row[f"p{digit}"] for digit in range(10)], logits=False) for row in rows]


def held_out(target: Any) -> list[int]:
    """The rows of a data set that README.md says the models have not seen."""
    rows = np.arange(len(target))
    _, unseen = train_test_split(rows, test_size=0.5, random_state=0, stratify=target)
    return sorted(unseen.tolist())


@pytest.fixture(scope="module")
def make() -> ModuleType:
    """`sample_data/make.py` as a module."""
    spec = importlib.util.spec_from_file_location("make", SAMPLES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_size_of_all_files() -> None:
    """The folder stays under a megabyte."""
    assert sum(path.stat().st_size for path in SAMPLES.iterdir() if path.is_file()) < 1_000_000


@pytest.mark.parametrize("name", WORKED)
def test_worked_example_has_the_decimals_of_the_text(name: str) -> None:
    """A worked example holds the printed decimals, row for row, and nothing else."""
    expected = [[Decimal(word) for word in row.split()] for row in WORKED[name].split(",")]
    rows = read(name)
    assert [[class_number(row), *(Decimal(row[column]) for column in class_names(row))] for row in rows] == expected


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_worked_example_has_the_likelihood_of_the_text(name: str) -> None:
    """The probabilities that the rows give to their labels multiply to the printed product, exactly."""
    product = Decimal(1)
    for row in read(name):
        p = [Decimal(row[column]) for column in class_names(row)]
        product *= ([1 - p[0], p[0]] if len(p) == 1 else p)[class_number(row)]
    assert product == Decimal(LIKELIHOODS[name])


@pytest.mark.parametrize("name", CSV_FILES)
def test_csv_is_plain(name: str) -> None:
    """A CSV file is ASCII with LF line ends, its rows are as wide as its header, and every number is finite."""
    content = (SAMPLES / name).read_bytes()
    assert content.isascii()
    assert b"\r" not in content
    assert content.endswith(b"\n")
    rows = read(name)
    assert all(None not in row and None not in row.values() for row in rows)
    assert all(math.isfinite(float(row[column])) for row in rows for column in class_names(row))


def test_make_writes_the_worked_examples_byte_for_byte(make: ModuleType, tmp_path: Path) -> None:
    """The script gives every worked example as it lies in the folder."""
    make.make_worked(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {name: (SAMPLES / name).read_bytes() for name in WORKED}


def test_make_writes_every_digit_and_lf(make: ModuleType, tmp_path: Path) -> None:
    """A double written by the script reads back as itself."""
    path = tmp_path / "digits.csv"
    make.write_csv(path, ["id", "prob"], [[1, 0.1 + 0.2], [2, 5e-324]])
    assert path.read_bytes() == b"id,prob\n1,0.30000000000000004\n2,5e-324\n"


@pytest.mark.parametrize("name", ["breast_cancer.csv", "breast_cancer-a.csv", "breast_cancer-b.csv"])
def test_breast_cancer_rows_are_the_held_out_half(name: str) -> None:
    """Ids and labels are those of the data set's unseen half, 1 is benign, and probabilities have every digit."""
    data = load_breast_cancer()
    rows = read(name)
    assert list(data.target_names) == ["malignant", "benign"]
    assert [int(row["id"]) for row in rows] == held_out(data.target)
    assert [int(row["label"]) for row in rows] == data.target[held_out(data.target)].tolist()
    assert all(repr(float(row["prob"])) == row["prob"] and 0 <= float(row["prob"]) <= 1 for row in rows)


def test_wine_rows_are_the_held_out_half() -> None:
    """Ids and class names are those of the data set's unseen half, and the rows are distributions."""
    data = load_wine()
    rows = read("wine.csv")
    assert [int(row["id"]) for row in rows] == held_out(data.target)
    assert [row["label"] for row in rows] == [data.target_names[data.target[index]] for index in held_out(data.target)]
    assert class_names(rows[0]) == [f"prob_{name}" for name in data.target_names]
    assert all(abs(math.fsum(float(row[name]) for name in class_names(row)) - 1) < 1e-12 for row in rows)


@pytest.mark.parametrize("name", PARQUET_FILES)
def test_digits_rows_are_the_held_out_half(name: str) -> None:
    """The labels are those of the data set's unseen half, in its order."""
    target = load_digits().target
    assert pq.read_table(SAMPLES / name)["label"].to_pylist() == target[held_out(target)].tolist()


def test_digits_files_have_the_types_that_readme_states() -> None:
    """Ten double columns in one file, one list column of float32 in the other."""
    probs = pq.read_schema(SAMPLES / "digits.parquet")
    assert [(field.name, str(field.type)) for field in probs] == [
        ("label", "int64"),
        *((f"p{digit}", "double") for digit in range(10)),
    ]
    logits = pq.read_schema(SAMPLES / "digits-logits.parquet")
    assert [(field.name, str(field.type)) for field in logits] == [
        ("label", "int64"),
        ("logits", "list<element: float>"),
    ]


def test_digits_files_are_one_model() -> None:
    """The softmax of the logits gives the probabilities, to the precision of a float32 logit."""
    logits = np.array(pq.read_table(SAMPLES / "digits-logits.parquet")["logits"].to_pylist())
    table = pq.read_table(SAMPLES / "digits.parquet")
    probs = np.column_stack([table[f"p{digit}"].to_numpy() for digit in range(10)])
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert probs == pytest.approx(odds / odds.sum(axis=1, keepdims=True), rel=1e-5)
    assert probs.sum(axis=1) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", PARQUET_FILES)
def test_parquet_pages_carry_checksums(name: str, tmp_path: Path) -> None:
    """A flipped bit in the last page of a column is noticed by its checksum, in every column."""
    content = (SAMPLES / name).read_bytes()
    metadata = pq.read_metadata(SAMPLES / name)
    for index in range(metadata.num_columns):
        column = metadata.row_group(0).column(index)
        flipped = bytearray(content)
        start = column.dictionary_page_offset or column.data_page_offset
        flipped[start + column.total_compressed_size - 1] ^= 1
        path = tmp_path / f"{index}.parquet"
        path.write_bytes(flipped)
        with pytest.raises(OSError, match="CRC checksum verification failed"):
            pq.ParquetFile(path, page_checksum_verification=True).read()


def listed() -> list[tuple[str, int, str]]:
    """The files that README.md lists: name, rows and mean loss to ten digits."""
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|.*\| (\d+) \| ([\d.]+) \|$", text, re.MULTILINE)
    return [(name, int(count), mean) for name, count, mean in rows]


def test_readme_lists_every_file() -> None:
    """The tables in README.md name each data file once."""
    assert sorted(name for name, _, _ in listed()) == sorted(CSV_FILES + PARQUET_FILES)


@pytest.mark.parametrize(("name", "rows", "mean"), listed())
def test_readme_has_the_rows_and_the_mean_loss(name: str, rows: int, mean: str) -> None:
    """The rows and the mean loss in README.md are those that the numbers in the file give."""
    with mpmath.workdps(60):
        losses = csv_losses(name) if name.endswith(".csv") else parquet_losses(name)
        assert (len(losses), mpmath.nstr(mpmath.fsum(losses) / len(losses), 10)) == (rows, mean)


@pytest.mark.parametrize(("name", "rows", "mean"), listed())
def test_xent_scores_the_file_without_a_flag(name: str, rows: int, mean: str) -> None:
    """Every sample file is understood as it is, all its rows are scored, and the mean is the one in README.md."""
    answer = xent("score", SAMPLES / name, "--json")
    assert answer.status == 0, answer.err
    assert answer.document["rows"]["scored"] == rows
    assert f"{answer.document['loss']['mean']:.10g}" == mean
