"""Which column is what: selectors, and inference from names and types.

A role is what a flag states it to be, and where no flag does, what the names of the columns say, held against values.
Names are compared without regard to case, and `_`, `-`, `.` and blanks are the same. Where two readings are possible
there is an error that names both and the flag that decides.

**How.** Readers give a look at the first rows (`facts`), bounded and from the same stream. `readings` searches for the
one reading of names and values: the label by its name, by the names of the predictions (`churn` beside `churn_prob`) or
as the only column whose values are classes; then a family of columns for the values of the label (`families`), a list,
one column by the most specific word of its name (`names`). A reading is nothing but flags: `reading_of` adds them to
those of the user, and `infer` makes the plan of them, so that the command of `inspect` gives the same number. What the
search leaves open is a question; each of its answers is tried on the same rows before it is printed. What a whole file
may still contradict (predictions that are all 0 and 1; a probability nowhere below 0.5 beside decisions) is kept in the
plan as `guessed` and `doubt`, gathered in the tally and judged at the end, before any gate.

The rules below are those of names alone: of two files that are joined, and where the search finds nothing.

**Label.** One column called `label`, `target`, `y`, `y_true`, `y_test`, `truth`, `true_label`, `true_class`, `class`,
`gold`, `ground_truth`, `actual`, `obs`, `observed`, `outcome`, `category`, `expected`, `response` or the like. Two
are an error: `--label` decides.

**Predictions**, in this order; a second candidate of the same standing is an error that `--preds` decides:

1. A family: columns with a common prefix (`p0, p1`, `p_cat`, `prob_cat`, `proba.cat`, `logit_cat`, `logprob_cat`,
   `softmax_0`, `confidence(cat)`, `p[cat]`) or suffix (`cat_prob`, `cat_logit`); one column that is named for a class
   (`prob_yes`, which is then the positive class); one column, or list column, called `prob`, `proba`, `probs`,
   `probability`, `p`, `y_prob`, `y_proba`, `pred_prob`, `logit`, `logits`, `z`, `logprob`, `log_prob`, `lp`, `logp` …;
   pairs `x`, `x_outcome`.
2. A family with a prefix or suffix that may also mean decisions (`.pred_A`, `y_pred_0`, `prediction_cat`); one column
   with a suffix (`churn_prob`).
3. One column called `pred`, `prediction`, `y_pred`, `yhat` … Beside scores or decisions such a column is an error: it
   may be a decision or the probability of one.
4. `score`, `y_score`, `margin`, `decision_function`, `raw` and families of them are refused: a score is not a
   probability until `--from` says what it is. `confidence` is refused: it is the probability of the predicted class.

Columns of text, true/false or integers under the names of 2 and 3 are decisions; so are `predict`, `predicted`,
`predicted_label`, `pred_class` …, `pred` beside `obs` (caret) and `response` beside `truth` (mlr). They are left out.
Text is never a prediction.

**Targets**, instead of a label: a family with the prefix `t`, `target`, `y`, `y_true`, `true`, `label`, `onehot` …
(or such a suffix) that names exactly the classes of the predictions, a list column with the name of a label, or for
each prediction `x` a column `x_outcome` (also `x_label`, `x_target`, `x_true`, `x_y`).

**Classes** are what remains of the names of the predictions without the common part, as it stands: `prob_cat` is
`cat`, `p10` is `10`, `p007` is `007`, `.pred_A` is `A`, `prob_class_0` is `class_0`. Stated columns without one of
these parts lose their longest common prefix and suffix, back to a separator or to digits: `Class_1, Class_2` are `1`
and `2`. `--classes` names them by position. A list column has the classes 0 … k−1.

**Space**: `logit…` and `z` are logits; `logprob…`, `log_prob…`, `logp`, `lp` are log-probabilities; all else is
probabilities. `--from` decides.

**Kind**, for `score`: one label and one prediction are binary; one label and several predictions, or a list, are
sparse; targets are categorical; outcomes are binary, and several of them multi-label. `binary` with a label and two
predictions wants them named for the two classes, the positive one called 1, true, yes, pos or positive, or
`--positive`.

**Weight** is never inferred, as it changes the number: a column `weight` is mentioned and not used. **Id** is: `id`,
`row_id`, `sample_id`, `uuid`, `key`, `filename`, `index` … The unnamed index that pandas writes is ignored.
"""

from __future__ import annotations

from xent_cli.columns.inference import infer
from xent_cli.columns.plan import Plan, Stated, Typed
from xent_cli.columns.selectors import resolve, selector_for

__all__ = ["Plan", "Stated", "Typed", "infer", "resolve", "selector_for"]
