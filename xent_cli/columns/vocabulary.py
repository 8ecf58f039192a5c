"""The vocabulary: which words in a column name mean what. Names only; no file, no flag.

A name is compared in its normal form: case is ignored, and `_`, `-`, `.`, blanks and camelCase are the same.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def _words(text: str) -> tuple[str, ...]:
    """A table of words, written as one text."""
    return tuple(text.split())


# How much a name says: FIRM is a probability or logit; WEAK is one, of something (`churn_prob`); SOFT may also be a
# decision; SCORE has no agreed meaning; CONFIDENCE is the probability of the predicted class, which scores nothing.
FIRM, WEAK, SOFT, SCORE, CONFIDENCE = range(5)

LABELS = frozenset(
    _words(
        "label labels target targets y y_true ytrue y_test truth true true_label true_class class class_label class_id "
        "label_id gold gold_label ground_truth groundtruth gt actual actual_label actual_class outcome category "
        "expected response obs observed",
    ),
)
# In order of preference: a file may have several, and an id changes no number.
IDS = _words(
    "id ids row_id row_ids rowid sample_id example_id record_id uuid guid key image_id filename file_name file "
    "index idx row row_index rownum",
)
WEIGHTS = ("sample_weight", "sample_weights", "weight", "weights", "w")
DECISIONS = frozenset(
    _words(
        "predict predicted predicted_label predicted_labels predicted_class predicted_classes pred_label pred_labels "
        "pred_class pred_classes pred_id prediction_label prediction_class y_pred_label y_pred_class y_pred_labels "
        "y_pred_classes hard_prediction scored_label scored_labels argmax pred_argmax",
    ),
)
CONFIDENCES = frozenset(
    _words(
        "confidence conf pred_confidence pred_conf prediction_confidence predicted_confidence pred_score "
        "prediction_score predicted_score",
    ),
)
# Two layouts in which the second column of the truth is the prediction: caret (obs, pred) and mlr (truth, response).
COMPANIONS = MappingProxyType({"pred": "obs", "response": "truth"})


@struct
class Meaning:
    """What a prediction word says: the space of the values, and how firmly."""

    space: str
    rank: int


def _meanings(words: str, space: str, rank: int) -> dict[str, Meaning]:
    """The same meaning for several words."""
    return dict.fromkeys(_words(words), Meaning(space, rank))


# Words that name one column by themselves and a family together with a class.
STEMS = MappingProxyType(
    _meanings(
        "p prob probs proba probas probability probabilities y_prob y_probs y_proba y_probas pred_prob pred_probs "
        "pred_proba pred_probability predicted_prob predicted_proba predicted_probability predicted_probabilities "
        "prediction_prob prediction_probability class_prob class_probability phat p_hat softmax",
        "probs",
        FIRM,
    )
    | _meanings("logit logits z y_logit y_logits pred_logit pred_logits class_logit class_logits", "logits", FIRM)
    | _meanings(
        "logprob logprobs log_prob log_probs logproba log_proba logprobability log_probability log_probabilities "
        "log_softmax logp log_p lp pred_logprob pred_log_prob y_logprob y_log_prob",
        "logprobs",
        FIRM,
    )
    | _meanings("pred preds prediction predictions y_pred y_preds ypred yhat y_hat", "probs", SOFT)
    | _meanings(
        "score scores y_score y_scores pred_score prediction_score raw_score raw_scores decision_function",
        "probs",
        SCORE,
    )
    | _meanings("confidence", "probs", CONFIDENCE),
)
# Words that name one column only.
SINGLES = MappingProxyType(
    dict(STEMS)
    | _meanings("scored_probability scored_probabilities sigmoid", "probs", FIRM)
    | _meanings("raw margin raw_prediction decision_score decision_scores decision", "probs", SCORE)
    | dict.fromkeys(CONFIDENCES, Meaning("probs", CONFIDENCE)),
)
# One letter is too little at the end of a name: `step_p`, `size_z`.
ENDINGS = tuple(stem for stem in STEMS if stem not in {"p", "z", "lp", "confidence"})
TARGETS = _words(
    "t target targets tgt y y_true ytrue true truth label labels gold gt actual onehot one_hot",
)
TARGET_ENDINGS = _words("target tgt true truth label gold gt actual outcome onehot one_hot")
# `x_outcome` beside `x`; the others only beside a name that means a prediction.
PARTNERS = ("outcome", "label", "target", "true", "truth", "actual", "y")

# Never a class: what is left of `p_value`, `pred_id`, `score_type`.
NO_CLASS = frozenset(
    _words(
        "id idx index value val values name label labels class classes type threshold weight prob proba adj outcome",
    ),
)
# Perhaps a class, perhaps a statistic of the row: `prob_max`.
STATISTICS = frozenset(_words("max min mean avg median std sd sum entropy margin top var"))
POSITIVE = frozenset(_words("1 +1 true yes pos positive"))

_SEPARATOR = r"(?:_+|:+| +|[.\-])"


@struct
class Member:
    """A column as one of a family: the word in its name, the literal common part, and what is left of the name."""

    column: str
    stem: str
    affix: str
    suffix: bool
    rest: str


def normal(name: str) -> str:
    """The form in which names are compared: `Y.True`, `yTrue` and `y-true` are `y_true`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"[\s_.\-]+", "_", spaced).strip("_").casefold()


