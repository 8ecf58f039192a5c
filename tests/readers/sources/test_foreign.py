"""Files of other formats: named for what they are, and the line that is printed makes a table of them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import math
import pickle
import shutil
import sqlite3
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reading import problem, read, read_stdin
from tests.running import xent

LABELS, PROBS = [1, 0, 1], [0.9, 0.2, 0.6000000000000001]
MEAN = -(math.log(0.9) + math.log1p(-0.2) + math.log(0.6000000000000001)) / 3
TABLE = pd.DataFrame({"label": LABELS, "prob": PROBS})
CSV = TABLE.to_csv(index=False).encode()


def member(name: bytes, content: bytes = b"") -> bytes:
    """The first member of a zip archive, stored."""
    return struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, len(content), 0, len(name), 0) + name + content


def saved(save: Any, *args: Any, **named: Any) -> bytes:
    """What a function writes to a file that it is given first."""
    save(sink := io.BytesIO(), *args, **named)
    return sink.getvalue()


def zipped(data: bytes) -> bytes:
    """The data as the only file of a zip archive."""
    with zipfile.ZipFile(sink := io.BytesIO(), "w") as archive:
        archive.writestr("preds.csv", data)
    return sink.getvalue()


def tarred(data: bytes) -> bytes:
    """The data as the only file of a tar archive."""
    with tarfile.open(fileobj=(sink := io.BytesIO()), mode="w") as archive:
        entry = tarfile.TarInfo("preds.csv")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return sink.getvalue()


SAFETENSORS = struct.pack("<Q", 61) + b'{"prob":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}   ' + b"\0" * 12
OBJECTS = saved(np.save, np.array([[1], [2, 3]], dtype=object), allow_pickle=True)
LINES = b'{"label": 1, "prob": 0.5}\n{"label": 0, "prob": 0.5}\n'

KINDS: dict[str, tuple[bytes, str, str]] = {
    "zip": (member(b"preds.csv"), "a zip archive", "unzip -p p.x | xent score -"),
    "empty zip": (b"PK\x05\x06" + b"\0" * 18, "a zip archive", "unzip -p"),
    "xlsx": (member(b"[Content_Types].xml"), "an Excel workbook", "pandas.read_excel('p.x')"),
    **{
        f"xlsx that begins with {name}": (member(name.encode()), "an Excel workbook", "save the sheet as CSV")
        for name in ("_rels/.rels", "docProps/app.xml", "xl/worksheets/sheet1.xml")
    },
    "ods": (member(b"mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument file", "CSV"),
    "epub": (member(b"mimetype", b"application/epub+zip"), "a zip archive", "unzip -p"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 40, "an Excel workbook", "save the sheet as CSV"),
    "npz": (saved(np.savez, label=LABELS, prob=PROBS), "a NumPy archive (.npz)", "numpy.load('p.x')"),
    "npy": (saved(np.save, np.eye(2)), "a NumPy array, without column names and labels", "--labels"),
    "safetensors": (SAFETENSORS, "a safetensors file", "load_file('p.x')"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 40, "an HDF5 file", "pandas.read_hdf('p.x')"),
    "avro": (b"Obj\x01\x04\x16avro", "an Avro file", "fastavro"),
    "orc": (saved(TABLE.to_orc), "an ORC file", "pandas.read_orc('p.x')"),
    "sqlite": (b"SQLite format 3\0" + b"\0" * 40, "an SQLite database", "sqlite3 -header -csv p.x"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "a PDF document", "export the table as CSV"),
    "feather 1": (b"FEA1" + b"\0" * 40, "a Feather file of version 1", "Parquet"),
    "xz": (lzma.compress(CSV), "xz-compressed", "xz -dc p.x | xent score -"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + b"\0" * 40, "a 7-Zip archive", "7z x -so p.x"),
    "tar": (tarred(CSV), "a tar archive", "tar -xOf p.x | xent score -"),
    "r": (b"X\n\0\0\0\x03" + b"\0" * 40, "an R object (RDS)", "readRDS('p.x')"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer, not the data", "git lfs pull"),
    "html": (b"<!DOCTYPE html>\n<html>", "an HTML or XML page", "download the file itself"),
    "json lines": (LINES, "JSON lines", "map(json.loads, open('p.x'))"),
    "one long line": (b'{"text": "' + b"x" * 500 + b'", "label": 1}', "JSON lines", "json.loads"),
    "json array": (b'[{"label": 1}]\n', "JSON", "json.load(open('p.x'))"),
    "indented json": (b'{\n  "label": [1, 0],\n  "prob": [0.5, 0.5]\n}\n', "JSON", "json.load(open('p.x'))"),
}

CODE: dict[str, tuple[bytes, str]] = {
    "pickle": (pickle.dumps({"label": LABELS}), "a Python pickle"),
    "old pickle": (pickle.dumps({"label": LABELS}, protocol=2), "a Python pickle"),
    "torch": (member(b"archive/data.pkl"), "a PyTorch file (a pickle)"),
    "joblib": (zlib.compress(pickle.dumps({"label": LABELS}), 3), "a compressed Python pickle (joblib)"),
    "objects": (OBJECTS, "a NumPy array of Python objects (a pickle)"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_formats_are_named_for_what_they_are(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An intact file of another format is not called corrupt, and the help holds its path where that is plain."""
    monkeypatch.chdir(tmp_path)
    data, what, cure = KINDS[kind]
    Path("p.x").write_bytes(data)
    found = problem(read, Path("p.x"))
    assert (found.rule, found.message) == ("unsupported-format", f"the file is {what}, which is not read")
    assert cure in str(found.help)
    answer = xent("score", "p.x")
    assert (answer.status, answer.out) == (3, "")
    assert answer.err.startswith(f"error[unsupported-format]: the file is {what}, which is not read\n  --> p.x\n")


