"""From columns to a kind: which loss they are for, in which order the columns go, and what the classes are called."""

from __future__ import annotations

from collections import Counter
from dataclasses import KW_ONLY, replace
from typing import TYPE_CHECKING

from xent_cli.columns import vocabulary as words
from xent_cli.columns.refusals import refuse, targets_differ, wrong_kind
from xent_cli.columns.selectors import join_names, listed
from xent_cli.contract.frozen import struct
from xent_cli.contract.label_values import value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.columns.candidates import View
    from xent_cli.columns.search import Predictions, Side


@struct
class Shape:
    """The part of a plan that depends on the kind. `predictions` is empty where their order is that of the file."""

    _: KW_ONLY
    kind: str
    label: str | None = None
    labels: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    predictions: tuple[str, ...] = ()
    pair: bool = False
    classes: tuple[str, ...] | None = None
    positive: str | None = None
    positive_stated: bool = False
    multilabel: bool = False
    label_names: tuple[str, ...] = ()
    class_reasons: tuple[str, ...] = ()
    kind_reason: str = ""


def shape(view: View, side: Side, predictions: Predictions) -> Shape:
    """The shape of the kind that was stated, or that the columns are for."""
    _check_classes(view)
    _check_order(view, predictions)
    kind = view.stated.kind or _kind(view, side, predictions)
    if view.stated.positive == "":
        cure = "--positive NAME says which label is the positive class"
        raise refuse(view, "bad-classes", "--positive '' is no class", cure, stated=True)
    if kind != "binary" and view.stated.positive is not None:
        message = f"--positive is for a binary label, and this is {kind}"
        raise wrong_kind(view, message, "--classes names the classes of the predictions in order")
    build = {"binary": _binary, "sparse": _sparse, "categorical": _categorical}[kind]
    made = build(view, side, predictions)
    if view.stated.kind is not None:
        return replace(made, kind_reason=f"kind {kind}: stated by the command")
    return replace(made, kind_reason=f"kind {kind}: {_counts(side, predictions)}")


def _kind(view: View, side: Side, predictions: Predictions) -> str:
    """The kind that the columns are for."""
    count = len(predictions.columns)
    if side.form == "outcomes":
        return "binary"
    if side.form == "targets":
        return "binary" if len(side.columns) == 1 and count == 1 and not side.is_list else "categorical"
    if count == 2 and view.stated.positive is not None:
        return "binary"
    return "sparse" if predictions.is_list or count > 1 else "binary"


def _counts(side: Side, predictions: Predictions) -> str:
    """The columns that decide the kind, counted."""
    noun = {"label": "label", "targets": "target", "outcomes": "outcome"}[side.form]
    return f"{_count(side.columns, noun, vector=side.is_list)}, " + _count(
        predictions.columns, "prediction", vector=predictions.is_list
    )


def _count(columns: tuple[str, ...], noun: str, *, vector: bool) -> str:
    """How many columns of a sort."""
    if vector:
        return f"a list column of {noun}s"
    return f"one {noun} column" if len(columns) == 1 else f"{len(columns):,} {noun} columns"


def _check_classes(view: View) -> None:
    """--classes must name different classes."""
    names = view.stated.classes or ()
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated or not all(names):
        what = f"names '{repeated[0]}' twice" if repeated else "has an empty name"
        raise refuse(view, "bad-classes", f"--classes {what}", "name every class once", stated=True)


def _named(view: View, count: int) -> tuple[str, ...] | None:
    """The names of --classes, which must be as many as there are predictions."""
    names = view.stated.classes
    if names is not None and len(names) != count:
        message = f"--classes has {len(names):,} names, and there are {count:,} predictions"
        cure = "name the classes in the order of the prediction columns"
        raise refuse(view, "bad-classes", message, cure, stated=True)
    return names


