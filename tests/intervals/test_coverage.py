"""The intervals of xent are those that the simulation takes, and these hold the truth as often as README.md says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import xent_cli
from tests.intervals import methods, samples
from tests.intervals.cells import BASES, MOST, SIZES, Cell, cells, simulated, truth

CELLS = {cell.name: cell for cell in cells()}


def drawn(cell: Cell, size: int) -> tuple[Any, pd.DataFrame, dict[str, Any]]:
    """One sample of a cell, as a frame that xent scores to the same losses."""
    sample = cell.draw(np.random.default_rng(size), 1, size)
    if cell.kind == "rows":
        return sample, pd.DataFrame({"label": 1, "prob": np.exp(-sample[0])}), {}
    if cell.kind == "weights":
        frame = pd.DataFrame({"label": 1, "prob": np.exp(-sample.losses[0]), "w": sample.weights[0]})
        return sample, frame, {"weight": "w"}
    sizes = sample.sizes[0].astype(int)
    losses = np.repeat(np.abs(sample.sums[0]) / sizes, sizes)  # every row of a cluster has the mean of the cluster
    frame = pd.DataFrame({"label": 1, "prob": np.exp(-losses), "g": np.repeat(np.arange(size), sizes)})
    return samples.Clustered(np.abs(sample.sums), sample.sizes), frame, {"cluster": "g"}


@pytest.mark.parametrize(
    "name", ["overconfident ×3", "rare class 5 %", "×3, lognormal(2)", "lognormal sizes and losses, 0.5"]
)
def test_the_replica_is_what_xent_gives(name: str) -> None:
    """The interval of a sample, and that of the difference to a model without losses, are those of the simulation."""
    cell = CELLS[name]
    sample, frame, flags = drawn(cell, 40)
    found = BASES[cell.kind](sample)
    ci = xent_cli.score(frame, label="label", preds="prob", **flags).loss.ci
    low, high = (float(end[0]) for end in methods.skewed(found))
    assert (ci.low, ci.high) == pytest.approx((max(0.0, low), high), rel=2e-6)
    compared = xent_cli.compare(frame.assign(prob=1.0), frame, label="label", preds="prob", **flags)
    difference = compared.candidates[0].difference.ci
    low, high = (float(end[0]) for end in methods.cautious(found))
    assert (difference.low, difference.high) == pytest.approx((low, high), rel=2e-6)


@pytest.mark.parametrize(
    ("name", "size", "least", "most"),
    [
        ("calibrated", 50, 93.5, 96.5),
        ("overconfident ×3", 200, 93.5, 96.5),
        ("label noise 5 %", 200, 93.0, 96.0),
        ("rare class 5 %", 1000, 93.5, 97.0),
        ("calibrated, lognormal(2)", 200, 93.0, 96.5),
        ("×3, lognormal(1)", 50, 92.5, 96.5),
        ("lognormal sizes, normal, 0.5", 10, 92.5, 96.5),
        ("one big cluster, normal, 0.5", 40, 93.0, 97.0),
        ("equal sizes, lognormal losses, 0.5", 40, 92.0, 95.5),
    ],
)
def test_intervals_hold_the_truth(name: str, size: int, least: float, most: float) -> None:
    """The coverage of 2,000 samples is that of the table, to three of its standard errors."""
    cell, random = CELLS[name], np.random.default_rng(20_261_201)
    found = simulated(cell, size, 2000, random, truth(cell, random))
    assert least <= found.ours <= most
    assert found.cautious >= found.ours


def test_students_interval_alone_misses() -> None:
    """What the adjustments are for: Student's interval holds the truth far less often in the same samples."""
    for name, size, most in (
        ("label noise 5 %", 200, 88.0), ("calibrated, lognormal(2)", 200, 86.0), ("one big cluster, normal, 0.5", 40, 90.0)
    ):  # fmt: skip
        cell, random = CELLS[name], np.random.default_rng(1)
        assert simulated(cell, size, 1000, random, truth(cell, random)).naive < most


def test_every_kind_of_cell_is_there() -> None:
    """Each kind has its sizes, and names are not given twice."""
    assert {cell.kind for cell in cells()} == set(SIZES) == set(BASES)
    assert len(CELLS) == len(cells())
    assert MOST >= 1_000_000


def test_true_means_are_those_of_many_rows() -> None:
    """A mean by formula is that of half a million rows, within five standard errors."""
    for name in ("overconfident ×8", "multi-label, ×2"):
        cell = CELLS[name]
        x = cell.draw(np.random.default_rng(3), 1, 500_000)
        assert cell.mean == pytest.approx(float(x.mean()), abs=5 * float(x.std()) / 500_000**0.5)
