"""What goes into the inference and what comes out: the type of a column, the flags as typed, the plan of columns."""

from __future__ import annotations

from dataclasses import KW_ONLY  # noqa: TC003  (read when the classes are made)
from typing import TYPE_CHECKING, Protocol

from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from collections.abc import Iterable


class Typed(Protocol):
    """The type of a column: a kind ("untyped", "number", "bool", "text", "list", "other"), its text, a fixed length."""

    @property
    def kind(self) -> str:
        """The sort of values; "untyped" for every CSV column."""

    @property
    def text(self) -> str:
        """The type as shown to users, such as "double" or "list<float>[10]"."""

    @property
    def length(self) -> int | None:
        """The length of a fixed-size list."""


@struct
class Stated:
    """What the user said. Selectors are kept as typed; `kind` is the command, None for `score` and `inspect`."""

    _: KW_ONLY
    kind: str | None = None
    label: str | None = None
    targets: str | None = None
    preds: str | None = None
    weight: str | None = None
    id: str | None = None
    by: str | None = None
    cluster: str | None = None
    from_: str | None = None
    classes: tuple[str, ...] | None = None
    positive: str | None = None
    of: str = "positive"
    decision: str | None = None
    ignore: tuple[str, ...] = ()


@struct
class Plan:
    """Which column is what, and why.

    kind: "binary", "categorical" or "sparse"; space: "probs", "logits" or "logprobs".
    label: the one label column, None where there are target columns instead.
    labels: the label columns of `binary`, one per prediction column; (label,) for one prediction or a pair.
    targets: the target columns of `categorical` in the order of the predictions, or its one list column.
    predictions: prediction columns in order, or one list column (`predictions_list`).
    pair: `binary` with two prediction columns named for the two classes, (negative, positive).
    classes: in the order of the predictions; (negative, positive) for `binary` where known; None where the names are
        not known yet: `binary` without class names, or list columns ("0" … "k−1" once their width is known).
    positive: the positive class of `binary`; None leaves it to 1 and true. `positive_stated` tells a stated one
        (--positive, --classes) from what a column name such as `prob_yes` suggests.
    label_names: the names of the labels of a multi-label file, in the order of the predictions.
    of: whose probability a single prediction is: "positive", "label", or "decision", that of the column `decision`.
    named: the classes as --classes would have to say them, where they do not follow from names alone.
    guessed: whether the predictions were inferred, so that values may contradict; `doubt` is a column of decisions
        beside a probability that is nowhere below 0.5, as far as was seen. `remark` is a
        notice (code, message) on what flags insist on.
    unused_weight: a column that is named like a weight and was not asked for.
    """

    _: KW_ONLY
    kind: str
    space: str
    label: str | None
    labels: tuple[str, ...]
    targets: tuple[str, ...]
    targets_list: bool
    predictions: tuple[str, ...]
    predictions_list: bool
    pair: bool
    classes: tuple[str, ...] | None
    positive: str | None
    multilabel: bool
    label_names: tuple[str, ...]
    weight: str | None
    id: str | None
    by: tuple[str, ...]
    cluster: str | None
    reasons: tuple[str, ...]
    unused_weight: str | None = None
    positive_stated: bool = False
    of: str = "positive"
    decision: str | None = None
    named: tuple[str, ...] | None = None
    guessed: bool = False
    doubt: str | None = None
    remark: tuple[str, str] | None = None

    def roles(self) -> dict[str, str]:
        """Each used column and the word for its role; the first role counts where a column has several."""
        found: dict[str, str] = {}
        for columns, role in (
            (() if self.label is None else (self.label,), "label"),
            (self.labels + self.targets, "target"),
            (self.predictions, "prediction"),
            (_some(self.decision), "decision"),
            (_some(self.weight), "weight"),
            (_some(self.id), "id"),
            (self.by, "group"),
            (_some(self.cluster), "cluster"),
        ):
            _assign(found, columns, role)
        return found


def _some(name: str | None) -> tuple[str, ...]:
    """A column that may be absent, as a tuple."""
    return () if name is None else (name,)


def _assign(found: dict[str, str], columns: Iterable[str], role: str) -> None:
    """Give `role` to the columns that have none yet."""
    for column in columns:
        found.setdefault(column, role)
