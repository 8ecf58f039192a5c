"""What a layout means: a reading of its columns, and the mean loss of a reading in plain Python arithmetic.

Nothing here knows xent: the formulas are those of the textbooks, summed by `math.fsum`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Reading:
    """Which column is what.

    `form` is "binary" (one probability), "classes" (one for each class; a list column counts as all of them),
    "multilabel" or "targets". `classes` are the values of the label in the order of the predictions, `positive` the
    value of which a single prediction speaks. `of` is "positive", "label" or "decision", the last with the column.
    """

    label: tuple[str, ...]
    preds: tuple[str, ...]
    form: str
    space: str = "probs"
    classes: tuple[str, ...] = ()
    positive: str | None = None
    of: str = "positive"
    decision: str | None = None


def mean(reading: Reading, columns: Mapping[str, Sequence[Any]]) -> float:
    """The mean loss in nats of the columns, so read."""
    rows = len(columns[reading.label[0]])
    return math.fsum(_loss(reading, {name: values[i] for name, values in columns.items()}) for i in range(rows)) / rows


def agree(first: float, second: float) -> bool:
    """Whether two means are the same number."""
    return first == second or math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12)


def same_label(first: Any, second: Any) -> bool:
    """Whether two labels name one class: as text, or as numbers."""
    if str(first) == str(second):
        return True
    try:
        return float(first) == float(second)
    except ValueError:
        return False


def _loss(reading: Reading, row: Mapping[str, Any]) -> float:
    """The loss of a row."""
    values = _vector(reading, row)
    if reading.form == "binary":
        return _single(reading, row, values[0])
    if reading.form == "multilabel":
        losses = [_binary(_share(row[name]), z, reading.space) for name, z in zip(reading.label, values, strict=True)]
        return math.fsum(losses) / len(losses)
    logs = _logs(values, reading.space)
    if reading.form == "targets":
        return -math.fsum(t * log for t, log in zip(_targets(reading, row), logs, strict=True) if t)
    found = [log for name, log in zip(reading.classes, logs, strict=True) if same_label(name, row[reading.label[0]])]
    assert len(found) == 1, (row, reading)
    return -found[0]


def _vector(reading: Reading, row: Mapping[str, Any]) -> list[float]:
    """The predictions of a row."""
    first = row[reading.preds[0]]
    if isinstance(first, dict):
        return [next(p for name, p in first.items() if same_label(name, wanted)) for wanted in reading.classes]
    if isinstance(first, list):
        return [float(value) for value in first]
    return [number(row[name]) for name in reading.preds]


def number(cell: Any) -> float:
    """A cell as a number; Weka marks that of the predicted class by a star."""
    return float(cell.lstrip("*")) if isinstance(cell, str) else float(cell)


def _targets(reading: Reading, row: Mapping[str, Any]) -> list[float]:
    """The target distribution of a row."""
    first = row[reading.label[0]]
    return [float(value) for value in (first if isinstance(first, list) else [row[name] for name in reading.label])]


def _single(reading: Reading, row: Mapping[str, Any], z: float) -> float:
    """The loss of a row with one prediction: of the positive class, of the label or of the decision."""
    label = row[reading.label[0]]
    if reading.of == "label":
        return _binary(1.0, z, reading.space)
    said = row[reading.decision] if reading.decision is not None else reading.positive
    share = _share(label) if said is None else float(same_label(label, said))
    return _binary(share, z, reading.space)


def _share(label: Any) -> float:
    """A label as the probability of the positive class: 0, 1, true, false, or soft."""
    word = str(label).casefold()
    return float(word == "true") if word in {"true", "false"} else float(label)


def _binary(t: float, z: float, space: str) -> float:
    """-(t ln p + (1 - t) ln(1 - p))."""
    if space == "logits":
        one, other = -_softplus(-z), -_softplus(z)
    elif space == "logprobs":
        one, other = z, math.log(-math.expm1(z)) if z < 0 else -math.inf
    else:
        one, other = _log(z), math.log1p(-z) if z < 1 else -math.inf
    return -math.fsum(part for share, log in ((t, one), (1 - t, other)) if share for part in [share * log])


def _softplus(z: float) -> float:
    """ln(1 + e^z)."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def _log(p: float) -> float:
    """The logarithm, -inf at 0."""
    return math.log(p) if p > 0 else -math.inf


def _logs(values: Sequence[float], space: str) -> list[float]:
    """The log-probabilities of a row."""
    if space == "probs":
        return [_log(p) for p in values]
    if space == "logprobs":
        return list(values)
    top = max(values)
    total = top + math.log(math.fsum(math.exp(z - top) for z in values))
    return [z - total for z in values]
