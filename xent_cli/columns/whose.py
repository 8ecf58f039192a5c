"""Whose probability a single column is, where not that of the positive class: of the label or of the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xent_cli.columns import names as say
from xent_cli.columns import vocabulary as words
from xent_cli.columns.facts import facts
from xent_cli.columns.plan import Plan
from xent_cli.columns.readings import Question, Taken, label_of
from xent_cli.columns.selectors import join_names, listed, resolve
from xent_cli.contract.errors import DataError, Location, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xent_cli.columns.facts import Facts
    from xent_cli.columns.plan import Stated, Typed

CHOICES = ("positive", "label", "decision")


def check(stated: Stated) -> None:
    """Refuse flags that make no sense together."""
    if stated.decision is not None and stated.of != "decision":
        raise _usage("--decision is for --of decision", "--of decision --decision COL")
    if stated.of == "positive":
        return
    if stated.of == "decision" and stated.decision is None:
        raise _usage("--of decision needs the column of the decisions", "--of decision --decision COL")
    if stated.kind not in {None, "binary"}:
        raise _usage(f"--of {stated.of} is for a single probability, and this is {stated.kind}", "leave --of out")
    for flag, value in (("--positive", stated.positive), ("--classes", stated.classes), ("--targets", stated.targets)):
        if value is not None:
            message = f"--of {stated.of} and {flag} exclude each other: no class is the positive one"
            raise _usage(message, f"leave {flag} out, or --of")


def plan_of(
    names: Sequence[str], types: Sequence[Typed], peek: Mapping[str, Sequence[Any]], stated: Stated, path: str
) -> Plan:
    """The plan of --of label and --of decision."""
    columns = dict(zip(reversed(names), reversed(types), strict=True))
    found = facts({name: columns[name] for name in names}, peek)
    decision = _one(stated.decision, names, "--decision", path)
    preds = _one(stated.preds, names, "--preds", path) or _prediction(found, stated, path)
    label = _one(stated.label, names, "--label", path)
    if label is None:
        taken = tuple(name for name in (decision, preds) if name is not None)
        label = _label(columns, peek, stated, taken, path)
    for name in (decision, label):
        if name is not None and name == preds:
            raise _usage(f"column '{preds}' cannot be the prediction and another role as well", "a column has one role")
    spoken = say.space(say.tokens(preds)) or "probs"
    space = stated.from_ or spoken
    weight, identity = _one(stated.weight, names, "--weight", path), _one(stated.id, names, "--id", path)
    whose = "the label" if stated.of == "label" else f"the decision in {decision}"
    reasons = [
        f"label {label}: " + ("stated by --label" if stated.label else "the name of a label") if label else "",
        f"predictions {preds}: " + ("stated by --preds" if stated.preds else "the probability that the names speak of"),
        f"probability of {whose}: stated by --of",
        f"from {space}: " + ("stated by --from" if stated.from_ else "the names of the predictions say so"
                             if spoken != "probs" else "no name speaks of logits or log-probabilities"),
        "kind binary: " + ("stated by the command" if stated.kind else "one prediction column"),
    ]  # fmt: skip
    if identity is None:
        identity = next((name for word in words.IDS for name in names if words.normal(name) == word), None)
    return Plan(
        kind="binary", space=space, label=label, labels=() if label is None else (label,), targets=(),
        targets_list=False, predictions=(preds,), predictions_list=False, pair=False, classes=None, positive=None,
        multilabel=False, label_names=(), weight=weight, id=identity,
        by=resolve(stated.by, names, "--by") if stated.by is not None else (),
        cluster=_one(stated.cluster, names, "--cluster", path),
        reasons=tuple(filter(None, reasons)), of=stated.of, decision=decision,
    )  # fmt: skip


def _one(selector: str | None, names: Sequence[str], flag: str, path: str) -> str | None:
    """The one column of a selector, None where it is not stated."""
    if selector is None:
        return None
    columns = resolve(selector, names, flag)
    if len(columns) != 1:
        message = f"{flag} takes one column, and '{selector}' is {len(columns):,}: {listed(columns, 6)}"
        raise UsageError(Problem("one-column", message, Location(path), help="name one column"))
    return columns[0]


def _prediction(found: Mapping[str, Facts], stated: Stated, path: str) -> str:
    """The column whose name speaks of such a probability."""
    usable = [c for c in found.values() if not c.is_list and (c.numbers is not None or not c.values)]
    of_truth = [c.name for c in usable if say.is_of_truth(say.tokens(c.name))]
    confident = [c.name for c in usable if say.is_confidence(say.tokens(c.name))]
    plain = [c.name for c in usable if say.space(say.tokens(c.name)) is not None]
    scores = [c.name for c in usable if any(word in say.SCORES for word in say.tokens(c.name)) and c.unit]
    order = (of_truth, plain) if stated.of == "label" else (confident, plain, scores)
    names = next((names for names in order if names), [])
    if len(names) == 1:
        return names[0]
    rule = "ambiguous-columns" if names else "no-predictions"
    message = f"the probability could be {' or '.join(names)}" if names else "no column has the name of a prediction"
    cure = " or ".join(f"--preds {join_names((name,))}" for name in names) or "--preds COL says which it is"
    raise DataError(Problem(rule, message, Location(path), f"the columns are {listed(tuple(found))}", cure))


def _label(
    columns: Mapping[str, Typed], peek: Mapping[str, Sequence[Any]], stated: Stated, taken: tuple[str, ...], path: str
) -> str | None:
    """The label column; --of label needs none."""
    try:
        found = label_of(columns, peek, stated, Taken(None, (), taken))
    except Question as question:
        if stated.of == "label":
            return None
        cure = " or ".join(f"--label {answer['label']}" for answer in question.answers if "label" in answer)
        raise DataError(Problem(question.rule, question.message, Location(path), help=cure or None)) from None
    if found is None and stated.of == "decision":
        cure = "--label COLUMN says which it is"
        detail = f"the columns are {listed(tuple(columns))}"
        raise DataError(Problem("no-label", "no column has the name of a label", Location(path), detail, cure))
    return found


def _usage(message: str, cure: str) -> UsageError:
    """Flags that make no sense together."""
    return UsageError(Problem("flags-conflict", message, help=cure))
