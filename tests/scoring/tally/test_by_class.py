"""What is known of each class: sums that do not depend on how the rows were cut, nor on whether they wait."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from xent_cli.scoring.tally import by_class
from xent_cli.scoring.tally.by_class import ENOUGH, ByClass, Part
from xent_cli.statistics.exact.sums import UNIT

Floats = NDArray[np.float64]


def rows(n: int, k: int, *, weighted: bool) -> tuple[NDArray[np.int64], Floats, Floats | None]:
    """Classes, losses of which some are infinite, and weights of which some are 0."""
    rng = np.random.default_rng(n + k)
    loss = rng.exponential(size=n)
    loss[::7] = np.inf
    weight = rng.exponential(size=n)
    weight[::3] = 0.0
    return rng.integers(0, k, n), loss, weight if weighted else None


def expected(y: NDArray[np.int64], loss: Floats, weight: Floats | None) -> dict[int, Part]:
    """The same, row by row in exact arithmetic."""
    found: dict[int, list[Fraction]] = {}
    weights = [1.0] * len(y) if weight is None else weight.tolist()
    for c, value, heavy in zip(y.tolist(), loss.tolist(), weights, strict=True):
        n, total, mass, infinite = found.get(c, [Fraction(0)] * 4)
        finite = value < np.inf
        total += Fraction(heavy) * Fraction(value) if finite else 0
        found[c] = [n + 1, total, mass + Fraction(heavy), infinite + (not finite and heavy > 0)]
    scale = Fraction(2) ** UNIT
    return {
        c: Part(int(n), int(mass * scale), int(total * scale * scale), int(infinite))
        for c, (n, total, mass, infinite) in found.items()
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("step", [1, 100, 999, 5000])
def test_classes_are_the_sums_of_their_rows(step: int, weighted: bool) -> None:
    """Cut anywhere, added in any order: the exact sums; rows of weight 0 count, but not as infinite."""
    y, loss, weight = rows(5000, 300, weighted=weighted)
    parts = [
        ByClass.of(y[at : at + step], loss[at : at + step], None if weight is None else weight[at : at + step])
        for at in range(0, 5000, step)
    ]
    total = ByClass()
    for part in parts[::-1]:
        total = part + total if len(total.waiting) % 2 else total + part
    assert total.table() == expected(y, loss, weight)
    assert total.settled() == total
    assert total.settled().waiting == ()


def test_rows_wait_until_there_are_enough() -> None:
    """Few rows are kept as they are; with as many as are worth it all are added up."""
    y, loss, _ = rows(ENOUGH, 1000, weighted=False)
    few = ByClass.of(y[1:], loss[1:])
    assert (len(few.waiting), few.known) == (1, {})
    both = few + ByClass.of(y[:1], loss[:1])
    assert (both.waiting, both.known) == ((), expected(y, loss, None))
    assert ByClass.of(y, loss).waiting == ()
    assert both == ByClass.of(y, loss)
    assert both != few


def test_known_classes_are_added_to_those_that_wait() -> None:
    """A class may be known and wait as well."""
    y, loss, _ = rows(10, 3, weighted=False)
    part = ByClass.of(y, loss)
    assert part.settled() + part == part + part.settled() == part + part
    table = (part.settled() + part).table()
    assert {c: held.rows for c, held in table.items()} == {c: 2 * held.rows for c, held in part.table().items()}
    assert ByClass() + part == part
    assert ByClass() != 0


def test_what_is_settled_is_not_added_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table costs its sums once."""
    y, loss, _ = rows(10, 3, weighted=False)
    part = ByClass.of(y, loss).settled()
    monkeypatch.setattr(by_class.ClassifiedRows, "table", lambda _: pytest.fail("added up again"))
    assert part.settled() is part
    assert len(part.table()) == len(set(y.tolist()))
