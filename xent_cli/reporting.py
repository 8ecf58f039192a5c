"""A tally becomes a report: every number is computed here, once, and rounded once. Renderers only show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from xent_cli import exactsum, spread
from xent_cli._values import struct
from xent_cli._version import __version__
from xent_cli.errors import DataError, Location, Problem
from xent_cli.exactsum import UNIT
from xent_cli.exactsum_slices import units_of
from xent_cli.options import SMALLEST_TABLE, UNITS, WORST, Options
from xent_cli.part_files import file_notices, repeated_files
from xent_cli.results import (
    Baseline,
    ClassRow,
    Columns,
    LabelRow,
    Loss,
    Notice,
    Report,
    RowCounts,
    Sample,
    Touched,
)
from xent_cli.scoring import Outcome, bad_rows, no_rows
from xent_cli.text import grouped, percent
from xent_cli.validation import NOTICED_DEVIATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.by_class import Part
    from xent_cli.results import GroupRow
    from xent_cli.scheme import Scheme
    from xent_cli.tally import Tally

MOST_CLASSES = 1000  # listed in the report; a vocabulary of 150,000 would drown it
QUANTILES = (0.5, 0.9, 0.99)
FEW_CLUSTERS = 40  # with fewer a standard error over clusters tends to be too small
TOP_SHARE = 0.5  # a mean that half comes from what an option touched deserves a notice


def judge(outcome: Outcome, options: Options) -> None:
    """Refuse an input that cannot be scored: bad rows, no rows, more skipped than allowed, no weight at all."""
    tally = outcome.tally
    problems = bad_rows(tally, options)
    if problems and not options.bad_rows.skip:
        raise DataError(*problems)
    check_skipped(tally, options, problems)
    none = no_rows(outcome)
    if none is not None:
        raise DataError(*problems, none)
    check_positive(outcome)
    if not _weight(tally):
        raise DataError(
            Problem(
                "no-weight",
                "all weights are 0, so there is no mean",
                Location(outcome.inputs[0].path),
                help="check --weight and --class-weight",
            )
        )


def check_skipped(tally: Tally, options: Options, problems: tuple[Problem, ...]) -> None:
    """Refuse more skipped rows than --max-skipped allows."""
    most, share = options.bad_rows.max_skipped, options.bad_rows.max_skipped_share
    limit = most if share is None else math.floor(share * tally.read)
    if limit is not None and tally.skipped > limit:
        allowed = grouped(limit) if share is None else f"{float(100 * share):g}% of {grouped(tally.read)}"
        message = f"{grouped(tally.skipped)} rows would be skipped, more than --max-skipped allows ({allowed})"
        raise DataError(
            Problem("too-many-skipped", message, help="mend the rows below, or raise --max-skipped"), *problems
        )


def check_positive(outcome: Outcome) -> None:
    """Refuse --positive where the other labels are not one class."""
    names = sorted(outcome.tally.negatives)
    plan = outcome.scheme.plan
    if len(names) > 1 and (known := outcome.tally.classes.table()) and 1 not in known:
        raise DataError(_no_positive(str(plan.positive), names, Location(outcome.inputs[0].path, columns=plan.labels)))
    if len(names) > 1:
        message = f"--positive {plan.positive} leaves more than one other label: {', '.join(map(repr, names))}"
        raise DataError(
            Problem(
                "unknown-label",
                message,
                Location(outcome.inputs[0].path, columns=plan.labels),
                help="a binary file has two labels; for more classes give a prediction column for each",
            )
        )


def _no_positive(positive: str, names: Sequence[str], where: Location) -> Problem:
    """A positive class that no row has: the labels there are, and the one that was meant."""
    from difflib import get_close_matches
    from shlex import quote

    alike = [name for name in names if name.strip().casefold() == positive.strip().casefold()]
    near = alike or get_close_matches(positive, names, 1)
    flags = " or ".join(f"--positive {quote(name)}" for name in near or names)
    cure = f"did you mean {flags}?" if near else f"{flags} says which is the positive class"
    message = f"no row has the label {positive!r}: the labels are {', '.join(names)}"
    return Problem("unknown-label", message, where, help=cure)


def one_cluster(column: str | None, path: str) -> Problem:
    """Clusters that cannot give the standard error that was asked for."""
    message = f"all rows with weight are in one cluster of column {column}, so there is no standard error over clusters"
    cure = "--cluster names a column that tells two clusters or more apart; without it rows count as independent"
    return Problem("one-cluster", message, Location(path), help=cure)


def report(outcome: Outcome, options: Options) -> Report:
    """The report of an input that `judge` accepted; a single cluster is refused here, where they are counted."""
    tally, scheme = outcome.tally, outcome.scheme
    clusters = spread.ByCluster.of(tally, scheme, options)
    loss = _loss(tally, options, clusters)
    if loss.clusters is not None and loss.clusters < 2 and not tally.endless:
        raise DataError(one_cluster(scheme.plan.cluster, outcome.inputs[0].path))
    nats = UNITS[options.conventions.unit][1]
    base = _baseline(tally, scheme, options, loss.mean)
    soft = scheme.plan.kind == "categorical"
    entropy = _mean_of(tally.entropy, tally, options) if soft else None
    return Report(
        schema="xent.score/1",
        xent=__version__,
        signature=signature(scheme, tally, options),
        status="none",
        inputs=outcome.inputs,
        columns=columns(scheme),
        rows=_counts(tally),
        loss=loss,
        perplexity=_exp(loss.mean, nats),
        log_likelihood=-loss.sum,
        likelihood=_likelihood(tally, loss.sum, nats),
        geometric_mean_probability=_exp(-loss.mean, nats),
        accuracy=exactsum.ratio(tally.hits, _weight(tally), -UNIT),
        baseline=base,
        label_entropy=entropy,
        kl=_kl(tally, options) if soft else None,
        classes=_classes(tally, scheme),
        labels=_labels(tally, scheme) if scheme.plan.multilabel else None,
        groups=_groups(tally, scheme, options, clusters),
        samples=_samples(tally, options),
        touched=_touched(tally, options),
        notices=notices(outcome, options, loss),
        macro_mean=_macro_mean(tally, scheme),
    )


def columns(scheme: Scheme) -> Columns:
    """What each column was taken for."""
    plan = scheme.plan
    return Columns(
        kind=plan.kind,
        from_=plan.space,
        label=plan.label,
        targets=plan.targets if plan.kind == "categorical" else plan.labels if plan.multilabel else (),
        predictions=plan.predictions,
        weight=plan.weight,
        id=plan.id,
        classes=plan.label_names if plan.multilabel else scheme.class_names,
        reasons=plan.reasons,
        by=plan.by or None,
        cluster=plan.cluster,
    )


def signature(scheme: Scheme, tally: Tally, options: Options) -> str:
    """Every convention that can change the number, in one line; what is rarely used is named only where it is used."""
    plan, chosen = scheme.plan, options.conventions
    parts = [
        f"xent:{'.'.join(__version__.split('.')[:2])}",
        f"kind:{'multilabel' if plan.multilabel else plan.kind}",
        f"from:{plan.space}",
        f"unit:{UNITS[chosen.unit][0]}",
        f"clip:{'none' if chosen.clip is None else _digits(chosen.clip)}",
        f"norm:{'yes' if chosen.normalize else 'no'}",
        f"w:{_word(plan.weight or 'none')}",
        f"ignore:{','.join(map(_word, chosen.ignore)) or 'none'}",
        f"smooth:{_digits(chosen.smoothing)}",
    ]
    if chosen.class_weight == "balanced":
        parts.append("cw:balanced")
    elif isinstance(chosen.class_weight, Mapping):
        parts.append("cw:" + ",".join(f"{_word(name)}={_digits(value)}" for name, value in chosen.class_weight.items()))
    if chosen.pos_weight != 1.0:
        parts.append(f"pos:{_digits(chosen.pos_weight)}")
    if chosen.divide_by != "weight":
        parts.append(f"div:{chosen.divide_by}")
    if plan.positive is not None:
        parts.append(f"positive:{_word(plan.positive)}")
    if tally.skipped:
        parts.append(f"skipped:{tally.skipped}")
    parts += [f"k:{len(plan.predictions) if plan.multilabel else scheme.k}", f"n:{tally.scored}"]
    return "|".join(parts)


def _digits(value: float) -> str:
    """A number with all its digits, as short as they allow."""
    return repr(float(value)).removesuffix(".0")


def _word(name: str) -> str:
    """A name as part of a signature: what separates there, and what breaks a line, as %XX."""
    return "".join(f"%{ord(c):02X}" if c in "%|,=" or not c.isprintable() else c for c in name)


def _counts(tally: Tally) -> RowCounts:
    """How many rows went where."""
    return RowCounts(
        read=tally.read, scored=tally.scored, ignored=tally.ignored, skipped=tally.skipped, infinite=tally.infinite,
        clipped=tally.clipped.rows, normalized=tally.normalized.rows,
        bad={rule: breach.count for rule, breach in sorted(tally.breaches.items())},
    )  # fmt: skip


def _weight(tally: Tally) -> int:
    """Σw of all scored rows, also the infinite ones, exactly."""
    return tally.moments.weight + tally.endless_weight


def _divisor(tally: Tally, options: Options) -> int:
    """What the mean is divided by, in units of 2**-1074."""
    return tally.scored << UNIT if options.conventions.divide_by == "count" else _weight(tally)


def _mean_of(total: int, tally: Tally, options: Options) -> float:
    """A weighted total (units of 2**-2148) over the run's divisor."""
    return exactsum.ratio(total, _divisor(tally, options), -UNIT)


