"""The search for the reading of a file: its names and the values of its first rows in, one reading or one question out.

A reading is what a user would write in flags, so that the flags that `inspect` prints give the same number. A question
holds the flags that answer it; each of them has been tried on the same names and values before it is printed.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from xent_cli.columns import names as say
from xent_cli.columns import vocabulary as words
from xent_cli.columns.facts import facts, is_distribution, mostly_distribution
from xent_cli.columns.families import Family, by_values, by_words, same_classes
from xent_cli.columns.selectors import join_names, listed
from xent_cli.contract.frozen import struct
from xent_cli.contract.label_values import number, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xent_cli.columns.facts import Facts
    from xent_cli.columns.plan import Stated, Typed

MOST_ANSWERS = 6
USUAL = {"no": "yes", "n": "y", "neg": "pos", "negative": "positive", "false": "true", "f": "t", "0": "1"}
"""The usual names of the negative class, each with that of the positive one."""


@struct
class Reading:
    """What flags would say: label, predictions and all that belongs to them. `why` has a reason for each flag."""

    label: str | None
    preds: tuple[str, ...]
    classes: tuple[str, ...] | None = None
    positive: str | None = None
    from_: str | None = None
    targets: tuple[str, ...] = ()
    kind: str | None = None
    decision: str | None = None
    remark: tuple[str, str] | None = None
    why: Mapping[str, str] = field(default_factory=dict)


class Question(Exception):  # noqa: N818  (it is asked, not an error by itself)
    """Several readings, or none: the rule, what to say, and the flags of each answer."""

    def __init__(
        self,
        rule: str,
        message: str,
        answers: Sequence[Mapping[str, Any]] = (),
        more: str = "",
        columns: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.answers, self.more, self.columns = rule, message, tuple(answers), more, columns


class NamesTellError(Exception):
    """Bad cells hide what the values would say: the names alone have to tell, and the rules of rows to refuse."""


def read(
    columns: Mapping[str, Typed], peek: Mapping[str, Sequence[Any]], stated: Stated, taken: Taken
) -> Reading | None:
    """The reading of a file; None where the names alone have to tell. Raises `Question`, its answers tried."""
    try:
        return _Search(columns, peek, stated, taken).reading()
    except NamesTellError:
        return None
    except Question as question:
        if any(
            "\ufffd" in text
            for tier in _Search(columns, peek, stated, taken).label_tiers()
            for c in tier
            for text in c.texts
        ):
            return None  # bytes that are no text: the reader says where
        answers = _tried(
            question, lambda more: _Search(columns, peek, replace(stated, **more), taken.with_(more)).reading()
        )
        raise Question(question.rule, question.message, answers, question.more, question.columns) from None


def label_of(
    columns: Mapping[str, Typed], peek: Mapping[str, Sequence[Any]], stated: Stated, taken: Taken
) -> str | None:
    """The one column with the name of a label, or for which others are named."""
    for tier in _Search(columns, peek, stated, taken).label_tiers():
        if len(tier) > 1:
            names = [label.name for label in tier]
            answers = [{"label": join_names((name,))} for name in names]
            raise Question("ambiguous-columns", f"{len(names)} columns could be the label: {listed(names)}", answers)
        return tier[0].name
    return None


def _tried(question: Question, again: Callable[[Mapping[str, Any]], Reading | None]) -> list[Mapping[str, Any]]:
    """The answers that lead to a reading; one that leads to a second question is joined to each of its answers."""
    found: list[Mapping[str, Any]] = []
    for answer in question.answers:
        try:
            again(answer)
            found.append(answer)
        except NamesTellError:
            found.append(answer)
        except Question as next_question:
            for more in next_question.answers:
                both = {**more, **answer}
                try:
                    again(both)
                    found.append(both)
                except (NamesTellError, Question):
                    continue
    return found[:MOST_ANSWERS]


@struct
class Taken:
    """The columns that flags name, resolved."""

    label: str | None = None
    preds: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def with_(self, more: Mapping[str, Any]) -> Taken:
        """The same with the columns of an answer."""
        from xent_cli.columns.selectors import split_names

        label = split_names(more["label"])[0] if "label" in more else self.label
        preds = split_names(more["preds"]) if "preds" in more else self.preds
        return Taken(label, preds, self.others)


class _Search:
    """One search through one file."""

    def __init__(
        self, columns: Mapping[str, Typed], peek: Mapping[str, Sequence[Any]], stated: Stated, taken: Taken
    ) -> None:
        self.stated, self.taken = stated, taken
        self.all = {
            name: found
            for name, found in facts(columns, peek, stated.ignore).items()
            if name not in taken.others and not (not name.strip() or name.startswith("Unnamed: "))
        }

    # the whole ----------------------------------------------------------------------------------------------------

    def reading(self) -> Reading | None:
        """The one reading; None where nothing was found."""
        if not self.taken.label and not self.taken.preds and (several := self._several_targets()) is not None:
            return several
        tiers = self.label_tiers()
        for tier in tiers:
            found: list[tuple[Facts, Reading]] = []
            asked: list[tuple[Facts, Question]] = []
            for label in tier:
                try:
                    reading = self._with_label(label)
                except Question as question:
                    asked.append((label, question))
                    continue
                if reading is not None:
                    found.append((label, reading))
            chosen = self._one_label(found, asked)
            if chosen is not None:
                return chosen
            if asked:
                raise asked[0][1]
        for label in (label for tier in tiers for label in tier):
            self._check_decisions(label)
        return None

    def _check_decisions(self, label: Facts) -> None:
        """Where nothing but decisions stands beside the label there is no loss to be had."""
        if self.taken.preds or label.is_list:
            return
        decided = [c.name for c in self._decisions(label)]
        others = [c for c in self.all.values() if c.is_list or (c.texts and c.texts[0].startswith("["))]
        if decided and not others:
            raise Question(
                "hard-predictions",
                f"{listed(decided, 6)} holds decisions and no probabilities",
                more=HARD_CURE,
                columns=decided,
            )

    def _one_label(self, found: list[tuple[Facts, Reading]], asked: list[tuple[Facts, Question]]) -> Reading | None:
        """The reading of the one label that fits best; a question where several fit as well."""
        wide = [pair for pair in found if pair[1].classes is not None]
        best = wide or found
        if len(best) > 1 or (not found and len(asked) > 1):
            several = [label.name for label, _ in best or asked]
            answers: list[dict[str, Any]] = [{"label": join_names((name,))} for name in several]
            raise Question(
                "ambiguous-columns",
                f"{len(several)} columns could be the label: {listed(several)}",
                answers,
                columns=several,
            )
        return best[0][1] if best else None

    # labels -------------------------------------------------------------------------------------------------------

    def label_tiers(self) -> list[list[Facts]]:
        """The columns that may be the label, those with the surest names first."""
        if self.taken.label is not None:
            return [[self.all[self.taken.label]]] if self.taken.label in self.all else []
        free = [c for c in self.all.values() if c.name not in self.taken.preds and not c.is_list and c.texts]
        free = [c for c in free if not c.texts[0].startswith("[")]
        strong = [c for c in free if c.word in say.LABELS]
        plain = [c for c in strong if not say.NUMBERED.search(c.word)]
        strong = self._without_decisions(plain or strong)
        derived = [c for c in free if c.word not in say.LABELS and self._is_target_of_others(c) and c.classes]
        weak = [c for c in free if c.word in say.WEAK_LABELS and (c.classes or c.unit)]
        named = [c for c in weak if not say.NUMBERED.search(c.word)]
        right = [
            c
            for c in free
            if c.word in say.RIGHT
            and not c.decided
            and c.typed.kind != "bool"
            and {t.casefold() for t in c.distinct} - {"true", "false"}
        ]
        rest = [] if strong or derived or weak else self._only_left(free)
        return [tier for tier in (strong, derived, named or weak, right, rest) if tier]

    def _without_decisions(self, labels: list[Facts]) -> list[Facts]:
        """`gold, label, score`: the label that a pipeline gives is its decision."""
        if len(labels) == 2 and any(c.word == "label" for c in labels):
            gold = [c for c in labels if c.word in {"gold", "gold_label", "true_label", "ground_truth", "truth"}]
            scores = [c for c in self.all.values() if c.word in {"score", "pred_score", "confidence"}]
            probs = [c for c in self.all.values() if say.space(say.tokens(c.name)) and c.numbers]
            if gold and scores and not probs:
                return gold
        return labels

    def _is_target_of_others(self, column: Facts) -> bool:
        """Whether other columns are named for predictions of this one: `churn` beside `churn_prob`."""
        own = say.tokens(column.name)
        if not own or say.is_decision(own, column.word) or say.space(own) is not None or column.word in say.ASIDE:
            return False
        return any(_names(own, other) for other in self.all.values() if other is not column)

    def _only_left(self, free: list[Facts]) -> list[Facts]:
        """The columns of which nothing is known and whose values are classes that predictions are named for."""
        left = [
            c
            for c in free
            if c.classes
            and not self._is_aside(c)
            and not say.is_decision(say.tokens(c.name), c.word)
            and say.space(say.tokens(c.name)) is None
            and len(c.distinct) > 1
        ]
        fitting = [c for c in left if self._families(c)]
        if fitting:
            own = [c for c in fitting if not self._is_model(c)]
            return own or fitting
        two = [c for c in left if len(c.distinct) == 2]
        decided = [c for c in two if self._decisions(c)]
        return decided or [c for c in two if c.decided or _usual(c.distinct) is not None]

    def _is_model(self, column: Facts) -> bool:
        """Whether other columns have this one's name and a class in brackets: `Tree, Tree (yes), Tree (no)`."""
        return sum(other.name.startswith(f"{column.name} (") for other in self.all.values()) > 1

    def _is_aside(self, column: Facts) -> bool:
        """Whether the name is one of things that stand beside predictions."""
        return column.word in say.ASIDE or column.word in say.RIGHT

    # predictions --------------------------------------------------------------------------------------------------

    def _with_label(self, label: Facts) -> Reading | None:
        """The reading with this label."""
        if self.taken.preds:
            return self._given(label)
        families = self._families(label)
        if families:
            return self._of_family(label, families)
        lists = [c for c in self.all.values() if c.is_list and c is not label and say.space(say.tokens(c.name))]
        if lists:
            return self._of_list(label, lists)
        numbered = self._by_order(label)
        if numbered is not None:
            return numbered
        return self._of_single(label)

    def _families(self, label: Facts) -> list[Family]:
        """The families that are named for the values of the label, those of the best rank."""
        if label.fractional or not label.texts:
            return []
        usable = [c for c in self.all.values() if c is not label and not c.is_list and c.numbers is not None]
        found = by_values(label, usable)
        best = min((family.rank for family in found), default=9)
        return [family for family in found if family.rank == best]

    def _of_family(self, label: Facts, families: list[Family]) -> Reading:
        """The reading with a column for each class."""
        if len(families) > 1:
            sure = [family for family in families if family.distribution]
            families = sure or families
        if len(families) > 1:
            shown = " or ".join(listed(family.columns, 6) for family in families)
            answers = [{"preds": join_names(family.columns)} for family in families]
            spaces = {family.space for family in families}
            rule = "several-models" if len(spaces) == 1 and not _calibrated(families) else "ambiguous-columns"
            more = "" if rule == "ambiguous-columns" else "`xent compare FILE --models …` compares them"
            raise Question(rule, f"the predictions could be {shown}", answers, more)
        family = families[0]
        self._check_twins(family)
        why = {"preds": family.why, "classes": COMMON}
        return self._reading(label, family.columns, classes=family.classes, from_=family.space, why=why)

    def _check_twins(self, family: Family) -> None:
        """Ask where each column has a twin that is called calibrated, or raw."""
        by_words = {(frozenset(tokens) - CALIBRATED, len(set(tokens) & CALIBRATED) > 0): name
                    for name in self.all for tokens in [say.tokens(name)]}  # fmt: skip
        own = [say.tokens(name) for name in family.columns]
        if any(set(tokens) & CALIBRATED for tokens in own):
            return
        twins = [by_words.get((frozenset(tokens), True)) for tokens in own]
        found = [name for name in twins if name is not None]
        if len(found) == len(family.columns):
            raise Question(
                "ambiguous-columns",
                f"the predictions could be {listed(family.columns, 6)} or {listed(found, 6)}",
                [{"preds": join_names(family.columns)}, {"preds": join_names(tuple(found))}],
                columns=(*family.columns, *found),
            )

    def _of_list(self, label: Facts, lists: list[Facts]) -> Reading | None:
        """The reading with a vector a row."""
        if len(lists) > 1:
            answers = [{"preds": join_names((c.name,))} for c in lists]
            shown = " or ".join(c.name for c in lists)
            raise Question("ambiguous-columns", f"the predictions could be {shown}", answers)
        tokens = say.tokens(lists[0].name)
        if (
            label.numbers is None
            and len(label.distinct) > 1
            and self.stated.classes is None
            and label.typed.kind != "bool"
        ):
            return None if label.is_list else self._unordered(label, (lists[0].name,), "entries of the list")
        why = {"preds": "a list column with the name of predictions"}
        return self._reading(label, (lists[0].name,), from_=say.space(tokens), why=why)

    def _unordered(self, label: Facts, columns: Sequence[str], what: str) -> Reading | None:
        """Labels in words beside predictions by number: nothing in the file says which is which."""
        found = listed(label.distinct, 6)
        raise Question(
            "unknown-label",
            f"the labels are {found}, and the {what} are numbered: the file does not say which number is which class",
            more=f"--classes A,B,… names the {what} in their order",
            columns=columns,
        )

    def _by_order(self, label: Facts) -> Reading | None:
        """Families by their words whose names are not the values of the label."""
        usable = [c for c in self.all.values() if c is not label and not c.is_list and c.numbers is not None]
        for family in by_words(usable, label):
            values = label.distinct
            if {value_of(text) for text in values} & {value_of(rest) for rest in family.classes} and len(values) > 1:
                raise NamesTellError  # else the family would have been found by its values: some labels are bad
            numbered = all(rest.isdigit() for rest in family.classes)
            if len(values) == 1 and value_of(values[0]) in {value_of(rest) for rest in family.classes}:
                return self._reading(
                    label,
                    family.columns,
                    classes=family.classes,
                    from_=family.space,
                    why={"preds": family.why, "classes": COMMON},
                )
            if label.fractional or len(values) != len(family.columns) or len(values) < 2:
                continue
            if numbered and len(values) == 2 and (usual := _usual(values)) is not None:
                order = sorted(range(2), key=lambda j: int(family.classes[j]))
                classes = tuple(dict(zip(order, usual, strict=True))[j] for j in range(2))
                return self._reading(
                    label,
                    family.columns,
                    classes=classes,
                    from_=family.space,
                    why={"preds": family.why, "classes": f"0 is {usual[0]} and 1 is {usual[1]}"},
                )
            if not (family.distribution or family.space != "probs"):
                continue
            if numbered and label.numbers is None:
                return self._unordered(label, family.columns, "columns")
            whole = sorted(values, key=float) if all(number(text) is not None for text in values) else []
            if (
                whole
                and [float(text) for text in whole] == list(range(len(whole)))
                and not numbered
                and self.stated.classes is None
            ):
                raise Question(
                    "unknown-label",
                    f"the labels are {listed(whole, 6)}, and the columns {listed(family.columns, 6)}",
                    more="--classes A,B,… names the labels in the order of the columns",
                    columns=family.columns,
                )
        return None

    # one column ---------------------------------------------------------------------------------------------------

    def _singles(self, label: Facts) -> list[tuple[int, Facts]]:
        """The columns that may be one probability a row, each with its rank: 0 the surest."""
        found = []
        for c in self.all.values():
            if c is label or c.is_list or c.numbers is None or c.word in say.LABELS:
                continue
            tokens = say.compact(say.tokens(c.name))
            spoken = say.space(tokens)
            if say.is_confidence(tokens):
                found.append((4, c))
            elif say.is_of_truth(tokens):
                found.append((3, c))
            elif spoken is not None and c.word not in say.ASIDE:
                found.append((0, c))
            elif any(word in say.SCORES for word in tokens) and c.fractional:
                found.append((2, c))
            elif any(word in say.BARE for word in tokens) and not self._is_aside(c) and (c.fractional or c.unit):
                found.append((1 if c.fractional else 5, c))
        return found

    def _of_single(self, label: Facts) -> Reading | None:
        """The reading with one prediction a row."""
        singles = self._singles(label)
        if not singles:
            return None
        best = min(rank for rank, _ in singles)
        chosen = [c for rank, c in singles if rank == best]
        self._check_classes(label, chosen, best)
        if best == 3:
            raise self._of_label(chosen)
        if best == 4:
            raise self._of_decision(label, chosen)
        if best == 5:
            return self._decisions_alone(label, chosen)
        if len(chosen) > 1:
            return self._several(label, chosen)
        if best == 2 and self.stated.from_ is None:
            raise self._score(label, chosen[0])
        return self._one(label, chosen[0])

    def _check_classes(self, label: Facts, chosen: list[Facts], best: int) -> None:
        """One probability says nothing about a label of more than two classes."""
        if len(label.distinct) <= 2 or label.unit or best == 3 or self.stated.positive is not None:
            return
        if _has_signs(label):
            return
        count = len(label.distinct)
        if len(chosen) == count and best == 0:
            names = [c.name for c in chosen]
            raise Question(
                "unknown-label",
                f"the labels are {listed(label.distinct, 6)}, and the columns {listed(names, 6)}",
                more="--classes A,B,… names the labels in the order of the columns",
                columns=names,
            )
        decided = self._decisions(label)
        rule = (
            "probability-of-decision" if decided and best != 5 else "hard-predictions" if best == 5 else "unknown-label"
        )
        message = (
            f"the label {label.name} has {count:,} values, and {listed([c.name for c in chosen])} is one number a row: "
            "a loss over more than two classes needs a probability for each of them"
        )
        raise Question(rule, message, more="write the probability of every class", columns=[c.name for c in chosen])

    def _decisions_alone(self, label: Facts, chosen: list[Facts]) -> Reading | None:
        """Columns of 0 and 1 with the names of decisions: whether they are that, the whole file tells."""
        if len(chosen) == 1 and (label.decided or label.unit or _usual(label.distinct) is not None):
            return self._one(label, chosen[0])
        raise Question("hard-predictions", hard_message([c.name for c in chosen]), more=HARD_CURE)

    def _several(self, label: Facts, chosen: list[Facts]) -> Reading | None:
        """Several columns of the same standing; None where they are classes, and the labels of the first rows bad."""
        names = [c.name for c in chosen]
        if not self._may_be_models(label, chosen):
            return None
        answers = [{"preds": join_names((name,))} for name in names]
        twin = any(set(say.tokens(name)) & CALIBRATED for name in names)
        spaces = {say.space(say.tokens(c.name)) for c in chosen}
        if twin or len(spaces) > 1 or any(not say.rest(say.tokens(name)) for name in names):
            raise Question(
                "ambiguous-columns", f"the predictions could be {' or '.join(names)}", answers, columns=names
            )
        models = join_names(names)
        raise Question(
            "several-models",
            f"{listed(names)} are not named for the classes {listed(label.distinct, 6)}: they may be several models",
            answers,
            f"`xent compare FILE --models {models}` compares them",
            columns=names,
        )

    def _may_be_models(self, label: Facts, chosen: list[Facts]) -> bool:
        """Whether columns may be several models of one label: it has two values, and none of them is a column's class.

        One value alone is two where it is a usual name of one (0, no). The columns of numbered classes are no models.
        """
        known = label.distinct
        two = len(known) == 2 or label.unit or _usual(known) is not None
        loose = {words.normal(text.strip().strip("'\"")) for text in known}
        named = [say.tokens(c.name) for c in chosen]
        rests = {"_".join(say.rest(tokens)) for tokens in named if not set(tokens) & say.MODELS}
        numbered = bool(rests) and all(rest.isdigit() for rest in rests)
        return two and not (loose & rests) and not numbered

    def _score(self, label: Facts, score: Facts) -> Question:
        """A score is no probability until someone says so."""
        doubt = self._decision_question(label, score)
        if doubt is not None:
            return doubt
        spaces = ("probs",) if score.unit else ("logits",)
        answers = [{"preds": join_names((score.name,)), "from_": space} for space in spaces]
        return Question(
            "score-is-no-probability",
            f"a score is not a probability: {score.name}",
            answers,
            "says what it is",
            columns=[score.name],
        )

    def _of_label(self, chosen: list[Facts]) -> Question:
        """The probability of what happened."""
        name = chosen[0].name
        message = of_label_message(name)
        answers = [{"of": "label", "preds": join_names((c.name,))} for c in chosen]
        return Question("which-class", message, answers, "scores it as that", columns=[name])

    def _of_decision(self, label: Facts, chosen: list[Facts]) -> Question:
        """A confidence is the probability of the decision."""
        found = self._decision_question(label, chosen[0])
        if found is not None:
            return found
        message = f"{listed([c.name for c in chosen])} is by its name no probability of the true or the positive class"
        return Question(
            "score-is-no-probability",
            message,
            more="a probability for each class is needed",
            columns=[c.name for c in chosen],
        )

    def _decisions(self, label: Facts) -> list[Facts]:
        """The columns that hold a decision in the values of the label, those with the surest name first."""
        known = {value_of(text) for text in label.distinct}
        found = [
            c
            for c in self.all.values()
            if c is not label
            and not c.is_list
            and c.texts
            and say.is_decision(say.tokens(c.name), c.word)
            and {value_of(text) for text in c.distinct} <= known
        ]
        if not found and label.word != "label":
            found = [
                c
                for c in self.all.values()
                if c.word == "label" and c is not label and {value_of(text) for text in c.distinct} <= known
            ]
        return sorted(found, key=lambda c: c.word not in say.DECISIONS)

    def _decision_question(self, label: Facts, prob: Facts) -> Question | None:
        """The question whether a probability is that of the decision, where the first rows do not say otherwise."""
        decided = [c for c in self._decisions(label) if c is not prob]
        if not decided or not never_below(prob) or not prob.unit:
            return None
        return Question(
            "probability-of-decision",
            decision_message(prob.name, decided[0].name),
            [
                {
                    "of": "decision",
                    "decision": join_names((decided[0].name,)),
                    "label": join_names((label.name,)),
                    "preds": join_names((prob.name,)),
                }
            ],
            "scores it as that",
            columns=[prob.name, decided[0].name],
        )

    def _one(self, label: Facts, prob: Facts) -> Reading:
        """The reading with this prediction; the positive class by its name, else by the usual names of classes."""
        tokens = say.tokens(prob.name)
        why = {"preds": "the name of a prediction"}
        space = say.space(tokens)
        doubt = self._doubt(label, prob)
        try:
            positive, reason = self._positive(label, prob)
        except Question:
            if not doubt:
                raise
            positive, reason = None, ""
        if positive is not None:
            why["positive"] = reason
        return self._reading(label, (prob.name,), positive=positive, from_=space, why=why, decision=doubt)

    def _doubt(self, label: Facts, prob: Facts) -> str | None:
        """The decisions of which it may be the probability, so far as the first rows tell."""
        decided = [c for c in self._decisions(label) if c is not prob]
        if not decided or not prob.unit or not never_below(prob) or say.space(say.tokens(prob.name)) == "logits":
            return None
        few = len(prob.values) < FEW and len(decided[0].distinct) < 2
        return None if few else decided[0].name

    def _positive(self, label: Facts, prob: Facts) -> tuple[str | None, str]:
        """The class whose probability it is; None leaves it to 1 and true. A question where nothing says it."""
        if self.stated.positive is not None or self.stated.classes is not None or self.stated.of != "positive":
            return None, ""
        values = label.distinct
        rest = tuple(
            word for word in say.rest(say.tokens(prob.name)) if word not in say.tokens(label.name) or word.isdigit()
        )
        plain = {value_of(text) for text in values} <= {"0", "1"} or {text.casefold() for text in values} <= {
            "false",
            "true",
        }
        named = _value_named(prob.name, values, label)
        if plain or label.unit:
            return self._of_numbers(values, rest, prob, named, say.tokens(label.name))
        if named is not None:
            return named, f"what remains of the name {prob.name}"
        usual = _usual(values)
        if usual is not None and (len(values) == 2 or len(label.values) >= FEW):
            if rest in {("0",), ("neg",), ("negative",), ("no",)}:
                return usual[0], f"what remains of the name {prob.name}"
            return usual[1], f"the usual name of the positive class beside {usual[0]}"
        if prob.decided or len(values) != 2 or _has_signs(label):
            return None, ""
        signs = {value_of(text): text for text in values}
        pair = [signs["1"]] if set(signs) == {"-1", "1"} else list(values)
        answers = [{"positive": text} for text in pair]
        shown = ", ".join(values)
        raise Question(
            "unknown-label",
            f"the labels of {label.name} are {shown}, and no name says which is the positive class",
            answers,
            "says which is the positive class",
            columns=[label.name],
        )

    def _of_numbers(
        self, values: Sequence[str], rest: tuple[str, ...], prob: Facts, named: str | None, label: tuple[str, ...]
    ) -> tuple[str | None, str]:
        """The positive class of labels 0 and 1, or false and true: 1 and true, unless the name speaks of the other."""
        zero = next((text for text in values if value_of(text) in {"0", "false"}), "0")
        one = next((text for text in values if value_of(text) in {"1", "true"}), "1")
        if (
            rest
            and (rest[-1] == "0" or (named is not None and named == zero))
            and set(rest) <= {"0", "class", "false", "label"}
        ):
            return zero, f"what remains of the name {prob.name}"
        if len(rest) == 1 and rest[0] in {"no", "neg", "negative", "false", "n"}:
            raise Question(
                "which-class",
                f"{prob.name} is by its name the probability of the other class",
                [{"positive": zero}],
                "says that it is that of this label",
                columns=[prob.name],
            )
        opposite = tuple(
            stem for word, stems in say.OPPOSITES.items() for stem in stems if rest[:1] and word in rest[0]
        )
        turned = any(word.startswith(opposite) for word in label)
        if len(rest) == 1 and (rest[0] in say.HARMLESS or turned):
            raise Question(
                "which-class",
                f"{prob.name} names a class, and the labels are {', '.join(values)}",
                [{"positive": zero}, {"positive": one}],
                "says which label that class has",
                columns=[prob.name],
            )
        return None, ""

    # given predictions --------------------------------------------------------------------------------------------

    def _given(self, label: Facts) -> Reading | None:
        """The reading of --preds: the classes by the values of the label, the positive class by names."""
        columns = [self.all[name] for name in self.taken.preds if name in self.all]
        if len(columns) != len(self.taken.preds) or any(c.is_list for c in columns):
            return None
        if len(columns) == 1:
            prob = columns[0]
            if prob.numbers is None or self.stated.of != "positive":
                return None
            positive, reason, remark = None, "", None
            try:
                positive, reason = self._positive(label, prob)
            except Question as question:
                if question.rule != "which-class":
                    raise
                remark = (question.rule, question.message)
            if say.is_of_truth(say.compact(say.tokens(prob.name))):
                remark = ("which-class", of_label_message(prob.name))
            from_ = self.stated.from_ or say.space(say.tokens(prob.name))
            why = {} if positive is None else {"positive": reason}
            return self._reading(
                label,
                (prob.name,),
                positive=positive,
                from_=from_,
                why=why,
                remark=remark,
                decision=self._doubt(label, prob),
            )
        family = same_classes(label, columns)
        if family is None or self.stated.positive is not None:
            return None
        why = {"classes": COMMON}
        return self._reading(label, family.columns, classes=family.classes, from_=family.space, why=why)

    def _reading(self, label: Facts, preds: tuple[str, ...], **more: Any) -> Reading:
        """A reading, with its reasons."""
        why = dict(more.pop("why"))
        if self.taken.label is None:
            why["label"] = self._label_reason(label)
        return Reading(label.name, preds, why=why, **more)

    def _label_reason(self, label: Facts) -> str:
        """Why this column is the label."""
        if label.word in say.LABELS or label.word in say.WEAK_LABELS or label.word in words.LABELS:
            return "the only column with the name of a label"
        if self._is_target_of_others(label):
            return "the column for which predictions are named"
        return "the only column whose values are all classes"

    # several labels -----------------------------------------------------------------------------------------------

    def _several_targets(self) -> Reading | None:
        """A target and a prediction for each of several names: labels apart, or one distribution."""
        from xent_cli.columns.families import pairs

        found = pairs(tuple(self.all.values()))
        if found is None and pairs(tuple(self.all.values()), bad_cells=True) is not None:
            raise NamesTellError
        if found is None or self.stated.kind == "sparse":
            return None
        targets, preds, space = found
        kind = self.stated.kind or _kind_of(targets, preds, space)
        if kind is None:
            names = tuple(c.name for c in preds)
            raise Question(
                "ambiguous-columns",
                f"the targets of every row add up to 1 and the predictions do not: {listed(names, 6)}",
                more="`xent binary FILE` scores independent labels, `xent categorical FILE --normalize` distributions",
                columns=names,
            )
        why = {
            "preds": "a prediction column for each target",
            "targets": "named for the same classes as the predictions",
        }
        return Reading(
            None, tuple(c.name for c in preds), targets=tuple(c.name for c in targets), kind=kind, from_=space, why=why
        )


