"""What a model did on some rows: the truth, its probabilities, its decisions. Layouts are ways to write this down."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

ROUNDED = (None, None, None, None, 6, 6, 4, 4, 3, 2)


@dataclass
class World:
    """Rows with classes by index: `y` the truth, `p` probabilities as printed, `z` logits as printed, `d` decisions."""

    rng: random.Random
    k: int
    n: int = 0
    y: list[int] = field(default_factory=list)
    p: list[list[float]] = field(default_factory=list)
    z: list[list[float]] = field(default_factory=list)
    d: list[int] = field(default_factory=list)

    def column(self, j: int) -> list[float]:
        """The probabilities of a class."""
        return [row[j] for row in self.p]

    def logits(self, j: int) -> list[float]:
        """The logits of a class."""
        return [row[j] for row in self.z]

    def logit(self) -> list[float]:
        """The logit of the second of two classes."""
        return [_short(row[1] - row[0], 5) for row in self.z]

    def logprobs(self, j: int) -> list[float]:
        """The log-probabilities of a class, of what no rounding has touched."""
        return [row[j] for row in self.log_rows()]

    def log_rows(self) -> list[list[float]]:
        """The log-probabilities of all classes."""
        tops = [max(row) for row in self.z]
        totals = [
            top + math.log(math.fsum(math.exp(z - top) for z in row)) for top, row in zip(tops, self.z, strict=True)
        ]
        return [[z - total for z in row] for total, row in zip(totals, self.z, strict=True)]

    def decided(self) -> list[float]:
        """The probability of the decision."""
        return [row[j] for row, j in zip(self.p, self.d, strict=True)]

    def of_truth(self) -> list[float]:
        """The probability of the label."""
        return [row[j] for row, j in zip(self.p, self.y, strict=True)]


def world(rng: random.Random, k: int, threshold: float = 0.5, *, saturated: bool | None = None) -> World:
    """Rows of a model that knows something: every label occurs where there are two, and both decisions."""
    digits = rng.choice(ROUNDED)
    surely = rng.random() < 0.03 if saturated is None else saturated
    for _ in range(1000):
        made = World(rng, k, rng.randint(8, 28) + 2 * k)
        for _ in range(made.n):
            truth = rng.randrange(k)
            z, p = _row(rng, k, truth, digits)
            if surely and rng.random() < 0.3:
                p = [float(j == truth) for j in range(k)]
            made.y.append(truth)
            made.z.append(z)
            made.p.append(p)
            made.d.append(int(p[1] >= threshold) if k == 2 else p.index(max(p)))
        if len(set(made.y)) == k and len(set(made.d)) > 1 and (k > 2 or _informed(made)):
            return made
    raise AssertionError("no such rows")


def _informed(made: World) -> bool:
    """Whether the model is better with its probabilities than with them turned around, so that values can tell."""
    right = math.fsum(row[j] for row, j in zip(made.p, made.y, strict=True)) / made.n
    return right > 0.6


def _row(rng: random.Random, k: int, truth: int, digits: int | None) -> tuple[list[float], list[float]]:
    """Logits and probabilities of a row, the probabilities between 0 and 1 and adding up to 1 as printed."""
    while True:
        z = [_short(rng.gauss(0, 1.2) + (1.9 if j == truth else 0.0), 5) for j in range(k)]
        top = max(z)
        weights = [math.exp(x - top) for x in z]
        p = [w / math.fsum(weights) for w in weights]
        if digits is not None:
            p = [round(x, digits) for x in p]
            p = [p[0], round(1 - p[0], digits)] if k == 2 else p
        off = abs(sum(Decimal(repr(x)) for x in p) - 1)
        if min(p) > 0 and max(p) < 1 and off <= Decimal("0.01") and len(set(p)) == k:
            return z, p


def _short(x: float, digits: int) -> float:
    """A number as people print it."""
    return round(x, digits)


def texts(values: list[Any], names: list[Any]) -> list[Any]:
    """Indices as names."""
    return [names[j] for j in values]
