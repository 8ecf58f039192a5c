"""Which column is what: real layouts with the plan a reader of the header expects, refusals, selectors, and laws."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xent_cli import columns as schema
from xent_cli.columns import Plan, Stated, infer, resolve, selector_for
from xent_cli.contract.errors import DataError, UsageError, XentError


@dataclass(frozen=True)
class Column:
    """A column type, as the readers give it."""

    kind: str = "untyped"
    text: str = "text of a CSV"
    length: int | None = None


TYPES = {
    "": Column(),
    "double": Column("number", "double"),
    "int": Column("number", "int64"),
    "bool": Column("bool", "bool"),
    "text": Column("text", "string"),
    "date": Column("text", "date32[day]"),
    "list": Column("list", "list<double>"),
    "list3": Column("list", "fixed_size_list<float>[3]", 3),
    "list4": Column("list", "fixed_size_list<float>[4]", 4),
    "list0": Column("list", "fixed_size_list<float>[0]", 0),
    "list1": Column("list", "fixed_size_list<float>[1]", 1),
    "texts": Column("list", "list<string>"),
    "lists": Column("list", "list<element: list<element: double>>"),
    "other": Column("other", "struct<a: double>"),
}


def columns(header: str) -> tuple[list[str], list[Column]]:
    """A header such as `label|text,p0,p1` as names and types."""
    pairs = [name.partition("|") for name in header.split(",")]
    return [name for name, _, _ in pairs], [TYPES[kind] for _, _, kind in pairs]


def plan_of(header: str, **stated: Any) -> Plan:
    """The plan of a header."""
    names, types = columns(header)
    return infer(names, types, Stated(**stated), "preds.csv")


def refusal(header: str, **stated: Any) -> XentError:
    """The error of a header."""
    with pytest.raises(XentError) as caught:
        plan_of(header, **stated)
    return caught.value


def text_of(error: XentError) -> str:
    """All that an error says."""
    return " | ".join(f"{p.rule} | {p.message} | {p.detail} | {p.help}" for p in error.problems)


def facts(plan: Plan) -> dict[str, Any]:
    """What a plan says, without its reasons and without what is empty."""
    names = [name for name in Plan.__slots__ if name not in {"reasons", "of"}]
    return {name: value for name in names if (value := getattr(plan, name)) not in {None, (), False}}


def binary(label: str, prediction: str, space: str = "probs", **more: Any) -> dict[str, Any]:
    """One label and one prediction."""
    plan = {"kind": "binary", "space": space, "label": label, "labels": (label,), "predictions": (prediction,)}
    return plan | more


def sparse(label: str, predictions: str, classes: str, space: str = "probs", **more: Any) -> dict[str, Any]:
    """One label and a prediction column per class."""
    names, found = tuple(predictions.split()), tuple(classes.split())
    return {"kind": "sparse", "space": space, "label": label, "predictions": names, "classes": found} | more


def listed(label: str, prediction: str, space: str = "probs", **more: Any) -> dict[str, Any]:
    """One label and a list column of predictions."""
    plan = {"kind": "sparse", "space": space, "label": label, "predictions": (prediction,), "predictions_list": True}
    return plan | more


def categorical(targets: str, predictions: str, classes: str, space: str = "probs", **more: Any) -> dict[str, Any]:
    """A target column and a prediction column per class."""
    plan = {"kind": "categorical", "space": space, "targets": tuple(targets.split())}
    return plan | {"predictions": tuple(predictions.split()), "classes": tuple(classes.split())} | more


def multilabel(labels: str, predictions: str, names: str, space: str = "probs", **more: Any) -> dict[str, Any]:
    """A label and a prediction column per label."""
    plan = {"kind": "binary", "space": space, "labels": tuple(labels.split()), "multilabel": True}
    return plan | {"predictions": tuple(predictions.split()), "label_names": tuple(names.split())} | more


# fmt: off
LAYOUTS: list[tuple[str, str, dict[str, Any]]] = [
    # one label, one prediction
    ("plain", "label,prob", binary("label", "prob")),
    ("scikit-learn names", "y_true,y_pred", binary("y_true", "y_pred")),
    ("scikit-learn probability beside decision", "y_true,y_pred,y_prob", binary("y_true", "y_prob")),
    ("capitals", "ID,Target,Probability", binary("Target", "Probability", id="ID")),
    ("camel case", "sampleId,trueLabel,predictedProbability",
     binary("trueLabel", "predictedProbability", id="sampleId")),
    ("blanks in names", "Row ID,True Label,Pred Prob", binary("True Label", "Pred Prob", id="Row ID")),
    ("blanks after the commas", "label, prob", binary("label", " prob")),
    ("Kaggle after a join", "id,target,prediction", binary("target", "prediction", id="id")),
    ("pandas index without a name", ",y,p", binary("y", "p")),
    ("pandas index read back", "Unnamed: 0,y,p", binary("y", "p")),
    ("xgboost predict", "label,yhat", binary("label", "yhat")),
    ("xgboost output_margin, renamed", "label,logit", binary("label", "logit", "logits")),
    ("lightgbm with weights", "label,weight,prob", binary("label", "prob", unused_weight="weight")),
    ("catboost", "SampleId,Label,Probability", binary("Label", "Probability", id="SampleId")),
    ("catboost with raw value", "Label,RawFormulaVal,Probability", binary("Label", "Probability")),
    ("PyTorch", "target,logit", binary("target", "logit", "logits")),
    ("log-probability", "gold,log_prob", binary("gold", "log_prob", "logprobs")),
    ("Azure ML Studio", "label,Scored Labels,Scored Probabilities", binary("label", "Scored Probabilities")),
    ("probability of class 1", "label,prob_1", binary("label", "prob_1")),
    ("probability of class 1, no separator", "y,p1", binary("y", "p1")),
    ("probability of true", "y,prob_true", binary("y", "prob_true")),
    ("probability of class 0", "y,p0", binary("y", "p0", positive="0")),
    ("tidymodels, one class kept", "truth,.pred_yes", binary("truth", ".pred_yes", positive="yes")),
    ("mlr, one class kept", "id,truth,prob.pos", binary("truth", "prob.pos", id="id", positive="pos")),
    ("suffix", "label,churn_prob", binary("label", "churn_prob")),
    ("suffix beside a decision", "label,prediction,churn_prob", binary("label", "churn_prob")),
    ("several ids", "index,uuid,id,y,p", binary("y", "p", id="id")),
    ("a score beside a probability", "y,score,prob", binary("y", "prob")),
    ("a confidence beside a probability", "y,confidence,prob", binary("y", "prob")),
    ("a p-value is no class", "y,p_value,prob", binary("y", "prob")),
    ("decisions are integers", "y|int,y_pred|int,prob|double", binary("y", "prob")),
    ("boolean label", "label|bool,prob|double", binary("label", "prob")),
    ("target and prediction of one class", "t_1,p_1", binary("t_1", "p_1")),
    ("an id is no forecast", "id,id_outcome,label,prob", binary("label", "prob", id="id")),
    # one label, a column per class
    ("numbered", "target,p0,p1,p2", sparse("target", "p0 p1 p2", "0 1 2")),
    ("leading zeros", "y,p007,p010", sparse("y", "p007 p010", "007 010")),
    ("named", "id,label,prob_cat,prob_dog", sparse("label", "prob_cat prob_dog", "cat dog", id="id")),
    ("names with underscores", "label,prob_class_0,prob_class_1",
     sparse("label", "prob_class_0 prob_class_1", "class_0 class_1")),
    ("labels −1 and 1", "y,p_-1,p_1", sparse("y", "p_-1 p_1", "-1 1")),
    ("suffixes", "label,cat_prob,dog_prob", sparse("label", "cat_prob dog_prob", "cat dog")),
    ("suffixed logits", "label,cat_logit,dog_logit", sparse("label", "cat_logit dog_logit", "cat dog", "logits")),
    ("brackets", "label,p[cat],p[dog]", sparse("label", "p[cat] p[dog]", "cat dog")),
    ("parentheses", "label,prob(cat),prob(dog)", sparse("label", "prob(cat) prob(dog)", "cat dog")),
    ("colons", "label,proba:a,proba:b", sparse("label", "proba:a proba:b", "a b")),
    ("tidymodels", "truth,.pred_A,.pred_B", sparse("truth", ".pred_A .pred_B", "A B")),
    ("tidymodels collect_predictions", "id,.pred_class,.row,.pred_Class1,.pred_Class2,class,.config",
     sparse("class", ".pred_Class1 .pred_Class2", "Class1 Class2", id="id")),
    ("yardstick hpc_cv", "obs,pred,VF,F,M,L,Resample", {"rule": "no-predictions"}),
    ("caret", "obs,pred,A,B", {"rule": "no-predictions"}),
    ("mlr", "id,truth,prob.M,prob.R,response", sparse("truth", "prob.M prob.R", "M R", id="id")),
    ("mlr3", "row_ids,truth,response,prob.setosa,prob.virginica",
     sparse("truth", "prob.setosa prob.virginica", "setosa virginica", id="row_ids")),
    ("H2O", "target,predict,p0,p1", sparse("target", "p0 p1", "0 1")),
    ("H2O without a label", "predict,p0,p1", {"rule": "no-label"}),
    ("H2O with factor names", "y,predict,no,yes", {"rule": "no-predictions"}),
    ("scikit-learn cross_val_predict", "y_true,y_pred,proba_0,proba_1,proba_2",
     sparse("y_true", "proba_0 proba_1 proba_2", "0 1 2")),
    ("Keras", "y_true,y_pred_0,y_pred_1,y_pred_2", sparse("y_true", "y_pred_0 y_pred_1 y_pred_2", "0 1 2")),
    ("Keras softmax", "image_id,label,softmax_0,softmax_1",
     sparse("label", "softmax_0 softmax_1", "0 1", id="image_id")),
    ("decision beside its classes", "target,prediction,prediction_a,prediction_b",
     sparse("target", "prediction_a prediction_b", "a b")),
    ("Hugging Face logits in columns", "idx,sentence,label,logit_0,logit_1",
     sparse("label", "logit_0 logit_1", "0 1", "logits", id="idx")),
    ("log-probabilities", "class,logprob_a,logprob_b", sparse("class", "logprob_a logprob_b", "a b", "logprobs")),
    ("lp", "class,lp_a,lp_b", sparse("class", "lp_a lp_b", "a b", "logprobs")),
    ("z", "y,z1,z2", sparse("y", "z1 z2", "1 2", "logits")),
    ("OpenML", "repeat,fold,row_id,prediction,truth,confidence.a,confidence.b",
     sparse("truth", "confidence.a confidence.b", "a b", id="row_id")),
    ("RapidMiner", "label,prediction(label),confidence(yes),confidence(no)",
     sparse("label", "confidence(yes) confidence(no)", "yes no")),
    ("autogluon", "label,cat,dog,fox", {"rule": "no-predictions"}),
    ("autogluon, prefixed", "label,pred_proba_cat,pred_proba_dog",
     sparse("label", "pred_proba_cat pred_proba_dog", "cat dog")),
    ("PyCaret raw scores", "label,prediction_label,prediction_score_0,prediction_score_1",
     {"rule": "score-is-no-probability"}),
    ("DataRobot", "target,target_yes_PREDICTION,target_no_PREDICTION",
     sparse("target", "target_yes_PREDICTION target_no_PREDICTION", "target_yes target_no")),
    ("text features beside", "label|text,note|text,prob_a|double,prob_b|double,prob_note|text",
     sparse("label", "prob_a prob_b", "a b")),
    # one label, a list
    ("list of logits", "label|int,logits|list", listed("label", "logits", "logits")),
    ("list of probabilities", "id|int,y|text,probs|list", listed("y", "probs", id="id")),
    ("fixed-size list", "label|int,logits|list3", listed("label", "logits", "logits", classes=("0", "1", "2"))),
    ("Hugging Face Trainer", "text|text,label|int,predictions|list", listed("label", "predictions")),
    ("Spark", "label|double,features|list,rawPrediction|list,probability|list,prediction|double",
     listed("label", "probability")),
    ("two lists", "label|int,probs|list,logits|list", {"rule": "ambiguous-columns"}),
    ("list of texts", "label|int,probs|texts", {"rule": "no-predictions"}),
    ("list of lists", "label|int,logits|lists", {"rule": "no-predictions"}),
    ("structs", "label|int,probability|other", {"rule": "no-predictions"}),
    ("list of one", "label|int,probs|list1", {"rule": "wrong-kind"}),
    # targets
    ("soft targets", "t_a,t_b,p_a,p_b", categorical("t_a t_b", "p_a p_b", "a b")),
    ("targets in another order", "t_b,t_a,p_a,p_b", categorical("t_a t_b", "p_a p_b", "a b")),
    ("one-hot", "onehot_cat,onehot_dog,logit_cat,logit_dog",
     categorical("onehot_cat onehot_dog", "logit_cat logit_dog", "cat dog", "logits")),
    ("Keras one-hot", "y_true_0,y_true_1,y_pred_0,y_pred_1",
     categorical("y_true_0 y_true_1", "y_pred_0 y_pred_1", "0 1")),
    ("suffixed targets", "cat_true,cat_prob,dog_true,dog_prob",
     categorical("cat_true dog_true", "cat_prob dog_prob", "cat dog")),
    ("lists of both", "targets|list,logits|list",
     {"kind": "categorical", "space": "logits", "targets": ("targets",), "targets_list": True,
      "predictions": ("logits",), "predictions_list": True}),
    ("fixed-size lists of both", "labels|list3,probs|list3",
     {"kind": "categorical", "space": "probs", "targets": ("labels",), "targets_list": True,
      "predictions": ("probs",), "predictions_list": True, "classes": ("0", "1", "2")}),
    ("lists of different lengths", "labels|list3,probs|list4", {"rule": "bad-classes"}),
    ("targets as a list, predictions as columns", "soft_label|list,p_a|double,p_b|double",
     categorical("soft_label", "p_a p_b", "a b", targets_list=True)),
    ("targets of other classes", "t_a,t_b,p_a,p_c", {"rule": "target-mismatch"}),
    ("a label and targets", "label,t_a,t_b,p_a,p_b", {"rule": "ambiguous-columns"}),
    # outcomes
    ("FiveThirtyEight, one forecast", "prob1,prob1_outcome", binary("prob1_outcome", "prob1")),
    ("FiveThirtyEight", "date,prob1,probtie,prob2,prob1_outcome,prob2_outcome,probtie_outcome",
     multilabel("prob1_outcome probtie_outcome prob2_outcome", "prob1 probtie prob2", "prob1 probtie prob2")),
    ("separated numbers", "prob_1,prob_1_outcome,prob_2,prob_2_outcome",
     multilabel("prob_1_outcome prob_2_outcome", "prob_1 prob_2", "prob_1 prob_2")),
    ("other words", "prob,prob_true", binary("prob_true", "prob")),
    ("an outcome for only one", "prob1,prob2,prob1_outcome", {"rule": "ambiguous-columns"}),
    ("an outcome and a label", "label,prob,prob_outcome", {"rule": "ambiguous-columns"}),
    # refused
    ("a score", "y,score", {"rule": "score-is-no-probability"}),
    ("a margin", "y,margin", {"rule": "score-is-no-probability"}),
    ("decision_function", "y_true,decision_function", {"rule": "score-is-no-probability"}),
    ("a feature called score", "label,credit_score", {"rule": "no-predictions"}),
    ("decisions of each class", "label|int,pred_a|int,pred_b|int", {"rule": "no-predictions"}),
    ("scores of classes", "y,score_a,score_b", {"rule": "score-is-no-probability"}),
    ("Hugging Face pipeline", "label,score", {"rule": "score-is-no-probability"}),
    ("a confidence", "label,predicted_label,confidence", {"rule": "score-is-no-probability"}),
    ("PyCaret", "label,prediction_label,prediction_score", {"rule": "score-is-no-probability"}),
    ("the largest probability", "label,prob_max", {"rule": "score-is-no-probability"}),
    ("scikit-learn decision and score", "y_true,y_pred,y_score", {"rule": "ambiguous-columns"}),
    ("a decision beside what may be its probability", "y|int,y_pred|int,pred|double", {"rule": "ambiguous-columns"}),
    ("Weka", "inst#,actual,predicted,error,prediction", {"rule": "ambiguous-columns"}),
    ("two labels", "label,class,p0,p1", {"rule": "ambiguous-columns"}),
    ("two probabilities", "label,prob,p_hat", {"rule": "ambiguous-columns"}),
    ("two families", "label,prob_a,prob_b,logit_a,logit_b", {"rule": "ambiguous-columns"}),
    ("two models", "label,prob_a_1,prob_a_2,proba_b_1,proba_b_2", {"rule": "ambiguous-columns"}),
    ("a family and its maximum", "label,logit_a,logit_b,logit_max", {"rule": "ambiguous-columns"}),
    ("the same class by two names", "y,p_1,P_1", {"rule": "bad-classes"}),
    ("two prefixes", "label,p1,p_1", {"rule": "ambiguous-columns"}),
    ("Kaggle solution alone", "id,target", {"rule": "no-predictions"}),
    ("Kaggle submission alone", "id,prediction", {"rule": "no-label"}),
    ("decisions only", "y|int,y_pred|int", {"rule": "no-predictions"}),
    ("text decision", "y|text,y_pred|text", {"rule": "no-predictions"}),
]
# fmt: on


@pytest.mark.parametrize(("header", "expected"), [pytest.param(h, e, id=name) for name, h, e in LAYOUTS])
def test_layouts_without_a_flag(header: str, expected: dict[str, Any]) -> None:
    """Every known layout is read as its authors meant it, or refused with the rule that says why."""
    if "rule" in expected:
        error = refusal(header)
        assert isinstance(error, DataError)
        assert expected["rule"] in {problem.rule for problem in error.problems}
    else:
        assert facts(plan_of(header)) == expected


@pytest.mark.parametrize("header", [pytest.param(h, id=name) for name, h, e in LAYOUTS if "rule" in e])
def test_every_refusal_names_the_file_the_columns_and_a_cure(header: str) -> None:
    """A refusal says where, lists the header and gives a flag or another command; it begins in lower case."""
    for problem in refusal(header).problems:
        assert problem.where is not None
        assert problem.where.path == "preds.csv"
        assert problem.detail is not None
        assert problem.detail.startswith("the columns are ")
        assert problem.help
        assert not problem.message.endswith(".")


# fmt: off
STATED: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("a label decides", "label,class,p0,p1", {"label": "class"}, sparse("class", "p0 p1", "0 1")),
    ("another role takes a label away", "label,category,p0,p1", {"by": "category"},
     sparse("label", "p0 p1", "0 1", by=("category",))),
    ("--from accepts a score", "y,score", {"from_": "logits"}, binary("y", "score", "logits")),
    ("--from accepts a stated score", "y,score", {"from_": "probs", "preds": "score"}, binary("y", "score")),
    ("--from goes before the name", "y,logit", {"from_": "probs"}, binary("y", "logit")),
    ("a confidence on its word", "y,confidence", {"preds": "confidence"}, binary("y", "confidence")),
    ("caret", "obs,pred,A,B", {"preds": "A,B"}, sparse("obs", "A B", "A B")),
    ("autogluon", "label,cat,dog,fox", {"preds": "cat..fox"}, sparse("label", "cat dog fox", "cat dog fox")),
    ("Kaggle Otto", "id,target,Class_1,Class_2", {"preds": "Class_*"},
     sparse("target", "Class_1 Class_2", "1 2", id="id")),
    ("common prefix to digits", "y,m10,m11", {"preds": "m10,m11"}, sparse("y", "m10 m11", "10 11")),
    ("common prefix to a separator", "y,net_car,net_cat", {"preds": "net_*"},
     sparse("y", "net_car net_cat", "car cat")),
    ("letters in common are no prefix", "y,car,cat", {"preds": "car,cat"}, sparse("y", "car cat", "car cat")),
    ("prefix and suffix", "y,m_a_v1,m_b_v1", {"preds": "m_*"}, sparse("y", "m_a_v1 m_b_v1", "a b")),
    ("no empty class", "y,m_,m_a", {"preds": "m_,m_a"}, sparse("y", "m_ m_a", "m_ m_a")),
    ("stated as inferred", "y,prob_a1,prob_a2", {"preds": "prob_*"}, sparse("y", "prob_a1 prob_a2", "a1 a2")),
    ("stated order", "y,p_a,p_b", {"preds": "p_b,p_a"}, sparse("y", "p_b p_a", "b a")),
    ("space of stated names", "y,logit_a,logit_b,prob_a,prob_b", {"preds": "logit_*"},
     sparse("y", "logit_a logit_b", "a b", "logits")),
    ("classes by position", "y,p_a,p_b", {"classes": ("cat", "dog")}, sparse("y", "p_a p_b", "cat dog")),
    ("classes of a list", "y|int,logits|list", {"classes": ("cat", "dog")},
     listed("y", "logits", "logits", classes=("cat", "dog"))),
    ("sparse goes for the label", "label,t_a,t_b,p_a,p_b", {"kind": "sparse"}, sparse("label", "p_a p_b", "a b")),
    ("categorical goes for the targets", "label,t_a,t_b,p_a,p_b", {"kind": "categorical"},
     categorical("t_a t_b", "p_a p_b", "a b")),
    ("targets stated, matched by name", "x_b,x_a,p_a,p_b", {"targets": "x_*"},
     categorical("x_a x_b", "p_a p_b", "a b")),
    ("targets stated, by position with --classes", "u,v,p_a,p_b", {"targets": "u,v", "classes": ("a", "b")},
     categorical("u v", "p_a p_b", "a b")),
    ("one target is a label", "t,p", {"targets": "t", "preds": "p"}, binary("t", "p")),
    ("doubled names by position", "t_1,T_1,p_1,P_1",
     {"targets": "t_1,T_1", "preds": "p_1,P_1", "classes": ("a", "b")}, categorical("t_1 T_1", "p_1 P_1", "a b")),
    ("a stated list", "y|int,out|list,probs|list", {"preds": "out"}, listed("y", "out")),
    ("binary with two classes", "y,p0,p1", {"kind": "binary"},
     binary("y", "p0", predictions=("p0", "p1"), classes=("0", "1"), pair=True, positive="1")),
    ("binary with the positive class first", "y,prob_yes,prob_no", {"kind": "binary"},
     binary("y", "", predictions=("prob_no", "prob_yes"), classes=("no", "yes"), pair=True, positive="yes")),
    ("binary with −1 and 1", "y,p_1,p_-1", {"kind": "binary"},
     binary("y", "", predictions=("p_-1", "p_1"), classes=("-1", "1"), pair=True, positive="1")),
    ("--positive asks for binary", "y,p_a,p_b", {"positive": "a"},
     binary("y", "", predictions=("p_b", "p_a"), classes=("b", "a"), pair=True, positive="a", positive_stated=True)),
    ("--positive of one prediction", "y,prob", {"positive": "spam"},
     binary("y", "prob", positive="spam", positive_stated=True)),
    ("--positive goes before the name", "y,prob_spam", {"positive": "1"},
     binary("y", "prob_spam", positive="1", positive_stated=True)),
    ("--classes of one prediction", "y,prob", {"classes": ("ham", "spam")},
     binary("y", "prob", classes=("ham", "spam"), positive="spam", positive_stated=True)),
    ("--classes and --positive of one prediction", "y,prob", {"classes": ("spam", "ham"), "positive": "spam"},
     binary("y", "prob", classes=("ham", "spam"), positive="spam", positive_stated=True)),
    ("the label of that class", "t_cat,p_cat", {"label": "t_cat"}, binary("t_cat", "p_cat")),
    ("multi-label by name", "y_a,y_b,p_b,p_a", {"kind": "binary"}, multilabel("y_b y_a", "p_b p_a", "b a")),
    ("multi-label in order", "u,v,p1,p2", {"kind": "binary", "targets": "u,v"}, multilabel("u v", "p1 p2", "u v")),
    ("multi-label, renamed", "y_a,y_b,p_a,p_b", {"kind": "binary", "classes": ("x", "y")},
     multilabel("y_a y_b", "p_a p_b", "x y")),
    ("the outcome of a stated prediction", "prob1,prob2,prob1_outcome,prob2_outcome", {"preds": "prob2"},
     binary("prob2_outcome", "prob2")),
    ("the prediction of a stated outcome", "prob1,prob2,prob1_outcome,prob2_outcome", {"label": "prob1_outcome"},
     binary("prob1_outcome", "prob1")),
    ("the other roles", "y,p,w,id,g,h,c", {"weight": "w", "id": "c", "by": "g,h", "cluster": "c"},
     binary("y", "p", weight="w", id="c", by=("g", "h"), cluster="c")),
    ("a label that is also a group", "y,p", {"label": "y", "by": "y"}, binary("y", "p", by=("y",))),
    ("blanks around names", "y, p_a, p_b", {"preds": "p_a,p_b"},
     sparse("y", "", "a b") | {"predictions": (" p_a", " p_b")}),
]
# fmt: on


@pytest.mark.parametrize(("header", "stated", "expected"), [pytest.param(h, s, e, id=n) for n, h, s, e in STATED])
def test_what_is_stated_holds(header: str, stated: dict[str, Any], expected: dict[str, Any]) -> None:
    """A flag decides its own role, and the rest is inferred from what it leaves."""
    assert facts(plan_of(header, **stated)) == expected


# fmt: off
WRONG: list[tuple[str, str, dict[str, Any], type[XentError], str, str]] = [
    ("score stated", "y,score", {"preds": "score"}, UsageError, "score-is-no-probability",
     "--preds score --from logits"),
    ("two scores", "y,score,margin", {"from_": "logits"}, DataError, "ambiguous-columns", "--preds margin"),
    ("scores stated", "y,s_score,t_score", {"preds": "*_score"}, UsageError, "score-is-no-probability", "--from probs"),
    ("no such column", "label,prob", {"preds": "porb"}, UsageError, "no-column", "did you mean prob?"),
    ("other case", "Label,prob", {"label": "LABEL"}, UsageError, "no-column", "did you mean Label?"),
    ("two labels stated", "a,b,p", {"label": "a,b"}, UsageError, "one-column", "--targets"),
    ("two weights stated", "y,p,a,b", {"weight": "a,b"}, UsageError, "one-column", "name one column"),
    ("label and targets", "y,t,p", {"label": "y", "targets": "t"}, UsageError, "flags-conflict", "state one"),
    ("one column twice", "y,p", {"label": "y", "preds": "y"}, UsageError, "column-twice", "--label and --preds"),
    ("dates as predictions", "y|text,p|date", {"preds": "p"}, UsageError, "wrong-type", "date32[day]"),
    ("text as predictions", "y|text,p|text", {}, DataError, "no-predictions", "--preds p reads it as numbers"),
    ("a struct as predictions", "y|text,p|other", {}, DataError, "no-predictions", "struct<a: double>"),
    ("a list among columns", "y|int,a|list,b|double", {"preds": "a,b"}, UsageError, "wrong-type", "one of several"),
    ("dates as targets", "a|date,b|date,p_a|double,p_b|double", {"targets": "a,b"}, UsageError, "wrong-type",
     "--targets"),
    ("mixed spaces", "y,logit_a,prob_b", {"preds": "logit_a,prob_b"}, UsageError, "ambiguous-columns", "--from logits"),
    ("binary of three", "y,p0,p1,p2", {"kind": "binary"}, UsageError, "wrong-kind", "xent sparse"),
    ("binary of a list", "y|int,logits|list", {"kind": "binary"}, UsageError, "wrong-kind", "list column"),
    ("binary of uneven numbers", "a,b,p0,p1,p2", {"kind": "binary", "targets": "a,b"}, UsageError, "wrong-kind", "3"),
    ("binary without a positive class", "y,p_a,p_b", {"kind": "binary"}, UsageError, "positive-unknown",
     "--positive a"),
    ("binary of unknown positive", "y,p_a,p_b", {"positive": "c"}, UsageError, "bad-classes", "'c'"),
    ("sparse of one", "y,prob", {"kind": "sparse"}, UsageError, "wrong-kind", "xent binary"),
    ("sparse of targets", "t_a,t_b,p_a,p_b", {"kind": "sparse"}, UsageError, "wrong-kind", "xent categorical"),
    ("sparse of stated targets", "t_a,t_b,p_a,p_b", {"kind": "sparse", "targets": "t_*"}, UsageError, "wrong-kind",
     "xent categorical"),
    ("categorical of a label", "y,p_a,p_b", {"kind": "categorical"}, UsageError, "wrong-kind", "xent sparse"),
    ("categorical of a stated label", "y,p_a,p_b", {"kind": "categorical", "label": "y"}, UsageError, "wrong-kind",
     "xent sparse"),
    ("categorical of nothing", "p_a,p_b", {"kind": "categorical"}, DataError, "no-label", "--labels FILE"),
    ("--positive of three", "y,p0,p1,p2", {"positive": "1"}, UsageError, "wrong-kind", "--positive"),
    ("targets that do not match", "a,b,p_x,p_y", {"targets": "a,b"}, UsageError, "target-mismatch", "--classes A,B"),
    ("too few targets", "a,p_x,p_y,b,c", {"targets": "a,b,c", "classes": ("x", "y")}, UsageError, "target-mismatch",
     "p_x"),
    ("too few classes", "y,p_a,p_b", {"classes": ("a",)}, UsageError, "bad-classes", "1 names"),
    ("classes twice", "y,p_a,p_b", {"classes": ("a", "a")}, UsageError, "bad-classes", "twice"),
    ("empty class", "y,p_a,p_b", {"classes": ("a", "")}, UsageError, "bad-classes", "empty"),
    ("three classes of binary", "y,p", {"classes": ("a", "b", "c")}, UsageError, "bad-classes", "NEGATIVE,POSITIVE"),
    ("a positive class that a script lost", "label,prob", {"positive": ""}, UsageError, "bad-classes", "--positive ''"),
    ("lists without entries", "y|int,probs|list0", {}, DataError, "bad-classes", "the lists of probs are of length 0"),
    ("classes of a fixed-size list", "y|int,probs|list3", {"classes": ("a", "b")}, UsageError, "bad-classes", "3"),
    ("same class by two stated names", "y,p_1,P_1", {"preds": "p_1,P_1"}, UsageError, "bad-classes", "twice"),
    ("label hidden by a group", "y,p", {"by": "y"}, DataError, "no-label", "--label y where the column of --by"),
    ("predictions that take the label", "id,label,prob", {"preds": "*"}, DataError, "no-label",
     ("--preds * takes label as well, which has the name of a label | the columns are id, label, prob | "
     "--preds prob leaves it to be the label")),
    ("label among the predictions", "label,p_a,p_b", {"preds": "p_a,label,p_b"}, DataError, "no-label",
     "--preds p_a,p_b leaves it to be the label"),
    ("stated label in a glob", "y,p_a,p_b", {"label": "y", "preds": "*"}, UsageError, "column-twice",
     "a column has one of these roles: --preds p_a,p_b leaves it to --label"),
    ("wrong delimiter", "label;prob", {}, DataError, "no-predictions", "--delimiter"),
    ("no header", "1,0.25,0.75", {}, DataError, "no-label", "no header line"),
]
# fmt: on


@pytest.mark.parametrize(
    ("header", "stated", "error", "rule", "says"), [pytest.param(h, s, e, r, t, id=n) for n, h, s, e, r, t in WRONG]
)
def test_what_does_not_fit_is_refused(
    header: str, stated: dict[str, Any], error: type[XentError], rule: str, says: str
) -> None:
    """A flag at fault is wrong use (exit 2), a file that does not tell is bad data (exit 3); both name the cure."""
    caught = refusal(header, **stated)
    assert type(caught) is error
    assert rule in {problem.rule for problem in caught.problems}
    assert says in text_of(caught)


def test_the_cure_of_missing_predictions_can_be_typed() -> None:
    """The columns that are left over come as a flag: names, or a range where they are many."""
    assert "--preds cat,dog,fox" in text_of(refusal("id,label,cat,dog,fox"))
    breeds = "affenpinscher,basenji,borzoi,chow"
    assert f"--preds {breeds.partition(',')[0]}..chow " in text_of(refusal(f"id,label,{breeds}"))
    assert "--preds 'big cat,dog'" in text_of(refusal("label,big cat,dog"))
    assert "note" not in text_of(refusal("label|text,note|text,cat|double,dog|double")).partition("--preds")[2]


def test_ambiguous_readings_are_all_named_with_their_flags() -> None:
    """An error over two readings names both and how to choose each."""
    assert "--label label or --label class" in text_of(refusal("label,class,p0,p1"))
    assert "--preds prob_a,prob_b or --preds logit_a,logit_b" in text_of(refusal("y,prob_a,prob_b,logit_a,logit_b"))
    assert "--label y or --targets t_a,t_b" in text_of(refusal("y,t_a,t_b,p_a,p_b"))
    beside = text_of(refusal("y_true,y_pred,y_score"))
    assert "--preds y_pred" in beside
    assert "--preds y_score --from probs" in beside


CURE = re.compile(r"--(label|targets|preds) ('[^']*'|[^\s']+)(?: --from (probs|logits))?( --classes A,B,…)?")


@pytest.mark.parametrize("header", [pytest.param(h, id=name) for name, h, e in LAYOUTS if "rule" in e])
def test_no_cure_leads_back_to_the_same_refusal(header: str) -> None:
    """Every flag that a refusal suggests is accepted, and does away with what was refused."""
    refused = refusal(header).problems
    cures = [cure for problem in refused for cure in CURE.findall(problem.help or "") if cure[1] != "COLUMN"]
    for role, selector, space, classes in cures:
        flags: dict[str, Any] = {role: shlex.split(selector)[0], "classes": ("A", "B") if classes else None}
        again = messages(header, Stated(**flags, from_=space or None))
        assert again.isdisjoint(problem.message for problem in refused)


def messages(header: str, stated: Stated) -> set[str]:
    """What is refused, and nothing where nothing is; a flag must not be at fault."""
    try:
        infer(*columns(header), stated, "preds.csv")
    except DataError as error:
        return {problem.message for problem in error.problems}
    return set()


def test_neither_label_nor_predictions_are_two_problems() -> None:
    """A file of which nothing can be told says both at once."""
    assert [problem.rule for problem in refusal("a,b,c").problems] == ["no-label", "no-predictions"]


def test_reasons_come_in_one_order_and_say_what_was_stated() -> None:
    """One sentence for each inference: label, predictions, classes, space, kind, weight, id."""
    plan = plan_of("id,weight,label,.pred_A,.pred_B,.pred_class", label="label")
    heads = [reason.split()[0] for reason in plan.reasons]
    assert heads == ["label", "predictions", "column", "classes", "from", "kind", "column", "id"]
    assert plan.reasons[0] == "label label: stated by --label"
    assert ".pred_class" in plan.reasons[2]
    assert "--weight weight" in plan.reasons[6]
    stated = plan_of("y,a,b", preds="a,b", from_="logits", kind="sparse", classes=("x", "y"))
    assert sum("stated by" in reason for reason in stated.reasons) == 4


def test_a_header_of_a_thousand_classes_is_not_spelt_out() -> None:
    """Long lists of columns are cut short, with their number."""
    plan = plan_of("y," + ",".join(f"p{index}" for index in range(1000)))
    assert plan.classes is not None
    assert plan.classes[-1] == "999"
    assert all(len(reason) < 120 for reason in plan.reasons)
    assert any("1,000 in all" in reason for reason in plan.reasons)


def named_in(heading: str) -> list[str]:
    """The words in code type of one paragraph of the documentation, without flags."""
    rules = schema.__doc__ or ""
    paragraph = rules.partition(f"**{heading}")[2].partition("\n\n")[0]
    return [word for word in re.findall(r"`([^`]+)`", paragraph) if not word.startswith("--")]


def test_the_documentation_names_only_what_is_recognised() -> None:
    """Every label and id name in the rules is one, and the examples of class names come out as written."""
    labels, ids = named_in("Label"), named_in("Weight")[1:]
    assert len(labels) > 15
    assert [plan_of(f"{name},prob").label for name in labels] == labels
    assert len(ids) > 5
    assert [plan_of(f"{name},y,p").id for name in ids] == ids
    examples = named_in("Classes")[:10]
    pairs = list(zip(examples[::2], examples[1::2], strict=True))
    assert pairs[0] == ("prob_cat", "cat")
    for column, name in pairs:
        classes = plan_of(f"y,{column},{column.removesuffix(name)}1").classes
        assert classes == (name, "1")


def test_roles_name_every_used_column_once() -> None:
    """`inspect` shows one word for each column; the first role counts."""
    plan = plan_of("y,p,w,i,g,other", label="y", weight="w", id="i", by="g,y", cluster="g")
    assert plan.roles() == {"y": "label", "p": "prediction", "w": "weight", "i": "id", "g": "group"}
    soft = plan_of("t_a,t_b,p_a,p_b")
    assert soft.roles() == {"t_a": "target", "t_b": "target", "p_a": "prediction", "p_b": "prediction"}
    assert plan_of("prob1,prob1_outcome,prob2,prob2_outcome").roles()["prob2_outcome"] == "target"
    assert plan_of("y,p,c", cluster="c").roles()["c"] == "cluster"


def test_a_name_that_occurs_twice_counts_once() -> None:
    """Doubled names are the readers' to refuse; here they make no second candidate."""
    assert plan_of("label,prob,prob").predictions == ("prob",)