def is_plain(name: str) -> bool:
    """Whether the whole name is one of the words above, and so never a member of a family."""
    word = normal(name)
    return word in LABELS or word in DECISIONS or word in SINGLES or word in WEIGHTS


def _pattern(stems: Iterable[str]) -> str:
    """The stems as alternatives, the longest first, with any separator where they have `_`."""
    longest = sorted(stems, key=lambda stem: (-len(stem), stem))
    return "|".join(stem.replace("_", r"[_.\- ]?") for stem in longest)


def _prefixed(stems: Iterable[str]) -> re.Pattern[str]:
    """`prob_cat`, `.pred_A`, `p10`, `p[cat]`, `confidence(yes)`."""
    return re.compile(
        rf"(?P<affix>\.?(?P<stem>{_pattern(stems)}))"
        rf"(?: ?\[(?P<square>.+)\]| ?\((?P<round>.+)\)|(?P<sep>{_SEPARATOR})(?P<rest>.+)|(?P<digits>[0-9]+))",
        re.IGNORECASE | re.DOTALL,
    )


def _suffixed(stems: Iterable[str]) -> re.Pattern[str]:
    """`cat_prob`."""
    return re.compile(rf"(?P<rest>.+?)(?P<affix>{_SEPARATOR}(?P<stem>{_pattern(stems)}))", re.IGNORECASE | re.DOTALL)


@cache
def _of_predictions() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How the names of a prediction family read."""
    return _prefixed(STEMS), _suffixed(ENDINGS)


@cache
def _of_targets() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How the names of a family of targets read."""
    return _prefixed(TARGETS), _suffixed(TARGET_ENDINGS)


def prediction_member(column: str) -> Member | None:
    """The column as a member of a prediction family, if its name reads so. A prefix goes before a suffix."""
    return None if is_plain(column) else _member(column, *_of_predictions())


def target_member(column: str) -> Member | None:
    """The column as a member of a family of targets, if its name reads so."""
    return None if is_plain(column) else _member(column, *_of_targets())


def _member(column: str, prefixed: re.Pattern[str], suffixed: re.Pattern[str]) -> Member | None:
    """The reading of a name by one of two patterns."""
    name = column.strip()
    if match := prefixed.fullmatch(name):
        rest = match["square"] or match["round"] or match["rest"] or match["digits"]
        bracket = "[" if match["square"] else "(" if match["round"] else match["sep"] or ""
        return Member(column, _stem(match["stem"]), match["affix"].casefold() + bracket, suffix=False, rest=rest)
    if match := suffixed.fullmatch(name):
        return Member(column, _stem(match["stem"]), match["affix"].casefold(), suffix=True, rest=match["rest"])
    return None


def _stem(text: str) -> str:
    """The stem as it is in the tables, found by its letters."""
    letters = re.sub(r"[_.\- ]", "", text).casefold()
    return next((stem for stem in STEMS if stem.replace("_", "") == letters), letters)


def meaning(column: str) -> Meaning | None:
    """What a name says about predictions: as a whole, else as a member of a family."""
    whole = SINGLES.get(normal(column))
    if whole is not None:
        return whole
    member = prediction_member(column)
    return STEMS[member.stem] if member else None


def common_rests(columns: Sequence[str]) -> tuple[str, ...]:
    """What remains of several names without their common prefix and suffix; all of them where none is common.

    A common part ends at a separator, or before names that are all digits, so that `cat, car` stay whole; it has a
    letter in it, so that `0.5, 1.5` do.
    """
    rests = _without_prefix(tuple(columns))
    reversed_rests = _without_prefix(tuple(rest[::-1] for rest in rests))
    return tuple(rest[::-1] for rest in reversed_rests)


def _without_prefix(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts without their common prefix, cut back; unchanged where one would be left empty."""
    common = _common_prefix(min(texts), max(texts))
    bare = len(common.rstrip("0123456789"))
    ends = [match.end() for match in re.finditer(r"[_.\-: \[\]()]", common)]
    cut = bare if all(text[bare:].isdecimal() for text in texts) else max(ends, default=0)
    if not re.search(r"[^\W\d_]|[\])]", common[:cut]) or any(len(text) == cut for text in texts):
        return texts
    return tuple(text[cut:] for text in texts)


def _common_prefix(first: str, second: str) -> str:
    """The text with which both begin; of a sorted list the first and the last have it in common with all."""
    same = (at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    return first[: next(same, min(len(first), len(second)))]
