"""The Python interface: the same numbers as the command, from files, frames and tables; typed, and lazily imported."""

from __future__ import annotations

import copy
import doctest
import math
import pickle
import shlex
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

import xent_cli
from tests.running import write_csv, xent

ROWS = [["cat", 0.9, 0.1], ["dog", 0.25, 0.75], ["cat", 0.5, 0.5]]
HEADER = ["label", "prob_cat", "prob_dog"]


def frame() -> pd.DataFrame:
    """The rows as a data frame."""
    return pd.DataFrame(ROWS, columns=HEADER)


def test_every_source_gives_the_number_of_the_command(tmp_path: Path) -> None:
    """A path, a list of paths, a frame, a table and a record batch reader give the document of the command."""
    path = write_csv(tmp_path / "rows.csv", HEADER, ROWS)
    expected = xent("score", path, "--json").document
    table = pa.Table.from_pandas(frame(), preserve_index=False)
    sources = [path, str(path), [path], frame(), table, table.to_reader()]
    for source in sources:
        document = xent_cli.to_document(xent_cli.score(source))
        assert {key: document[key] for key in document if key != "inputs"} == {
            key: expected[key] for key in expected if key != "inputs"
        }


def test_arguments_are_the_flags(tmp_path: Path) -> None:
    """Every keyword does what the flag of its name does."""
    path = write_csv(tmp_path / "rows.csv", [*HEADER, "w"], [[*row, i + 1.0] for i, row in enumerate(ROWS)])
    flags = ["--weight", "w", "--class-weight", "cat=2", "--label-smoothing", "0.1", "--clip", "1e-3", "--normalize"]
    flags += [
        "--divide-by",
        "count",
        "--unit",
        "bits",
        "--confidence",
        "0.9",
        "--samples",
        "2",
        "--ignore-label",
        "dog",
    ]
    report = xent_cli.score(
        path, weight="w", class_weight={"cat": 2.0}, label_smoothing=0.1, clip=1e-3, normalize=True, divide_by="count",
        unit="bits", confidence=0.9, samples=2, ignore_label="dog",
    )  # fmt: skip
    assert xent_cli.to_document(report) == xent("score", path, "--json", *flags).document


def test_selectors_may_be_lists() -> None:
    """Columns may be given as a list of names, also with commas in them; classes and kind are stated likewise."""
    data = frame().rename(columns={"prob_cat": "a, b", "prob_dog": "c"})
    report = xent_cli.score(
        data, kind="sparse", label="label", preds=["a, b", "c"], classes=["cat", "dog"], from_="probs"
    )
    assert report.loss.mean == xent_cli.score(frame()).loss.mean


def test_a_double_quote_in_a_name_is_text(tmp_path: Path) -> None:
    """A column with a double quote in its name is selected by it, and by the command that inspect prints."""
    data = pd.DataFrame({"label": [0, 1, 1], 'p"x': [0.2, 0.7, 0.8]})
    assert xent_cli.score(data, preds=['p"x']).loss.mean == pytest.approx(-math.log(0.8 * 0.7 * 0.8) / 3, rel=1e-15)
    path = tmp_path / "quoted.csv"
    data.to_csv(path, index=False)
    found = xent("inspect", path, "--preds", 'p"x', "--json").document
    command = shlex.split(found["command"])
    assert command[0] == "xent"
    again = xent(*command[1:], "--json").document
    assert again["loss"] == xent("score", path, "--preds", 'p"x', "--json").document["loss"]
    assert again["columns"]["predictions"] == ['p"x']


def test_names_may_be_numbers() -> None:
    """The columns of a frame of predict_proba have numbers as names: they are taken by their text."""
    data = pd.DataFrame([[0.9, 0.1, 0], [0.25, 0.75, 1], [0.5, 0.5, 0]], columns=[0, 1, "label"])
    expected = -math.log(0.9 * 0.75 * 0.5) / 3
    for preds in ([0, 1], range(2), np.array([0, 1]), ["0", "1"], "0,1"):
        assert xent_cli.score(data, kind="sparse", preds=preds).loss.mean == pytest.approx(expected, rel=1e-15)
    plain = pd.DataFrame({0: [0, 1, 0], 1: [0.1, 0.75, 0.5], 2: [1, 1, 2]})
    report = xent_cli.score(plain, label=0, preds=1, weight=2, from_="probs")
    assert report.loss.mean == pytest.approx(-(math.log(0.9) + math.log(0.75) + 2 * math.log(0.5)) / 4, rel=1e-15)