def _loss(tally: Tally, options: Options, clusters: spread.ByCluster | None) -> Loss:
    """The loss with its spread. Infinite losses make mean and sum infinite, and their spread undefined."""
    moments, endless = tally.moments, tally.endless > 0
    mean = math.inf if endless else _mean_of(moments.weighted, tally, options)
    found = spread.of_all(tally, clusters, options, mean)
    return Loss(
        unit=options.conventions.unit,
        mean=mean,
        sum=math.inf if endless else moments.sum,
        weight=exactsum.ratio(_weight(tally), 1, -UNIT),
        std=math.nan if endless else moments.std,
        se=found.se,
        ci=found.ci,
        min=tally.lowest,
        max=tally.highest,
        quantiles={f"{q:g}": value for q, value in zip(QUANTILES, tally.quantiles.quantiles(QUANTILES), strict=True)},
        clusters=found.clusters,
    )


def _exp(value: float, nats: float) -> float:
    """exp of a number of units: 2**v for bits, 10**v for bans."""
    try:
        if nats == UNITS["bits"][1]:
            return math.exp2(value)
        if nats == UNITS["bans"][1]:
            return math.pow(10.0, value)
        return math.exp(value)
    except OverflowError:
        return math.inf


def _likelihood(tally: Tally, total: float, nats: float) -> float:
    """exp(−sum) of the exact sum: what rounding took off the sum would be worth digits here."""
    if tally.endless or math.isinf(total):
        return 0.0
    rest = exactsum.ratio(tally.moments.weighted - (units_of(total) << UNIT), 1, -2 * UNIT)
    rough = _exp(-total, nats)
    return rough * math.exp(-rest * nats) if 0.0 < rough < math.inf else rough


