"""Files of which a careful reader has to ask the owner, and files from which no loss can be had."""

from __future__ import annotations

import random
from typing import Any

from tests.layouts.draft import (
    NOTHING,
    QUESTION,
    Layout,
    add_correct,
    add_decision,
    add_features,
    label_name,
    start,
    usual_decoys,
)
from tests.layouts.hand import free_pattern
from tests.layouts.meaning import Reading
from tests.layouts.vocabulary import (
    BARE,
    DECISIONS,
    DOMAINS,
    FAMILIES,
    FLAGS,
    MODELS,
    NEUTRAL,
    OF_DECISION,
    ONE_OF_SEVERAL,
    PROBS,
    SEVERAL,
    binary_classes,
    pick,
)
from tests.layouts.world import texts, world

ASKED = "question"
EMPTY = "nothing to score"


def several_models(rng: random.Random) -> Layout:
    """A column for each of several models: one of them may be meant, or a comparison of all."""
    draft = start(rng, "hand", "several models", 2)
    models = rng.choice(MODELS)
    label = draft.add(label_name(draft), list(draft.world.y))
    pattern = pick(rng, ONE_OF_SEVERAL)
    preds = []
    for name in models:
        other = world(rng, 2)
        values = [
            _towards(rng, y, p) for y, p in zip(draft.world.y, (other.column(1) * 4)[: draft.world.n], strict=True)
        ]
        preds.append(draft.add(pattern.format(name), values))
    draft.decoys.append("other models")
    usual_decoys(draft, (0, 1), chance=0.7, binary_flags=False)
    readings = [Reading((label,), (name,), "binary", positive="1") for name in preds]
    first = rng.randrange(len(readings))
    return draft.done(readings[first], QUESTION, tuple(readings[:first] + readings[first + 1 :]))


def _towards(rng: random.Random, y: int, p: float) -> float:
    """A probability that is more often than not on the side of the label."""
    return round(max(p, 1 - p) if (y == 1) == (rng.random() < 0.8) else min(p, 1 - p), 4)


def several_families(rng: random.Random) -> Layout:
    """Two models with a column for each class."""
    classes = rng.choice([names for names in SEVERAL if len(names) == 3])
    draft = start(rng, "hand", "several models", 3)
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    pattern = rng.choice(("{m}_prob_{c}", "prob_{m}_{c}", "{m}_{c}", "{c}_{m}"))
    readings = []
    for model in rng.choice(MODELS)[:2]:
        other = world(rng, 3)
        rows = [sorted(row, reverse=True) for row in (other.p * 4)[: draft.world.n]]
        for row, y in zip(rows, draft.world.y, strict=True):
            if rng.random() < 0.75:
                row[0], row[y] = row[y], row[0]
        columns = [
            draft.add(pattern.format(m=model, c=name), [row[j] for row in rows]) for j, name in enumerate(classes)
        ]
        readings.append(Reading((label,), tuple(columns), "classes", classes=tuple(classes)))
    draft.decoys.append("other models")
    usual_decoys(draft, classes, chance=0.6)
    return draft.done(readings[0], QUESTION, (readings[1],))


def calibrated(rng: random.Random) -> Layout:
    """Before and after calibration."""
    draft = start(rng, "hand", "calibrated twin", 2)
    label = draft.add(label_name(draft), list(draft.world.y))
    names = rng.choice((
        ("prob", "calibrated_prob"), ("y_prob", "y_prob_calibrated"), ("prob", "prob_cal"), ("raw_prob", "cal_prob"),
        ("prob_raw", "prob_calibrated"), ("y_proba", "y_proba_cal"), ("p", "p_cal"), ("proba", "calibrated_proba"),
    ))  # fmt: skip
    if any(draft.taken(name) for name in names):
        return calibrated(rng)
    plain = draft.add(names[0], draft.world.column(1))
    mild = draft.add(names[1], [round(0.5 + 0.7 * (p - 0.5), 4) for p in draft.world.column(1)])
    draft.decoys.append("calibrated twin")
    usual_decoys(draft, (0, 1), chance=0.7)
    readings = [Reading((label,), (name,), "binary", positive="1") for name in (plain, mild)]
    rng.shuffle(readings)
    return draft.done(readings[0], QUESTION, (readings[1],))


def logits_beside(rng: random.Random) -> Layout:
    """Logits and probabilities of one model; where rounding makes no difference either is right."""
    draft = start(rng, "hand", "logits beside probabilities", 2, saturated=False)
    label = draft.add(label_name(draft), list(draft.world.y))
    logit = draft.add("logit", draft.world.logit())
    prob = draft.add(
        draft.free((["prob", "proba", "y_prob", "probability", "prob_1"], [4, 2, 2, 2, 1])), draft.world.column(1)
    )
    draft.decoys.append("logits beside probabilities")
    if rng.random() < 0.4:
        add_decision(draft, (0, 1), "pred_label")
    usual_decoys(draft, (0, 1), chance=0.7)
    readings = [
        Reading((label,), (prob,), "binary", positive="1"),
        Reading((label,), (logit,), "binary", "logits", positive="1"),
    ]
    rng.shuffle(readings)
    return draft.done(readings[0], QUESTION, (readings[1],))