# selectors ------------------------------------------------------------------------------------------------------------

NAMES = [
    "id",
    "p0",
    "p1",
    "p2",
    "p10",
    "q_a",
    "q_b",
    "a,b",
    'say "x"',
    "x..y",
    "p[0]",
    " lead",
    "w*",
    ".pred_0",
    ".pred_1",
]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param("p0", ["p0"], id="name"),
        pytest.param("p1,id", ["p1", "id"], id="stated order"),
        pytest.param("q_a, q_b", ["q_a", "q_b"], id="blanks"),
        pytest.param("q_*", ["q_a", "q_b"], id="glob"),
        pytest.param("p?", ["p0", "p1", "p2"], id="one sign"),
        pytest.param("p[01]", ["p0", "p1"], id="set"),
        pytest.param("p0..p2", ["p0", "p1", "p2"], id="numbers"),
        pytest.param("p1..p2,q_*", ["p1", "p2", "q_a", "q_b"], id="mixture"),
        pytest.param("p10..q_b", ["p10", "q_a", "q_b"], id="positions"),
        pytest.param('"a,b",id', ["a,b", "id"], id="quoted comma"),
        pytest.param('"say ""x"""', ['say "x"'], id="quoted quotes"),
        pytest.param('say "x"', ['say "x"'], id="quotes inside"),
        pytest.param("x..y", ["x..y"], id="literal before range"),
        pytest.param("p[0]", ["p[0]"], id="literal before glob"),
        pytest.param("w*", ["w*"], id="literal star"),
        pytest.param("lead", [" lead"], id="blank in the header"),
        pytest.param('" lead"', [" lead"], id="quoted blank"),
        pytest.param(".pred_0...pred_1", [".pred_0", ".pred_1"], id="dots at the ends"),
    ],
)
def test_selectors(selector: str, expected: list[str]) -> None:
    """Names, globs and ranges, mixed; what exists literally is that."""
    assert resolve(selector, NAMES, "--preds") == tuple(expected)


