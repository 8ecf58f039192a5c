"""Predictions whose rows fall into slices."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from tests.running import xent

HEADER = ["label", "prob", "site", "sex"]


def rows(n: int = 400, seed: int = 0) -> list[tuple[int, float, str, str]]:
    """Predictions from four sites, the last of which is harder, for both sexes and for unknown ones."""
    generator = np.random.default_rng(seed)
    site, sex = generator.integers(0, 4, n), generator.integers(0, 3, n)
    p = np.clip(generator.beta(2, 2, n), 0.02, 0.98)
    y = generator.random(n) < np.where(site == 3, 1 - p, p)
    names = ["", "f", "m"]
    return [(int(a), float(b), f"S{c}", names[d]) for a, b, c, d in zip(y, p, site.tolist(), sex.tolist(), strict=True)]


def losses(table: list[tuple[int, float, str, str]]) -> np.ndarray:
    """The loss of each row."""
    return np.array([-math.log(p if y else 1 - p) for y, p, *_ in table])


def groups(path: Path, *flags: object) -> list[dict[str, Any]]:
    """The groups of the JSON report."""
    answer = xent("score", path, "--json", *flags)
    assert answer.status == 0, answer.err
    found: list[dict[str, Any]] = answer.document["groups"]
    return found


def unique_ids(folder: Path, n: int) -> Path:
    """Rows that all have another id, and one of two sides."""
    path = folder / "ids.csv"
    path.write_text("label,prob,side,user\n" + "".join(f"1,0.5,{row % 2},u{row}\n" for row in range(n)))
    return path
