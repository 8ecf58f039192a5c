"""Exact sums of all rows and of groups against rational arithmetic, and the numbers that are rounded from them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.statistics.exact.oracles import (
    DATA,
    DBL_MAX,
    NAMES,
    Codes,
    finite,
    fractions,
    grouped,
    is_nearest,
    is_nearest_root,
    total,
)
from xent_cli.statistics.exact.moments import Moments, group_moments
from xent_cli.statistics.exact.sums import (
    UNIT,
    exact_dot,
    exact_group_counts,
    exact_group_sums,
    exact_moments,
    exact_sum,
    ratio,
    root,
)

EDGES = (0, 1, 24, 25, 127, 128, 129, 16_385, 32_767, 32_768, 32_769, 65_537)


@pytest.mark.parametrize("name", NAMES)
def test_sum_is_the_rational_sum(name: str) -> None:
    """The sum of doubles is their mathematical sum, whatever their size and sign."""
    x = DATA[name]
    assert exact_sum(x) == total(fractions(x))


@pytest.mark.parametrize("other", ["exponential", "random bits", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_dot_is_the_rational_dot(name: str, other: str) -> None:
    """A sum of products is exact for every pairing of magnitudes."""
    n = min(len(DATA[name]), len(DATA[other]), 800)
    x, y = DATA[name][:n], DATA[other][:n]
    assert exact_dot(x, y) == total(map(Fraction.__mul__, fractions(x), fractions(y)), 2)


@pytest.mark.parametrize("n", EDGES)
def test_every_length_is_summed_to_its_end(n: int) -> None:
    """No row is lost or doubled at the edges of runs and chunks; the triangle numbers are known."""
    x = np.arange(n, dtype=float)
    squares = n * (n - 1) * (2 * n - 1) // 6
    assert exact_sum(x) == n * (n - 1) // 2 << UNIT
    assert exact_moments(x) == (n * (n - 1) // 2 << UNIT, squares << 2 * UNIT)
    assert exact_dot(x, x[::-1]) == ((n - 1) * n * (n - 1) // 2 - squares << 2 * UNIT if n else 0)


@given(st.lists(finite, max_size=60))
@settings(deadline=None)
def test_sums_of_any_doubles(values: list[float]) -> None:
    """The sums of arbitrary finite doubles are exact."""
    x = np.array(values, float)
    assert exact_sum(x) == total(fractions(x))
    assert exact_moments(x) == (exact_sum(x), total((value**2 for value in fractions(x)), 2))


@pytest.mark.parametrize("function", [exact_sum, exact_moments, Moments.of])
def test_order_and_layout_do_not_show(function: object) -> None:
    """Permutations, strides, reversal, read-only memory and float32 give the same integers."""
    x = DATA["float32"]
    assert callable(function)
    expected = function(x)
    spread = np.repeat(x, 3)
    frozen = x.copy()
    frozen.flags.writeable = False
    shuffled = np.random.default_rng(5).permutation(x)
    for same in (shuffled, x[::-1], spread[::3], frozen, x.astype(np.float32), x.astype(">f8")):
        assert function(same) == expected


def test_input_is_left_alone() -> None:
    """Summing changes neither losses nor weights, also where rows are set aside."""
    x, w = DATA["random bits"].copy(), DATA["random bits"][::-1].copy()
    Moments.of(x, w)
    group_moments(np.zeros(len(x), np.int64), x, w)
    assert np.array_equal(x, DATA["random bits"])
    assert np.array_equal(w, DATA["random bits"][::-1])


def test_threads_do_not_share_anything() -> None:
    """Sums that run at the same time do not disturb one another."""
    parts = [DATA[name] for name in NAMES] * 4
    expected = [exact_moments(part) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(exact_moments, parts)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_no_floating_point_exception_is_raised(name: str) -> None:
    """Nothing overflows, underflows or is invalid on the way: no warning, also where NumPy is told to raise."""
    x = DATA[name][:400]
    codes = np.arange(len(x)) % 3
    with np.errstate(all="raise"):
        summed = exact_sum(x)
        Moments.of(x, x[::-1])
        group_moments(codes, x, x[::-1])
    assert summed == total(fractions(x))


@pytest.mark.parametrize("n", [3, 500])
@pytest.mark.parametrize("bad", [inf, -inf, nan])
def test_what_is_not_finite_has_no_exact_sum(bad: float, n: int) -> None:
    """An infinity or a NaN among the values is a ValueError, not a wrong integer."""
    x = np.append(np.ones(n), bad)
    for attempt in (lambda: exact_sum(x), lambda: exact_moments(x), lambda: exact_group_sums(np.zeros(n + 1, int), x)):
        with pytest.raises(ValueError, match="only finite numbers"):
            attempt()


@given(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70).filter(bool), st.integers(-1200, 1100))
@settings(deadline=None)
def test_ratio_is_the_nearest_double(numerator: int, denominator: int, exponent: int) -> None:
    """A rational is rounded once, to nearest and even, among normal numbers and subnormals and beyond the largest."""
    exact = Fraction(numerator, denominator) * Fraction(2) ** exponent
    assert is_nearest(ratio(numerator, denominator, exponent), exact)


def test_ratio_at_its_limits() -> None:
    """Ties go to even, half the smallest double to 0, what rounds past the largest to infinity, x/0 to NaN."""
    assert ratio(2**53 + 1) == 2.0**53
    assert ratio(2**53 + 3) == 2.0**53 + 4
    assert (ratio(1, 1, -1075), ratio(3, 1, -1075), ratio(1, 1, -1074)) == (0.0, 1e-323, 5e-324)
    assert (ratio(2**54 - 1, 1, 970), ratio(2**1024 - 2**970 - 1), ratio(-(2**1024))) == (inf, DBL_MAX, -inf)
    assert (ratio(1, 1, 1024), ratio(-1, 1, 1024), ratio(1, -1, 1024), ratio(-1, -1, 1024)) == (inf, -inf, -inf, inf)
    assert isnan(ratio(1, 0))


@given(st.integers(0, 2**70), st.integers(1, 2**70), st.integers(-2200, 1900))
@settings(deadline=None)
def test_root_is_the_nearest_double(numerator: int, denominator: int, exponent: int) -> None:
    """A square root is correctly rounded, for every rational whose root is a double."""
    assert is_nearest_root(
        root(numerator, denominator, exponent), Fraction(numerator, denominator) * Fraction(2) ** exponent
    )


def test_root_at_its_limits() -> None:
    """Squares have exact roots; a root just off the half-way point is not taken for it; negatives have none."""
    assert (root(0), root(49), root(1, 4), root(-9, -4), root(1, 1, -2148)) == (0.0, 7.0, 0.5, 1.5, 5e-324)
    halfway = (2**53 + 1) * 2**200
    assert root(halfway**2) == 2.0**253
    assert root(halfway**2 + 1) == (2.0**53 + 2) * 2.0**200
    assert all(map(isnan, (root(-1), root(1, -1), root(1, 0), root(0, 0))))
    assert root(1, 1, 2100) == inf


GROUPINGS: dict[str, Callable[[int], Codes]] = {
    "three groups": lambda n: np.arange(n) % 3,
    "one group far out": lambda n: np.full(n, 123_456),
    "gaps": lambda n: (np.arange(n) ** 2 % 11) * 1000,
    "a group for each row": lambda n: np.arange(n)[::-1].copy(),
    "very large codes": lambda n: np.arange(n) % 5 * 10**12,
}


@pytest.mark.parametrize("grouping", GROUPINGS)
@pytest.mark.parametrize("name", NAMES)
def test_group_sums_are_the_sums_of_the_groups(name: str, grouping: str) -> None:
    """Each group that occurs, and no other, has the exact sum of its values and of its products."""
    x = DATA[name][:150]
    codes, y = GROUPINGS[grouping](len(x)), DATA["random bits"][: len(x)]
    parts = grouped(codes, x, y)
    assert exact_group_counts(codes) == {code: len(part) for code, (part, _) in parts.items()}
    assert exact_group_sums(codes, x) == {code: total(fractions(part)) for code, (part, _) in parts.items()}
    assert exact_group_sums(codes, x, y) == {
        code: total(map(Fraction.__mul__, fractions(part), fractions(other)), 2)
        for code, (part, other) in parts.items()
    }


def test_groups_of_many_rows_and_none() -> None:
    """Groups that reach over several chunks are whole; no rows have no groups."""
    rng = np.random.default_rng(3)
    codes, x = rng.integers(0, 40, 70_000), rng.exponential(size=70_000)
    assert exact_group_sums(codes.astype(np.int32), x) == {
        code: exact_sum(part) for code, (part,) in grouped(codes, x).items()
    }
    assert group_moments(codes, x) == {code: Moments.of(part) for code, (part,) in grouped(codes, x).items()}
    nothing = np.empty(0, np.int64)
    assert not exact_group_counts(nothing)
    assert not exact_group_sums(nothing, np.empty(0))
    assert not group_moments(nothing, np.empty(0))