@pytest.mark.parametrize(
    ("selector", "rule", "says"),
    [
        pytest.param("P0", "no-column", "p0", id="case"),
        pytest.param("z*", "no-column", "no column 'z*' for --preds", id="glob"),
        pytest.param('"p*"', "no-column", "'p*'", id="quoted glob"),
        pytest.param("p0..p10", "no-column", "no column 'p3' (in the range 'p0..p10')", id="gap"),
        pytest.param("p0..p99999999999999", "no-column", "'p99999999999999'", id="far end"),
        pytest.param("p2..p0", "bad-selector", "--preds p0..p2", id="backwards"),
        pytest.param("q_b..id", "bad-selector", "--preds id..q_b", id="backwards by position"),
        pytest.param("p0,p*", "column-twice", "'p0'", id="twice"),
        pytest.param("p0,,p1", "bad-selector", "empty name", id="empty part"),
        pytest.param("p0,", "bad-selector", "empty name", id="trailing comma"),
        pytest.param("", "bad-selector", "empty name", id="empty"),
        pytest.param('"p0', "bad-selector", "not closed", id="open quote"),
        pytest.param("..", "no-column", "'..'", id="bare range"),
    ],
)
def test_wrong_selectors_are_wrong_use(selector: str, rule: str, says: str) -> None:
    """A selector that selects nothing, something twice or cannot be read is exit 2, with what it should be."""
    with pytest.raises(UsageError) as caught:
        resolve(selector, NAMES, "--preds")
    assert caught.value.problems[0].rule == rule
    assert says in text_of(caught.value)


