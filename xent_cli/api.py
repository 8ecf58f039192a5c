"""The Python interface, and the one path that the command line takes as well: inputs → stream → judgement → report."""

from __future__ import annotations

import contextlib
import csv
from dataclasses import replace
from numbers import Real
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal

from xent_cli import readers, reporting, scoring, stores
from xent_cli._values import struct
from xent_cli._version import __version__
from xent_cli.errors import DataError, Problem, UsageError, XentError
from xent_cli.options import UNITS, BadRows, Conventions, Options, parse_class_weight, parse_max_skipped
from xent_cli.part_files import file_notices
from xent_cli.results import ColumnView, Fault, Input, Inspection, Notice, RowCounts
from xent_cli.schema import Stated
from xent_cli.scored import gradient_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import BinaryIO, Protocol

    from xent_cli.readers.interface import TableFile
    from xent_cli.results import Report
    from xent_cli.scheme import Scheme
    from xent_cli.scoring import Outcome

    class HasStdin(Protocol):
        """Whoever can hand over standard input."""

        @property
        def stdin(self) -> BinaryIO:
            """Standard input, as bytes."""


@struct
class Inputs:
    """Files in the order of the data, and how to read them; `labels` is another file in which the labels stand."""

    targets: tuple[readers.Target, ...]
    format: str | None = None
    delimiter: str | None = None
    process: Any = None
    labels: readers.Target | None = None
    keys: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, paths: Sequence[str], format: str | None = None, delimiter: str | None = None, process: Any = None
    ) -> Inputs:
        """Everything that paths, globs, directories, addresses and - name."""
        return cls(readers.expand(paths), format, delimiter, process)

    def with_labels(self, path: str | None, on: str | None) -> Inputs:
        """The same files with the labels of another one: paired by the columns `on`, else by position."""
        if path is None:
            if on is not None:
                message = "--on names the key of --labels, and there are none"
                raise UsageError(Problem("option", message, help="add --labels FILE"))
            return self
        found = readers.expand((path,))
        if len(found) != 1:
            raise UsageError(Problem("option", f"--labels {path} is {len(found):,} files", help="name one file"))
        if found[0].kind == "stdin" and any(target.kind == "stdin" for target in self.targets):
            message = "standard input (-) is named for the predictions and for the labels"
            raise UsageError(Problem("stdin-twice", message, help="save one of them to a file first"))
        return replace(self, labels=found[0], keys=() if on is None else keys_of(on))

    def files(self) -> tuple[str, ...]:
        """Everything that is read by the one name that it has: paths, addresses of objects, - for standard input."""
        return tuple(
            stores.canonical(target.filesystem, target.address) if target.kind == "remote" else target.address
            for target in self._all()
        )

    def repeatable(self) -> bool:
        """Whether the input can be read twice: pipes cannot."""
        from pathlib import Path

        return all(target.kind == "remote" or Path(target.address).is_file() for target in self._all())

    def openers(self) -> tuple[scoring.Opener, ...]:
        """One opener a file of predictions."""
        openers = tuple(self._opener(target) for target in self.targets)
        return openers if self.labels is None else joined(openers, self._opener(self.labels), self.keys)

    def words(self, read: Sequence[Input]) -> list[str]:
        """The files that were read as the words of a command."""
        paths = [file.path for file in read]
        if self.labels is None:
            return paths
        return [*paths[:-1], "--labels", paths[-1], *(["--on", join_names(self.keys)] if self.keys else [])]

    def _all(self) -> tuple[readers.Target, ...]:
        """Everything that is read."""
        return self.targets if self.labels is None else (*self.targets, self.labels)

    def _opener(self, target: readers.Target) -> scoring.Opener:
        """What opens one file."""
        standard = target.kind == "stdin"

        def opener() -> TableFile:
            return readers.open_file(
                target, format=self.format, delimiter=self.delimiter, stdin=self.process.stdin if standard else None
            )

        return opener


def joined(
    openers: tuple[scoring.Opener, ...], labels: scoring.Opener, keys: tuple[str, ...]
) -> tuple[scoring.Opener, ...]:
    """Files of predictions with the labels of another file beside them."""
    from xent_cli.readers.joined import Join

    return Join(labels, keys, len(openers)).openers(openers)


