"""Exact sums against rational arithmetic, their laws, and the numbers that are rounded from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from math import inf, isfinite, isnan, nan, nextafter
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xent_cli.statistics.exact import bit_slices
from xent_cli.statistics.exact import moments as statistics_exact_moments
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

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

DBL_MAX = 1.7976931348623157e308
EDGES = (0, 1, 24, 25, 127, 128, 129, 16_385, 32_767, 32_768, 32_769, 65_537)


def bit_patterns(rng: np.random.Generator, n: int) -> Floats:
    """Finite doubles of random bits."""
    values = rng.integers(0, 2**64, n, np.uint64).view(np.float64)
    return values[np.isfinite(values)]


def data_sets() -> dict[str, Floats]:
    """Losses as they come, and everything that could break an exact sum."""
    rng = np.random.default_rng(20_261)
    normal = rng.normal(size=3000)
    return {
        "exponential": rng.exponential(size=3000),
        "softplus of N(0, 5)": np.logaddexp(0, 5 * normal),
        "softplus of N(0, 30)": np.logaddexp(0, 30 * normal),
        "-log of float32 probabilities": -np.log(rng.random(3000, dtype=np.float32) + np.float32(1e-9)).astype(float),
        "float32": rng.exponential(size=3000).astype(np.float32).astype(float),
        "whole numbers": rng.integers(-5, 5, 3000).astype(float),
        "zeros of both signs": np.where(normal > 0, 0.0, -0.0),
        "one value among zeros": np.where(np.arange(3000) == 7, 1 / 3, 0.0),
        "subnormals": rng.integers(-(2**52), 2**52, 3000) * 5e-324,
        "all magnitudes of a loss": 10.0 ** rng.uniform(-300, 2, 3000),
        "random bits": bit_patterns(rng, 3000),
        "forty times the largest double": np.full(40, DBL_MAX),
        "largest and smallest": np.tile([DBL_MAX, 5e-324, -1.0], 100),
        "total cancellation": rng.permutation(
            np.concatenate([normal, -normal, 1e300 * normal, -1e300 * normal, [5e-324]])
        ),
        "near 1e8": 1e8 + 1e-3 * normal,
        "around 2**-300": np.exp2(rng.uniform(-460, -290, 3000)),
        "around 2**-400": np.exp2(rng.uniform(-560, -396, 3000)),
        "around 2**300": np.exp2(rng.uniform(140, 310, 3000)),
        "powers of two": np.exp2(rng.integers(-1074, 1024, 3000)),
    }


DATA = data_sets()
NAMES = tuple(DATA)
finite = st.floats(allow_nan=False, allow_infinity=False)
losses_and_weights = st.lists(st.tuples(finite, finite), max_size=40)


def total(values: Iterable[Fraction], power: int = 1) -> int:
    """A sum of rationals in units of 2**-1074 to some power."""
    scaled: Fraction = sum(values, Fraction()) * Fraction(2) ** (UNIT * power)
    assert scaled.denominator == 1
    return scaled.numerator


def fractions(values: Floats) -> list[Fraction]:
    """Doubles as rationals."""
    return [Fraction(value) for value in values.tolist()]


def columns(rows: list[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Pairs as two arrays."""
    array = np.array(rows, float).reshape(-1, 2)
    return array[:, 0].copy(), array[:, 1].copy()


def moments_by_fractions(losses: Floats, weights: Floats) -> Moments:
    """The definition of every field, with rationals."""
    rows = list(zip(fractions(losses), fractions(weights), strict=True))
    return Moments(
        n=len(rows),
        support=sum(w != 0 for _, w in rows),
        total=total(x for x, _ in rows),
        squares=total((x * x for x, _ in rows), 2),
        weight=total(w for _, w in rows),
        weight_squares=total((w * w for _, w in rows), 2),
        weighted=total((w * x for x, w in rows), 2),
        weighted_squares=total((w * x * x for x, w in rows), 3),
        square_weighted=total((w * w * x for x, w in rows), 3),
        product_squares=total(((w * x) ** 2 for x, w in rows), 4),
    )


