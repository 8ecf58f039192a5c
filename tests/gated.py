"""Reports and files that gates are held against."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.running import write_csv
from tests.sample_reports import binary
from xent_cli.contract.interval import Interval
from xent_cli.contract.report import Gate, Report
from xent_cli.reports import gates
from xent_cli.reports.baseline import Recorded
from xent_cli.reports.thresholds import Thresholds


def with_mean(mean: float, high: float = 2.0) -> Report:
    """A report of a mean and an upper end."""
    base = binary()
    ci = Interval(0.95, mean - (high - mean), high, "student-t")
    perplexity = math.exp(mean) if mean < 700 else math.inf
    return replace(base, loss=replace(base.loss, mean=mean, ci=ci), perplexity=perplexity, gates=(), status="none")


def against(mean: float, base: float, se: float = 0.01, n: int = 100, **limits: Any) -> Gate:
    """The gate of a mean against that of a baseline with the same standard error and number of rows."""
    report = with_mean(mean)
    report = replace(report, loss=replace(report.loss, se=se), rows=replace(report.rows, scored=n), signature="a|b")
    (gate,) = gates.apply(
        report, Thresholds(baseline="main.json", **limits), Recorded("main.json", "a|b", base, se, n)
    ).gates
    return gate


def predictions(path: Path, quality: float, rows: int = 4000, seed: int = 0) -> Path:
    """A made-up model: the larger its quality, the more it knows of the labels."""
    generator = np.random.default_rng(seed)
    signal = generator.normal(size=rows)
    y = (generator.random(rows) < 1 / (1 + np.exp(-2 * signal))).astype(int)
    z = 2 * (quality * signal + (1 - quality) * np.random.default_rng(seed + 1).normal(size=rows))
    sides = np.where(np.arange(rows) % 2 == 0, "left", "right")
    return write_csv(
        path, ["label", "prob", "side"],
        [(int(a), float(1 / (1 + math.exp(-b))), str(c)) for a, b, c in zip(y, z, sides, strict=True)],
    )  # fmt: skip
