"""Exact moments against rational arithmetic, their laws, and the means and variances rounded from them."""

from __future__ import annotations

from fractions import Fraction
from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.statistics.exact.oracles import (
    DATA,
    NAMES,
    Floats,
    finite,
    fractions,
    grouped,
    is_nearest,
    is_nearest_root,
    total,
)
from xent_cli.statistics.exact import moments as statistics_exact_moments
from xent_cli.statistics.exact.moments import Moments, group_moments
from xent_cli.statistics.exact.sums import (
    exact_moments,
)

losses_and_weights = st.lists(st.tuples(finite, finite), max_size=40)


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


@pytest.mark.parametrize("name", NAMES)
def test_moments_are_the_rational_sums(name: str) -> None:
    """Sum and sum of squares are exact together, even where the squares lie outside the range of a double."""
    x = DATA[name]
    assert exact_moments(x) == (total(fractions(x)), total((value**2 for value in fractions(x)), 2))


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


def test_only_odd_rows_cost_copies() -> None:
    """Weights and losses are copied where a row of them is to be set to 0, and stay as they are themselves."""
    w, x = np.array([0.5, 2.0, 1e-200]), np.array([0.25, 3.0, 1e-200])
    (same, too, _, _), odd = statistics_exact_moments._expanded(w[:2], x[:2])
    assert (same.base is w, too.base is x, odd) == (True, True, [])
    (copy, other, _, _), odd = statistics_exact_moments._expanded(w, x)
    assert (copy.tolist(), other.tolist(), odd) == ([0.5, 2.0, 0.0], [0.25, 3.0, 0.0], [2])
    assert (w[2], x[2]) == (1e-200, 1e-200)