def test_errors_are_exceptions_with_problems() -> None:
    """Bad data raises DataError with every broken rule, wrong arguments UsageError."""
    bad = pd.DataFrame({"label": [1, 0, None], "prob": [0.5, 1.5, 0.5]})
    with pytest.raises(xent_cli.DataError) as caught:
        xent_cli.score(bad)
    assert {problem.rule for problem in caught.value.problems} == {"prob-range", "missing-label"}
    assert caught.value.exit_code == 3
    with pytest.raises(xent_cli.UsageError, match="no-such"):
        xent_cli.score(frame(), label="no-such")
    with pytest.raises(xent_cli.UsageError, match="clip"):
        xent_cli.score(frame(), clip=0.7)
    with pytest.raises(xent_cli.UsageError, match="kind takes None, 'binary', 'categorical', 'sparse'"):
        xent_cli.score(frame(), kind="ternary")  # type: ignore[arg-type]  # that this is refused is the test
    report = xent_cli.score(bad, on_bad_row="skip")
    assert (report.rows.scored, report.rows.bad) == (1, {"missing-label": 1, "prob-range": 1})


def test_a_report_is_frozen_and_equal_to_its_twin() -> None:
    """Two runs on the same data give equal reports, which cannot be changed."""
    one, other = xent_cli.score(frame()), xent_cli.score(frame())
    assert one == other
    with pytest.raises(FrozenInstanceError, match="signature"):
        one.signature = "another"  # type: ignore[misc]  # that this is refused is the test
    with pytest.raises(FrozenInstanceError, match="signature"):
        del one.signature
    with pytest.raises(AttributeError):
        one.remark = "another"  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(one)) == copy.copy(one) == one  # noqa: S301  (of our own making)
    assert replace(one, signature="another").signature == "another"


def test_the_text_of_an_error_is_all_that_the_command_prints(tmp_path: Path) -> None:
    """str(error) holds each problem with its file, rows and help, in the words of the command line."""
    path = write_csv(tmp_path / "bad.csv", ["label", "prob"], [(1, 1.5), ("", 0.5), (0, 0.5), (1, 2.5)])
    with pytest.raises(xent_cli.DataError) as caught:
        xent_cli.score(path)
    text = str(caught.value)
    assert text + "\n" == xent("score", path).err
    assert text.count("error[") == len(caught.value.problems) == 2
    assert text.count(f"--> {path}: row ") == text.count("  help: ") == 2
    with pytest.raises(xent_cli.UsageError, match="help: --clip takes"):
        xent_cli.score(path, clip=2.0)


def test_import_is_lazy() -> None:
    """`import xent_cli` loads neither numpy nor pyarrow; a name that does not exist is an AttributeError."""
    code = (
        "import sys, xent_cli; assert not {'numpy', 'pyarrow', 'rich', 'click', 'pandas'} & set(sys.modules); "
        "assert 'score' in dir(xent_cli); xent_cli.score; assert 'pandas' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        _ = xent_cli.scores  # type: ignore[attr-defined]  # that this is refused is the test


def test_scoring_loads_neither_pandas_nor_dataset(tmp_path: Path) -> None:
    """Scoring a file on the command line loads neither pandas nor pyarrow.dataset (each costs more than the work)."""
    path = write_csv(tmp_path / "rows.csv", HEADER, ROWS)
    table = pa.table({"label": [0, 1], "prob": [0.25, 0.75], "id": ["a", "b"]})
    pq.write_table(table, tmp_path / "rows.parquet")
    feather.write_feather(table, str(tmp_path / "rows.arrow"))
    files = [path, tmp_path / "rows.parquet", tmp_path / "rows.arrow"]
    runs = (*(["score", str(file), "--json"] for file in files), ["score", str(path)], ["inspect", str(path)])
    code = (
        "import sys\nfrom xent_cli.cli.border import main\n"
        f"for words in {runs}:\n"
        "    assert main(words) == 0\n"
        "    assert not {'pandas', 'pyarrow.dataset', 'pyarrow.compute.expr'} & set(sys.modules), words\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_docstring_examples_run() -> None:
    """The examples in the docstrings of the interface give what they show."""
    from xent_cli.api import score

    assert doctest.testmod(score).failed == 0


def test_types_are_published(tmp_path: Path) -> None:
    """A user's type checker sees the types of the public names."""
    user = tmp_path / "user.py"
    user.write_text(
        "import numpy as np\nimport xent_cli\n"
        'report: xent_cli.Report = xent_cli.score("x.csv", unit="bits")\n'
        "mean: float = report.loss.mean\n"
        'xent_cli.score("x.csv", unit="furlongs")\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(user)],
        capture_output=True, timeout=300, check=False, cwd=tmp_path,
    )  # fmt: skip
    found = done.stdout.decode()
    assert "furlongs" in found
    assert "Found 1 error" in found, found
