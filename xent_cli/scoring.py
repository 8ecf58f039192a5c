"""The stream: files → chunks → scored rows → tally. Memory does not grow with the number of rows.

Chunks are decoded and scored by a small pool of threads and merged in file order by the calling thread, which alone
knows how many rows came before; nothing that is merged depends on how the input was cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from xent_cli import rules
from xent_cli.errors import DataError, Location, Problem, UsageError
from xent_cli.options import SMALLEST_TABLE, WORST, Options
from xent_cli.readers.interface import Request
from xent_cli.results import Input, SampleColumns
from xent_cli.rows import score_block
from xent_cli.schema import Plan, Stated, infer
from xent_cli.scheme import Scheme
from xent_cli.scored import sample_columns
from xent_cli.tally import Tally, Wanted
from xent_cli.text import grouped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xent_cli.readers.interface import Chunk, TableFile

Opener = Callable[[], "TableFile"]
T = TypeVar("T")
R = TypeVar("R")


class SampleWriter(Protocol):
    """Where per-sample rows go while they are scored."""

    def write(self, columns: SampleColumns) -> None:
        """Take the scored rows of one block."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to score and how. `writer` is opened once the columns are known; `progress` hears rows read so far."""

    openers: Sequence[Opener]
    stated: Stated
    options: Options
    writer: Callable[[Scheme], SampleWriter] | None = None
    progress: Callable[[int], None] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole input as a tally, with what the columns were taken for."""

    scheme: Scheme
    tally: Tally
    inputs: tuple[Input, ...]


def run(job: Job) -> Outcome:
    """Read and score the whole input. Bad rows are counted, not judged: see `reporting.judge`."""
    weight = job.options.conventions.class_weight
    if weight != "balanced":
        return _Stream(job, weight).outcome()
    # the weights need the size of each class first, so the input is read twice
    counted = _Stream(Job(job.openers, job.stated, job.options), None).outcome()
    return _Stream(job, balanced(counted)).outcome()


def balanced(outcome: Outcome) -> dict[str, float]:
    """Class weights n / (k·n_c), by which every class weighs the same (scikit-learn's definition)."""
    if outcome.tally.soft:
        message = "--class-weight balanced counts the rows of each class, and these targets are shared by several"
        raise UsageError(Problem("option", message, help="state the weights: --class-weight A=X,B=Y"))
    names, parts = outcome.scheme.class_names, outcome.tally.classes
    present = {names[c]: part.rows for c, part in parts.items()}
    n = sum(present.values())
    return {name: n / (len(names) * rows) for name, rows in present.items()}


@dataclass(slots=True)
class _Piece:
    """What a worker made of a chunk."""

    tally: Tally
    columns: SampleColumns | None


class _Stream:
    """One pass over the files of a job."""

    def __init__(self, job: Job, class_weight: Mapping[str, float] | None) -> None:
        self.job = job
        self.class_weight = class_weight
        self.scheme: Scheme | None = None
        self.first_path = ""
        self.plan: Plan | None = None
        self.tally = Tally.empty()
        self.writer: SampleWriter | None = None
        samples, sort = job.options.samples, job.options.sort
        self.wanted = Wanted(SMALLEST_TABLE, WORST)
        if samples == "all":
            self.wanted = Wanted(None, 0)
        elif samples is not None:
            self.wanted = Wanted(samples if sort == "file" else SMALLEST_TABLE, samples)

    def outcome(self) -> Outcome:
        """Read every file to its end."""
        threads = self.job.options.threads or 2
        with Pool(threads) as pool:
            inputs = tuple(self._file(opener, pool) for opener in self.job.openers)
        if self.scheme is None:
            assert self.plan is not None
            self.scheme = Scheme.of(self.plan, self.job.options, 0, self.class_weight)
        return Outcome(self.scheme, self.tally.trimmed(self.wanted), inputs)

    def _file(self, opener: Opener, pool: Pool) -> Input:
        """Read one file, behind the ones before it."""
        with opener() as file:
            if self.plan is None:
                self.plan, self.first_path = plan_of(file, self.job.stated), file.path
            same_columns(self.plan, file, self.first_path)
            before = self.tally.read
            for piece in pool.map(lambda chunk: self._piece(chunk, file.path), file.chunks(request(self.plan))):
                self._merge(piece, before)
            return Input(file.path, file.format, self.tally.read - before, file.bytes)

    def _piece(self, chunk: Chunk, path: str) -> _Piece:
        """Decode and score one chunk (in any thread)."""
        block = chunk.decode()
        width = 0 if block.matrix is None else block.matrix.shape[1]
        if self.scheme is None:  # the first chunk is always scored alone
            assert self.plan is not None
            self.scheme = Scheme.of(self.plan, self.job.options, width, self.class_weight)
            check_classes(self.scheme, path, width)
        check_width(self.scheme, path, width, block.rows)
        scored = score_block(block, self.scheme, path)
        enough = self.wanted.first is not None and len(self.tally.first) >= self.wanted.first
        wanted = Wanted(0, self.wanted.worst) if enough else self.wanted
        columns = None if self.job.writer is None else sample_columns(scored, self.scheme, 0)
        return _Piece(Tally.of(scored, self.scheme, wanted, self._floor()), columns)

    def _floor(self) -> float:
        """A loss that a row has to reach to be among the worst: what is known so far can only be too low."""
        worst = self.tally.worst
        return min((sample.loss for sample in worst), default=0.0) if len(worst) >= self.wanted.worst else float("-inf")

    def _merge(self, piece: _Piece, rows_before_file: int) -> None:
        """Put a scored chunk behind the ones before it."""
        before = self.tally.read
        if (
            self.job.writer is not None
            and piece.columns is not None
            and (self.job.options.bad_rows.skip or not self.tally.breaches)
        ):
            assert self.scheme is not None
            self.writer = self.writer or self.job.writer(self.scheme)
            self.writer.write(piece.columns.shifted(before))
        self.tally = (self.tally + piece.tally.shifted(before, before - rows_before_file + 1)).trimmed(self.wanted)
        if self.job.progress is not None:
            self.job.progress(self.tally.read)


class Pool:
    """Threads that work on a bounded number of chunks at once and hand the results back in order.

    The first item is worked on in the calling thread, alone: what it settles (the number of classes) the others read,
    and a small file never pays for threads.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.started = False
        self._executor: object | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        from concurrent.futures import ThreadPoolExecutor

        if isinstance(self._executor, ThreadPoolExecutor):
            self._executor.shutdown(wait=True, cancel_futures=True)

    def map(self, work: Callable[[T], R], items: Iterator[T]) -> Iterator[R]:
        """The results of `work` on each item, in order."""
        if not self.started:
            for item in items:
                self.started = True
                yield work(item)
                break
        if self.threads == 1:
            yield from map(work, items)
            return
        yield from self._ahead(work, items)

    def _ahead(self, work: Callable[[T], R], items: Iterator[T]) -> Iterator[R]:
        """Results in order, with a few items more under way."""
        waiting: deque = deque()  # type: ignore[type-arg]  # of Future[R], whose module costs a start-up import
        for item in items:
            if self._executor is None:
                from concurrent.futures import ThreadPoolExecutor

                self._executor = ThreadPoolExecutor(self.threads, thread_name_prefix="xent")
            waiting.append(self._executor.submit(work, item))  # type: ignore[attr-defined]  # see above
            if len(waiting) > 2 * self.threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def plan_of(file: TableFile, stated: Stated) -> Plan:
    """What the columns of a file are."""
    return infer(file.names, file.types, stated, file.path)


def request(plan: Plan) -> Request:
    """The columns that a plan needs, by the way they are read."""
    return Request(
        coded=plan.labels
        if plan.kind == "binary"
        else (plan.label,)
        if plan.label is not None and plan.kind == "sparse"
        else (),
        numbers=() if plan.weight is None else (plan.weight,),
        matrix=plan.predictions,
        matrix_list=plan.predictions_list,
        width=len(plan.classes) if plan.predictions_list and plan.classes is not None else None,
        targets=plan.targets if plan.kind == "categorical" else (),
        targets_list=plan.targets_list,
        text=() if plan.id is None else (plan.id,),
    )


def same_columns(plan: Plan, file: TableFile, first: str) -> None:
    """Refuse a later file that lacks a column of the first."""
    needed = plan.roles()
    missing = [name for name in needed if name not in file.names]
    if missing:
        message = f"column {missing[0]} of {first} is not in {file.path}"
        raise DataError(
            Problem(
                "schema-mismatch",
                message,
                Location(file.path),
                f"its columns are {', '.join(file.names[:20])}",
                "several files are one data set: give them the same columns, or score them one by one",
            )
        )


def check_classes(scheme: Scheme, path: str, width: int) -> None:
    """Refuse vectors that do not have one entry for each class."""
    if scheme.plan.kind == "binary":
        return
    if width == 1:
        raise DataError(
            Problem(
                "one-class",
                f"predictions {scheme.plan.predictions[0]} have one entry, so one class",
                Location(path),
                help="for one probability a row, use xent binary",
            )
        )
    if width and width != len(scheme.classes):
        raise DataError(
            Problem(
                "class-count",
                f"--classes names {len(scheme.classes)} classes, the lists have {width} entries",
                Location(path),
                help="name one class for each entry, in order",
            )
        )


def check_width(scheme: Scheme, path: str, width: int, rows: int) -> None:
    """Refuse a later file whose vectors have another length."""
    if rows and scheme.plan.kind != "binary" and width != len(scheme.classes):
        message = f"lists have {width} entries, those before have {len(scheme.classes)}"
        raise DataError(
            Problem(
                "schema-mismatch",
                message,
                Location(path),
                help="several files are one data set: give them the same classes",
            )
        )


def bad_rows(tally: Tally, options: Options) -> tuple[Problem, ...]:
    """Every broken rule of the input as a problem."""
    return rules.problems(tally.breaches, tally.read, options.bad_rows.sum_tolerance)


def no_rows(outcome: Outcome) -> Problem | None:
    """The problem of an input that has no row to score."""
    tally = outcome.tally
    if tally.scored:
        return None
    path = outcome.inputs[0].path if outcome.inputs else ""
    if not tally.read:
        return Problem(
            "no-rows",
            "there are no rows to score",
            Location(path),
            "the file has a header and no data" if len(outcome.inputs) == 1 else None,
            "check the step that wrote it",
        )
    left = f"{grouped(tally.read)} read, {grouped(tally.ignored)} ignored, {grouped(tally.skipped)} skipped"
    return Problem("no-rows", "no row is left to score", Location(path), left, "check --ignore-label and --on-bad-row")
