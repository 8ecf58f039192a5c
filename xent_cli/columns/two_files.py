"""Which column is what where the labels stand in another file than the predictions.

Predictions are looked for in the file of predictions, all other roles in the file of labels first. Where names alone do
not tell, what a file is for does:

* A file of predictions in which no name means one has nothing but predictions besides its keys (`id, cat, dog`).
* Labels with the names of those predictions are their targets, one column each (a one-hot solution); else the column
  with the name of a label is the label, or the only column there is besides the keys.

A name that both files have is an error where it could be either, unless a flag states it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xent_cli.columns import candidates as offers
from xent_cli.columns import vocabulary as words
from xent_cli.columns.reading_of import infer_with_values
from xent_cli.columns.selectors import listed, resolve
from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from xent_cli.columns.plan import Plan, Stated, Typed

ASIDE = frozenset({"usage", "indicator"})
"""Columns with which Kaggle tells public from private rows."""


@struct
class Sides:
    """The columns of both files under the names that they have together.

    `of_labels` leads from the names of the label columns to those in their own file; `keys` are in both files.
    """

    path: str
    labels_path: str
    types: Mapping[str, Typed]
    of_labels: Mapping[str, str]
    keys: tuple[str, ...]

    @property
    def predictions(self) -> tuple[str, ...]:
        """The columns of the predictions besides the keys."""
        return tuple(name for name in self.types if name not in self.of_labels and name not in self.keys)


def infer_joined(sides: Sides, stated: Stated, peek: Mapping[str, Sequence[Any]]) -> Plan:
    """Which column is what, from both files, their first rows and what was stated."""
    resolved = _resolved(sides, stated)
    found, why = _inferred(sides, resolved, stated)
    plan = infer_with_values(tuple(sides.types), tuple(sides.types.values()), peek, found, sides.path)
    return replace(plan, reasons=tuple(_told(reason, why) for reason in plan.reasons), guessed=stated.preds is None)


def _resolved(sides: Sides, stated: Stated) -> Stated:
    """The stated selectors with every column under the name that it has here."""
    labels = {own: name for name, own in sides.of_labels.items()}
    both = {**{name: name for name in sides.types}, **labels}
    first = {**both, **{name: name for name in sides.types if name not in sides.of_labels}}
    return replace(
        stated,
        preds=_under(stated.preds, first, "--preds"),
        id=_under(stated.id, first, "--id"),
        label=_under(stated.label, both, "--label"),
        targets=_under(stated.targets, both, "--targets"),
        weight=_under(stated.weight, both, "--weight"),
        by=_under(stated.by, both, "--by"),
        cluster=_under(stated.cluster, both, "--cluster"),
    )


def _under(selector: str | None, names: Mapping[str, str], flag: str) -> str | None:
    """A selector by other names."""
    if selector is None:
        return None
    return _selector(names[column] for column in resolve(selector, tuple(names), flag))


def _selector(columns: Iterable[str]) -> str:
    """Columns as a selector that is nothing but their names."""
    return ",".join('"' + column.replace('"', '""') + '"' for column in columns)


def _inferred(sides: Sides, stated: Stated, asked: Stated) -> tuple[Stated, dict[str, str]]:
    """What is stated, with the roles that follow from what the files are for, and why they do."""
    why: dict[str, str] = {}
    preds = _named(sides, stated.preds) or _predictions(sides, stated)
    if preds and stated.preds is None:
        stated = replace(stated, preds=_selector(preds))
        why["stated by --preds"] = f"every column of {sides.path} besides the keys"
    if stated.label is not None or stated.targets is not None:
        return stated, why
    targets = _targets(sides, preds)
    if targets:
        if asked.classes is None:
            stated = replace(stated, classes=offers.rests_of(preds))
            why["stated by --classes"] = "what the names of the columns do not have in common"
        why["stated by --targets"] = f"the columns of {sides.labels_path} with the names of the predictions"
        return replace(stated, targets=_selector(targets)), why
    label = _label(sides, preds)
    if label is not None:
        why["stated by --label"] = f"the label column of {sides.labels_path}"
        stated = replace(stated, label=_selector((label,)))
    return stated, why


def _named(sides: Sides, selector: str | None) -> tuple[str, ...]:
    """The columns of a resolved selector."""
    return () if selector is None else resolve(selector, tuple(sides.types), "--preds")


def _predictions(sides: Sides, stated: Stated) -> tuple[str, ...]:
    """All columns of the predictions, where no name among them means one; else none, and names decide."""
    taken = {name for flag in (stated.weight, stated.by, stated.cluster, stated.id) for name in _named(sides, flag)}
    usable = (name for name in sides.predictions if name not in taken and not offers.is_index(name))
    free = {
        name: sides.types[name] for name in usable if words.normal(name) not in {*words.IDS, *words.WEIGHTS, *ASIDE}
    }
    view = offers.View(sides.path, free, free, stated)
    if offers.groups(view) or not all(offers.is_scalar(typed) for typed in free.values()):
        return ()
    doubtful = [name for name in offers.label_columns(view) if len(free) > 1]
    if doubtful:
        raise _in_both(sides, doubtful[0], "--preds", "says which columns are the predictions")
    return tuple(free)


def _targets(sides: Sides, preds: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of the labels with the names of several predictions, in their order."""
    place = {own: name for name, own in sides.of_labels.items()}
    if len(preds) < 2 or not all(name in place for name in preds):
        return ()
    return tuple(place[name] for name in preds)


def _label(sides: Sides, preds: tuple[str, ...]) -> str | None:
    """The one column of the labels with the name of a label, or the only one; None where other rules decide."""
    rest = {own: name for name, own in sides.of_labels.items() if own.strip().casefold() not in ASIDE}
    named = [own for own in rest if words.normal(own) in words.LABELS]
    plain = [own for own in rest if words.normal(own) not in {*words.WEIGHTS, *words.IDS} and not offers.is_index(own)]
    found = named if len(named) == 1 else plain if len(plain) == 1 else []
    if not found or sides.types[rest[found[0]]].kind in {"list", "other"}:
        return None
    own = found[0]
    if own in sides.predictions and own not in preds:
        raise _in_both(sides, own, "--label", f"takes that of {sides.labels_path}")
    return rest[own]


def _in_both(sides: Sides, name: str, flag: str, does: str) -> DataError:
    """The refusal of a column that could be meant in either file."""
    message = f"column {name} could be that of {sides.path} or of {sides.labels_path}"
    where = Location(sides.path, columns=(name,))
    detail = f"the columns are {listed(sides.predictions)}, and {listed(tuple(sides.of_labels.values()))}"
    cure = f"{flag} {name} {does}" if flag == "--label" else f"{flag} COLS {does}"
    return DataError(Problem("ambiguous-columns", message, where, detail, cure))


def _told(reason: str, why: Mapping[str, str]) -> str:
    """A reason in the words of the rule that it came from."""
    for said, meant in why.items():
        reason = reason.replace(said, meant)
    return reason