def _kind_of(targets: Sequence[Facts], preds: Sequence[Facts], space: str) -> str | None:
    """Labels apart ("binary") or one distribution ("categorical"); None where most rows fit neither.

    Predictions that add up to 1 are those of a distribution, and targets that do not are bad rows. Where neither adds
    up, the labels are independent. Targets that always add up beside predictions that do not may be either.
    """
    if all(c.word == f"{p.word}_outcome" for c, p in zip(targets, preds, strict=True)):
        return "binary"
    if space == "probs" and not mostly_distribution(preds):
        return None if is_distribution(targets) else "binary"
    soft = any(c.fractional for c in targets)
    return "categorical" if space == "probs" or soft or mostly_distribution(targets) else "binary"


FEW = 100
"""So many rows are looked at, at least: a file of fewer has been seen as a whole."""


def of_label_message(name: str) -> str:
    """A probability of what happened."""
    return f"{name} is by its name the probability of the label, not of one class"


COMMON = "what the names of the columns do not have in common"
CALIBRATED = frozenset(["cal", "calibrated", "calib", "uncalibrated", "raw", "isotonic", "platt"])
HARD_CURE = (
    "write the predicted probabilities (predict_proba, not predict); to insist on these columns name them with --preds"
)


def hard_message(columns: Sequence[str]) -> str:
    """Predictions that are decisions."""
    return f"{listed(columns, 6)}: all predictions are exactly 0 and 1, so decisions and no probabilities"


