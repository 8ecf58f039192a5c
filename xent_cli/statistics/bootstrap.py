"""The bootstrap of a mean loss in one pass: each replicate counts every row a random number of times.

The counts are a function of a key of the row (its number, or a hash of its cluster), the replicate and the seed alone,
and the sums of the replicates are exact integers (see `exact.sums`). So replicates of two parts of a data set add up to
those of the whole, whatever the parts: the interval does not depend on blocks, threads or files.
"""

from __future__ import annotations

from math import copysign, inf, isnan, nan
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from xent_cli.contract.frozen import record, struct
from xent_cli.statistics.exact.bit_slices import WIDE, Cut, padded, parts_of, shifted, taken_out, two_product, units_of
from xent_cli.statistics.exact.sums import UNIT, ratio, root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Keys: TypeAlias = NDArray[np.uint64]
    Counts: TypeAlias = NDArray[np.float64]

_ROWS = 1 << 12  # rows that are cut at a time: 2**12 counts of up to 5 keep the sums of 39-bit slices within 2**53
_DRAWS = 1 << 16  # counts that are held at a time
_FEW = 24  # rows that cost less as Python integers than another round does
_ROUNDING = 2.0**-24  # of a mean: a smaller standard error is that of rounded squares
_LARGEST = 2.0**1000
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_TABLE: Counts = np.repeat(np.arange(6.0), (94, 95, 46, 16, 4, 1))
"""The count that a random byte stands for: Poisson(1) in 256ths, with mean and variance exactly 1."""


@struct
class Replicates:
    """The sums of each bootstrap replicate. A monoid: `Replicates()` is the identity of `+`.

    With c the random count of a row: `rows` Σ c, `products` Σ c·wℓ in units of 2**-2148, `weights` Σ c·w in units of
    2**-1074 (empty where all weights are 1). `squares` Σ c·(wℓ)², `crossed` Σ c·w²ℓ and `weight_squares` Σ c·w², of
    terms that are rounded once, in units of 2**-1074 (the last two empty where all weights are 1).
    """

    rows: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    weights: tuple[int, ...] = ()
    squares: tuple[int, ...] = ()
    crossed: tuple[int, ...] = ()
    weight_squares: tuple[int, ...] = ()

    @classmethod
    def of(cls, keys: Keys, losses: Floats, weights: Floats | None, replicates: int, seed: int) -> Replicates:
        """The replicates of some rows: their keys, finite losses and finite weights, all of shape (n,)."""
        whole = cls()
        for part in parts_of(len(losses), _ROWS):
            weight = None if weights is None else weights[part]
            whole += _part(_Draws.of(keys[part], replicates, seed), losses[part], weight)
        return whole

    def __add__(self, other: Replicates) -> Replicates:
        """The replicates of both parts together."""
        if not (self.rows and other.rows):
            return self if self.rows else other
        return Replicates(
            _added(self.rows, other.rows),
            _added(self.products, other.products),
            _added(self.weights, other.weights),
            _added(self.squares, other.squares),
            _added(self.crossed, other.crossed),
            _added(self.weight_squares, other.weight_squares),
        )

    def deviations(self, mean: float, *, by_count: bool = False) -> Floats:
        """How many of its own standard errors each replicate's mean is above this one, but of those without a mean.

        The standard errors are those of `intervals.standard_error`. One of 0 makes the deviation infinite, or 0 where
        the means agree to rounding; NaN where a replicate drew a single row.
        """
        plain = by_count or not self.weights
        found = []
        for at, (n, product) in enumerate(zip(self.rows, self.products, strict=True)):
            whole = n << UNIT if plain else self.weights[at]
            if not whole:
                continue
            own = ratio(product, whole, -UNIT)
            if plain:
                spread = n * (self.squares[at] << 3 * UNIT) - product**2
                se = root(max(spread, 0), n * n * (n - 1), -4 * UNIT)
            else:
                spread = (  # Σ c·w²(ℓ − own)², times (Σ c·w)²
                    (self.squares[at] << 3 * UNIT) * whole**2 - 2 * product * (self.crossed[at] << 2 * UNIT) * whole
                    + product**2 * (self.weight_squares[at] << UNIT)
                )  # fmt: skip
                se = root(n * max(spread, 0), (n - 1) * whole**4, -2 * UNIT)
            found.append(_standardised(own - mean, se, own))
        return np.array(found)


