"""Files that people write by hand, from scikit-learn, Keras, PyTorch, pandas, in notebooks and scripts."""

from __future__ import annotations

import math
import random
from typing import Any

from tests.layouts.draft import (
    Draft,
    Layout,
    add_confidence,
    add_correct,
    add_decision,
    add_id,
    add_loss,
    add_other_decision,
    label_name,
    start,
    usual_decoys,
)
from tests.layouts.meaning import Reading
from tests.layouts.vocabulary import (
    BARE,
    DOMAINS,
    FAMILIES,
    LOGIT_FAMILIES,
    LOGITS,
    LOGPROB_FAMILIES,
    LOGPROBS,
    NEUTRAL,
    OF_DECISION,
    PAIRS,
    PROBS,
    PROBS_OF_ONE,
    SCORES,
    SEVERAL,
    TAGS,
    TOPICS,
    TRUTH,
    binary_classes,
    pick,
)
from tests.layouts.world import texts

SPECIFIC = frozenset({"pred_label", "predicted_label", "predicted_class", "pred_class", "decision"})


def decisions_beside(draft: Draft, classes: tuple[Any, ...], *, bare: bool = False) -> None:
    """Decisions, whether they are right, the loss: what a script writes besides."""
    rng = draft.rng
    if rng.random() < 0.5:
        name = add_decision(draft, classes, rng.choice(sorted(SPECIFIC)) if bare else None)
        if name is not None and rng.random() < 0.2:
            add_correct(draft)
        if name is not None and rng.random() < 0.12:
            add_confidence(draft)
    if rng.random() < 0.02:
        add_other_decision(draft, classes)
    if rng.random() < 0.03:
        add_loss(draft, [-math.log(p) if p < 1 else 0.0 for p in draft.world.of_truth()])


def threshold(rng: random.Random) -> float:
    """Where decisions change."""
    return rng.choice((0.5,) * 8 + (0.3, 0.4))


# one column -------------------------------------------------------------------------------------------------------


def binary_prob(rng: random.Random) -> Layout:
    """A label and the probability of the positive class, by the usual names."""
    draft = start(rng, "hand", "binary, one column", 2, threshold=threshold(rng))
    classes = binary_classes(rng)
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    bare = rng.random() < 0.22
    preds = draft.add(draft.free(BARE if bare else PROBS), draft.world.column(1))
    decisions_beside(draft, classes, bare=bare)
    usual_decoys(draft, classes)
    return draft.done(Reading((label,), (preds,), "binary", positive=str(classes[1])))


def binary_of_one(rng: random.Random) -> Layout:
    """The name of the probability says of which class it is: 1, positive, yes, spam."""
    draft = start(rng, "hand", "binary, one column", 2, threshold=threshold(rng))
    if rng.random() < 0.3:
        classes: tuple[Any, Any] = rng.choice((*NEUTRAL, ("no", "yes"), ("neg", "pos"), ("negative", "positive")))
        name = _of(pick(rng, FAMILIES), classes[1])
    else:
        classes = rng.choice(((0, 1), (0, 1), (0, 1), (0, 1), (0.0, 1.0), ("neg", "pos"), ("no", "yes"), (False, True)))
        name = pick(rng, PROBS_OF_ONE)
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    preds = draft.add(name, draft.world.column(1))
    decisions_beside(draft, classes)
    usual_decoys(draft, classes)
    return draft.done(Reading((label,), (preds,), "binary", positive=str(classes[1])))


def binary_domain(rng: random.Random) -> Layout:
    """The label has the name of its subject, and often the probability too: `churn, churn_prob`."""
    draft = start(rng, "hand", "binary, one column", 2, threshold=threshold(rng))
    target, classes, event = rng.choice(DOMAINS)
    own = rng.random() < 0.75
    label = draft.add(target if own else label_name(draft), texts(draft.world.y, list(classes)))
    named = (
        f"{event}_prob", f"{event}_probability", f"prob_{event}", f"p_{event}", f"{event}_proba", f"proba_{event}",
        f"predicted_{event}_probability", f"{event}_pred_proba", f"pred_{event}_prob",
    )  # fmt: skip
    name = rng.choice(named) if not own or rng.random() < 0.55 else draft.free(PROBS)
    preds = draft.add(name, draft.world.column(1))
    if rng.random() < 0.45:
        decided = rng.choice(
            (f"{event}_pred", f"predicted_{event}", f"pred_{event}", "prediction", "y_pred", "predicted")
        )
        add_decision(draft, classes, decided)
    usual_decoys(draft, classes, binary_flags=False)
    return draft.done(Reading((label,), (preds,), "binary", positive=str(classes[1])))