def scored(
    inputs: Inputs | tuple[scoring.Opener, ...],
    stated: Stated,
    options: Options,
    writer: Callable[[Scheme], scoring.SampleWriter] | None = None,
    progress: Callable[[int], None] | None = None,
    processes: int = 1,
) -> Report:
    """Read, score and judge an input; `processes` as in `scoring.Job`."""
    openers = inputs.openers() if isinstance(inputs, Inputs) else inputs
    if options.conventions.class_weight == "balanced" and isinstance(inputs, Inputs) and not inputs.repeatable():
        raise UsageError(
            Problem(
                "option",
                "--class-weight balanced reads the input twice, and a pipe or standard input can be read once",
                help="save it to a file first, or state the weights",
            )
        )
    outcome = scoring.run(scoring.Job(openers, stated, options, writer, progress, processes))
    reporting.judge(outcome, options)
    return reporting.report(outcome, options)


def inspected(
    inputs: Inputs, stated: Stated, options: Options, progress: Callable[[int], None] | None = None
) -> Inspection:
    """Everything about an input short of its score."""
    watch = _Watch(progress)
    openers = tuple(watch.opener(opener) for opener in inputs.openers())
    try:
        outcome = scoring.run(scoring.Job(openers, stated, options, None, watch.hear))
    except DataError as error:
        if not watch.files:
            raise
        return _failed(watch, error.problems)
    problems = list(scoring.bad_rows(outcome.tally, options))
    report = None
    try:
        reporting.judge(outcome, options)
        report = reporting.report(outcome, options) if outcome.tally.scored and not problems else None
    except DataError as error:
        # without skipping, bad rows are the end of it: that they leave no row is no second problem
        lost = bool(problems) and not outcome.tally.ignored
        problems = [problem for problem in error.problems if not (lost and problem.rule == "no-rows")]
    plan = outcome.scheme.plan
    tally = outcome.tally
    return Inspection(
        schema="xent.inspect/1",
        xent=__version__,
        scorable=not problems,
        command=command_line(outcome.scheme, stated, inputs.words(outcome.inputs)),
        inputs=outcome.inputs,
        header=_header(watch.files[0], plan.roles()),
        columns=reporting.columns(outcome.scheme),
        rows=RowCounts(
            tally.read,
            tally.scored,
            tally.ignored,
            tally.skipped,
            bad={rule: breach.count for rule, breach in sorted(tally.breaches.items())},
        ),
        problems=tuple(_fault(problem) for problem in problems),
        notices=report.notices if report is not None else _notices(outcome, options),
    )


def _notices(outcome: Outcome, options: Options) -> tuple[Notice, ...]:
    """What there is to say of an input that has no number."""
    return (*file_notices(outcome.inputs, outcome.remarks), *reporting.row_notices(outcome, options))


class _Watch:
    """Hears which files were opened and how many rows each one gave, also of a run that breaks off."""

    def __init__(self, progress: Callable[[int], None] | None) -> None:
        self.files: list[TableFile] = []
        self.rows = 0
        self._before: list[int] = []
        self._progress = progress

    def opener(self, opener: scoring.Opener) -> scoring.Opener:
        """An opener whose files are remembered."""

        def opened() -> TableFile:
            file = opener()
            self.files.append(file)
            self._before.append(self.rows)
            return file

        return opened

    def hear(self, rows: int) -> None:
        """Hear how many rows were read so far."""
        self.rows = rows
        if self._progress is not None:
            self._progress(rows)

    def inputs(self) -> tuple[Input, ...]:
        """What was read of each file."""
        bounds = zip(self._before, [*self._before[1:], self.rows], strict=True)
        rows = [after - before for before, after in bounds]
        return tuple(Input(file.path, file.format, n, file.bytes) for file, n in zip(self.files, rows, strict=True))


def _failed(watch: _Watch, problems: Sequence[Problem]) -> Inspection:
    """The inspection of a file whose columns could not be told, or that broke off."""
    return Inspection(
        "xent.inspect/1", __version__, scorable=False, command=None, inputs=watch.inputs(),
        header=_header(watch.files[0], {}), columns=None, rows=None,
        problems=tuple(_fault(problem) for problem in problems),
    )  # fmt: skip


def _header(file: TableFile, roles: Mapping[str, str]) -> tuple[ColumnView, ...]:
    """The columns of a file with their roles."""
    return tuple(
        ColumnView(name, kind.text, roles.get(name)) for name, kind in zip(file.names, file.types, strict=True)
    )


def _fault(problem: Problem) -> Fault:
    """A problem as `inspect` lists it."""
    from xent_cli.renderers.problems import location_text

    where = None if problem.where is None else location_text(problem.where)
    return Fault(problem.rule, problem.count, problem.message, where, problem.rows, problem.help, problem.detail)