def _standardised(difference: float, se: float, mean: float) -> float:
    """A difference in standard errors; what rounding makes of a difference of 0 is one."""
    if se > _ROUNDING * abs(mean):
        return difference / se
    if isnan(se):
        return nan
    return 0.0 if abs(difference) <= _ROUNDING * abs(mean) else copysign(inf, difference)


def row_keys(rows: NDArray[np.int64]) -> Keys:
    """The keys of rows by their numbers in the whole input."""
    return rows.astype(np.uint64)


def cluster_key(name: str) -> int:
    """The key of all rows of a cluster: they are drawn together."""
    from hashlib import blake2b

    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def fewest(level: float) -> int:
    """The fewest replicates that have an order statistic at both ends of an interval of that level."""
    return int(np.ceil(np.round(2 / (1 - level), 9))) - 1


def studentized_interval(mean: float, se: float, deviations: Floats, level: float) -> tuple[float, float]:
    """The bootstrap-t interval: mean − SE·q, q the order statistics of the replicates' deviations at both ends.

    A deviation that is NaN counts as beyond either end: what is not known makes no interval narrower.

    References
    ----------
    B. Efron, The jackknife, the bootstrap and other resampling plans (1982), section 10.10
    P. Hall, Theoretical comparison of bootstrap confidence intervals, Annals of Statistics 16 (1988),
    doi:10.1214/aos/1176350933

    """
    if se == 0.0 or not deviations.size:
        return mean, mean
    tail = (1 - level) / 2
    lowest, highest = (np.sort(np.where(np.isnan(deviations), beyond, deviations)) for beyond in (-np.inf, np.inf))
    return mean - se * _order_statistic(highest, 1 - tail), mean - se * _order_statistic(lowest, tail)


def _order_statistic(ordered: Floats, share: float) -> float:
    """The order statistic (B + 1)·share, between two of them by linear interpolation; the ends where there is none."""
    place = (ordered.size + 1) * share - 1
    below = int(np.floor(place))
    if not 0 <= below < ordered.size - 1:
        return float(ordered[0 if below < 0 else -1])
    part = round(place - below, 9)
    if not part:
        return float(ordered[below])
    return float(ordered[below + 1] if part == 1 else (1 - part) * ordered[below] + part * ordered[below + 1])


