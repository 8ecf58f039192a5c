"""Mergeable quantiles: exact and those of NumPy up to a limit, within their bound beyond, always of the multiset."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import copysign, inf, isnan, nan
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xent_cli.statistics import quantiles
from xent_cli.statistics.quantiles import EXACT_ROWS, Histogram, Quantiles

Floats: TypeAlias = NDArray[np.float64]

QS = (0.0, 1e-9, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0)
LIMIT = 100  # of exact rows in most tests of the other regime
RELATIVE = 2.0**-10
SUBNORMAL = 2.0**-1032

rng = np.random.default_rng(90)
normal = rng.normal(size=3000)
DATA: dict[str, Floats] = {
    "exponential": rng.exponential(size=3000),
    "softplus": np.logaddexp(0, 5 * normal),
    "half zeros": np.maximum(normal, 0.0),
    "one value": np.full(3000, 0.1),
    "two values": np.where(normal > 0, 0.1, 2.0),
    "zeros": np.zeros(3000),
    "zeros of both signs": np.where(normal > 0, 0.0, -0.0),
    "all magnitudes": 10.0 ** rng.uniform(-320, 308, 3000),
    "subnormals": np.ldexp(rng.integers(0, 2**40, 3000).astype(np.float64), -1074),
    "largest": np.full(3000, 1.7976931348623157e308),
    "edges of bins": np.exp2(rng.integers(-3, 3, 3000)),
}

losses = st.floats(0, allow_nan=False) | st.sampled_from([0.0, inf, 5e-324, 1.0])
samples = st.lists(losses, max_size=12)
probabilities = st.floats(0, 1)


def merged(parts: list[Floats], limit: int = LIMIT) -> Quantiles:
    """Parts merged from left to right."""
    return sum((Quantiles.of(part, limit) for part in parts), Quantiles.empty(limit))


def true_quantile(values: Floats, q: float) -> float:
    """NumPy's quantile; between a number and infinity, and between infinities, it is infinite."""
    ordered, place = np.sort(values), (len(values) - 1) * q
    above = float(ordered[int(np.ceil(place))])
    return above if above in (inf, ordered[int(place)]) else float(np.quantile(values, q))