def _check_order(view: View, predictions: Predictions) -> None:
    """--classes must not repeat the names of the columns in another order: a label would be scored as another class."""
    said, own = view.stated.classes, predictions.rests
    if said is None or own is None or len(own) != len(said):
        return
    here, there = [value_of(name) for name in said], [value_of(name) for name in own]
    if here != there and sorted(here) == sorted(there):
        from shlex import quote

        message = (
            f"--classes {','.join(said)} has the names of the columns {listed(predictions.columns, 6)} in another order"
        )
        cure = f"leave --classes out, or write --classes {quote(join_names(own))}"
        raise refuse(view, "classes-order", message, cure, stated=True, columns=predictions.columns)


def _distinct(view: View, classes: tuple[str, ...], predictions: Predictions) -> tuple[str, ...]:
    """Class names that differ, as they must: `p1` and `p_1` are both class 1."""
    if len(set(classes)) < len(classes):
        message = f"the predictions {listed(predictions.columns, 6)} name a class twice"
        cure = f"--classes with {len(classes):,} different names"
        raise refuse(view, "bad-classes", message, cure, stated=predictions.stated)
    return classes


def _class_reason(view: View, classes: Sequence[str], columns: tuple[str, ...]) -> tuple[str, ...]:
    """Where the class names came from: a flag, or the names of `columns`."""
    common = "what the names of the columns do not have in common"
    why = "the names of the columns, which have nothing in common" if set(classes) == set(columns) else common
    return (f"classes {listed(classes, 6)}: " + ("stated by --classes" if view.stated.classes else why),)


# binary -----------------------------------------------------------------------------------------------------------


def _binary(view: View, side: Side, predictions: Predictions) -> Shape:
    """One label and one prediction; a label and two predictions for its two classes; several of each."""
    labels, count = len(side.columns), len(predictions.columns)
    if side.is_list or predictions.is_list:
        what = listed(side.columns if side.is_list else predictions.columns)
        message = f"binary takes single values, and {what} is a list column"
        raise wrong_kind(view, message, "xent sparse or xent categorical scores lists; several labels go in columns")
    if labels == 1 and count == 1:
        return _plain(view, side, predictions)
    if labels == 1 and count == 2:
        return _pair(view, side, predictions)
    if labels == count:
        return _multilabel(view, side, predictions)
    if labels == 1:
        message = (
            f"binary takes one label and one prediction, and there are {count:,}: {listed(predictions.columns, 6)}"
        )
        raise wrong_kind(view, message, "xent sparse scores a prediction column per class")
    message = f"there are {labels:,} label columns and {count:,} predictions: {listed(predictions.columns, 6)}"
    raise wrong_kind(view, message, "--targets and --preds name as many columns, in the same order")


def _plain(view: View, side: Side, predictions: Predictions) -> Shape:
    """One label, one prediction. A column such as `prob_yes` names the positive class."""
    base = Shape(kind="binary", label=side.columns[0], labels=side.columns)
    stated, positive = view.stated.classes, view.stated.positive
    if stated is not None:
        classes, positive = _two(view, stated)
        reasons = (*_class_reason(view, classes, ()), f"positive class {positive}: the second of --classes")
        if view.stated.positive is not None:
            reasons = (reasons[0], f"positive class {positive}: stated by --positive")
        return replace(base, classes=classes, positive=positive, positive_stated=True, class_reasons=reasons)
    if positive is not None:
        reasons = (f"positive class {positive}: stated by --positive",)
        return replace(base, positive=positive, positive_stated=True, class_reasons=reasons)
    rest = _named_positive(side, predictions)
    if rest is None:
        return replace(base, class_reasons=("positive class 1 or true: no name says otherwise",))
    reasons = (f"positive class {rest}: what remains of the name {predictions.columns[0]}",)
    # 1 and true are positive as they are; naming one would refuse the other, and 1.0 and soft labels with it
    return replace(base, positive=None if rest.casefold() in {"1", "true"} else rest, class_reasons=reasons)


