"""Quantiles of losses in bounded memory, mergeable, and a function of the multiset of values alone.

Up to `EXACT_ROWS` rows every value is kept and the quantiles are exact. Beyond, values are counted by the leading bits
of their IEEE 754 pattern, whose order is that of the non-negative doubles: each power of two is cut into 1024 bins of
equal width. Counts are additive, so neither order nor chunks nor threads nor merges show in the result.
"""

from __future__ import annotations

from dataclasses import field, replace
from math import floor, inf, nan
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from xent_cli.contract.frozen import record
from xent_cli.statistics import adjustments
from xent_cli.statistics.exact.powers import Powers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from xent_cli.statistics.exact.moments import Moments

    Floats: TypeAlias = NDArray[np.float64]

EXACT_ROWS = 1 << 20
"""Rows up to which quantiles are exact, and values that are kept at most before they are counted (8 MB)."""

_PARTS = 256  # arrays of values that are carried along before they are joined to one
_BLOCK = 1 << 15  # values that are counted at once
_FEW = 1 << 12  # values that are put in order sooner than counted
_EPSILON = 2.0**-20  # of the square of the largest loss: a smaller variance is that of the bins
_SHIFT = 42  # of the 52 bits after the leading one, 10 say the bin


@record
class Histogram:
    """How many values fall into each bin: counts[i] of those whose bits, shifted, are the number first + i."""

    first: int = 0
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, parts: Sequence[Floats]) -> Histogram:
        """The counts of some positive finite values."""
        if not parts:
            return cls()
        first, last = (
            int(np.float64(end).view(np.int64)) >> _SHIFT
            for end in (min(values.min() for values in parts), max(values.max() for values in parts))
        )
        counts = np.zeros(last - first + 1, np.int64)
        for values in parts:
            for start in range(0, values.size, _BLOCK):  # a block at a time stays in the cache
                np.add.at(counts, _bins(values[start : start + _BLOCK], first), 1)
        return cls(first, counts)

    def __add__(self, other: Histogram) -> Histogram:
        """The counts of both together, over the range of both."""
        if not (self.counts.size and other.counts.size):
            return self if self.counts.size else other
        first = min(self.first, other.first)
        counts = np.zeros(max(part.first + part.counts.size for part in (self, other)) - first, np.int64)
        for part in (self, other):
            counts[part.first - first :][: part.counts.size] += part.counts
        return Histogram(first, counts)

    def at(self, ranks: Sequence[int]) -> list[float]:
        """An estimate of the value of each rank, ranks counted from 0 in ascending order of values."""
        upto = np.cumsum(self.counts)
        patterns = []
        for rank, place in zip(ranks, np.searchsorted(upto, ranks, side="right").tolist(), strict=True):
            count = int(self.counts[place])
            inside = rank - int(upto[place]) + count
            # the bits of a double ≥ 0, read as an integer, are in the order of the values: a bin is a range of patterns
            patterns.append((self.first + place << _SHIFT) + ((2 * inside + 1 << _SHIFT) // (2 * count)))
        values: list[float] = np.array(patterns, np.int64).view(np.float64).tolist()
        return values


def _bins(values: Floats, first: int) -> NDArray[np.int64]:
    """The bin of each value, counted from the first bin."""
    bins = values.view(np.int64) >> _SHIFT
    bins -= first
    return bins


@record
class Quantiles:
    """The quantiles of losses: values ≥ 0, infinities included, which sort last.

    A monoid: `Quantiles.empty()` is the identity of `+`, and any partition of the rows, merged in any order, is equal.

    Up to `limit` rows a quantile is that of `np.quantile` (the definition "linear") to the bit. Beyond, it is the same
    interpolation between two values of the sample, each estimated from its bin: the m values of a bin are taken to lie
    in the middles of m equal parts of it, clamped to [min, max]. Zeros, infinities, the smallest and the largest value
    are themselves. The estimate is within 2**-10 of the true quantile, relatively (below 2**-1022: within 2**-1032),
    and of many rows of a smooth distribution several times closer.

    Notes
    -----
    Memory: at most 17 MB of counts (1024 bins for each power of two between the smallest and the largest value, so
    mostly far less), and `limit` values that are kept until there are enough of them to be worth counting.

    Examples
    --------
    >>> both = Quantiles.of(np.array([0.5, 2.0])) + Quantiles.of(np.array([1.0, np.inf]))
    >>> both.quantile(0.25), both.quantile(0.5), both.quantile(1.0), both.exact
    (0.875, 1.5, inf, True)

    """

    limit: int = EXACT_ROWS
    n: int = 0
    zeros: int = 0
    infinite: int = 0
    low: float = inf
    high: float = -inf
    kept: tuple[Floats, ...] = ()
    counted: Histogram = field(default_factory=Histogram)

    @classmethod
    def empty(cls, limit: int = EXACT_ROWS) -> Quantiles:
        """No rows: the identity of `+`."""
        return cls(limit)

    @classmethod
    def of(cls, values: Floats, limit: int = EXACT_ROWS) -> Quantiles:
        """The quantiles of values ≥ 0, float64, shape (n,), which are copied; a negative one or NaN is a ValueError."""
        values = np.asarray(values, np.float64)
        n, low, high = values.size, float(values.min(initial=inf)), float(values.max(initial=-inf))
        if not low >= 0:  # a NaN makes the minimum NaN
            raise ValueError(f"quantiles of losses take values from 0 on, not {low}")
        finite = values
        if high == inf:
            finite = values[values < inf]
            low, high = float(finite.min(initial=inf)), float(finite.max(initial=-inf))
        positive = finite if low > 0 else finite[finite > 0]
        sample = cls(limit, n, finite.size - positive.size, n - finite.size, low + 0.0, high + 0.0)  # no −0.0
        if not positive.size:
            return sample
        # zeros and infinities are counted apart: they have no bin, and many losses are exactly 0
        if positive.size <= limit:
            return replace(sample, kept=(positive.copy(),))
        return replace(sample, counted=Histogram.of((positive,)))

    def __add__(self, other: Quantiles) -> Quantiles:
        """The quantiles of both together; the smaller limit holds."""
        return Quantiles(
            min(self.limit, other.limit),
            self.n + other.n,
            self.zeros + other.zeros,
            self.infinite + other.infinite,
            min(self.low, other.low),
            max(self.high, other.high),
            _joined(self.kept + other.kept),
            self.counted + other.counted,
        )._settled()

    def __eq__(self, other: object) -> bool:
        """Whether both give the same quantiles, now and after the same merges."""
        if not isinstance(other, Quantiles):
            return NotImplemented
        facts = [(own.limit, own.n, own.zeros, own.infinite, own.low, own.high) for own in (self, other)]
        if facts[0] != facts[1]:
            return False
        if self.exact:
            return np.array_equal(np.sort(self._values()), np.sort(other._values()))
        one, two = self._all_counted(), other._all_counted()
        return one.first == two.first and np.array_equal(one.counts, two.counts)

    __hash__ = None  # type: ignore[assignment]  # equal by the arrays it holds

    def packed(self) -> Quantiles:
        """The same in less memory, to be merged with others to more rows than `limit`: its values are counted."""
        return replace(self, kept=(), counted=self._all_counted())

    @property
    def exact(self) -> bool:
        """Whether the quantiles are exact rather than from a histogram."""
        return self.n <= self.limit

    def quantile(self, q: float) -> float:
        """The q-quantile, q in [0, 1]; NaN for no rows."""
        return self.quantiles((q,))[0]

    def quantiles(self, qs: Iterable[float]) -> list[float]:
        """The q-quantile for each q, cheaper together than one by one."""
        qs = tuple(qs)
        if not all(0 <= q <= 1 for q in qs):
            raise ValueError(f"quantiles are asked for by numbers between 0 and 1, not {qs}")
        if not self.n:
            return [nan] * len(qs)
        # the definition of np.quantile ("linear"): between the values of the two neighbouring ranks
        places = [(self.n - 1) * q for q in qs]
        ranks = [rank for place in places for rank in (floor(place), floor(place) + 1)]  # a rank n has no share
        values = self._ordered(ranks)
        return [
            _between(below, above, place - floor(place))
            for below, above, place in zip(values[::2], values[1::2], places, strict=True)
        ]

    def skewness(self, moments: Moments) -> float:
        """The skewness of the finite losses, whose moments are known; past `limit` rows that of the histogram."""
        if self.exact:
            return adjustments.skewness(moments, sum(map(Powers.of, self.kept), Powers()))
        counted = self._all_counted()
        occupied = np.flatnonzero(counted.counts)
        middles = (((occupied + counted.first) * 2 + 1) << _SHIFT - 1).view(np.float64)
        losses, rows = np.append(middles, 0.0), np.append(counted.counts[occupied], self.zeros).astype(np.float64)
        n, largest = rows.sum(), max(self.high, 0.0)
        if not largest > 0.0:
            return nan
        losses /= largest
        from_mean = losses - (rows * losses).sum() / n
        variance, third = ((rows * from_mean**power).sum() / n for power in (2, 3))
        return float(third / variance**1.5) if variance > _EPSILON else nan

    def _ordered(self, ranks: Sequence[int]) -> list[float]:
        """The value (or the estimate of it) of each rank, counted from 0 in ascending order."""
        finite = self.n - self.infinite
        inner = [*{rank - self.zeros for rank in ranks if self.zeros <= rank < finite}]
        if self.exact:
            found = self._kept_at(inner) if inner else []
        else:
            found = [min(max(value, self.low), self.high) for value in self._all_counted().at(inner)]
        known = {rank + self.zeros: value for rank, value in zip(inner, found, strict=True)}
        # the ends are known exactly, though a histogram only estimates what lies in a bin
        known |= {0: self.low, finite - 1: self.high}
        return [inf if rank >= finite else 0.0 if rank < self.zeros else known[rank] for rank in ranks]

    def _kept_at(self, ranks: list[int]) -> list[float]:
        """The value of each rank among those that are kept: the bins show which few have to be sorted."""
        if self.n <= _FEW:
            return _chosen(self._values(), ranks)
        # counting by bin first leaves only the values of a few bins to sort
        counted = Histogram.of(self.kept)
        places = np.searchsorted(np.cumsum(counted.counts), ranks, side="right")
        wanted = np.zeros(counted.counts.size, np.bool_)
        wanted[places] = True
        others = np.cumsum(np.where(wanted, 0, counted.counts))
        near = [values[wanted.take(_bins(values, counted.first))] for values in self.kept]
        return _chosen(np.concatenate(near), (ranks - others[places]).tolist())

    def _values(self) -> Floats:
        """All positive finite values that have not been counted."""
        return np.concatenate((np.empty(0), *self.kept))

    def _all_counted(self) -> Histogram:
        """The counts of all positive finite values."""
        return self.counted + Histogram.of(self.kept)

    def _settled(self) -> Quantiles:
        """The same, its values counted where they are more than may be kept."""
        if sum(values.size for values in self.kept) <= self.limit:
            return self
        return replace(self, kept=(), counted=self._all_counted())


def _chosen(values: Floats, ranks: list[int]) -> list[float]:
    """The value of each rank, ranks counted from 0 in ascending order; `values` are put in another order."""
    values.partition(ranks)
    chosen: list[float] = values[ranks].tolist()
    return chosen


def _joined(kept: tuple[Floats, ...]) -> tuple[Floats, ...]:
    """The same values in few arrays, so that merging tiny parts stays cheap."""
    return kept if len(kept) < _PARTS else (np.concatenate(kept),)


def _between(below: float, above: float, share: float) -> float:
    """Linear interpolation in the arithmetic of NumPy, but that infinity is reached as soon as it has a share."""
    if share == 0 or below == above:
        return below
    if above == inf:
        return inf
    return below + (above - below) * share if share < 0.5 else above - (above - below) * (1 - share)