def command_line(scheme: Scheme, stated: Stated, files: Sequence[str]) -> str:
    """The command that states everything that was worked out."""
    import shlex

    plan = scheme.plan
    words = ["xent", plan.kind, *files]
    if plan.kind == "categorical":
        words += ["--targets", join_names(plan.targets)]
    elif plan.multilabel:
        words += ["--targets", join_names(plan.labels)]
    elif plan.label is not None:
        words += ["--label", join_names((plan.label,))]
    words += ["--preds", join_names(plan.predictions), "--from", plan.space]
    if plan.positive is not None and plan.positive_stated:
        words += ["--positive", plan.positive]
    if stated.classes is not None:
        words += ["--classes", join_names(stated.classes)]
    for flag, column in (("--weight", plan.weight), ("--id", plan.id)):
        words += [] if column is None else [flag, join_names((column,))]
    return shlex.join(words)


def join_names(names: Sequence[str]) -> str:
    """Names as one selector."""
    return ",".join(f'"{name}"' if "," in name or '"' in name else name for name in names)


def keys_of(text: str) -> tuple[str, ...]:
    """The columns of --on. None at all would pair by position what was to be paired by a key that a script lost."""
    names = split_names(text, "--on")
    if not names or not all(name.strip() for name in names):
        hint = "names are separated by commas; without --on rows are paired by position"
        raise UsageError(Problem("option", f"--on {text!r} has an empty name", help=hint))
    return names


def split_names(text: str, option: str = "--classes") -> tuple[str, ...]:
    """`a,b,c` as names; a name with a comma is put in double quotes, as in CSV."""
    try:
        return tuple(next(csv.reader([text])))
    except csv.Error:
        hint = 'names are separated by commas; one with a comma or a line break goes in double quotes: "a,b"'
        raise UsageError(Problem("option", f"{option} cannot read {text!r}", help=hint)) from None


def gradient_fields(scheme: Scheme) -> dict[str, Any]:
    """The gradient columns that the per-sample outputs carry."""
    options = scheme.options
    return {
        "gradient_names": gradient_names(scheme) if options.gradient else (),
        "gradient_norm": options.gradient_norm,
    }


@contextlib.contextmanager
def _in_full() -> Iterator[None]:
    """Errors whose text is all that the command would print: file, rows and cure of every problem."""
    try:
        yield
    except XentError as error:
        from xent_cli.renderers.problems import render_problems
        from xent_cli.renderers.view import View

        error.args = (render_problems(error.problems, View()).rstrip("\n"),)
        raise