def binary_soft(rng: random.Random) -> Layout:
    """Labels between 0 and 1: votes, distillation."""
    draft = start(rng, "hand", "binary, one column", 2)
    truth = [round(min(1.0, max(0.0, 0.8 * y + rng.choice((0.0, 0.1, 0.2)))), 2) for y in draft.world.y]
    label = draft.add(rng.choice(("label", "target", "y_true", "y", "soft_label")), truth)
    preds = draft.add(draft.free(PROBS), draft.world.column(1))
    usual_decoys(draft, (0, 1))
    return draft.done(Reading((label,), (preds,), "binary"))


def binary_score(rng: random.Random) -> Layout:
    """A score between 0 and 1."""
    draft = start(rng, "hand", "binary, one column", 2)
    classes = rng.choice(((0, 1), (0, 1), (0, 1), (False, True)))
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    preds = draft.add(draft.free(SCORES), draft.world.column(1))
    decisions_beside(draft, classes)
    usual_decoys(draft, classes)
    return draft.done(Reading((label,), (preds,), "binary", positive=str(classes[1])))


def binary_logit(rng: random.Random) -> Layout:
    """A label and a logit."""
    draft = start(rng, "hand", "logits", 2, saturated=False)
    classes = rng.choice(((0, 1), (0, 1), (0, 1), (0, 1), (0.0, 1.0), (False, True), ("no", "yes")))
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    preds = draft.add(draft.free(LOGITS), draft.world.logit())
    decisions_beside(draft, classes)
    usual_decoys(draft, classes)
    return draft.done(Reading((label,), (preds,), "binary", "logits", positive=str(classes[1])))


def binary_raw(rng: random.Random) -> Layout:
    """Raw outputs of a network under a bare name: values below 0 and above 1 are logits."""
    draft = start(rng, "hand", "logits", 2, saturated=False)
    label = draft.add(label_name(draft), list(draft.world.y))
    preds = draft.add(rng.choice(("y_pred", "pred", "output", "prediction", "raw_score", "score")), draft.world.logit())
    usual_decoys(draft, (0, 1))
    return draft.done(Reading((label,), (preds,), "binary", "logits", positive="1"))


def binary_logprob(rng: random.Random) -> Layout:
    """A label and the logarithm of a probability."""
    draft = start(rng, "hand", "logprobs", 2, saturated=False)
    label = draft.add(label_name(draft), list(draft.world.y))
    preds = draft.add(draft.free(LOGPROBS), draft.world.logprobs(1))
    decisions_beside(draft, (0, 1))
    usual_decoys(draft, (0, 1))
    return draft.done(Reading((label,), (preds,), "binary", "logprobs", positive="1"))


def of_decision(rng: random.Random) -> Layout:
    """The probability of the decision, never below one half on either of them."""
    draft = start(rng, "hand", "probability of the decision", 2, saturated=False)
    classes = rng.choice((binary_classes(rng), binary_classes(rng), rng.choice(NEUTRAL)))
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    names = (sorted(SPECIFIC) * 2) + ["prediction", "predicted", "y_pred", "pred"]
    decided = draft.add(
        rng.choice([name for name in names if not draft.taken(name)]), texts(draft.world.d, list(classes))
    )
    preds = draft.add(draft.free(OF_DECISION), draft.world.decided())
    draft.decoys.append("decision as " + ("number" if isinstance(classes[0], (int, float)) else "text"))
    if rng.random() < 0.3:
        add_correct(draft)
    usual_decoys(draft, classes)
    return draft.done(Reading((label,), (preds,), "binary", of="decision", decision=decided))


def of_truth(rng: random.Random) -> Layout:
    """The probability of the label, whichever it is."""
    k = rng.choice((2, 2, 3, 4))
    draft = start(rng, "hand", "probability of the label", k)
    classes = binary_classes(rng) if k == 2 else _classes(rng, k)
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    preds = draft.add(draft.free(TRUTH), draft.world.of_truth())
    if rng.random() < 0.5:
        add_decision(draft, classes, "pred_label")
    usual_decoys(draft, classes)
    return draft.done(Reading((label,), (preds,), "binary", of="label"))


