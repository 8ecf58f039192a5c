"""Rows by group (`--by`) and by cluster (`--cluster`): exact sums for each, and the most there may be."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.frozen import record, struct
from xent_cli.contract.text import grouped
from xent_cli.scoring.tally.monoids import AdditiveDict
from xent_cli.statistics.exact.moments import Moments, group_moments
from xent_cli.statistics.exact.powers import Powers, group_powers
from xent_cli.statistics.exact.sums import UNIT, exact_group_counts, exact_group_sums

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from xent_cli.columns import Plan
    from xent_cli.scoring.keyed import Key, Keyed, Marks
    from xent_cli.scoring.scored_rows import ScoredRows

    Floats = NDArray[np.float64]
    Sums = tuple[int, int, int]


MOST_GROUPS = 10_000
MOST_CLUSTERS = 1_000_000


@struct
class Slice:
    """The rows of one group. A monoid.

    `rows`, `total`, `squares` (n, Σ ℓ, Σ ℓ²) hold the finite losses where rows have no weights, `weighted` where they
    have, and `powers` both; `infinite` counts rows of infinite loss, `infinite_weighted` those that have a weight.
    """

    rows: int = 0
    total: int = 0
    squares: int = 0
    weighted: Moments = field(default_factory=Moments)
    powers: Powers = field(default_factory=Powers)
    infinite: int = 0
    infinite_weighted: int = 0
    infinite_weight: int = 0

    def __add__(self, other: Slice) -> Slice:
        """The rows of both."""
        return Slice(
            self.rows + other.rows,
            self.total + other.total,
            self.squares + other.squares,
            self.weighted + other.weighted if self.weighted.n and other.weighted.n else self._either(other),
            self.powers + other.powers,
            self.infinite + other.infinite,
            self.infinite_weighted + other.infinite_weighted,
            self.infinite_weight + other.infinite_weight,
        )

    def _either(self, other: Slice) -> Moments:
        """The weighted moments of the one that has any."""
        return self.weighted if self.weighted.n else other.weighted

    def moments(self) -> Moments:
        """The moments of the finite losses."""
        return self.weighted if self.weighted.n else Moments.plain(self.rows, self.total, self.squares)

    @property
    def scored(self) -> int:
        """How many rows there are."""
        return self.rows + self.weighted.n + self.infinite


@record
class Clusters:
    """Rows, Σ wℓ and Σ w of each cluster over its finite losses. A monoid.

    Where rows have no weights the sums are Σ ℓ in units of 2**-1074 and 0. `runs` are tables of ever smaller size
    that are merged when they have come to the same one, so that adding block after block costs no copies of the whole.
    """

    runs: tuple[Mapping[Key, Sums], ...] = ()

    def __add__(self, later: Clusters) -> Clusters:
        """The clusters of both."""
        runs = [*self.runs, *later.runs]
        while len(runs) > 1 and len(runs[-2]) <= 2 * len(runs[-1]):
            last = runs.pop()
            runs[-1] = _merged(runs[-1], last)
        return Clusters(tuple(runs))

    def table(self) -> Mapping[Key, Sums]:
        """Every cluster once."""
        table: Mapping[Key, Sums] = {}
        for run in self.runs:
            table = _merged(table, run)
        return table

    def __eq__(self, other: object) -> bool:
        """Whether the clusters are the same, however they lie in runs."""
        return isinstance(other, Clusters) and self.table() == other.table()

    __hash__ = None  # type: ignore[assignment]  # mutable tables are not hashable

    @property
    def largest(self) -> Collection[Key]:
        """Clusters that are surely different."""
        return max(self.runs, key=len, default={})


def _merged(one: Mapping[Key, Sums], other: Mapping[Key, Sums]) -> dict[Key, Sums]:
    """Two tables of clusters as one."""
    both = dict(one)
    for key, (rows, total, weight) in other.items():
        known = both.get(key)
        both[key] = (rows, total, weight) if known is None else (known[0] + rows, known[1] + total, known[2] + weight)
    return both


def by_group(scored: ScoredRows, finite: Marks | None) -> AdditiveDict[Key, Slice]:
    """The rows of one block by group, where slices are asked for; `finite` marks finite losses (None: all are)."""
    if scored.groups is None:
        return AdditiveDict()
    # a group all of whose rows are skipped is a group nevertheless
    return AdditiveDict(
        {key: Slice() for key in scored.skipped_groups} | slices(scored.groups, scored.loss, scored.weight, finite)
    )


def slices(keyed: Keyed, loss: Floats, weight: Floats | None, finite: Marks | None) -> dict[Key, Slice]:
    """The scored rows by group."""
    held = keyed if finite is None else keyed.only(finite)
    kept = loss if finite is None else loss[finite]
    if weight is not None:
        heavy = weight if finite is None else weight[finite]
        powers = group_powers(held.codes, kept, heavy)
        found = group_moments(held.codes, kept, heavy)
        table = {keyed.keys[code]: Slice(weighted=moments, powers=powers[code]) for code, moments in found.items()}
    else:
        counts = exact_group_counts(held.codes)
        totals = exact_group_sums(held.codes, kept)
        squares = exact_group_sums(held.codes, kept, kept)
        powers = group_powers(held.codes, kept)
        table = {
            keyed.keys[code]: Slice(n, totals[code], squares[code], powers=powers[code]) for code, n in counts.items()
        }
    if finite is not None:
        for key, part in _infinite(keyed.only(~finite), None if weight is None else weight[~finite]).items():
            table[key] = table[key] + part if key in table else part
    return table


def _infinite(keyed: Keyed, weight: Floats | None) -> dict[Key, Slice]:
    """The rows of infinite loss by group."""
    counts = exact_group_counts(keyed.codes)
    if weight is None:
        return {
            keyed.keys[code]: Slice(infinite=n, infinite_weighted=n, infinite_weight=n << UNIT)
            for code, n in counts.items()
        }
    heavy = exact_group_counts(keyed.codes[weight > 0.0])
    sums = exact_group_sums(keyed.codes, weight)
    return {
        keyed.keys[code]: Slice(infinite=n, infinite_weighted=heavy.get(code, 0), infinite_weight=sums[code])
        for code, n in counts.items()
    }


def by_cluster(scored: ScoredRows, finite: Marks | None) -> Clusters:
    """The rows of one block by cluster, where clusters are asked for; `finite` marks finite losses (None: all are)."""
    if scored.clusters is None:
        return Clusters()
    return clusters(scored.clusters, scored.loss, scored.weight, finite)


def clusters(keyed: Keyed, loss: Floats, weight: Floats | None, finite: Marks | None) -> Clusters:
    """Scored rows by cluster."""
    if finite is not None:
        keyed, loss, weight = keyed.only(finite), loss[finite], None if weight is None else weight[finite]
    codes = keyed.codes
    counts = exact_group_counts(codes)
    if weight is None:
        totals, weights = exact_group_sums(codes, loss), {}
    else:
        totals, weights = exact_group_sums(codes, weight, loss), exact_group_sums(codes, weight)
    return Clusters(({keyed.keys[code]: (n, totals[code], weights.get(code, 0)) for code, n in counts.items()},))


def check_block(keyed: Keyed | None, plan: Plan, path: str) -> None:
    """Refuse a block of more groups than are kept apart, before any work is spent on them."""
    if keyed is not None and len(keyed.keys) > MOST_GROUPS:
        check_groups(keyed.used(), plan, path)


def check_groups(keys: Collection[Key], plan: Plan, path: str) -> None:
    """Refuse more groups than are kept apart."""
    if len(keys) > MOST_GROUPS:
        column, different = _widest(keys, plan.by)
        raise DataError(
            Problem(
                "too-many-groups",
                f"--by makes more than {grouped(MOST_GROUPS)} groups",
                Location(path, columns=(column,)),
                f"column {column} alone has at least {grouped(different)} different values",
                "--by takes columns of few different values: leave this one out, or write a coarser one first",
            )
        )


def check_clusters(keys: Collection[Key], plan: Plan, path: str) -> None:
    """Refuse more clusters than are kept apart."""
    if len(keys) > MOST_CLUSTERS:
        assert plan.cluster is not None
        what = "clusters in groups" if plan.by else "clusters"
        raise DataError(
            Problem(
                "too-many-clusters",
                f"--cluster makes more than {grouped(MOST_CLUSTERS)} {what}",
                Location(path, columns=(plan.cluster,)),
                help="with this many clusters nearly every row is one of its own: leave --cluster out",
            )
        )


def _widest(keys: Collection[Key], columns: Sequence[str]) -> tuple[str, int]:
    """The column of most different values, and how many that are."""
    counts = [len({key[place] for key in keys}) for place in range(len(columns))]
    place = counts.index(max(counts))
    return columns[place], counts[place]
