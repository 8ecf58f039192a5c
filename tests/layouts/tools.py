"""Files as tools write them: their own names in their own order, with the label joined where the tool has none."""

from __future__ import annotations

import random
from typing import Any

from tests.layouts.draft import QUESTION, Draft, Layout, add_features, add_id, add_unit, add_word, label_name, start
from tests.layouts.meaning import Reading
from tests.layouts.vocabulary import DOMAINS, NEUTRAL, SEVERAL, TOPICS
from tests.layouts.world import texts

Classes = tuple[Any, ...]


def begin(rng: random.Random, source: str, kind: str, k: int, **how: Any) -> Draft:
    """A draft, with the features of the table that was scored in a third of all files."""
    draft = start(rng, source, kind, k, **how)
    if rng.random() < 0.35:
        add_features(draft)
        if rng.random() < 0.3:
            add_unit(draft)
        if rng.random() < 0.3:
            add_word(draft)
    return draft


def binary_target(rng: random.Random, *, words: bool | None = None) -> tuple[str, Classes]:
    """A target of two classes with its name in the training table, or one of the plain names."""
    pool: list[tuple[str, Classes]] = [(name, classes) for name, classes, _ in DOMAINS]
    pool += [("target", (0, 1)), ("label", (0, 1)), ("class", ("neg", "pos")), ("y", (0, 1)), ("Class", ("No", "Yes"))]
    pool += [("diagnosis", NEUTRAL[3]), ("income", NEUTRAL[6]), ("class", NEUTRAL[5]), ("Purchase", NEUTRAL[19])]
    if words is not None:
        pool = [(name, classes) for name, classes in pool if isinstance(classes[0], str) == words]
    return rng.choice(pool)


def target_of(rng: random.Random) -> tuple[str, Classes]:
    """A target of several classes in words."""
    return rng.choice([(name, classes) for name, classes in TOPICS if isinstance(classes[0], str)])


def either(rng: random.Random) -> tuple[str, Classes]:
    """A target of two classes or more."""
    return binary_target(rng) if rng.random() < 0.6 else target_of(rng)


def kind_of(classes: Classes) -> str:
    """The kind of a layout with a column for each class."""
    return "binary, two columns" if len(classes) == 2 else "class columns"


def columns_of(draft: Draft, pattern: str, classes: Classes, order: tuple[int, ...] | None = None) -> tuple[str, ...]:
    """A probability column for each class."""
    order = tuple(range(len(classes))) if order is None else order
    names = {j: draft.add(pattern.format(str(classes[j])), draft.world.column(j)) for j in order}
    return tuple(names[j] for j in range(len(classes)))


def finish(draft: Draft, label: str, columns: tuple[str, ...], classes: Classes, *, fixed: bool = True) -> Layout:
    """The layout of a label and a column for each class."""
    return draft.done(Reading((label,), columns, "classes", classes=tuple(map(str, classes))), fixed=fixed)


def truth(draft: Draft, name: str, classes: Classes) -> str:
    """The label column."""
    return draft.add(name, texts(draft.world.y, list(classes)))


def decided(draft: Draft, name: str, classes: Classes) -> str:
    """The tool's own decision."""
    draft.decoys.append("decision as " + ("number" if isinstance(classes[0], (int, float)) else "text"))
    return draft.add(name, texts(draft.world.d, list(classes)))


def plain_label(draft: Draft, name: str) -> str:
    """The name of the target, or what people call it when they join it: `actual`."""
    return name if draft.rng.random() < 0.6 else label_name(draft)


def h2o(rng: random.Random) -> Layout:
    """`predict`, then a column for each level; levels that are numbers get a `p` in front."""
    name, classes = either(rng)
    draft = begin(rng, "H2O", kind_of(classes), len(classes), threshold=rng.choice((0.5, 0.38)))
    label = plain_label(draft, name)
    first = rng.random() < 0.5
    if first:
        truth(draft, label, classes)
    decided(draft, "predict", classes)
    levels = tuple(f"p{level}" if str(level).isdigit() else level for level in classes)
    columns = columns_of(draft, "{}", levels)
    if not first:
        truth(draft, label, classes)
    if len(classes) == 2 and rng.random() < 0.06:
        draft.decoys.append("calibrated twin")
        twins = [
            draft.add(f"cal_{level}", [round(0.5 + 0.8 * (p - 0.5), 6) for p in draft.world.column(j)])
            for j, level in enumerate(levels)
        ]
        reading = Reading((label,), columns, "classes", classes=tuple(map(str, classes)))
        other = Reading((label,), tuple(twins), "classes", classes=tuple(map(str, classes)))
        return draft.done(reading, QUESTION, (other,), fixed=True)
    return finish(draft, label, columns, classes)


