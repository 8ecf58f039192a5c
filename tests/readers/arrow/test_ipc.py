"""Arrow IPC files, streams and Feather: the same rows, and hostile bytes that never reach NumPy."""

from __future__ import annotations

import io
import math
import random
import struct
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import feather

from tests.reading import bits, problem, read, read_stdin, result
from xent_cli.contract.errors import Problem
from xent_cli.readers import Request, expand, open_file

if TYPE_CHECKING:
    from pathlib import Path

LISTS = Request(coded=("label",), matrix=("probs",), matrix_list=True)
TABLE = pa.table(
    {
        "label": pa.array(["b", "a", None, "c"] * 10).dictionary_encode(),
        "unused": pa.array([{"x": 1}] * 40),
        "prob": pa.array([0.5, None, math.nan, 1.0] * 10),
        "probs": pa.array([[0.5, 0.25]] * 40, pa.list_(pa.float32())),
    }
)


def ipc(table: Any, *, stream: bool, codec: str | None = None, rows: int = 7) -> bytes:
    """A table as bytes of Arrow IPC."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=codec)
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows)
    data: bytes = sink.getvalue().to_pybytes()
    return data


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("codec", [None, "lz4", "zstd"])
@pytest.mark.parametrize("stdin", [False, True])
def test_rows_are_read_in_order(stream: bool, codec: str | None, stdin: bool, tmp_path: Path) -> None:
    """Files and streams, compressed or not, on disk or piped, give the same rows and faults."""
    path = tmp_path / "p.arrow"
    path.write_bytes(ipc(TABLE, stream=stream, codec=codec))
    whole = read_stdin(path.read_bytes()) if stdin else read(path)
    assert whole.coded["label"] == ["b", "a", None, "c"] * 10
    assert bits(whole.column) == bits([0.5, math.nan, math.nan, 1.0] * 10)
    assert whole.faults == {
        ("missing-label", "label"): list(range(2, 40, 4)),
        ("missing-value", "prob"): list(range(1, 40, 4)),
    }


@pytest.mark.parametrize("codec", ["uncompressed", "lz4", "zstd"])
def test_feather_is_arrow(codec: str, tmp_path: Path) -> None:
    """Feather 2 is read, whatever its extension."""
    for name in ("p.feather", "p.csv"):
        feather.write_feather(TABLE, tmp_path / name, compression=codec)
        with open_file(*expand([str(tmp_path / name)])) as file:
            assert (file.format, file.names) == ("arrow", tuple(TABLE.column_names))
        assert read(tmp_path / name, LISTS).matrix == [[0.5, 0.25]] * 40


def test_dictionaries_may_change_between_batches() -> None:
    """A stream that replaces its dictionary is read by value."""
    schema = pa.schema([("label", pa.dictionary(pa.int8(), pa.string())), ("prob", pa.float64())])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for labels in (["a", "b"], ["b", "c"]):
            arrays = [pa.array(labels).dictionary_encode().cast(schema[0].type), pa.array([0.5, 1.0])]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    assert read_stdin(sink.getvalue().to_pybytes()).coded["label"] == ["a", "b", "b", "c"]


def test_large_batches_are_sliced() -> None:
    """A batch of many rows becomes several blocks; slices of lists stay in place."""
    rows = 280_000
    table = pa.table({"label": ["a"] * rows, "probs": pa.array([[float(n), 1.0] for n in range(rows)])})
    whole = read_stdin(ipc(table, stream=True, rows=rows), LISTS)
    assert whole.blocks == 5
    assert [row[0] for row in whole.matrix] == list(range(rows))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kept", [10, 50, 0.3, 0.6, 0.9])
def test_cut_files_are_refused(stream: bool, kept: float, tmp_path: Path) -> None:
    """A file or stream that was cut short is refused, never scored in part."""
    data = ipc(TABLE, stream=stream)
    path = tmp_path / "p.arrow"
    path.write_bytes(data[: int(kept * len(data)) if isinstance(kept, float) else kept])
    found = problem(read, path)
    assert (found.rule, "damaged or cut short" in found.message) == ("corrupt-file", True)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_hostile_bytes_are_refused_or_read(stream: bool, seed: int) -> None:
    """Whatever bytes are changed, the answer is a refusal or rows: offsets are validated before they are followed."""
    dice = random.Random(seed)  # noqa: S311  # test data
    original = ipc(TABLE, stream=stream)
    for _ in range(40):
        damaged = bytearray(original)
        for _ in range(dice.choice([1, 1, 4])):
            damaged[dice.randrange(8, len(damaged))] = dice.choice([0, 1, 127, 128, 255])
        found = result(read_stdin, bytes(damaged), LISTS)
        assert found.rule if isinstance(found, Problem) else found.rows <= 40


@pytest.mark.parametrize("stream", [False, True])
def test_offsets_beyond_the_data_are_refused(stream: bool) -> None:
    """A list whose offsets point outside its values is refused with the rows read before it."""
    table = pa.table({"label": ["a", "b"] * 2, "probs": [[1.0, 2.0]] * 4})
    data = ipc(table, stream=stream, rows=2)
    before, offsets, after = data.rpartition(struct.pack("<3i", 0, 2, 4))
    found = problem(read_stdin, before + offsets[:8] + struct.pack("<i", 4_000_000) + after, LISTS)
    assert (found.rule, found.detail) == ("corrupt-file", "read 2 rows before that")


def test_a_batch_too_large_for_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that runs out while a batch is read is a problem of the file, not a traceback."""

    def refuse(_: Any) -> None:
        raise pa.lib.ArrowMemoryError

    monkeypatch.setattr("xent_cli.readers.arrow.ipc.ArrowFile._read", refuse)
    found = problem(read_stdin, ipc(TABLE, stream=True))
    assert (found.rule, found.detail) == ("out-of-memory", "read 0 rows before that")


def test_what_only_begins_like_arrow(tmp_path: Path) -> None:
    """Magic numbers alone make no file."""
    for data in (b"ARROW1\0\0" + b"\0" * 50, b"\xff\xff\xff\xff\x10\0\0\0" + b"\0" * 16, b"\xff\xff\xff\xff"):
        (tmp_path / "p.arrow").write_bytes(data)
        assert problem(read, tmp_path / "p.arrow").rule in {"corrupt-file", "bad-header"}


def test_a_stream_is_read_once_a_file_again(tmp_path: Path) -> None:
    """A pipe cannot be read twice and says so; a stream in a file can."""
    data = ipc(TABLE, stream=True)
    (tmp_path / "p.arrows").write_bytes(data)
    with open_file(*expand([str(tmp_path / "p.arrows")])) as file:
        assert [sum(chunk.decode().rows for chunk in file.chunks(LISTS)) for _ in range(2)] == [40, 40]
    with open_file(*expand(["-"]), stdin=io.BytesIO(data)) as file:
        assert sum(chunk.decode().rows for chunk in file.chunks(LISTS)) == 40
        assert "only once" in problem(file.chunks, LISTS).message


def test_stated_formats() -> None:
    """--input-format arrow takes files and streams, and nothing else."""
    for stream in (False, True):
        assert read_stdin(ipc(TABLE, stream=stream), LISTS, format="arrow").rows == 40
        assert problem(read_stdin, ipc(TABLE, stream=stream), format="parquet").rule == "corrupt-file"
    assert problem(read_stdin, b"label,prob\n", format="arrow").message.startswith("the file is not Arrow")
