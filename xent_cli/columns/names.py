"""What the words in a column name say: of a probability, a logit, a decision, an id.

A name is a row of words in any order; the words for a prediction stand at its beginning or its end, and what is left of
them names a class, a model or the target.
"""

from __future__ import annotations

import re

from xent_cli.columns.vocabulary import normal


def _set(text: str) -> frozenset[str]:
    """A set of words, written as one text."""
    return frozenset(text.split())


PROBS = _set("prob probs proba probas probability probabilities softmax sigmoid phat likelihood")
LOGITS = _set("logit logits logodds rawformulaval")
LOGPROBS = _set("logprob logprobs logproba logprobas logp lp logprobability logprobabilities logsoftmax")
BARE = _set("pred preds prediction predictions predicted predict ypred yhat hat oof output outputs forecast ensemble")
SCORES = _set("score scores margin raw decision function risk")
# what a name may hold besides without saying more
FILLERS = _set("y p model test val valid train final the of class cls oof scored value mean avg estimated est out")
MODELS = _set("model models m clf classifier run fold seed net network version v algo")
CONFIDENCE = _set("confidence conf")
TOPS = _set("max top top1 highest maximum best")
TRUTHS = _set("true truth gold correct label target actual")
POSITIVE = _set("1 true yes pos positive y t")
NEGATIVE = _set("0 false no neg negative n f")
# words for the class that is seldom the positive one
HARMLESS = _set("benign ham normal healthy legit human control male female")
# stems of words, each with those of what a label may be called that is 1 in the other case
OPPOSITES = {
    "fail": ("pass", "succe"), "dead": ("aliv", "surviv"), "died": ("aliv", "surviv"), "bad": ("good",),
    "reject": ("accept", "approv"), "denied": ("accept", "approv"), "lost": ("won", "win"), "loss": ("won", "win"),
    "absent": ("present",), "inactive": ("active",),
}  # fmt: skip

LABELS = _set(
    "label labels target targets y y_true ytrue y_test y_val y_valid y_actual truth true true_label true_labels "
    "true_class gold "
    "gold_label gold_labels ground_truth groundtruth ground_truth_label gt actual actuals actual_label actual_labels "
    "noisy_label clean_label corrected_label original_label weak_label old_label new_label "
    "actual_class correct_label target_label expected_label given_label observed obs label_text label_name reference"
)
WEAK_LABELS = _set(
    "class class_label outcome category expected response answer annotation class_id label_id label_ids "
    "indexed_label indexedlabel"
)
NUMBERED = re.compile(r"_?(id|ids|idx|index|int|num|code|encoded|enc)$")

IDS = _set(
    "id ids row_id row_ids rowid sample_id example_id record_id uuid guid key image_id filename file_name file fname "
    "path image image_path img index idx row row_index rowindex rownum inst inst# unnamed name text sentence url title "
    "doc_id user_id patient_id customer_id subject case_id slide_id docid sampleid passenger_id passengerid "
    "sample_index event_index"
)
ASIDE = IDS | _set(
    "fold kfold cv_fold resample split set subset iter repeat config threshold positive_class "
    "deployment_approval_status loss log_loss nll cross_entropy ce is_correct hit error entropy embedding "
    "embeddings features raw_prediction rawprediction raw_predictions timestamp date datetime time created_at "
    "event_time weight weights sample_weight sample_weights w seed epoch margin"
)
RIGHT = _set("correct")
DECISIONS = _set(
    "pred_label predicted_label predicted_labels predicted_class predicted_classes pred_class pred_classes "
    "prediction_label "
    "prediction_class y_pred_label y_pred_class hard_pred hard_prediction thresholded top1 label_pred scored_labels "
    "scored_label argmax pred_argmax pred_id predict response decision model_prediction classifier_prediction "
    "predicted_labels class_pred pred_labels rule_based svm_label"
)


_SPSS = re.compile(r"\$[A-Z]+?([PC])?-(.+)")
"""What a node of SPSS Modeler writes: `$L-churn` and `$LP-churn`, `$N-churn` and `$NC-churn`."""


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name: `P(Y=1)` is p, y, 1; `predProb` is pred, prob; `prob1` is prob, 1."""
    if match := _SPSS.fullmatch(name):
        return ("confidence" if match[1] else "predicted", *tokens(match[2]))
    spaced = re.sub(r"(?<=[A-Za-z])(?=\d)", " ", normal(name))
    return tuple(re.findall(r"[^\W_]+", spaced))


def compact(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words with `log prob` and `log odds` as one."""
    found: list[str] = []
    for word in words:
        if found and found[-1] == "log" and (word in PROBS or word in {"p", "odds"}):
            found[-1] = "log" + word
        else:
            found.append(word)
    return tuple(found)


def space(words: tuple[str, ...]) -> str | None:
    """The space that a name speaks of, None where it speaks of none."""
    words = compact(words)
    if any(word in LOGPROBS for word in words):
        return "logprobs"
    if any(word in LOGITS for word in words) or words[:1] == ("z",):
        return "logits"
    if any(word in PROBS for word in words) or words[:1] == ("p",) or words[:3] == ("y", "pred", "p"):
        return "probs"
    return None


def is_decision(words: tuple[str, ...], word: str) -> bool:
    """Whether a name may mean a decision: it speaks of a prediction and of no number."""
    if word in DECISIONS:
        return True
    return space(words) is None and any(each in BARE or each in {"decision", "argmax"} for each in words)


def is_confidence(words: tuple[str, ...]) -> bool:
    """Whether a name means the probability of what was decided."""
    return any(word in CONFIDENCE for word in words) or (
        space(words) == "probs" and any(word in TOPS for word in words)
    )


def is_of_truth(words: tuple[str, ...]) -> bool:
    """Whether a name means the probability of the label: `p_true_class`, `gold_prob`."""
    rest = set(words) - PROBS - {"p", "of", "class", "the"}
    return space(words) == "probs" and bool(rest) and rest <= TRUTHS | {"label"} and rest != {"target"}


def rest(words: tuple[str, ...]) -> tuple[str, ...]:
    """What a name says besides that it is a prediction."""
    known = PROBS | LOGITS | LOGPROBS | BARE | SCORES | FILLERS | CONFIDENCE
    return tuple(word for word in compact(words) if word not in known)
