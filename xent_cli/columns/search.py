"""The two searches: which columns are the predictions, and which hold what was to be predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.columns import candidates as offers
from xent_cli.columns import refusals
from xent_cli.columns import vocabulary as words
from xent_cli.columns.selectors import listed
from xent_cli.contract.errors import DataError
from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from xent_cli.columns.candidates import Group, View

# A list column of targets is also called by these.
_LISTS = words.LABELS | {"t", "onehot", "one_hot", "soft_label", "soft_labels", "label_probs", "target_probs"}


@struct
class Predictions:
    """The prediction columns. `rests` are their class names (None: they carry none), `space` what the names say."""

    columns: tuple[str, ...]
    rests: tuple[str, ...] | None
    space: str
    is_list: bool
    reason: str
    stated: bool


@struct
class Side:
    """What was to be predicted. `form` is "label" (one column of classes), "targets" or "outcomes" (one each)."""

    columns: tuple[str, ...]
    form: str
    reason: str
    is_list: bool = False
    stated: bool = False
    rests: tuple[str, ...] | None = None


def stated_predictions(view: View, columns: tuple[str, ...]) -> Predictions:
    """The predictions of --preds, checked against the types of the columns."""
    vector = _check_numbers(view, columns, "--preds")
    meanings = [words.meaning(column) for column in columns]
    if view.stated.from_ is None and any(meaning and meaning.rank == words.SCORE for meaning in meanings):
        raise refusals.score_refused(view, [columns], stated=True)
    spaces = {meaning.space if meaning else "probs" for meaning in meanings}
    rests = None if vector else _stated_rests(columns)
    space = spaces.pop() if len(spaces) == 1 else "mixed"
    return Predictions(columns, rests, space, vector, _reason("predictions", columns, "stated by --preds"), stated=True)


def _stated_rests(columns: tuple[str, ...]) -> tuple[str, ...] | None:
    """The class names of stated columns; a single column has one only as `prob_yes` has it."""
    if len(columns) > 1:
        return offers.rests_of(columns)
    member = words.prediction_member(columns[0])
    named = member is not None and words.normal(member.rest) not in words.NO_CLASS | words.STATISTICS
    return (member.rest,) if member is not None and named else None


def stated_side(view: View) -> Side:
    """The column of --label, or those of --targets. One target column of single values is a label."""
    option = "--label" if view.stated.label is not None else "--targets"
    columns = view.sides
    vector = any(view.columns[column].kind == "list" for column in columns)
    if vector or len(columns) > 1:
        _check_numbers(view, columns, option)
    form = "targets" if vector or len(columns) > 1 else "label"
    noun = "label" if form == "label" else "targets"
    rests = offers.rests_of(columns) if len(columns) > 1 else None
    return Side(columns, form, _reason(noun, columns, f"stated by {option}"), vector, stated=True, rests=rests)


def _check_numbers(view: View, columns: tuple[str, ...], option: str) -> bool:
    """Refuse columns that cannot hold numbers, or a list column among others; True for one list column."""
    for column in columns:
        typed = view.columns[column]
        if typed.kind == "list" and offers.is_list(typed) and len(columns) == 1:
            return True
        if typed.kind in {"text", "list", "other"} and not offers.is_string(typed):
            what = "is one of several" if offers.is_list(typed) else "holds no numbers"
            message = f"column '{column}' of {option} is of type {typed.text} and {what}"
            cure = f"{option} takes columns of numbers, or one list column"
            raise refusals.refuse(view, "wrong-type", message, cure, stated=True, columns=[column])
    return False


def find_predictions(view: View) -> Predictions:
    """The one group of columns that the names allow for; an error where there is none, or more than one."""
    groups = offers.groups(view)
    group = _choose(view, groups)
    if group.doubtful:
        raise refusals.doubtful_family(view, group)
    reason = _reason("predictions", group.columns, group.form)
    return Predictions(group.columns, group.rests, group.space, group.is_list, reason, stated=False)


def _choose(view: View, groups: tuple[Group, ...]) -> Group:
    """The group that speaks most firmly."""
    firm, weak, soft, scores, confidences = ([group for group in groups if group.rank == rank] for rank in range(5))
    families = [group for group in soft if len(group.columns) > 1]
    chosen = firm or [*weak, *families] or soft
    if len(chosen) > 1:
        raise refusals.ambiguous_predictions(view, chosen)
    if chosen and chosen[0] in soft:
        _check_soft(view, chosen[0], [*scores, *confidences])
    if chosen:
        return chosen[0]
    if scores and view.stated.from_ is None:
        raise refusals.score_refused(view, [group.columns for group in scores])
    if len(scores) > 1:
        raise refusals.ambiguous_predictions(view, scores)
    if scores:
        return scores[0]
    raise refusals.confidence_refused(view, confidences[0].columns) if confidences else _nothing(view)


def _check_soft(view: View, group: Group, others: list[Group]) -> None:
    """Refuse `y_pred` beside scores, and one such column beside decisions: it may be the probability of those."""
    single = len(group.columns) == 1 and not group.is_list
    decisions = offers.decisions(view) if single else ()
    if others or decisions:
        raise refusals.soft_beside(view, group, others, decisions)


def _nothing(view: View) -> DataError:
    """No predictions; and no label either, where that is so."""
    rest = offers.left_over(view)
    found = refusals.no_predictions(view, rest).problems
    if not view.sides and not offers.label_columns(view):
        found = (*refusals.no_label(view, offers.left_over(view, text=True)).problems, *found)
    return DataError(*found)


def find_side(view: View, predictions: Predictions) -> Side:
    """The label or the targets; an error where there is none, or more than one reading."""
    labels = [] if view.stated.kind == "categorical" else _labels(view)
    others = [*_lists(view, predictions), *_families(view, predictions), *_outcomes(view, predictions)]
    if view.stated.kind == "sparse":
        others = []
    if len(labels) > 1 and not others:
        raise refusals.ambiguous_labels(view, [side.columns[0] for side in labels])
    if len(labels) + len(others) > 1:
        options = [("--label", side.columns) for side in labels] + [("--targets", side.columns) for side in others]
        raise refusals.ambiguous_sides(view, options)
    if labels or others:
        return (labels or others)[0]
    raise _no_side(view, predictions)


def _labels(view: View) -> list[Side]:
    """Every column of single values that has the name of a label."""
    found = [name for name in offers.label_columns(view) if view.columns[name].kind != "list"]
    why = "the only column with the name of a label"
    return [Side((name,), "label", _reason("label", (name,), why)) for name in found]


def _lists(view: View, predictions: Predictions) -> list[Side]:
    """Every list column that has the name of a label or of targets."""
    return [
        Side((name,), "targets", _reason("targets", (name,), "a list column with the name of a label"), is_list=True)
        for name, typed in view.free.items()
        if offers.is_list(typed) and words.normal(name) in _LISTS and name not in predictions.columns
    ]


def _families(view: View, predictions: Predictions) -> list[Side]:
    """Every family of target columns that names the same classes as the predictions."""
    wanted = predictions.rests
    found = []
    for family in offers.target_groups(view, predictions.columns):
        rests = tuple(member.rest for member in family)
        if wanted is not None and sorted(rests) == sorted(wanted):
            columns = tuple(member.column for member in family)
            why = "named for the same classes as the predictions"
            found.append(Side(columns, "targets", _reason("targets", columns, why), rests=rests))
    return found


def _outcomes(view: View, predictions: Predictions) -> list[Side]:
    """The outcome columns beside the predictions, where each has one."""
    if view.stated.kind == "categorical":
        return []
    beside = offers.partners(view)
    if not all(column in beside for column in predictions.columns):
        return []
    columns = tuple(beside[column] for column in predictions.columns)
    return [Side(columns, "outcomes", _reason("label", columns, "the outcome beside the prediction"))]


def _no_side(view: View, predictions: Predictions) -> Exception:
    """Why there is no label: targets with other names, columns for another command, or nothing at all."""
    families = [family for family in offers.target_groups(view, predictions.columns) if len(family) > 1]
    labels = _labels(view)
    if view.stated.kind == "categorical" and labels:
        message = f"categorical takes a target column per class, and {listed(labels[0].columns)} is a single label"
        return refusals.wrong_kind(view, message, "xent sparse scores one label column against a column per class")
    if view.stated.kind == "sparse" and (_families(view, predictions) or _lists(view, predictions)):
        message = "sparse takes one label column, and there is a target column per class"
        return refusals.wrong_kind(view, message, "xent categorical scores a target column per class")
    if families and predictions.rests is not None and len(predictions.columns) > 1:
        columns = tuple(member.column for member in families[0])
        return refusals.targets_differ(view, columns, predictions.columns, stated=False)
    return refusals.no_label(view, offers.left_over(view, text=True))


def _reason(role: str, columns: tuple[str, ...], why: str) -> str:
    """One sentence for one inference."""
    return f"{role} {listed(columns, 6)}: {why}"
