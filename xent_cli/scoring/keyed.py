"""Rows by the texts of some of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.frozen import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from xent_cli.contract.row_columns import Coded

    Marks = NDArray[np.bool_]
    Key = tuple[str, ...]


@record
class Keyed:
    """The key of each row as a code into `keys`: the texts of some columns, "" where a cell is empty."""

    codes: NDArray[np.integer]
    keys: tuple[Key, ...]

    @classmethod
    def of(cls, columns: Sequence[Coded]) -> Keyed:
        """The keys that some columns make together."""
        codes, keys = _texts(columns[0])
        whole = [(text,) for text in keys]
        for column in columns[1:]:
            more, texts = _texts(column)
            # only pairs that occur get a code: the product of many columns would leave the range of integers
            pairs, codes = np.unique(codes.astype(np.int64) * len(texts) + more, return_inverse=True)
            whole = [(*whole[pair // len(texts)], texts[pair % len(texts)]) for pair in pairs.tolist()]
        return cls(codes, tuple(whole))

    def only(self, rows: NDArray[np.int64] | Marks) -> Keyed:
        """The keys of some of the rows."""
        return Keyed(self.codes[rows], self.keys)

    def used(self) -> set[Key]:
        """The keys that occur."""
        return {self.keys[code] for code in np.unique(self.codes).tolist()}


def _texts(column: Coded) -> tuple[NDArray[np.integer], tuple[str, ...]]:
    """The codes of a column into texts that are all different, an empty cell being the text ""."""
    if column.codes.size and column.codes.min() >= 0:
        return column.codes, column.names
    if "" in column.names:
        return np.where(column.codes < 0, column.names.index(""), column.codes), column.names
    return np.where(column.codes < 0, len(column.names), column.codes), (*column.names, "")