def test_a_missing_column_lists_the_first_twenty() -> None:
    """The header is shown, but not all of a wide one."""
    with pytest.raises(UsageError) as caught:
        resolve("nothing", [f"c{index}" for index in range(50)], "--label")
    assert "c19, … (50 in all)" in text_of(caught.value)
    assert "c20" not in text_of(caught.value)


def test_zero_padded_ranges_count_in_their_width() -> None:
    """`p08..p11` is p08, p09, p10, p11."""
    names = [f"p{index:02}" for index in range(20)]
    assert resolve("p08..p11", names, "--preds") == ("p08", "p09", "p10", "p11")


# laws -----------------------------------------------------------------------------------------------------------------

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from('",*?[].. _09'), max_size=6
)
READABLE = [(header, expected) for _, header, expected in LAYOUTS if "rule" not in expected]


@given(st.lists(TEXT, min_size=1, max_size=8, unique=True), st.data())
@settings(max_examples=200, deadline=None)
def test_selectors_round_trip(names: list[str], data: st.DataObject) -> None:
    """What `selector_for` writes for any columns selects these columns, in this order."""
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    assert resolve(selector_for(chosen, names), names, "--preds") == tuple(chosen)


@given(st.lists(st.integers(0, 999), min_size=4, max_size=30, unique=True).map(sorted))
@settings(max_examples=50, deadline=None)
def test_ranges_are_written_only_where_they_say_the_same(numbers: list[int]) -> None:
    """A range stands for columns only if it gives exactly these back."""
    names = [f"p{number}" for number in numbers]
    whole = numbers[-1] - numbers[0] + 1 == len(numbers)
    assert (".." in selector_for(names, names)) == whole


