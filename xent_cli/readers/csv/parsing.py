"""How the chunks of one CSV file are parsed for one request: Arrow's options, built once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa

from xent_cli.contract.frozen import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from xent_cli.readers.interface import Request

BOM = b"\xef\xbb\xbf"
BLOCK = 1 << 27
"""More than the longest record: a chunk is always one block of Arrow's parser."""


@record
class ChunkParser:
    """Parses the chunks of a file. `needed` columns are in the order of the request; `index` has every column.

    `typed` factorises labels, `brief` leaves them bytes, which takes half the time where each is a single character.
    """

    request: Request
    path: str
    delimiter: str
    width: int
    needed: tuple[str, ...]
    index: Mapping[str, int]
    read: Any
    typed: Any
    brief: Any
    raw: Any

    @classmethod
    def of(cls, request: Request, names: Sequence[str], delimiter: str, path: str, first: Sequence[str]) -> Self:
        """The parser for a request that `check_request` let pass; `first` are the fields of the first row."""
        from pyarrow import csv

        index = {name: position for position, name in enumerate(names)}
        needed = request.names()
        keys = [str(position) for position in range(len(names))]
        read = csv.ReadOptions(column_names=keys, use_threads=False, block_size=BLOCK)
        types = {str(index[name]): type_ for name, type_ in _column_types(request).items()}
        typed = _convert([str(index[name]) for name in needed], types)
        short = len(first) == len(names) and all(len(first[index[name]]) == 1 for name in request.coded)
        others = {*request.text, *request.numeric()}
        texts = {str(index[name]): pa.string() if name in others else pa.binary() for name in request.coded}
        brief = _convert([str(index[name]) for name in needed], types | texts) if short and texts else None
        raw = _convert(list(typed.include_columns), dict.fromkeys(keys, pa.binary()))
        return cls(request, path, delimiter, len(names), needed, index, read, typed, brief, raw)

    @property
    def keep_blank(self) -> bool:
        """Whether a blank line is a row: in a file of one column it is an empty cell."""
        return self.width == 1

    def parse(self, data: NDArray[np.uint8], options: Any, *, quoted: bool) -> tuple[int, dict[str, Any]]:
        """The rows of whole records and their needed columns, by the `typed` or `raw` options."""
        from pyarrow import csv

        if data.size == 0:
            return 0, {name: pa.array([], options.column_types[str(self.index[name])]) for name in self.needed}
        parse = csv.ParseOptions(
            delimiter=self.delimiter,
            quote_char='"' if quoted else False,
            newlines_in_values=quoted,
            ignore_empty_lines=not self.keep_blank,
        )
        if data[:3].tobytes() == BOM:  # that of a cell: Arrow would take it for that of a file, and drop it
            data = np.concatenate((np.frombuffer(BOM, dtype=np.uint8), data))
        table = csv.read_csv(pa.BufferReader(pa.py_buffer(data)), self.read, parse, options)
        columns = [column.chunk(0) if column.num_chunks == 1 else column.combine_chunks() for column in table.columns]
        return table.num_rows, dict(zip(self.needed, columns, strict=False))


def _column_types(request: Request) -> dict[str, Any]:
    """The type each needed column is parsed as; text where roles of both kinds share a column."""
    types: dict[str, Any] = dict.fromkeys(request.text, pa.string())
    types |= dict.fromkeys(request.coded, pa.dictionary(pa.int32(), pa.string()))
    numbers = request.numeric()
    return types | {name: pa.string() if name in types else pa.float64() for name in numbers}


def _convert(include: list[str], types: dict[str, Any]) -> Any:
    """Conversions in which only an empty field is missing; without needed columns the first is read to count rows."""
    from pyarrow import csv

    return csv.ConvertOptions(
        include_columns=include or ["0"],
        column_types=types or {"0": pa.binary()},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
        check_utf8=True,
    )