def _kl(tally: Tally, options: Options) -> float:
    """Cross-entropy minus label entropy: the mean divergence of the predictions from the targets."""
    if tally.endless:
        return math.inf
    return _mean_of(tally.moments.weighted - tally.entropy, tally, options)


def class_shares(tally: Tally, scheme: Scheme, options: Options) -> tuple[float, ...]:
    """The (weighted) share of each class among the targets of the scored rows, after smoothing."""
    total, k, a = _weight(tally) << UNIT, scheme.k, options.conventions.smoothing
    heavy = [tally.shares.get(c, 0) for c in range(k)]
    if scheme.plan.kind == "binary":
        heavy = [(tally.soft_weight << UNIT) - tally.shares.get(0, 0), tally.shares.get(0, 0)]
    for c, part in tally.classes.table().items():
        heavy[c] += part.weight << UNIT
    return _smoothed(heavy, total, a)


def _smoothed(heavy: Sequence[int], total: int, a: float) -> tuple[float, ...]:
    """The shares heavy/total mixed with a times the uniform distribution, each rounded once."""
    if not a:
        return tuple(exactsum.ratio(value, total) if value else 0.0 for value in heavy)
    up, down = a.as_integer_ratio()
    k = len(heavy)
    return tuple(exactsum.ratio((down - up) * k * value + up * total, down * k * total) for value in heavy)