@pytest.mark.parametrize("parts", [1, 7])
@pytest.mark.parametrize("few", [0, 4096], ids=["counted", "put in order"])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 2999, 3000])
@pytest.mark.parametrize("name", DATA)
def test_exact_quantiles_are_those_of_numpy(
    name: str, n: int, few: int, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the limit every quantile is np.quantile's, to the bit, whether values are counted first or not."""
    monkeypatch.setattr("xent_cli.statistics.quantiles._FEW", few)
    values = DATA[name][:n]
    found = sum((Quantiles.of(part) for part in np.array_split(values, parts)), Quantiles.empty())
    assert found.exact
    assert found.quantiles(QS) == [true_quantile(values, q) for q in QS]


@pytest.mark.parametrize(("n", "whole"), [(4095, True), (4096, True), (4097, False), (8192, False)])
def test_of_many_values_few_are_put_in_order(n: int, whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 4096 values all are put in order, of more those alone that share a bin with a wanted one."""
    sizes: list[int] = []
    own = quantiles._chosen
    monkeypatch.setattr(quantiles, "_chosen", lambda values, ranks: (sizes.append(values.size), own(values, ranks))[1])
    values = np.random.default_rng(3).exponential(size=n)
    assert Quantiles.of(values).quantile(0.5) == np.quantile(values, 0.5)
    assert (sizes[0] == n) is whole
    assert whole or sizes[0] < n / 100


@given(samples.filter(bool), probabilities, st.sampled_from([0, 4096]))
@settings(deadline=None)
def test_exact_quantile_of_any_sample(values: list[float], q: float, few: int) -> None:
    """The same holds for arbitrary losses, infinities included, and arbitrary probabilities."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xent_cli.statistics.quantiles._FEW", few)
        assert Quantiles.of(np.array(values)).quantile(q) == true_quantile(np.array(values), q)


@pytest.mark.parametrize("name", DATA)
def test_beyond_the_limit_quantiles_keep_their_bound(name: str) -> None:
    """From a histogram, a quantile is within 2**-10 of the true one, relatively, and never outside [min, max]."""
    values = DATA[name]
    found = Quantiles.of(values, LIMIT)
    assert not found.exact
    for q in QS:
        true = true_quantile(values, q)
        assert abs(found.quantile(q) - true) <= RELATIVE * true + SUBNORMAL
        assert values.min() <= found.quantile(q) <= values.max()
    assert found.quantiles((0.0, 1.0)) == [values.min(), values.max()]


def test_beyond_the_limit_smooth_distributions_are_close() -> None:
    """Within a bin the rank counts: quantiles of many smooth losses are closer than the bound, four times."""
    values = np.random.default_rng(2).exponential(size=200_000)
    found = Quantiles.of(values, LIMIT).quantiles((0.5, 0.9, 0.99))
    assert np.allclose(found, np.quantile(values, (0.5, 0.9, 0.99)), rtol=RELATIVE / 4, atol=0)


@pytest.mark.parametrize("limit", [EXACT_ROWS, LIMIT])
def test_what_is_known_exactly_stays_exact(limit: int) -> None:
    """In both regimes zeros are 0, infinities are inf, and the first and last quantile are minimum and maximum."""
    values = np.concatenate([np.zeros(300), DATA["exponential"][:300] + 1e-3, np.full(400, inf)])
    found = Quantiles.of(values, limit)
    assert (found.quantile(0.0), found.quantile(0.2), found.quantile(0.7), found.quantile(1.0)) == (0.0, 0.0, inf, inf)
    finite = Quantiles.of(DATA["exponential"], limit)
    assert (finite.quantile(0.0), finite.quantile(1.0)) == (DATA["exponential"].min(), DATA["exponential"].max())


@given(samples, samples, samples, st.sampled_from([4, EXACT_ROWS]))
@settings(max_examples=40, deadline=None)
def test_quantiles_are_a_commutative_monoid(one: list[float], two: list[float], three: list[float], limit: int) -> None:
    """Merging is associative and commutative, has the identity, and is the whole sample, in both regimes."""
    a, b, c = (Quantiles.of(np.array(values, float), limit) for values in (one, two, three))
    whole = Quantiles.of(np.array(one + two + three, float), limit)
    assert (a + b) + c == a + (b + c) == whole == c + b + a
    assert a + Quantiles.empty(limit) == a == Quantiles.empty(limit) + a
    if whole.n:
        assert ((a + b) + c).quantiles(QS) == (a + (b + c)).quantiles(QS) == whole.quantiles(QS)


@pytest.mark.parametrize("limit", [0, 1, 7, 1000, 2999, 3000])
@pytest.mark.parametrize("name", DATA)
def test_any_partition_gives_the_same_quantiles(name: str, limit: int) -> None:
    """However the rows are shuffled and cut, and wherever the limit falls, the quantiles are the same numbers."""
    values = DATA[name]
    expected = Quantiles.of(values, limit).quantiles(QS)
    random = np.random.default_rng(limit)
    for _ in range(3):
        parts = np.split(random.permutation(values), np.sort(random.integers(0, len(values), 9)))
        assert merged(parts, limit).quantiles(QS) == expected
        halves = merged(parts[:5], limit) + merged(parts[5:], limit)
        assert halves.quantiles(QS) == expected
        assert halves.exact == (limit == 3000)


def test_threads_give_the_same_quantiles() -> None:
    """Parts made in several threads merge to the quantiles of the whole."""
    parts = np.array_split(DATA["softplus"], 40)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda part: Quantiles.of(part, LIMIT), parts))
    assert sum(found, Quantiles.empty(LIMIT)) == Quantiles.of(DATA["softplus"], LIMIT)


def test_the_limit_counts_all_rows() -> None:
    """Zeros and infinities are rows too: the histogram takes over with the first row beyond the limit, not before."""
    values = np.array([0.0, 0.3, inf, 0.7])
    assert Quantiles.of(values, 4).exact
    assert Quantiles.of(values, 4).quantile(1 / 3) == 0.3
    beyond = Quantiles.of(values, 4) + Quantiles.of(np.array([inf]), 4)
    assert not beyond.exact
    assert beyond == Quantiles.of(np.append(values, inf), 4)
    assert beyond.quantile(0.25) != 0.3
    strict, loose = Quantiles.of(values, 4), Quantiles.of(values, 9)
    assert (strict + loose).limit == (loose + strict).limit == 4


