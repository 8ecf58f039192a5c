"""Models on the same samples become a comparison: read, paired, checked, counted and concluded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xent_cli.comparisons.agreement import BY_KEY, BY_POSITION, Agreement
from xent_cli.comparisons.conclusions import Conclusions
from xent_cli.comparisons.models import Model
from xent_cli.comparisons.pair_tally import PairTally
from xent_cli.comparisons.pairing import KeyPairing, in_step, unequal
from xent_cli.contract.errors import DataError
from xent_cli.engine import pipeline
from xent_cli.engine.data_set import DataFiles
from xent_cli.engine.pool import Pool
from xent_cli.reports import refusals
from xent_cli.statistics.paired import Pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from xent_cli.columns import Stated
    from xent_cli.comparisons.job import ComparisonJob
    from xent_cli.contract.comparison import Comparison
    from xent_cli.scoring.options import Options

    Floats = NDArray[np.float64]


def compare_models(job: ComparisonJob) -> Comparison:
    """Compare the models. Anything that would make the comparison doubtful is a `DataError`."""
    weight, progress = _class_weight(job), _total(job.progress)
    models = [
        Model(
            model.path,
            DataFiles(model.openers, _columns(job, place), job.options, weight, job.on),
            progress,
        )
        for place, model in enumerate(job.models)
    ]
    agreements = [Agreement(models[0], model) for model in models[1:]]
    by_key = None if job.on is None else KeyPairing(models, agreements)
    counted = PairTally(job, models[0], [Pairs.empty()] * len(agreements))
    with Pool(job.options.threads or 2) as pool:
        for aligned in in_step(models, agreements, pool) if by_key is None else by_key.aligned(pool):
            counted.add(aligned)
    _refuse_rows(models, job.options)
    lengths = unequal(models) if by_key is None else None
    unpaired = [lengths] if lengths else [] if by_key is None else by_key.problems
    if unpaired:
        raise DataError(*unpaired)
    disagreements = [found for each in agreements for found in each.problems(BY_KEY if job.on else BY_POSITION)]
    if disagreements:
        raise DataError(*disagreements)
    counted.refuse(models)
    odd = tuple(notice for agreement in agreements for notice in agreement.notices())
    return Conclusions(job, models, counted, odd).comparison()


def _columns(job: ComparisonJob, place: int) -> Stated:
    """The columns of one model, as far as they are given; samples and clusters are those of the baseline."""
    columns, preds = job.columns, job.models[place].preds
    if place:
        columns = replace(columns, cluster=None, by=None, id=None)
    return columns if preds is None else replace(columns, preds=preds)


def _total(progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
    """A progress callback for the rows of each chunk that passes on their sum so far."""
    if progress is None:
        return None
    rows = 0

    def add(more: int) -> None:
        nonlocal rows
        rows += more
        progress(rows)

    return add


def _class_weight(job: ComparisonJob) -> dict[str, float] | None:
    """The weights of the classes; balanced ones are counted in the baseline, whose labels are those of all."""
    weight = job.options.conventions.class_weight
    if weight is None or weight != "balanced":
        return None if weight is None else dict(weight)
    options = replace(job.options, conventions=replace(job.options.conventions, class_weight=None))
    return pipeline.balanced(pipeline.run(pipeline.Job(job.models[0].openers, job.columns, options)))


def _refuse_rows(models: Sequence[Model], options: Options) -> None:
    """Refuse bad rows in any of the files, unless they are to be skipped."""
    problems = [problem for model in models for problem in refusals.bad_rows(model.tally, options)]
    if problems and not options.bad_rows.skip:
        raise DataError(*problems)
