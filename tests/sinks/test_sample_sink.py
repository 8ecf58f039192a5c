"""The per-sample outputs: every format says the same, exactly, whatever the rows came in."""

from __future__ import annotations

import csv
import gc
import io
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xent_cli.contract.errors import OutputError
from xent_cli.contract.row_columns import Coded, SampleColumns
from xent_cli.sinks import SAMPLE_FORMATS, SampleFields, open_samples, sample_format
from xent_cli.sinks.writers import ROW_GROUP

HARD_FLOATS = (0.1, 1e-5, 5e-324, 1.7976931348623157e308, 0.30000000000000004, 1 - 2**-53, 2.0**-1022, 123456789.125)


def rows(
    losses: Sequence[float],
    labels: Sequence[str | None] = ("cat", "dog"),
    ids: Sequence[str | None] | None = None,
    start: int = 1,
) -> SampleColumns:
    """Scored rows with these losses, labels in turn, and ids where given."""
    n = len(losses)
    named = tuple(dict.fromkeys(label for label in labels if label is not None))
    chosen = [labels[row % len(labels)] for row in range(n)]
    codes = np.array([-1 if label is None else named.index(label) for label in chosen], np.int32)
    loss = np.array(losses, np.float64)
    gradient = np.stack([loss - 1, 1 - loss], axis=1) if n else np.empty((0, 2))
    return SampleColumns(
        row=np.arange(start, start + n, dtype=np.int64),
        id=None if ids is None else pa.array(ids, pa.string()),
        label=Coded(codes, named),
        p=np.exp(-loss),
        loss=loss,
        weight=np.ones(n),
        gradient=np.asfortranarray(gradient),
        gradient_names=("cat", "dog"),
        gradient_norm=np.abs(gradient[:, 0]),
    )


