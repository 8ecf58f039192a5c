"""The first rows of a file, all columns, read ahead of the request: names alone do not tell which column is what.

Bounded in rows, columns and bytes. What is read of a stream is kept for the chunks, so that a pipe can be looked at.
"""

from __future__ import annotations

import contextlib
import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.readers.interface import Peek

COLUMNS = 2000
"""In a wider file names alone decide."""


def rows_of(columns: int) -> int:
    """How many rows to look at: a thousand, fewer of a wide file, as 100,000 cells take a tenth of a second."""
    return min(1000, max(100, 100_000 // max(1, columns)))


def of_csv(data: bytes, names: Sequence[str], delimiter: str, *, whole: bool) -> Peek:
    """The columns of the records in some bytes, the last of which may be cut off unless they are the `whole` rest."""
    if len(names) > COLUMNS:
        return {}
    text = data.decode("utf-8", "replace")
    if not whole:
        text = text[: text.rfind("\n") + 1]
    found: dict[str, list[str]] = {name: [] for name in names}
    rows = rows_of(len(names))
    try:
        for count, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)):
            if count >= rows:
                break
            if len(row) == len(names):
                for name, cell in zip(names, row, strict=True):
                    found[name].append(cell)
    except csv.Error:
        return found
    return found


def of_batch(batch: Any) -> Peek:
    """The columns of a batch, labels as the text that they will have; lists as they are."""
    import pyarrow as pa

    from xent_cli.readers.decoding.columns import coded, column_type

    found: dict[str, Sequence[Any]] = {}
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        kind = column_type(array.type).kind
        if kind == "list" or name in found:
            found.setdefault(name, array.slice(0, 1).to_pylist())
            continue
        if kind == "other":
            continue
        # a column that cannot be looked at is refused, with its reason, when it is read
        with contextlib.suppress(pa.ArrowException, ValueError, TypeError, NotImplementedError):
            texts = coded(array, name)[0]
            found[name] = [texts.names[code] if code >= 0 else "" for code in texts.codes.tolist()]
    return found