def spark(rng: random.Random) -> Layout:
    """`rawPrediction`, `probability`, `prediction`: vectors, and a decision as a double."""
    k = rng.choice((2, 2, 3))
    draft = start(rng, "Spark ML", "list", k)
    numbers = tuple(float(j) for j in range(k))
    draft.form = rng.choice(("parquet", "parquet", "parquet vector", "csv list", "csv list"))
    if rng.random() < 0.35:
        name, classes = ("income", NEUTRAL[6]) if k == 2 else ("species", SEVERAL[1])
        draft.decoy("label as text", name, texts(draft.world.y, list(classes)), front=True)
    label = draft.add(rng.choice(("label", "label", "indexedLabel")), texts(draft.world.y, list(numbers)))
    if rng.random() < 0.5:
        draft.decoy("features vector", "features", [[1.0, 0.5 + i, -0.25] for i in range(draft.world.n)], front=True)
    if rng.random() < 0.6:
        raw = [[round(30 * p, 3) for p in row] for row in draft.world.p]  # the votes of a forest: no logits
        draft.add("rawPrediction", raw)
        draft.decoys.append("raw predictions")
    preds = draft.add("probability", draft.world.p)
    decided(draft, "prediction", numbers)
    reading = Reading((label,), (preds,), "classes", classes=tuple(str(j) for j in range(k)))
    return draft.done(reading, fixed=True)


def spark_flat(rng: random.Random) -> Layout:
    """The probability of class 1 taken out of the vector."""
    draft = begin(rng, "Spark ML", "binary, one column", 2)
    label = truth(draft, rng.choice(("label", "label", "target")), (0.0, 1.0))
    decided(draft, "prediction", (0.0, 1.0))
    preds = draft.add(rng.choice(("probability_1", "prob1", "p1", "prob_1", "probability")), draft.world.column(1))
    return draft.done(Reading((label,), (preds,), "binary", positive="1"), fixed=True)


def caret(rng: random.Random) -> Layout:
    """`pred, obs`, a column for each level, `rowIndex`, the tuning, `Resample`."""
    classes = rng.choice(
        (("No", "Yes"), ("no", "yes"), ("Class1", "Class2"), ("M", "R"), SEVERAL[1], SEVERAL[5], ("X0", "X1"))
    )
    draft = start(rng, "caret", kind_of(classes), len(classes))
    decided(draft, "pred", classes)
    label = truth(draft, "obs", classes)
    columns = columns_of(draft, "{}", classes)
    n = draft.world.n
    draft.decoy("id", "rowIndex", [3 * i + 1 for i in range(n)])
    for name, value in rng.choice(
        ((("mtry", 2),), (("C", 0.25), ("sigma", 0.1)), (("cp", 0.01),), (("parameter", "none"),))
    ):
        draft.decoy("constant", name, [value] * n)
    draft.decoy("fold", "Resample", [f"Fold{1 + i % 5}" for i in range(n)])
    return finish(draft, label, columns, classes)


def tidymodels(rng: random.Random) -> Layout:
    """`.pred_class` and `.pred_<level>` beside the outcome: augment() or collect_predictions()."""
    name, classes = either(rng)
    draft = Draft(rng, "tidymodels", kind_of(classes), start(rng, "", "", len(classes)).world)
    n = draft.world.n
    if rng.random() < 0.5:
        decided(draft, ".pred_class", classes)
        columns = columns_of(draft, ".pred_{}", classes)
        draft.add("id", [f"Fold{1 + i % 5}" for i in range(n)])
        draft.add(".row", list(range(1, n + 1)))
        label = truth(draft, name, classes)
        draft.add(".config", ["Preprocessor1_Model1"] * n)
        draft.decoys += ["fold", "id", "constant"]
    elif rng.random() < 0.5:
        add_features(draft)
        decided(draft, ".pred_class", classes)
        columns = columns_of(draft, ".pred_{}", classes)
        label = truth(draft, name, classes)
    else:
        label = truth(draft, name, classes)
        decided(draft, ".pred_class", classes)
        columns = columns_of(draft, ".pred_{}", classes)
    return finish(draft, label, columns, classes)