def of_the_other(rng: random.Random) -> Layout:
    """The probability of the class that is not the positive one, by its name."""
    draft = start(rng, "hand", "probability of the other class", 2)
    classes, other = rng.choice((
        ((0, 1), "0"), ((0, 1), "no"), ((0, 1), "neg"), ((0, 1), "negative"), (("no", "yes"), "no"), ((0, 1), "class_0"),
        (("negative", "positive"), "negative"), ((False, True), "false"), (("benign", "malignant"), "benign"),
        (("ham", "spam"), "ham"), (("neg", "pos"), "neg"), ((0, 1), "0"),
    ))  # fmt: skip
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    preds = draft.add(
        rng.choice((f"prob_{other}", f"p_{other}", f"proba_{other}", f"{other}_prob")), draft.world.column(0)
    )
    draft.decoys.append("probability of the other class")
    decisions_beside(draft, classes)
    usual_decoys(draft, classes)
    return draft.done(Reading((label,), (preds,), "binary", positive=str(classes[0])))


# a column for each class -------------------------------------------------------------------------------------------


def _of(pattern: str, name: Any) -> str:
    """The name of a class's column; `p1`, but never `pcat`."""
    text = str(name)
    if pattern.endswith(("p{}", "prob{}", "proba{}", "logit{}")) and not text.isdigit():
        pattern = pattern.replace("{}", "_{}")
    return pattern.format(text)


def _classes(rng: random.Random, k: int) -> tuple[Any, ...]:
    """Classes of a label: words, numbers from 0 or from 1."""
    fitting = [names for names in SEVERAL if len(names) == k]
    if fitting and rng.random() < 0.6:
        return tuple(rng.choice(fitting))
    return tuple(range(k)) if rng.random() < 0.85 else tuple(range(1, k + 1))


def _shuffled(rng: random.Random, k: int) -> list[int]:
    """The classes in the order of the columns: mostly their own."""
    order = list(range(k))
    if rng.random() < 0.12:
        rng.shuffle(order)
    return order


