"""How rows of predictions find their labels in another file: row by row, or by key.

Row by row both files stream. By key the labels are held in memory with an index, and the predictions stream against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.readers.interface import Block, CellFault
from xent_cli.readers.joins.held import BlockSlice, Held
from xent_cli.readers.joins.keys import SHOWN, KeyFault, KeyIndex, key_parts, key_texts
from xent_cli.readers.refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from xent_cli.readers.interface import Request, TableFile

    Rows = NDArray[np.int64]

NEVER = np.zeros(0, dtype=np.int64)


@dataclass(slots=True)
class _Mismatch:
    """Rows whose id differs between the files: how many, the first ones, and what the first says."""

    count: int = 0
    rows: list[int] = field(default_factory=list)
    path: str = ""
    column: str = ""
    message: str = ""


class ByPosition:
    """The labels of a row are those of the same row."""

    def __init__(self, file: TableFile, request: Request) -> None:
        self._file = file
        self._chunks = file.chunks(request)
        self._queue: list[BlockSlice] = []
        self._rows = 0
        self._taken = 0
        self._seen: list[tuple[str, int]] = []
        self._blank: Block | None = None
        self._differ = _Mismatch()

    def match(self, block: Block, path: str) -> tuple[Held, Rows]:
        """The next rows of the labels."""
        parts, missing = [], block.rows
        while missing and self._fill():
            first = self._queue.pop(0)
            cut = min(len(first), missing)
            parts.append(BlockSlice(first.block, first.start, first.start + cut))
            if cut < len(first):
                self._queue.insert(0, BlockSlice(first.block, first.start + cut, first.stop))
            missing -= cut
        if not parts:
            self._fill()
            parts = [] if self._blank is None else [BlockSlice(self._blank, 0, 0)]
        if not parts:
            raise refuse("no-rows", self._file.path, "there are no labels", help="check the step that wrote it")
        held = replace(Held.of(parts, self._taken), parts=tuple(parts))
        self._compare(block, held, path)
        self._taken += held.rows
        self._seen.append((path, block.rows))
        positions = np.arange(block.rows, dtype=np.int64)
        positions[held.rows :] = -1
        return held, positions

    def unmatched(self, block: Block, positions: Rows) -> CellFault | None:
        """The rows beyond the end of the labels; the refusal comes when all are counted."""
        del block
        rows = np.flatnonzero(positions < 0)
        return CellFault("missing-label", rows, "", ("",) * min(rows.size, SHOWN)) if rows.size else None

    def end(self, path: str) -> None:
        """Do nothing: the labels may go on in the next file."""

    def finish(self) -> int:
        """Refuse files of different lengths, or whose ids differ; the number of labels."""
        while self._fill():
            self._queue.clear()
        rows = sum(count for _, count in self._seen)
        if rows != self._rows:
            raise _other_length(self._seen, rows, self._file.path, self._rows)
        if self._differ.count:
            raise _other_ids(self._differ, rows, self._file.path)
        return self._rows

    def _fill(self) -> bool:
        """Whether there are rows left, which then are in the queue."""
        while not self._queue:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            block = chunk.decode()
            self._blank = self._blank or block
            self._rows += block.rows
            if block.rows:
                self._queue.append(BlockSlice(block, 0, block.rows))
        return True

    def _compare(self, block: Block, held: Held, path: str) -> None:
        """Note the rows whose id differs, where both files have a column of that name."""
        from pyarrow import compute as pc

        before = sum(count for seen, count in self._seen if seen == path)
        for name in (name for name in block.text if name in held.text):
            mine, theirs = block.text[name][: held.rows], held.text[name].combine_chunks()
            if mine.equals(theirs):  # Arrow's compute functions load pandas, which the usual case can do without
                continue
            differ = np.flatnonzero(np.asarray(pc.fill_null(pc.not_equal(mine, theirs), fill_value=False)))
            if differ.size and not self._differ.count:
                row = int(differ[0])
                self._differ.path, self._differ.column = path, name
                self._differ.message = f"{name} is {mine[row].as_py()!r} here, {theirs[row].as_py()!r} in the labels"
            self._differ.count += int(differ.size)
            self._differ.rows += (differ[:SHOWN] + before + 1).tolist()


class ByKey:
    """The labels of a row are those with the same key, wherever they stand; all of them are held in memory."""

    def __init__(self, file: TableFile, request: Request, keys: tuple[str, ...]) -> None:
        self._file = file
        self._keys = keys
        blocks = [chunk.decode() for chunk in file.chunks(request)]
        if not any(block.rows for block in blocks):
            raise refuse("no-rows", file.path, "there are no labels", help="check the step that wrote it")
        parts = [BlockSlice(block, 0, block.rows) for block in blocks]
        self._held = Held.of(parts)
        self._texts = _chunked([key_texts(block, keys) for block in blocks])
        self._check_read(parts)
        self._check(KeyFault.missing, np.flatnonzero(np.asarray(self._texts.is_null())), parts=parts)
        self._index = KeyIndex(self._texts)
        self._check(KeyFault.repeated, self._index.repeated(), parts=parts)
        self._used = np.zeros(self._held.rows, dtype=bool)
        self._repeated: list[Rows] = []
        self._again: list[Rows] = []
        self._rows = 0
        self._path = ""
        self._unmatched: dict[str, KeyFault] = {}

    def match(self, block: Block, path: str) -> tuple[Held, Rows]:
        """The labels by the keys of the predictions."""
        positions = self._index.positions(key_texts(block, self._keys))
        known = np.flatnonzero(positions >= 0)
        first = np.zeros(len(positions), dtype=bool)
        first[known[np.unique(positions[known], return_index=True)[1]]] = True
        again = known[~first[known] | self._used[positions[known]]]
        self._again.append(positions[again])
        self._repeated.append(again + self._rows)
        self._used[positions[known]] = True
        self._note_lost(block, positions, path)
        self._rows += block.rows
        self._path = path
        return self._held, positions

    def _note_lost(self, block: Block, positions: Rows, path: str) -> None:
        """Count the keys without a label, and keep the first few: reported together with labels that are left over."""
        unmatched = np.flatnonzero(positions < 0)
        if not unmatched.size and path not in self._unmatched:
            return
        before = self._unmatched.get(path) or KeyFault(path, self._keys, 0, 0, (), ())
        first = unmatched[: SHOWN - len(before.rows)]
        texts = key_texts(block, self._keys).take(pa.array(first)).to_pylist()
        self._unmatched[path] = replace(
            before,
            total=self._rows + block.rows,
            count=before.count + int(unmatched.size),
            rows=(*before.rows, *(first + self._rows + 1).tolist()),
            keys=(*before.keys, *("" if text is None else text for text in texts)),
        )

    def unmatched(self, block: Block, positions: Rows) -> CellFault | None:
        """The rows whose key the labels do not have, unless the whole row could not be read."""
        unread = [fault.rows for fault in block.faults if fault.column in ("", *self._keys)]
        rows = np.setdiff1d(np.flatnonzero(positions < 0), np.concatenate([NEVER, *unread]))
        if not rows.size:
            return None
        keys = key_texts(block, self._keys).take(pa.array(rows[:SHOWN]))
        shown = tuple("" if key is None else ", ".join(key_parts(key, len(self._keys))) for key in keys.to_pylist())
        return CellFault("unmatched-key", rows, ",".join(self._keys), shown)

    def end(self, path: str) -> None:
        """Refuse keys that the predictions have more than once."""
        self._path = path
        rows, positions = np.concatenate([NEVER, *self._repeated]), np.concatenate([NEVER, *self._again])
        if rows.size:
            texts = self._texts.take(pa.array(positions[:SHOWN])).to_pylist()
            numbers = tuple((rows[:SHOWN] + 1).tolist())
            raise DataError(KeyFault(path, self._keys, self._rows, int(rows.size), numbers, tuple(texts)).repeated())
        self._rows = 0

    def finish(self) -> int:
        """Refuse labels without a prediction; the number of labels."""
        hint = f"predict every row of {self._file.path}, or take those rows out of it"
        unmatched = (
            fault.unmatched(self._file.path, "--labels has to hold every key") for fault in self._unmatched.values()
        )
        self._check(lambda fault: fault.unmatched(self._path, hint), np.flatnonzero(~self._used), unmatched)
        return self._held.rows

    def _check_read(self, parts: Sequence[BlockSlice]) -> None:
        """Refuse rows of the labels whose line or key could not be read: they are not rows without a key."""
        for fault in self._held.faults:
            if fault.column in ("", *self._keys):
                rows = np.sort(fault.rows)
                text = fault.texts.get(int(rows[0]), "") if rows.size else ""
                self._check(partial(KeyFault.unread, rule=fault.rule, text=text), rows, parts=parts)

    def _check(
        self,
        problem_of: Callable[[KeyFault], Problem],
        rows: Rows,
        others: Iterable[Problem] = (),
        parts: Sequence[BlockSlice] = (),
    ) -> None:
        """Refuse rows of the labels whose keys are at fault, with what else is wrong then.

        `parts` are the rows as they were read, where that is known.
        """
        fault = KeyFault.of(self._file.path, self._keys, self._texts, rows)
        if fault is not None:
            line = replace(self._held, parts=tuple(parts)).line(fault.rows[0] - 1)
            raise DataError(problem_of(replace(fault, line=line)), *others)


def _chunked(arrays: Sequence[Any]) -> Any:
    """Arrow strings of several blocks as one column."""
    return pa.chunked_array(arrays, pa.string())


def _other_length(seen: Sequence[tuple[str, int]], rows: int, labels: str, count: int) -> DataError:
    """The refusal of predictions and labels of different lengths."""
    paths = list(dict.fromkeys(path for path, _ in seen))
    what = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    message = f"{rows:,} rows of predictions in {what}, {count:,} labels in {labels}"
    hint = "rows are paired by position: give both files the same samples in the same order, or --on KEY"
    return DataError(Problem("rows-differ", message, Location(labels), help=hint))


def _other_ids(differ: _Mismatch, rows: int, labels: str) -> DataError:
    """The refusal of rows that are paired by position and have different ids."""
    detail = f"{differ.count:,} of {rows:,} rows have a different id than in {labels}; this is the first"
    found = tuple(differ.rows[:SHOWN])
    where = Location(differ.path, found[0])
    hint = f"--on {quote(differ.column)} pairs the rows by this column; by position the files must have the same order"
    return DataError(Problem("id-mismatch", differ.message, where, detail, hint, differ.count, found))
