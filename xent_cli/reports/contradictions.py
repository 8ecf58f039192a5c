"""What the values of a whole input say against the reading of its columns: refused if inferred, else noticed."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from xent_cli.columns.readings import HARD_CURE, decision_message, hard_message
from xent_cli.columns.selectors import join_names
from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.report import Notice
from xent_cli.reports.totals import total_weight
from xent_cli.statistics.exact import sums
from xent_cli.statistics.exact.sums import UNIT

if TYPE_CHECKING:
    from xent_cli.scoring.tally.outcome import Outcome


def check(outcome: Outcome) -> None:
    """Refuse an inferred reading that the values contradict, before anything is made of its number."""
    plan = outcome.scheme.plan
    if not outcome.tally.rows.read or not plan.guessed:
        return
    where = Location(outcome.inputs[0].path, columns=plan.predictions)
    if _hard(outcome):
        raise DataError(Problem("hard-predictions", hard_message(plan.predictions), where, help=HARD_CURE))
    if plan.doubt is not None and outcome.tally.seen.least >= HALF:
        prob = plan.predictions[0]
        flags = {"--of": "decision", "--decision": join_names((plan.doubt,)), "--preds": join_names((prob,))}
        if plan.label is not None:
            flags["--label"] = join_names((plan.label,))
        cure = " ".join(f"{flag} {shlex.quote(value)}" for flag, value in flags.items())
        message = decision_message(prob, plan.doubt)
        raise DataError(Problem("probability-of-decision", message, where, help=f"{cure} scores it as that"))


def noticed(outcome: Outcome) -> tuple[Notice, ...]:
    """The same of a reading that flags insist on, and what its names say."""
    plan = outcome.scheme.plan
    found = [] if plan.remark is None else [Notice(*plan.remark)]
    if _hard(outcome):
        found.append(Notice("hard-predictions", hard_message(plan.predictions)))
    if plan.doubt is not None and outcome.tally.seen.least >= HALF:
        found.append(Notice("probability-of-decision", decision_message(plan.predictions[0], plan.doubt)))
    return tuple(found)


def worse_than_baseline(outcome: Outcome, skill: float | None) -> tuple[Notice, ...]:
    """A loss far above that of knowing nothing, where a turned reading would be right more often than not."""
    plan, tally = outcome.scheme.plan, outcome.tally
    heavy = total_weight(tally)
    if skill is None or skill > FAR_BELOW or plan.multilabel or plan.kind == "categorical" or not heavy:
        return ()
    right = sums.ratio(tally.hits, heavy, -UNIT)
    single = plan.kind == "binary" and not plan.pair and plan.of == "positive"
    if right >= (HALF if single else 1.0 / outcome.scheme.k):
        return ()
    message = f"the loss is far above that of always predicting the shares of the classes (skill {skill:.3g})"
    if not single:
        return (Notice("worse-than-baseline", f"{message}: are the classes in the order of the predictions?"),)
    other = _other_class(outcome)
    turned = f"--positive {shlex.quote(other)} turns it around" if other is not None else "is it the other class?"
    return (Notice("worse-than-baseline", f"{message}, and most decisions are wrong: {turned}"),)


def _other_class(outcome: Outcome) -> str | None:
    """The label that is not the positive one, where its name is known."""
    plan = outcome.scheme.plan
    names = [name for name in sorted(outcome.tally.seen.negatives) if name != plan.positive]
    if plan.positive is None and plan.classes is None:
        return "0"
    if plan.classes is not None:
        return plan.classes[0]
    return names[0] if len(names) == 1 else None


HALF = 0.5
FAR_BELOW = -1.0


def _hard(outcome: Outcome) -> bool:
    """Whether every prediction is exactly 0 or 1."""
    tally, plan = outcome.tally, outcome.scheme.plan
    return bool(tally.rows.read) and tally.seen.decided and plan.space == "probs" and plan.of == "positive"