def test_memory_stays_bounded() -> None:
    """Beyond the limit no more values are kept than the limit, and there are never more bins than patterns."""
    random = np.random.default_rng(1)
    total = Quantiles.empty(1000)
    for _ in range(50):
        total += Quantiles.of(10.0 ** random.uniform(-320, 308, 300), 1000)
        assert sum(part.size for part in total.kept) <= 1000
    assert total.n == 15_000
    assert total.counted.counts.size <= 2**21


def test_more_values_than_the_limit_are_counted_at_once() -> None:
    """Values at the limit are kept, to be exact; one more and none is."""
    values = DATA["exponential"][:1001]
    assert [part.size for part in Quantiles.of(values[:1000], 1000).kept] == [1000]
    assert Quantiles.of(values, 1000).kept == ()


def test_many_tiny_parts_are_joined() -> None:
    """Merging thousands of single rows does not carry thousands of arrays along."""
    values = DATA["exponential"][:1500]
    total = merged([values[row : row + 1] for row in range(1500)], EXACT_ROWS)
    assert len(total.kept) < 300
    assert total == Quantiles.of(values)


def test_the_256th_part_joins_all() -> None:
    """Up to 255 arrays of values are carried along; with one more they become one."""
    values = DATA["exponential"][:256]
    some = merged([values[row : row + 1] for row in range(255)], EXACT_ROWS)
    assert [part.size for part in some.kept] == [1] * 255
    assert [part.size for part in (some + Quantiles.of(values[255:])).kept] == [256]


def test_values_are_counted_in_blocks_of_256_kibibytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part is counted 2**15 values at a time, which stay in the cache; a shorter block comes last."""
    sizes: list[int] = []
    own = quantiles._bins
    monkeypatch.setattr(quantiles, "_bins", lambda values, first: (sizes.append(values.size), own(values, first))[1])
    found = Histogram.of([np.ones(70_000), np.ones(5), np.full(65_536, 2.0)])
    assert [8 * size for size in sizes] == [256 << 10, 256 << 10, 8 * 4464, 40, 256 << 10, 256 << 10]
    assert (found.counts[0], found.counts[-1], found.counts.sum()) == (70_005, 65_536, 135_541)


def test_bins_reach_from_the_smallest_value_to_the_largest() -> None:
    """There is no bin below the smallest value, and none above the largest."""
    assert Histogram.of([np.array([1.0, 1.0]), np.array([1.0])]).counts.tolist() == [3]
    assert Histogram.of([np.array([1.0, 1.0 + 3 * RELATIVE, 1.0 + 4 * RELATIVE])]).counts.tolist() == [1, 0, 0, 1, 1]


@pytest.mark.parametrize("limit", [EXACT_ROWS, 1])
def test_the_largest_finite_value_stands_before_the_infinities(limit: int) -> None:
    """Beside infinities the finite values keep their smallest and their largest, exact in both regimes."""
    found = Quantiles.of(np.array([inf, 0.3, 0.1, 0.2, inf]), limit)
    assert (found.low, found.high, found.infinite) == (0.1, 0.3, 2)
    assert found.quantiles((0.0, 0.5, 0.75, 1.0)) == [0.1, 0.3, inf, inf]
    assert Quantiles.of(np.array([2.0, inf]), limit).quantiles((0.0, 1.0)) == [2.0, inf]


def test_eight_mebibytes_of_values_are_kept() -> None:
    """By default quantiles are exact up to 2**20 rows."""
    assert 8 * EXACT_ROWS == 8 << 20
    assert Quantiles.empty().limit == Quantiles.of(np.ones(1)).limit == EXACT_ROWS


def test_zeros_lose_their_sign() -> None:
    """A loss of −0 is a loss of 0."""
    for limit in (EXACT_ROWS, 0):
        found = Quantiles.of(np.array([-0.0]), limit)
        assert [copysign(1.0, value) for value in (found.low, found.high, found.quantile(0.5))] == [1.0] * 3


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_values_of_a_bin_lie_in_the_middles_of_equal_parts(count: int) -> None:
    """A bin of m values is cut into m parts; each rank is estimated by the middle of its own, across bins too."""
    ones, twos = Histogram.of([np.full(count, 1.0)]), Histogram.of([np.full(count, 2.0)])
    expected = [1.0 + (2 * rank + 1) / (2 * count) * 2.0**-10 for rank in range(count)]
    assert ones.at(range(count)) == pytest.approx(expected, rel=2.0**-52)
    both = ones + twos
    assert both.at(range(2 * count)) == pytest.approx([*expected, *(2 * value for value in expected)], rel=2.0**-52)
    assert both.at([count]) == pytest.approx([2 * expected[0]], rel=2.0**-52)


def test_nothing_adds_no_bins() -> None:
    """The empty histogram is the identity: it does not stretch the range down to the smallest double."""
    some = Histogram.of([np.array([1.0, 2.0])])
    assert some + Histogram() is some
    assert Histogram() + some is some
    assert (Histogram() + Histogram()).counts.size == 0
    assert Histogram.of([]).counts.size == 0


def test_packed_parts_merge_to_the_same() -> None:
    """Parts that are packed hold no values and merge, beyond the limit, to the quantiles of all rows."""
    parts = np.array_split(DATA["exponential"], 40)
    packed = [Quantiles.of(part, LIMIT).packed() for part in parts]
    assert all(part.kept == () for part in packed)
    assert sum(packed, Quantiles.empty(LIMIT)) == Quantiles.of(DATA["exponential"], LIMIT)


def test_samples_that_differ_within_a_bin_are_told_apart() -> None:
    """Up to the limit equality looks at the values, not at their bins, and only where there are as many."""
    one, other = (Quantiles.of(np.array([1.0, middle, 2.0])) for middle in (1.5, np.nextafter(1.5, 2.0)))
    assert one != other
    assert one == Quantiles.of(np.array([2.0, 1.0, 1.5]))


def test_every_probability_is_checked() -> None:
    """One that is none among others that are is refused as well."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        Quantiles.of(np.ones(3)).quantiles((0.5, 1.5))


