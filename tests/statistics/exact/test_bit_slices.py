"""How vectors are cut into slices: what the slices hold, when another one is cut, and what is left to integers."""

from __future__ import annotations

from fractions import Fraction
from math import nextafter

import numpy as np
import pytest

from tests.statistics.exact.oracles import DATA, NAMES, Floats, fractions, total
from xent_cli.statistics.exact import bit_slices
from xent_cli.statistics.exact import moments as statistics_exact_moments
from xent_cli.statistics.exact.moments import Moments
from xent_cli.statistics.exact.sums import (
    UNIT,
    exact_dot,
    exact_group_counts,
    exact_group_sums,
    exact_moments,
    exact_sum,
)


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


def test_the_bounds_of_sound_products() -> None:
    """Products of 2**-900 and 2**900 are odd already, those between are not."""
    x = np.array([2.0**-450, 2.0**-449, 2.0**450, 2.0**449])
    y = np.array([2.0**-450, 2.0**-450, 2.0**450, 2.0**450])
    assert bit_slices.two_product(x, y)[2].tolist() == [0, 2]
