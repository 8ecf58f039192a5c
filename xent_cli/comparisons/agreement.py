"""Whether two models were given the same samples: the same classes, and row by row the same label and weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xent_cli.contract.errors import DataError, Location, Problem
from xent_cli.contract.report import Notice
from xent_cli.contract.row_columns import Coded
from xent_cli.contract.text import grouped
from xent_cli.scoring.scheme import IGNORED, TRUTH
from xent_cli.scoring.scored_rows import Labels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from xent_cli.comparisons.models import Model, Rows
    from xent_cli.scoring.scheme import Scheme

    Floats = NDArray[np.float64]

EXAMPLES = 5
BY_KEY = "both files must hold predictions for the same samples"
BY_POSITION = f"{BY_KEY}; if their order differs, --on KEY pairs them by a key"


@dataclass(slots=True)
class _Mismatches:
    """Rows in which two files differ: how many, and the first ones."""

    rule: str
    noun: str
    count: int = 0
    rows: tuple[int, ...] = ()
    message: str = ""
    where: Location | None = None

    def problem(self, total: int, other: str, help: str) -> Problem:
        """The mismatches as a refusal."""
        verb = "has" if self.count == 1 else "have"
        tail = "" if self.count == 1 else "; this is the first"
        detail = f"{grouped(self.count)} of {grouped(total)} rows {verb} a different {self.noun} than in {other}{tail}"
        return Problem(self.rule, self.message, self.where, detail, help, self.count, self.rows)


class Agreement:
    """Compares the labels, weights and ids of a candidate with those of the baseline, and counts where they differ."""

    def __init__(self, base: Model, other: Model) -> None:
        self._base = base
        self._other = other
        self._translate: Callable[[Floats], Floats] | None = None
        self._label = _Mismatches("label-mismatch", "label")
        self._weight = _Mismatches("weight-mismatch", "weight")
        self._ids = 0

    def check(self, base: Rows, rows: Rows) -> None:
        """Compare rows of the same samples."""
        scheme = self._base.scheme
        if self._translate is None:
            self._translate = translation(scheme, self._other.scheme, self._base.path, self._other.path)
        labels = self._translate(rows.labels)
        differ = (base.labels != labels).any(axis=1) & base.labelled & rows.labelled
        if differ.any():
            texts = lambda row: (label_text(labels[row], scheme), label_text(base.labels[row], scheme))  # noqa: E731
            self._note(self._label, differ, rows, texts, self._label_columns())
        if base.weight is not None and rows.weight is not None:
            known = ~(np.isnan(base.weight) | np.isnan(rows.weight))
            differ, mine, theirs = known & (base.weight != rows.weight), rows.weight, base.weight
            if differ.any():
                column = self._other.scheme.plan.weight
                texts = lambda row: (f"{mine[row]:g}", f"{theirs[row]:g}")  # noqa: E731
                self._note(self._weight, differ, rows, texts, () if column is None else (column,))

        if base.ids is not None and rows.ids is not None and scheme.plan.id == self._other.scheme.plan.id:
            self._ids += _different(base.ids, rows.ids)

    def notices(self) -> list[Notice]:
        """Notices about the pairs: other ids at the same positions."""
        if not self._ids:
            return []
        name, rows = self._base.scheme.plan.id, "row has" if self._ids == 1 else "rows have"
        message = f"{grouped(self._ids)} {rows} a different {name} in {self._other.path} than in {self._base.path}"
        return [Notice("id-mismatch", f"{message}: rows were paired by position; --on {name} pairs them by it")]

    def problems(self, help: str) -> list[Problem]:
        """What the files do not agree in. Weights that follow from the labels are not reported twice."""
        found = [mismatch for mismatch in (self._label, self._weight) if mismatch.count]
        return [mismatch.problem(self._other.tally.rows.read, self._base.path, help) for mismatch in found[:1]]

    def _note(
        self,
        mismatch: _Mismatches,
        differ: NDArray[np.bool_],
        rows: Rows,
        texts: Callable[[int], tuple[str, str]],
        columns: tuple[str, ...],
    ) -> None:
        """Count the rows that differ; the first one is kept with both values."""
        found = np.flatnonzero(differ)
        if mismatch.where is None:
            here, there = texts(int(found[0]))
            mismatch.where = rows.place.location(int(found[0]), columns)
            mismatch.message = f"{mismatch.noun} {here!r} here, {there!r} in {self._base.path}"
        mismatch.count += int(found.size)
        room = found[: EXAMPLES - len(mismatch.rows)].tolist()
        mismatch.rows += tuple(rows.place.location(row).row or 0 for row in room)

    def _label_columns(self) -> tuple[str, ...]:
        """The label column of the candidate, where it is one."""
        label = self._other.scheme.plan.label
        return () if label is None else (label,)


def _different(one: Any, other: Any) -> int:
    """How many texts of two Arrow arrays differ."""
    if one.equals(other):
        return 0
    from pyarrow import compute as pc  # which loads pandas

    return int(pc.sum(pc.not_equal(one, other)).as_py() or 0)


def translation(base: Scheme, other: Scheme, base_path: str, path: str) -> Callable[[Floats], Floats]:
    """What turns the labels of a candidate into those of the baseline, whose classes may be in another order.

    Kinds and classes must be the same; the predictions may be probabilities in one file and logits in the other.
    """
    _check_kind(base, other, base_path, path)
    if base.plan.kind == "binary" and not base.plan.multilabel:
        _check_binary(base, other, base_path, path)
        return lambda labels: labels
    one, two = _names(base), _names(other)
    if sorted(one) != sorted(two):
        raise _other_classes(one, two, base_path, path)
    order = [two.index(name) for name in one]
    if base.plan.kind != "sparse":
        return lambda labels: labels[:, order]
    # codes −1 to −3 mean that there is no class; as indices they find themselves at the end of the table
    place = np.array([*(one.index(name) for name in two), -3.0, -2.0, -1.0])
    return lambda labels: place[labels.astype(np.int64)]


def label_text(label: Floats, scheme: Scheme) -> str:
    """The label of one row as text."""
    if (label == IGNORED).any():
        return " or ".join(scheme.options.conventions.ignore)
    return label_texts(label[None, :], scheme).texts()[0] or ""


def label_texts(labels: Floats, scheme: Scheme) -> Coded:
    """Labels (n, m) as text: the name of the class, of several classes with their shares, or a soft binary label."""
    plan = scheme.plan
    if plan.kind == "sparse":
        return Coded(labels[:, 0].astype(np.int32), scheme.classes)
    if plan.kind == "categorical" or plan.multilabel:
        return Labels(None, labels, _names(scheme)).of(np.arange(len(labels)))
    values, codes = np.unique(labels[:, 0], return_inverse=True)
    names = {0.0: scheme.class_names[0], 1.0: scheme.class_names[1]}
    return Coded(codes.astype(np.int32), tuple(names.get(value, repr(value)) for value in values.tolist()))


def _names(scheme: Scheme) -> tuple[str, ...]:
    """The names of the classes, or of the labels of a multi-label file."""
    return scheme.plan.label_names if scheme.plan.multilabel else scheme.class_names


def _check_kind(base: Scheme, other: Scheme, base_path: str, path: str) -> None:
    """Refuse two kinds: their labels cannot be compared."""
    kinds = ["multi-label" if scheme.plan.multilabel else scheme.plan.kind for scheme in (base, other)]
    if kinds[0] != kinds[1]:
        message = f"{path} is {kinds[1]}, and {base_path} is {kinds[0]}"
        help = "--kind gives the kind where the column names do not show it"
        raise DataError(Problem("kind-mismatch", message, Location(path), help=help))


def _check_binary(base: Scheme, other: Scheme, base_path: str, path: str) -> None:
    """Refuse other classes; a file that names its positive class alone goes with any negative one."""
    one, two = base.class_names, other.class_names
    known = [name for name in (one[0], two[0]) if not name.startswith("not ")]
    if not _same(one[1], two[1]) or (len(known) == 2 and not _same(one[0], two[0])):
        raise _other_classes(one, two, base_path, path)


def _same(one: str, two: str) -> bool:
    """Whether two names of a binary class mean the same: 1 and true do."""
    return one == two or (one in TRUTH and TRUTH[one] == TRUTH.get(two))


def _other_classes(one: Sequence[str], two: Sequence[str], base_path: str, path: str) -> DataError:
    """The refusal of files with different classes."""
    message = f"the classes are {_some(two)} here, {_some(one)} in {base_path}"
    help = "both models must predict the same classes; --classes names those of the prediction columns in order"
    return DataError(Problem("class-mismatch", message, Location(path), help=help))


def _some(names: Sequence[str]) -> str:
    """The first names, and how many there are."""
    return ", ".join(names[:10]) + (f", … ({len(names)} in all)" if len(names) > 10 else "")
