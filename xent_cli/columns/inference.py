"""The inference: names, types and flags in, one plan or one refusal out. Each step says why it decided as it did."""

from __future__ import annotations

from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING

from xent_cli.columns import candidates as offers
from xent_cli.columns import vocabulary as words
from xent_cli.columns.kinds import shape
from xent_cli.columns.plan import Plan
from xent_cli.columns.refusals import flag, predictions_alone, refuse
from xent_cli.columns.search import find_predictions, find_side, stated_predictions, stated_side
from xent_cli.columns.selectors import listed, resolve, selector_for
from xent_cli.contract.errors import Location, Problem, UsageError
from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.columns.candidates import View
    from xent_cli.columns.plan import Stated, Typed
    from xent_cli.columns.search import Predictions


@struct
class _Chosen:
    """The columns of the stated selectors."""

    label: tuple[str, ...]
    targets: tuple[str, ...]
    preds: tuple[str, ...]
    weight: tuple[str, ...]
    id: tuple[str, ...]
    by: tuple[str, ...]
    cluster: tuple[str, ...]

    def all(self) -> set[str]:
        """Every column that has a stated role."""
        return {*self.label, *self.targets, *self.preds, *self.weight, *self.id, *self.by, *self.cluster}


def infer(names: Sequence[str], types: Sequence[Typed], stated: Stated, path: str) -> Plan:
    """Which column is what, from names, types and what was stated.

    Raises `UsageError` where a stated flag is at fault, `DataError` where the file does not tell.
    """
    chosen = _choose(names, stated, path)
    view = _view(names, types, stated, path, chosen)
    predictions = stated_predictions(view, chosen.preds) if chosen.preds else find_predictions(view)
    view = _without(view, predictions.columns)
    side = stated_side(view) if view.sides else find_side(view, predictions)
    form = shape(view, side, predictions)
    space, space_reason = _space(view, predictions)
    unused, identity = _weight(view, chosen), _identity(view, chosen, side.columns)
    weight = _first(chosen.weight)
    heads = (side.reason, predictions.reason, *_set_aside(view, side.columns), *form.class_reasons)
    tails = (space_reason, form.kind_reason, _weight_reason(view, weight, unused), _identity_reason(chosen, identity))
    return Plan(
        kind=form.kind,
        space=space,
        label=form.label,
        labels=form.labels,
        targets=form.targets,
        targets_list=side.is_list,
        predictions=form.predictions or predictions.columns,
        predictions_list=predictions.is_list,
        pair=form.pair,
        classes=form.classes,
        positive=form.positive,
        positive_stated=form.positive_stated,
        multilabel=form.multilabel,
        label_names=form.label_names,
        weight=weight,
        unused_weight=unused,
        id=identity,
        by=chosen.by,
        cluster=_first(chosen.cluster),
        reasons=tuple(reason for reason in (*heads, *tails) if reason),
    )


def _choose(names: Sequence[str], stated: Stated, path: str) -> _Chosen:
    """The stated selectors, resolved; roles that exclude each other must not share a column."""
    if stated.label is not None and stated.targets is not None:
        raise _usage("flags-conflict", "both --label and --targets are stated", "state one of them", path)
    chosen = _Chosen(
        label=_one(stated.label, names, "--label", path),
        targets=_many(stated.targets, names, "--targets"),
        preds=_many(stated.preds, names, "--preds"),
        weight=_one(stated.weight, names, "--weight", path),
        id=_one(stated.id, names, "--id", path),
        by=_many(stated.by, names, "--by"),
        cluster=_one(stated.cluster, names, "--cluster", path),
    )
    owners: dict[str, str] = {}
    for option in ("label", "targets", "preds", "weight"):
        for column in getattr(chosen, option):
            if column in owners:
                message = f"column '{column}' is stated by both --{owners[column]} and --{option}"
                raise _usage("column-twice", message, _one_role(chosen, owners[column], option, names), path)
            owners[column] = option
    return chosen


def _one_role(chosen: _Chosen, first: str, second: str, names: Sequence[str]) -> str:
    """The cure for a column of two roles; a glob of --preds may have caught the column of another."""
    rest = tuple(name for name in predictions_alone(chosen.preds) if name not in getattr(chosen, first))
    if second != "preds" or not rest:
        return "a column has one of these roles"
    return f"a column has one of these roles: --preds {quote(selector_for(rest, names))} leaves it to --{first}"