def write(path: Path, *blocks: SampleColumns, **options: Any) -> None:
    """Write blocks of rows."""
    with open_samples(str(path), **options) as sink:
        for block in blocks:
            sink.write(block)


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file as its standard reader gives them."""
    match sample_format(str(path)):
        case "csv" | "tsv" as format_:
            with path.open(newline="", encoding="utf-8") as text:
                return list(csv.DictReader(text, delimiter="," if format_ == "csv" else "\t"))
        case "jsonl":
            return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        case "parquet":
            return list(pq.read_table(path).to_pylist())
    return list(pa.ipc.open_file(path).read_all().to_pylist())


def number(value: Any) -> float:
    """A number as any of the formats gives it."""
    return float(value)


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_every_format_has_the_same_rows(format_: str, tmp_path: Path) -> None:
    """Row, id, label, p, loss and weight in this order, every number the same double as was scored."""
    block = rows([0.25, *HARD_FLOATS], ids=["a", None, "c", "d,e", 'f"g', "h", "i", "j", ""])
    path = tmp_path / f"losses.{format_}"
    write(path, block, has_id=True)
    found = read(path)
    assert list(found[0]) == ["row", "id", "label", "p", "loss", "weight"]
    assert [number(row["loss"]).hex() for row in found] == [loss.hex() for loss in block.loss.tolist()]
    assert [number(row["p"]).hex() for row in found] == [p.hex() for p in block.p.tolist()]
    assert [int(row["row"]) for row in found] == list(range(1, 10))
    assert [row["label"] for row in found] == ["cat", "dog"] * 4 + ["cat"]
    assert [row["id"] or None for row in found] == ["a", None, "c", "d,e", 'f"g', "h", "i", "j", None]
    assert [number(row["weight"]) for row in found] == [1.0] * 9


@settings(max_examples=40, deadline=None)
@given(losses=st.lists(st.floats(0, allow_nan=False), min_size=1, max_size=20), format_=st.sampled_from(SAMPLE_FORMATS))
def test_every_double_survives(losses: list[float], format_: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any loss, infinite ones too, reads back as the same double from every format."""
    path = tmp_path_factory.mktemp("s") / f"x.{format_}"
    write(path, rows(losses))
    assert [number(row["loss"]).hex() for row in read(path)] == [loss.hex() for loss in np.array(losses).tolist()]


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_infinite_losses_are_spelt_as_each_format_does(format_: str, tmp_path: Path) -> None:
    """inf in CSV, a string in JSON (null would pass a gate), a double in Parquet and Arrow."""
    path = tmp_path / f"x.{format_}"
    write(path, rows([math.inf, 0.5]))
    expected = {"csv": "inf", "tsv": "inf", "jsonl": "Infinity"}.get(format_, math.inf)
    assert read(path)[0]["loss"] == expected


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_gradient_columns_come_last(format_: str, tmp_path: Path) -> None:
    """Asked for, the gradient has a column a class and its norm one; not asked for, neither is there."""
    path = tmp_path / f"x.{format_}"
    write(path, rows([0.25, 3.0]), gradient_names=("cat", "dog"), gradient_norm=True)
    found = read(path)
    assert list(found[0])[5:] == ["gradient_cat", "gradient_dog", "gradient_norm"]
    assert [[number(row[name]) for name in list(row)[5:]] for row in found] == [[-0.75, 0.75, 0.75], [2.0, -2.0, 2.0]]
    write(path, rows([0.25]))
    assert list(read(path)[0]) == ["row", "label", "p", "loss", "weight"]


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_no_rows_make_a_valid_file(format_: str, tmp_path: Path) -> None:
    """The header or schema is there also where nothing was scored, with or without an empty block."""
    path = tmp_path / f"x.{format_}"
    for blocks in ((), (rows([], ids=[]),)):
        write(path, *blocks, has_id=True)
        assert read(path) == []
    if format_ in {"csv", "tsv"}:
        assert path.read_text() == {"csv": ",", "tsv": "\t"}[format_].join(SampleFields(has_id=True).names()) + "\n"
    if format_ in {"parquet", "arrow"}:
        schema = pq.read_schema(path) if format_ == "parquet" else pa.ipc.open_file(path).schema
        assert schema.names == ["row", "id", "label", "p", "loss", "weight"]


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_bytes_do_not_depend_on_the_blocks(format_: str, tmp_path: Path) -> None:
    """The same rows in one block, in two and row by row give the same file."""
    losses = [float(place) / 7 for place in range(60)]
    made = []
    for size in (60, 37, 1):
        path = tmp_path / f"{size}.{format_}"
        blocks = [rows(losses[at : at + size], ("cat",), start=at + 1) for at in range(0, 60, size)]
        write(path, *blocks)
        made.append(path.read_bytes())
    assert made[0] == made[1] == made[2]


def test_parquet_has_row_groups_of_one_size(tmp_path: Path) -> None:
    """Row groups are bounded however the rows come in: in one block of 300,000 or in small ones."""
    path = tmp_path / "x.parquet"
    losses = np.arange(300_000) / 1000
    write(path, rows(losses.tolist()))
    small = [rows(losses[at : at + 50_000].tolist(), start=at + 1) for at in range(0, 300_000, 50_000)]
    write(tmp_path / "y.parquet", *small)
    for name in ("x", "y"):
        meta = pq.ParquetFile(tmp_path / f"{name}.parquet").metadata
        sizes = [meta.row_group(place).num_rows for place in range(meta.num_row_groups)]
        assert sizes == [ROW_GROUP, ROW_GROUP, 300_000 - 2 * ROW_GROUP]
    assert (tmp_path / "x.parquet").read_bytes() == (tmp_path / "y.parquet").read_bytes()


def test_parquet_has_page_checksums(tmp_path: Path) -> None:
    """A flipped bit in a page of our own file is found by a reader that verifies checksums."""
    path = tmp_path / "x.parquet"
    write(path, rows(np.random.default_rng(0).random(1000).tolist()))
    data = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(0).column(3)
    data[column.data_page_offset + column.total_compressed_size - 5] ^= 1
    path.write_bytes(data)
    with pytest.raises(OSError, match=r"(?i)crc|checksum"):
        pq.read_table(path, page_checksum_verification=True)