def is_nearest(value: float, exact: Fraction) -> bool:
    """Whether no other double is nearer to a rational; of two equally near the even one is right."""
    if not isfinite(value):
        return abs(exact) >= Fraction(DBL_MAX) + Fraction(2) ** 970 and (value > 0) == (exact > 0)
    error = abs(Fraction(value) - exact)
    for other in (nextafter(value, inf), nextafter(value, -inf)):
        distance = abs(Fraction(other) - exact) if isfinite(other) else Fraction(2) ** 2000
        even = np.float64(value).view(np.int64) % 2 == 0
        if distance < error or (distance == error and not even):
            return False
    return True


def is_nearest_root(value: float, square: Fraction) -> bool:
    """Whether a double is the nearest to the square root of a rational: the root lies between the half-way points."""
    below = (Fraction(value) + Fraction(nextafter(value, 0))) / 2
    above = (Fraction(value) + Fraction(nextafter(value, inf))) / 2
    return below**2 <= square <= above**2


@pytest.mark.parametrize("name", NAMES)
def test_sum_is_the_rational_sum(name: str) -> None:
    """The sum of doubles is their mathematical sum, whatever their size and sign."""
    x = DATA[name]
    assert exact_sum(x) == total(fractions(x))


@pytest.mark.parametrize("name", NAMES)
def test_moments_are_the_rational_sums(name: str) -> None:
    """Sum and sum of squares are exact together, even where the squares lie outside the range of a double."""
    x = DATA[name]
    assert exact_moments(x) == (total(fractions(x)), total((value**2 for value in fractions(x)), 2))


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


def test_full_slices_stay_exact() -> None:
    """Where every slice of a whole chunk is as large as it can be, no partial sum needs more than 53 bits."""
    integers = 2**53 - np.random.default_rng(4).integers(0, 2**34, 40_000)
    x, exact = np.ldexp(integers.astype(np.float64), -53), integers.tolist()
    assert exact_sum(x) == sum(exact) << UNIT - 53
    assert exact_moments(x)[1] == sum(value * value for value in exact) << 2 * (UNIT - 53)
    assert exact_dot(x, -x[::-1]) == -sum(map(int.__mul__, exact, exact[::-1])) << 2 * (UNIT - 53)
    assert exact_group_sums(np.zeros(len(x), int), x) == {0: exact_sum(x)}


def test_pairs_that_no_slices_hold() -> None:
    """Where large values stand against small ones in every row, no slice holds both; the sum is exact all the same."""
    x, y = np.tile([1.1, 1e-300], 500), np.tile([1e-300, 1.1], 500)
    assert exact_dot(x, y) == 1000 * total([Fraction(1.1) * Fraction(1e-300)], 2)


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


@pytest.mark.parametrize("other", ["exponential", "whole numbers", "random bits", "subnormals"])
@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_its_definition(name: str, other: str) -> None:
    """All sums of losses and weights up to the fourth order are the rational ones."""
    n = min(len(DATA[name]), 300)
    losses, weights = DATA[name][:n], DATA[other][:n]
    assert Moments.of(losses, weights) == moments_by_fractions(losses, weights)


@pytest.mark.parametrize("name", NAMES)
def test_unweighted_is_weight_one(name: str) -> None:
    """Losses without weights have the moments of losses with weight 1, and of the definition."""
    losses = DATA[name]
    assert Moments.of(losses) == Moments.of(losses, np.ones(len(losses)))
    assert Moments.of(losses[:200]) == moments_by_fractions(losses[:200], np.ones(len(losses[:200])))


@pytest.mark.parametrize("n", [0, 1, 3, 300])
@pytest.mark.parametrize("name", NAMES)
def test_marked_rows_are_summed_apart(name: str, n: int) -> None:
    """Beside the moments of all rows stands the exact sum of those that are marked, in the unit of products."""
    losses = DATA[name][:n]
    marks = np.random.default_rng(n).integers(0, 2, len(losses))
    for kind in (np.float64, np.int64):
        moments, marked = Moments.marked(losses, marks.astype(kind))
        assert moments == Moments.of(losses)
        assert marked == total(map(Fraction.__mul__, fractions(losses), fractions(marks.astype(float))), 2)


