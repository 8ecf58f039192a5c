"""One case of the campaign, made from a seed and a number: files, the words of the command, what they mean."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from tests.fuzz import layouts, mutate
from tests.fuzz.exact import Options
from tests.fuzz.make import make, seeded
from tests.fuzz.verdict import Roles

if TYPE_CHECKING:
    import random

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
FLAVOURS = ("text",) * 13 + ("columns",) * 5 + ("sample",) * 2


@dataclass(frozen=True)
class Case:
    """Files as bytes, how they are called, and what a correct program knows about them."""

    name: str
    files: tuple[tuple[str, bytes], ...]
    names: tuple[str, ...]
    words: tuple[str, ...]
    form: str
    roles: Roles
    options: Options
    codec: str | None = None
    delimiter: str | None = None
    sure: bool = True
    damage: str = ""
    stdin: bool = False
    show: str = "json"


def case(seed: int, number: int) -> Case:
    """The case of a number; the same one every time."""
    rng = seeded(f"{seed}:{number}")
    flavour = rng.choice(FLAVOURS)
    made = {"text": _text, "columns": _columns, "sample": _sample}[flavour](rng)
    show = rng.choice(["json"] * 16 + ["table", "csv", "jsonl", "inspect"])
    if show == "inspect" and made.words[0] != "score":
        show = "json"
    stdin = len(made.files) == 1 and rng.random() < 0.15
    return replace(made, name=f"{seed}:{number}", show=show, stdin=stdin)


def _text(rng: random.Random) -> Case:
    """Delimited text, whole or damaged."""
    data = make(rng, quotable=True)
    how = layouts.dialect(rng)
    header = list(data.columns)
    rows = [header, *([layouts.text_cell(cell) for cell in row] for row in zip(*data.columns.values(), strict=True))]
    damage = mutate.cells(rng, rows) if rng.random() < 0.5 else ""
    vectors = {header.index(name) for name in (*data.roles.preds, *((data.roles.weight,) if data.roles.weight else ()))}
    files = []
    for i, part in enumerate(_parts(rng, rows[1:])):
        plain = layouts.write_text([header, *part], how, rng, vectors)
        files.append((f"part-{i}.csv{layouts.SUFFIX.get(how.codec or '', '')}", plain))
    damage, files = _damaged(rng, damage, files, how.codec)
    stated = rng.random() < 0.3
    words = (*data.words, "--delimiter", {"\t": "tab"}.get(how.delimiter, how.delimiter)) if stated else data.words
    return Case("", tuple(files), tuple(header), words, "text", data.roles, data.options, how.codec,
                how.delimiter if stated else None, data.sure, damage)  # fmt: skip


def _parts(rng: random.Random, rows: list[list[str]]) -> list[list[list[str]]]:
    """Rows in one file or several."""
    if rng.random() < 0.9:
        return [rows]
    cuts = sorted(rng.randrange(len(rows) + 1) for _ in range(rng.choice([1, 2])))
    return [rows[start:end] for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True)]


def _damaged(
    rng: random.Random, damage: str, files: list[tuple[str, bytes]], codec: str | None
) -> tuple[str, list[tuple[str, bytes]]]:
    """The files compressed, one of them perhaps damaged before or after that."""
    place = rng.randrange(len(files))
    kind = rng.choice(["", "", "before", "after" if codec else "before"])
    made = []
    for i, (name, plain) in enumerate(files):
        hit = i == place
        data = mutate.raw(rng, plain) if hit and kind == "before" else plain
        packed = layouts.compress(data, codec)
        made.append((name, mutate.raw(rng, packed) if hit and kind == "after" else packed))
    return " ".join(part for part in (damage, kind and f"raw-{kind}") if part), made


def _columns(rng: random.Random) -> Case:
    """Parquet and Arrow, whole or damaged."""
    data = make(rng, quotable=True)
    damage = ""
    if rng.random() < 0.4:
        data, damage = mutate.values(rng, data), "values"
    how = layouts.binary_layout(rng, data)
    table, roles = layouts.to_table(data, how)
    if roles.listed and data.rows and rng.random() < 0.3 and how.listed != "fixed":
        column = table.column(roles.preds[0]).to_pylist()
        mutate.lists(rng, column)
        place = table.column_names.index(roles.preds[0])
        table = table.set_column(place, roles.preds[0], pa.array(column, table.column(place).type))
        damage += " lists"
    content = layouts.write_table(table, how)
    if rng.random() < 0.35:
        content, damage = mutate.raw(rng, content), f"{damage} raw-{'crc' if how.checksums else 'plain'}"
    words = _listed_words(data.words, roles) if roles.listed else data.words
    suffix = "parquet" if how.form == "parquet" else "arrow"
    return Case("", ((f"data.{suffix}", content),), tuple(table.column_names), words, how.form, roles, data.options,
                sure=data.sure, damage=damage.strip())  # fmt: skip


def _listed_words(words: tuple[str, ...], roles: Roles) -> tuple[str, ...]:
    """The same flags where the vectors are one list column."""
    found = list(words)
    for flag, value in (("--preds", roles.preds[0]), ("--targets", roles.labels[0])):
        if flag in found:
            found[found.index(flag) + 1] = value
    return tuple(found)


SAMPLE_ROLES = {
    "breast_cancer.csv": Roles("binary", "probs", ("label",), ("prob",), id="id"),
    "seal.csv": Roles("binary", "probs", ("label",), ("prob",)),
    "ten-logits.csv": Roles("binary", "logits", ("label",), ("logit",)),
    "cat-image.csv": Roles("pair", "probs", ("target",), ("p0", "p1"), ("0", "1")),
    "colour-scores.csv": Roles(
        "sparse", "logits", ("label",), ("logit_blue", "logit_green", "logit_red"), ("blue", "green", "red")
    ),
    "fruit-containers.csv": Roles(
        "sparse", "probs", ("label",), ("prob_orange", "prob_apple", "prob_lemon"), ("orange", "apple", "lemon"), id="id"
    ),
    "panda.csv": Roles(
        "categorical", "probs", ("t_panda", "t_seal", "t_duck"), ("p_panda", "p_seal", "p_duck"), ("panda", "seal", "duck")
    ),
    "wine.csv": Roles(
        "sparse", "probs", ("label",), ("prob_class_0", "prob_class_1", "prob_class_2"), ("class_0", "class_1", "class_2"),
        id="id",
    ),
    "digits.parquet": Roles(
        "sparse", "probs", ("label",), tuple(f"p{j}" for j in range(10)), tuple(map(str, range(10)))
    ),
    "digits-logits.parquet": Roles("sparse", "logits", ("label",), ("logits",), listed=True),
}  # fmt: skip


def _sample(rng: random.Random) -> Case:
    """A file of sample_data with damaged bytes."""
    weights = [1 if name.endswith(".parquet") else 4 for name in SAMPLE_ROLES]
    (name,) = rng.choices(list(SAMPLE_ROLES), weights)
    content = (SAMPLES / name).read_bytes()
    roles = SAMPLE_ROLES[name]
    names: tuple[str, ...] = ("label", *roles.preds)
    if name.endswith(".csv"):
        names = tuple(next(csv.reader(io.StringIO(content.decode()))))
    damaged = mutate.raw(rng, content)
    form = "parquet" if name.endswith(".parquet") else "text"
    return Case(
        "",
        ((name, damaged),),
        names,
        ("score",),
        form,
        roles,
        Options(),
        damage="raw-crc" if form == "parquet" else "raw",
    )