def by_column(plan: Plan) -> dict[str, Any]:
    """A plan without the order of its columns: each column's role and class."""
    classes = plan.classes or plan.label_names
    named = classes if plan.predictions_list else sorted(zip(plan.predictions, classes, strict=False))
    pairs = set() if plan.targets_list else set(zip(plan.predictions, plan.targets or plan.labels, strict=False))
    same = (plan.kind, plan.space, plan.label, plan.id, plan.positive, plan.unused_weight, plan.multilabel, plan.pair)
    return {"roles": plan.roles(), "classes": named, "pairs": pairs, "same": same}


@given(st.sampled_from(READABLE), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_columns_changes_no_role(layout: tuple[str, dict[str, Any]], random: Any) -> None:
    """A permuted header gives every column the same role, class and partner; only the order of the classes follows."""
    parts = layout[0].split(",")
    random.shuffle(parts)
    assert by_column(plan_of(",".join(parts))) == by_column(plan_of(layout[0]))


@given(st.sampled_from(LAYOUTS), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_columns_changes_no_refusal(layout: tuple[str, str, dict[str, Any]], random: Any) -> None:
    """A header that is refused is refused in any order, with the same rule."""
    parts = layout[1].split(",")
    random.shuffle(parts)
    if "rule" in layout[2]:
        first, second = refusal(layout[1]), refusal(",".join(parts))
        assert [problem.rule for problem in first.problems] == [problem.rule for problem in second.problems]
    else:
        assert plan_of(",".join(parts)).kind == layout[2]["kind"]


UNKNOWN = ["age", "income", "sentence", "fold", "repeat", "split", "Resample", "mtry", "lat", "lon", "x", "feature_1"]


@given(
    st.sampled_from(READABLE), st.lists(st.sampled_from(UNKNOWN), unique=True, max_size=5), st.sampled_from(list(TYPES))
)
@settings(max_examples=200, deadline=None)
def test_unknown_columns_get_no_role(layout: tuple[str, dict[str, Any]], extra: list[str], kind: str) -> None:
    """Columns of which nothing is known, of any type, are left alone and change nothing."""
    header = ",".join([layout[0], *(f"{name}|{kind}" for name in extra)])
    assert facts(plan_of(header)) == layout[1]


@given(st.lists(TEXT.filter(lambda name: name.strip() != ""), min_size=1, max_size=6, unique=True))
@settings(max_examples=300, deadline=None)
def test_any_header_is_a_plan_or_a_refusal(names: list[str]) -> None:
    """No header makes the inference fail otherwise; a plan uses only columns that are there, each in one role."""
    try:
        plan = infer(names, [Column()] * len(names), Stated(), "any.csv")
    except XentError as error:
        assert isinstance(error, DataError)  # noqa: PT017
        return
    assert set(plan.roles()) <= set(names)
    assert not set(plan.predictions) & {plan.label, *plan.labels, *plan.targets}


@given(st.lists(st.text("abcdxz019-.", min_size=1, max_size=4), min_size=2, max_size=6, unique=True))
@settings(max_examples=200, deadline=None)
def test_classes_are_the_names_without_the_prefix(classes: list[str]) -> None:
    """Whatever the classes are called, `prob:` before each gives them back exactly, inferred or stated."""
    names = ["label", *(f"prob:{name}" for name in classes)]
    types = [Column()] * len(names)
    inferred = infer(names, types, Stated(), "any.csv")
    stated = infer(names, types, Stated(preds="prob:*"), "any.csv")
    assert inferred.classes == stated.classes == tuple(classes)