@pytest.mark.parametrize("weighted", [False, True])
def test_parts_can_be_taken_off_again(weighted: bool) -> None:
    """The whole without a part is what the other rows have."""
    losses, weights = DATA["exponential"][:300], DATA["whole numbers"][:300] if weighted else None
    parts = [
        Moments.of(losses[rows], None if weights is None else weights[rows]) for rows in (slice(90), slice(90, 300))
    ]
    whole = Moments.of(losses, weights)
    assert (whole - parts[0], whole - parts[1]) == (parts[1], parts[0])
    assert whole - whole == Moments.empty()


def test_moments_from_sums_that_are_known() -> None:
    """Rows of weight 1 need no more than their number, their sum and their sum of squares."""
    losses = DATA["exponential"][:200]
    assert Moments.plain(200, *exact_moments(losses)) == Moments.of(losses)


@given(losses_and_weights, losses_and_weights, losses_and_weights)
@settings(max_examples=50, deadline=None)
def test_moments_are_a_commutative_monoid(
    one: list[tuple[float, float]], two: list[tuple[float, float]], three: list[tuple[float, float]]
) -> None:
    """Merging is associative and commutative, has the identity, and gives the moments of all rows together."""
    a, b, c = (Moments.of(*columns(rows)) for rows in (one, two, three))
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Moments.empty() == a == Moments.empty() + a
    assert a + b + c == Moments.of(*columns(one + two + three))


def test_any_partition_is_the_whole() -> None:
    """However rows are shuffled, cut into parts and merged, the moments are the same object of integers."""
    rng = np.random.default_rng(8)
    losses, weights = rng.exponential(size=70_000), rng.integers(0, 4, 70_000).astype(float)
    whole = Moments.of(losses, weights)
    order = rng.permutation(len(losses))
    cuts = np.sort(rng.integers(0, len(losses), 6))
    parts = [Moments.of(losses[rows], weights[rows]) for rows in np.split(order, cuts)]
    assert sum(parts, Moments.empty()) == whole


@pytest.mark.parametrize("name", ["exponential", "softplus of N(0, 30)", "near 1e8", "subnormals", "random bits"])
def test_mean_and_variance_are_correctly_rounded(name: str) -> None:
    """Sum, mean, variance and standard deviation are the nearest doubles of the rational results."""
    losses = DATA[name][:500]
    moments, x = Moments.of(losses), fractions(losses)
    mean = sum(x, Fraction()) / len(x)
    variance = sum(((value - mean) ** 2 for value in x), Fraction()) / (len(x) - 1)
    assert is_nearest(moments.sum, sum(x, Fraction()))
    assert all(is_nearest(value, mean) for value in (moments.mean, moments.count_mean, moments.unweighted_mean))
    assert is_nearest(moments.variance, variance)
    assert is_nearest_root(moments.std, variance)
    assert moments.effective_n == len(losses)


def test_weighted_mean_and_variance_are_correctly_rounded() -> None:
    """Weighted, they are the nearest doubles of their formulas."""
    losses, weights = DATA["exponential"][:400], DATA["float32"][:400]
    moments, x, w = Moments.of(losses, weights), fractions(losses), fractions(weights)
    weighted = sum(map(Fraction.__mul__, w, x), Fraction())
    weight, weight_squares = sum(w, Fraction()), sum((b * b for b in w), Fraction())
    mean = weighted / weight
    spread = sum((b * (a - mean) ** 2 for a, b in zip(x, w, strict=True)), Fraction())
    assert is_nearest(moments.sum, weighted)
    assert is_nearest(moments.weight_sum, weight)
    assert is_nearest(moments.mean, mean)
    assert is_nearest(moments.count_mean, weighted / 400)
    assert is_nearest(moments.unweighted_mean, sum(x, Fraction()) / 400)
    assert is_nearest(moments.variance, spread / (weight - weight_squares / weight))
    assert is_nearest(moments.effective_n, weight**2 / weight_squares)


