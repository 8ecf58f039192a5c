"""From the flags of a user and the first rows of a file to flags that say all of it; from a question to an error."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xent_cli.columns import whose
from xent_cli.columns.inference import infer
from xent_cli.columns.readings import Question, Taken, read
from xent_cli.columns.selectors import join_names, listed, resolve
from xent_cli.contract.errors import DataError, Location, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xent_cli.columns.plan import Plan, Stated, Typed
    from xent_cli.columns.readings import Reading

# what a question may be about; the names of the rules are those of the pages that explain them
_RULES = {
    "hard-predictions": "hard-predictions",
    "probability-of-decision": "probability-of-decision",
    "score-is-no-probability": "score-is-no-probability",
    "several-models": "several-models",
    "unknown-label": "unknown-label",
    "which-class": "which-class",
}
FLAGS = {
    "label": "--label", "preds": "--preds", "targets": "--targets", "classes": "--classes", "positive": "--positive",
    "from_": "--from", "of": "--of", "decision": "--decision",
}  # fmt: skip


def infer_with_values(
    names: Sequence[str], types: Sequence[Typed], peek: Mapping[str, Sequence[Any]], stated: Stated, path: str
) -> Plan:
    """The plan of a file whose first rows are known."""
    whose.check(stated)
    if stated.of != "positive":
        return whose.plan_of(names, types, peek, stated, path)
    found = _reading(names, types, peek, stated, path)
    if found is None:
        return _by_names(names, types, peek, stated, path)
    filled, why = _filled(stated, found)
    try:
        plan = infer(names, types, filled, path)
    except UsageError as error:
        _by_names(names, types, peek, stated, path)  # flags that are at fault by themselves are wrong use
        raise DataError(*error.problems) from None
    reasons = tuple(reason for reason in (_said(reason, why) for reason in plan.reasons) if reason)
    return replace(
        plan, reasons=reasons, guessed=stated.preds is None, doubt=found.decision,
        named=filled.classes, remark=found.remark,
    )  # fmt: skip


def _by_names(
    names: Sequence[str], types: Sequence[Typed], peek: Mapping[str, Sequence[Any]], stated: Stated, path: str
) -> Plan:
    """The plan of names alone. Where the values are known and say nothing, no column is proposed for a prediction."""
    try:
        return replace(infer(names, types, stated, path), guessed=stated.preds is None)
    except DataError as error:
        if not peek:
            raise
        raise DataError(*map(_unproposed, error.problems)) from None


def _unproposed(problem: Problem) -> Problem:
    """A refusal without the columns that its cure would name for want of better ones."""
    if problem.rule != "no-predictions" or not (problem.help or "").startswith("--preds"):
        return problem
    return replace(problem, help="--preds COLUMNS says which they are: a column per class, a list, or one probability")


def _reading(
    names: Sequence[str], types: Sequence[Typed], peek: Mapping[str, Sequence[Any]], stated: Stated, path: str
) -> Reading | None:
    """The reading of the first rows; None where flags say everything, or names have to."""
    if stated.targets is not None or stated.of != "positive" or not peek:
        return None
    columns = dict(zip(reversed(names), reversed(types), strict=True))
    columns = {name: columns[name] for name in names}
    label = resolve(stated.label, names, "--label") if stated.label is not None else ()
    preds = resolve(stated.preds, names, "--preds") if stated.preds is not None else ()
    weight = resolve(stated.weight, names, "--weight") if stated.weight is not None else ()
    if len(label) > 1 or set(label) & set(preds):
        return None
    taken = Taken(label[0] if label else None, preds, weight)
    try:
        return read(columns, peek, stated, taken)
    except Question as question:
        raise _refusal(question, tuple(columns), path) from None


def _refusal(question: Question, names: Sequence[str], path: str) -> DataError:
    """A question as an error; every answer is written out as it has to be typed."""
    answers = " or ".join(flags_of(answer) for answer in question.answers)
    cure = f"{answers} {question.more}".strip() if answers and not question.more.startswith("`") else ""
    cure = cure or "; ".join(part for part in (answers, question.more) if part)
    where = Location(path, columns=tuple(question.columns))
    return DataError(
        Problem(
            _RULES.get(question.rule, "ambiguous-columns"),
            question.message,
            where,
            f"the columns are {listed(names)}",
            cure or None,
        )
    )


def flags_of(answer: Mapping[str, Any]) -> str:
    """An answer as flags in a shell."""
    found = []
    for key, flag in FLAGS.items():
        if key in answer:
            value = answer[key]
            found.append(f"{flag} {shlex.quote(join_names(value) if isinstance(value, tuple) else str(value))}")
    return " ".join(found)


def _filled(stated: Stated, found: Reading) -> tuple[Stated, Mapping[str, str]]:
    """The flags with those that the reading adds, and why it does."""
    more: dict[str, Any] = {}
    if stated.label is None and found.label is not None:
        more["label"] = join_names((found.label,))
    if found.targets:
        more["targets"] = join_names(found.targets)
    if stated.preds is None:
        more["preds"] = join_names(found.preds)
    pair = found.classes is not None and len(found.classes) == 2
    if stated.classes is None and found.classes is not None and not (pair and stated.positive is not None):
        more["classes"] = found.classes
    if stated.positive is None and found.positive is not None and stated.classes is None:
        more["positive"] = found.positive
    if stated.kind == "binary" and pair and stated.positive is None:
        more["positive"] = _second(found.classes or ())
    if stated.from_ is None and found.from_ is not None:
        more["from_"] = found.from_
    if stated.kind is None and found.kind is not None:
        more["kind"] = found.kind
    return replace(stated, **more), {key: found.why.get(key, "") for key in more}


def _second(classes: Sequence[str]) -> str:
    """The positive one of two classes: by its usual name, else the second."""
    usual = [name for name in classes if name.casefold() in {"1", "1.0", "true", "yes", "pos", "positive"}]
    return usual[0] if usual else classes[1]


_SAID = {
    "label": "stated by --label",
    "preds": "stated by --preds",
    "targets": "stated by --targets",
    "classes": "stated by --classes",
    "positive": "stated by --positive",
    "kind": "stated by the command",
}


def _said(reason: str, why: Mapping[str, str]) -> str:
    """A reason in the words of the reading, where it was the reading that said it."""
    for key, said in _SAID.items():
        if key in why and reason.endswith(said):
            return reason.replace(said, why[key] or "the columns are for it")
    if "from_" in why and reason.endswith("stated by --from"):
        space = reason.removeprefix("from ").partition(":")[0]
        named = (
            "no name speaks of logits or log-probabilities"
            if space == "probs"
            else "the names of the predictions say so"
        )
        return reason.replace("stated by --from", named)
    return reason
