"""The rows of several models, paired by position or by key.

By position all files are read in lockstep, a chunk of each at a time. By key the baseline is held in memory, and the
candidates stream against its index. Either way every file is read to its end, so that all problems are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.comparisons.models import Place, Rows
from xent_cli.contract.errors import Location, Problem
from xent_cli.contract.frozen import record
from xent_cli.contract.text import grouped
from xent_cli.readers.joins.keys import KeyFault, KeyIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from xent_cli.comparisons.agreement import Agreement
    from xent_cli.comparisons.models import Model
    from xent_cli.engine.pool import Pool

    Floats = NDArray[np.float64]

HELD_SLICE = 1 << 18
"""How many rows of the baseline in memory are handed on at a time."""

NEVER = np.zeros(0, dtype=np.int64)


@record
class Aligned:
    """The same samples in every file: the rows of the baseline, and the losses of the candidates."""

    base: Rows
    losses: tuple[Floats, ...]


def in_step(models: Sequence[Model], agreements: Sequence[Agreement], pool: Pool) -> Iterator[Aligned]:
    """The rows of all models by position, as far as all of them go; then every file is read to its end."""
    queues = [_Queue(model.rows(pool)) for model in models]
    while size := min([queue.ready() for queue in queues]):
        base, *others = (queue.take(size) for queue in queues)
        for agreement, rows in zip(agreements, others, strict=True):
            agreement.check(base, rows)
        yield Aligned(base, tuple(rows.loss for rows in others))
    for queue in queues:
        queue.drain()


@dataclass(slots=True)
class _Queue:
    """A stream of rows of which any number can be taken."""

    stream: Iterator[Rows]
    rest: Rows | None = None

    def ready(self) -> int:
        """How many rows can be taken at once, 0 at the end."""
        while self.rest is None or not len(self.rest):
            self.rest = next(self.stream, None)
            if self.rest is None:
                return 0
        return len(self.rest)

    def take(self, size: int) -> Rows:
        """The next rows."""
        assert self.rest is not None
        first, self.rest = self.rest.part(0, size), self.rest.part(size, len(self.rest))
        return first

    def drain(self) -> None:
        """Read to the end."""
        for _ in self.stream:
            pass


def unequal(models: Sequence[Model]) -> Problem | None:
    """The refusal of files of different lengths, which cannot be paired by position."""
    counts = [model.tally.rows.read for model in models]
    if len(set(counts)) == 1:
        return None
    other, count = next((model, n) for model, n in zip(models, counts, strict=True) if n != counts[0])
    message = f"{grouped(counts[0])} rows in {models[0].path}, {grouped(count)} in {other.path}"
    each = (f"{model.path}: {grouped(n)}" for model, n in zip(models, counts, strict=True))
    detail = None if len(models) == 2 else "; ".join(each)
    help = "rows are paired by position: give both files the same samples in the same order, or --on KEY"
    return Problem("rows-differ", message, Location(other.path), detail, help)


class KeyPairing:
    """The rows of all models by key: in the order of the baseline, which is held in memory with its index."""

    def __init__(self, models: Sequence[Model], agreements: Sequence[Agreement]) -> None:
        self._base, *self._others = models
        self._agreements = agreements
        self.problems: list[Problem] = []

    def aligned(self, pool: Pool) -> Iterator[Aligned]:
        """The rows of the baseline with the losses of the others; where keys are at fault, `problems` says so."""
        held = _together([*self._base.rows(pool)], self._base.path)
        index = None if held is None else self._index(held)
        columns = [self._losses(held, index, place, pool) for place in range(len(self._others))]
        if held is not None and not self.problems:
            for start in range(0, len(held), HELD_SLICE):
                stop = min(start + HELD_SLICE, len(held))
                yield Aligned(held.part(start, stop), tuple(column[start:stop] for column in columns))

    def _index(self, held: Rows) -> KeyIndex | None:
        """The index of the baseline, None where its keys name no rows."""
        missing = np.flatnonzero(np.asarray(held.keys.is_null()))
        fault = self._fault(self._base.path, held.keys, missing)
        if fault is not None:
            self.problems.append(fault.missing())
            return None
        index = KeyIndex(held.keys)
        fault = self._fault(self._base.path, held.keys, index.repeated())
        if fault is not None:
            self.problems.append(fault.repeated())
            return None
        return index

    def _losses(self, held: Rows | None, index: KeyIndex | None, place: int, pool: Pool) -> Floats:
        """The losses of a candidate in the order of the baseline."""
        model, agreement = self._others[place], self._agreements[place]
        losses = np.full(0 if held is None else len(held), np.nan)
        keys, found = [], []
        for rows in model.rows(pool):
            keys.append(rows.keys)
            if held is None or index is None:
                continue
            positions = index.positions(rows.keys)
            found.append(positions)
            known = np.flatnonzero(positions >= 0)
            losses[positions[known]] = rows.loss[known]
            agreement.check(held.gathered(positions), rows)
        if index is not None and held is not None:
            self._check(held, pa.chunked_array(keys, pa.string()), np.concatenate([NEVER, *found]), model.path)
        return losses

    def _check(self, held: Rows, keys: Any, positions: NDArray[np.int64], path: str) -> None:
        """Note the keys of a candidate that are missing, repeated, or in one of the files alone."""
        null = np.asarray(keys.is_null())
        known = np.flatnonzero(positions >= 0)
        first = np.unique(positions[known], return_index=True)[1]
        here = np.ones(len(held), dtype=bool)
        here[positions[known]] = False
        base, help = self._base.path, "give both files the same samples"
        faults = [
            (self._fault(path, keys, np.flatnonzero(null)), KeyFault.missing),
            (self._fault(path, keys, np.delete(known, first)), KeyFault.repeated),
            (self._fault(path, keys, np.flatnonzero((positions < 0) & ~null)), lambda it: it.unmatched(base, help)),
            (self._fault(base, held.keys, np.flatnonzero(here)), lambda it: it.unmatched(path, help)),
        ]
        self.problems += [problem_of(fault) for fault, problem_of in faults if fault is not None]

    def _fault(self, path: str, keys: Any, rows: NDArray[np.int64]) -> KeyFault | None:
        """Rows whose keys are at fault."""
        return KeyFault.of(path, self._base.data.keys, keys, rows)


def _together(parts: Sequence[Rows], path: str) -> Rows | None:
    """Rows as one; None where there are none."""
    if not parts:
        return None
    first = parts[0]
    return Rows(
        loss=np.concatenate([rows.loss for rows in parts]),
        labels=np.concatenate([rows.labels for rows in parts]),
        weight=None if first.weight is None else np.concatenate([_weights(rows) for rows in parts]),
        clusters=None if first.clusters is None else np.concatenate([_clusters(rows) for rows in parts]),
        keys=pa.chunked_array([rows.keys for rows in parts], pa.string()),
        ids=None if first.ids is None else pa.chunked_array([rows.ids for rows in parts], pa.string()),
        place=Place(path, 0),
    )


def _weights(rows: Rows) -> Floats:
    """The weights of rows that have some."""
    assert rows.weight is not None
    return rows.weight


def _clusters(rows: Rows) -> NDArray[np.int64]:
    """The clusters of rows that have some."""
    assert rows.clusters is not None
    return rows.clusters
