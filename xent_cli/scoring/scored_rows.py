"""Scored rows: the arrays that a block becomes, and the per-sample columns that are made of them."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from xent_cli import losses
from xent_cli.contract.frozen import record
from xent_cli.contract.row_columns import Coded, SampleColumns
from xent_cli.scoring.options import UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

    from xent_cli.scoring.keyed import Keyed
    from xent_cli.scoring.rules import Breach
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.validation import Checked


@record
class ScoredRows:
    """The rows of one block that were scored, as arrays of one entry a row, in file order.

    `kept` holds their local row numbers (None: every row). `y` is the class index of each row, None where targets are
    soft; `shares` (m, k) the targets that the baseline is made of where `y` does not say it. `per_label` (m, labels)
    holds the losses of a multi-label file before their mean. `loss` is in the unit of the run. `groups` and `clusters`
    are the keys of the rows where slices or clusters are asked for; those of clusters begin with those of the groups.
    `skipped_groups` are the groups of rows that were skipped, `path` is the file that the
    block is from.
    """

    read: int
    ignored: int
    skipped: int
    kept: NDArray[np.int64] | None
    loss: Floats
    weight: Floats | None
    hits: Floats | NDArray[np.bool_]
    y: NDArray[np.integer] | None
    shares: Floats | None
    predicted: Callable[[NDArray[np.int64]], Floats] | None
    text: Labels
    ids: Any
    seen: Checked
    entropy: Floats | None = None
    per_label: Floats | None = None
    clipped: NDArray[np.bool_] | None = None
    normalized: NDArray[np.bool_] | None = None
    gradient: Floats | None = None
    breaches: Mapping[str, Breach] = field(default_factory=dict)
    groups: Keyed | None = None
    skipped_groups: frozenset[tuple[str, ...]] = frozenset()
    clusters: Keyed | None = None
    path: str = ""

    def probability(self, index: NDArray[np.int64], nats: float) -> Floats:
        """The probability that was predicted for the labels of these rows (exp(−loss) where it was not given)."""
        if self.predicted is not None:
            return self.predicted(index)
        return np.exp(-self.loss[index] * nats)

    def numbers(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """The local row numbers of these scored rows."""
        return index if self.kept is None else self.kept[index]


@record
class Labels:
    """The label of each scored row as text, worked out for the rows that are shown."""

    coded: Coded | None
    targets: Floats | None
    names: tuple[str, ...]
    separator: str = " "

    def of(self, index: NDArray[np.int64]) -> Coded:
        """The labels of these rows."""
        if self.coded is not None:
            return Coded(self.coded.codes[index], self.coded.names)
        assert self.targets is not None
        texts = [self._text(row) for row in self.targets[index]]
        names = tuple(dict.fromkeys(texts))
        place = {name: code for code, name in enumerate(names)}
        return Coded(np.array([place[text] for text in texts], dtype=np.int32), names)

    def _text(self, row: Floats) -> str:
        """`cat` for a one-hot row, `cat+dog` for several labels at 1, `cat:0.7+dog:0.3` for a soft row."""
        held = [(self.names[j], float(row[j])) for j in np.flatnonzero(row)]
        return "+".join(name if value == 1.0 else f"{name}:{value!r}" for name, value in held)


def scale(scheme: Scheme) -> float:
    """The size of the run's unit in nats."""
    return UNITS[scheme.options.conventions.unit][1]


def sample_columns(scored: ScoredRows, scheme: Scheme, first_row: int) -> SampleColumns:
    """All scored rows of a block as columns for the per-sample outputs; `first_row` rows came before the block."""
    index = np.arange(len(scored.loss))
    gradient = scored.gradient
    return SampleColumns(
        row=scored.numbers(index) + (first_row + 1),
        id=scored.ids,
        label=scored.text.of(index),
        p=scored.probability(index, scale(scheme)),
        loss=scored.loss,
        weight=np.ones(len(index)) if scored.weight is None else scored.weight,
        gradient=gradient if scheme.options.gradient else None,
        gradient_names=gradient_names(scheme) if scheme.options.gradient else (),
        gradient_norm=losses.gradient_norm(gradient) if scheme.options.gradient_norm and gradient is not None else None,
    )


def gradient_names(scheme: Scheme) -> tuple[str, ...]:
    """What each gradient column belongs to: a class, a label, or the one logit of a binary file."""
    plan = scheme.plan
    if plan.kind == "binary" and not plan.pair:
        return plan.label_names if plan.multilabel else (binary_positive(scheme),)
    return scheme.classes


def binary_positive(scheme: Scheme) -> str:
    """The name of the positive class."""
    return scheme.class_names[1]
