"""Labels of a block matched to classes, by name."""

from __future__ import annotations

from functools import cache
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from xent_cli.contract.label_values import value_of
from xent_cli.contract.text import listed
from xent_cli.readers.interface import shorten
from xent_cli.scoring import validation
from xent_cli.scoring.scheme import IGNORED, MISSING, TRUTH, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xent_cli.contract.row_columns import Coded
    from xent_cli.readers.interface import Block
    from xent_cli.scoring.scheme import Scheme

    Floats: TypeAlias = NDArray[np.float64]


COMPARED = 1000  # classes among which one close to an unknown label is looked for
TYPED = 200  # characters of labels that a flag to be pasted may hold


def matched_labels(
    block: Block, scheme: Scheme, breaches: validation.BlockBreaches
) -> tuple[NDArray[np.bool_] | None, NDArray[np.int64] | None, Floats | None]:
    """Which rows are ignored, and the labels as class indices (n,) or as targets (n, k)."""
    plan = scheme.plan
    if plan.kind == "categorical":
        assert block.targets is not None
        validation.targets(block.targets, breaches, plan.targets, scheme.options.bad_rows.sum_tolerance)
        return None, None, block.targets
    if plan.kind == "sparse":
        assert plan.label is not None
        coded = block.coded[plan.label]
        y = scheme.lookup(coded.names).take(coded.codes)
        return _matched(y, coded, plan.label, scheme, breaches), y, None
    if plan.of != "positive" and (plan.decision is not None or not plan.labels):
        t = _decided(block, scheme) if plan.decision is not None else np.ones(block.rows)
        ignored = None
        if plan.decision is not None:
            coded = block.coded[plan.labels[0]]
            marks = scheme.truths(coded.names).take(coded.codes) == IGNORED
            ignored = marks if marks.any() else None
        return ignored, None, t[:, None]
    masks, columns = zip(*(_truths(block, column, scheme, breaches) for column in plan.labels), strict=True)
    known = [mask for mask in masks if mask is not None]
    ignored = np.logical_or.reduce(known) if known else None
    return ignored, None, np.stack(columns, axis=1) if plan.multilabel else columns[0][:, None]


def _truths(
    block: Block, column: str, scheme: Scheme, breaches: validation.BlockBreaches
) -> tuple[NDArray[np.bool_] | None, Floats]:
    """One binary label column: which rows are ignored, and the targets."""
    coded = block.coded[column]
    t = _looked_up(scheme.truths(coded.names), coded.codes)
    return _matched(t, coded, column, scheme, breaches), t


def _decided(block: Block, scheme: Scheme) -> Floats:
    """1 where the decision is the label, 0 where it is another class; labels are equal where their values are."""
    plan = scheme.plan
    assert plan.decision is not None
    label, decision = block.coded[plan.labels[0]], block.coded[plan.decision]
    names = {name: place for place, name in enumerate({value_of(each) for each in (*label.names, *decision.names)})}
    of_label = np.array([*(names[value_of(each)] for each in label.names), -1], np.int64).take(label.codes)
    of_decision = np.array([*(names[value_of(each)] for each in decision.names), -1], np.int64).take(decision.codes)
    return np.asarray(of_label == of_decision, np.float64)


def _looked_up(table: Floats, codes: NDArray[np.int32]) -> Floats:
    """The entry of a table for each code; codes that are their own entries are converted, in a fifth of the time."""
    return codes.astype(np.float64) if table.tolist() == [0.0, 1.0, MISSING] else table.take(codes)


def _matched(
    values: NDArray[Any], coded: Coded, column: str, scheme: Scheme, breaches: validation.BlockBreaches
) -> NDArray[np.bool_] | None:
    """Report the labels that fit no class; return which rows hold an ignored label."""
    if not values.size or values.min() >= 0:
        return None
    found = cache(lambda: _found(coded, scheme))
    breaches.report(
        "unknown-label",
        values == UNKNOWN,
        lambda row: (_unknown(coded.names[coded.codes[row]], scheme), (column,)),
        lambda row: _fit(coded.names[coded.codes[row]], breaches.block.line(row), found(), scheme),
    )
    ignored = values == IGNORED
    return ignored if ignored.any() else None


def _unknown(label: str, scheme: Scheme) -> str:
    """The message for a label that fits no class; it lists both."""
    label = shorten(label)
    if scheme.plan.kind == "binary" and scheme.plan.positive is None and not scheme.plan.pair:
        return f"label {label!r} is neither 0/1, true/false nor a number in between"
    names = scheme.class_names
    return f"label {label!r} is none of the classes {_listed(names)}"


