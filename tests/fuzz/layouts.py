"""Data sets as bytes: CSV in its dialects, Parquet and Arrow in their types, plain or compressed."""

from __future__ import annotations

import bz2
import gzip
import io
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tests.fuzz.slow import Refused, Table, Unclear, read_text, rows_of

if TYPE_CHECKING:
    import random

    from tests.fuzz.make import Data
    from tests.fuzz.verdict import Roles

SUFFIX = {"gzip": ".gz", "bz2": ".bz2", "zstd": ".zst", "lz4": ".lz4"}


@dataclass(frozen=True)
class Dialect:
    """How delimited text is written."""

    delimiter: str = ","
    quoting: str = "needed"
    end: str = "\n"
    bom: bool = False
    last: bool = True
    blanks: float = 0.0
    spaces: float = 0.0
    codec: str | None = None


def dialect(rng: random.Random) -> Dialect:
    """A way to write delimited text."""
    return Dialect(
        delimiter=rng.choice([",", ",", ",", "\t", ";", "|"]),
        quoting=rng.choice(["needed", "needed", "all", "some"]),
        end=rng.choice(["\n", "\n", "\n", "\r\n", "\r"]),
        bom=rng.random() < 0.1,
        last=rng.random() < 0.9,
        blanks=rng.choice([0.0, 0.0, 0.1]),
        spaces=rng.choice([0.0, 0.0, 0.1]),
        codec=rng.choice(["gzip", "bz2", "zstd", "lz4"]) if rng.random() < 0.2 else None,
    )