@_in_full()
def score(
    source: Any,
    *,
    kind: Literal["binary", "categorical", "sparse"] | None = None,
    label: str | None = None,
    targets: str | Sequence[str] | None = None,
    preds: str | Sequence[str] | None = None,
    from_: Literal["probs", "logits", "logprobs"] | None = None,
    classes: Sequence[str] | None = None,
    positive: str | None = None,
    weight: str | None = None,
    id: str | None = None,
    by: str | Sequence[str] | None = None,
    cluster: str | None = None,
    labels: Any = None,
    on: str | Sequence[str] | None = None,
    class_weight: Mapping[str, float] | Literal["balanced"] | None = None,
    pos_weight: float = 1.0,
    label_smoothing: float = 0.0,
    ignore_label: str | int | Sequence[str | int] = (),
    clip: float | None = None,
    normalize: bool = False,
    divide_by: Literal["weight", "count"] = "weight",
    unit: Literal["nats", "bits", "bans"] = "nats",
    confidence: float = 0.95,
    bootstrap: int | None = None,
    seed: int = 0,
    sum_tolerance: float = 0.01,
    on_bad_row: Literal["error", "skip"] = "error",
    max_skipped: int | str | None = None,
    samples: int | Literal["all"] | None = None,
    sort: Literal["worst", "file"] | None = None,
    threads: int | None = None,
) -> Report:
    """Score a file or a table of predictions: the exact mean cross-entropy with everything the command prints.

    Parameters
    ----------
    source : str, path, list of these, pandas.DataFrame, pyarrow.Table, or anything with ``__arrow_c_stream__``
        What to score. Paths may be globs and directories; several files are one data set.
    kind : the command: None works it out, as ``xent score`` does.
    label, targets, preds, from_, classes, positive, weight, id : which column is what, as the flags of the same name;
        selectors may also be lists of column names.
    labels, on : another file or table in which the labels stand, and the key columns that both have (None: the rows are
        in the same order).
    by, cluster : columns whose values make slices (``report.groups``), and one whose values make clusters of rows that
        are no independent samples.
    bootstrap, seed : take the interval from so many bootstrap replicates.
    class_weight, pos_weight, label_smoothing, ignore_label, clip, normalize, divide_by, unit : conventions that change
        the number; all of them are part of ``report.signature``.

    Returns
    -------
    Report
        ``report.loss.mean`` in ``unit``, ``report.loss.ci``, ``report.samples``, …: the JSON contract as dataclasses.

    Raises
    ------
    UsageError
        Wrong arguments.
    DataError
        Data that cannot be scored; ``error.problems`` lists every broken rule with its first rows, ``str(error)``
        is all that the command would print.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"label": [0, 0, 1, 1], "prob": [0.2, 0.4, 0.7, 0.9]})
    >>> score(frame).loss.mean
    0.2990011586691898
    """
    words = {"kind": kind, "from_": from_, "divide_by": divide_by, "unit": unit, "on_bad_row": on_bad_row, "sort": sort}
    for name, word in words.items():
        _check_word(name, word)
    numbers = (pos_weight, label_smoothing, 0.0 if clip is None else clip, confidence, sum_tolerance)
    if not all(isinstance(number, Real) for number in numbers):
        wanted = "pos_weight, label_smoothing, clip, confidence and sum_tolerance"
        raise UsageError(Problem("option", "an argument that takes a number is none", help=f"{wanted} are numbers"))
    conventions = Conventions(
        class_weight=parse_class_weight(class_weight) if isinstance(class_weight, str) else class_weight,
        pos_weight=pos_weight, smoothing=label_smoothing, ignore=_labels(ignore_label),
        clip=clip, normalize=normalize, divide_by=divide_by, unit=unit,
    )  # fmt: skip
    most, share = parse_max_skipped(None if max_skipped is None else str(max_skipped))
    bad_rows = BadRows(on_bad_row == "skip", most, share, sum_tolerance)
    options = Options(conventions, bad_rows, confidence, samples, sort, threads=threads, bootstrap=bootstrap, seed=seed)
    stated = Stated(
        kind=kind, label=label, targets=_selector(targets), preds=_selector(preds), weight=weight, id=id, from_=from_,
        classes=None if classes is None else tuple(classes), positive=positive, by=_selector(by), cluster=cluster,
    )  # fmt: skip
    return scored(_inputs(source, labels, _selector(on)), stated, options)


_WORDS: Mapping[str, tuple[str | None, ...]] = {
    "kind": (None, "binary", "categorical", "sparse"),
    "from_": (None, "probs", "logits", "logprobs"),
    "divide_by": ("weight", "count"),
    "unit": tuple(UNITS),
    "on_bad_row": ("error", "skip"),
    "sort": (None, "worst", "file"),
}


def _check_word(name: str, word: str | None) -> None:
    """Refuse a word that an argument does not know."""
    if word not in _WORDS[name]:
        known = ", ".join(repr(one) for one in _WORDS[name])
        raise UsageError(Problem("option", f"{name} is {word!r}", help=f"{name} takes {known}"))


def _labels(given: object) -> tuple[str, ...]:
    """One label or several, as text."""
    several = given if isinstance(given, (list, tuple, set, frozenset)) else (given,)
    return tuple(str(label) for label in several)


def _selector(names: str | Sequence[str] | None) -> str | None:
    """A selector as the command line takes it."""
    return names if names is None or isinstance(names, str) else join_names(names)


def _inputs(source: Any, labels: Any, on: str | None) -> Inputs | tuple[scoring.Opener, ...]:
    """A source as inputs, with the labels of another one."""
    found = _source(source)
    if isinstance(found, Inputs) and (labels is None or isinstance(labels, (str, PathLike))):
        return found.with_labels(None if labels is None else fspath(labels), on)
    if labels is None and on is None:
        return found
    openers = found.openers() if isinstance(found, Inputs) else found
    beside = _source(labels)
    side = beside.openers() if isinstance(beside, Inputs) else beside
    return joined(openers, side[0], () if on is None else keys_of(on))


def _source(source: Any) -> Inputs | tuple[scoring.Opener, ...]:
    """A source without what stands beside it."""
    if isinstance(source, (str, PathLike)):
        return Inputs.of((fspath(source),))
    if isinstance(source, (list, tuple)) and not source:
        raise UsageError(Problem("no-file", "there is no file in the list", help="name at least one"))
    if isinstance(source, (list, tuple)) and all(isinstance(path, (str, PathLike)) for path in source):
        return Inputs.of(tuple(fspath(path) for path in source))
    from xent_cli.readers.memory import open_table

    return (lambda: open_table(source),)
