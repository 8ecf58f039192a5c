"""The second pass over a CSV chunk that Arrow refused: finds every bad cell and ragged line of it.

Ragged records are found by counting delimiters outside quotes and taken out; what is left is parsed as bytes, checked
to be UTF-8, and converted by the same rules as in the fast path, cell by cell. A line that repeats the header is a
fault of its own: no cell of it is a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.readers.csv.records import field_counts
from xent_cli.readers.decoding.blocks import assemble
from xent_cli.readers.decoding.columns import checked_text, fault
from xent_cli.readers.interface import SHOWN_VALUES, Block, CellFault
from xent_cli.readers.refusals import QUOTE_HELP, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from xent_cli.readers.csv.parsing import ChunkParser
    from xent_cli.readers.csv.positions import Lines


def decode_faulty(parser: ChunkParser, lines: Lines) -> Block:
    """The block of a chunk in which some cell or line is bad."""
    counts = field_counts(lines.data, lines.toggles, lines.starts, parser.delimiter.encode())
    ragged = counts != parser.width
    faults = [_ragged(np.flatnonzero(ragged), counts, parser.width)] if ragged.any() else []
    columns: dict[str, Any] = {}
    for name, array in _parse(parser, lines, ragged).items():
        columns[name], found = checked_text(array, name)
        faults += found
    headers = _headers(columns) if parser.request.numeric() else np.zeros(0, dtype=np.bool_)
    if headers.any():
        faults.append(fault("repeated-header", np.flatnonzero(headers), ""))
        columns = {name: _blanked(array, headers) for name, array in columns.items()}
    return assemble(parser.request, lines.starts.size, columns, lines, faults)


def _parse(parser: ChunkParser, lines: Lines, ragged: NDArray[np.bool_]) -> dict[str, Any]:
    """The needed columns as bytes, null in the place of each ragged record."""
    kept = _even_lines(lines, ragged) if parser.keep_blank else _without(lines, ragged)
    try:
        rows, columns = parser.parse(kept, parser.raw, quoted=True)
    except pa.ArrowInvalid as error:
        raise _unparsable(parser, lines, str(error)) from error
    if rows != (ragged.size if parser.keep_blank else np.count_nonzero(~ragged)):
        raise _unparsable(parser, lines, "its records cannot be separated")
    return columns if parser.keep_blank else {name: _spread(array, ragged) for name, array in columns.items()}


def _headers(columns: Mapping[str, Any]) -> NDArray[np.bool_]:
    """The rows that hold the name of each column in it: files were put together with their headers."""
    from pyarrow import compute as pc

    found = [pc.equal(pc.ascii_trim(array, " \t"), name) for name, array in columns.items()]
    each = [marks.fill_null(fill_value=False).to_numpy(zero_copy_only=False) for marks in found]
    return np.asarray(np.logical_and.reduce(each))


def _blanked(array: Any, rows: NDArray[np.bool_]) -> Any:
    """A column with null in some rows."""
    from pyarrow import compute as pc

    return pc.if_else(pa.array(~rows), array, pa.scalar(None, array.type))


def _without(lines: Lines, ragged: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The bytes of the records that are not ragged."""
    first = int(lines.starts[0]) if lines.starts.size else lines.data.size
    lengths = np.diff(np.append(lines.starts, lines.data.size))
    return lines.data[first:][np.repeat(~ragged, lengths)]


def _even_lines(lines: Lines, ragged: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The bytes of a file of one column with an empty field for each ragged record.

    Taken out, it could leave the CR of the line before it next to the LF of the blank line after it.
    """
    bounds = np.append(lines.starts, lines.data.size).tolist()
    parts, done = [], 0
    for row in np.flatnonzero(ragged).tolist():
        parts += [lines.data[done : bounds[row]].tobytes(), b'""\n']
        done = bounds[row + 1]
    return np.frombuffer(b"".join([*parts, lines.data[done:].tobytes()]), dtype=np.uint8)


def _unparsable(parser: ChunkParser, lines: Lines, reason: str) -> Exception:
    """The refusal of bytes that cannot be read as CSV."""
    message = f"the text cannot be parsed as CSV: {reason[:200]}"
    return refuse("corrupt-file", parser.path, message, help=QUOTE_HELP, line=lines.line_before)


def _ragged(rows: NDArray[np.int64], counts: NDArray[np.int64], width: int) -> CellFault:
    """The fault of the records with too few or too many fields."""
    shown = counts[rows[:SHOWN_VALUES]].tolist()
    return fault("ragged-line", rows, "", [f"{n} field{'' if n == 1 else 's'}, expected {width}" for n in shown])


def _spread(array: Any, ragged: NDArray[np.bool_]) -> Any:
    """A column with a null in the place of each ragged record."""
    if not ragged.any():
        return array
    places = np.cumsum(~ragged) - 1
    return array.take(pa.array(places, mask=ragged))