def _entropy(shares: tuple[float, ...], pos_weight: float = 1.0) -> float:
    """The loss of always predicting the shares: −Σ π ln π, the positive class times pos_weight."""
    terms = [-share * math.log(share) if 0.0 < share < 1.0 else 0.0 for share in shares]
    if pos_weight != 1.0:
        terms[-1] *= pos_weight
    return math.fsum(terms)


def _baseline(tally: Tally, scheme: Scheme, options: Options, mean: float) -> Baseline:
    """The loss of always predicting the class shares of the scored rows, and the skill over it."""
    nats = UNITS[options.conventions.unit][1]
    factor = exactsum.ratio(_weight(tally), _divisor(tally, options)) / nats
    if scheme.plan.multilabel:
        total, a = _weight(tally) << UNIT, options.conventions.smoothing
        heavy = [tally.shares.get(j, 0) for j in range(len(scheme.plan.predictions))]
        pairs = [_smoothed((total - value, value), total, a) for value in heavy]
        each = [_entropy(pair, options.conventions.pos_weight) for pair in pairs]
        base = math.fsum(each) / len(each) * factor
    else:
        base = _entropy(class_shares(tally, scheme, options), options.conventions.pos_weight) * factor
    if base <= 0.0:
        return Baseline("prior", 0.0, None, "only one class is present, so always predicting it costs nothing")
    if math.isinf(mean):
        return Baseline("prior", base, None, "the mean loss is infinite")
    return Baseline("prior", base, 1.0 - mean / base)


def _groups(tally: Tally, scheme: Scheme, options: Options, clusters: spread.ByCluster | None) -> tuple[GroupRow, ...]:
    """The table of groups."""
    if not tally.groups:
        return ()
    from xent_cli.reporting_groups import groups

    return groups(tally, scheme, options, clusters)


def _share(part: Part, tally: Tally) -> float:
    """The share of the whole loss that some rows carry; NaN where the whole is infinite or 0."""
    if tally.endless or not tally.moments.weighted:
        return math.nan
    return exactsum.ratio(part.loss, tally.moments.weighted)


def _part_sum(part: Part) -> float:
    """Σwℓ of some rows."""
    return math.inf if part.infinite else exactsum.ratio(part.loss, 1, -2 * UNIT)


def _part_mean(part: Part) -> float:
    """Σwℓ/Σw of some rows."""
    return math.inf if part.infinite else exactsum.ratio(part.loss, part.weight, -UNIT) if part.weight else math.nan


def _classes(tally: Tally, scheme: Scheme) -> tuple[ClassRow, ...]:
    """The table of classes, in the order of the classes; empty where labels are soft."""
    if tally.soft or scheme.plan.multilabel:
        return ()
    names = scheme.class_names
    held = tally.classes.table()
    order: Sequence[int] = range(len(names))
    if len(names) > MOST_CLASSES:
        order = sorted(sorted(held, key=lambda c: (-held[c].infinite, -held[c].loss, c))[:MOST_CLASSES])
    rows = []
    for c in order:
        part = held.get(c)
        if part is None:
            rows.append(
                ClassRow(names[c], 0, math.nan, 0.0, 0.0 if tally.moments.weighted and not tally.endless else math.nan)
            )
        else:
            rows.append(ClassRow(names[c], part.rows, _part_mean(part), _part_sum(part), _share(part, tally)))
    return tuple(rows)


