"""The per-sample outputs: one row a scored sample, written while the data streams by."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol, Self

from xent_cli.contract.errors import Location, OutputError, Problem
from xent_cli.contract.text import redact
from xent_cli.sinks.fields import Fields, SampleFields
from xent_cli.sinks.files import STDOUT, Output, open_output

if TYPE_CHECKING:
    from types import TracebackType


SAMPLE_FORMATS = ("csv", "tsv", "jsonl", "parquet", "arrow")
"""The formats of per-sample outputs."""

_EXTENSIONS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
_BINARY = ("parquet", "arrow")


class Writer(Protocol):
    """One format: record batches in, bytes out. The header is written at once: no rows make a valid file too."""

    def write(self, batch: Any) -> None:
        """Add the rows of an Arrow record batch."""

    def close(self) -> None:
        """Write what is still held back and the end of the file; the output stays open."""


class SampleSink:
    """A per-sample output: `write` rows, then `commit` or `abort`; both may be called again without effect.

    As a context manager it commits, or aborts where the block raised.
    """

    def __init__(self, fields: Fields, writer: Writer, output: Output, *, spelled_out: bool) -> None:
        self._fields, self._writer, self._output, self._spelled_out = fields, writer, output, spelled_out
        self._open = True
        self._closed = False
        self.turn = output.turn

    def write(self, columns: Any) -> None:
        """Add rows: `SampleColumns`, or `PairColumns` where the fields are those of pairs."""
        self._writer.write(self._fields.batch(columns, spelled_out=self._spelled_out))

    def prepare(self) -> None:
        """Finish the output as far as possible without touching its target."""
        if not self._open or self._closed:
            return
        self._closed = True
        try:
            self._writer.close()
            self._output.prepare()
        except BaseException:
            self.abort()
            raise

    def commit(self) -> None:
        """Finish the output and put it in its place."""
        if not self._open:
            return
        self.prepare()
        try:
            self._output.commit()
        except BaseException:
            self.abort()
            raise
        self._open = False

    def abort(self) -> None:
        """Give the output up: a file is left as it was before."""
        if not self._open:
            return
        self._open = False
        self._output.discard()
        with suppress(Exception):  # a writer that failed may fail again; nothing of it is kept
            self._writer.close()
        self._output.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.commit()
        else:
            self.abort()


def open_samples(
    path: str,
    format: str | None = None,
    *,
    has_id: bool = False,
    gradient_names: tuple[str, ...] = (),
    gradient_norm: bool = False,
    raw_formulas: bool = False,
) -> SampleSink:
    """A per-sample output for a path or "-" (standard output), in the given format or that of the extension.

    In CSV and TSV, text that a spreadsheet would run or a terminal obey is spelt out, unless `raw_formulas`.
    """
    return open_rows(path, format, SampleFields(has_id, gradient_names, gradient_norm), raw_formulas=raw_formulas)


def open_rows(path: str, format: str | None, fields: Fields, *, raw_formulas: bool = False) -> SampleSink:
    """A per-sample output with these fields; see `open_samples`."""
    chosen = format or sample_format(path)
    if path == STDOUT and chosen in _BINARY and sys.stdout is not None and sys.stdout.isatty():
        raise _refusal(path, f"{chosen} is not text, and standard output is a terminal", "redirect it to a file")
    output = open_output(path)
    try:
        writer = _writer(chosen, fields, output)
    except BaseException:
        output.abort()
        raise
    return SampleSink(fields, writer, output, spelled_out=chosen in {"csv", "tsv"} and not raw_formulas)


def sample_format(path: str) -> str:
    """The format that a path asks for by its extension; CSV on standard output."""
    if path == STDOUT:
        return "csv"
    extension = PurePath(redact(path).partition("?")[0]).suffix.lower()
    if extension not in _EXTENSIONS:
        known = ", ".join(f".{name}" for name in SAMPLE_FORMATS)
        raise _refusal(path, f"{extension or 'no extension'} says no format for samples", f"known are {known}")
    return _EXTENSIONS[extension]


def _refusal(path: str, cause: str, help: str) -> OutputError:
    """The error of a format that cannot be written."""
    return OutputError(Problem("output-format", f"cannot write samples: {cause}", Location(redact(path)), help=help))


def _writer(format: str, fields: Fields, output: Output) -> Writer:
    """The writer of a format, its header written."""
    from xent_cli.sinks import writers

    match format:
        case "csv" | "tsv":
            return writers.DelimitedWriter(output, fields.names(), "," if format == "csv" else "\t")
        case "jsonl":
            return writers.JsonlWriter(output, fields.names())
        case "parquet":
            return writers.ParquetWriter(output, fields.schema())
        case "arrow":
            return writers.ArrowWriter(output, fields.schema())
    raise ValueError(format)