def test_variance_does_not_see_the_scale_of_weights_nor_rows_without() -> None:
    """Weights times a constant, and further rows of weight 0, change neither mean nor variance."""
    losses, weights = DATA["exponential"][:400], DATA["exponential"][400:800]
    plain = Moments.of(losses, weights)
    scaled = Moments.of(losses, weights * 1024)
    longer = Moments.of(np.append(losses, [5.0, 7.0]), np.append(weights, [0.0, 0.0]))
    for other in (scaled, longer):
        assert (other.mean, other.variance, other.effective_n) == (plain.mean, plain.variance, plain.effective_n)
    assert (longer.n, longer.support) == (402, 400)


def test_what_is_undefined_is_nan() -> None:
    """No rows have no mean, one row no variance, nor have rows of which one alone has weight."""
    nothing, one = Moments.empty(), Moments.of(np.array([2.0]))
    lone = Moments.of(np.array([1.0, 2.0]), np.array([0.0, 3.0]))
    weightless = Moments.of(np.array([1.0, 2.0]), np.zeros(2))
    undefined = [nothing.mean, nothing.count_mean, nothing.variance, nothing.effective_n, one.variance, one.std]
    undefined += [lone.variance, lone.std, weightless.mean, weightless.variance]
    assert all(map(isnan, undefined))
    assert (nothing.sum, nothing.weight_sum, one.mean, lone.mean) == (0.0, 0.0, 2.0, 2.0)
    assert Moments.of(np.ones(3)).variance == 0


def grouped(codes: Codes, *vectors: Floats) -> dict[int, list[Floats]]:
    """The rows of each group."""
    return {int(code): [vector[codes == code] for vector in vectors] for code in np.unique(codes)}


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


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_group_moments_are_the_moments_of_the_groups(name: str, weighted: bool) -> None:
    """A group has the moments of its rows alone."""
    losses = DATA[name][:200]
    codes, weights = np.arange(len(losses)) % 7, DATA["random bits"][: len(losses)]
    expected = {
        code: Moments.of(part, other if weighted else None)
        for code, (part, other) in grouped(codes, losses, weights).items()
    }
    assert group_moments(codes, losses, weights if weighted else None) == expected


def test_rows_of_a_group_without_weight_are_no_support() -> None:
    """Of each group the rows that have weight are counted apart, be the weight 1 or another."""
    losses, codes = DATA["exponential"][:60], np.arange(60) % 4
    weights = np.tile([0.0, 1.0, 1.0, 2.0, 1.0], 12)
    found = group_moments(codes, losses, weights)
    assert {code: part.support for code, part in found.items()} == {
        code: int(np.count_nonzero(weights[codes == code])) for code in range(4)
    }
    assert found == {code: Moments.of(losses[codes == code], weights[codes == code]) for code in range(4)}


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


# --- how it is done: slices hold what they promise, and Python's integers are left to the odd rows

ORDINARY = (
    "exponential", "softplus of N(0, 5)", "-log of float32 probabilities", "float32", "whole numbers",
    "zeros of both signs", "subnormals", "near 1e8",
)  # fmt: skip