@pytest.mark.parametrize("kind", CODE)
def test_what_runs_code_is_refused_by_its_content(kind: str, tmp_path: Path) -> None:
    """A pickle is refused whatever its name and wrapping, with ways to write it again without one."""
    data, what = CODE[kind]
    (tmp_path / "preds.csv").write_bytes(data)
    found = problem(read, tmp_path / "preds.csv")
    assert (found.rule, found.message) == ("pickle", f"the file is {what}, and reading one runs the code in it")
    assert "np.save" in str(found.help)
    assert "where you trust it" in str(found.help)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"xz", "7z", "zip", "empty zip"}) + sorted(CODE))
def test_formats_are_told_inside_compression(kind: str) -> None:
    """What is compressed besides is told for what it is, with the same help."""
    data = {**KINDS, **CODE}[kind][0]
    found = problem(read_stdin, gzip.compress(data))
    assert found.rule == ("pickle" if kind in CODE else "unsupported-format")
    assert "inside gzip compression" in found.message
    assert str(found.help).startswith("unpack it first; then ")


def test_a_compressed_file_in_a_compressed_one_is_no_damage() -> None:
    """Data packed twice is intact."""
    found = problem(read_stdin, bz2.compress(gzip.compress(CSV)))
    assert (found.rule, found.help) == ("unsupported-format", "bzip2 -dc FILE > UNPACKED")


def made(name: str, data: bytes) -> str:
    """A file in the working directory."""
    Path(name).write_bytes(data)
    return name


def database(name: str) -> str:
    """A database with a table called TABLE's place."""
    with sqlite3.connect(name) as connection:
        TABLE.to_sql("preds", connection, index=False)
    connection.close()
    return name


def help_of(path: str) -> str:
    """The help of the refusal of a file."""
    answer = xent("score", path, "--json")
    assert answer.status == 3
    return str(answer.errors[0]["help"])


def run(line: str) -> str:
    """Run a line of a help in a shell with xent and python on its path."""
    shell = f'python() {{ "{sys.executable}" "$@"; }}; xent() {{ "{sys.executable}" -m xent_cli "$@"; }}; {line}'
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


RECORDS = TABLE.to_dict("records")
PASTED: dict[str, bytes] = {
    "preds.npz": saved(np.savez, label=LABELS, prob=PROBS),
    "preds.jsonl": "".join(json.dumps(each) + "\n" for each in RECORDS).encode(),
    "records.json": json.dumps(RECORDS).encode(),
    "columns.json": json.dumps(TABLE.to_dict("list")).encode(),
    "indented.json": json.dumps(RECORDS, indent=1).encode(),
    "preds.orc": saved(TABLE.to_orc),
    "preds.pkl": pickle.dumps(TABLE),
}


@pytest.mark.parametrize("name", PASTED)
def test_the_line_that_converts_gives_the_number(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pasted, the printed line writes a file that scores to the exact mean of the original numbers."""
    monkeypatch.chdir(tmp_path)
    line = help_of(made(name, PASTED[name]))
    run(line[line.index("python -c") :])
    assert xent("score", f"{name}.parquet", "--json").document["loss"]["mean"] == pytest.approx(MEAN, rel=1e-15)


def test_the_line_for_an_array_gives_columns_for_a_file_of_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A matrix of NumPy becomes a column a class, which `--labels` completes."""
    monkeypatch.chdir(tmp_path)
    line = help_of(made("preds.npy", saved(np.save, np.array([[1 - p, p] for p in PROBS]))))
    run(line.partition("; --labels")[0])
    made("labels.csv", b"label\n1\n0\n1\n")
    answer = xent("score", "preds.npy.parquet", "--labels", "labels.csv", "--json")
    assert answer.document["loss"]["mean"] == pytest.approx(MEAN, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "data", "tool"),
    [
        ("preds.zip", zipped(CSV), "unzip"),
        ("preds.csv.xz", lzma.compress(CSV), "xz"),
        ("preds.tar", tarred(CSV), "tar"),
        ("preds.tgz", gzip.compress(tarred(CSV)), "tar"),
    ],
)
def test_the_line_that_unpacks_gives_the_number(
    name: str, data: bytes, tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pasted, the printed line scores what is in the archive."""
    monkeypatch.chdir(tmp_path)
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool}")
    line = help_of(made(name, data)).removeprefix("unpack it first; then ").replace("FILE", name)
    assert json.loads(run(f"{line} --json"))["loss"]["mean"] == pytest.approx(MEAN, rel=1e-15)


def test_the_line_for_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pasted with the name of the table, the printed line scores it."""
    monkeypatch.chdir(tmp_path)
    if shutil.which("sqlite3") is None:
        pytest.skip("there is no sqlite3")
    line = help_of(database("preds.db")).replace("TABLE", "preds")
    assert json.loads(run(f"{line} --json"))["loss"]["mean"] == pytest.approx(MEAN, rel=1e-14)


def test_a_path_that_needs_quotes_is_not_pasted(tmp_path: Path) -> None:
    """A path that could end a quote of the shell or of Python leaves FILE where it would stand."""
    path = tmp_path / "it's $(here).npz"
    path.write_bytes(PASTED["preds.npz"])
    assert "numpy.load('FILE')" in help_of(str(path))


@pytest.mark.parametrize("name", ["ORC_a", "x^2", "[id]"])
def test_a_table_is_not_taken_for_another_format(name: str, tmp_path: Path) -> None:
    """Names of columns that begin like the first bytes of a format are names."""
    path = tmp_path / "preds.csv"
    path.write_text(f"{name},label,prob\n7,1,0.5\n")
    assert xent("score", path, "--json").document["loss"]["mean"] == math.log(2)