def which_positive(rng: random.Random) -> Layout:
    """One probability beside labels in words, and no word says of which of the two."""
    draft = start(rng, "hand", "which class is positive", 2)
    classes = rng.choice((*NEUTRAL, (1, 2)))
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    bare = rng.random() < 0.2
    preds = draft.add(draft.free(BARE if bare else PROBS), draft.world.column(1))
    usual_decoys(draft, classes)
    readings = [Reading((label,), (preds,), "binary", positive=str(name)) for name in reversed(classes)]
    return draft.done(readings[0], QUESTION, (readings[1],))


def which_benign(rng: random.Random) -> Layout:
    """A class by name beside labels by number: benign is 1 in one data set and 0 in another."""
    draft = start(rng, "hand", "which class is positive", 2)
    label = draft.add(label_name(draft), list(draft.world.y))
    name = rng.choice(("prob_benign", "p_male", "prob_normal", "prob_healthy", "prob_female", "p_human"))
    one = rng.random() < 0.4
    preds = draft.add(name, draft.world.column(int(one)))
    usual_decoys(draft, (0, 1))
    readings = [Reading((label,), (preds,), "binary", positive=value) for value in (("1", "0") if one else ("0", "1"))]
    return draft.done(readings[0], QUESTION, (readings[1],))


def by_index(rng: random.Random) -> Layout:
    """Columns or a list by number beside labels in words: the order of the classes is not in the file."""
    classes = rng.choice((*SEVERAL, *NEUTRAL[:10]))
    k = len(classes)
    draft = start(rng, "hand", "order of the classes", k)
    label = draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    order = sorted(range(k), key=lambda j: str(classes[j])) if rng.random() < 0.8 else list(range(k))
    if rng.random() < 0.4:
        draft.form = rng.choice(("parquet", "csv list"))
        columns = (
            draft.add(
                rng.choice(("probs", "probabilities", "y_proba")), [[row[j] for j in order] for row in draft.world.p]
            ),
        )
    else:
        pattern = rng.choice(("{}", free_pattern(draft, FAMILIES, tuple(range(k)))))
        pattern = pattern.replace("p{}", "p_{}") if k == 2 else pattern
        columns = tuple(draft.add(pattern.format(i), draft.world.column(j)) for i, j in enumerate(order))
    usual_decoys(draft, classes)
    names = tuple(str(classes[j]) for j in order)
    return draft.done(Reading((label,), columns, "classes", classes=names), QUESTION)


def by_id(rng: random.Random) -> Layout:
    """Columns by the names of classes beside labels by number; the order of the columns is probably that of the numbers."""
    classes = rng.choice([names for names in SEVERAL if len(names) in (3, 4) and names[0] != "class_0"])
    draft = start(rng, "hand", "order of the classes", len(classes))
    label = draft.add(label_name(draft), list(draft.world.y))
    pattern = rng.choice(("{}", "prob_{}", "prob_{}", "p_{}", "logit_{}"))
    space = "logits" if "logit" in pattern else "probs"
    values = draft.world.logits if space == "logits" else draft.world.column
    columns = tuple(draft.add(pattern.format(name), values(j)) for j, name in enumerate(classes))
    if rng.random() < 0.4:
        add_decision(draft, tuple(range(len(classes))), "pred")
    usual_decoys(draft, classes, chance=0.7)
    return draft.done(Reading((label,), columns, "classes", space, tuple(map(str, range(len(classes))))), QUESTION)


def two_labels(rng: random.Random) -> Layout:
    """What was given and what was corrected; two people."""
    draft = start(rng, "hand", "two labels", 2)
    names = rng.choice(
        (("label", "noisy_label"), ("given_label", "true_label"), ("label", "target"), ("annotator_1", "annotator_2"))
    )
    first = draft.add(names[0], list(draft.world.y))
    second = draft.add(names[1], [y if rng.random() < 0.8 else 1 - y for y in draft.world.y])
    preds = draft.add(draft.free(PROBS), draft.world.column(1))
    draft.decoys.append("second label")
    usual_decoys(draft, (0, 1), chance=0.7, binary_flags=False)
    readings = [Reading((name,), (preds,), "binary", positive="1") for name in (first, second)]
    return draft.done(readings[0], QUESTION, (readings[1],))