def yardstick(rng: random.Random) -> Layout:
    """The examples of yardstick: `truth,Class1,Class2,predicted` and `obs,pred,VF,F,M,L,Resample`."""
    if rng.random() < 0.5:
        draft = start(rng, "tidymodels", "binary, two columns", 2)
        classes: Classes = ("Class1", "Class2")
        label = truth(draft, "truth", classes)
        columns = columns_of(draft, "{}", classes)
        decided(draft, "predicted", classes)
    else:
        draft = start(rng, "tidymodels", "class columns", 4)
        classes = SEVERAL[20]
        label = truth(draft, "obs", classes)
        decided(draft, "pred", classes)
        columns = columns_of(draft, "{}", classes)
        draft.decoy("fold", "Resample", [f"Fold{1 + i % 10:02d}" for i in range(draft.world.n)])
    return finish(draft, label, columns, classes)


def mlr3(rng: random.Random) -> Layout:
    """`row_ids, truth, response, prob.<level>`; mlr: `id, truth, prob.<level>, response`."""
    classes = rng.choice(
        (("neg", "pos"), ("pos", "neg"), ("M", "R"), ("yes", "no"), SEVERAL[1], ("0", "1"), NEUTRAL[5])
    )
    draft = start(rng, "mlr3", kind_of(classes), len(classes))
    n = draft.world.n
    if rng.random() < 0.7:
        draft.decoy("id", "row_ids", list(range(1, n + 1)), front=True)
        label = truth(draft, "truth", classes)
        decided(draft, "response", classes)
        columns = columns_of(draft, "prob.{}", classes)
    else:
        draft.decoy("id", "id", list(range(1, n + 1)), front=True)
        label = truth(draft, "truth", classes)
        columns = columns_of(draft, "prob.{}", classes)
        decided(draft, "response", classes)
        draft.decoy("fold", "iter", [1 + i % 3 for i in range(n)])
        draft.decoy("split", "set", ["test"] * n)
    return finish(draft, label, columns, classes)


def autogluon(rng: random.Random) -> Layout:
    """predict_proba(): a column with the name of each class, the label by its own name beside them."""
    name, classes = either(rng)
    draft = begin(rng, "AutoGluon", kind_of(classes), len(classes))
    if rng.random() < 0.3:
        draft.decoy("id", "", list(range(draft.world.n)), front=True)
    first = rng.random() < 0.5
    if first:
        truth(draft, name, classes)
    columns = columns_of(draft, "{}", classes)
    if rng.random() < 0.3:
        decided(draft, rng.choice(("prediction", "pred", "y_pred")), classes)
    if not first:
        truth(draft, name, classes)
    return finish(draft, name, columns, classes)


def automl_benchmark(rng: random.Random) -> Layout:
    """A column for each class, then `predictions, truth`."""
    classes = rng.choice(
        (
            (0, 1),
            ("no", "yes"),
            SEVERAL[2],
            ("cat", "dog"),
            SEVERAL[0],
            (1, 2, 3),
            ("N", "P"),
            (0, 1, 2),
            ("False", "True"),
        )
    )
    draft = start(rng, "AutoML benchmark", kind_of(classes), len(classes))
    columns = columns_of(draft, "{}", classes)
    decided(draft, "predictions", classes)
    label = truth(draft, "truth", classes)
    return finish(draft, label, columns, classes)


def mlflow(rng: random.Random) -> Layout:
    """An evaluation table: features, the target, and what the model gave, here probabilities."""
    draft = begin(rng, "MLflow", "binary, one column", 2)
    label = truth(draft, rng.choice(("target", "label", "targets")), (0, 1))
    preds = draft.add(rng.choice(("prediction", "predictions", "outputs")), draft.world.column(1))
    return draft.done(Reading((label,), (preds,), "binary", positive="1"), fixed=True)