def _macro_mean(tally: Tally, scheme: Scheme) -> float | None:
    """The mean over the classes that have rows, each counting the same; None where labels are soft."""
    if tally.soft or scheme.plan.multilabel:
        return None
    means = [_part_mean(part) for part in tally.classes.table().values() if part.weight]
    return math.inf if math.inf in means else exactsum.ratio(sum(map(units_of, means)), len(means), -UNIT)


def _labels(tally: Tally, scheme: Scheme) -> tuple[LabelRow, ...]:
    """The table of the labels of a multi-label file."""
    whole = sum(part.loss for part in tally.labels)
    endless = any(part.infinite for part in tally.labels)
    return tuple(
        LabelRow(
            name,
            part.rows,
            _part_mean(part),
            _part_sum(part),
            math.nan if endless or not whole else exactsum.ratio(part.loss, whole),
        )
        for name, part in zip(scheme.plan.label_names, tally.labels, strict=True)
    )


def _samples(tally: Tally, options: Options) -> tuple[Sample, ...]:
    """The rows to show: all of a small file in its order, else the worst ones."""
    asked, sort = options.samples, options.sort
    everything = asked == "all" or (asked is None and tally.scored <= SMALLEST_TABLE)
    chosen = tally.first if everything else tally.worst
    if asked is None and not everything:
        chosen = tally.first[:WORST] if sort == "file" else chosen
    elif isinstance(asked, int) and sort == "file":
        chosen = tally.first[:asked]
    if sort == "worst" or (sort is None and not everything):
        return tuple(sorted(chosen, key=lambda sample: (-sample.loss, sample.row)))
    return tuple(sorted(chosen, key=lambda sample: sample.row))


def _touched(tally: Tally, options: Options) -> tuple[Touched, ...]:
    """What each option that changes rows did."""
    chosen = options.conventions
    touched = []
    if chosen.clip is not None:
        touched.append(Touched("clip", tally.clipped.rows, _carried(tally.clipped, tally)))
    if chosen.normalize:
        touched.append(Touched("normalize", tally.normalized.rows, _carried(tally.normalized, tally)))
    if chosen.ignore:
        touched.append(Touched("ignore-label", tally.ignored, 0.0))
    if options.bad_rows.skip:
        touched.append(Touched("on-bad-row", tally.skipped, 0.0))
    return tuple(touched)


def _carried(part: Part, tally: Tally) -> float:
    """The share of the mean that touched rows carry."""
    return 0.0 if not part.rows else _share(part, tally)


