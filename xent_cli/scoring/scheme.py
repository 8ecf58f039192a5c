"""What a scoring run holds fixed while the rows stream by: columns, classes, conventions, the meaning of labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.contract.errors import DataError, Location, Problem, UsageError
from xent_cli.contract.frozen import struct
from xent_cli.contract.label_values import number, value_of
from xent_cli.scoring.options import Options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xent_cli.columns import Plan
    from xent_cli.scoring.options import Options


# What a label text can be besides a class index; a missing one has the code −1 already.
MISSING, UNKNOWN, IGNORED = -1, -2, -3
LISTED = 10  # names listed in a message before "…"


TRUTH: Mapping[str, float] = {
    "0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0,
    "false": 0.0, "true": 1.0, "False": 0.0, "True": 1.0, "FALSE": 0.0, "TRUE": 1.0,
}  # fmt: skip


@struct
class Scheme:
    """The plan of the columns with everything known that the rows need."""

    plan: Plan
    options: Options
    classes: tuple[str, ...]
    class_weight: Mapping[str, float] | None = None
    index: Mapping[str, int] = field(default_factory=dict)
    by_value: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan, options: Options, width: int, class_weight: Mapping[str, float] | None) -> Scheme:
        """The scheme of a plan whose vectors have `width` entries."""
        classes = plan.classes if plan.classes is not None else tuple(str(j) for j in range(width))
        index = {name: j for j, name in enumerate(classes)}
        scheme = cls(plan, options, classes, class_weight, index, _by_value(classes, index))
        _check_conventions(scheme)
        return scheme

    @property
    def k(self) -> int:
        """The number of classes (2 for binary)."""
        return 2 if self.plan.kind == "binary" else len(self.classes)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes in order; for binary the negative one first."""
        if self.plan.kind != "binary":
            return self.classes
        return binary_names(self.plan)

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        return self.plan.weight is not None or self.class_weight is not None

    def class_of(self, name: str) -> int:
        """The index of the class that a label text names, else IGNORED or UNKNOWN."""
        if name in self.options.conventions.ignore:
            return IGNORED
        found = self.index.get(name)
        if found is None and self.by_value:
            # numbers are equal as labels where their values are: pandas writes 1.0, NumPy 1.000000e+00
            found = self.by_value.get(value_of(name))
        if found is None and self.plan.predictions_list and name.isdecimal() and int(name) < len(self.classes):
            return int(name)  # the entries of a list have no names of their own: an index says which is meant
        return UNKNOWN if found is None else found

    def truth_of(self, name: str) -> float:
        """The target in [0, 1] that a binary label text stands for, else IGNORED or UNKNOWN."""
        if name in self.options.conventions.ignore:
            return IGNORED
        plan = self.plan
        if plan.of == "label":
            return 1.0
        if plan.classes is not None:
            places = [place for place, known in enumerate(plan.classes) if _same(name, known)]
            return float(places[0]) if places else UNKNOWN
        if plan.positive is not None and _same(name, plan.positive):
            return 1.0
        # that there is only one other label is checked over the whole input, in `reports.refusals`
        if names_one_class(plan):
            return 0.0
        known = TRUTH.get(name, _soft(name))
        return known if known != UNKNOWN or plan.positive is None else 0.0

    def lookup(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Class indices of label texts; one entry more, MISSING, at the end, where code −1 finds it."""
        return np.array([*map(self.class_of, names), MISSING], dtype=np.int64)

    def truths(self, names: tuple[str, ...]) -> NDArray[np.float64]:
        """Binary targets of label texts; one entry more, MISSING, at the end, where code −1 finds it."""
        return np.array([*map(self.truth_of, names), MISSING], dtype=np.float64)


LARGEST_BY_VALUE = 1000
"""Of more classes only the names count, and what pandas makes of them."""


def _by_value(classes: tuple[str, ...], index: Mapping[str, int]) -> Mapping[str, int]:
    """The classes whose names are numbers by their value, where no two have the same."""
    if len(classes) > LARGEST_BY_VALUE:
        return {f"{name}.0": place for name, place in index.items() if name.isdecimal()}
    numbers = {value_of(name): place for name, place in index.items() if number(name) is not None}
    return numbers if len(numbers) == sum(number(name) is not None for name in classes) else {}


def _same(name: str, other: str) -> bool:
    """Whether two labels are the same class."""
    return name == other or (number(other) is not None and value_of(name) == value_of(other))


def _check_conventions(scheme: Scheme) -> None:
    """Refuse options that could not change the number as they promise: a signature must not name what was not done."""
    plan, chosen = scheme.plan, scheme.options.conventions
    several = plan.kind != "binary" or plan.pair
    if chosen.normalize and plan.space == "logits":
        raise _useless("--normalize rescales probabilities, and these are logits", "leave --normalize out")
    if chosen.normalize and not several:
        raise _useless("--normalize rescales the probabilities of a row, and here they are apart", "leave it out")
    if chosen.pos_weight != 1.0 and plan.pair:
        message = "--pos-weight takes one prediction for each label, and there is one for each class"
        raise _useless(message, f"--preds {plan.predictions[1]} names that of the positive class")
    if chosen.pos_weight != 1.0 and several:
        message = f"--pos-weight is for a binary loss, and this is {plan.kind}"
        raise _useless(message, "--class-weight NAME=X weighs classes")
    if chosen.ignore and plan.kind == "categorical":
        raise _useless("--ignore-label names a label, and there are only targets", "leave the rows out of the file")
    if chosen.class_weight is not None and plan.multilabel:
        message = "--class-weight weighs the classes of one label, and there are several labels"
        raise _useless(message, "--pos-weight X weighs the positive terms")
    known = plan.kind == "binary" or scheme.classes  # without a row nobody knows how many entries a list has
    if known and isinstance(chosen.class_weight, Mapping):
        _check_class_weight(chosen.class_weight, scheme.class_names)


def _check_class_weight(weights: Mapping[str, float], names: tuple[str, ...]) -> None:
    """Refuse the weight of a class that does not exist."""
    unknown = next((name for name in weights if name not in names), None)
    if unknown is not None:
        listed = ", ".join(names[:LISTED]) + (", …" if len(names) > LISTED else "")
        raise _useless(f"--class-weight names {unknown!r}, which is not a class", f"the classes are {listed}")


def _useless(message: str, help: str) -> UsageError:
    """The refusal of an option that does not fit the file."""
    return UsageError(Problem("option", message, help=help))


def names_one_class(plan: Plan) -> bool:
    """Whether the positive class has a name that decides alone: a given one, or one that reads as a number or truth.

    A name that only a column suggests, such as that of `prob_spam`, leaves 0/1 and true/false labels their meaning.
    """
    if plan.positive is None:
        return False
    return plan.positive_stated or plan.positive in TRUTH or plan.positive.replace(".", "").isdecimal()


def binary_names(plan: Plan) -> tuple[str, str]:
    """The names of the two classes of a binary plan, the negative one first."""
    if plan.of != "positive":
        return ("another", "label") if plan.of == "label" else ("wrong", "right")
    if plan.classes is not None:
        return plan.classes[0], plan.classes[1]
    if plan.positive is not None:
        return f"not {plan.positive}", plan.positive
    return "0", "1"


def _soft(name: str) -> float:
    """The number from 0 to 1 that a text spells, else UNKNOWN."""
    if "_" in name or name != name.strip() or not name.isascii():
        return UNKNOWN
    try:
        value = float(name)
    except ValueError:
        return UNKNOWN
    return value if 0.0 <= value <= 1.0 else UNKNOWN


ONE_DATA_SET = "several files are one data set: give them the same columns, or score them one by one"


def check_classes(scheme: Scheme, path: str, width: int) -> None:
    """Refuse vectors that do not have one entry for each class."""
    if scheme.plan.kind == "binary":
        return
    if width == 1:
        raise DataError(
            Problem(
                "one-class",
                f"predictions {scheme.plan.predictions[0]} have one entry, so one class",
                Location(path),
                help="for one probability a row, use xent binary",
            )
        )
    if width and width != len(scheme.classes):
        raise DataError(
            Problem(
                "class-count",
                f"--classes names {len(scheme.classes)} classes, the lists have {width} entries",
                Location(path),
                help="name one class for each entry, in order",
            )
        )


def check_width(scheme: Scheme, path: str, width: int, rows: int) -> None:
    """Refuse a later file whose vectors have another length."""
    if rows and scheme.plan.kind != "binary" and width != len(scheme.classes):
        message = f"the lists of {path} have {width:,} entries, those of the files before have {len(scheme.classes):,}"
        raise DataError(Problem("schema-mismatch", message, Location(path), help=ONE_DATA_SET))