def evidently(rng: random.Random) -> Layout:
    """`target` and `prediction`, or a column for each class."""
    if rng.random() < 0.5:
        draft = begin(rng, "evidently", "binary, one column", 2)
        label = truth(draft, "target", (0, 1))
        preds = draft.add("prediction", draft.world.column(1))
        return draft.done(Reading((label,), (preds,), "binary", positive="1"), fixed=True)
    classes = rng.choice((SEVERAL[1], ("no", "yes"), SEVERAL[0]))
    draft = begin(rng, "evidently", kind_of(classes), len(classes))
    label = truth(draft, "target", classes)
    if rng.random() < 0.4:
        decided(draft, "prediction", classes)
    columns = columns_of(draft, "{}", classes)
    return finish(draft, label, columns, classes)


def kaggle(rng: random.Random) -> Layout:
    """Out-of-fold predictions of a competition."""
    many = rng.random() < 0.4
    if many:
        classes: Classes
        pattern, classes = rng.choice(
            (
                ("{}", SEVERAL[10]),
                ("{}", SEVERAL[15]),
                ("oof_{}", (0, 1, 2)),
                ("pred_{}", (0, 1, 2)),
                ("prob_{}", (0, 1, 2, 3)),
            )
        )
        draft = start(rng, "Kaggle", "class columns", len(classes))
        _kaggle_ids(draft)
        label = truth(draft, "author" if classes == SEVERAL[15] else "target", classes)
        return finish(draft, label, columns_of(draft, pattern, classes), classes)
    draft = start(rng, "Kaggle", "binary, one column", 2)
    _kaggle_ids(draft)
    label = truth(draft, rng.choice(("target", "target", "Survived", "label", "Exited", "HasDetections")), (0, 1))
    preds = draft.add(
        rng.choice(("oof", "oof_pred", "oof_preds", "pred", "preds", "prediction", "oof_prob")), draft.world.column(1)
    )
    if rng.random() < 0.3:
        draft.main = {preds: draft.main[preds], label: draft.main[label]}
    return draft.done(Reading((label,), (preds,), "binary", positive="1"), fixed=True)


def _kaggle_ids(draft: Draft) -> None:
    """The id and the fold."""
    draft.decoy(
        "id", draft.rng.choice(("id", "ID", "PassengerId", "row_id")), list(range(892, 892 + draft.world.n)), front=True
    )
    if draft.rng.random() < 0.5:
        draft.decoy("fold", draft.rng.choice(("fold", "kfold")), [i % 5 for i in range(draft.world.n)], front=True)


def fastai(rng: random.Random) -> Layout:
    """The file, the label, a column for each word of the vocabulary."""
    classes = rng.choice((("cat", "dog"), SEVERAL[0], SEVERAL[23], ("3", "7"), SEVERAL[18]))
    draft = start(rng, "fastai", kind_of(classes), len(classes))
    draft.decoy(
        "id", rng.choice(("fname", "file", "name", "image")), [f"img_{i}.jpg" for i in range(draft.world.n)], front=True
    )
    label = truth(draft, rng.choice(("label", "actual", "target", "category")), classes)
    if rng.random() < 0.5:
        decided(draft, rng.choice(("pred", "predicted", "prediction")), classes)
    columns = columns_of(draft, rng.choice(("{}", "prob_{}", "{}")), classes)
    if rng.random() < 0.2:
        draft.decoy("loss", "loss", [round(1 - p, 4) for p in draft.world.of_truth()])
    return finish(draft, label, columns, classes)


def keras(rng: random.Random) -> Layout:
    """flow_from_directory(): the file name, the class, the output of the last layer."""
    if rng.random() < 0.5:
        draft = start(rng, "Keras", "binary, one column", 2)
        draft.decoy(
            "id", rng.choice(("filename", "Filename")), [f"cats/{i}.png" for i in range(draft.world.n)], front=True
        )
        label = truth(draft, rng.choice(("class", "label", "true_class", "y_true", "Label")), (0, 1))
        preds = draft.add(
            rng.choice(("prediction", "y_pred", "predictions", "Predictions", "sigmoid_output")), draft.world.column(1)
        )
        return draft.done(Reading((label,), (preds,), "binary", positive="1"), fixed=True)
    classes = rng.choice((SEVERAL[0], SEVERAL[8], ("cat", "dog"), ("NORMAL", "PNEUMONIA"), SEVERAL[23]))
    draft = start(rng, "Keras", kind_of(classes), len(classes))
    draft.decoy(
        "id",
        rng.choice(("filename", "Filename", "image_path")),
        [f"test/{i}.png" for i in range(draft.world.n)],
        front=True,
    )
    label = truth(draft, rng.choice(("class", "true_label", "label", "true_class")), classes)
    decided(draft, rng.choice(("predicted_class", "pred_label", "predicted_label", "prediction")), classes)
    if rng.random() < 0.4:
        draft.add("confidence", draft.world.decided())
        draft.decoys.append("probability of the decision")
    return finish(
        draft, label, columns_of(draft, rng.choice(("{}", "prob_{}", "prob_{}", "{}_prob")), classes), classes
    )


