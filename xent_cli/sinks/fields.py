"""Which fields the rows of a per-sample output have, and the rows as Arrow record batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.contract.frozen import struct
from xent_cli.contract.text import formula_safe, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from xent_cli.contract.row_columns import Coded, PairColumns, SampleColumns

# What `formula_safe` may change, in the syntax of RE2: this finds the few ids that have to go through Python.
_SUSPECT = "^[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\\x00-\\x1f\\x7f-\\x{9f}\u2028\u2029\u202a-\u202e\u2066-\u2069]"


@struct
class SampleFields:
    """Which fields a row has besides row, label, p, loss and weight."""

    has_id: bool = False
    gradient_names: tuple[str, ...] = ()
    gradient_norm: bool = False

    def names(self) -> tuple[str, ...]:
        """The names of the fields in order."""
        identity = ("id",) if self.has_id else ()
        gradient = tuple(f"gradient_{name}" for name in self.gradient_names)
        norm = ("gradient_norm",) if self.gradient_norm else ()
        return ("row", *identity, "label", "p", "loss", "weight", *gradient, *norm)

    def schema(self) -> Any:
        """The fields as an Arrow schema."""
        return _schema(self)

    def batch(self, columns: SampleColumns, *, spelled_out: bool) -> Any:
        """Rows as an Arrow record batch."""
        return _sample_batch(columns, self, spelled_out=spelled_out)


@struct
class PairFields:
    """Which fields a compared row has: row, id, label, weight, and the losses with their differences."""

    has_id: bool = False
    candidates: int = 1

    def names(self) -> tuple[str, ...]:
        """The names of the fields in order; several candidates are numbered in the order given."""
        identity = ("id",) if self.has_id else ()
        numbers = [""] if self.candidates == 1 else [f"_{place + 1}" for place in range(self.candidates)]
        pairs = tuple(f"{name}{number}" for number in numbers for name in ("candidate", "difference"))
        return ("row", *identity, "label", "weight", "baseline", *pairs)

    def schema(self) -> Any:
        """The fields as an Arrow schema."""
        return _schema(self)

    def batch(self, columns: PairColumns, *, spelled_out: bool) -> Any:
        """Rows as an Arrow record batch."""
        return _pair_batch(columns, self, spelled_out=spelled_out)


Fields = SampleFields | PairFields


def _schema(fields: Fields) -> Any:
    """The Arrow schema of a per-sample output."""
    types = {"row": pa.int64(), "id": pa.string(), "label": pa.string()}
    return pa.schema([(name, types.get(name, pa.float64())) for name in _plain_names(fields)])


def _sample_batch(columns: SampleColumns, fields: SampleFields, *, spelled_out: bool) -> Any:
    """The rows as one record batch; `spelled_out` makes their text safe for spreadsheets and terminals."""
    spell = formula_safe if spelled_out else whole
    arrays = [pa.array(columns.row, pa.int64())]
    arrays += [_ids(columns, spelled_out=spelled_out)] if fields.has_id else []
    arrays += [_labels(columns.label, spell)]
    arrays += [pa.array(numbers, pa.float64()) for numbers in (columns.p, columns.loss, columns.weight)]
    if fields.gradient_names and columns.gradient is not None:
        arrays += [pa.array(np.ascontiguousarray(part)) for part in columns.gradient.T]
    if fields.gradient_norm and columns.gradient_norm is not None:
        arrays += [pa.array(columns.gradient_norm, pa.float64())]
    return pa.record_batch(arrays, schema=_schema(fields))


def _pair_batch(columns: PairColumns, fields: PairFields, *, spelled_out: bool) -> Any:
    """Compared rows as one record batch; `spelled_out` makes their text safe for spreadsheets and terminals."""
    arrays = [pa.array(columns.row, pa.int64())]
    arrays += [_ids(columns, spelled_out=spelled_out)] if fields.has_id else []
    arrays += [_labels(columns.label, formula_safe if spelled_out else whole)]
    arrays += [pa.array(numbers, pa.float64()) for numbers in (columns.weight, columns.baseline)]
    for loss in columns.losses:
        alike = np.isinf(loss) & np.isinf(columns.baseline)
        with np.errstate(invalid="ignore"):
            difference = np.where(alike, 0.0, loss - columns.baseline)
        arrays += [pa.array(loss, pa.float64()), pa.array(difference, pa.float64())]
    return pa.record_batch(arrays, schema=_schema(fields))


def _plain_names(fields: Fields) -> list[str]:
    """The names of the fields as they can be encoded."""
    return [whole(name) for name in fields.names()]


def _labels(label: Coded, spell: Callable[[str], str]) -> Any:
    """The labels as text; each distinct one is spelt once."""
    codes = pa.array(label.codes, pa.int32(), mask=label.codes < 0)
    names = pa.array([spell(name) for name in label.names], pa.string())
    return pa.DictionaryArray.from_arrays(codes, names).dictionary_decode()


def _ids(columns: SampleColumns | PairColumns, *, spelled_out: bool) -> Any:
    """The ids as text, null where there is none."""
    import pyarrow.compute as pc

    if columns.id is None:
        return pa.nulls(len(columns.row), pa.string())
    ids = columns.id.combine_chunks() if isinstance(columns.id, pa.ChunkedArray) else columns.id
    ids = ids.cast(pa.string())
    if not spelled_out:
        return ids
    suspect = pc.fill_null(pc.match_substring_regex(ids, _SUSPECT), fill_value=False)
    if not pc.any(suspect).as_py():
        return ids
    texts = pa.array([formula_safe(text) for text in ids.filter(suspect).to_pylist()], pa.string())
    return pc.replace_with_mask(ids, suspect, texts)