def text_cell(value: Any) -> str:
    """A value as it is written in text."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def write_text(rows: list[list[str]], how: Dialect, rng: random.Random, vectors: set[int]) -> bytes:
    """Rows of cells, the header first, as delimited text; spaces only around the numbers of `vectors`."""
    lines = []
    for i, row in enumerate(rows):
        cells = []
        for j, cell in enumerate(row):
            spaced = (
                f" {cell}\t" if i and j in vectors and how.delimiter != "\t" and rng.random() < how.spaces else cell
            )
            cells.append(_field(spaced, how, rng))
        lines.append(how.delimiter.join(cells))
        if rng.random() < how.blanks and len(row) > 1:
            lines.append("")
    text = how.end.join(lines) + (how.end if how.last else "")
    return (b"\xef\xbb\xbf" if how.bom else b"") + text.encode("utf-8", "surrogateescape")


def _field(cell: str, how: Dialect, rng: random.Random) -> str:
    """A cell, in quotes where it has to be or where the dialect likes it."""
    needed = any(mark in cell for mark in (how.delimiter, '"', "\n", "\r"))
    if needed or how.quoting == "all" or (how.quoting == "some" and rng.random() < 0.3):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def compress(data: bytes, codec: str | None) -> bytes:
    """Bytes in a compressed frame."""
    if codec is None:
        return data
    if codec == "gzip":
        return gzip.compress(data, 1, mtime=0)
    if codec == "bz2":
        return bz2.compress(data, 1)
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(data)
    return bytes(sink.getvalue())


def decompress(data: bytes, codec: str | None) -> bytes:
    """The bytes of a compressed frame, by the standard library where it has the codec."""
    if codec is None:
        return data
    if not data:
        raise Refused("empty")
    try:
        if codec == "gzip":
            return gzip.decompress(data)
        if codec == "bz2":
            return bz2.decompress(data)
        with pa.CompressedInputStream(pa.BufferReader(data), codec) as stream:
            return bytes(stream.read())
    except (OSError, EOFError, ValueError) as error:
        raise Refused("damaged frame") from error
    except Exception as error:  # zlib.error has no better base class
        raise Refused("damaged frame") from error


@dataclass(frozen=True)
class Binary:
    """How a columnar file is written."""

    form: str
    floats: str
    labels: str
    listed: str | None
    compression: str
    group: int
    checksums: bool
    version: str


def binary_layout(rng: random.Random, data: Data) -> Binary:
    """A way to write a columnar file; only classes by number can be a list without names."""
    roles = data.roles
    numbered = roles.classes is not None and roles.classes == tuple(map(str, range(len(roles.classes))))
    listed = roles.kind in ("sparse", "categorical") and numbered and rng.random() < 0.6
    return Binary(
        form=rng.choice(["parquet", "parquet", "parquet", "arrow", "stream"]),
        floats=rng.choice(["double", "double", "float", "halffloat", "decimal"]),
        labels=rng.choice(["plain", "dictionary", "large"]),
        listed=rng.choice(["list", "large", "fixed"]) if listed else None,
        compression=rng.choice(["none", "snappy", "zstd", "gzip", "lz4"]),
        group=rng.choice([1, 3, 1000]),
        checksums=rng.random() < 0.7,
        version=rng.choice(["1.0", "2.0"]),
    )


def to_table(data: Data, how: Binary) -> tuple[Any, Roles]:
    """The columns as an Arrow table, vectors as one list column where the layout says so."""
    roles, columns = data.roles, dict(data.columns)
    vectors = set(roles.preds) | (set(roles.labels) if roles.kind == "categorical" else set())
    if how.listed is not None:
        made = {"probs": "probs", "logits": "logits", "logprobs": "logprobs"}[roles.space]
        columns[made] = _zipped(columns, roles.preds)
        roles = replace(roles, preds=(made,), listed=True, classes=None)
        if roles.kind == "categorical":
            columns["target"] = _zipped(columns, data.roles.labels)
            roles = replace(roles, labels=("target",), targets_listed=True)
        columns = {name: values for name, values in columns.items() if name not in vectors}
    arrays = {}
    for name, values in columns.items():
        if name in (*roles.preds, *(roles.labels if roles.targets_listed else ())) and roles.listed:
            arrays[name] = _lists(values, how)
        else:
            arrays[name] = _numbers(values, how.floats) if name in vectors else _labels(values, how.labels)
    return pa.table(arrays), roles


def _zipped(columns: dict[str, list[Any]], names: tuple[str, ...]) -> list[list[Any]]:
    """Several columns as lists, one a row."""
    return [list(row) for row in zip(*(columns[name] for name in names), strict=True)]


def _numbers(values: list[Any], kind: str) -> Any:
    """Numbers in one of the types that files have."""
    if kind == "decimal" and all(value is None or abs(value) < 1e4 for value in values):
        texts = [None if value is None else Decimal(repr(round(float(value), 9))) for value in values]
        return pa.array(texts, pa.decimal128(20, 9))
    narrow = {"float": pa.float32(), "halffloat": pa.float16()}.get(kind, pa.float64())
    return pa.array([None if value is None else float(value) for value in values], pa.float64()).cast(narrow)


def _labels(values: list[Any], kind: str) -> Any:
    """Labels, ids, weights in the type that their values have."""
    kinds = {type(value) for value in values if value is not None}
    if str in kinds or not kinds:
        values = [None if value is None else str(value) for value in values]
    elif float in kinds:
        values = [None if value is None else float(value) for value in values]
    array = pa.array(values)
    if kind == "dictionary" and not pa.types.is_null(array.type):
        return array.dictionary_encode()
    return array.cast(pa.large_string()) if kind == "large" and pa.types.is_string(array.type) else array


def _lists(values: list[Any], how: Binary) -> Any:
    """Vectors in one of the list types; a fixed size only where all have it."""
    element = {"float": pa.float32(), "halffloat": pa.float16()}.get(how.floats, pa.float64())
    lengths = {len(value) for value in values if value is not None}
    plain = pa.array(values, pa.list_(pa.float64())).cast(pa.list_(element))
    if how.listed == "large":
        return plain.cast(pa.large_list(element))
    if how.listed == "fixed" and len(lengths) == 1:
        return plain.cast(pa.list_(element, lengths.pop()))
    return plain


def write_table(table: Any, how: Binary) -> bytes:
    """A table as the bytes of a columnar file."""
    sink = io.BytesIO()
    if how.form == "parquet":
        from pyarrow import parquet

        parquet.write_table(
            table, sink, compression=how.compression, row_group_size=how.group, write_page_checksum=how.checksums,
            data_page_version=how.version,
        )  # fmt: skip
        return sink.getvalue()
    packed = how.compression if how.compression in ("zstd", "lz4") else None
    options = pa.ipc.IpcWriteOptions(compression=packed)
    opened = pa.ipc.new_file if how.form == "arrow" else pa.ipc.new_stream
    with opened(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=how.group)
    return sink.getvalue()


def read_columns(data: bytes, form: str, path: str, needed: tuple[str, ...]) -> Table:
    """The needed columns of a file as Arrow reads it in one piece, checksums verified; damage refuses it."""
    try:
        if form == "parquet":
            from pyarrow import parquet

            source = parquet.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
            if source.metadata.num_rows > 10_000 or source.metadata.num_columns > 1000:
                raise Unclear("a footer that claims more than was written")
            table = source.read(columns=_present(source.schema_arrow.names, needed), use_threads=False)
        else:
            opened = pa.ipc.open_file if form == "arrow" else pa.ipc.open_stream
            with opened(pa.BufferReader(data)) as reader:
                names = reader.schema.names
            wanted = [names.index(name) for name in _present(names, needed)]
            with opened(pa.BufferReader(data), options=pa.ipc.IpcReadOptions(included_fields=wanted)) as reader:
                table = reader.read_all()
        table.validate(full=True)
        return rows_of({name: table.column(i).to_pylist() for i, name in enumerate(table.column_names)}, path)
    except (OSError, ValueError, ArithmeticError, pa.ArrowException, MemoryError) as error:
        raise Refused(f"damaged {form}") from error


def _present(names: list[str], needed: tuple[str, ...]) -> list[str]:
    """The needed columns, all of them there once."""
    if any(names.count(name) != 1 for name in needed):
        raise Unclear("other names")
    return list(dict.fromkeys(needed))


def read_any(
    data: bytes, form: str, codec: str | None, delimiter: str | None, path: str, needed: tuple[str, ...]
) -> Table:
    """A file of any form as the slow reader reads it."""
    if form == "text":
        return read_text(decompress(data, codec), delimiter, path)
    return read_columns(data, form, path, needed)