def hf_pipeline(rng: random.Random) -> Layout:
    """A pipeline's label and score beside the gold label."""
    draft = start(rng, "HF pipeline", "probability of the decision", 2, saturated=False)
    classes = rng.choice(
        (("NEGATIVE", "POSITIVE"), ("LABEL_0", "LABEL_1"), ("negative", "positive"), (0, 1), ("not_toxic", "toxic"))
    )
    draft.decoy("id", rng.choice(("text", "sentence", "review")), ["good film"] * draft.world.n, front=True)
    gold, said = rng.choice(
        (
            ("true_label", "pred_label"),
            ("label", "predicted_label"),
            ("gold", "label"),
            ("gold_label", "prediction"),
            ("label", "pred_label"),
        )
    )
    label = truth(draft, gold, classes)
    decision = decided(draft, said, classes)
    preds = draft.add(rng.choice(("score", "score", "pred_score", "confidence")), draft.world.decided())
    return draft.done(Reading((label,), (preds,), "binary", of="decision", decision=decision), fixed=True)


def hf_trainer(rng: random.Random) -> Layout:
    """Trainer.predict(): logits by number, as columns or a list; `LABEL_0` of top_k=None."""
    k = rng.choice((2, 2, 3, 4))
    draft = start(rng, "HF Trainer", "logits", k, saturated=False)
    numbers = tuple(range(k))
    if rng.random() < 0.5:
        draft.decoy(
            "id", rng.choice(("text", "sentence", "idx")), [f"row {i}" for i in range(draft.world.n)], front=True
        )
    label = truth(draft, rng.choice(("label", "labels", "label_ids", "label")), numbers)
    if rng.random() < 0.5:
        decided(draft, rng.choice(("prediction", "pred", "predictions")), numbers)
    how = rng.random()
    names = tuple(map(str, numbers))
    if how < 0.3:
        draft.kind = kind_of(numbers)
        return finish(draft, label, columns_of(draft, "LABEL_{}", numbers), numbers)
    if how < 0.65:
        columns = tuple(draft.add(f"logit_{j}", draft.world.logits(j)) for j in numbers)
    else:
        draft.form = rng.choice(("parquet", "csv list"))
        columns = (draft.add("logits", draft.world.z),)
    return draft.done(Reading((label,), columns, "classes", "logits", names), fixed=True)


def vertex(rng: random.Random) -> Layout:
    """AutoML tables: `<target>_<class>_score` after the columns that were sent."""
    name, classes = either(rng)
    draft = begin(rng, "Vertex AI", kind_of(classes), len(classes))
    truth(draft, name, classes)
    return finish(draft, name, columns_of(draft, f"{name}_{{}}_score" + rng.choice(("", "s")), classes), classes)


def sagemaker(rng: random.Random) -> Layout:
    """Autopilot: the decision and its probability, in full also both lists."""
    name, classes = binary_target(rng)
    draft = begin(rng, "SageMaker", "probability of the decision", 2, saturated=False)
    label = truth(draft, plain_label(draft, name), classes)
    decision = decided(draft, "predicted_label", classes)
    preds = draft.add("probability", draft.world.decided())
    if rng.random() < 0.4:
        draft.kind, draft.form = "list", "csv list"
        lists = draft.add("probabilities", draft.world.p)
        draft.add("labels", [[str(c) for c in classes]] * draft.world.n)
        draft.decoys.append("probability of the decision")
        return finish(draft, label, (lists,), classes)
    return draft.done(Reading((label,), (preds,), "binary", of="decision", decision=decision), fixed=True)


