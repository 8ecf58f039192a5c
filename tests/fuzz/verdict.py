"""What a correct program makes of the rows of a file: which rows break which rule, and the loss of every other."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.fuzz import exact
from tests.fuzz.slow import Fault, Refused, Row, Unclear, damaged, label, number, numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fuzz.exact import Options

TRUTH = {
    "0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0, "False": 0.0, "True": 1.0, "FALSE": 0.0,
    "TRUE": 1.0,
}  # fmt: skip
JUST_ABOVE = 1e-6
LARGEST = 1.1e308
TINY = 1e-300
CLASSES = ("sparse", "categorical", "pair")


@dataclass(frozen=True)
class Roles:
    """Which column is what. `classes` are in the order of `preds`; None numbers the entries of a list column."""

    kind: str
    space: str
    labels: tuple[str, ...]
    preds: tuple[str, ...]
    classes: tuple[str, ...] | None = None
    listed: bool = False
    targets_listed: bool = False
    weight: str | None = None
    id: str | None = None

    def needed(self) -> tuple[str, ...]:
        """Every column that the run has to read."""
        extra = tuple(name for name in (self.weight, self.id) if name is not None)
        return (*self.labels, *self.preds, *extra)


@dataclass(frozen=True)
class Scored:
    """One row with its loss: `loss` in nats, exact; `hit` None where ties of rounding decide it."""

    place: int
    loss: Decimal
    weight: float
    hit: float
    p: float | None


@dataclass
class Verdict:
    """What becomes of every row, counted from 1 over all files. `broken` has the rows of each rule in order."""

    read: int = 0
    ignored: int = 0
    broken: dict[str, list[Row]] = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)
    scored: list[Scored] = field(default_factory=list)
    negatives: set[str] = field(default_factory=set)


def verdict(rows: Sequence[Row], roles: Roles, options: Options) -> Verdict:
    """Judge and score every row."""
    width = _width(rows, roles, options)
    found = Verdict()
    for place, row in enumerate(rows, start=1):
        found.read += 1
        judged = _Judged(row, roles, options, width)
        for rule in judged.rules:
            found.broken.setdefault(rule, []).append(row)
        if judged.rules:
            found.bad.add(place)
        elif judged.ignored:
            found.ignored += 1
        else:
            found.scored.append(judged.scored(place))
            found.negatives |= judged.negatives
    return found


def _width(rows: Sequence[Row], roles: Roles, options: Options) -> int:
    """How many entries the predictions of a row have."""
    if not roles.listed:
        return len(roles.preds)
    if roles.classes is not None:
        return len(roles.classes)
    lists = [row.cells[roles.preds[0]] for row in rows if row.cells is not None]
    width = next((len(cell) for cell in lists if cell), 0)
    if width < 2:
        raise Unclear("no list tells the number of classes")
    if any(name not in map(str, range(width)) for name in (*options.class_weight, *options.ignore)):
        raise Unclear("the first list leaves out a class that a flag names")
    return width


class _Judged:
    """One row on its way to a loss."""

    def __init__(self, row: Row, roles: Roles, options: Options, width: int) -> None:
        self.roles, self.options, self.width = roles, options, width
        self.rules: set[str] = set()
        self.ignored = False
        self.negatives: set[str] = set()
        self.x: list[float] = []
        self.t: list[float] = []
        self.weight = 1.0
        self.classes = roles.classes or tuple(map(str, range(width)))
        if row.cells is None:
            self.rules = {"ragged-line"}
            return
        self.read(row.cells)
        if not self.rules:
            self.check()
        if self.rules:
            self.ignored = False

    def read(self, cells: dict[str, Any]) -> None:
        """The values of the cells; those that have none break a rule."""
        roles = self.roles
        self.x = self._vector([cells[name] for name in roles.preds], listed=roles.listed)
        if roles.kind == "categorical":
            self.t = self._vector([cells[name] for name in roles.labels], listed=roles.targets_listed)
            self.texts: list[str | Fault] = []
        else:
            self.texts = [label(cells[name]) for name in roles.labels]
            self.rules |= {str(text) for text in self.texts if isinstance(text, Fault)}
        if roles.weight is not None:
            weight = number(cells[roles.weight])
            if isinstance(weight, Fault):
                self.rules.add(str(weight))
            else:
                self.weight = weight
        if roles.id is not None and damaged(cells[roles.id]):
            self.rules.add("encoding")

    def _vector(self, cells: list[Any], *, listed: bool) -> list[float]:
        """The numbers of a role; a list of another length breaks a rule by itself."""
        if listed and (cells[0] is None or len(cells[0]) != self.width):
            self.rules.add("list-length")
            return []
        values, rules = numbers(cells[0] if listed else cells)
        self.rules |= rules
        return values

    def check(self) -> None:
        """Hold the values against the rules of their roles."""
        {"probs": self._probs, "logits": self._logits, "logprobs": self._logprobs}[self.roles.space]()
        if self.roles.kind == "categorical":
            self._targets()
        else:
            self._labels()
        heaviest = self.weight * max(self.options.class_weight.values(), default=1.0)
        if not (self.weight >= 0.0 and heaviest < math.inf):
            self.rules.add("bad-weight")

    def _probs(self) -> None:
        if any(map(math.isnan, self.x)):
            self.rules.add("nan-value")
        if any(x < 0.0 or x > 1.0 + JUST_ABOVE for x in self.x):
            self.rules.add("prob-range")
        self.x = [min(x, 1.0) if x <= 1.0 + JUST_ABOVE else x for x in self.x]
        self._sum(self.x)

    def _logprobs(self) -> None:
        if any(map(math.isnan, self.x)):
            self.rules.add("nan-value")
        if any(x > JUST_ABOVE for x in self.x):
            self.rules.add("logprob-range")
        self.x = [min(x, 0.0) if x <= JUST_ABOVE else x for x in self.x]
        if self.rules & {"nan-value", "logprob-range"}:
            return
        if self.options.normalize and self.roles.kind in CLASSES:  # what underflows as a probability has a scale still
            self.rules |= {"prob-sum"} if max(self.x) == -math.inf else set()
        else:
            self._sum([math.exp(x) for x in self.x])

    def _sum(self, p: list[float]) -> None:
        """Whether probabilities add up to 1, where they have to; on the edge the slow reader does not judge."""
        if self.roles.kind not in CLASSES or self.rules & {"nan-value", "prob-range"}:
            return
        total = math.fsum(p)
        if self.options.normalize:
            if total == 0.0:
                self.rules.add("prob-sum")
            return
        single = all(struct.unpack("f", struct.pack("f", x))[0] == x for x in p if abs(x) < 2.0)
        _not_on_edge(abs(total - 1.0), self.options.tolerance, len(p) * 2.0**-25 if single else 1e-12)
        if abs(total - 1.0) > self.options.tolerance:
            self.rules.add("prob-sum")

    def _logits(self) -> None:
        if any(map(math.isnan, self.x)):
            self.rules.add("nan-value")
        if any(x == math.inf for x in self.x):
            self.rules.add("infinite-logit")
        if self.roles.kind in CLASSES and all(x == -math.inf for x in self.x):
            self.rules.add("all-minus-infinity")

    def _targets(self) -> None:
        if any(map(math.isnan, self.t)):
            self.rules.add("nan-value")
        elif any(not 0.0 <= t <= 1.0 for t in self.t):
            self.rules.add("target-range")
        else:
            strays = abs(math.fsum(self.t) - 1.0)
            _not_on_edge(strays, self.options.tolerance)
            if strays > self.options.tolerance:
                self.rules.add("target-sum")
            return
        if any(t < 0.0 or t > 1.0 for t in self.t):
            self.rules.add("target-range")

    def _labels(self) -> None:
        """The targets that the labels stand for."""
        texts = [str(text) for text in self.texts]
        ignored = [text in self.options.ignore for text in texts]
        values = [0.0 if skip else self._target(text) for text, skip in zip(texts, ignored, strict=True)]
        if any(value is None for value in values):
            self.rules.add("unknown-label")
            return
        self.ignored = any(ignored)
        if self.roles.kind in ("sparse", "pair"):
            self.t = [float(j == values[0]) for j in range(self.width)]
            soft = self.roles.kind == "pair" and values[0] not in (0.0, 1.0)
            self.t = [1.0 - values[0], values[0]] if soft and values[0] is not None else self.t
        else:
            self.t = [value for value in values if value is not None]

    def _target(self, text: str) -> float | None:
        """The class index, or the target in [0, 1], of a label; None where it fits no class."""
        roles, positive = self.roles, self.options.positive
        if roles.kind in ("sparse", "pair"):
            if text in self.classes:
                return float(self.classes.index(text))
            bare = text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else ""
            return float(self.classes.index(bare)) if roles.kind == "sparse" and bare in self.classes else None
        if positive is not None:
            self.negatives |= {text} - {positive}
            return float(text == positive)
        if text in TRUTH:
            return TRUTH[text]
        value = number(text) if text == text.strip(" \t") else Fault("space")
        return value if isinstance(value, float) and 0.0 <= value <= 1.0 else None

    def scored(self, place: int) -> Scored:
        """The loss of a row that breaks no rule."""
        kind, space, options = self.roles.kind, self.roles.space, self.options
        if kind in ("binary", "multilabel"):
            each = [exact.binary_loss(space, x, t, options) for x, t in zip(self.x, self.t, strict=True)]
            loss = sum(each, Decimal(0)) / len(each)
            if any(math.isfinite(x) and abs(x) * options.pos_weight > LARGEST for x in self.x):
                raise Unclear("a part of a loss may be beyond the largest double")
        else:
            if options.normalize and space == "probs" and any(0.0 < x < TINY for x in self.x):
                raise Unclear("a quotient may be below the normal doubles")
            loss = exact.class_loss(space, self.x, self.t, options)
        return Scored(place, loss, self._weight(), self._hit(), self._chance())

    def _weight(self) -> float:
        """The weight column times the weight of the class."""
        table = self.options.class_weight
        if not table:
            return self.weight
        if self.roles.kind == "binary":
            return self.weight * (table.get("0", 1.0) * (1.0 - self.t[0]) + table.get("1", 1.0) * self.t[0])
        return self.weight * sum(t * table.get(name, 1.0) for t, name in zip(self.t, self.classes, strict=True))

    def _hit(self) -> float:
        """The share of right predictions: the largest is the label's, the first of equal ones counts."""
        x, t = self.x, self.t
        if self.roles.kind == "pair":
            return float((x[1] > x[0]) == (t[1] > 0.5))
        if self.roles.kind in ("sparse", "categorical"):
            return float(x.index(max(x)) == t.index(max(t)))
        half = {"probs": 0.5, "logits": 0.0, "logprobs": -math.log(2.0)}[self.roles.space]
        return sum(float((a > half) == (b > 0.5)) for a, b in zip(x, t, strict=True)) / len(x)

    def _chance(self) -> float | None:
        """The probability of the label where the file gives it."""
        if self.roles.kind == "sparse" and self.roles.space == "probs" and not self.options.normalize:
            return self.x[self.t.index(1.0)]
        return None


def _not_on_edge(value: float, limit: float, margin: float = 1e-12) -> None:
    """Leave rows alone whose sum is on the edge: there the last bit decides, of a sum or of a decimal as a float32."""
    if abs(value - limit) <= margin:
        raise Unclear("a sum on the edge of its tolerance")


def refuses(found: Verdict, options: Options) -> bool:
    """Whether a correct program gives no number for this."""
    if found.bad and not options.skip:
        return True
    if len(found.negatives) > 1 or not found.scored:
        return True
    return sum(row.weight for row in found.scored) == 0.0


def check_columns(names: Sequence[str], roles: Roles) -> None:
    """Refuse a file without a needed column, or with two of a name."""
    for name in roles.needed():
        if names.count(name) != 1:
            raise Refused(f"column {name}")
