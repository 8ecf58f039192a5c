"""What the kernels stand on: blocks that fit the caches, sums that keep their digits, differences with their error."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from xent_cli.losses import cache_blocks

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("k", [2, 3, 10, 32, 33, 1000, 65_535, 65_536, 65_537, 150_000])
def test_a_block_takes_half_a_mebibyte(k: int) -> None:
    """As many rows as fit into 512 KiB of doubles, one where a single row is wider, and no more than there are."""
    rows = cache_blocks.rows_per_block(10**9, k)
    assert rows == max(1, (512 << 10) // 8 // k)
    assert cache_blocks.rows_per_block(1, k) == 1
    assert cache_blocks.rows_per_block(0, k) == 1
    assert cache_blocks.rows_per_block(rows + 1, k) == rows
    assert cache_blocks.rows_per_block(max(1, rows - 1), k) == max(1, rows - 1)


def test_a_vector_of_a_block_takes_an_eighth_of_a_mebibyte() -> None:
    """A kernel of one value a row works on vectors of 128 KiB, however many rows there are."""
    assert 8 * cache_blocks.ROWS == 128 << 10


def test_rows_are_cut_without_gaps() -> None:
    """Slices of the size that is asked for, the last one shorter, none of no rows."""
    assert list(cache_blocks.row_blocks(10, 4)) == [slice(0, 4), slice(4, 8), slice(8, 10)]
    assert list(cache_blocks.row_blocks(8, 4)) == [slice(0, 4), slice(4, 8)]
    assert list(cache_blocks.row_blocks(3, 4)) == [slice(0, 3)]
    assert list(cache_blocks.row_blocks(0, 4)) == []


@pytest.mark.parametrize("k", [2, 32, 33, 40, 41, 64, 1000, 1024])
def test_scratch_is_laid_out_for_its_classes(k: int) -> None:
    """Few classes: columns lie together. Many: rows do, an odd number of cache lines apart, and no more than needed."""
    room = cache_blocks.scratch(k, 6)
    assert (room.shape, room.dtype) == ((k, 6), np.float64)
    if k <= 32:
        assert room.flags.c_contiguous
        return
    assert room.strides[0] == 8
    lines, rest = divmod(room.strides[1], 64)
    assert (rest, lines % 2) == (0, 1)
    assert 8 * k <= room.strides[1] < 8 * k + 128


def test_loading_fills_a_part_of_the_room() -> None:
    """A block of fewer rows takes the first columns of the scratch, as doubles, and shares its memory."""
    room = np.full((2, 5), 7.0)
    block = cache_blocks.load(np.array([[1, 2], [3, 4]], np.float32), room)
    assert block.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert np.shares_memory(block, room)
    assert room[:, 2:].tolist() == [[7.0] * 3] * 2
    part = np.array([1.0, 2.0, 3.0], np.float32)[::-1]
    copy = cache_blocks.doubles(part)
    assert (copy.tolist(), copy.dtype, copy.strides) == ([3.0, 2.0, 1.0], np.float64, (8,))
    assert not np.shares_memory(cache_blocks.doubles(room), room)


@pytest.mark.parametrize(
    ("given", "expected"),
    [([1, 2, 4, 8], [5, 10]), ([1, 2, 4, 8, 16], [9, 18, 4]), ([1, 2], [3]), ([5], [5]), ([1, 2, 4], [5, 2])],
)
def test_the_far_half_is_laid_on_the_near_one(given: list[int], expected: list[int]) -> None:
    """An odd number in the middle stays as it is."""
    assert cache_blocks.halved(np.array(given, np.float64)[:, None])[:, 0].tolist() == expected
    assert cache_blocks.fold(np.array(given, np.float64)[:, None]).tolist() == [sum(given)]


@pytest.mark.parametrize("k", [2, 3, 4, 5, 8, 9, 16, 33, 100, 511, 512, 513, 514, 1000, 1024, 4099])
@pytest.mark.parametrize("order", ["C", "F"])
def test_sums_are_within_two_ulp(k: int, order: str) -> None:
    """Whatever the spread of the terms, the sum has the roundings of four additions: half an ulp each."""
    rng = np.random.default_rng(k)
    rows = np.stack([
        rng.random(k), np.full(k, 0.1), np.exp(rng.uniform(-80, 0, k)), rng.random(k) * 1e300,
        np.where(np.arange(k) == k // 3, 1.0, 0.49 * 2.0**-52), np.where(np.arange(k) == 0, 1e300, 1.0),
        np.full(k, 1.7e308 / k), np.full(k, 5e-324), np.zeros(k),
    ])  # fmt: skip
    values = np.array(rows.T, order="C" if order == "C" else "F")
    with np.errstate(all="ignore"):  # as in every kernel
        found = cache_blocks.summed(values)
        several = cache_blocks.summed(np.array([[INF, 1.0]] + [[1.0, 1.0]] * (k - 1)))
    for row, total in zip(rows.tolist(), found.tolist(), strict=True):
        exact = sum(map(Fraction, row))
        bound = 2 if exact < 1e300 else 5  # near the largest double the terms cannot be split
        assert abs(Fraction(total) - exact) <= bound * Fraction(float(np.spacing(float(exact))))
    assert several.tolist() == [INF, float(k)]


@pytest.mark.parametrize("k", [100, 300, 511, 1000, 4099])
@pytest.mark.parametrize("spread", ["equal", "alike", "any"])
def test_sums_of_like_numbers_are_nearly_rounded_once(k: int, spread: str) -> None:
    """Terms of one size lose next to nothing but the last rounding: high parts add up without any."""
    rng = np.random.default_rng(3)
    values = {
        "equal": np.tile(rng.random(60), (k, 1)), "alike": 1 - rng.random((k, 60)) / 1000, "any": rng.random((k, 60)),
    }[spread]  # fmt: skip
    exact = [sum(map(Fraction, column)) for column in values.T.tolist()]
    with np.errstate(all="ignore"):
        found = cache_blocks.summed(values)
    for total, true in zip(found.tolist(), exact, strict=True):
        assert abs(Fraction(total) - true) <= Fraction(3, 4) * Fraction(float(np.spacing(float(true))))


@pytest.mark.parametrize(
    ("k", "halvings", "folds"),
    [(8, 3, 0), (12, 2, 4), (512, 2, 14), (513, 3, 0), (1024, 3, 0), (16, 2, 4), (9, 2, 4)],
)
def test_sums_are_halved_two_or_three_times(k: int, halvings: int, folds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 512 terms are halved twice and their parts folded, more are halved three times and added up by NumPy."""
    lengths: list[int] = []
    monkeypatch.setattr(cache_blocks, "halved", lambda x, own=cache_blocks.halved: (lengths.append(len(x)), own(x))[1])
    cache_blocks.summed(np.ones((k, 2)))
    assert len(lengths) == halvings + folds


