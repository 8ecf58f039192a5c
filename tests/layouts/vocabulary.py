"""Names that people and tools give to columns and classes, with weights. `name*3` counts three times.

Drawn from headers in public repositories and from the documentation of the tools, not from xent's own tables.
"""

from __future__ import annotations

import random
from typing import Any


def table(text: str) -> tuple[list[str], list[float]]:
    """Names and weights, separated by bars."""
    pairs = [part.rpartition("*") for line in text.strip().splitlines() for part in line.strip().split("|")]
    return [name for name, _, _ in pairs], [float(weight) for _, _, weight in pairs]


LABELS = table(
    """label*16|y_true*16|target*10|true_label*9|actual*8|y_test*4|truth*4|y*5|class*4|labels*3|gold*2|ground_truth*3
    gt*2|true*2|outcome*2|true_class*2|observed*1|obs*1|expected*1|Actual*3|Label*2|Target*1|Class*1|True_Label*1
    TRUE_LABEL*0.5|true_labels*2|y_actual*2|actual_label*2|y_val*1|actuals*0.7|reference*0.5|gold_label*2
    correct_label*0.5|ground_truth_label*0.7|trueLabel*0.5|actual_class*1|True Label*0.7|Actual Label*0.3|ytrue*0.5
    target_label*0.5|annotation*0.3|answer*0.3|Y*0.5|y_valid*0.4|expected_label*0.4"""
)
# Surely the probability of the positive class.
PROBS = table(
    """prob*10|y_prob*9|y_proba*7|y_pred_proba*10|proba*6|probability*7|pred_prob*4|pred_proba*4|y_pred_prob*6
    predicted_probability*3|predicted_prob*3|p*4|y_probability*2|predicted_proba*2|predict_proba*2|pred_probs*1
    probs*1.5|y_probs*2|y_pred_probability*0.7|Probability*2|Prob*1|prediction_prob*1|prediction_proba*1|phat*0.5
    p_hat*1|pred_probability*1|model_prob*1|probabilities*1|prediction_probability*1|predicted_probabilities*0.7
    y_pred_probs*1|y_hat_prob*0.5|y_hat_proba*0.3|test_prob*0.5|ensemble_prob*0.5|rf_prob*0.7|lr_proba*0.5
    xgb_prob*0.5|model_proba*0.3|prob_pred*0.7|sigmoid*0.3|prob_score*0.3|Predicted Probability*0.4
    Predicted_Probability*0.5|y_proba_pred*0.2|predProb*0.3"""
)
# The same, naming the positive class by its number or as "positive".
PROBS_OF_ONE = table(
    """prob_1*6|proba_1*4|p1*4|prob_pos*2|prob_positive*3|probability_1*2|prob_class_1*2|proba_class_1*1|y_proba_1*1
    y_pred_proba_1*1|pred_prob_1*1|pos_prob*1|positive_prob*1|positive_probability*1|P(Y=1)*0.7|P(1)*0.3|P(y=1)*0.4
    p(1)*0.2|p_1*2|prob1*1.5|proba1*0.5|y_prob_1*1|probability_positive*0.5|p_pos*0.7|p_positive*0.7
    class_1_prob*0.5|Prob_1*0.4|Probability_1*0.3|probability_class_1*0.4|pred_proba_1*0.6|prob(1)*0.2"""
)
# Perhaps a decision by the name alone: here with values between 0 and 1.
BARE = table(
    """y_pred*8|pred*6|prediction*7|preds*3|predictions*3|yhat*2|y_hat*3|predicted*3|y_preds*1|ypred*0.5|oof*1|oof_pred*1
    oof_preds*1|output*1|outputs*0.5|Prediction*1|Predicted*1|model_output*0.5|forecast*0.3|predicted_value*0.3"""
)
SCORES = table("score*5|y_score*5|pred_score*1|y_scores*1|risk_score*1|prediction_score*1|model_score*0.7|Score*0.5")
LOGITS = table(
    """logit*6|logits*4|y_pred_logits*2|pred_logit*2|prediction_logit*1|y_logit*2|raw_logit*1|model_logit*0.7
    pred_logits*1|prob_logit*0.4|y_logits*1|logit_pred*0.5|log_odds*1|logodds*0.3|output_logit*0.5|logit_1*0.5
    predicted_logit*0.5|Logit*0.3|test_logits*0.3"""
)
LOGPROBS = table("logprob*4|log_prob*4|log_p*1|logprobs*1|log_proba*2|log_probability*1|y_pred_log_proba*1|logp*1")
# Of the label, whichever it is.
TRUTH = table(
    """p_true_class*2|prob_true_class*2|true_class_prob*2|prob_true_label*2|p_label*1|label_prob*1|prob_of_label*0.5
    p_truth*0.5|true_prob*1|prob_correct_class*1|correct_class_prob*1|gold_prob*1|p_gold*0.5"""
)
DECISIONS = table(
    """pred*7|y_pred*14|prediction*8|predicted*7|pred_label*9|predicted_label*9|predicted_class*5|pred_class*4|y_hat*2
    yhat*1|decision*2|predictions*2|Predicted*2|y_pred_label*1|argmax*0.7|pred_id*0.4|Pred_Label*0.5
    label_pred*0.7|top1*0.4|preds*1|Prediction*1|model_prediction*0.7|classifier_prediction*0.5|predicted_labels*0.7
    hard_pred*0.4|y_pred_class*1|predict*0.7|Predicted Label*0.3|prediction_label*0.7|thresholded*0.3"""
)
# Of the decision, beside a column of decisions.
OF_DECISION = table(
    """confidence*9|pred_prob*5|probability*4|prob*3|score*4|pred_score*2|conf*2|max_prob*3|predicted_prob*2
    prediction_score*1|pred_confidence*1|Confidence*1|top_prob*1|prob_pred*0.7|predicted_probability*1|max_proba*0.7
    prediction_confidence*0.7|pred_proba*1|top1_prob*0.5"""
)
# The same where a probability of a class is there too: names that say what they are.
CONFIDENCES = table(
    """confidence*9|conf*2|max_prob*4|pred_confidence*1|Confidence*1|top_prob*1|max_proba*1|prediction_confidence*0.7
    top1_prob*0.5"""
)
IDS = table(
    """id*12|index*3|idx*3|sample_id*3|row_id*2|image_id*2|filename*4|file*2|image*2|path*2|ID*2|sample_index*1
    patient_id*3|customer_id*2|user_id*1|uuid*1|text*6|sentence*1|url*1|doc_id*1|Unnamed: 0*3|*1|image_path*1
    record_id*1|PassengerId*0.5|name*1|event_index*0.5|subject*1|case_id*1|slide_id*0.5|img*1|fname*1|title*0.7"""
)
TIMES = ("timestamp", "date", "datetime", "time", "created_at", "event_time", "Date")
REALS = (
    "age", "income", "tenure", "balance", "amount", "V1", "V2", "V3", "x1", "x2", "x3", "feature_0", "feature_1",
    "feature_2", "sepal_length", "sepal_width", "petal_length", "bmi", "glucose", "MonthlyCharges", "duration", "fare",
    "log_return", "temperature", "f0", "f1", "pressure", "length", "n_tokens", "latency_ms", "Age", "EstimatedSalary",
)  # fmt: skip
UNITS = (
    "age_norm", "ndvi", "similarity", "humidity", "utilization", "ratio", "pct_paid", "completeness", "cos_sim",
    "x_scaled", "coverage", "cloud_cover", "f_measure", "quality", "overlap", "saturation", "missing_rate", "x0",
)  # fmt: skip
WORDS = {
    "country": ("NO", "SE", "DK", "FI"), "device": ("web", "ios", "android"), "site": ("a", "b", "c"),
    "region": ("north", "south", "east"), "plan": ("basic", "plus", "pro"), "hospital": ("H1", "H2", "H3"),
    "lang": ("en", "de", "no"), "Embarked": ("S", "C", "Q"), "source": ("web", "mail", "phone"),
}  # fmt: skip
CONSTANTS = {
    "model": "xgb", "model_name": "resnet50", "model_version": "v3", "dataset": "test", "run_id": "r17", "seed": 42,
    "epoch": 10, "experiment": "baseline",
}  # fmt: skip
FLAGS = ("is_member", "smoker", "has_card", "weekend", "IsActiveMember", "paid", "is_new")

