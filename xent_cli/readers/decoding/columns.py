"""Arrow columns as NumPy: numbers to float64, labels to codes, text to Arrow strings, faults listed by row.

Arrow's own conversions are used only where they are exact: decimals go through their text, large integers are rounded
once, dictionary codes are mapped through their values (they differ between the parts of a file).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import types as kinds

from xent_cli.contract.row_columns import Coded
from xent_cli.readers.interface import SHOWN_VALUES, CellFault, ColumnType, shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Faults = list[CellFault]

NUMBER = r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:inf(?:inity)?|nan(?:\([0-9A-Za-z_]*\))?))"
"""The numbers that Arrow's CSV parser accepts, after spaces and tabs around them are gone."""

DECIMAL_SCALES = {32: 9, 64: 18, 128: 38, 256: 76}
"""The largest scale of a decimal, by its width, whose text Arrow can make: hostile files declare others."""

PREFIX = 4096
"""How many rows nearly always show every label of a batch: the others then need not be looked at."""

EXACT_INTEGER = 2.0**53
SMALL_RANGE = 1 << 16
ASCII = 128
NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


def is_text(type_: pa.DataType) -> bool:
    """Whether a type is one of Arrow's three kinds of strings."""
    return bool(kinds.is_string(type_) or kinds.is_large_string(type_) or kinds.is_string_view(type_))


def is_number(type_: pa.DataType) -> bool:
    """Whether a type holds numbers that become doubles."""
    if kinds.is_decimal(type_):
        return bool(abs(type_.scale) <= DECIMAL_SCALES[type_.bit_width])
    return bool(kinds.is_floating(type_) or kinds.is_integer(type_))


def is_list(type_: pa.DataType) -> bool:
    """Whether a type is a list of any layout that is read."""
    return bool(kinds.is_list(type_) or kinds.is_large_list(type_) or kinds.is_fixed_size_list(type_))


def column_type(type_: pa.DataType) -> ColumnType:
    """An Arrow type in the terms of the readers."""
    if is_list(type_):
        element = type_.value_type
        kind = "list" if is_number(element) or kinds.is_boolean(element) or kinds.is_null(element) else "other"
        length = type_.list_size if kinds.is_fixed_size_list(type_) else None
        return ColumnType(kind, f"list<{element}>" + (f"[{length}]" if length is not None else ""), length)
    if kinds.is_dictionary(type_):
        value = column_type(type_.value_type)
        kind = (
            value.kind
            if value.kind in ("number", "bool", "text") and not kinds.is_temporal(type_.value_type)
            else "other"
        )
        return ColumnType(kind, f"dictionary<{value.text}>")
    return ColumnType(_plain_kind(type_), str(type_))


def _plain_kind(type_: pa.DataType) -> str:
    """The kind of a type that is neither list nor dictionary."""
    if is_number(type_):
        return "number"
    if kinds.is_boolean(type_):
        return "bool"
    if kinds.is_null(type_):
        return "untyped"
    temporal = kinds.is_temporal(type_) and not kinds.is_interval(type_)
    return "text" if is_text(type_) or temporal else "other"


def missing_rows(array: Any) -> Rows:
    """The rows of an array that are null."""
    if array.null_count == 0:
        return NO_ROWS
    if kinds.is_null(array.type):
        return np.arange(len(array), dtype=np.int64)
    return np.flatnonzero(~_bits(array.buffers()[0], array.offset, len(array)))


