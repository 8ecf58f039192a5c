"""The generator: layout number i of a seed, the same on every machine, and its file."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.layouts.doubtful import DOUBTFUL
from tests.layouts.hand import HAND
from tests.layouts.tools import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.layouts.draft import Layout

RECIPES = HAND | TOOLS | DOUBTFUL
SUFFIXES = {"csv": "csv", "csv list": "csv", "csv numpy": "csv", "tsv": "tsv"}


def layout(seed: int, number: int) -> Layout:
    """A layout, by the weights of the recipes."""
    rng = random.Random(f"{seed}-{number}")  # noqa: S311  (for tests, not for secrets)
    recipe = rng.choices(list(RECIPES), list(RECIPES.values()))[0]
    return replace(recipe(rng), number=number)


def write(made: Layout, folder: Path) -> str:
    """The file of a layout; its name."""
    name = f"preds.{SUFFIXES.get(made.form, 'parquet')}"
    path = folder / name
    if made.form in SUFFIXES:
        path.write_text(text(made), encoding="utf-8")
    else:
        _parquet(made, path)
    return name


def text(made: Layout, rows: int | None = None) -> str:
    """A layout as delimited text."""
    mark = "\t" if made.form == "tsv" else ","
    names = [made.titles.get(name, name) for name in made.columns]
    table = [names, *(list(row) for row in zip(*made.columns.values(), strict=True))]
    lines = [
        mark.join(_field(_cell(value, made.form), mark) for value in row)
        for row in table[: None if rows is None else rows + 1]
    ]
    return "\n".join(lines) + "\n"


def _cell(value: Any, form: str) -> str:
    """A value as pandas writes it."""
    if isinstance(value, list):
        if form == "csv numpy":
            return "[" + " ".join(str(x) for x in value) + "]"
        return str(value)
    if isinstance(value, dict):
        return json.dumps(value)
    return repr(value) if isinstance(value, float) else str(value)


def _field(cell: str, mark: str) -> str:
    """A cell in quotes where it has to be."""
    return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in (mark, '"', "\n")) else cell


def _parquet(made: Layout, path: Path) -> None:
    """A layout as Parquet: lists as lists, of equal length where they are vectors of Spark as its structs."""
    import pyarrow as pa
    from pyarrow import parquet

    arrays = {}
    for name, values in made.columns.items():
        title = made.titles.get(name, name)
        if isinstance(values[0], list) and made.form == "parquet vector":
            arrays[title] = pa.array(
                [{"type": 1, "size": None, "indices": None, "values": value} for value in values],
                pa.struct([("type", pa.int8()), ("size", pa.int32()), ("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))]),
            )  # fmt: skip
        elif isinstance(values[0], dict):
            label = name.removeprefix("predicted_").removesuffix("_probs")
            pairs = [
                [{"label": _like(made.columns[label], key), "prob": p} for key, p in value.items()] for value in values
            ]
            arrays[title] = pa.array(pairs)
        elif isinstance(values[0], list) and made.form == "parquet list":
            arrays[title] = pa.array(
                values, pa.list_(pa.float32() if name == "embedding" else pa.float64(), len(values[0]))
            )
        else:
            arrays[title] = pa.array(values)
    parquet.write_table(pa.table(arrays), path)


def _like(labels: list[Any], key: str) -> Any:
    """The label that is written so, in its own type."""
    return next((label for label in labels if str(label) == key), key)
