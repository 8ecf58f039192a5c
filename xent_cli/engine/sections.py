"""Sections of a file, each scored by a pure function that needs nothing but the section: what forked processes run.

Threads run the same function of a block (`tally_rows`); here it is folded over the blocks of a section.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import struct
from xent_cli.engine.data_set import score_rows
from xent_cli.readers.interface import NotDivisibleError, ReadRemarks
from xent_cli.scoring.tally.tally import Tally, append, tally_rows
from xent_cli.statistics.quantiles import Quantiles
from xent_cli.system import heap, processes
from xent_cli.system.memory import restored, share_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xent_cli.readers.interface import Section, TableFile
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.samples import Wanted

SECTIONS = 8
"""Sections per process: many, so that all processes finish at about the same time."""

PLENTY = 8
"""Freed memory is kept only where a process may have this many times what is fetched at once."""


@struct
class Task:
    """What is the same for all sections of a file.

    `floor` is a loss that the worst rows are known to reach. `expected` is how many rows are known to be scored, 0
    where nobody knows before they are read.
    """

    scheme: Scheme
    path: str
    wanted: Wanted
    floor: float = -inf
    expected: int = 0


def tally_section(
    section: Section, task: Task, exact_losses: Callable[[int], int] | None = None
) -> tuple[Tally, ReadRemarks]:
    """The tally of one section by itself, and what was noticed while it was read.

    `exact_losses` maps the losses of the section so far to how many the quantiles may keep: other sections, of which
    this function knows nothing, have some as well.

    Raises
    ------
    NotDivisibleError
        Where a row breaks a rule: only a file that is read from its start knows the line to name.

    """
    tally, wanted = Tally.empty(), task.wanted
    for chunk in section.chunks():
        if exact_losses is not None:
            wanted = replace(wanted, losses=exact_losses(tally.quantiles.n))
        part = tally_rows(score_rows(chunk.decode(), task.scheme, task.path), task.scheme, wanted, tally, task.floor)
        if part.breaches:
            raise NotDivisibleError
        tally = append(tally, part, wanted)
    return replace(tally, classes=tally.classes.settled()), section.remarks()


class _Worker:
    """What a process carries from one section to the next: its quantiles, which are sent once, and its worst losses."""

    def __init__(self, task: Task, counters: processes.Counters) -> None:
        self._task = task
        self._counters = counters
        self._quantiles = Quantiles.empty()

    def section(self, item: tuple[int, Section]) -> tuple[Tally, ReadRemarks]:
        """The tally of a numbered section, but for its quantiles."""
        number, section = item
        tally, remarks = tally_section(section, self._task, lambda n: self._exact_losses(number, n))
        self._counters[number] = tally.quantiles.n
        # up to 8 MB of losses: sent once at the end instead of with every section
        self._quantiles += tally.quantiles
        # a row that does not reach the worst of an earlier section is none of the worst of all
        self._task = replace(self._task, floor=tally.samples.floor(self._task.wanted, self._task.floor))
        return replace(tally, quantiles=Quantiles.empty()), remarks

    def rest(self) -> tuple[Tally, ReadRemarks]:
        """The quantiles of all sections that this process has worked on."""
        return replace(Tally.empty(), quantiles=self._quantiles), ReadRemarks()

    def _exact_losses(self, number: int, n: int) -> int:
        """How many losses to keep: none once all processes together have too many for exact quantiles."""
        self._counters[number] = n
        wanted = self._task.wanted
        if wanted.losses and max(self._task.expected, self._counters.total()) > wanted.losses:
            self._task = replace(self._task, wanted=replace(wanted, losses=0))
        return self._task.wanted.losses


def tally_sections(
    sections: Sequence[Section], file: TableFile, task: Task, workers: int, progress: Callable[[int], None]
) -> Tally | None:
    """The tally of all sections, worked on in forked processes; None where one of them has a bad row.

    `progress` is called with the number of further rows.
    """
    tally, quantiles, remarks = Tally.empty(), Tally.empty(), list[ReadRemarks]()
    early: dict[int, Tally] = {}  # results that arrived before those of earlier sections
    place = 0
    workers = min(workers, len(sections))
    with restored(), processes.Counters(len(sections)) as counters:
        worker = _Worker(task, counters)
        for result in processes.divided(
            worker.section, tuple(enumerate(sections)), workers, lambda: _begin(workers), worker.rest
        ):
            if result is None:
                return None
            number, (part, noticed) = result
            if number == processes.LAST:
                quantiles += part
                continue
            remarks.append(noticed)
            progress(part.rows.read)
            # sections finish in any order and are merged in that of the file, as row numbers and samples need
            early[number] = part
            while place in early:
                tally = append(tally, early.pop(place), task.wanted)
                place += 1
    for each in remarks:
        file.absorb(each)
    return tally + quantiles


def _begin(workers: int) -> None:
    """What each of the processes does first: keep memory that is freed, where there is plenty."""
    share = share_memory(workers)
    if share is None or share > PLENTY * heap.ROOM:
        heap.keep()