def _named_positive(side: Side, predictions: Predictions) -> str | None:
    """The `yes` of `prob_yes`; None where the label is of that class alone, as `t_yes` and `prob_yes_outcome` are."""
    member = words.prediction_member(predictions.columns[0])
    if predictions.rests is None or member is None or member.suffix or side.form != "label":
        return None
    target = words.target_member(side.columns[0])
    own = side.columns[0].startswith(member.column) or (target is not None and target.rest == member.rest)
    return None if own else member.rest


def _two(view: View, names: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """--classes of a plain binary file: (negative, positive), the second positive unless --positive says otherwise."""
    if len(names) != 2:
        message = f"--classes has {len(names):,} names, and binary has two classes"
        raise refuse(view, "bad-classes", message, "--classes NEGATIVE,POSITIVE", stated=True)
    positive = names[1] if view.stated.positive is None else view.stated.positive
    return _ordered(view, names, positive), positive


def _ordered(view: View, classes: tuple[str, ...], positive: str) -> tuple[str, ...]:
    """Two classes, the positive one last."""
    if positive not in classes:
        message = f"--positive '{positive}' is none of the classes {listed(classes)}"
        raise refuse(view, "bad-classes", message, " or ".join(f"--positive {name}" for name in classes), stated=True)
    return tuple(sorted(classes, key=lambda name: name == positive))


def _pair(view: View, side: Side, predictions: Predictions) -> Shape:
    """One label, and a prediction for each of its two classes."""
    named = _named(view, 2) or predictions.rests or predictions.columns
    classes = _distinct(view, named, predictions)
    said = view.stated.positive
    positive = _usual_positive(view, classes) if said is None else said
    ordered = _ordered(view, classes, positive)
    columns = tuple(predictions.columns[classes.index(name)] for name in ordered)
    why = "the usual name of the positive class" if said is None else "stated by --positive"
    return Shape(
        kind="binary",
        label=side.columns[0],
        labels=side.columns,
        predictions=columns,
        pair=True,
        classes=ordered,
        positive=positive,
        positive_stated=said is not None,
        class_reasons=(*_class_reason(view, ordered, predictions.columns), f"positive class {positive}: {why}"),
    )


def _usual_positive(view: View, classes: tuple[str, ...]) -> str:
    """The class that is called 1, true, yes, pos or positive, where exactly one is."""
    found = [name for name in classes if name.strip().casefold() in words.POSITIVE]
    if len(found) != 1:
        message = f"either of the classes {listed(classes)} could be the positive one"
        cure = " or ".join(f"--positive {name}" for name in classes)
        raise refuse(view, "positive-unknown", message, cure, stated=True)
    return found[0]


def _multilabel(view: View, side: Side, predictions: Predictions) -> Shape:
    """As many labels as predictions: by name where both have the same names, else in the order stated."""
    labels, names, how = _matched(side, predictions)
    names = _named(view, len(names)) or names
    return Shape(
        kind="binary",
        labels=labels,
        multilabel=True,
        label_names=_distinct(view, names, predictions),
        positive=view.stated.positive,
        positive_stated=view.stated.positive is not None,
        class_reasons=(f"labels {listed(names, 6)}: {'stated by --classes' if view.stated.classes else how}",),
    )


def _matched(side: Side, predictions: Predictions) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The label columns in the order of the predictions, the names of the labels, and how they were matched."""
    if side.form == "outcomes":
        return side.columns, predictions.columns, "each prediction has its outcome beside it"
    ordered = _by_name(side, predictions)
    if ordered is not None and predictions.rests is not None:
        return ordered, predictions.rests, "labels and predictions have these names in common"
    return side.columns, side.columns, "paired with the predictions in order, as their names do not match"


def _by_name(side: Side, predictions: Predictions) -> tuple[str, ...] | None:
    """The columns of `side` in the order of the predictions, None where their names differ."""
    if side.rests is None or predictions.rests is None or sorted(side.rests) != sorted(predictions.rests):
        return None
    if len(set(side.rests)) < len(side.rests):
        return None
    place = dict(zip(side.rests, side.columns, strict=True))
    return tuple(place[rest] for rest in predictions.rests)


# sparse -----------------------------------------------------------------------------------------------------------


def _sparse(view: View, side: Side, predictions: Predictions) -> Shape:
    """One label, a prediction per class."""
    if side.form != "label":
        message = f"sparse takes one label column, and these are {listed(side.columns, 6)}"
        raise wrong_kind(view, message, "xent categorical scores a target column per class")
    classes, reasons = _classes(view, side, predictions)
    return Shape(kind="sparse", label=side.columns[0], classes=classes, class_reasons=reasons)


def _classes(view: View, side: Side, predictions: Predictions) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The classes of sparse and categorical: stated, else from the names, else numbered once the width is known."""
    if not predictions.is_list:
        _check_several(view, len(predictions.columns), listed(predictions.columns))
        named = _named(view, len(predictions.columns)) or predictions.rests or predictions.columns
        return _distinct(view, named, predictions), _class_reason(view, named, predictions.columns)
    names = view.stated.classes or side.rests
    length = _check_lengths(view, side, predictions, None if names is None else len(names))
    if names is not None:
        return _distinct(view, names, predictions), _class_reason(view, names, side.columns)
    why = (f"classes by position in {listed(predictions.columns)}: a list column carries no names",)
    return (None if length is None else tuple(str(index) for index in range(length))), why


def _check_several(view: View, count: int, what: str) -> None:
    """One prediction is for binary: over one class there is nothing to predict, and over none still less."""
    if count == 0:
        raise refuse(view, "bad-classes", f"the lists of {what} are of length 0", "write a value for each class")
    if count == 1:
        message = f"one prediction column, {what}, is for two classes at most"
        raise wrong_kind(view, message, "xent binary scores one probability against one label")


def _check_lengths(view: View, side: Side, predictions: Predictions, named: int | None) -> int | None:
    """Everything that has a length must have the same: fixed-size lists, columns, names. The length, if known."""
    known = {
        "the predictions": _width(view, predictions.columns, vector=predictions.is_list),
        "the targets": None if side.form == "label" else _width(view, side.columns, vector=side.is_list),
        "the class names": named,
    }
    lengths = {what: length for what, length in known.items() if length is not None}
    if len(set(lengths.values())) > 1:
        message = " and ".join(f"{what} have {length:,} entries" for what, length in lengths.items())
        cure = "targets, predictions and --classes have one entry for each class"
        raise refuse(view, "bad-classes", message, cure, stated=view.stated.classes is not None)
    length = next(iter(lengths.values()), None)
    if length is not None:
        _check_several(view, length, listed(predictions.columns))
    return length


def _width(view: View, columns: tuple[str, ...], *, vector: bool) -> int | None:
    """How many entries a row has: columns, or the fixed length of lists."""
    return view.columns[columns[0]].length if vector else len(columns)


# categorical ------------------------------------------------------------------------------------------------------


def _categorical(view: View, side: Side, predictions: Predictions) -> Shape:
    """A target and a prediction per class."""
    if side.form != "targets":
        message = f"categorical takes a target column per class, and there is {listed(side.columns, 6)}"
        raise wrong_kind(
            view, message, "xent sparse scores one label column, xent binary pairs of label and prediction"
        )
    classes, reasons = _classes(view, side, predictions)
    targets = side.columns
    if not side.is_list and not predictions.is_list:
        targets = _aligned(view, side, predictions)
    elif side.is_list and not predictions.is_list:
        _check_lengths(view, side, predictions, None)
    return Shape(kind="categorical", targets=targets, classes=classes, class_reasons=reasons)


def _aligned(view: View, side: Side, predictions: Predictions) -> tuple[str, ...]:
    """The targets in the order of the predictions: by name, or by position where --classes says so."""
    ordered = _by_name(side, predictions)
    if ordered is not None:
        return ordered
    if view.stated.classes is not None and len(side.columns) == len(predictions.columns):
        return side.columns
    raise targets_differ(view, side.columns, predictions.columns, stated=side.stated or predictions.stated)
