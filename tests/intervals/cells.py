"""The cells of the table of coverage: what is drawn, how many at a time, and the true mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tests.intervals import methods, samples
from tests.intervals.methods import Basis
from tests.intervals.samples import Random

SIZES = {"rows": (50, 200, 1000, 10_000), "weights": (50, 200, 1000), "clusters": (10, 40, 200)}
MOST = 4_000_000  # values that are drawn at a time


class Cell(NamedTuple):
    """A way to draw samples, the intervals for them, and their true mean (None: that of many draws)."""

    name: str
    kind: str
    draw: Callable[[Random, int, int], Any]
    mean: float | None = None


class Result(NamedTuple):
    """How often the naive interval, that of xent and that of a difference hold the truth, in per cent."""

    name: str
    size: int
    naive: float
    ours: float
    cautious: float


BASES: dict[str, Callable[[Any], Basis]] = {
    "rows": methods.of_rows, "weights": methods.of_weights, "clusters": methods.of_clusters
}  # fmt: skip


def cells() -> tuple[Cell, ...]:
    """Every cell."""
    mean = samples.overconfident_mean
    return (
        Cell("calibrated", "rows", samples.overconfident(1), mean(1)),
        Cell("overconfident ×3", "rows", samples.overconfident(3), mean(3)),
        Cell("overconfident ×8", "rows", samples.overconfident(8), mean(8)),
        Cell("label noise 5 %", "rows", samples.label_noise(0.05)),
        Cell("label noise 1 %", "rows", samples.label_noise(0.01)),
        Cell("rare class 5 %", "rows", samples.rare(0.05)),
        Cell("rare class 1 %", "rows", samples.rare(0.01)),
        Cell("rare class 1 %, ×2", "rows", samples.rare(0.01, 2)),
        Cell("multi-label, ×2", "rows", samples.multi_label, mean(2)),
        Cell("calibrated, lognormal(1)", "weights", samples.lognormal_weights(1), mean(1)),
        Cell("calibrated, lognormal(2)", "weights", samples.lognormal_weights(2), mean(1)),
        Cell("calibrated, 5 % of weights 10", "weights", samples.heavy_rows, mean(1)),
        Cell("×3, lognormal(1)", "weights", samples.lognormal_weights(1, 3), mean(3)),
        Cell("×3, lognormal(2)", "weights", samples.lognormal_weights(2, 3), mean(3)),
        Cell("×3, weights go with the logit", "weights", samples.weights_of_the_logit),
        *_clusters(),
    )


def _clusters() -> Iterator[Cell]:
    """The cells of clusters."""
    made = (
        ("equal sizes, normal, ICC 0.2", samples.equal, samples.normal_losses, 0.2, 0.0),
        ("geometric sizes, normal, 0.2", samples.geometric, samples.normal_losses, 0.2, 0.0),
        ("lognormal sizes, normal, 0.2", samples.lognormal, samples.normal_losses, 0.2, 0.0),
        ("lognormal sizes, normal, 0.5", samples.lognormal, samples.normal_losses, 0.5, 0.0),
        ("one big cluster, normal, 0.5", samples.one_big, samples.normal_losses, 0.5, 0.0),
        ("lognormal sizes, overconfident, 0.5", samples.lognormal, samples.overconfident_losses, 0.5,
         samples.overconfident_mean(3)),
        ("one big cluster, overconfident, 0.5", samples.one_big, samples.overconfident_losses, 0.5,
         samples.overconfident_mean(3)),
        ("equal sizes, lognormal losses, 0.5", samples.equal, samples.lognormal_losses, 0.5, float(np.exp(0.5))),
        ("lognormal sizes and losses, 0.5", samples.lognormal, samples.lognormal_losses, 0.5, float(np.exp(0.5))),
    )  # fmt: skip
    for name, sizes, sums, correlation, mean in made:
        yield Cell(name, "clusters", samples.clustered(sizes, sums, correlation), mean)


def truth(cell: Cell, random: Random) -> float:
    """The true mean of a cell: of four million rows where there is no formula."""
    if cell.mean is not None:
        return cell.mean
    total = weight = 0.0
    for _ in range(8):
        drawn = cell.draw(random, 1, MOST // 8)
        x, w = drawn if cell.kind == "weights" else (drawn, np.ones(1))
        total, weight = total + float((x * w).sum()), weight + float((w * np.ones(x.shape)).sum())
    return total / weight


def simulated(cell: Cell, size: int, trials: int, random: Random, mean: float) -> Result:
    """How often intervals of many samples hold the truth."""
    rows = size * (30 if cell.kind == "clusters" else 1)
    parts, most = [], max(1, MOST // rows)
    while trials > 0:
        parts.append(BASES[cell.kind](cell.draw(random, min(trials, most), size)))
        trials -= most
    found = Basis(*map(np.concatenate, zip(*parts, strict=True)))
    each = (methods.covered(bounds(found), mean) for bounds in (methods.students, methods.skewed, methods.cautious))
    return Result(cell.name, size, *each)