# Two classes, the positive one last, by convention or by the words.
USUAL = (
    (0, 1), ("no", "yes"), ("No", "Yes"), ("N", "Y"), ("neg", "pos"), ("negative", "positive"), (False, True),
    ("NEGATIVE", "POSITIVE"), ("NO", "YES"), (0.0, 1.0), (-1, 1),
)  # fmt: skip
USUAL_WEIGHTS = (62, 5, 4, 1, 2, 4, 7, 1, 1, 6, 1.2)
# Two classes of which a name alone does not say which is the positive one.
NEUTRAL = (
    ("cat", "dog"), ("ham", "spam"), ("benign", "malignant"), ("B", "M"), ("stay", "churn"), ("good", "bad"),
    ("<=50K", ">50K"), ("female", "male"), ("control", "case"), ("died", "survived"), ("human", "ai"), ("real", "fake"),
    ("normal", "attack"), ("NORMAL", "PNEUMONIA"), ("legit", "fraud"), ("Class1", "Class2"), ("AAA", "BBB"),
    ("edible", "poisonous"), ("pass", "fail"), ("CH", "MM"),
)  # fmt: skip
SEVERAL = (
    ("cat", "dog", "fox"), ("setosa", "versicolor", "virginica"), ("Iris-setosa", "Iris-versicolor", "Iris-virginica"),
    ("negative", "neutral", "positive"), ("low", "medium", "high"), ("A", "B", "C"), ("Adelie", "Chinstrap", "Gentoo"),
    ("World", "Sports", "Business", "Sci/Tech"), ("entailment", "neutral", "contradiction"), ("home", "draw", "away"),
    ("Class_1", "Class_2", "Class_3", "Class_4"), ("class_0", "class_1", "class_2"), ("red", "green", "blue"),
    ("anger", "fear", "joy", "sadness"), ("Good", "Moderate", "Unhealthy"), ("EAP", "HPL", "MWS"), ("H", "D", "A"),
    ("1 star", "2 stars", "3 stars"), ("walk", "run", "sit", "stand"), ("MEL", "NV", "BCC", "AK"), ("VF", "F", "M", "L"),
    ("soft drink", "beer", "wine"), ("buy", "hold", "sell"), ("airplane", "automobile", "bird", "cat"),
)  # fmt: skip
# A target with a name of its own, its classes, and the event that a probability column is named for.
DOMAINS = (
    ("churn", (0, 1), "churn"), ("churn", ("No", "Yes"), "churn"), ("Churn", ("No", "Yes"), "Churn"),
    ("is_fraud", (0, 1), "fraud"), ("default", (0, 1), "default"), ("Survived", (0, 1), "Survived"),
    ("survived", (0, 1), "survived"), ("readmitted", ("no", "yes"), "readmitted"), ("converted", (0, 1), "converted"),
    ("stroke", (0, 1), "stroke"), ("toxic", (0, 1), "toxic"), ("is_duplicate", (0, 1), "duplicate"),
    ("diabetes", ("neg", "pos"), "diabetes"), ("Exited", (0, 1), "Exited"), ("click", (0, 1), "click"),
    ("Outcome", (0, 1), "diabetes"), ("clicked", (False, True), "click"), ("Attrition", ("No", "Yes"), "Attrition"),
    ("loan_default", (0, 1), "default"), ("BAD", (0, 1), "BAD"),
)  # fmt: skip
TOPICS = (
    ("species", SEVERAL[1]), ("Species", SEVERAL[1]), ("variety", SEVERAL[1]), ("sentiment", SEVERAL[3]),
    ("species", SEVERAL[6]), ("topic", SEVERAL[7]), ("emotion", SEVERAL[13]), ("AQI_category", SEVERAL[14]),
    ("author", SEVERAL[15]), ("activity", SEVERAL[18]), ("dx", SEVERAL[19]), ("grade", SEVERAL[5]),
    ("risk", SEVERAL[4]), ("digit", tuple(range(10))), ("quality", (3, 4, 5, 6)), ("rating", (1, 2, 3, 4, 5)),
)  # fmt: skip