def family(
    draft: Draft, pattern: str, classes: tuple[Any, ...], space: str = "probs"
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A column for each class, and the classes in their order."""
    values = {"probs": draft.world.column, "logits": draft.world.logits, "logprobs": draft.world.logprobs}[space]
    order = _shuffled(draft.rng, len(classes))
    columns = tuple(draft.add(_of(pattern, classes[j]), values(j)) for j in order)
    return columns, tuple(str(classes[j]) for j in order)


def free_pattern(draft: Draft, patterns: tuple[list[str], list[float]], classes: tuple[Any, ...]) -> str:
    """A pattern whose columns are not there yet."""
    for _ in range(200):
        pattern = pick(draft.rng, patterns)
        if not any(draft.taken(_of(pattern, name)) for name in classes):
            return pattern
    raise AssertionError("no pattern is free")


def _by_class(rng: random.Random, kind: str, classes: tuple[Any, ...], patterns: Any, space: str = "probs") -> Layout:
    """A label and a family of columns."""
    draft = start(rng, "hand", kind, len(classes), saturated=None if space == "probs" else False)
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    columns, names = family(draft, free_pattern(draft, patterns, classes), classes, space)
    decisions_beside(draft, classes)
    _twin(draft, classes)
    usual_decoys(draft, classes)
    return draft.done(Reading((label,), columns, "classes", space, names))


def _twin(draft: Draft, classes: tuple[Any, ...]) -> None:
    """The label once more, by number beside words."""
    if isinstance(classes[0], str) and draft.rng.random() < 0.06:
        label = next(iter(draft.main))
        draft.decoy(
            "label by number",
            draft.rng.choice((f"{label}_id", f"{label}_idx", "label_id", "class_id")),
            list(draft.world.y),
        )


def pair_prefixed(rng: random.Random) -> Layout:
    """A column for each of two classes."""
    classes: tuple[Any, ...] = binary_classes(rng) if rng.random() < 0.8 else rng.choice(NEUTRAL)
    return _by_class(rng, "binary, two columns", classes, FAMILIES)


def pair_bare(rng: random.Random) -> Layout:
    """Columns named like two classes."""
    classes: tuple[Any, ...] = rng.choice((binary_classes(rng), rng.choice(NEUTRAL)))
    return _by_class(rng, "binary, two columns", classes, (["{}"], [1.0]))


def pair_by_index(rng: random.Random) -> Layout:
    """Columns by number beside labels in words of which the second is the positive one."""
    draft = start(rng, "hand", "binary, two columns", 2)
    classes = rng.choice(
        (("no", "yes"), ("No", "Yes"), ("neg", "pos"), ("negative", "positive"), (False, True), (False, True))
    )
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    pattern = free_pattern(draft, FAMILIES, (0, 1))
    columns = tuple(draft.add(_of(pattern, j), draft.world.column(j)) for j in (0, 1))
    decisions_beside(draft, classes)
    usual_decoys(draft, classes)
    return draft.done(Reading((label,), columns, "classes", classes=tuple(map(str, classes))))


def classes_prefixed(rng: random.Random) -> Layout:
    """A column for each class, with a common prefix or suffix."""
    return _by_class(rng, "class columns", _classes(rng, rng.choice((3, 3, 3, 4, 4, 5, 7, 10))), FAMILIES)


def classes_bare(rng: random.Random) -> Layout:
    """Columns named like the classes."""
    return _by_class(rng, "class columns", _classes(rng, rng.choice((3, 3, 4, 4, 6, 10))), (["{}"], [1.0]))


def classes_domain(rng: random.Random) -> Layout:
    """The label has the name of its subject."""
    target, classes = rng.choice(TOPICS)
    draft = start(rng, "hand", "class columns", len(classes))
    label = draft.add(target, texts(draft.world.y, list(classes)))
    own = f"{target}_{{}}" if rng.random() < 0.1 else free_pattern(draft, FAMILIES, classes)
    columns, names = family(draft, "{}" if isinstance(classes[0], str) and rng.random() < 0.35 else own, classes)
    if rng.random() < 0.5:
        decided = rng.choice((f"{target}_pred", f"predicted_{target}", f"pred_{target}", "prediction", "predicted"))
        add_decision(draft, classes, decided)
    usual_decoys(draft, classes, binary_flags=False)
    return draft.done(Reading((label,), columns, "classes", classes=names))


def classes_numbered_from_text(rng: random.Random) -> Layout:
    """Labels `class_0` or `Class_1` and columns `prob_0`, or labels 0 and columns `prob_class_0`."""
    k = rng.choice((3, 4, 5))
    draft = start(rng, "hand", "class columns", k)
    stem, first = rng.choice((("class_", 0), ("Class_", 1), ("LABEL_", 0), ("c", 0)))
    numbers = list(range(first, first + k))
    whole = rng.random() < 0.5
    label = draft.add(label_name(draft), texts(draft.world.y, [f"{stem}{i}" if whole else i for i in numbers]))
    pattern = (
        rng.choice(("prob_{}", "proba_{}", "p_{}"))
        if whole
        else rng.choice((f"prob_{stem}{{}}", f"{stem}{{}}", f"p_{stem}{{}}"))
    )
    columns = tuple(draft.add(pattern.format(i), draft.world.column(j)) for j, i in enumerate(numbers))
    usual_decoys(draft, (0, 1, 2))
    return draft.done(
        Reading((label,), columns, "classes", classes=tuple(f"{stem}{i}" if whole else str(i) for i in numbers))
    )


def class_logits(rng: random.Random) -> Layout:
    """A logit for each class."""
    classes = _classes(rng, rng.choice((2, 2, 3, 3, 4, 10)))
    return _by_class(rng, "logits", classes, LOGIT_FAMILIES, "logits")


def class_logprobs(rng: random.Random) -> Layout:
    """A log-probability for each class."""
    classes = _classes(rng, rng.choice((2, 3, 3, 4, 5)))
    return _by_class(rng, "logprobs", classes, LOGPROB_FAMILIES, "logprobs")


# a list -----------------------------------------------------------------------------------------------------------

LISTS = {
    "probs": ("probs", "probs", "probabilities", "y_proba", "y_prob", "proba", "pred_proba", "pred_probs", "prob", "softmax"),
    "logits": ("logits", "logits", "logits", "y_logits", "pred_logits"),
    "logprobs": ("logprobs", "log_probs"),
}  # fmt: skip


def listed(rng: random.Random) -> Layout:
    """A list of values for each row, classes by position."""
    space = rng.choice(("probs", "probs", "probs", "logits", "logits", "logprobs"))
    draft = start(rng, "hand", "list", rng.choice((2, 3, 3, 4, 10)), saturated=None if space == "probs" else False)
    draft.form = rng.choice(("parquet", "parquet", "parquet", "parquet list", "csv list", "csv list", "csv numpy"))
    numbers = tuple(range(draft.world.k))
    label = draft.add(
        draft.free((["label", "target", "y_true", "labels", "true_label", "gold"], [5, 2, 2, 2, 2, 1])),
        list(draft.world.y),
    )
    values = {"probs": draft.world.p, "logits": draft.world.z, "logprobs": draft.world.log_rows()}[space]
    preds = draft.add(rng.choice(LISTS[space]), values)
    if rng.random() < 0.5:
        add_decision(draft, numbers, rng.choice(("pred", "prediction", "pred_label", "predicted_label", "y_pred")))
    if rng.random() < 0.1:
        draft.decoy("embedding", "embedding", [[0.1, -0.2, 0.3, 1.4, 0.5]] * draft.world.n)
    usual_decoys(draft, numbers, chance=0.8)
    names = tuple(map(str, numbers))
    return draft.done(Reading((label,), (preds,), "classes", space, names))


# several targets --------------------------------------------------------------------------------------------------


def multilabel(rng: random.Random) -> Layout:
    """A truth and a probability for each of several labels."""
    tags = rng.choice(TAGS)
    draft = start(rng, "hand", "multi-label", 2)
    truths, preds = _paired(draft, tags)
    n = draft.world.n
    for name in truths:
        draft.add(name, [int(rng.random() < 0.4) for _ in range(n)])
    sums = [sum(draft.main[name][i] for name in truths) for i in range(n)]
    if all(total == 1 for total in sums):
        draft.main[truths[0]][0] = 1 - draft.main[truths[0]][0]
    for truth, name in zip(truths, preds, strict=True):
        draft.add(name, [round(rng.uniform(0.35, 0.98) if t else rng.uniform(0.01, 0.6), 4) for t in draft.main[truth]])
    _interleaved(draft, truths, preds)
    usual_decoys(draft, (0, 1), chance=0.6, binary_flags=False)
    return draft.done(Reading(truths, preds, "multilabel"))


def targets(rng: random.Random) -> Layout:
    """A target for each class: one-hot or a distribution."""
    names = rng.choice(
        (SEVERAL[0], SEVERAL[1], SEVERAL[3], SEVERAL[5], ("0", "1", "2"), ("0", "1"), ("1", "2", "3", "4"), SEVERAL[13])
    )
    draft = start(rng, "hand", "soft or one-hot targets", len(names), saturated=False)
    truths, preds = _paired(draft, tuple(names))
    made, hard = draft.world, rng.random() < 0.6
    rows = [[float(j == y) for j in range(made.k)] if hard else _soft_row(rng, made.k, y) for y in made.y]
    whole = hard and rng.random() < 0.6
    for j, name in enumerate(truths):
        draft.add(name, [int(row[j]) if whole else row[j] for row in rows])
    for j, name in enumerate(preds):
        draft.add(name, made.column(j))
    _interleaved(draft, truths, preds)
    usual_decoys(draft, (0, 1, 2), chance=0.6, binary_flags=False)
    return draft.done(Reading(truths, preds, "targets"))


def listed_targets(rng: random.Random) -> Layout:
    """Two list columns: targets and predictions."""
    draft = start(rng, "hand", "soft or one-hot targets", rng.choice((2, 3, 5)), saturated=False)
    draft.form = rng.choice(("parquet", "parquet", "csv list"))
    rows = [_soft_row(rng, draft.world.k, y) for y in draft.world.y]
    truth = draft.add(rng.choice(("target", "label", "labels", "y_true", "soft_label", "targets")), rows)
    space = rng.choice(("probs", "logits"))
    preds = draft.add(rng.choice(LISTS[space]), draft.world.p if space == "probs" else draft.world.z)
    if rng.random() < 0.5:
        add_id(draft)
    return draft.done(Reading((truth,), (preds,), "targets", space))


def _soft_row(rng: random.Random, k: int, truth: int) -> list[float]:
    """The votes of ten people."""
    votes = [0] * k
    for _ in range(10):
        votes[truth if rng.random() < 0.6 else rng.randrange(k)] += 1
    return [v / 10 for v in votes]


def _paired(draft: Draft, names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of truth and prediction."""
    while True:
        truth, preds = pick(draft.rng, PAIRS).split()
        if "{}" not in (truth, preds) or not names[0].isdigit():
            return tuple(truth.format(name) for name in names), tuple(preds.format(name) for name in names)


def _interleaved(draft: Draft, truths: tuple[str, ...], preds: tuple[str, ...]) -> None:
    """Sometimes each prediction beside its truth."""
    if draft.rng.random() < 0.3:
        draft.main = {name: draft.main[name] for pair in zip(truths, preds, strict=True) for name in pair}


HAND = {
    binary_prob: 20, binary_of_one: 6, binary_domain: 5, binary_soft: 0.5, binary_score: 1.2, binary_logit: 3.2,
    binary_raw: 0.5, binary_logprob: 0.6, of_decision: 1.8, of_truth: 0.5, of_the_other: 0.7, pair_prefixed: 6,
    pair_bare: 2.5, pair_by_index: 0.7, classes_prefixed: 9, classes_bare: 4.5, classes_domain: 3,
    classes_numbered_from_text: 0.8, class_logits: 2.2, class_logprobs: 1.6, listed: 3.5, multilabel: 3, targets: 2.2,
    listed_targets: 0.5,
}  # fmt: skip