@record
class _Draws:
    """The random counts of some rows in all replicates, made a few rows at a time."""

    start: Keys
    replicates: int

    @classmethod
    def of(cls, keys: Keys, replicates: int, seed: int) -> _Draws:
        """The counts of rows with these keys: each key is the start of a generator of its own."""
        # a row's counts depend on its key and the seed alone, so that no chunk, thread or order of files shows
        seeds = np.array([seed], np.uint64)
        return cls(_mixed(keys * _GOLDEN ^ _mixed(seeds + _GOLDEN)), replicates)

    def counts(self, rows: slice | NDArray[np.intp]) -> Counts:
        """The counts of some of the rows, shape (rows, replicates): SplitMix64, a byte a count."""
        steps = np.arange(1, -(-self.replicates // 8) + 1, dtype=np.uint64) * _GOLDEN
        words = _mixed(self.start[rows, None] + steps)
        # each random byte is a count by itself, through the table: eight counts a word, and no rejection
        return np.take(_TABLE, words.astype("<u8", copy=False).view(np.uint8)[:, : self.replicates])

    def weigh(self, parts: Floats) -> Counts:
        """Σ c·x in each replicate for each row x of (s, n), exact for integers the size of slices: (s, replicates)."""
        total = np.zeros((len(parts), self.replicates))
        for some in parts_of(len(self.start), max(1, _DRAWS // self.replicates)):
            total += parts[:, some] @ self.counts(some)
        return total


def _mixed(x: Keys) -> Keys:
    """Each word scrambled: the finaliser of SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195)."""
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return np.asarray(x ^ (x >> np.uint64(31)))


def _part(draws: _Draws, losses: Floats, weights: Floats | None) -> Replicates:
    """The replicates of up to _ROWS rows."""
    if weights is None:
        rows, totals = _sums(draws, (losses, _bounded(losses, losses)))
        return Replicates(rows, tuple(total << UNIT for total in totals[0]), squares=totals[1])
    # w·ℓ has up to 106 bits: as the sum of two doubles it can be cut into slices like any other vector
    high, low, odd = two_product(weights, losses)
    weighted = _bounded(weights, losses)
    seconds = _bounded(weighted, weighted), _bounded(weighted, weights), _bounded(weights, weights)
    rows, totals = _sums(draws, (high, low, weights, *seconds))
    products = _added(totals[0], totals[1], UNIT)
    if odd.size:
        values = [units_of(weights[row]) * units_of(losses[row]) for row in odd.tolist()]
        products = _added(products, _by_integers(draws.counts(odd), values))
    return Replicates(rows, products, *totals[2:])


def _bounded(one: Floats, other: Floats) -> Floats:
    """The products of two vectors, as doubles; beyond their range the largest that can be added up."""
    with np.errstate(over="ignore", under="ignore"):
        return np.minimum(one * other, _LARGEST)


def _sums(draws: _Draws, vectors: Sequence[Floats]) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Σ c, and Σ c·x for each vector x (units of 2**-1074), of all replicates."""
    n = len(vectors[0])
    buffers = np.empty((len(vectors), WIDE.most + 1, padded(n)))
    cuts = [Cut.of(x, WIDE, buffer) for x, buffer in zip(vectors, buffers, strict=True)]
    over = [taken_out([cut]) for cut in cuts]
    # one matrix product gives Σ c and all Σ c·x: the counts, which take most of the time, are made once
    found = draws.weigh(np.concatenate([np.ones((1, n)), *(cut.parts[:, :n] for cut in cuts)]))
    place, totals = 1, []
    for x, cut, left in zip(vectors, cuts, over, strict=True):
        sums = found[place : place + len(cut.parts)]
        totals.append(_with_slices(_rest(draws, x, left), cut, sums))
        place += len(cut.parts)
    return tuple(found[0].astype(np.int64).tolist()), totals


def _rest(draws: _Draws, x: Floats, left: NDArray[np.intp]) -> tuple[int, ...]:
    """Σ c·x of the rows that the slices of x do not hold: they go round again, the last few as integers."""
    totals: tuple[int, ...] = (0,) * draws.replicates
    while left.size:
        cut = Cut.of(x[left], WIDE, np.empty((WIDE.most + 1, padded(left.size))))
        over = left[taken_out([cut])]
        if left.size - over.size > _FEW:
            some = _Draws(draws.start[left], draws.replicates)
            totals, left = _with_slices(totals, cut, some.weigh(cut.parts[:, : left.size])), over
        else:  # a few rows tower above the others
            order = left[np.argsort(-np.abs(x[left]), kind="stable")]
            few, left = order[:_FEW], order[_FEW:]
            totals = _added(totals, _by_integers(draws.counts(few), [units_of(value) for value in x[few].tolist()]))
    return totals


def _with_slices(totals: tuple[int, ...], cut: Cut, sums: Floats) -> tuple[int, ...]:
    """Totals with the sums of the slices of a vector added."""
    for unit, found in zip(cut.units(), sums, strict=True):
        whole = np.ldexp(found, -unit).astype(np.int64).tolist()
        totals = tuple(t + shifted(s, unit + cut.scale + UNIT) for t, s in zip(totals, whole, strict=True))
    return totals


def _by_integers(counts: Counts, values: Sequence[int]) -> tuple[int, ...]:
    """Σ c·x of each replicate with Python integers."""
    each = counts.astype(np.int64).T.tolist()
    return tuple(sum(c * value for c, value in zip(column, values, strict=True)) for column in each)


def _added(one: Sequence[int], other: Sequence[int], shift: int = 0) -> tuple[int, ...]:
    """Two rows of numbers added place by place, the sum times 2**shift."""
    return tuple((a + b) << shift for a, b in zip(one, other, strict=True))