@pytest.mark.parametrize("k", [8, 32, 513, 1000])
def test_scratch_is_summed_where_it_lies(k: int) -> None:
    """No copy is made of scratch whose layout suits the sum: columns of up to 32 classes, rows of more than 512."""
    room = cache_blocks.scratch(k, 3)
    room[:] = 1.0
    assert cache_blocks.summed(room).tolist() == [k] * 3
    assert (room[0] != 1.0).all()


def test_no_mass_times_infinity_is_nothing() -> None:
    """A NaN becomes 0 where its factor is 0, and there alone."""
    products = np.array([NAN, NAN, 1.0, INF, 0.0])
    cache_blocks.keep_zero(products, np.array([0.0, 1.0, 0.0, 0.0, 2.0]))
    assert products[[0, 2, 3, 4]].tolist() == [0.0, 1.0, INF, 0.0]
    assert math.isnan(products[1])


def test_a_difference_comes_with_its_error() -> None:
    """High and low part add up to the true difference; where that is no number the low part is 0."""
    rng = np.random.default_rng(1)
    a, b = (rng.normal(0, 1, 500) * 10.0 ** rng.uniform(-20, 20, 500) for _ in range(2))
    high, low = cache_blocks.difference(a, b)
    assert (low != 0).any()
    for one, other, top, rest in zip(a.tolist(), b.tolist(), high.tolist(), low.tolist(), strict=True):
        assert Fraction(top) + Fraction(rest) == Fraction(one) - Fraction(other)
        assert top == one - other
    with np.errstate(all="ignore"):
        high, low = cache_blocks.difference(np.array([INF, -INF, 1.7e308, -INF]), np.array([1.0, 1.0, -1.7e308, -INF]))
    assert (high[:3].tolist(), low.tolist()) == ([INF, -INF, INF], [0.0] * 4)


def test_labels_are_checked_at_both_ends() -> None:
    """From 0 to k − 1, of any integer type; no labels for no rows, whatever their type."""
    for kind in (np.int8, np.uint64, np.intp):
        assert cache_blocks.labels(np.array([0, 2], kind), 2, 3).tolist() == [0, 2]
    assert cache_blocks.labels([], 0, 3).tolist() == []
    indices = np.array([0, 2], np.intp)
    assert cache_blocks.labels(indices, 2, 3) is indices
    with pytest.raises(ValueError, match="labels run from 0 to 3, expected 0 to 2"):
        cache_blocks.labels([0, 3], 2, 3)
    with pytest.raises(ValueError, match="labels run from -1 to 2, expected 0 to 2"):
        cache_blocks.labels([2, -1], 2, 3)
    with pytest.raises(ValueError, match="labels have type bool, expected integers"):
        cache_blocks.labels([True], 1, 2)


def test_shapes_are_checked() -> None:
    """Two axes, two classes or more; one axis; equal lengths; floats of at most eight bytes."""
    assert cache_blocks.matrix("x", np.zeros((0, 2))).shape == (0, 2)
    for shape in ((2,), (2, 1), (2, 0), (2, 2, 2)):
        with pytest.raises(ValueError, match="with 2 classes or more"):
            cache_blocks.matrix("x", np.zeros(shape))
    for shape in ((), (2, 1)):
        with pytest.raises(ValueError, match="dimensions, expected 1"):
            cache_blocks.vector("x", np.zeros(shape))
    for kind in (np.float16, np.float32, np.float64):
        assert cache_blocks.vector("x", np.zeros(2, kind)).dtype == kind
    cache_blocks.same_length(np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match="the two columns have 2 and 3 rows"):
        cache_blocks.same_length(np.zeros(2), np.zeros(3))