def decision_message(prob: str, decision: str) -> str:
    """A probability that is that of the decision."""
    return (
        f"{prob} is never below 0.5, whatever {decision} decides: it is the probability of the decision, "
        "not of the positive class"
    )


def _has_signs(label: Facts) -> bool:
    """Whether a label is 0 and 1, true and false or between, but for bad cells: words, or one row in ten at most."""
    signs = {"0", "1", "true", "false"}
    rest = [number(text) for text in label.texts if value_of(text) not in signs]
    words = all(value is None or 0.0 <= value <= 1.0 for value in rest)
    words = words or any(text.casefold() in {"true", "false"} for text in label.texts)
    return len(rest) < len(label.texts) and (words or 10 * len(rest) <= len(label.texts))


def never_below(prob: Facts) -> bool:
    """Whether no probability is below one half."""
    return bool(prob.numbers) and min(prob.numbers or ()) >= 0.5


def _calibrated(families: Sequence[Family]) -> bool:
    """Whether one family is another after calibration."""
    return any(set(say.tokens(name)) & CALIBRATED for family in families for name in family.columns)


def _usual(values: Sequence[str]) -> tuple[str, str] | None:
    """(negative, positive) where the values are the usual names of the two; one of them is enough."""
    plain = {text.casefold(): text for text in values}
    for negative, positive in USUAL.items():
        if not plain or not set(plain) <= {negative, positive}:
            continue
        one = next(iter(values))
        styled = str.upper if one.isupper() else str.capitalize if one[:1].isupper() else str
        return plain.get(negative, styled(negative)), plain.get(positive, styled(positive))
    return None


def _value_named(name: str, values: Sequence[str], label: Facts) -> str | None:
    """The value of the label that a name speaks of."""
    from xent_cli.columns.families import spoken

    found = [text for text in values if spoken(name, text)]
    del label
    longest = max(found, key=len, default=None)
    return (
        longest
        if longest is not None and all(text == longest or text.casefold() in longest.casefold() for text in found)
        else None
    )


def _names(own: tuple[str, ...], other: Facts) -> bool:
    """Whether the other column is named for a prediction of the one with these words."""
    tokens = say.compact(say.tokens(other.name))
    if other.is_list and say.space(tokens) is None and not any(word in say.BARE for word in tokens):
        return False
    spoken = say.space(tokens) is not None or any(word in say.BARE | say.SCORES for word in tokens)
    spoken = spoken or tokens[:1] == ("i",)
    inside = any(tokens[at : at + len(own)] == own for at in range(len(tokens) - len(own) + 1))
    return spoken and inside and len(tokens) > len(own)
