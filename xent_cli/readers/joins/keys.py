"""Keys that join the rows of two files: compared as text, found by pandas' hash index.

A key is the text that its cells hold: `7`, `07` and `7.0` are three keys. Numbers of binary formats have the text that
they have as labels, so that an integer column fits the decimals of a CSV.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.contract.errors import Location, Problem
from xent_cli.contract.frozen import struct
from xent_cli.readers.interface import shorten
from xent_cli.readers.refusals import HEADER_HELP, LATIN_HELP, RAGGED_HELP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from xent_cli.readers.interface import Block

    Rows = NDArray[np.int64]

SHOWN = 5
"""How many rows of a fault are shown."""

_SEPARATOR = "\x1f"
_ESCAPES = {"\\": "\\", "u": _SEPARATOR}
_WHOLE = r"\A(?:0|-?[1-9][0-9]{0,17})\z"


def key_texts(block: Block, names: Sequence[str]) -> Any:
    """The key of each row as an Arrow string array, null where a part of it is missing."""
    parts = [block.text[name] for name in names]
    if len(parts) == 1:
        return parts[0]
    from pyarrow import compute as pc

    escaped = [pc.replace_substring(part, "\\", "\\\\") for part in parts]
    escaped = [pc.replace_substring(part, _SEPARATOR, "\\u") for part in escaped]
    return pc.binary_join_element_wise(*escaped, _SEPARATOR)


def key_parts(key: str, columns: int) -> tuple[str, ...]:
    """The cells that make up a key of some columns."""
    if columns == 1:
        return (key,)
    return tuple(re.sub(r"\\(.)", lambda found: _ESCAPES[found[1]], part) for part in key.split(_SEPARATOR))


class KeyIndex:
    """The rows of a table by their keys, in memory; no key is null. A whole number takes about 60 bytes."""

    def __init__(self, keys: Any) -> None:
        self._whole = bool(_whole(keys).all())
        self._index = _index(_numbers(keys) if self._whole else _objects(keys))

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._index)

    def repeated(self) -> Rows:
        """The rows whose key an earlier row has."""
        if self._index.is_unique:
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(self._index.duplicated(keep="first"))

    def positions(self, keys: Any) -> Rows:
        """The row of each key, −1 where there is none or the key is null. No key may be repeated in the index."""
        found: Rows = np.full(len(keys), -1, dtype=np.int64)
        known = _whole(keys) if self._whole else np.asarray(keys.is_valid())
        wanted = keys if known.all() else keys.filter(pa.array(known))
        found[known] = self._index.get_indexer(_index(_numbers(wanted) if self._whole else _objects(wanted)))
        return found


def _whole(keys: Any) -> NDArray[np.bool_]:
    """Which keys are whole numbers as they are usually written; they take less room as numbers."""
    from pyarrow import compute as pc

    return np.asarray(pc.fill_null(pc.match_substring_regex(keys, _WHOLE), fill_value=False), dtype=np.bool_)


def _index(values: Any) -> Any:
    """Values as an index of their own type: pandas 3 would copy texts into a type that is slower to look up."""
    from pandas import Index

    return Index(values, dtype=values.dtype)


def _numbers(keys: Any) -> Rows:
    """Whole numbers as such."""
    return np.asarray(keys.cast(pa.int64()), dtype=np.int64)


def _objects(keys: Any) -> Any:
    """Texts as Python strings, the form that pandas hashes."""
    return keys.to_numpy(zero_copy_only=False)


@struct
class KeyFault:
    """Rows of one file whose keys are at fault: how many of how many, and the first few with their keys."""

    path: str
    columns: tuple[str, ...]
    total: int
    count: int
    rows: tuple[int, ...]
    keys: tuple[str, ...]
    line: int | None = None

    @classmethod
    def of(cls, path: str, columns: tuple[str, ...], keys: Any, rows: Rows) -> KeyFault | None:
        """The fault of these rows (from 0) of a file with these keys; None where there are no such rows."""
        if not rows.size:
            return None
        first = rows[:SHOWN].tolist()
        texts = tuple("" if key is None else key for key in keys.take(pa.array(first)).to_pylist())
        return cls(path, columns, len(keys), int(rows.size), tuple(row + 1 for row in first), texts)

    def missing(self) -> Problem:
        """The keys are empty."""
        hint = "give every row a key, or name other columns with --on"
        return self._problem("missing-key", "the key is missing", "has no key", "have no key", hint)

    def unread(self, rule: str, text: str) -> Problem:
        """The rows, or what they have in the place of keys, cannot be read; `text` is what the first one holds."""
        if rule == "repeated-header":
            message = "line repeats the header"
            return self._problem(rule, message, "repeats the header", "repeat the header", HEADER_HELP)
        ragged = rule == "ragged-line"
        message = f"line has {text}" if ragged else f"column {', '.join(self.columns)} is not valid UTF-8"
        one = "has the wrong number of fields" if ragged else "is not valid UTF-8"
        many = "have the wrong number of fields" if ragged else "are not valid UTF-8"
        return self._problem(rule, message, one, many, RAGGED_HELP if ragged else LATIN_HELP)

    def repeated(self) -> Problem:
        """The keys stand in an earlier row already."""
        message = f"key {self._shown(self.keys[0])} is there more than once"
        hint = "each key names one row: drop the repetitions, or name more columns with --on"
        return self._problem(
            "repeated-key", message, "repeats the key of an earlier row", "repeat the key of an earlier row", hint
        )

    def unmatched(self, other: str, help: str) -> Problem:
        """The keys are not in the other file."""
        message = f"key {self._shown(self.keys[0])} is not in {other}"
        return self._problem(
            "unmatched-key", message, f"has a key that {other} lacks", f"have a key that {other} lacks", help
        )

    def _problem(self, rule: str, message: str, one: str, many: str, help: str) -> Problem:
        """The fault as a refusal."""
        keys = ", ".join(self._shown(key) for key in self.keys if key)
        more = ", …" if self.count > len(self.keys) else ""
        detail = f"{self.count:,} of {self.total:,} {'row' if self.total == 1 else 'rows'} "
        detail += (one if self.count == 1 else many) + (f": {keys}{more}" if keys and self.count > 1 else "")
        where = Location(self.path, self.rows[0], self.line, self.columns)
        return Problem(rule, message, where, detail, help, self.count, self.rows)

    def _shown(self, key: str) -> str:
        """A key as it is quoted."""
        return ", ".join(repr(shorten(part)) for part in key_parts(key, len(self.columns)))