def test_binary_formats_have_plain_types(tmp_path: Path) -> None:
    """Doubles, whole numbers and strings, no dictionaries: every reader of Parquet and Arrow knows these."""
    types = ["int64", "string", "string", "double", "double", "double"]
    for name in ("x.parquet", "x.arrow"):
        write(tmp_path / name, rows([0.5], ids=["a"]), has_id=True)
    assert [str(type_) for type_ in pq.read_schema(tmp_path / "x.parquet").types] == types
    assert [str(type_) for type_ in pa.ipc.open_file(tmp_path / "x.arrow").schema.types] == types


def test_csv_quotes_only_what_needs_it(tmp_path: Path) -> None:
    """Delimiters, quotes and line feeds are quoted as in RFC 4180; a missing text and an empty one differ."""
    path = tmp_path / "x.csv"
    write(path, rows([0.5] * 5, ('say "hi"', "a,b", "two\nlines", "", None), ["1", "2", "3", "4", None]), has_id=True)
    p = repr(math.exp(-0.5))
    assert path.read_text() == (
        "row,id,label,p,loss,weight\n"
        f'1,1,"say ""hi""",{p},0.5,1\n'
        f'2,2,"a,b",{p},0.5,1\n'
        f'3,3,"two\nlines",{p},0.5,1\n'
        f'4,4,"",{p},0.5,1\n'
        f"5,,,{p},0.5,1\n"
    )


def test_csv_disarms_text_unless_told_not_to(tmp_path: Path) -> None:
    """Labels and ids that a spreadsheet would run get an apostrophe; raw text is exactly the text."""
    path = tmp_path / "x.csv"
    block = rows([0.5, 0.5], ("=1+1", "-1"), ["@SUM(A1)", "\x1b[2J"])
    write(path, block, has_id=True)
    assert [(row["id"], row["label"]) for row in read(path)] == [("'@SUM(A1)", "'=1+1"), (r"\x1b[2J", "-1")]
    write(path, block, has_id=True, raw_formulas=True)
    assert [(row["id"], row["label"]) for row in read(path)] == [("@SUM(A1)", "=1+1"), ("\x1b[2J", "-1")]


def test_jsonl_is_strict(tmp_path: Path) -> None:
    """ASCII only, one object a line, null for a missing id and no bare NaN."""
    path = tmp_path / "x.jsonl"
    write(path, rows([math.nan, 0.5], ('q"\\\n\u2028é', None), [None, "b"]), has_id=True)
    first, second = path.read_text("ascii").splitlines()
    assert json.loads(first, parse_constant=pytest.fail)["label"] == 'q"\\\n\u2028é'
    assert json.loads(first)["id"] is None
    assert json.loads(first)["loss"] == "NaN"
    assert second == f'{{"row": 2, "id": "b", "label": null, "p": {math.exp(-0.5)!r}, "loss": 0.5, "weight": 1}}'


def test_wide_gradients_are_cut_into_pieces(tmp_path: Path) -> None:
    """A thousand gradient columns go through in bounded pieces, with every row once and in order."""
    n, k = 3000, 1000
    names = tuple(f"c{place}" for place in range(k))
    base = rows([0.5] * n)
    wide = SampleColumns(
        base.row, None, base.label, base.p, base.loss, base.weight, np.ones((n, k)) * np.arange(n)[:, None], names
    )
    write(tmp_path / "x.csv", wide, gradient_names=names)
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert len(lines) == n + 1
    assert [line.split(",")[-1] for line in lines[1:]] == [str(place) for place in range(n)]


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_abort_leaves_the_old_file(format_: str, tmp_path: Path) -> None:
    """A run that fails half-way leaves what was there, and no complaint when the writer is dropped."""
    path = tmp_path / f"x.{format_}"
    path.write_text("old")
    sink = open_samples(str(path))
    sink.write(rows([0.5]))
    sink.abort()
    sink.abort()
    sink.commit()
    del sink
    gc.collect()
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_block_that_raises_aborts(format_: str, tmp_path: Path) -> None:
    """As a context manager a sink commits nothing where the block raised; afterwards abort changes nothing."""
    path = tmp_path / f"x.{format_}"
    block: Any = None
    with pytest.raises(AttributeError), open_samples(str(path)) as sink:
        sink.write(block)
    assert list(tmp_path.iterdir()) == []
    sink = open_samples(str(path))
    sink.commit()
    sink.abort()
    assert read(path) == []


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_full_disk_is_one_error(format_: str) -> None:
    """Whatever the format and the moment, a full disk ends in one error with a name."""
    with pytest.raises(OutputError) as caught:
        write(Path("/dev/full"), rows([0.5]), format=format_)
    assert caught.value.problems[0].rule == "disk-full"
    gc.collect()


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_closed_pipe_stays_a_broken_pipe(format_: str) -> None:
    """A reader that went away ends the process silently: the error must reach the border as what it is."""
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        write(Path(f"/dev/fd/{writer}"), rows([0.5] * 10_000), format=format_)
    os.close(writer)
    gc.collect()


