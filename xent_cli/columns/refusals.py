"""The refusals of the inference: what was found, in which file, and the flag that decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xent_cli.columns import candidates as offers
from xent_cli.columns import vocabulary as words
from xent_cli.columns.selectors import listed, resolve, selector_for
from xent_cli.contract.errors import DataError, Location, Problem, UsageError, XentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.columns.candidates import Group, View


def flag(option: str, columns: Sequence[str], view: View) -> str:
    """A flag as it has to be typed in a shell: `--preds 'p 0..p 9'`."""
    import shlex

    return f"{option} {shlex.quote(selector_for(columns, tuple(view.columns)))}"


def refuse(
    view: View, rule: str, message: str, cure: str, *, stated: bool = False, columns: Sequence[str] = ()
) -> XentError:
    """The error: wrong use where what was stated is at fault, else a file that cannot be read in one way."""
    problem = _problem(view, rule, message, cure, columns)
    return UsageError(problem) if stated else DataError(problem)


def _problem(view: View, rule: str, message: str, cure: str, columns: Sequence[str] = ()) -> Problem:
    """A refusal that shows the header it is about."""
    where = Location(view.path, columns=tuple(columns))
    return Problem(rule=rule, message=message, where=where, detail=f"the columns are {listed(view.columns)}", help=cure)


def ambiguous_labels(view: View, candidates: Sequence[str]) -> XentError:
    """Several columns have the name of a label."""
    cures = " or ".join(flag("--label", [name], view) for name in candidates)
    message = f"{len(candidates)} columns could be the label: {listed(candidates)}"
    return refuse(view, "ambiguous-columns", message, cures, columns=candidates)


def ambiguous_sides(view: View, readings: Sequence[tuple[str, tuple[str, ...]]]) -> XentError:
    """A label column and target columns, or two families of target columns."""
    named = " or ".join(f"{listed(columns, 6)}" for _, columns in readings)
    cures = " or ".join(flag(option, columns, view) for option, columns in readings)
    return refuse(view, "ambiguous-columns", f"the label could be {named}", cures)


def ambiguous_predictions(view: View, candidates: Sequence[Group]) -> XentError:
    """Several groups could be the predictions."""
    named = " or ".join(listed(group.columns, 6) for group in candidates)
    cures = " or ".join(flag("--preds", group.columns, view) for group in candidates)
    return refuse(view, "ambiguous-columns", f"the predictions could be {named}", cures)


def soft_beside(view: View, group: Group, others: Sequence[Group], decisions: Sequence[str]) -> XentError:
    """A column such as `y_pred` beside scores or decisions: a decision, or the probability of one."""
    beside = listed([column for other in others for column in other.columns] + list(decisions), 6)
    message = f"{listed(group.columns, 6)} may hold decisions, or probabilities of the decision, beside {beside}"
    cures = [f"{flag('--preds', group.columns, view)} if these are the predicted probabilities"]
    cures += [f"{flag('--preds', other.columns, view)} --from probs (or logits) if those are" for other in others]
    return refuse(view, "ambiguous-columns", message, ", ".join(cures), columns=group.columns)


def doubtful_family(view: View, group: Group) -> XentError:
    """A family with a member that may be a statistic of the row."""
    family = {*group.columns, *group.doubtful}
    columns = tuple(name for name in view.columns if name in family)
    message = f"{listed(group.doubtful)} may be a class or a statistic of {listed(group.columns, 6)}"
    cures = f"{flag('--preds', group.columns, view)} or {flag('--preds', columns, view)}"
    return refuse(view, "ambiguous-columns", message, cures, columns=group.doubtful)


def score_refused(view: View, scores: Sequence[tuple[str, ...]], *, stated: bool = False) -> XentError:
    """A score is no probability until someone says so."""
    columns = [column for group in scores for column in group]
    message = f"a score is not a probability: {listed(columns, 6)}"
    says = [flag("--preds", group, view) for group in scores]
    cure = " or ".join(f"{say} --from {space}" for say in says for space in ("probs", "logits"))
    return refuse(view, "score-is-no-probability", message, f"{cure} says what it is", stated=stated, columns=columns)


def confidence_refused(view: View, columns: Sequence[str]) -> XentError:
    """The probability of the predicted class, or a statistic of the row, says nothing of the true class."""
    message = f"{listed(columns, 6)} is by its name no probability of the true or the positive class"
    cure = f"a probability for each class is needed, or {flag('--preds', columns, view)} if the name misleads"
    return refuse(view, "score-is-no-probability", message, cure, columns=columns)


def no_label(view: View, rest: Sequence[str]) -> DataError:
    """Nothing that could be the label; `rest` are the columns that may be."""
    which = f"--label COLUMN says which it is: {listed(rest)}; " if rest else ""
    taken = [name for name in view.columns if name not in view.free and words.normal(name) in words.LABELS]
    preds = () if view.stated.preds is None else resolve(view.stated.preds, tuple(view.columns), "--preds")
    within, others = [name for name in taken if name in preds], predictions_alone(preds)
    if within and others:
        message = f"--preds {view.stated.preds} takes {listed(within)} as well, which has the name of a label"
        cure = f"{flag('--preds', others, view)} leaves it to be the label"
        return DataError(_problem(view, "no-label", message, cure))
    if len(taken) == 1:
        which = f"{flag('--label', taken, view)} where the column of --by, --cluster or --id is the label too; "
    cure = _header_cure(view) or f"{which}--labels FILE reads it from another file"
    return DataError(_problem(view, "no-label", "no column has the name of a label", cure))


def predictions_alone(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns of a selector without those that have the name of something else."""
    named = {*words.LABELS, *words.IDS, *words.WEIGHTS}
    return tuple(name for name in columns if words.normal(name) not in named and not offers.is_index(name))


