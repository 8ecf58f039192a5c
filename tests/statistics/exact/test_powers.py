"""Third to fifth powers: each term rounded once, their sums exact, the same for every split and order."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xent_cli.statistics.exact.powers import Powers, group_powers
from xent_cli.statistics.exact.sums import UNIT

Floats = NDArray[np.float64]
ROWS = st.lists(st.tuples(st.floats(-1e30, 1e30), st.floats(0, 1e30), st.integers(0, 3)), min_size=1, max_size=30)


def columns(rows: list[tuple[float, float, int]]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Values, weights and groups."""
    x, w, codes = zip(*rows, strict=True)
    return np.array(x), np.array(w), np.array(codes)


def units(terms: list[float]) -> int:
    """The exact sum of some doubles in units of 2**-1074."""
    return int(sum(map(Fraction, terms), Fraction()) * 2**UNIT)


@given(ROWS)
def test_sums_are_those_of_their_terms(rows: list[tuple[float, float, int]]) -> None:
    """Each sum is the mathematical sum of its terms as doubles; without weights there are cubes alone."""
    x, w, _ = columns(rows)
    found, plain = Powers.of(x, w), Powers.of(x)
    pairs = list(zip(x.tolist(), w.tolist(), strict=True))
    assert found.cubes == units([(b * a) * (b * a) * (b * a) for a, b in pairs])
    assert (found.w3, found.w4) == (units([b * b * b for _, b in pairs]), units([(b * b) * (b * b) for _, b in pairs]))
    assert found.w5 == units([(b * b * b) * (b * b) for _, b in pairs])
    assert found.w3x == units([(b * b * b) * a for a, b in pairs])
    assert found.w3xx == units([(b * b * b) * a * a for a, b in pairs])
    assert plain == Powers(cubes=units([a * a * a for a, _ in pairs]))


@given(ROWS, st.integers(0, 30), st.booleans())
def test_parts_add_in_any_order(rows: list[tuple[float, float, int]], cut: int, weighted: bool) -> None:
    """Any split and order give the same sums, and no rows are the identity."""
    x, w, codes = columns(rows)
    weights = w if weighted else None
    whole = Powers.of(x, weights)
    order = np.random.default_rng(cut).permutation(len(x))
    one, other = order[: cut % (len(x) + 1)], order[cut % (len(x) + 1) :]
    parts = [Powers.of(x[rows], None if weights is None else weights[rows]) for rows in (one, other)]
    assert parts[0] + parts[1] == whole == whole + Powers()
    groups = group_powers(codes, x, weights)
    assert sum(groups.values(), Powers()) == whole
    for code, found in groups.items():
        at = codes == code
        assert found == Powers.of(x[at], None if weights is None else weights[at])


@pytest.mark.parametrize("weighted", [False, True])
def test_terms_beyond_a_double_are_counted(weighted: bool) -> None:
    """A row one of whose terms overflows counts as lost and adds nothing; one too small adds nothing."""
    x = np.array([1.0, 1e150, 2.0, 1e-150])
    w = np.array([1.0, 2.0, 1e90, 1.0]) if weighted else None
    found = Powers.of(x, w)
    assert found.lost == (2 if weighted else 1)
    assert found.cubes == (1 if weighted else 9) << UNIT
    groups = group_powers(np.array([0, 1, 1, 0]), x, w)
    assert (groups[0].lost, groups[1].lost) == (0, found.lost)


def test_many_rows_are_cut_into_chunks() -> None:
    """More rows than are cut at a time have the sums of their parts."""
    x = np.random.default_rng(1).exponential(size=70_000)
    assert Powers.of(x) == Powers.of(x[:123]) + Powers.of(x[123:])
    codes = np.arange(70_000) % 3
    assert group_powers(codes, x)[1] == Powers.of(x[1::3])