def bigquery(rng: random.Random) -> Layout:
    """ML.PREDICT: `predicted_<target>`, `predicted_<target>_probs`; flattened, or nested in Parquet."""
    how = rng.random()
    if how < 0.4:
        name, classes = either(rng)
        draft = begin(rng, "BigQuery ML", "list", len(classes))
        draft.form = "parquet named"
        decided(draft, f"predicted_{name}", classes)
        rows = [
            {str(classes[j]): row[j] for j in sorted(range(len(classes)), key=lambda j: -row[j])}
            for row in draft.world.p
        ]
        preds = draft.add(f"predicted_{name}_probs", rows)
        truth(draft, name, classes)
        return finish(draft, name, (preds,), classes)
    name, classes = binary_target(rng)
    one = how < 0.8
    draft = begin(
        rng, "BigQuery ML", "binary, one column" if one else "probability of the decision", 2, saturated=False
    )
    label = truth(draft, name, classes)
    decision = decided(draft, f"predicted_{name}", classes)
    if one and classes in ((0, 1), ("no", "yes"), ("No", "Yes"), ("neg", "pos")):
        preds = draft.add(
            rng.choice(("prob", "probability", "prob_1" if classes == (0, 1) else "prob")), draft.world.column(1)
        )
        return draft.done(Reading((label,), (preds,), "binary", positive=str(classes[1])), fixed=True)
    draft.kind = "probability of the decision"
    preds = draft.add("prob", draft.world.decided())
    return draft.done(Reading((label,), (preds,), "binary", of="decision", decision=decision), fixed=True)


def datarobot(rng: random.Random) -> Layout:
    """`<target>_<class>_PREDICTION` for each class, `<target>_PREDICTION` the decision, the threshold, the positive class."""
    name, classes = either(rng)
    draft = begin(rng, "DataRobot", kind_of(classes), len(classes))
    truth(draft, name, classes)
    two = len(classes) == 2
    columns = columns_of(draft, f"{name}_{{}}_PREDICTION", classes, (1, 0) if two else None)
    decided(draft, f"{name}_PREDICTION", classes)
    n = draft.world.n
    if two:
        draft.decoy("threshold", "THRESHOLD", [0.5] * n)
        draft.decoy("constant", "POSITIVE_CLASS", [classes[1]] * n)
    draft.decoy("constant", "DEPLOYMENT_APPROVAL_STATUS", ["APPROVED"] * n)
    return finish(draft, name, columns, classes)


def orange(rng: random.Random) -> Layout:
    """The decision of a model under its name, then `Name (class)` for each class, and the fold."""
    name, classes = either(rng)
    draft = begin(rng, "Orange", kind_of(classes), len(classes))
    truth(draft, name, classes)
    models = rng.sample(
        ("Logistic Regression", "Random Forest", "Tree", "Naive Bayes", "kNN"), 2 if rng.random() < 0.12 else 1
    )
    readings = []
    for i, model in enumerate(models):
        decided(draft, model, classes)
        values = (
            draft.world.p
            if i == 0
            else [[round(0.7 * p + 0.3 / len(classes), 6) for p in row] for row in draft.world.p]
        )
        columns = tuple(draft.add(f"{model} ({c})", [row[j] for row in values]) for j, c in enumerate(classes))
        readings.append(Reading((name,), columns, "classes", classes=tuple(map(str, classes))))
    if rng.random() < 0.7:
        draft.decoy("fold", "Fold", [1 + i % 10 for i in range(draft.world.n)])
    if len(models) == 1:
        return draft.done(readings[0], fixed=True)
    draft.kind = "several models"
    draft.decoys.append("other models")
    return draft.done(readings[0], QUESTION, (readings[1],), fixed=True)


def weka(rng: random.Random) -> Layout:
    """`inst#, actual, predicted, error, prediction`: the last is the probability of the decision, or the distribution."""
    classes = tuple(
        f"{j + 1}:{name}"
        for j, name in enumerate(
            rng.choice((("no", "yes"), NEUTRAL[5], ("tested_negative", "tested_positive"), SEVERAL[2]))
        )
    )
    k = len(classes)
    wide = k > 2 or rng.random() < 0.25
    draft = start(rng, "Weka", kind_of(classes) if wide else "probability of the decision", k, saturated=False)
    made = draft.world
    draft.decoy("id", "inst#", list(range(1, made.n + 1)), front=True)
    label = truth(draft, "actual", classes)
    decision = decided(draft, "predicted", classes)
    draft.add("error", ["+" if a != b else "" for a, b in zip(made.y, made.d, strict=True)])
    draft.decoys.append("correct")
    if not wide:
        preds = draft.add("prediction", made.decided())
        return draft.done(Reading((label,), (preds,), "binary", of="decision", decision=decision), fixed=True)
    columns = tuple("distribution" + "_" * j for j in range(k))
    for j, name in enumerate(columns):
        draft.main[name] = [("*" if d == j else "") + repr(row[j]) for row, d in zip(made.p, made.d, strict=True)]
        draft.titles[name] = "" if j else "distribution"
    return finish(draft, label, columns, classes)


