"""The Python interface, and the one path that the command line takes as well: inputs → stream → judgement → report."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal

from xent_cli import readers, reporting, scoring
from xent_cli._version import __version__
from xent_cli.errors import DataError, Problem, UsageError, XentError
from xent_cli.options import BadRows, Conventions, Options
from xent_cli.results import ColumnView, Fault, Inspection, RowCounts
from xent_cli.schema import Stated
from xent_cli.scored import gradient_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO, Protocol

    from xent_cli.readers.interface import TableFile
    from xent_cli.results import Report
    from xent_cli.scheme import Scheme

    class HasStdin(Protocol):
        """Whoever can hand over standard input."""

        @property
        def stdin(self) -> BinaryIO:
            """Standard input, as bytes."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Files in the order of the data, and how to read them."""

    targets: tuple[readers.Target, ...]
    format: str | None = None
    delimiter: str | None = None
    process: Any = None

    @classmethod
    def of(
        cls, paths: Sequence[str], format: str | None = None, delimiter: str | None = None, process: Any = None
    ) -> Inputs:
        """Everything that paths, globs, directories, addresses and - name."""
        return cls(readers.expand(paths), format, delimiter, process)

    def files(self) -> tuple[str, ...]:
        """The paths of the files on this machine."""
        return tuple(target.address for target in self.targets if target.kind == "file")

    def repeatable(self) -> bool:
        """Whether the input can be read twice."""
        return all(target.kind != "stdin" for target in self.targets)

    def openers(self) -> tuple[scoring.Opener, ...]:
        """One opener a file."""
        return tuple(self._opener(target) for target in self.targets)

    def _opener(self, target: readers.Target) -> scoring.Opener:
        """What opens one file."""
        standard = target.kind == "stdin"

        def opener() -> TableFile:
            return readers.open_file(
                target, format=self.format, delimiter=self.delimiter, stdin=self.process.stdin if standard else None
            )

        return opener