def test_equality_is_a_truth_value() -> None:
    """Quantiles are equal or not, also to what are none."""
    assert (Quantiles.empty() == 0) is False
    assert (Quantiles.of(np.ones(1)) == Quantiles.of(np.ones(2))) is False


def test_values_are_copied() -> None:
    """A buffer that is used again does not change quantiles made from it."""
    buffer = np.array([1.0, 2.0, 3.0])
    found = Quantiles.of(buffer)
    buffer[:] = 9.0
    assert found.quantile(0.5) == 2.0


def test_no_rows_have_no_quantile() -> None:
    """The quantile of nothing is NaN; of infinities alone it is infinite."""
    assert isnan(Quantiles.empty().quantile(0.5))
    assert isnan(Quantiles.of(np.empty(0)).quantile(0.5))
    assert Quantiles.of(np.full(3, inf)).quantiles((0.0, 0.5)) == [inf, inf]
    assert Quantiles.of(np.full(300, inf), LIMIT).quantiles((0.0, 0.5)) == [inf, inf]


def test_different_samples_are_not_equal() -> None:
    """Equality tells samples apart by their values, their rows and their limit, in both regimes."""
    values = DATA["exponential"][:200]
    for limit in (LIMIT, EXACT_ROWS):
        one = Quantiles.of(values, limit)
        others = [np.append(values[1:], 2 * values[1]), values[1:], np.append(values, inf), np.append(values[1:], 0.0)]
        assert all(one != Quantiles.of(other, limit) for other in others)
    assert Quantiles.of(values) != Quantiles.of(values, LIMIT)
    assert Quantiles.empty() != 0


@pytest.mark.parametrize("bad", [-1e-300, -inf, nan])
def test_values_that_are_no_losses_are_refused(bad: float) -> None:
    """A negative value or a NaN has no place in the order of bit patterns."""
    with pytest.raises(ValueError, match="from 0 on"):
        Quantiles.of(np.array([1.0, bad, inf]))


@pytest.mark.parametrize("q", [-0.1, 1.5, 95, nan])
def test_only_probabilities_ask_for_quantiles(q: float) -> None:
    """A q outside [0, 1] is refused, above all 95 for 0.95."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        Quantiles.of(np.ones(3)).quantile(q)
