"""The Python interface, and the one path that the command line takes as well: inputs → stream → refusals → report."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from numbers import Real
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal

from xent_cli.api.inputs import Inputs, joined
from xent_cli.columns import Stated
from xent_cli.columns.selectors import join_names, keys_of
from xent_cli.contract.errors import Problem, UsageError, XentError
from xent_cli.engine import blocks, stream
from xent_cli.reports import refusals
from xent_cli.reports.report import report_of
from xent_cli.scoring.options import UNITS, BadRows, Conventions, Options, parse_class_weight, parse_max_skipped
from xent_cli.scoring.scored_rows import gradient_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xent_cli.contract.report import Report
    from xent_cli.scoring.scheme import Scheme

    Name = str | int
    Names = Name | Iterable[Name]


def scored(
    inputs: Inputs | tuple[blocks.Opener, ...],
    stated: Stated,
    options: Options,
    writer: Callable[[Scheme], stream.SampleWriter] | None = None,
    progress: Callable[[int], None] | None = None,
    processes: int = 1,
) -> Report:
    """Read and score an input, or refuse it; `processes` as in `scoring.Job`."""
    openers = inputs.openers() if isinstance(inputs, Inputs) else inputs
    if options.conventions.class_weight == "balanced" and isinstance(inputs, Inputs) and not inputs.repeatable():
        raise UsageError(
            Problem(
                "option",
                "--class-weight balanced reads the input twice, and a pipe or standard input can be read once",
                help="save it to a file first, or state the weights",
            )
        )
    outcome = stream.run(stream.Job(openers, stated, options, writer, progress, processes))
    refusals.refuse_unscorable(outcome, options)
    return report_of(outcome, options)


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
    label: Name | None = None,
    targets: Names | None = None,
    preds: Names | None = None,
    from_: Literal["probs", "logits", "logprobs"] | None = None,
    classes: Sequence[str] | None = None,
    positive: str | None = None,
    weight: Name | None = None,
    id: Name | None = None,
    by: Names | None = None,
    cluster: Name | None = None,
    labels: Any = None,
    on: Names | None = None,
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
        selectors may also be lists of column names, which may be numbers.
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
        kind=kind,
        label=_selector(label),
        targets=_selector(targets),
        preds=_selector(preds),
        weight=_selector(weight),
        id=_selector(id),
        by=_selector(by),
        cluster=_selector(cluster),
        from_=from_,
        classes=None if classes is None else tuple(map(str, classes)),
        positive=None if positive is None else str(positive),
    )
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


def _selector(names: Names | None) -> str | None:
    """A selector as the command line takes it: a text as it is, other names by their text."""
    if names is None or isinstance(names, str):
        return names
    return join_names(names if isinstance(names, Iterable) else (names,))


def _inputs(source: Any, labels: Any, on: str | None) -> Inputs | tuple[blocks.Opener, ...]:
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


def _source(source: Any) -> Inputs | tuple[blocks.Opener, ...]:
    """A source without what stands beside it."""
    if isinstance(source, (str, PathLike)):
        return Inputs.of((fspath(source),))
    if isinstance(source, (list, tuple)) and not source:
        raise UsageError(Problem("no-file", "there is no file in the list", help="name at least one"))
    if isinstance(source, (list, tuple)) and all(isinstance(path, (str, PathLike)) for path in source):
        return Inputs.of(tuple(fspath(path) for path in source))
    from xent_cli.readers.arrow.in_memory import open_table

    return (lambda: open_table(source),)