def _many(selector: str | None, names: Sequence[str], option: str) -> tuple[str, ...]:
    """The columns of a selector, none where it is not stated."""
    return () if selector is None else resolve(selector, names, option)


def _one(selector: str | None, names: Sequence[str], option: str, path: str) -> tuple[str, ...]:
    """The one column of a selector, none where it is not stated."""
    columns = _many(selector, names, option)
    if len(columns) > 1:
        cure = "--targets takes a column per class or label" if option == "--label" else "name one column"
        message = f"{option} takes one column, and '{selector}' is {len(columns):,}: {listed(columns, 6)}"
        raise _usage("one-column", message, cure, path)
    return columns


def _usage(rule: str, message: str, cure: str, path: str) -> UsageError:
    """Flags at fault before there is a view of the file."""
    return UsageError(Problem(rule=rule, message=message, where=Location(path), help=cure))


def _view(names: Sequence[str], types: Sequence[Typed], stated: Stated, path: str, chosen: _Chosen) -> View:
    """The file as the searches see it. Of a name that occurs twice the first counts; readers refuse it when used."""
    columns: dict[str, Typed] = {}
    for name, typed in zip(names, types, strict=True):
        columns.setdefault(name, typed)
    taken = chosen.all()
    free = {name: typed for name, typed in columns.items() if name not in taken and not offers.is_index(name)}
    return offers.View(path, columns, free, stated, chosen.label or chosen.targets)


def _without(view: View, used: tuple[str, ...]) -> View:
    """The view once the predictions are found."""
    aside = set(used)
    return replace(view, free={name: typed for name, typed in view.free.items() if name not in aside})


def _space(view: View, predictions: Predictions) -> tuple[str, str]:
    """The space of the predictions and its reason. Names decide where --from does not; values never do."""
    stated = view.stated.from_
    if stated is not None:
        return stated, f"from {stated}: stated by --from"
    if predictions.space == "mixed":
        message = f"the names {listed(predictions.columns, 6)} speak of more than one space"
        cure = "--from probs, --from logits or --from logprobs"
        raise refuse(view, "ambiguous-columns", message, cure, stated=predictions.stated, columns=predictions.columns)
    named = predictions.space != "probs"
    why = "the names of the predictions say so" if named else "no name speaks of logits or log-probabilities"
    return predictions.space, f"from {predictions.space}: {why}"


def _set_aside(view: View, used: tuple[str, ...]) -> list[str]:
    """A reason for each decision column that was left out."""
    names = [name for name in offers.decisions(view) if name not in used]
    return [f"column {name} left out: it holds decisions, not predictions" for name in names]


def _weight(view: View, chosen: _Chosen) -> str | None:
    """A column that is named like a weight and not used as one: weights change the number, so they are asked for."""
    if chosen.weight:
        return None
    named = {words.normal(name): name for name in view.free if offers.is_scalar(view.columns[name])}
    return next((named[word] for word in words.WEIGHTS if word in named), None)


def _weight_reason(view: View, weight: str | None, unused: str | None) -> str | None:
    """What became of the weight."""
    if weight is not None:
        return f"weight {weight}: stated by --weight"
    return (
        None if unused is None else f"column {unused} not used: {flag('--weight', [unused], view)} makes it the weight"
    )


def _identity(view: View, chosen: _Chosen, used: tuple[str, ...]) -> str | None:
    """The column that names the rows. It changes no number, so the usual names are enough."""
    if chosen.id:
        return chosen.id[0]
    usable = [name for name in view.free if name not in used and view.columns[name].kind not in {"list", "other"}]
    named = {words.normal(name): name for name in sorted(usable, reverse=True)}
    return next((named[word] for word in words.IDS if word in named), None)


def _identity_reason(chosen: _Chosen, identity: str | None) -> str | None:
    """Where the id came from."""
    if identity is None:
        return None
    return f"id {identity}: " + ("stated by --id" if chosen.id else "the name of an id")


def _first(columns: tuple[str, ...]) -> str | None:
    """The column of a role that has at most one."""
    return columns[0] if columns else None
