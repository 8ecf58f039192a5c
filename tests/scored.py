"""Plans, schemes and blocks made by hand, and the rows that they are scored to: no file in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from xent_cli import losses
from xent_cli.columns.plan import Plan
from xent_cli.contract.errors import Location
from xent_cli.contract.row_columns import Coded
from xent_cli.readers.interface import Block, CellFault
from xent_cli.scoring.options import BadRows, Conventions, Options
from xent_cli.scoring.rows import score_block
from xent_cli.scoring.scheme import Scheme
from xent_cli.scoring.scored_rows import ScoredRows


@dataclass(frozen=True)
class Grid:
    """Where rows come from in these tests: row i stands on line i + 2, cell (i, c) reads "c@i"."""

    def line(self, row: int) -> int | None:
        """The line of a row."""
        return row + 2

    def cell(self, row: int, column: str) -> str:
        """The text of a cell."""
        return f"{column}@{row}"

    def home(self, row: int, columns: Sequence[str]) -> Location | None:
        """Its own file."""
        del row, columns


def plan(kind: str = "binary", **known: Any) -> Plan:
    """A plan of which only what is stated counts."""
    nothing: dict[str, Any] = {
        "space": "probs", "label": "label", "labels": ("label",), "targets": (), "targets_list": False,
        "predictions": ("p",), "predictions_list": False, "pair": False, "classes": None, "positive": None,
        "multilabel": False, "label_names": (), "weight": None, "id": None, "by": (), "cluster": None, "reasons": (),
    }  # fmt: skip
    return Plan(kind=kind, **{**nothing, **known})


def scheme(kind: str = "binary", *, width: int = 1, ignore: tuple[str, ...] = (), **known: Any) -> Scheme:
    """The scheme of such a plan."""
    return Scheme.of(plan(kind, **known), Options(Conventions(ignore=ignore)), width, None)


def coded(texts: Sequence[str | None]) -> Coded:
    """A text column; None is a missing value."""
    names = tuple(dict.fromkeys(text for text in texts if text is not None))
    return Coded(np.array([-1 if text is None else names.index(text) for text in texts], np.int32), names)


def columns(rows: Sequence[Sequence[float]]) -> Any:
    """Rows as the readers hand them over."""
    x = np.array(rows, dtype=np.float64)
    return np.asarray(x, order="F" if x.shape[1] <= losses.FEW_CLASSES else "C")


def scored(
    kind: str,
    matrix: Sequence[Sequence[float]],
    texts: Mapping[str, Sequence[str | None]] | None = None,
    *,
    targets: Sequence[Sequence[float]] | None = None,
    numbers: Mapping[str, Sequence[float]] | None = None,
    ids: Sequence[str] | None = None,
    faults: tuple[CellFault, ...] = (),
    weights: Mapping[str, float] | None = None,
    bad_rows: BadRows | None = None,
    options: Mapping[str, Any] | None = None,
    known: Mapping[str, Any] | None = None,
    **chosen: Any,
) -> ScoredRows:
    """The rows of one block: predictions, text columns, targets; conventions by name, all else in the mappings."""
    x = columns(matrix)
    width = x.shape[1]
    names = {"predictions": tuple(f"p_{j}" for j in range(width)), "targets": tuple(f"t_{j}" for j in range(width))}
    of = Scheme.of(
        plan(kind, **{**names, "id": None if ids is None else "id", **(known or {})}),
        Options(Conventions(**chosen), bad_rows or BadRows(), **(options or {})),
        width,
        weights,
    )
    block = Block(
        len(x),
        {name: coded(column) for name, column in (texts or {}).items()},
        {name: np.array(column, np.float64) for name, column in (numbers or {}).items()},
        x,
        None if targets is None else columns(targets),
        {} if ids is None else {"id": pa.array(ids)},
        faults,
        Grid(),
    )
    return score_block(block, of, "f.csv")


def fault(rule: str, rows: Sequence[int], column: str) -> CellFault:
    """What a reader found in some rows of a column."""
    return CellFault(rule, np.array(rows, np.int64), column, ("",) * len(rows))