@struct
class _Notices:
    """The notices of a run, gathered one by one."""

    tally: Tally
    scheme: Scheme
    options: Options

    def all(self, loss: Loss) -> tuple[Notice, ...]:
        """Every notice that applies, in a fixed order."""
        found = [
            *self.rows(),
            self._quantiles(),
            self._classes(),
            self._few(loss),
            self._few_clusters(loss),
        ]
        return tuple(notice for notice in found if notice is not None)

    def rows(self) -> tuple[Notice | None, ...]:
        """What concerns the rows that were read and not the statistics made of them."""
        return (
            self._skipped(), self._infinite(), self._logits(), self._above_one(), self._deviation(),
            self._unused_weight(), self._unused_ignore(), self._swapped(),
        )  # fmt: skip

    def _skipped(self) -> Notice | None:
        bounds, skipped = self.options.bad_rows, self.tally.skipped
        wanted = skipped + self.tally.scored
        if 2 * skipped <= wanted or bounds.max_skipped is not None or bounds.max_skipped_share is not None:
            return None
        return Notice(
            "mostly-skipped",
            f"most rows are missing: {grouped(skipped)} of {grouped(wanted)} rows ({percent(skipped / wanted)}) "
            "are bad and were skipped, so the mean is that of the others alone; --max-skipped 1% refuses such a file",
        )

    def _unused_ignore(self) -> Notice | None:
        if self.tally.ignored or not self.options.conventions.ignore:
            return None
        return Notice("ignore-label-unused", "no row has the label that --ignore-label names")

    def _swapped(self) -> Notice | None:
        """Soft labels whose losses are all infinite: every prediction is exactly 0 or 1, as labels are."""
        tally, plan = self.tally, self.scheme.plan
        single = plan.kind == "binary" and not plan.multilabel and not plan.pair
        if not tally.scored or not single or not tally.infinite == tally.soft == tally.scored:
            return None
        return Notice(
            "label-looks-like-prediction",
            "every prediction is exactly 0 or 1 and the labels are fractions: are label and prediction swapped? "
            f"--label and --preds state them; {plan.predictions[0]} was taken for the prediction, {plan.label} for the "
            "label",
        )

    def _infinite(self) -> Notice | None:
        if not self.tally.infinite:
            return None
        rows = ", ".join(map(grouped, self.tally.infinite_rows))
        more = ", …" if self.tally.infinite > len(self.tally.infinite_rows) else ""
        one = self.tally.infinite == 1
        follows = "so the mean is infinite" if self.tally.endless else "but no weight, so the mean is finite"
        return Notice(
            "infinite-loss",
            f"{grouped(self.tally.infinite)} {'row has' if one else 'rows have'} an infinite loss "
            f"(probability 0 where the target is not), {follows}: "
            f"row{'' if one else 's'} {rows}{more}; --clip EPS bounds such losses and says so",
        )

    def _logits(self) -> Notice | None:
        if self.scheme.plan.space != "logits" or not self.tally.distributions or not self.tally.scored:
            return None
        return Notice(
            "logits-look-like-probs",
            "every row of the logits is a valid distribution; if these are probabilities, use --from probs",
        )

    def _above_one(self) -> Notice | None:
        if not self.tally.above_one:
            return None
        n = self.tally.above_one
        return Notice(
            "above-one",
            f"{grouped(n)} {'row holds a probability' if n == 1 else 'rows hold probabilities'} "
            "above 1 by rounding (at most 1e-6), counted as 1",
        )

    def _deviation(self) -> Notice | None:
        if self.tally.deviation <= NOTICED_DEVIATION:
            return None
        n = self.tally.deviating
        return Notice(
            "prob-sum",
            f"{grouped(n)} {'row sums' if n == 1 else 'rows sum'} to 1 only within {self.tally.deviation:.3g}; "
            "--normalize rescales, --sum-tolerance refuses",
        )

    def _unused_weight(self) -> Notice | None:
        column = self.scheme.plan.unused_weight
        return (
            None
            if column is None
            else Notice(
                "unused-weight", f"column {column} looks like weights and was not used; --weight {column} uses it"
            )
        )

    def _quantiles(self) -> Notice | None:
        if self.tally.quantiles.exact:
            return None
        return Notice(
            "quantiles-rounded",
            "with this many rows the quantiles are taken from a histogram, within 0.1 % of their value",
        )

    def _classes(self) -> Notice | None:
        if len(self.scheme.class_names) <= MOST_CLASSES or self.tally.soft:
            return None
        return Notice(
            "classes-cut",
            f"the table of classes holds the {grouped(MOST_CLASSES)} of {grouped(len(self.scheme.class_names))} "
            "that carry most of the loss",
        )

    def _few(self, loss: Loss) -> Notice | None:
        if self.tally.scored > 1 or math.isnan(loss.se) is False:
            return None
        return Notice("one-row", "one row has no standard error") if self.tally.scored == 1 else None

    def _few_clusters(self, loss: Loss) -> Notice | None:
        if loss.clusters is None or loss.clusters >= FEW_CLUSTERS:
            return None
        return Notice(
            "few-clusters",
            f"{loss.clusters} clusters are few: below {FEW_CLUSTERS} the standard error tends to be too small",
        )


def row_notices(outcome: Outcome, options: Options) -> tuple[Notice, ...]:
    """What a user should know about the rows of an input, whatever their losses come to."""
    return tuple(notice for notice in _Notices(outcome.tally, outcome.scheme, options).rows() if notice is not None)


def notices(outcome: Outcome, options: Options, loss: Loss) -> tuple[Notice, ...]:
    """What a user should know about a number that stands."""
    found = _Notices(outcome.tally, outcome.scheme, options).all(loss)
    return (*file_notices(outcome.inputs, outcome.remarks), *repeated_files(outcome.inputs), *found)