def no_predictions(view: View, rest: Sequence[str]) -> DataError:
    """Nothing that could be the predictions; `rest` are the columns that may be."""
    cure = "a column per class, a list column, or one column of probabilities is needed"
    if (typed := _type_cure(view)) is not None:
        cure = typed
    elif rest:
        scores = any((meaning := words.meaning(name)) is not None and meaning.rank == words.SCORE for name in rest)
        states = flag("--preds", rest, view) + (" --from probs (or logits)" if scores else "")
        cure = f"{states} states them, with as many of these columns as are predictions"
    return DataError(
        _problem(view, "no-predictions", "no column has the name of a prediction", _header_cure(view) or cure)
    )


def targets_differ(view: View, targets: Sequence[str], predictions: Sequence[str], *, stated: bool) -> XentError:
    """Target columns whose names do not fit those of the predictions."""
    message = (
        f"the targets {listed(targets, 6)} and the predictions {listed(predictions, 6)} do not name the same classes"
    )
    cure = (
        f"{flag('--targets', targets, view)} --classes A,B,… pairs them by position, or --label COLUMN has the classes"
    )
    return refuse(view, "target-mismatch", message, cure, stated=stated)


def wrong_kind(view: View, message: str, cure: str) -> XentError:
    """A kind that does not fit the columns: wrong use, unless nothing was stated."""
    said = view.stated
    flags = (said.kind, said.label, said.targets, said.preds, said.positive)
    return refuse(view, "wrong-kind", message, cure, stated=any(flag is not None for flag in flags))


def _header_cure(view: View) -> str | None:
    """What to say of a file that has no header, or was cut at the wrong delimiter."""
    names = tuple(view.columns)
    if len(names) == 1 and re.search(r"[;|\t,:^~]", names[0]):
        return "the header has one column: --delimiter says what separates the fields"
    if names and all(re.fullmatch(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?", name.strip()) for name in names):
        return "every column name is a number: the file seems to have no header line"
    data = next(
        (name for name in names if re.fullmatch(r"[-+]?[0-9]*\.[0-9]+(?:[eE][-+]?[0-9]+)?", name.strip())), None
    )
    return None if data is None else f"the column name {data} is a number: the file seems to have no header line"


def _type_cure(view: View) -> str | None:
    """What to say of a column that has the name of a prediction and not the type."""
    typed = ((name, kind) for name, kind in view.free.items() if words.meaning(name) is not None)
    named = next(
        ((name, kind) for name, kind in typed if not offers.is_scalar(kind) and not offers.is_list(kind)), None
    )
    if named is None:
        return None
    name, kind = named
    if offers.is_string(kind) or kind.kind == "bool":
        return f"column {name} is of type {kind.text}: {flag('--preds', [name], view)} reads it as numbers"
    return f"column {name} is of type {kind.text}, which cannot be read as numbers"
