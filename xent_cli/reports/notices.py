"""The notices of a report: what its reader should know besides the numbers."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import struct
from xent_cli.contract.report import Loss, Notice
from xent_cli.contract.text import grouped, percent
from xent_cli.reports import contradictions
from xent_cli.reports.repeated_ids import repeated_ids
from xent_cli.scoring.validation import NOTICED_DEVIATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.contract.report import Input
    from xent_cli.scoring.options import Options
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.outcome import Outcome
    from xent_cli.scoring.tally.tally import Tally


def file_notices(inputs: Sequence[Input], remarks: Sequence[tuple[str, Notice]]) -> tuple[Notice, ...]:
    """What the readers noticed, each remark once however many files it is about."""
    empty = Notice("empty-part", "the file has no rows")
    empties = ((file.path, empty) for file in inputs if not file.rows and len(inputs) > 1)
    found = dict.fromkeys([*remarks, *empties])  # a file may be read more than once
    paths: dict[str, list[str]] = {}
    for path, notice in found:
        paths.setdefault(notice.code, []).append(path)
    first = {notice.code: notice for _, notice in reversed(list(found))}
    if len(inputs) == 1:
        return tuple(first[code] for code in paths)
    return tuple(Notice(code, f"{_files(paths[code])}: {first[code].message}") for code in paths)


def repeated_files(inputs: Sequence[Input]) -> tuple[Notice, ...]:
    """A notice about files of one data set that are read more than once, named twice or also matched by a glob."""
    twice = [path for path, times in Counter(file.path for file in inputs).items() if times > 1 and path != "<stdin>"]
    if not twice:
        return ()
    message = f"{_files(twice)}: named more than once, and its rows count as often"
    return (Notice("repeated-file", message),)


def _files(paths: Sequence[str]) -> str:
    """The first file, and how many others."""
    more = len(paths) - 1
    return paths[0] if not more else f"{paths[0]} and {more:,} more file{'' if more == 1 else 's'}"


MOST_CLASSES = 1000  # listed in the report; a vocabulary of 150,000 would drown it
FEW_CLUSTERS = 40  # equal clusters; with fewer a standard error over clusters rests on few values
FEW_WEIGHTED = 50  # rows of equal weight; with fewer the interval of few rows is what the weights leave
FEW_OF_A_CLASS = 20  # rows of rare classes, with which the interval covers nearly as often as it says
RARE = 0.1  # the share below which a class is rare
FEW_LARGE = 3.0  # rows that make up the skewness: with fewer, more of them may be missing by chance
_JUDGED = 20  # rows; with fewer the skewness itself is not known


@struct
class _Notices:
    """The notices of a run, gathered one by one."""

    tally: Tally
    scheme: Scheme
    options: Options

    def all(self, loss: Loss, skew: float) -> tuple[Notice, ...]:
        """Every notice that applies, in a fixed order; `skew` is the skewness of the mean."""
        known = [self._few_effective_rows(loss), self._rare_class(loss)]
        found = [
            *self.rows(),
            self._quantiles(),
            self._classes(),
            self._few(loss),
            None if loss.clusters is None else few_clusters(loss.clusters, loss.effective or 0.0),
            *known,
            None if any(known) else self._skewed(loss, skew),
        ]
        return tuple(notice for notice in found if notice is not None)

    def rows(self) -> tuple[Notice | None, ...]:
        """What concerns the rows that were read and not the statistics made of them."""
        return (
            self._skipped(), self._infinite(), self._logits(), self._above_one(), self._deviation(),
            self._unused_weight(), self._unused_ignore(), self._swapped(),
            repeated_ids(self.tally.ids, self.scheme.plan),
        )  # fmt: skip

    def _skipped(self) -> Notice | None:
        bounds, skipped = self.options.bad_rows, self.tally.rows.skipped
        wanted = skipped + self.tally.rows.scored
        if 2 * skipped <= wanted or bounds.max_skipped is not None or bounds.max_skipped_share is not None:
            return None
        return Notice(
            "mostly-skipped",
            f"most rows are missing: {grouped(skipped)} of {grouped(wanted)} rows ({percent(skipped / wanted)}) "
            "are bad and were skipped, so the mean is that of the others alone; --max-skipped 1% refuses such a file",
        )

    def _unused_ignore(self) -> Notice | None:
        if self.tally.rows.ignored or not self.options.conventions.ignore:
            return None
        return Notice("ignore-label-unused", "no row has the label that --ignore-label names")

    def _swapped(self) -> Notice | None:
        """Soft labels whose losses are all infinite: every prediction is exactly 0 or 1, as labels are."""
        tally, plan = self.tally, self.scheme.plan
        single = plan.kind == "binary" and not plan.multilabel and not plan.pair
        if not tally.rows.scored or not single or not tally.infinite.rows == tally.soft.rows == tally.rows.scored:
            return None
        return Notice(
            "label-looks-like-prediction",
            "every prediction is exactly 0 or 1 and the labels are fractions: are label and prediction swapped? "
            f"--label and --preds name them; {plan.predictions[0]} was taken for the prediction, {plan.label} for the "
            "label",
        )

    def _infinite(self) -> Notice | None:
        if not self.tally.infinite.rows:
            return None
        rows = ", ".join(map(grouped, self.tally.infinite.first))
        more = ", …" if self.tally.infinite.rows > len(self.tally.infinite.first) else ""
        one = self.tally.infinite.rows == 1
        follows = "so the mean is infinite" if self.tally.infinite.weighted else "but no weight, so the mean is finite"
        return Notice(
            "infinite-loss",
            f"{grouped(self.tally.infinite.rows)} {'row has' if one else 'rows have'} an infinite loss "
            f"(probability 0 where the target is not), {follows}: "
            f"row{'' if one else 's'} {rows}{more}; --clip EPS bounds such losses and says so",
        )

    def _logits(self) -> Notice | None:
        if self.scheme.plan.space != "logits" or not self.tally.seen.distributions or not self.tally.rows.scored:
            return None
        return Notice(
            "logits-look-like-probs",
            "every row of the logits is a valid distribution; if these are probabilities, use --from probs",
        )

    def _above_one(self) -> Notice | None:
        if not self.tally.seen.above_one:
            return None
        n = self.tally.seen.above_one
        return Notice(
            "above-one",
            f"{grouped(n)} {'row holds a probability' if n == 1 else 'rows hold probabilities'} "
            "above 1 by rounding (at most 1e-6), counted as 1",
        )

    def _deviation(self) -> Notice | None:
        if self.tally.seen.deviation <= NOTICED_DEVIATION:
            return None
        n = self.tally.seen.deviating
        return Notice(
            "prob-sum",
            f"{grouped(n)} {'row does' if n == 1 else 'rows do'} not sum to 1 exactly: the largest deviation is "
            f"{self.tally.seen.deviation:.3g}; --normalize rescales, --sum-tolerance refuses",
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
        if len(self.scheme.class_names) <= MOST_CLASSES or self.tally.soft.rows:
            return None
        return Notice(
            "classes-cut",
            f"the table of classes holds the {grouped(MOST_CLASSES)} of {grouped(len(self.scheme.class_names))} "
            "that carry most of the loss",
        )

    def _few(self, loss: Loss) -> Notice | None:
        if self.tally.rows.scored > 1 or math.isnan(loss.se) is False:
            return None
        return Notice("one-row", "one row has no standard error") if self.tally.rows.scored == 1 else None

    def _few_effective_rows(self, loss: Loss) -> Notice | None:
        rows, effective = self.tally.moments.support, loss.effective
        if effective is None or loss.clusters is not None or not effective < min(FEW_WEIGHTED, rows / 2):
            return None
        return Notice(
            "few-effective-rows",
            f"the weights of {grouped(rows)} rows are so uneven that they count like {effective:.1f} rows of equal "
            "weight: the interval rests on few values",
        )

    def _rare_class(self, loss: Loss) -> Notice | None:
        tally, names = self.tally, self.scheme.class_names
        if tally.soft.rows or self.scheme.plan.multilabel or math.isnan(loss.ci.low):
            return None
        rare = {c: part.rows for c, part in tally.classes.table().items() if part.rows < RARE * tally.rows.scored}
        rows = sum(rare.values())
        if not 0 < rows < FEW_OF_A_CLASS:
            return None
        which = f"class {names[next(iter(rare))]}" if len(rare) == 1 else f"{len(rare)} rare classes"
        return Notice(
            "rare-class",
            f"{rows} {'row is' if rows == 1 else 'rows are'} of {which}: with fewer than {FEW_OF_A_CLASS} the true "
            "mean lies above the interval more often than it says",
        )

    def _skewed(self, loss: Loss, skew: float) -> Notice | None:
        unknown = math.isnan(skew) or math.isnan(loss.ci.low) or self.tally.rows.scored < _JUDGED
        if unknown or skew * skew * FEW_LARGE <= 1:
            return None
        return Notice(
            "skewed-losses",
            "a few large losses make up most of the spread: the true mean lies above the interval more often than it "
            "says, because such rows may be missing by chance",
        )


def few_clusters(clusters: int, effective: float) -> Notice | None:
    """A notice where clusters are few, or so uneven that they count like few equal ones."""
    if not effective < FEW_CLUSTERS:
        return None
    like = "" if effective > clusters - 0.5 else f" count like {effective:.1f} of equal size, which"
    return Notice(
        "few-clusters",
        f"{grouped(clusters)} clusters{like} are few: below {FEW_CLUSTERS} the interval rests on few values",
    )


def row_notices(outcome: Outcome, options: Options) -> tuple[Notice, ...]:
    """What a user should know about the rows of an input, whatever their losses come to."""
    return tuple(notice for notice in _Notices(outcome.tally, outcome.scheme, options).rows() if notice is not None)


def notices(outcome: Outcome, options: Options, loss: Loss, skew: float) -> tuple[Notice, ...]:
    """What a user should know about a number that stands; `skew` is the skewness of its mean."""
    found = _Notices(outcome.tally, outcome.scheme, options).all(loss, skew)
    return (
        *file_notices(outcome.inputs, outcome.remarks),
        *repeated_files(outcome.inputs),
        *contradictions.noticed(outcome),
        *found,
    )
