"""Scoring from Python, and the one path that the command line takes as well: request → pipeline → report → gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from xent_cli.api.errors_in_full import errors_in_full
from xent_cli.api.requests import ScoreRequest, score_request
from xent_cli.contract.errors import Problem, UsageError
from xent_cli.engine import pipeline
from xent_cli.reports import gates, refusals
from xent_cli.reports.report import report_of
from xent_cli.scoring.scored_rows import gradient_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    from xent_cli.api.requests import Name, Names
    from xent_cli.contract.report import Report
    from xent_cli.scoring.scheme import Scheme


def scored(
    request: ScoreRequest,
    writer: Callable[[Scheme], pipeline.SampleWriter] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Read and score an input, and check the gates of its report."""
    options = request.options
    if options.conventions.class_weight == "balanced" and not request.inputs.repeatable():
        raise UsageError(
            Problem(
                "option",
                "--class-weight balanced reads the input twice, and a pipe or standard input can be read once",
                help="save it to a file first, or give the weights",
            )
        )
    job = pipeline.Job(request.inputs.openers(), request.columns, options, writer, progress, request.processes)
    outcome = pipeline.run(job)
    refusals.refuse_unscorable(outcome, options)
    return gates.apply(report_of(outcome, options), request.thresholds, request.baseline)


def gradient_fields(scheme: Scheme) -> dict[str, Any]:
    """The gradient columns that the per-sample outputs carry."""
    options = scheme.options
    return {
        "gradient_names": gradient_names(scheme) if options.gradient else (),
        "gradient_norm": options.gradient_norm,
    }


@errors_in_full()
def score(
    source: Any,
    *,
    kind: Literal["binary", "categorical", "sparse"] | None = None,
    label: Name | None = None,
    targets: Names | None = None,
    preds: Names | None = None,
    from_: Literal["probs", "logits", "logprobs"] | None = None,
    classes: str | Sequence[str] | None = None,
    positive: str | None = None,
    of: Literal["positive", "label", "decision"] = "positive",
    decision: Name | None = None,
    weight: Name | None = None,
    id: Name | None = None,
    labels: Any = None,
    on: Names | None = None,
    by: Names | None = None,
    cluster: Name | None = None,
    input_format: Literal["csv", "parquet", "arrow"] | None = None,
    delimiter: str | None = None,
    threads: int | None = None,
    max_rows: int | None = None,
    class_weight: Mapping[str, float] | str | None = None,
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
    max_loss: float | None = None,
    max_perplexity: float | None = None,
    min_skill: float | None = None,
    gate_on: Literal["mean", "upper"] = "mean",
    max_group_loss: float | None = None,
    baseline: str | PathLike[str] | None = None,
    max_regression: float | str | None = None,
    strict: bool = False,
    sum_tolerance: float = 0.01,
    on_bad_row: Literal["error", "skip"] = "error",
    max_skipped: int | str | None = None,
    samples: int | Literal["all"] | None = None,
    sort: Literal["worst", "file"] | None = None,
) -> Report:
    """Score a file or a table of predictions: the exact mean cross-entropy with everything the command prints.

    Parameters
    ----------
    source : str, path, list of these, pandas.DataFrame, pyarrow.Table, or anything with ``__arrow_c_stream__``
        What to score. Paths may be globs and directories; several files are one data set.
    kind : the kind of prediction, one of the commands; None infers it, as ``xent score`` does.
    label, targets, preds, from_, classes, positive, weight, id : which column is what, as the flags of the same name;
        selectors may also be lists of column names, which may be numbers.
    of, decision : whose probability a single prediction is: of the positive class, of the label, or of the decision in
        the column `decision`.
    labels, on : another file or table that holds the labels, and the key columns that both have (None: the rows are
        in the same order).
    by, cluster : columns whose values make slices (``report.groups``), and one whose values make clusters of rows that
        are not independent samples.
    bootstrap, seed : number of bootstrap replicates for the interval, and their seed.
    input_format, delimiter : how files are read, where that is not to be inferred.
    max_loss, max_perplexity, min_skill, gate_on, max_group_loss, baseline, max_regression, strict : gates, as the
        flags: ``report.status`` is "pass" or "fail", and ``report.gates`` has each of them.
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
    given = {name: value for name, value in locals().items() if name != "source"}
    return scored(score_request(source, given))