def scored(
    inputs: Inputs | tuple[scoring.Opener, ...],
    stated: Stated,
    options: Options,
    writer: Callable[[Scheme], scoring.SampleWriter] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Read, score and judge an input."""
    openers = inputs.openers() if isinstance(inputs, Inputs) else inputs
    if options.conventions.class_weight == "balanced" and isinstance(inputs, Inputs) and not inputs.repeatable():
        raise UsageError(
            Problem(
                "option",
                "--class-weight balanced reads the input twice, and standard input can be read once",
                help="save it to a file first, or state the weights",
            )
        )
    outcome = scoring.run(scoring.Job(openers, stated, options, writer, progress))
    reporting.judge(outcome, options)
    return reporting.report(outcome, options)


def inspected(
    inputs: Inputs, stated: Stated, options: Options, progress: Callable[[int], None] | None = None
) -> Inspection:
    """Everything about an input short of its score."""
    openers = inputs.openers()
    seen: list[TableFile] = []

    def watched(opener: scoring.Opener) -> scoring.Opener:
        def opened() -> TableFile:
            file = opener()
            seen.append(file)
            return file

        return opened

    try:
        outcome = scoring.run(
            scoring.Job(tuple(watched(opener) for opener in openers), stated, options, None, progress)
        )
    except XentError as error:
        if not seen:
            raise
        return _failed(seen[0], error.problems)
    problems = list(scoring.bad_rows(outcome.tally, options))
    try:
        reporting.judge(outcome, options)
    except DataError as error:
        problems = [*error.problems]
    report = reporting.report(outcome, options) if outcome.tally.scored and not problems else None
    plan = outcome.scheme.plan
    tally = outcome.tally
    return Inspection(
        schema="xent.inspect/1",
        xent=__version__,
        scorable=not problems,
        command=command_line(outcome.scheme),
        inputs=outcome.inputs,
        header=_header(seen[0], plan.roles()),
        columns=reporting.columns(outcome.scheme),
        rows=RowCounts(
            tally.read,
            tally.scored,
            tally.ignored,
            tally.skipped,
            bad={rule: breach.count for rule, breach in sorted(tally.breaches.items())},
        ),
        problems=tuple(_fault(problem) for problem in problems),
        notices=report.notices if report is not None else (),
    )


def _failed(file: TableFile, problems: Sequence[Problem]) -> Inspection:
    """The inspection of a file whose columns could not be told, or that broke off."""
    return Inspection(
        "xent.inspect/1", __version__, scorable=False, command=None, inputs=(), header=_header(file, {}),
        columns=None, rows=None,
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
    return Fault(problem.rule, problem.count, problem.message, where, problem.rows, problem.help)


def command_line(scheme: Scheme) -> str:
    """The command that states everything that was worked out."""
    plan = scheme.plan
    words = ["xent", plan.kind]
    if plan.kind == "categorical":
        words += ["--targets", join_names(plan.targets)]
    elif plan.multilabel:
        words += ["--targets", join_names(plan.labels)]
    elif plan.label is not None:
        words += ["--label", join_names((plan.label,))]
    words += ["--preds", join_names(plan.predictions), "--from", plan.space]
    if plan.positive is not None and plan.positive_stated:
        words += ["--positive", plan.positive]
    import shlex

    return shlex.join(words)


def join_names(names: Sequence[str]) -> str:
    """Names as one selector."""
    return ",".join(f'"{name}"' if "," in name or '"' in name else name for name in names)


def split_names(text: str) -> tuple[str, ...]:
    """`a,b,c` as names; a name with a comma is put in double quotes, as in CSV."""
    try:
        return tuple(next(csv.reader([text])))
    except csv.Error:
        hint = 'names are separated by commas; one with a comma or a line break goes in double quotes: "a,b"'
        raise UsageError(Problem("option", f"--classes cannot read {text!r}", help=hint)) from None


def gradient_fields(scheme: Scheme) -> dict[str, Any]:
    """The gradient columns that the per-sample outputs carry."""
    options = scheme.options
    return {
        "gradient_names": gradient_names(scheme) if options.gradient else (),
        "gradient_norm": options.gradient_norm,
    }


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
    class_weight: Mapping[str, float] | Literal["balanced"] | None = None,
    pos_weight: float = 1.0,
    label_smoothing: float = 0.0,
    ignore_label: str | Sequence[str] = (),
    clip: float | None = None,
    normalize: bool = False,
    divide_by: Literal["weight", "count"] = "weight",
    unit: Literal["nats", "bits", "bans"] = "nats",
    confidence: float = 0.95,
    sum_tolerance: float = 0.01,
    on_bad_row: Literal["error", "skip"] = "error",
    samples: int | Literal["all"] | None = None,
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
        Data that cannot be scored; ``error.problems`` lists every broken rule with its first rows.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"label": [0, 0, 1, 1], "prob": [0.2, 0.4, 0.7, 0.9]})
    >>> score(frame).loss.mean
    0.2990011586691898
    """
    conventions = Conventions(
        class_weight=class_weight, pos_weight=pos_weight, smoothing=label_smoothing,
        ignore=(ignore_label,) if isinstance(ignore_label, str) else tuple(ignore_label),
        clip=clip, normalize=normalize, divide_by=divide_by, unit=unit,
    )  # fmt: skip
    options = Options(
        conventions, BadRows(on_bad_row == "skip", sum_tolerance=sum_tolerance), confidence, samples, threads=threads
    )
    stated = Stated(
        kind=kind, label=label, targets=_selector(targets), preds=_selector(preds), weight=weight, id=id, from_=from_,
        classes=None if classes is None else tuple(classes), positive=positive,
    )  # fmt: skip
    return scored(_inputs(source), stated, options)


def _selector(names: str | Sequence[str] | None) -> str | None:
    """A selector as the command line takes it."""
    return names if names is None or isinstance(names, str) else join_names(names)


def _inputs(source: Any) -> Inputs | tuple[scoring.Opener, ...]:
    """A source as inputs."""
    if isinstance(source, (str, PathLike)):
        return Inputs.of((fspath(source),))
    if isinstance(source, (list, tuple)) and all(isinstance(path, (str, PathLike)) for path in source):
        return Inputs.of(tuple(fspath(path) for path in source))
    return (lambda: readers.open_table(source),)
