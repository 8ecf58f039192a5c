"""The readers as one: what they import, that chunks decode in any thread, what a request asks for."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from tests.reading import BINARY, Whole, problem, read, read_csv
from xent_cli import readers
from xent_cli.contract.report import Notice
from xent_cli.readers import Request, expand, open_file
from xent_cli.readers.arrow.in_memory import open_table
from xent_cli.readers.interface import SHOWN_WIDTH, ReadRemarks, TableFile, shorten

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 140_000
LABELS = [f"c{n % 7}" for n in range(ROWS)]
PROBS = [n / ROWS for n in range(ROWS)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same rows in each format."""
    folder = tmp_path_factory.mktemp("formats")
    made = {name: folder / f"p.{name}" for name in ("csv", "parquet", "arrow")}
    table = pa.table({"label": LABELS, "prob": PROBS})
    rows = "".join(f"{label},{prob!r}\n" for label, prob in zip(LABELS, PROBS, strict=True))
    made["csv"].write_text("label,prob\n" + rows, encoding="utf-8")
    parquet.write_table(table, made["parquet"])
    feather.write_feather(table, made["arrow"], chunksize=1000)
    return made


@pytest.mark.parametrize("name", ["csv", "parquet", "arrow"])
def test_every_format_gives_the_same_rows(name: str, files: dict[str, Path]) -> None:
    """CSV, Parquet and Arrow of the same table decode to the same labels and the same doubles."""
    found = read(files[name])
    assert (found.rows, found.coded["label"], found.column, found.faults) == (ROWS, LABELS, PROBS, {})


@pytest.mark.parametrize("name", ["csv", "parquet", "arrow"])
def test_chunks_decode_in_any_thread(name: str, files: dict[str, Path]) -> None:
    """Chunks that are decoded by several threads, after their file is closed, are the same blocks."""
    with open_file(*expand([str(files[name])])) as file:
        chunks = list(file.chunks(BINARY))
    together = Whole()
    with ThreadPoolExecutor(4) as pool:
        for block in pool.map(lambda chunk: chunk.decode(), chunks):
            together.add(block)
    assert len(chunks) > 1
    assert (together.coded["label"], together.column) == (LABELS, PROBS)


@pytest.mark.parametrize(
    ("name", "unloaded"),
    [
        ("csv", {"pandas", "pyarrow.dataset", "pyarrow.compute", "pyarrow.parquet", "pyarrow.fs"}),
        ("parquet", {"pandas", "pyarrow.dataset", "pyarrow.csv"}),
        ("arrow", {"pandas", "pyarrow.dataset", "pyarrow.csv", "pyarrow.parquet"}),
    ],
)
def test_what_reading_a_file_loads(name: str, unloaded: set[str], files: dict[str, Path]) -> None:
    """Reading a file loads the part of pyarrow that reads it, and never pandas or pyarrow.dataset."""
    script = (
        "import sys; from xent_cli.readers import *\n"
        "f = open_file(*expand([sys.argv[1]]))\n"
        "r = Request(coded=('label',), matrix=('prob',))\n"
        "print(sum(c.decode().rows for c in f.chunks(r)), *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(files[name])], capture_output=True, text=True, check=True)
    rows, *modules = done.stdout.split()
    assert int(rows) == ROWS
    assert not unloaded & set(modules)


def test_requests_name_their_columns_once() -> None:
    """A column in several roles is read once; the roles tell lists, numbers and text apart."""
    request = Request(("y",), ("w",), ("p",), matrix_list=True, targets=("t", "w"), text=("id", "y"))
    assert request.names() == ("y", "w", "p", "t", "id")
    assert (request.lists(), request.numeric(), request.textual()) == (("p",), ("w", "t", "w"), ("y", "id", "y"))


def test_shown_values_are_short() -> None:
    """A value of any length is shown in at most 80 characters."""
    assert (shorten("a" * SHOWN_WIDTH), len(shorten("a" * 81)), shorten("abcdef", 3)) == ("a" * SHOWN_WIDTH, 80, "ab…")


def test_every_public_name_is_there() -> None:
    """What the package exports exists."""
    assert all(hasattr(readers, name) for name in readers.__all__)


def test_tables_and_files_are_of_one_kind(files: dict[str, Path]) -> None:
    """What is open answers all that the protocol asks, by context manager or not."""
    opened: list[TableFile] = [open_file(*expand([str(path)])) for path in files.values()]
    opened.append(open_table(pa.table({"label": ["a"], "prob": [0.5]})))
    for file in opened:
        assert (file.names, len(file.types), file.notices) == (("label", "prob"), 2, [])
        assert (file.checksums, file.labels) == (None, None)
        assert all(section.rows >= 0 for section in file.sections(BINARY, 2))
        file.close()


def test_remarks_of_sections_are_added_up() -> None:
    """A file has checksums only if every section of it that was looked at has them; notices keep their order."""
    table = open_table(pa.table({"label": ["a"]}))
    first, second = Notice("a", "one"), Notice("b", "two")
    seen = []
    for remarks in (ReadRemarks((first,)), ReadRemarks((second,), True), ReadRemarks((), False), ReadRemarks((), True)):
        table.absorb(remarks)
        seen.append(table.checksums)
    assert (table.notices, seen) == ([first, second], [None, True, False, False])


def test_blank_and_duplicate_names_in_every_format(tmp_path: Path) -> None:
    """Names that cannot be told apart are refused by Arrow files too."""
    table = pa.Table.from_arrays([pa.array([1.0])] * 3, ["x", "x", " "])
    feather_path = tmp_path / "p.arrow"
    with pa.OSFile(str(feather_path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    for name, words in (("x", "2 columns are named"), (" ", "has no name")):
        assert words in problem(read, feather_path, Request(matrix=(name,))).message
    assert read_csv(b"x,x,y\n1,2,3\n", Request(matrix=("y",))).column == [3.0]