def label_among_flags(rng: random.Random) -> Layout:
    """The label has a name of its own, and another column holds 0 and 1 as well."""
    draft = start(rng, "hand", "two labels", 2)
    target = rng.choice([name for name, classes, _ in DOMAINS if classes == (0, 1)])
    label = draft.add(target, list(draft.world.y))
    flag = draft.add(rng.choice(FLAGS), [rng.randrange(2) for _ in draft.world.y])
    preds = draft.add(draft.free(PROBS), draft.world.column(1))
    draft.decoys.append("feature 0/1")
    add_features(draft)
    readings = [Reading((name,), (preds,), "binary", positive="1") for name in (label, flag)]
    return draft.done(readings[0], QUESTION, (readings[1],))


# nothing to score ---------------------------------------------------------------------------------------------------


def decisions_alone(rng: random.Random) -> Layout:
    """`predict()` in place of `predict_proba()`."""
    k = rng.choice((2, 2, 2, 3, 5))
    draft = start(rng, "hand", EMPTY, k)
    classes = (
        binary_classes(rng)
        if k == 2
        else rng.choice((tuple(range(k)), *[names for names in SEVERAL if len(names) == k]))
    )
    draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    draft.add(draft.free(DECISIONS), texts(draft.world.d, list(classes)))
    draft.decoys.append("decision as " + ("number" if isinstance(classes[0], (int, float)) else "text"))
    if rng.random() < 0.25:
        add_correct(draft)
    usual_decoys(draft, classes)
    return draft.done(None, NOTHING)


def decisions_of_models(rng: random.Random) -> Layout:
    """What several models decided."""
    draft = start(rng, "hand", EMPTY, 2)
    draft.add(label_name(draft), list(draft.world.y))
    for name in rng.choice(MODELS):
        draft.add(f"{name}_pred", [y if rng.random() < 0.8 else 1 - y for y in draft.world.y])
    draft.decoys.append("other models")
    usual_decoys(draft, (0, 1), binary_flags=False)
    return draft.done(None, NOTHING)


def confidence_of_many(rng: random.Random) -> Layout:
    """Of three or more classes the probability of the decision says nothing about the others."""
    k = rng.choice((3, 4, 10))
    draft = start(rng, "hand", EMPTY, k)
    classes: Any = rng.choice((tuple(range(k)), *[names for names in SEVERAL if len(names) == k]))
    draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    draft.add(
        rng.choice(("pred_label", "predicted_label", "prediction", "predicted", "pred")),
        texts(draft.world.d, list(classes)),
    )
    draft.add(draft.free(OF_DECISION), draft.world.decided())
    draft.decoys.append("probability of the decision")
    if rng.random() < 0.4:
        add_correct(draft)
    usual_decoys(draft, classes)
    return draft.done(None, NOTHING)


def regression(rng: random.Random) -> Layout:
    """Prices and forecasts."""
    draft = start(rng, "hand", EMPTY, 2)
    truth = [round(rng.gauss(200, 60), 1) for _ in draft.world.y]
    draft.add(rng.choice(("y_true", "actual", "target", "price", "label")), truth)
    draft.add(
        rng.choice(("y_pred", "predicted", "prediction", "yhat")), [round(y + rng.gauss(0, 20), 2) for y in truth]
    )
    usual_decoys(draft, (0, 1), chance=0.6)
    return draft.done(None, NOTHING)


def one_hot_decisions(rng: random.Random) -> Layout:
    """Decisions as a column of 0 and 1 for each class."""
    classes = rng.choice([names for names in SEVERAL if len(names) == 3])
    draft = start(rng, "hand", EMPTY, 3)
    draft.add(label_name(draft), texts(draft.world.y, list(classes)))
    pattern = rng.choice(("pred_{}", "prob_{}", "{}"))
    for j, name in enumerate(classes):
        draft.add(pattern.format(name), [int(d == j) for d in draft.world.d])
    usual_decoys(draft, classes, chance=0.6)
    return draft.done(None, NOTHING)


def generated_text(rng: random.Random) -> Layout:
    """Answers of a language model."""
    draft = start(rng, "hand", EMPTY, 2)
    n = draft.world.n
    draft.add("question", [f"what is {i} and {i}?" for i in range(n)])
    draft.add(rng.choice(("answer", "reference", "gold")), [f"it is {2 * i}" for i in range(n)])
    draft.add(rng.choice(("prediction", "response", "output", "generated")), [f"{2 * i}, I think" for i in range(n)])
    return draft.done(None, NOTHING)


DOUBTFUL = {
    several_models: 1.6, several_families: 0.3, calibrated: 0.5, logits_beside: 0.7, which_positive: 0.9, which_benign: 0.25,
    by_index: 0.55, by_id: 0.4, two_labels: 0.2, label_among_flags: 0.4,
    decisions_alone: 2.6, decisions_of_models: 0.3, confidence_of_many: 1.2, regression: 0.5, one_hot_decisions: 0.2,
    generated_text: 0.15,
}  # fmt: skip