def _bits(buffer: Any, offset: int, length: int) -> NDArray[np.bool_]:
    """A run of a bitmap as booleans."""
    packed = np.frombuffer(buffer, dtype=np.uint8, count=(offset + length + 7) // 8)
    return np.unpackbits(packed, bitorder="little")[offset : offset + length].view(np.bool_)


def _raw_values(array: Any) -> NDArray[Any]:
    """The values of a primitive array as they lie in memory, null slots included."""
    if len(array) == 0:
        return np.zeros(0)
    data = array.buffers()[1]
    if kinds.is_boolean(array.type):
        return _bits(data, array.offset, len(array)).view(np.uint8)
    dtype = np.dtype(array.type.to_pandas_dtype())
    return np.frombuffer(data, dtype=dtype, count=array.offset + len(array))[array.offset :]


def fault(rule: str, rows: Rows, column: str, values: list[str] | None = None) -> CellFault:
    """A fault, its raw values shortened; without values the cells were empty."""
    shown = [""] * min(rows.size, SHOWN_VALUES) if values is None else values[:SHOWN_VALUES]
    return CellFault(rule, rows, column, tuple(shorten(value) for value in shown))


def numeric(array: Any, column: str) -> tuple[Floats, Faults]:
    """A column as doubles, each the nearest to its value, with the faults of its missing and unreadable cells."""
    if kinds.is_dictionary(array.type):
        return numeric(array.dictionary_decode(), column)
    if is_text(array.type):
        return _parsed(array, column)
    if kinds.is_decimal(array.type):
        array = array.cast(pa.string()).cast(pa.float64())
    missing = missing_rows(array)
    if kinds.is_null(array.type):
        return np.full(len(array), np.nan), [fault("missing-value", missing, column)]
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN like others
        values = _raw_values(array).astype(np.float64, copy=missing.size > 0)
    if not missing.size:
        return values, []
    values[missing] = np.nan
    return values, [fault("missing-value", missing, column)]


def _parsed(array: Any, column: str) -> tuple[Floats, Faults]:
    """Text as numbers, by the grammar of the CSV parser."""
    from pyarrow import compute as pc

    array = array if kinds.is_string(array.type) else array.cast(pa.string())
    array = pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
    trimmed = pc.ascii_trim(array, " \t")
    good = pc.match_substring_regex(trimmed, rf"\A(?:{NUMBER})\z")
    bad: Rows = np.flatnonzero(
        pc.equal(good, pa.scalar(value=False)).fill_null(fill_value=False).to_numpy(zero_copy_only=False)
    )
    if bad.size:
        trimmed = pc.if_else(good, trimmed, pa.scalar(None, pa.string()))
    values, _ = numeric(trimmed.cast(pa.float64()), column)
    missing = missing_rows(array)
    found = [fault("missing-value", missing, column)] if missing.size else []
    if bad.size:
        shown = array.take(pa.array(bad[:SHOWN_VALUES])).to_pylist()
        found.append(fault("not-a-number", bad, column, shown))
    return values, found


def coded(array: Any, column: str) -> tuple[Coded, Faults]:
    """A column as codes into its distinct values as text; only the values that occur are named."""
    if kinds.is_integer(array.type) and not array.null_count and len(array):
        values = _raw_values(array)
        low, high = int(values.min()), int(values.max())
        if high - low < SMALL_RANGE:
            return _of_range(values, low, high, str), []
    characters = single_characters(array)
    if characters is not None:
        return _of_range(characters, int(characters.min()), int(characters.max()), chr), []
    if not kinds.is_dictionary(array.type):
        array = _without_time32(array).dictionary_encode()
    codes = _raw_values(array.indices).astype(np.int32)
    codes[missing_rows(array.indices)] = -1
    codes, values = _compact(codes, array.dictionary)
    result = _named(codes, texts(values))
    missing = np.flatnonzero(result.codes < 0)
    return result, [fault("missing-label", missing, column)] if missing.size else []


def single_characters(array: Any) -> NDArray[np.uint8] | None:
    """The characters of texts or bytes that are all one of ASCII: labels often are, and need no hash table then."""
    if not (kinds.is_string(array.type) or kinds.is_binary(array.type)) or array.null_count or not len(array):
        return None
    offsets = np.frombuffer(array.buffers()[1], np.int32, len(array) + 1, 4 * array.offset)
    if offsets[-1] - offsets[0] != len(array) or (offsets[1:] - offsets[:-1] != 1).any():
        return None
    characters = np.frombuffer(array.buffers()[2], np.uint8, len(array), int(offsets[0]))
    return characters if characters.max() < ASCII else None


def _of_range(values: NDArray[Any], low: int, high: int, name: Callable[[int], str]) -> Coded:
    """Integers of a small range as codes, without a hash table; only the values that occur are named."""
    wide = values if values.dtype.itemsize == 8 else values.astype(np.int64)  # small types would overflow
    codes = (wide - wide.dtype.type(low) if low else values).astype(np.int32)
    if high - low <= 1:
        return Coded(codes, tuple(map(name, range(low, high + 1))))
    occur = np.bincount(codes, minlength=high - low + 1) > 0
    names = tuple(name(low + code) for code in np.flatnonzero(occur).tolist())
    if len(names) <= high - low:
        codes = (np.cumsum(occur, dtype=np.int32) - np.int32(1))[codes]
    return Coded(codes, names)


def _without_time32(array: Any) -> Any:
    """Arrow cannot factorise its 32-bit times; their text it can."""
    return array.cast(pa.string()) if kinds.is_time(array.type) else array


def _compact(codes: NDArray[np.int32], dictionary: Any) -> tuple[NDArray[np.int32], Any]:
    """Codes into a dictionary that holds only what they use."""
    used = _used(codes, len(dictionary))
    if used.size == len(dictionary):
        return codes, dictionary
    compacted = np.where(codes < 0, -1, np.searchsorted(used, codes)).astype(np.int32)
    return compacted, dictionary.take(pa.array(used))


def _used(codes: NDArray[np.int32], size: int) -> Rows:
    """The codes that occur, sorted."""
    if size <= PREFIX and np.bincount(codes[:PREFIX] + 1, minlength=size + 1)[1:].all():
        return np.arange(size, dtype=np.int64)
    if size <= 4 * codes.size:
        return np.flatnonzero(np.bincount(codes + 1, minlength=size + 1)[1:])
    used = np.unique(codes)
    return used[used >= 0].astype(np.int64)


def _named(codes: NDArray[np.int32], names: list[str | None]) -> Coded:
    """Codes with unique names; values without text become missing, values of the same text one."""
    index = {name: code for code, name in enumerate(dict.fromkeys(name for name in names if name is not None))}
    if len(index) == len(names):
        return Coded(codes, tuple(index))
    target = np.array([-1 if name is None else index[name] for name in names] + [-1], dtype=np.int32)
    return Coded(target[codes], tuple(index))


def texts(array: Any) -> list[str | None]:
    """Values as label text: true/false, integers without a point, other floats by their shortest form."""
    type_ = array.type
    if kinds.is_boolean(type_):
        return [None if value is None else str(value).lower() for value in array.to_pylist()]
    if kinds.is_floating(type_):
        return [None if value is None else _float_text(value) for value in _scalars(array)]
    if kinds.is_decimal(type_):
        return [None if value is None else _decimal_text(value) for value in array.to_pylist()]
    if not is_text(type_) and not kinds.is_null(type_):
        array = array.cast(pa.string())
    values: list[str | None] = array.to_pylist()
    return values


def _scalars(array: Any) -> list[Any]:
    """Floats as NumPy scalars of their own width; None where null or NaN."""
    values = _raw_values(array)
    absent = np.isnan(values)
    absent[missing_rows(array)] = True
    return [None if gone else value for value, gone in zip(values, absent.tolist(), strict=True)]


def _float_text(value: Any) -> str:
    """A float as label text."""
    if value == np.trunc(value) and abs(float(value)) < EXACT_INTEGER:
        return str(int(value))
    return str(value)


def _decimal_text(value: Decimal) -> str:
    """A decimal as label text, without trailing zeros."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def strings(array: Any, column: str) -> Any:
    """A column as an Arrow array of strings, null where missing."""
    type_ = array.type
    if kinds.is_dictionary(type_) and is_text(type_.value_type):
        return strings(array.dictionary_decode(), column)
    if is_text(type_) or kinds.is_integer(type_) or kinds.is_boolean(type_) or kinds.is_null(type_):
        return array if kinds.is_string(type_) else array.cast(pa.string())
    found, _ = coded(array, column)
    return pa.array(found.texts(), pa.string())


def checked_text(array: Any, column: str) -> tuple[Any, Faults]:
    """Text or bytes as valid strings: a cell that is not UTF-8 becomes null and a fault."""
    if kinds.is_dictionary(array.type):
        return _checked_dictionary(array, column)
    data = array if kinds.is_binary(array.type) else array.cast(pa.binary())
    try:
        return data.cast(pa.string()), []
    except pa.ArrowInvalid:
        pass
    cells = [(cell, _decoded(cell)) for cell in data.to_pylist()]
    bad = np.array([row for row, (raw, text) in enumerate(cells) if raw is not None and text is None], dtype=np.int64)
    shown = [cells[row][0].decode("utf-8", "backslashreplace") for row in bad[:SHOWN_VALUES].tolist()]
    return pa.array([text for _, text in cells], pa.string()), [fault("encoding", bad, column, shown)]


def _checked_dictionary(array: Any, column: str) -> tuple[Any, Faults]:
    """A dictionary of text whose values are valid, else its decoded and checked rows."""
    _, found = checked_text(array.dictionary, column)
    return checked_text(array.dictionary_decode(), column) if found else (array, [])


def _decoded(cell: bytes | None) -> str | None:
    """A cell as text, None where it is missing or not UTF-8."""
    try:
        return None if cell is None else cell.decode()
    except UnicodeDecodeError:
        return None
