"""The formats of the per-sample outputs, each a small writer from record batches to bytes.

The text formats are put together column by column in Arrow; its text of a double is the shortest that reads back as
the same double.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.contract.documents import number_text
from xent_cli.contract.text import formula_safe, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xent_cli.sinks.files import Output

ROW_GROUP = 131_072
_CELLS_AT_ONCE = 2**20
_NEEDS_ESCAPE = r'[^ -~]|["\\]'


class _TextWriter(ABC):
    """Rows as lines of text: each column becomes text, and the texts of a row are joined."""

    def __init__(self, output: Output) -> None:
        self._output = output

    @abstractmethod
    def _parts(self, batch: Any) -> Iterator[Any]:
        """What a line is joined from: constants and string arrays."""

    def write(self, batch: Any) -> None:
        """Add the rows of a batch, a bounded number of cells at a time."""
        step = max(1, _CELLS_AT_ONCE // batch.num_columns)
        for start in range(0, batch.num_rows, step):
            self._output.write(_joined(list(self._parts(batch.slice(start, step)))))

    def close(self) -> None:
        """Do nothing: nothing is held back."""
        del self


class DelimitedWriter(_TextWriter):
    """CSV and TSV as in RFC 4180, with line feeds; a field is quoted only where it has to be.

    A missing text is an empty field, an empty text is "". Infinite losses are inf.
    """

    def __init__(self, output: Output, names: Sequence[str], delimiter: str) -> None:
        super().__init__(output)
        self._delimiter = delimiter
        self._special = f'[{delimiter}"\r\n]|^$'
        header = _quoted(pa.array([formula_safe(name) for name in names], pa.string()), self._special)
        output.write((delimiter.join(header.to_pylist()) + "\n").encode())

    def _parts(self, batch: Any) -> Iterator[Any]:
        """The fields with delimiters between them."""
        for place, column in enumerate(batch.columns):
            if place:
                yield self._delimiter
            text = pa.types.is_string(column.type)
            yield _quoted(column, self._special) if text else column.cast(pa.string())
        yield "\n"


class JsonlWriter(_TextWriter):
    """One JSON object a line: strict ASCII JSON, non-finite numbers as strings."""

    def __init__(self, output: Output, names: Sequence[str]) -> None:
        super().__init__(output)
        keys = [json.dumps(whole(name)) for name in names]
        self._openings = ["{" + keys[0] + ": ", *(f", {key}: " for key in keys[1:])]

    def _parts(self, batch: Any) -> Iterator[Any]:
        """The keys and the values as JSON."""
        for opening, column in zip(self._openings, batch.columns, strict=True):
            yield opening
            yield _json_texts(column) if pa.types.is_string(column.type) else _json_numbers(column)
        yield "}\n"


class ParquetWriter:
    """Parquet with page checksums. Row groups have one size, so the bytes do not depend on how the rows came in."""

    def __init__(self, output: Output, schema: Any) -> None:
        import pyarrow.parquet as pq

        stream = pa.PythonFile(_Unclosed(output), mode="w")
        options = {"compression": "zstd", "write_page_checksum": True, "use_dictionary": ["label"]}
        self._writer = pq.ParquetWriter(stream, schema, **options)
        self._groups = _Regrouped(schema)

    def write(self, batch: Any) -> None:
        """Add the rows of a batch; whole row groups are written."""
        for table in self._groups.add(batch):
            self._writer.write_table(table, row_group_size=ROW_GROUP)

    def close(self) -> None:
        """Write the last row group and the footer."""
        for table in self._groups.rest():
            self._writer.write_table(table, row_group_size=ROW_GROUP)
        self._writer.close()


class ArrowWriter:
    """An Arrow IPC file (Feather version 2), not compressed, so that every reader can map it."""

    def __init__(self, output: Output, schema: Any) -> None:
        self._writer = pa.ipc.new_file(pa.PythonFile(_Unclosed(output), mode="w"), schema)
        self._groups = _Regrouped(schema)

    def write(self, batch: Any) -> None:
        """Add the rows of a batch; whole groups are written."""
        for table in self._groups.add(batch):
            self._writer.write_table(table)

    def close(self) -> None:
        """Write the last rows and the footer."""
        for table in self._groups.rest():
            self._writer.write_table(table)
        self._writer.close()


class _Regrouped:
    """Batches of any size as tables of ROW_GROUP rows."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._pending: list[Any] = []
        self._rows = 0

    def add(self, batch: Any) -> Iterator[Any]:
        """Take a batch; the groups that are now full."""
        self._pending.append(batch)
        self._rows += batch.num_rows
        while self._rows >= ROW_GROUP:
            held = pa.Table.from_batches(self._pending, self._schema)
            yield held.slice(0, ROW_GROUP).combine_chunks()
            self._pending = held.slice(ROW_GROUP).to_batches()
            self._rows -= ROW_GROUP

    def rest(self) -> Iterator[Any]:
        """The rows that no group is full of."""
        held, self._pending, self._rows = pa.Table.from_batches(self._pending, self._schema), [], 0
        if held.num_rows:
            yield held.combine_chunks()


class _Unclosed:
    """An output as Arrow wants a file to be; closing it is left to the sink."""

    closed = False

    def __init__(self, output: Output) -> None:
        self._output = output

    def write(self, data: bytes) -> int:
        """Pass bytes on."""
        return self._output.write(data)

    def flush(self) -> None:
        """Nothing is held back here."""

    def close(self) -> None:
        """Leave the output open."""

    def writable(self) -> bool:
        """It is for writing only."""
        return True

    def readable(self) -> bool:
        """It is for writing only."""
        return False

    def seekable(self) -> bool:
        """Standard output is not."""
        return False


def _joined(parts: list[Any]) -> bytes:
    """The texts of each row joined, and all rows in one run of bytes."""
    import pyarrow.compute as pc

    lines = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
    ends = np.frombuffer(lines.buffers()[1], np.int32)
    return bytes(lines.buffers()[2])[ends[lines.offset] : ends[lines.offset + len(lines)]]


def _quoted(texts: Any, special: str) -> Any:
    """Texts as fields of a delimited file: in quotes where they match `special`."""
    import pyarrow.compute as pc

    found = pc.fill_null(pc.match_substring_regex(texts, special), fill_value=False)
    if not pc.any(found).as_py():
        return texts
    doubled = pc.replace_substring(texts.filter(found), '"', '""')
    return pc.replace_with_mask(texts, found, pc.binary_join_element_wise('"', doubled, '"', ""))


def _json_texts(texts: Any) -> Any:
    """Texts as JSON strings, null where missing."""
    import pyarrow.compute as pc

    if pc.any(pc.match_substring_regex(texts, _NEEDS_ESCAPE)).as_py():
        return pa.array([json.dumps(text) for text in texts.to_pylist()], pa.string())
    return pc.fill_null(pc.binary_join_element_wise('"', texts, '"', ""), "null")


def _json_numbers(numbers: Any) -> Any:
    """Numbers as JSON, the non-finite ones as strings."""
    import pyarrow.compute as pc

    texts, odd = numbers.cast(pa.string()), pc.invert(pc.is_finite(numbers))
    if not pc.any(odd).as_py():
        return texts
    spelt = pa.array([f'"{number_text(value)}"' for value in numbers.filter(odd).to_pylist()], pa.string())
    return pc.replace_with_mask(texts, odd, spelt)