# How columns of a family are named for a class.
FAMILIES = table(
    """prob_{}*14|proba_{}*8|p_{}*6|y_pred_proba_{}*4|y_prob_{}*3|pred_prob_{}*2|probability_{}*3|prob_class_{}*3
    proba_class_{}*1|y_proba_{}*3|pred_proba_{}*2|pred_{}*3|y_pred_{}*2|prediction_{}*1|prob.{}*1|P({})*1|{}_prob*3
    {}_proba*1|{}_probability*1|Prob_{}*2|{}_prob_pred*0.2|p({})*0.5|y_score_{}*0.7|score_{}*1|P_{}*0.7|probs_{}*0.7
    prob[{}]*0.3|prob {}*0.3|class_{}_prob*1|predicted_prob_{}*1|predicted_probability_{}*0.5|oof_{}*0.7|conf_{}*0.5
    confidence_{}*0.7|Prob_Class_{}*0.5|{}_score*0.7|{}_conf*0.3|softmax_{}*0.7|P(Y={})*0.5|p{}*1.5|prob{}*1|proba{}*0.5"""
)
LOGIT_FAMILIES = table(
    "logit_{}*8|logits_{}*4|logit{}*1|y_logit_{}*1|pred_logit_{}*1|{}_logit*2|raw_logit_{}*0.5|logit[{}]*0.2|z_{}*0.7"
)
LOGPROB_FAMILIES = table(
    "logprob_{}*4|log_prob_{}*4|log_proba_{}*2|logp_{}*1|y_pred_log_proba_{}*1|lp_{}*0.5|{}_logprob*1"
)
# Truth and prediction of a label or class.
PAIRS = table(
    """y_true_{} y_pred_{}*5|true_{} pred_{}*4|target_{} pred_{}*3|t_{} p_{}*2|label_{} prob_{}*3|true_{} prob_{}*2
    {} {}_pred*3|{} pred_{}*3|{} {}_prob*2|{} prob_{}*2|{}_true {}_pred*2|gt_{} pred_{}*1|{}_label {}_prob*1
    y_{} p_{}*1|label_{} pred_{}*1|actual_{} predicted_{}*1|y_true_{} y_prob_{}*1|y_true_{} y_proba_{}*1
    target_{} prob_{}*1|gold_{} prob_{}*0.5|{}_gt {}_pred*0.5|{}_target {}_prob*0.5|{}_outcome {}*1"""
)
TAGS = (
    ("toxic", "obscene", "threat", "insult"), ("sports", "politics", "tech"), ("Atelectasis", "Edema", "Effusion"),
    ("anger", "joy", "fear"), ("action", "comedy", "drama", "romance"), ("0", "1", "2"), ("clear", "cloudy", "water"),
    ("urgent", "billing", "spam"), ("1", "2", "3", "4"),
)  # fmt: skip
MODELS = (
    ("lr", "dt", "knn"), ("lr", "rf"), ("rf", "xgb", "lgbm"), ("xgb", "lgb", "cat"), ("bert", "roberta"),
    ("baseline", "candidate"), ("logreg", "svm", "rf", "mlp"), ("model_a", "model_b"), ("resnet", "vit"), ("old", "new"),
    ("model1", "model2", "model3"), ("v1", "v2"), ("lstm", "cnn"), ("lgb", "xgb", "cat", "nn"),
)  # fmt: skip
ONE_OF_SEVERAL = table(
    "{}_proba*3|{}_prob*4|prob_{}*3|{}_pred*2|pred_{}*2|{}*1|p_{}*1|proba_{}*1|y_pred_{}*1|{}_preds*0.5|y_prob_{}*1|oof_{}*0.7"
)


def pick(rng: random.Random, names: tuple[list[str], list[float]]) -> str:
    """A name by its weight."""
    return rng.choices(*names)[0]


def binary_classes(rng: random.Random) -> tuple[Any, Any]:
    """Two classes of which the second is the positive one by convention."""
    return rng.choices(USUAL, USUAL_WEIGHTS)[0]