@pytest.mark.parametrize("width", [bit_slices.NARROW, bit_slices.WIDE])
@pytest.mark.parametrize("name", NAMES)
def test_slices_hold_their_numbers(name: str, width: bit_slices.Width) -> None:
    """Each slice is an integer of so many bits on its grid; together they are the number, but in the rows told of."""
    x = DATA[name][:700]
    buffer = np.full((width.most + 1, bit_slices.padded(len(x))), 7.0)
    cut = bit_slices.Cut.of(x, width, buffer)
    assert 1 <= len(cut.parts) <= width.most
    assert cut.parts.shape[1] == -(-len(x) // 128) * 128
    assert not cut.parts[:, len(x) :].any()
    assert cut.units() == [cut.unit - width.bits * at for at in range(len(cut.parts))]
    for part, unit in zip(cut.parts, cut.units(), strict=True):
        for value in fractions(part):
            units = value / Fraction(2) ** unit
            assert units.denominator == 1
            assert abs(units) <= 2 ** (width.bits - 1)
    held = [sum(values, Fraction()) for values in zip(*map(fractions, cut.parts), strict=False)][: len(x)]
    for whole, exact, over in zip(held, fractions(x), cut.over.tolist(), strict=True):
        assert over or whole * Fraction(2) ** cut.scale == exact
    if name in ORDINARY:
        assert np.count_nonzero(cut.over) <= 24


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_losses_cost_no_integers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of losses as they come, at most a few rows of a vector are summed one by one, in groups too."""
    rows: list[int] = []
    whole, single = bit_slices._by_integers, bit_slices.units_of
    monkeypatch.setattr(bit_slices, "_by_integers", lambda x, *more: (rows.append(len(x[0])), whole(x, *more))[1])
    monkeypatch.setattr(bit_slices, "units_of", lambda value: (rows.append(1), single(value))[1])
    x, codes = DATA[name], np.arange(len(DATA[name])) % 3
    for summed in (
        lambda: exact_sum(x), lambda: exact_moments(x), lambda: exact_dot(x, x[::-1]),
        lambda: Moments.marked(x, codes % 2), lambda: exact_group_sums(codes, x),
    ):  # fmt: skip
        rows.clear()
        summed()
        assert sum(rows) <= 24
    rows.clear()
    few = x[:24]
    assert exact_sum(few) == total(fractions(few))
    assert sum(rows) == len(few)


def test_products_that_have_no_error_term_are_told() -> None:
    """high + low is x·y without error, or both are 0 and the row is listed; a product of 0 is no odd row."""
    x = np.array([1 / 3, 1e-200, 1e200, 0.0, 1e308, 5e-324, 2.0**-449, 2.0**449, 1e300])
    y = np.array([1 / 7, 1e-200, 1e200, 1e308, 1e-300, 1.0, 2.0**-450, 2.0**450, 0.0])
    high, low, odd = bit_slices.two_product(x, y)
    for row, (one, other) in enumerate(zip(fractions(x), fractions(y), strict=True)):
        held = Fraction(high[row]) + Fraction(low[row])
        assert held == (0 if row in odd else one * other)
    assert {1, 2, 4, 5} <= set(odd.tolist())
    assert not {0, 3, 6, 7, 8} & set(odd.tolist())


# --- what is done, and how often: the result is the same whatever the shortcuts do


class Work:
    """What was cut: the sizes of the vectors, the numbers of slices, and how often slices were compared."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.slices: list[int] = []
        self.looks = 0
        own, count = bit_slices.Cut.of, np.count_nonzero

        def of(x: Floats, width: bit_slices.Width, buffer: Floats) -> bit_slices.Cut:
            cut = own(x, width, buffer)
            self.sizes.append(x.size)
            self.slices.append(len(cut.parts))
            return cut

        def look(marks: object) -> int:
            self.looks += 1
            return int(count(marks))

        monkeypatch.setattr(bit_slices.Cut, "of", of)
        monkeypatch.setattr(bit_slices.np, "count_nonzero", look)


def held(x: Floats, width: bit_slices.Width) -> bit_slices.Cut:
    """The cut of a vector."""
    return bit_slices.Cut.of(x, width, np.empty((width.most + 1, bit_slices.padded(x.size))))


def test_vectors_are_cut_so_that_slices_fit_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """2**15 rows at a time, of more than two vectors 2**16 values together, each cut into the usual slices at once."""
    x = np.random.default_rng(7).exponential(size=70_000)
    work = Work(monkeypatch)
    exact_moments(x)
    assert (work.sizes, work.slices, work.looks) == ([32_768, 32_768, 4464], [3, 3, 3], 3)
    work = Work(monkeypatch)
    exact_sum(x)
    assert (work.sizes, set(work.slices), work.looks) == ([32_768, 32_768, 4464], {2}, 3)
    work = Work(monkeypatch)
    bit_slices.sums_and_products((x, x, x, x), ((0, 1),))
    assert work.sizes == [16_384] * 16 + [4464] * 4


def test_a_look_at_the_first_row_tells_whether_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the usual number of slices, all rows are compared only where the slices hold the first."""
    few, many = 1.0, 1 / 3  # of one slice, of three
    work = Work(monkeypatch)
    exact_moments(np.array([few] + [many] * 99))
    assert (work.slices, work.looks) == ([3], 3)
    work = Work(monkeypatch)
    exact_moments(np.array([many] + [few] * 99))
    assert (work.slices, work.looks) == ([3], 1)


def test_no_product_is_long_enough_for_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """BLAS starts threads for vectors of some thousand entries, and a forked process has none: every one is short."""
    lengths: set[int] = set()
    own = np.vecdot
    monkeypatch.setattr(np, "vecdot", lambda x, y: (lengths.add(x.shape[-1]), own(x, y))[-1])
    x = np.random.default_rng(8).exponential(size=70_000)
    y = (x > 1).astype(np.int8)
    assert Moments.marked(x, y)[1] == Moments.of(x[y == 1]).weighted
    assert lengths == {128}


@pytest.mark.parametrize(
    ("vectors", "pairs", "n", "shape"),
    [
        (1, (), 70_000, (1, 5, 32_768)),
        (1, ((0, 0),), 70_000, (1, 7, 32_768)),
        (2, ((0, 1),), 1000, (2, 7, 1024)),
        (4, ((0, 1),), 70_000, (4, 7, 16_384)),
    ],
)
def test_room_for_slices(
    vectors: int, pairs: bit_slices.Pairs, n: int, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room for the most slices of a chunk and one vector more; the next sum takes the same room."""
    asked: list[tuple[int, ...]] = []
    rooms: list[Floats] = []
    own = bit_slices._scratch
    monkeypatch.setattr(
        bit_slices, "_scratch", lambda shape: (asked.append(shape), rooms.append(own(shape)), rooms[-1])[-1]
    )
    x = np.random.default_rng(7).exponential(size=n)
    for _ in range(2):
        bit_slices.sums_and_products((x,) * vectors, pairs)
    assert asked == [shape, shape]
    assert rooms[0].shape == shape
    assert np.shares_memory(*rooms)
    exact_group_sums(np.zeros(1000, np.int64), x[:1000])
    assert asked[2:] == [(1, 5, 1024)]


@pytest.mark.parametrize(
    ("width", "usual", "below"),
    [(bit_slices.NARROW, 3, 18), (bit_slices.WIDE, 2, 24)],
    ids=["narrow", "wide"],
)
def test_what_the_usual_slices_hold(width: bit_slices.Width, usual: int, below: int) -> None:
    """All 53 bits of a value so many powers of two below the largest, and not of one a power further down."""
    full = 1.0 - 2.0**-53  # 53 bits, just below 1
    cut = held(np.array([full, full * 2.0**-below, full * 2.0 ** -(below + 1)]), width)
    assert len(cut.parts) == usual
    assert cut.unit == 1 - width.bits
    assert cut.over.tolist() == [False, False, True]


@pytest.mark.parametrize(("width", "most"), [(bit_slices.NARROW, 6), (bit_slices.WIDE, 4)])
def test_more_slices_for_more_than_a_few_rows(width: bit_slices.Width, most: int) -> None:
    """24 rows that the usual slices do not hold are left for later; for 25 another slice is cut, up to the most."""
    ordinary = np.random.default_rng(8).uniform(1, 2, 200)
    for few, more in ((24, 0), (25, 1)):
        x = ordinary.copy()
        x[:few] *= 2.0**-40
        for either in (x, x[::-1].copy()):  # whether the first row tells or not
            assert len(held(either, width).parts) == width.usual + more
    wild = 10.0 ** np.random.default_rng(9).uniform(-60, 0, 200)
    assert len(held(wild, width).parts) == most


def test_few_rows_are_summed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """24 rows cost less as Python integers than as slices, 25 do not."""
    work = Work(monkeypatch)
    exact_sum(np.full(24, 0.1))
    assert work.sizes == []
    exact_sum(np.full(25, 0.1))
    assert work.sizes == [25]


def test_far_numbers_are_scaled() -> None:
    """Numbers from 2**300 on, and below 2**-301, are scaled to 1; what is 100 powers smaller is left for later."""
    for exponent, scale in ((300, 0), (301, 301), (-300, 0), (-301, -301)):
        assert held(np.full(30, 0.75 * 2.0**exponent), bit_slices.NARROW).scale == scale
    edge = 2.0**300
    x = np.array([2.0**400 * (1 - 2.0**-53), edge, nextafter(edge, 0.0), 0.0, 1.0])
    scaled, exponent, scale, far = bit_slices._near(x)
    assert (exponent, scale) == (0, 400)
    assert scaled.tolist() == [1 - 2.0**-53, 2.0**-100, 0.0, 0.0, 0.0]
    assert far is not None
    assert far.tolist() == [False, False, True, False, True]


def test_groups_by_a_table_or_by_sorting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes up to sixteen times the rows are counted in a table, sparser ones are sorted; both give the same."""
    sorted_: list[int] = []
    own = np.unique
    monkeypatch.setattr(
        bit_slices.np, "unique", lambda codes, **how: (sorted_.append(len(codes)), own(codes, **how))[1]
    )
    assert exact_group_counts(np.array([48, 0, 48])) == {0: 1, 48: 2}
    assert sorted_ == []
    assert exact_group_counts(np.array([49, 0, 49])) == {0: 1, 49: 2}
    assert sorted_ == [3]


def test_units_below_the_smallest_are_shifted_down() -> None:
    """The grid of the last slice may be half of 2**-1074, never a sum on it."""
    assert [bit_slices.shifted(6, by) for by in (-1, 0, 1)] == [3, 6, 12]
    x = np.random.default_rng(10).uniform(1, 2, 100) * 2.0**-999
    codes = np.arange(100) % 2
    assert exact_group_sums(codes, x) == {code: total(fractions(x[codes == code])) for code in (0, 1)}


def test_marks_are_for_the_first_vector() -> None:
    """Of several vectors the marked sum is that of the first, in slices and in single rows."""
    rng = np.random.default_rng(11)
    for n in (5, 300):
        x, y, marks = rng.exponential(size=n), rng.exponential(size=n), np.arange(n) % 2
        totals, products, marked = bit_slices.sums_and_products((x, y), ((0, 1), (1, 1)), marks)
        assert totals == [total(fractions(x)), total(fractions(y))]
        assert products == [total([a * b for a, b in zip(fractions(x), fractions(y), strict=True)], 2),
                            total([b * b for b in fractions(y)], 2)]  # fmt: skip
        assert marked == total(fractions(x[marks == 1]))
        assert bit_slices.sums_and_products((x, y), ())[2] == 0


def test_the_unit_is_the_smallest_double() -> None:
    """Sums are counted in units of 2**-1074, products in units of 2**-2148."""
    assert UNIT == 1074
    assert exact_sum(np.array([5e-324])) == 1
    assert exact_moments(np.array([5e-324] * 30)) == (30, 30)


def test_weighted_rows_take_half_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weighted losses are worked on 2**14 at a time: they make four vectors."""
    sizes: list[int] = []
    own = statistics_exact_moments.two_product
    monkeypatch.setattr(statistics_exact_moments, "two_product", lambda x, y: (sizes.append(len(x)), own(x, y))[1])
    x = np.random.default_rng(12).exponential(size=40_000)
    assert Moments.of(x, np.ones(40_000)).total == exact_sum(x)
    assert sizes == [16_384, 16_384, 7232]


def test_only_odd_rows_cost_copies() -> None:
    """Weights and losses are copied where a row of them is to be set to 0, and stay as they are themselves."""
    w, x = np.array([0.5, 2.0, 1e-200]), np.array([0.25, 3.0, 1e-200])
    (same, too, _, _), odd = statistics_exact_moments._expanded(w[:2], x[:2])
    assert (same.base is w, too.base is x, odd) == (True, True, [])
    (copy, other, _, _), odd = statistics_exact_moments._expanded(w, x)
    assert (copy.tolist(), other.tolist(), odd) == ([0.5, 2.0, 0.0], [0.25, 3.0, 0.0], [2])
    assert (w[2], x[2]) == (1e-200, 1e-200)


def test_the_bounds_of_sound_products() -> None:
    """Products of 2**-900 and 2**900 are odd already, those between are not."""
    x = np.array([2.0**-450, 2.0**-449, 2.0**450, 2.0**449])
    y = np.array([2.0**-450, 2.0**-450, 2.0**450, 2.0**450])
    assert bit_slices.two_product(x, y)[2].tolist() == [0, 2]
