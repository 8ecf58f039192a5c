"""Arrow record batches as chunks: what Parquet, Arrow files and tables in memory have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyarrow import types as kinds

from xent_cli.contract.frozen import record
from xent_cli.readers.decoding.blocks import assemble
from xent_cli.readers.decoding.columns import checked_text, is_text
from xent_cli.readers.decoding.lists import first_length
from xent_cli.readers.interface import Block, CellFault, Request, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xent_cli.contract.errors import Location

ROWS = 65_536
BATCH_BYTES = 3 << 19
LEAST_ROWS = 256
SHOWN_ELEMENTS = 8


@record
class Cells:
    """The origin of rows that have no lines."""

    columns: Mapping[str, Any]

    def line(self, row: int) -> int | None:  # noqa: ARG002  # the protocol's
        """None: binary formats have no lines."""
        return None

    def cell(self, row: int, column: str) -> str:
        """The value of a cell as text, "" where it is null or not among the columns that were read."""
        array = self.columns.get(column)
        if array is None or not array[row].is_valid:
            return ""
        return shorten(_shown(array[row]))

    def home(self, row: int, columns: Sequence[str]) -> Location | None:  # noqa: ARG002  # the protocol's
        """None: all cells of a row are in the file itself."""
        return None


def _shown(scalar: Any) -> str:
    """A value as text; of a long list the first elements."""
    if not hasattr(scalar, "values"):
        return _plain(scalar)
    found = ", ".join(_plain(element) for element in scalar.values[:SHOWN_ELEMENTS])
    return f"[{found}, …]" if len(scalar.values) > SHOWN_ELEMENTS else f"[{found}]"


def _plain(scalar: Any) -> str:
    """A single value as text, floats in their own precision."""
    if kinds.is_floating(scalar.type) and scalar.is_valid:
        return str(scalar.type.to_pandas_dtype()(scalar.as_py()))
    return str(scalar.as_py())


@record
class BatchChunk:
    """The rows of one batch, needed columns only."""

    rows: int
    columns: Mapping[str, Any]
    texts: tuple[str, ...]
    request: Request

    def decode(self) -> Block:
        """Convert the columns to NumPy."""
        columns, faults = dict(self.columns), list[CellFault]()
        for name in self.texts:
            columns[name], found = checked_text(columns[name], name)
            faults += found
        return assemble(self.request, self.rows, columns, Cells(self.columns), faults)


def _holds_text(type_: Any) -> bool:
    """Whether the values of a type are text that has to be checked."""
    return is_text(type_.value_type if kinds.is_dictionary(type_) else type_)


def batch_chunks(batches: Iterable[Any], request: Request) -> Iterator[BatchChunk]:
    """Batches as chunks of a bounded size, all their lists held to one width.

    Where the request gives no width it is that of the first list; batches in which every list is null wait for it.
    """
    waiting: list[Any] = []
    for batch in batches:
        if request.lists() and request.width is None:
            request = replace(request, width=_width_of(batch, request))
            if request.width is None:
                waiting.append(batch)
                continue
        for ready in (*waiting, batch):
            yield from _sliced(ready, request)
        waiting.clear()
    for ready in waiting:
        yield from _sliced(ready, request)


def check_codes(batch: Any) -> None:
    """Raise where a dictionary code has no value: Arrow's Parquet reader believes the codes of a damaged page."""
    for column in batch.columns:
        if kinds.is_dictionary(column.type) and len(column) > column.null_count:
            from pyarrow import compute as pc

            least, largest = pc.min_max(column.indices).values()
            if least.as_py() < 0 or largest.as_py() >= len(column.dictionary):
                raise ValueError("a dictionary code has no value")


def _width_of(batch: Any, request: Request) -> int | None:
    """The length of the first list of a batch."""
    lengths = (first_length(batch.column(name)) for name in request.lists())
    return next((length for length in lengths if length is not None), None)


def _sliced(batch: Any, request: Request) -> Iterator[BatchChunk]:
    """A batch in slices that are small once they are float64."""
    step = rows_per_batch(request, request.width or 1)
    names = request.names()
    texts = tuple(name for name in names if _holds_text(batch.schema.field(name).type))
    for start in range(0, batch.num_rows, step):
        part = batch if batch.num_rows <= step else batch.slice(start, step)
        columns = {name: part.column(name) for name in names}
        yield BatchChunk(part.num_rows, columns, texts, request)


def rows_per_batch(request: Request, width: int) -> int:
    """How many rows keep the matrices of a block at a few MiB; not too few where every column costs by itself."""
    matrix = width if request.matrix_list else len(request.matrix)
    targets = width if request.targets_list else len(request.targets)
    least = 1 if request.lists() else LEAST_ROWS
    return max(least, min(ROWS, BATCH_BYTES // (8 * max(1, matrix + targets))))
