"""Comparison of models from Python, and the path that the command line takes as well."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from xent_cli.api.errors_in_full import errors_in_full
from xent_cli.api.requests import CompareRequest, compare_request
from xent_cli.comparisons.job import ComparisonJob
from xent_cli.comparisons.run import compare_models
from xent_cli.contract.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xent_cli.api.requests import Name, Names
    from xent_cli.comparisons.job import PairWriter
    from xent_cli.contract.comparison import Comparison
    from xent_cli.scoring.options import Conventions


def compared(
    request: CompareRequest,
    writer: Callable[[bool], PairWriter] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Compare models."""
    if request.options.conventions.class_weight == "balanced" and request.models[0].path == "<stdin>":
        message = "--class-weight balanced reads the baseline twice, and standard input can be read once"
        raise UsageError(Problem("option", message, help="save it to a file first, or give the weights"))
    return compare_models(
        ComparisonJob(
            models=request.models,
            columns=request.columns,
            options=request.options,
            on=request.on,
            tolerance=request.tolerance,
            strict=request.strict,
            limits=request.limits,
            writer=writer,
            progress=progress,
        )
    )


@errors_in_full()
def compare(
    baseline: Any,
    *candidates: Any,
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
    models: str | Sequence[Names] = (),
    model_column: Name | None = None,
    against: str | None = None,
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
    max_loss: float | None = None,
    max_perplexity: float | None = None,
    gate_on: Literal["mean", "upper"] = "mean",
    max_regression: float | str | None = None,
    strict: bool = False,
    sum_tolerance: float = 0.01,
    on_bad_row: Literal["error", "skip"] = "error",
    max_skipped: int | str | None = None,
    conventions: Conventions | None = None,
) -> Comparison:
    """Compare models on the same samples: the paired mean difference, how sure it is, and a verdict.

    Parameters
    ----------
    baseline, candidates : path, pandas.DataFrame, pyarrow.Table, or anything with ``__arrow_c_stream__``
        The predictions of each model.
    on : names of key columns; None pairs the rows by position. `labels` is a file or table with the labels of all.
    models, model_column, against : models of one file, as the flags: columns of it (a list of names is a model each, a
        list of lists the columns of a model each) or the rows with one value of a column each; `against` names
        the baseline.
    max_regression : how much worse a candidate may be: a number in the unit, or "1%" of the baseline. Giving it makes
        ``status`` "pass" or "fail". `strict` fails what is not shown to be better or no worse.
    kind, label, targets, preds, from_, classes, positive, weight, id, cluster : which column is what, as in `score`.
    class_weight, pos_weight, label_smoothing, ignore_label, clip, normalize, divide_by, unit : what changes the number,
        as in `score`; `conventions`, as `xent_cli.scoring.options.Conventions`, in place of all of these.
    max_loss, max_perplexity, gate_on : gates on the candidates.

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
    >>> result = compare(one, one.assign(prob=[0.4, 0.6, 0.5, 0.7]))
    >>> round(result.candidates[0].difference.mean, 6), result.candidates[0].verdict
    (0.320233, 'worse')
    """
    given = {name: value for name, value in locals().items() if name not in {"baseline", "candidates", "conventions"}}
    if not candidates and not models and model_column is None:
        raise UsageError(Problem("usage", "there is no candidate to compare", help="compare(baseline, candidate)"))
    request = compare_request((baseline, *candidates), given)
    if conventions is not None:
        request = replace(request, options=replace(request.options, conventions=conventions))
    return compared(request)