def _fit(label: str, line: int | None, found: tuple[str, ...], scheme: Scheme) -> str:
    """The help for a label that fits no class, where `found` are the labels of its block.

    Only text has a `line`, and only text leaves quotes behind a blank in the label.
    """
    near = _near(label, scheme)
    edged = line is not None and label != label.strip()
    if edged and label.strip().startswith('"'):
        return f"a space stands next to the quotes, which then belong to the label: {_unpadded(label)}"
    if near is not None:
        only = f"labels are matched exactly: {shorten(near)!r} is a class, {shorten(label)!r} is not"
        return f"{only}; {_unpadded(label)}" if edged and near == label.strip() else only
    if scheme.plan.kind != "binary" or scheme.plan.pair:
        return _named_columns(found, scheme)
    return _two_labels(found) if scheme.plan.classes is None else _labels_of_classes(found, scheme)


def _unpadded(label: str) -> str:
    """The command that takes blanks away where this label has them: before a field, behind it or both."""
    before, behind = label != label.lstrip(), label != label.rstrip()
    parts = [r"s/(^|[,;|]) +/\1/g"] * before + [r"s/ +([,;|]|$)/\1/g"] * behind
    return f"sed -E '{'; '.join(parts)}' FILE | xent score - takes blanks away"


def _named_columns(found: tuple[str, ...], scheme: Scheme) -> str:
    """The help for labels of which each should name a class."""
    general = "--classes A,B,… names the prediction columns in their order; --ignore-label NAME leaves rows out"
    if len(found) < 2 or not set(scheme.class_names).isdisjoint(found):
        return general
    if len(found) == len(scheme.class_names) and _typable(found):
        entries = "entries of the list" if scheme.plan.predictions_list else "prediction columns"
        return f"--classes {quote(','.join(found))} if the {entries} are in this order; else name them in theirs"
    return f"the labels found are {_listed(found)}: {general}"


def _two_labels(found: tuple[str, ...]) -> str:
    """The help for binary labels whose meaning was not given."""
    strange = [name for name in found if name not in TRUTH]
    measured = any("." in name and name.replace(".", "").isdecimal() for name in found)
    if len(found) > 2 and not measured and (len(strange) == len(found) or all(map(str.isdecimal, found))):
        return (
            f"the labels found are {_listed(found)}, more than two: "
            "xent sparse takes them, with a column for each class; --ignore-label NAME leaves rows out"
        )
    if len(found) == len(strange) == 2 and _typable(found):
        flags = " or ".join(f"--positive {quote(name)}" for name in found)
        return f"the labels found are {_listed(found)}: {flags} says which is the positive class"
    return "--positive NAME says which label is the positive class; --ignore-label NAME leaves rows out"


def _labels_of_classes(found: tuple[str, ...], scheme: Scheme) -> str:
    """The help for binary labels that are none of the two of --classes."""
    if not found or not set(scheme.class_names).isdisjoint(found):
        return "--classes NEGATIVE,POSITIVE names both labels; --ignore-label NAME leaves rows out"
    none = f"the labels found are {_listed(found)}, none of the given classes"
    if all(name in TRUTH for name in found):
        return f"{none}: leave --classes out, 0/1 and true/false need none"
    if len(found) == 2 and _typable(found):
        flags = " or ".join(f"--classes {quote(','.join(names))}" for names in (found, found[::-1]))
        return f"{none}: {flags}, the positive one last"
    return f"{none}: --classes NEGATIVE,POSITIVE names them, the positive one last"


def _found(coded: Coded, scheme: Scheme) -> tuple[str, ...]:
    """The distinct labels of a block that are not left out, in order; none where there are too many to name."""
    codes = np.flatnonzero(np.bincount(coded.codes[coded.codes >= 0])).tolist()
    if len(codes) > COMPARED:
        return ()
    names = {coded.names[code] for code in codes} - set(scheme.options.conventions.ignore)
    return tuple(sorted(names, key=lambda name: (int(name) if _small(name) else -1, name)))


def _small(name: str) -> bool:
    """Whether a label is a number that labels of classes can be."""
    return name.isascii() and name.isdecimal() and len(name) < 10


def _listed(names: tuple[str, ...]) -> str:
    """Labels for a message, the first ten of them."""
    return listed(names, validation.FIRST_NAMES, shown=shorten)


def _typable(names: tuple[str, ...]) -> bool:
    """Whether labels can be shown as they have to be typed: few, short, and with nothing that CSV would quote."""
    plain = all(name and name.isprintable() and not {",", '"'} & set(name) for name in names)
    return plain and sum(map(len, names)) <= TYPED


def _near(label: str, scheme: Scheme) -> str | None:
    """A class that differs from a label only in case, blanks around it or leading zeros."""
    plan = scheme.plan
    plain = plan.kind == "binary" and plan.classes is None and not plan.pair
    names = (*TRUTH, *filter(None, [plan.positive])) if plain else scheme.class_names
    if len(names) > COMPARED:
        return None
    close = [name for name in names if _loosely(name) == _loosely(label)]
    return next((name for name in close if name == label.strip()), close[0] if close else None)


def _loosely(name: str) -> str:
    """A label without what often sets it apart by accident."""
    text = name.strip().casefold()
    return text.lstrip("0") or "0" if text.isdecimal() else text
