"""Comparison of models from Python, and the path that the command line takes as well."""

from __future__ import annotations

from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal

from xent_cli.api.inputs import Inputs
from xent_cli.columns import Stated
from xent_cli.comparisons import contest as comparing
from xent_cli.comparisons.pairs import Contest, Entry
from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.frozen import struct
from xent_cli.readers.arrow.in_memory import open_table
from xent_cli.scoring.options import BadRows, Conventions, Options, Tolerance, parse_tolerance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.contract.comparison import Comparison

__all__ = ["Contest", "Entries", "compare", "compared", "entries"]


@struct
class Entries:
    """The models of a comparison, and the paths of their files on this machine."""

    entries: tuple[Entry, ...]
    local: tuple[str, ...]


def entries(
    paths: Sequence[str],
    format: str | None,
    delimiter: str | None,
    process: Any,
    labels: str | None = None,
    on: str | None = None,
) -> Entries:
    """One model for each argument: a file, a directory of part files or a quoted glob, or - for one of them.

    With `labels` the labels of each model are read from that file, found by `on` or row by row.
    """
    if sum(path == "-" for path in paths) > 1:
        message = "standard input (-) is named more than once and can be read only once"
        raise UsageError(Problem("stdin-twice", message, help="save it to a file first"))
    if labels == "-":
        message = "--labels is read once for each model, and standard input can be read only once"
        raise UsageError(Problem("stdin-twice", message, help="save the labels to a file first"))
    inputs = [Inputs.of((path,), format, delimiter, process) for path in paths]
    if labels is not None:
        inputs = [files.with_labels(labels, on) for files in inputs]
    names = ["<stdin>" if path == "-" else path for path in paths]
    return Entries(
        tuple(Entry(name, files.openers()) for name, files in zip(names, inputs, strict=True)),
        tuple(path for files in inputs for path in files.files()),
    )


def compared(contest: Contest) -> Comparison:
    """Compare the models of a contest."""
    base = contest.entries[0].path
    if contest.options.conventions.class_weight == "balanced" and base == "<stdin>":
        message = "--class-weight balanced reads the baseline twice, and standard input can be read once"
        raise UsageError(Problem("option", message, help="save it to a file first, or state the weights"))
    return comparing.run(contest)


def compare(
    baseline: Any,
    *candidates: Any,
    on: str | None = None,
    max_regression: float | str | None = None,
    strict: bool = False,
    kind: Literal["binary", "categorical", "sparse"] | None = None,
    label: str | None = None,
    targets: str | None = None,
    preds: str | None = None,
    from_: Literal["probs", "logits", "logprobs"] | None = None,
    classes: Sequence[str] | None = None,
    positive: str | None = None,
    weight: str | None = None,
    cluster: str | None = None,
    conventions: Conventions | None = None,
    confidence: float = 0.95,
    on_bad_row: Literal["error", "skip"] = "error",
    sum_tolerance: float = 0.01,
    threads: int | None = None,
) -> Comparison:
    """Compare models on the same samples: the paired mean difference, how sure it is, and a verdict.

    Parameters
    ----------
    baseline, candidates : path, pandas.DataFrame, pyarrow.Table, or anything with ``__arrow_c_stream__``
        The predictions of each model.
    on : names of key columns, separated by commas; None pairs the rows by position.
    max_regression : how much worse a candidate may be: a number in the unit, or "1%" of the baseline. Stating it makes
        ``status`` "pass" or "fail". `strict` fails what is not shown to be better or no worse.
    kind, label, targets, preds, from_, classes, positive, weight, cluster : which column is what, as the flags.
    conventions : what changes the number, as `xent_cli.scoring.options.Conventions`.

    Returns
    -------
    Comparison
        ``result.candidates[0].verdict``, ``.difference.mean``, ``.difference.ci``, …: the JSON contract as dataclasses.

    Raises
    ------
    UsageError
        Wrong arguments.
    DataError
        Data that cannot be compared; ``error.problems`` lists why.

    Examples
    --------
    >>> import pandas as pd
    >>> one = pd.DataFrame({"label": [0, 0, 1, 1], "prob": [0.2, 0.4, 0.7, 0.9]})
    >>> result = compare(one, one.assign(prob=[0.4, 0.6, 0.5, 0.8]))
    >>> round(result.candidates[0].difference.mean, 6), result.candidates[0].verdict
    (0.286806, 'worse')
    """
    if not candidates:
        raise UsageError(Problem("usage", "there is no candidate to compare", help="compare(baseline, candidate)"))
    stated = Stated(
        kind=kind, label=label, targets=targets, preds=preds, weight=weight, cluster=cluster, from_=from_,
        classes=None if classes is None else tuple(classes), positive=positive,
    )  # fmt: skip
    options = Options(
        conventions or Conventions(), BadRows(on_bad_row == "skip", sum_tolerance=sum_tolerance), confidence,
        threads=threads,
    )  # fmt: skip
    named = [_entry(source, place) for place, source in enumerate((baseline, *candidates))]
    tolerance = None if max_regression is None else _tolerance(max_regression)
    return compared(Contest(tuple(named), stated, options, on, tolerance, strict))


def _entry(source: Any, place: int) -> Entry:
    """One model, with a name to call it by."""
    if isinstance(source, (str, PathLike)):
        path = fspath(source)
        return Entry(path, Inputs.of((path,)).openers())
    name = "<baseline>" if place == 0 else f"<candidate {place}>"
    return Entry(name, (lambda: open_table(source, name),))


def _tolerance(value: float | str) -> Tolerance | None:
    """A tolerance as a number or as the flag takes it."""
    return parse_tolerance(value if isinstance(value, str) else repr(float(value)))
