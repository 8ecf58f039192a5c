"""Damage: to cells before they are written, to the bytes afterwards."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fuzz.make import HOSTILE, QUOTED

if TYPE_CHECKING:
    import random

    from tests.fuzz.make import Data

CELLS = (
    "", " ", "nan", "NaN", "NAN", "-nan", "nan(1)", "inf", "-inf", "Infinity", "-INFINITY", "1e400", "-1e400", "1e-400",
    "0x1", "0x1p-2", "1_0", "oops", "0,5", "0.5%", "1/2", ".5", "5.", "+.5", "1e", "e1", "1e+", "--1", "+-1", "0.5 ", " 0.5",
    "\t0.5", "\u00a00.5", "\uff11", "\u0660.\u0665", "1.0000001", "1.000002", "1.5", "-0.0", "-1e-300", "2", "0", "1", "true",
    "True", "T", "yes", "NA", "null", "None", "N/A", "#N/A", "007", "1.0", "0.30000000000000004", "1e-320", "9" * 400,
    "0." + "3" * 400, "\x00", "0.5\x00", "0\x00.5", "'", '"', "'0.5'", "=0.5", "\udcff", "0.5\udce9", "caf\udce9", "\ufeff0.5",
    "0.5f", "1d0", "0.5L", "$1", "1 000", "1\u202f000", "−1", "½", "1e5", "1E-5", "1.e-5", "00.5", "infinit", "nane", "+nan",
)  # fmt: skip
VALUES = (
    None,
    None,
    math.nan,
    math.inf,
    -math.inf,
    1.5,
    -0.1,
    1.0 + 4e-7,
    1.0 + 2e-6,
    0.0,
    1.0,
    2.0,
    5e-324,
    1e308,
    -1e308,
)
BYTES = (b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xc3", b"\xe2\x82\xac", b";", b"\t", b"|", b" ",
         b"-", b"e", b".", b"1", b"\x1b[31m", b"\xef\xbb\xbf", b"\x1a", b"\xed\xa0\x80", b"\x85", b"\x0b", b"\x0c")  # fmt: skip


def cells(rng: random.Random, rows: list[list[str]]) -> str:
    """Damage the cells of delimited text, the header spared; returns what was done."""
    if len(rows) < 2:
        return ""
    done = []
    for _ in range(rng.choice([1, 1, 2, 5])):
        place = rng.randrange(1, len(rows))
        action = rng.choice(["cell", "cell", "cell", "cell", "short", "long", "twice", "words", "near"])
        row = rows[place]
        if action == "twice":
            rows.insert(place, list(row))
        elif action == "short" and len(row) > 1:
            row.pop(rng.randrange(len(row)))
        elif action == "long":
            row.insert(rng.randrange(len(row) + 1), rng.choice(CELLS))
        elif row:
            column = rng.randrange(len(row))
            row[column] = _cell(rng, row[column], action)
        done.append(action)
    return "+".join(done)


def _cell(rng: random.Random, cell: str, action: str) -> str:
    """Another text for a cell."""
    if action == "words":
        return rng.choice(HOSTILE + QUOTED)
    if action == "near" and cell:
        place = rng.randrange(len(cell))
        return cell[:place] + rng.choice("0123456789.eE-+ _naf") + cell[place + 1 :]
    return rng.choice(CELLS)


def values(rng: random.Random, data: Data) -> Data:
    """Damage the values of a data set before it is written to a columnar file."""
    columns = {name: list(column) for name, column in data.columns.items()}
    names = [name for name in columns if name in data.roles.needed()]
    if not data.rows or not names:
        return data
    for _ in range(rng.choice([1, 1, 3])):
        name, row = rng.choice(names), rng.randrange(data.rows)
        column = columns[name]
        if name in data.roles.preds or name == data.roles.weight or data.roles.kind == "categorical":
            column[row] = rng.choice(VALUES)
        else:
            example = next((value for value in column if value is not None), None)
            column[row] = rng.choice([None, _stranger(example)])
    return replace(data, columns=columns)


def _stranger(value: Any) -> Any:
    """A label of the same type that fits no class, where the type has one."""
    if isinstance(value, bool):
        return None
    return "no class" if isinstance(value, str) else 7


def lists(rng: random.Random, column: list[Any]) -> None:
    """Damage the lists of a column: none, shorter, longer, with a gap."""
    for _ in range(rng.choice([1, 2])):
        row = rng.randrange(len(column))
        if column[row] is None:
            continue
        action = rng.choice(["none", "short", "long", "gap", "empty"])
        if action == "none":
            column[row] = None
        elif action == "gap" and column[row]:
            column[row][rng.randrange(len(column[row]))] = None
        else:
            column[row] = {"short": column[row][:-1], "long": [*column[row], 0.0], "empty": []}.get(action, column[row])


def raw(rng: random.Random, data: bytes) -> bytes:
    """Damage bytes: flipped bits, lost and added bytes, a cut, a piece twice."""
    found = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        if not found:
            break
        _damage(rng, found)
    return bytes(found)


def _damage(rng: random.Random, found: bytearray) -> None:
    """One damage in place."""
    place = rng.randrange(len(found))
    action = rng.choice(["flip", "flip", "lose", "add", "add", "cut", "twice", "set", "head"])
    if action == "flip":
        found[place] ^= 1 << rng.randrange(8)
    elif action == "lose":
        del found[place : place + rng.choice([1, 1, 2, 10])]
    elif action == "add":
        found[place:place] = rng.choice(BYTES)
    elif action == "cut":
        del found[place:]
    elif action == "twice":
        found[place:place] = found[place : place + rng.choice([1, 8, 64])]
    elif action == "set":
        found[place] = rng.randrange(256)
    elif rng.random() < 0.3:
        del found[:place]
