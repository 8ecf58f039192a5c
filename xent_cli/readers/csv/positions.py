"""Where the rows of a CSV chunk stand in their file, worked out only when a row must be shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.readers.csv.header import split_record
from xent_cli.readers.csv.records import line_ends, quote_toggles, record_starts
from xent_cli.readers.interface import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from xent_cli.contract.errors import Location

    Bytes = NDArray[np.uint8]
    Positions = NDArray[np.int64]


@dataclass(eq=False, repr=False)
class Lines:
    """The origin of the rows of a chunk: its bytes, the physical line they begin on, where the columns stand."""

    data: Bytes
    delimiter: str
    line_before: int
    positions: Mapping[str, int]
    keep_blank: bool

    @cached_property
    def toggles(self) -> Positions:
        """The quotes that open or close a field."""
        return quote_toggles(self.data, self.delimiter.encode())

    @cached_property
    def starts(self) -> Positions:
        """Where each row starts."""
        return record_starts(self.data, self.toggles, keep_blank=self.keep_blank)

    @cached_property
    def _ends(self) -> Positions:
        """Where each physical line ends."""
        return line_ends(self.data)

    def line(self, row: int) -> int | None:
        """The physical line on which a row starts."""
        return self.line_before + int(np.searchsorted(self._ends, self.starts[row], side="right"))

    def cell(self, row: int, column: str) -> str:
        """The field as it is parsed, "" where the record has no such field; the whole record for the column ""."""
        end = self.starts[row + 1] if row + 1 < self.starts.size else self.data.size
        record = self.data[self.starts[row] : end].tobytes().decode("utf-8", "backslashreplace")
        if not column:
            return shorten(record.rstrip("\r\n"))
        fields = split_record(record, self.delimiter) or []
        position = self.positions.get(column, len(fields))
        return shorten(fields[position]) if position < len(fields) else ""

    def home(self, row: int, columns: Sequence[str]) -> Location | None:  # noqa: ARG002  # the protocol's
        """None: all cells of a row are in the file itself."""
        return None