def knime(rng: random.Random) -> Layout:
    """`P (target=class)` for each class, `Prediction (target)`."""
    name, classes = either(rng)
    draft = begin(rng, "KNIME", kind_of(classes), len(classes))
    truth(draft, name, classes)
    columns = columns_of(draft, f"P ({name}={{}})", classes)
    decided(draft, f"Prediction ({name})", classes)
    if rng.random() < 0.3:
        draft.add(f"Prediction ({name}) (Confidence)", draft.world.decided())
        draft.decoys.append("probability of the decision")
    return finish(draft, name, columns, classes)


def rapidminer(rng: random.Random) -> Layout:
    """`prediction(target)`, `confidence(class)` for each class."""
    name, classes = either(rng)
    draft = begin(rng, "RapidMiner", kind_of(classes), len(classes))
    truth(draft, name, classes)
    decided(draft, f"prediction({name})", classes)
    return finish(draft, name, columns_of(draft, "confidence({})", classes), classes)


def pycaret(rng: random.Random) -> Layout:
    """`prediction_label`, `prediction_score`: of the decision, or for each class with raw_score."""
    name, classes = binary_target(rng)
    raw = rng.random() < 0.35
    draft = begin(rng, "PyCaret", "binary, two columns" if raw else "probability of the decision", 2, saturated=False)
    label = truth(draft, name, classes)
    decision = decided(draft, "prediction_label", classes)
    if raw:
        return finish(draft, label, columns_of(draft, "prediction_score_{}", classes), classes)
    preds = draft.add("prediction_score", draft.world.decided())
    return draft.done(Reading((label,), (preds,), "binary", of="decision", decision=decision), fixed=True)


def azure(rng: random.Random) -> Layout:
    """`Scored Labels`, `Scored Probabilities`, of the positive class or for each."""
    if rng.random() < 0.6:
        name, classes = rng.choice(
            [pair for pair in ((n, c) for n, c, _ in DOMAINS) if pair[1] in ((0, 1), ("No", "Yes"), ("no", "yes"))]
        )
        draft = begin(rng, "Azure ML", "binary, one column", 2)
        truth(draft, name, classes)
        decided(draft, "Scored Labels", classes)
        preds = draft.add("Scored Probabilities", draft.world.column(1))
        return draft.done(Reading((name,), (preds,), "binary", positive=str(classes[1])), fixed=True)
    name, classes = target_of(rng)
    draft = begin(rng, "Azure ML", "class columns", len(classes))
    truth(draft, name, classes)
    pattern = rng.choice(("Scored Probabilities_{}", 'Scored Probabilities for Class "{}"'))
    columns = columns_of(draft, pattern, classes)
    decided(draft, "Scored Labels", classes)
    return finish(draft, name, columns, classes)


def dataiku(rng: random.Random) -> Layout:
    """`proba_<class>` for each class, `prediction`."""
    name, classes = either(rng)
    draft = begin(rng, "Dataiku", kind_of(classes), len(classes))
    truth(draft, name, classes)
    columns = columns_of(draft, "proba_{}", classes)
    decided(draft, "prediction", classes)
    return finish(draft, name, columns, classes)


