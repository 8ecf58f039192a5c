"""A layout in the making, and the columns that stand beside label and predictions: the decoys."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

from tests.layouts.meaning import Columns, Reading, agree, mean
from tests.layouts.vocabulary import (
    CONFIDENCES,
    CONSTANTS,
    DECISIONS,
    FLAGS,
    IDS,
    LABELS,
    REALS,
    TIMES,
    UNITS,
    WORDS,
    pick,
)
from tests.layouts.world import World, texts, world

# What a careful human can know from names and values.
KNOWN, QUESTION, NOTHING = "known", "question", "nothing"


@dataclass(frozen=True)
class Layout:
    """A file with its meaning.

    `answer` is "known" where names and values tell the reading, "question" where they leave several (`reading` is the
    owner's, `others` what else it could be), "nothing" where no loss can be had from the file. `titles` are the names
    in the header where they differ from the keys of `columns`.
    """

    number: int
    source: str
    kind: str
    decoys: tuple[str, ...]
    form: str
    columns: Columns
    answer: str
    reading: Reading | None
    others: tuple[Reading, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)

    @property
    def mean(self) -> float | None:
        """The meant mean loss."""
        return None if self.reading is None else mean(self.reading, self.columns)

    @property
    def allowed(self) -> list[float]:
        """The numbers that an answered question may give: one for each reading that the file leaves open."""
        readings = () if self.reading is None else (self.reading, *self.others)
        return [mean(reading, self.columns) for reading in readings]


@dataclass
class Draft:
    """Columns in their natural order; `front` and `back` say where decoys go."""

    rng: random.Random
    source: str
    kind: str
    world: World
    form: str = "csv"
    front: Columns = field(default_factory=dict)
    main: Columns = field(default_factory=dict)
    back: Columns = field(default_factory=dict)
    decoys: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)

    def taken(self, name: str) -> bool:
        """Whether a column of this name, or one that reads the same, is there."""
        return any(_plain(name) == _plain(other) for other in (*self.front, *self.main, *self.back))

    def add(self, name: str, values: list[Any]) -> str:
        """A column that carries meaning."""
        assert not self.taken(name), name
        self.main[name] = list(values)
        return name

    def free(self, names: tuple[list[str], list[float]]) -> str:
        """A name that no column has."""
        for _ in range(200):
            name = pick(self.rng, names)
            if not self.taken(name):
                return name
        raise AssertionError("no name is free")

    def decoy(self, tag: str, name: str, values: list[Any], *, front: bool = False) -> bool:
        """A column that carries none, unless its name is taken."""
        if self.taken(name):
            return False
        (self.front if front else self.back)[name] = list(values)
        self.decoys.append(tag)
        return True

    def done(
        self, reading: Reading | None, answer: str = KNOWN, others: tuple[Reading, ...] = (), *, fixed: bool = False
    ) -> Layout:
        """The layout, its columns in one of the orders that people leave them in."""
        columns = self.front | self.main | self.back
        if not fixed:
            columns = ordered(self.rng, self.front, self.main, self.back)
        if answer == QUESTION:
            assert reading is not None
            means = [mean(each, columns) for each in (reading, *others)]
            # where all that it could be is one number there is nothing to ask
            answer = KNOWN if others and all(agree(means[0], other) for other in means) else QUESTION
        return Layout(
            0, self.source, self.kind, tuple(dict.fromkeys(self.decoys)), self.form, columns, answer, reading, others,
            self.titles,
        )  # fmt: skip


def _plain(name: str) -> str:
    """A name but for case and separators."""
    return re.sub(r"[\s_.]+|-(?!\d)", "", name).casefold()


def ordered(rng: random.Random, front: Columns, main: Columns, back: Columns) -> Columns:
    """The columns as made, decoys last, the predictions first, or shuffled."""
    how = rng.random()
    columns = front | main | back
    names = list(columns)
    if how < 0.2:
        names = [*main, *front, *back]
    elif how < 0.3:
        names = [*front, *back, *main]
    elif how < 0.4:
        names = [*front, *list(main)[1:], *back, *list(main)[:1]]
    elif how < 0.5:
        rng.shuffle(names)
    return {name: columns[name] for name in names}


def start(rng: random.Random, source: str, kind: str, k: int, **how: Any) -> Draft:
    """A draft with the rows of a model of k classes."""
    return Draft(rng, source, kind, world(rng, k, **how))


def label_name(draft: Draft) -> str:
    """A usual name of the label."""
    return draft.free(LABELS)


# decoys -----------------------------------------------------------------------------------------------------------


def usual_decoys(draft: Draft, classes: tuple[Any, ...], *, chance: float = 1.0, binary_flags: bool = True) -> None:
    """What stands in files of predictions besides: each with its chance."""
    rng = draft.rng
    for odds, make in (
        (0.5, add_id), (0.07, add_time), (0.16, add_features), (0.08, add_unit), (0.07, add_word), (0.06, add_split),
        (0.06, add_fold), (0.05, add_constant), (0.02, add_weight),
    ):  # fmt: skip
        if rng.random() < odds * chance:
            make(draft)
    if binary_flags and rng.random() < 0.04 * chance:
        draft.decoy("feature 0/1", rng.choice(FLAGS), [rng.randrange(2) for _ in range(draft.world.n)])
    if len(classes) > 2 and rng.random() < 0.03 * chance:
        draft.decoy("entropy", "entropy", [round(rng.uniform(0.05, 1.2), 4) for _ in range(draft.world.n)])


def add_id(draft: Draft) -> None:
    """A column that names the rows."""
    rng, n = draft.rng, draft.world.n
    name = pick(rng, IDS)
    word = _plain(name)
    if word in {"text", "sentence", "title"}:
        values: list[Any] = [rng.choice(("good, really", "not what I wanted", "ok", "fine film")) for _ in range(n)]
    elif word in {"filename", "file", "image", "path", "imagepath", "img", "fname", "url"}:
        values = [f"{'data/' if 'path' in word else ''}img_{i:04d}.jpg" for i in range(n)]
    elif word in {"uuid", "name", "subject", "caseid"}:
        values = [f"{word[0]}-{rng.randrange(16**6):06x}" for _ in range(n)]
    else:
        first = 0 if word in {"", "index", "idx", "unnamed:0"} else rng.choice((0, 1, 1000))
        values = list(range(first, first + n))
    draft.decoy("id", name, values, front=True)


def add_time(draft: Draft) -> None:
    """A time stamp."""
    name = draft.rng.choice(TIMES)
    stamps = [
        f"2025-03-{1 + i % 28:02d}" + ("" if "date" in name.lower() else f" 10:{i % 60:02d}:00")
        for i in range(draft.world.n)
    ]
    draft.decoy("timestamp", name, stamps, front=True)


def add_features(draft: Draft) -> None:
    """A few real features."""
    rng = draft.rng
    for name in rng.sample(REALS, rng.randint(1, 5)):
        scale = rng.choice((3, 40, 2000))
        values = [round(rng.gauss(scale, scale / 3), 2) for _ in range(draft.world.n)]
        if rng.random() < 0.3:
            values = [round(value) for value in values]
        draft.decoy("feature", name, values, front=True)


def add_unit(draft: Draft) -> None:
    """A feature with values between 0 and 1."""
    rng = draft.rng
    for name in rng.sample(UNITS, rng.randint(1, 2)):
        draft.decoy("feature in [0, 1]", name, [round(rng.random(), 4) for _ in range(draft.world.n)], front=True)


def add_word(draft: Draft) -> None:
    """A feature of text."""
    name = draft.rng.choice(list(WORDS))
    draft.decoy("feature of text", name, [draft.rng.choice(WORDS[name]) for _ in range(draft.world.n)], front=True)


def add_split(draft: Draft) -> None:
    """A column that says which part of the data a row is of."""
    words = draft.rng.choice((("test",), ("val", "test"), ("train", "val", "test")))
    draft.decoy(
        "split", draft.rng.choice(("split", "set", "subset")), [draft.rng.choice(words) for _ in range(draft.world.n)]
    )


def add_fold(draft: Draft) -> None:
    """The fold of a cross-validation."""
    draft.decoy("fold", draft.rng.choice(("fold", "kfold", "cv_fold", "Fold")), [i % 5 for i in range(draft.world.n)])


def add_constant(draft: Draft) -> None:
    """The same value in every row."""
    name = draft.rng.choice(list(CONSTANTS))
    draft.decoy("constant", name, [CONSTANTS[name]] * draft.world.n)


def add_weight(draft: Draft) -> None:
    """A weight, which is not used unless asked for."""
    values = [draft.rng.choice((1.0, 0.5, 2.0)) for _ in range(draft.world.n)]
    draft.decoy("weight", draft.rng.choice(("weight", "sample_weight")), values)


def add_decision(draft: Draft, classes: tuple[Any, ...], name: str | None = None) -> str | None:
    """The decision of the model: as the labels are written, or by number."""
    rng, made = draft.rng, draft.world
    name = pick(rng, DECISIONS) if name is None else name
    if draft.taken(name):
        return None
    style = rng.random()
    values: list[Any] = texts(made.d, list(classes))
    tag = "decision as " + ("number" if isinstance(classes[0], (int, float)) else "text")
    if style < 0.06 and isinstance(classes[0], str):
        values, tag = list(made.d), "decision by index"
    elif style < 0.05 and classes == (0, 1):
        values, tag = [bool(j) for j in made.d], "decision as true/false"
    # half of them before the predictions, as `y_true, y_pred, y_proba`
    if rng.random() < 0.6:
        label, *rest = draft.main
        draft.main = {label: draft.main[label], name: values, **{other: draft.main[other] for other in rest}}
        draft.decoys.append(tag)
    else:
        draft.decoy(tag, name, values)
    return name


def add_correct(draft: Draft) -> None:
    """Whether the decision is right."""
    made = draft.world
    right = [a == b for a, b in zip(made.y, made.d, strict=True)]
    name = draft.rng.choice(("correct", "is_correct", "Correct", "hit", "error"))
    values = (
        [int(x != (name == "error")) for x in right]
        if draft.rng.random() < 0.4
        else [x != (name == "error") for x in right]
    )
    draft.decoy("correct", name, values)


def add_confidence(draft: Draft) -> None:
    """The probability of the decision."""
    draft.decoy("probability of the decision", pick(draft.rng, CONFIDENCES), draft.world.decided())


def add_loss(draft: Draft, losses: list[float]) -> None:
    """The loss of the row."""
    draft.decoy("loss", draft.rng.choice(("loss", "log_loss", "nll", "cross_entropy")), [round(x, 6) for x in losses])


def add_other_decision(draft: Draft, classes: tuple[Any, ...]) -> None:
    """What another model decided."""
    rng, made = draft.rng, draft.world
    values = [classes[j if rng.random() < 0.8 else rng.randrange(len(classes))] for j in made.y]
    draft.decoy(
        "decision of another model", rng.choice(("rf_pred", "baseline_pred", "svm_label", "rule_based")), values
    )