@pytest.mark.parametrize("format_", SAMPLE_FORMATS)
def test_standard_output_gets_the_same_bytes(
    format_: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A dash is standard output, for the binary formats too, and it stays open."""
    path = tmp_path / f"x.{format_}"
    write(path, rows([0.5, 0.25]))
    write(Path("-"), rows([0.5, 0.25]), format=format_)
    assert not sys.stdout.closed
    assert capsysbinary.readouterr().out == path.read_bytes()


def test_dash_is_csv_unless_stated(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Standard output has no extension; CSV is what people mean."""
    write(Path("-"), rows([0.5]))
    assert capsysbinary.readouterr().out.startswith(b"row,label,p,loss,weight\n1,cat,")


def test_binary_formats_are_kept_off_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are no text would wreck a terminal."""
    terminal = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdout", terminal)
    with pytest.raises(OutputError, match="parquet is not text"):
        open_samples("-", "parquet")


@pytest.mark.parametrize(
    ("path", "format_"),
    [
        ("a.csv", "csv"),
        ("a.TSV", "tsv"),
        ("a.tab", "tsv"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("dir.csv/a.parquet", "parquet"),
        ("a.pq", "parquet"),
        ("a.arrow", "arrow"),
        ("a.feather", "arrow"),
        ("s3://bucket/a.parquet?region=eu", "parquet"),
        ("-", "csv"),
    ],
)
def test_extension_says_the_format(path: str, format_: str) -> None:
    """The usual extensions, in either case, also in addresses."""
    assert sample_format(path) == format_


@pytest.mark.parametrize("path", ["losses", "losses.xlsx", "losses.json", ".csv"])
def test_unknown_extension_is_refused(path: str, tmp_path: Path) -> None:
    """No default for what says nothing: the error lists the formats, and no file is made."""
    with pytest.raises(OutputError) as caught:
        open_samples(str(tmp_path / path))
    assert caught.value.problems[0].help == "known are .csv, .tsv, .jsonl, .parquet, .arrow"
    assert list(tmp_path.iterdir()) == []


def test_stated_format_outranks_the_extension(tmp_path: Path) -> None:
    """--output tsv=x.txt is TSV."""
    write(tmp_path / "x.txt", rows([0.5]), format="tsv")
    assert (tmp_path / "x.txt").read_text().startswith("row\tlabel\tp\tloss\tweight\n")


def test_ids_may_be_large_or_chunked(tmp_path: Path) -> None:
    """Ids are text in whatever Arrow layout the reader hands on; none at all are nulls."""
    base = rows([0.5, 0.25])
    for ids in (pa.chunked_array([["a"], ["b"]]), pa.array(["a", "b"], pa.large_string()), None):
        block = SampleColumns(base.row, ids, base.label, base.p, base.loss, base.weight)
        write(tmp_path / "x.jsonl", block, has_id=True)
        assert [row["id"] for row in read(tmp_path / "x.jsonl")] == (["a", "b"] if ids is not None else [None, None])