def catboost(rng: random.Random) -> Layout:
    """`SampleId`, then the prediction types that were asked for, then `Label`."""
    many = rng.random() < 0.5
    classes: Classes = rng.choice((SEVERAL[0], SEVERAL[1], (0, 1, 2))) if many else (0, 1)
    raw = rng.random() < 0.3
    draft = start(
        rng,
        "CatBoost",
        "logits" if raw else "class columns" if many else "binary, one column",
        len(classes),
        saturated=False,
    )
    draft.form = "tsv"
    draft.decoy("id", rng.choice(("SampleId", "DocId")), list(range(draft.world.n)), front=True)
    word, space = ("RawFormulaVal", "logits") if raw else ("Probability", "probs")
    if many:
        values = draft.world.logits if raw else draft.world.column
        columns = tuple(draft.add(f"{word}:Class={c}", values(j)) for j, c in enumerate(classes))
    else:
        columns = (draft.add(word, draft.world.logit() if raw else draft.world.column(1)),)
    if rng.random() < 0.4:
        decided(draft, "Class", classes)
    label = truth(draft, "Label", classes)
    if many:
        return draft.done(Reading((label,), columns, "classes", space, tuple(map(str, classes))), fixed=True)
    return draft.done(Reading((label,), columns, "binary", space, positive="1"), fixed=True)


def sas(rng: random.Random) -> Layout:
    """`P_<target><level>` for each level, `I_<target>` the decision."""
    draft = begin(rng, "SAS", "binary, two columns", 2)
    target = rng.choice(("BAD", "TARGET", "CHURN"))
    label = truth(draft, target, (0, 1))
    columns = columns_of(draft, f"P_{target}{{}}", (0, 1), (1, 0))
    decided(draft, f"I_{target}", (0, 1))
    return finish(draft, label, columns, (0, 1))


def spss(rng: random.Random) -> Layout:
    """`$L-target` the decision and `$LP-target` its probability."""
    draft = begin(rng, "SPSS Modeler", "probability of the decision", 2, saturated=False)
    label = truth(draft, "churn", ("F", "T"))
    letter = rng.choice("LRN")
    decision = decided(draft, f"${letter}-churn", ("F", "T"))
    preds = draft.add(f"${'LP' if letter == 'L' else letter + 'C'}-churn", draft.world.decided())
    return draft.done(Reading((label,), (preds,), "binary", of="decision", decision=decision), fixed=True)


def openml(rng: random.Random) -> Layout:
    """Runs of OpenML: `prediction` is the decision, `correct` the truth, `confidence.<class>`."""
    classes = rng.choice((NEUTRAL[5], SEVERAL[2], ("no", "yes"), ("tested_negative", "tested_positive")))
    draft = start(rng, "OpenML", kind_of(classes), len(classes))
    n = draft.world.n
    for name, values in (
        ("repeat", [0] * n),
        ("fold", [i % 10 for i in range(n)]),
        ("row_id", [7 * i % 1000 for i in range(n)]),
    ):
        draft.decoy("fold" if name == "fold" else "id", name, values, front=True)
    decided(draft, "prediction", classes)
    label = truth(draft, "correct", classes)
    return finish(draft, label, columns_of(draft, "confidence.{}", classes), classes)


def sklearn_frame(rng: random.Random) -> Layout:
    """pd.DataFrame(predict_proba(X), columns=classes_) with the target and perhaps the decision."""
    name, classes = rng.choice(
        (
            ("target", (0, 1)),
            ("y_true", (0, 1, 2)),
            ("y", SEVERAL[1]),
            ("target", SEVERAL[0]),
            ("label", tuple(range(10))),
            ("y_test", (0, 1)),
            ("y_true", ("no", "yes")),
        )
    )
    draft = begin(rng, "scikit-learn", kind_of(classes), len(classes))
    if rng.random() < 0.4:
        add_id(draft)
    columns = columns_of(draft, "{}", classes)
    label = truth(draft, name, classes)
    if rng.random() < 0.5:
        decided(draft, rng.choice(("y_pred", "pred", "prediction")), classes)
    return finish(draft, label, columns, classes, fixed=False)


TOOLS = {
    h2o: 3, spark: 2.2, spark_flat: 0.8, caret: 2, tidymodels: 3, yardstick: 0.8, mlr3: 1.8, autogluon: 2.2,
    automl_benchmark: 1.5, mlflow: 0.8, evidently: 1.2, kaggle: 3, fastai: 0.8, keras: 1.8, hf_pipeline: 0.8,
    hf_trainer: 1.6, vertex: 0.8, sagemaker: 0.6, bigquery: 1.0, datarobot: 1.2, orange: 1.3, weka: 0.5, knime: 1.5,
    rapidminer: 1.5, pycaret: 1.0, azure: 1.0, dataiku: 1.0, catboost: 1.0, sas: 0.4, spss: 0.15, openml: 0.5,
    sklearn_frame: 1.2,
}  # fmt: skip
