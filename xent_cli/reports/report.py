"""A tally becomes a report: every number is computed here, once, and rounded once. Renderers only show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xent_cli._version import __version__
from xent_cli.contract.errors import DataError
from xent_cli.contract.report import (
    Baseline,
    ClassRow,
    LabelRow,
    Loss,
    Report,
    RowCounts,
    Sample,
    Touched,
)
from xent_cli.reports import spread
from xent_cli.reports.contradictions import worse_than_baseline
from xent_cli.reports.likelihood import likelihoods
from xent_cli.reports.notices import MOST_CLASSES, notices
from xent_cli.reports.refusals import one_cluster
from xent_cli.reports.roles import columns_of
from xent_cli.reports.signature import signature_of
from xent_cli.reports.totals import divisor_of, exp_or_inf, mean_of, total_weight
from xent_cli.scoring.options import SMALLEST_TABLE, UNITS, WORST, Options
from xent_cli.statistics.exact import sums
from xent_cli.statistics.exact.bit_slices import units_of
from xent_cli.statistics.exact.sums import UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.contract.interval import Interval
    from xent_cli.contract.report import GroupRow
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.by_class import Part
    from xent_cli.scoring.tally.outcome import Outcome
    from xent_cli.scoring.tally.tally import Tally


QUANTILES = (0.5, 0.9, 0.99)
TOP_SHARE = 0.5  # a mean that half comes from what an option touched deserves a notice


def report_of(outcome: Outcome, options: Options) -> Report:
    """The report of an input that `refusals` accepted; a single cluster is refused here, where they are counted."""
    tally, scheme = outcome.tally, outcome.scheme
    clusters = spread.ByCluster.of(tally, scheme, options)
    found = _spread(tally, scheme, options, clusters)
    loss = _loss(tally, options, found)
    if loss.clusters is not None and loss.clusters < 2 and not tally.infinite.weighted:
        raise DataError(one_cluster(scheme.plan.cluster, outcome.inputs[0].path))
    nats = UNITS[options.conventions.unit][1]
    log_likelihood, likelihood = likelihoods(tally, scheme, options.conventions.unit)
    base = _baseline(tally, scheme, options, loss)
    soft = scheme.plan.kind == "categorical"
    entropy = mean_of(tally.entropy, tally, options) if soft else None
    return Report(
        schema="xent.score/1",
        xent=__version__,
        signature=signature_of(scheme, tally, options).text,
        status="none",
        inputs=outcome.inputs,
        columns=columns_of(scheme),
        rows=_counts(tally),
        loss=loss,
        perplexity=exp_or_inf(loss.mean, nats),
        perplexity_ci=spread.of_perplexity(loss.ci, nats),
        log_likelihood=log_likelihood,
        likelihood=likelihood,
        geometric_mean_probability=exp_or_inf(-loss.mean, nats),
        accuracy=sums.ratio(tally.hits, total_weight(tally), -UNIT),
        baseline=base,
        label_entropy=entropy,
        kl=_kl(tally, options) if soft else None,
        classes=_classes(tally, scheme),
        labels=_labels(tally, scheme) if scheme.plan.multilabel else None,
        groups=_groups(tally, scheme, options, clusters),
        samples=_samples(tally, options),
        touched=_touched(tally, options),
        notices=(*notices(outcome, options, loss, found.skew), *worse_than_baseline(outcome, base.skill)),
        macro_mean=_macro_mean(tally, scheme),
    )


def _counts(tally: Tally) -> RowCounts:
    """How many rows went where."""
    rows = tally.rows
    return RowCounts(
        read=rows.read, scored=rows.scored, ignored=rows.ignored, skipped=rows.skipped, infinite=tally.infinite.rows,
        clipped=tally.changed.clipped.rows, normalized=tally.changed.normalized.rows,
        bad={rule: breach.count for rule, breach in sorted(tally.breaches.items())},
    )  # fmt: skip


def _mean(tally: Tally, options: Options) -> float:
    """The mean loss, infinite where an infinite loss has weight."""
    return math.inf if tally.infinite.weighted else mean_of(tally.moments.weighted, tally, options)


def _spread(tally: Tally, scheme: Scheme, options: Options, clusters: spread.ByCluster | None) -> spread.Spread:
    """The spread of the mean loss."""
    return spread.of_all(tally, clusters, scheme, options, _mean(tally, options))


def _loss(tally: Tally, options: Options, found: spread.Spread) -> Loss:
    """The loss with its spread. Infinite losses make mean and sum infinite, and their spread undefined."""
    moments, infinite = tally.moments, tally.infinite.weighted > 0
    return Loss(
        unit=options.conventions.unit,
        mean=_mean(tally, options),
        sum=math.inf if infinite else moments.sum,
        weight=sums.ratio(total_weight(tally), 1, -UNIT),
        std=math.nan if infinite else moments.std,
        se=found.se,
        ci=found.ci,
        min=tally.range.lowest,
        max=tally.range.highest,
        quantiles={f"{q:g}": value for q, value in zip(QUANTILES, tally.quantiles.quantiles(QUANTILES), strict=True)},
        clusters=found.clusters,
        effective=found.effective,
    )


def _kl(tally: Tally, options: Options) -> float:
    """Cross-entropy minus label entropy: the mean divergence of the predictions from the targets."""
    if tally.infinite.weighted:
        return math.inf
    return mean_of(tally.moments.weighted - tally.entropy, tally, options)


def class_shares(tally: Tally, scheme: Scheme, options: Options) -> tuple[float, ...]:
    """The (weighted) share of each class among the targets of the scored rows, after smoothing."""
    total, k, a = total_weight(tally) << UNIT, scheme.k, options.conventions.smoothing
    heavy = [tally.soft.shares.get(c, 0) for c in range(k)]
    if scheme.plan.kind == "binary":
        heavy = [(tally.soft.weight << UNIT) - tally.soft.shares.get(0, 0), tally.soft.shares.get(0, 0)]
    for c, part in tally.classes.table().items():
        heavy[c] += part.weight << UNIT
    return _smoothed(heavy, total, a)


def _smoothed(heavy: Sequence[int], total: int, a: float) -> tuple[float, ...]:
    """The shares heavy/total mixed with a times the uniform distribution, each rounded once."""
    if not a:
        return tuple(sums.ratio(value, total) if value else 0.0 for value in heavy)
    up, down = a.as_integer_ratio()
    k = len(heavy)
    return tuple(sums.ratio((down - up) * k * value + up * total, down * k * total) for value in heavy)


def _entropy(shares: tuple[float, ...], pos_weight: float = 1.0) -> float:
    """The loss of always predicting the shares: −Σ π ln π, the positive class times pos_weight."""
    terms = [-share * math.log(share) if 0.0 < share < 1.0 else 0.0 for share in shares]
    if pos_weight != 1.0:
        terms[-1] *= pos_weight
    return math.fsum(terms)


def _baseline(tally: Tally, scheme: Scheme, options: Options, loss: Loss) -> Baseline:
    """The loss of always predicting the class shares of the scored rows, and the skill over it."""
    nats = UNITS[options.conventions.unit][1]
    factor = sums.ratio(total_weight(tally), divisor_of(tally, options)) / nats
    if scheme.plan.multilabel:
        total, a = total_weight(tally) << UNIT, options.conventions.smoothing
        heavy = [tally.soft.shares.get(j, 0) for j in range(len(scheme.plan.predictions))]
        pairs = [_smoothed((total - value, value), total, a) for value in heavy]
        each = [_entropy(pair, options.conventions.pos_weight) for pair in pairs]
        base = math.fsum(each) / len(each) * factor
    else:
        base = _entropy(class_shares(tally, scheme, options), options.conventions.pos_weight) * factor
    if base <= 0.0:
        return Baseline("prior", 0.0, None, "only one class is present, so always predicting it costs nothing")
    if math.isinf(loss.mean):
        return Baseline("prior", base, None, "the mean loss is infinite")
    return Baseline("prior", base, 1.0 - loss.mean / base, skill_ci=_skill_interval(tally, scheme, options, loss, base))


def _skill_interval(tally: Tally, scheme: Scheme, options: Options, loss: Loss, base: float) -> Interval:
    """The interval of the skill: where each row has one class and counts alike, the baseline is as uncertain."""
    chosen, classes = options.conventions, tally.classes.table()
    alike = not (scheme.weighted or chosen.smoothing or tally.soft.rows or chosen.pos_weight != 1.0)
    if not alike or not classes or loss.clusters is not None or options.bootstrap is not None:
        return spread.of_skill(loss.ci, base)
    nats = UNITS[chosen.unit][1]
    moments = tally.moments
    squares = sums.ratio(moments.squares * moments.n - moments.total**2, moments.n, -2 * UNIT)
    parts = [(part.rows, _part_sum(part)) for part in classes.values()]
    return spread.of_skill_and_baseline(loss, moments.n, squares, parts, base, nats)


def _groups(tally: Tally, scheme: Scheme, options: Options, clusters: spread.ByCluster | None) -> tuple[GroupRow, ...]:
    """The table of groups."""
    if not tally.groups:
        return ()
    from xent_cli.reports.groups import groups

    return groups(tally, scheme, options, clusters)


def _share(part: Part, tally: Tally) -> float:
    """The share of the whole loss that some rows carry; NaN where the whole is infinite or 0."""
    if tally.infinite.weighted or not tally.moments.weighted:
        return math.nan
    return sums.ratio(part.loss, tally.moments.weighted)


def _part_sum(part: Part) -> float:
    """Σwℓ of some rows."""
    return math.inf if part.infinite else sums.ratio(part.loss, 1, -2 * UNIT)


def _part_mean(part: Part) -> float:
    """Σwℓ/Σw of some rows."""
    return math.inf if part.infinite else sums.ratio(part.loss, part.weight, -UNIT) if part.weight else math.nan


def _classes(tally: Tally, scheme: Scheme) -> tuple[ClassRow, ...]:
    """The table of classes, in the order of the classes; empty where labels are soft."""
    if tally.soft.rows or scheme.plan.multilabel:
        return ()
    names = scheme.class_names
    held = tally.classes.table()
    order: Sequence[int] = range(len(names))
    if len(names) > MOST_CLASSES:
        order = sorted(sorted(held, key=lambda c: (-held[c].infinite, -held[c].loss, c))[:MOST_CLASSES])
    nothing = 0.0 if tally.moments.weighted and not tally.infinite.weighted else math.nan
    rows = []
    for c in order:
        part = held.get(c)
        if part is None:
            rows.append(ClassRow(names[c], 0, math.nan, 0.0, nothing))
        else:
            rows.append(ClassRow(names[c], part.rows, _part_mean(part), _part_sum(part), _share(part, tally)))
    return tuple(rows)


def _macro_mean(tally: Tally, scheme: Scheme) -> float | None:
    """The mean over the classes that have rows, each counting the same; None where labels are soft."""
    if tally.soft.rows or scheme.plan.multilabel:
        return None
    means = [_part_mean(part) for part in tally.classes.table().values() if part.weight]
    return math.inf if math.inf in means else sums.ratio(sum(map(units_of, means)), len(means), -UNIT)


def _labels(tally: Tally, scheme: Scheme) -> tuple[LabelRow, ...]:
    """The table of the labels of a multi-label file."""
    whole = sum(part.loss for part in tally.labels.parts)
    infinite = any(part.infinite for part in tally.labels.parts)
    return tuple(
        LabelRow(
            name,
            part.rows,
            _part_mean(part),
            _part_sum(part),
            math.nan if infinite or not whole else sums.ratio(part.loss, whole),
        )
        for name, part in zip(scheme.plan.label_names, tally.labels.parts, strict=True)
    )


def _samples(tally: Tally, options: Options) -> tuple[Sample, ...]:
    """The rows to show: all of a small file in its order, else the worst ones."""
    asked, sort = options.samples, options.sort
    everything = asked == "all" or (asked is None and tally.rows.scored <= SMALLEST_TABLE)
    chosen = tally.samples.first if everything else tally.samples.worst
    if asked is None and not everything:
        chosen = tally.samples.first[:WORST] if sort == "file" else chosen
    elif isinstance(asked, int) and sort == "file":
        chosen = tally.samples.first[:asked]
    if sort == "worst" or (sort is None and not everything):
        return tuple(sorted(chosen, key=lambda sample: (-sample.loss, sample.row)))
    return tuple(sorted(chosen, key=lambda sample: sample.row))


def _touched(tally: Tally, options: Options) -> tuple[Touched, ...]:
    """What each option that changes rows did."""
    chosen = options.conventions
    touched = []
    if chosen.clip is not None:
        touched.append(Touched("clip", tally.changed.clipped.rows, _carried(tally.changed.clipped, tally)))
    if chosen.normalize:
        touched.append(Touched("normalize", tally.changed.normalized.rows, _carried(tally.changed.normalized, tally)))
    if chosen.ignore:
        touched.append(Touched("ignore-label", tally.rows.ignored, 0.0))
    if options.bad_rows.skip:
        touched.append(Touched("on-bad-row", tally.rows.skipped, 0.0))
    return tuple(touched)


def _carried(part: Part, tally: Tally) -> float:
    """The share of the mean that touched rows carry."""
    return 0.0 if not part.rows else _share(part, tally)
