"""The partial result is a monoid: identity, associativity, and the same value for every way to cut the rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xent_cli.columns import Stated, infer
from xent_cli.contract.errors import Location
from xent_cli.contract.row_columns import Coded
from xent_cli.readers.interface import Block
from xent_cli.scoring.options import Conventions, Options
from xent_cli.scoring.rows import score_block
from xent_cli.scoring.scheme import Scheme
from xent_cli.scoring.tally.samples import Wanted
from xent_cli.scoring.tally.tally import Tally


class Untyped:
    """A CSV column."""

    kind, text, length = "untyped", "text", None


class Nowhere:
    """An origin that knows no lines."""

    def line(self, row: int) -> int | None:
        """No line."""
        del row

    def cell(self, row: int, column: str) -> str:
        """A made-up cell."""
        del row
        return column

    def home(self, row: int, columns: Sequence[str]) -> Location | None:
        """Its own file."""
        del row, columns


WANTED = Wanted(3, 2)
NAMES = ("label", "prob_a", "prob_b", "w")


def scheme(options: Options | None = None) -> Scheme:
    """Two classes with weights."""
    plan = infer(NAMES, (Untyped(),) * 4, Stated(weight="w"), "rows.csv")
    return Scheme.of(plan, options or Options(), 2, None)


def tally(rows: list[tuple[int, float, float]], made: Scheme) -> Tally:
    """The tally of rows (label code, probability of a, weight)."""
    p = np.array([row[1] for row in rows])
    block = Block(
        rows=len(rows), coded={"label": Coded(np.array([row[0] for row in rows], dtype=np.int32), ("a", "b", "x"))},
        numbers={"w": np.array([row[2] for row in rows], dtype=float)},
        matrix=np.asfortranarray(np.stack([p, 1.0 - p], axis=1)) if rows else np.empty((0, 2), order="F"),
        targets=None, text={}, faults=(), origin=Nowhere(),
    )  # fmt: skip
    return Tally.of(score_block(block, made, "rows.csv"), made, WANTED)


def placed(parts: list[list[tuple[int, float, float]]], made: Scheme) -> Tally:
    """The tallies of consecutive parts, merged in order."""
    whole = Tally.empty()
    for part in parts:
        whole = (whole + tally(part, made).shifted(whole.rows.read, whole.rows.read + 1)).trimmed(WANTED)
    return whole


def same(one: Tally, other: Tally) -> bool:
    """Whether two tallies agree in every field."""
    return all(getattr(one, item.name) == getattr(other, item.name) for item in dataclasses.fields(Tally))


# labels: a, b, a label without class; probabilities with exact 0 (infinite losses) and one outside; weights with 0
ROW = st.tuples(
    st.sampled_from([0, 1, 1, 0, 2]),
    st.sampled_from([0.0, 0.25, 0.5, 1e-300, 0.75, 1.0, 1.5, float("nan")]) | st.floats(0.0, 1.0),
    st.sampled_from([1.0, 0.0, 2.5, -1.0]) | st.floats(0.0, 1e6),
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROW, max_size=30), data=st.data())
def test_any_partition_gives_the_same_tally(rows: list[Any], data: Any) -> None:
    """However rows are cut into parts (empty ones too), the merged tally is that of the whole, field by field."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=5)))
    edges = [0, *cuts, len(rows)]
    parts = [rows[start:stop] for start, stop in pairwise(edges)]
    made = scheme()
    assert same(placed(parts, made), placed([rows], made))


@settings(max_examples=40, deadline=None)
@given(a=st.lists(ROW, max_size=8), b=st.lists(ROW, max_size=8), c=st.lists(ROW, max_size=8))
def test_merging_is_associative_with_an_identity(a: list[Any], b: list[Any], c: list[Any]) -> None:
    """(a + b) + c = a + (b + c), and the empty tally changes nothing; a part of one row is not dropped."""
    made = scheme()
    x, y, z = tally(a, made), tally(b, made), tally(c, made)
    assert same((x + y) + z, x + (y + z))
    assert same(Tally.empty() + x, x)
    assert same(x + Tally.empty(), x)


@pytest.mark.parametrize("convention", [{}, {"clip": 1e-3}, {"smoothing": 0.1}, {"normalize": True}, {"unit": "bits"}])
def test_conventions_merge_as_well(convention: dict[str, Any]) -> None:
    """What options touch is counted the same for one block and for rows one by one."""
    rng = np.random.default_rng(5)
    rows = [
        (int(y), float(p), float(w))
        for y, p, w in zip(rng.integers(0, 2, 50), rng.random(50), rng.random(50), strict=True)
    ]
    rows[7] = (0, 0.0, 1.0)
    made = scheme(Options(Conventions(**convention)))
    assert same(placed([[row] for row in rows], made), placed([rows], made))
