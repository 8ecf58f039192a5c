"""Families of columns that are named for the classes of a label: by its values, or by a common word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xent_cli.columns import names as say
from xent_cli.columns import vocabulary as words
from xent_cli.columns.facts import is_distribution, mostly_distribution
from xent_cli.contract.frozen import struct
from xent_cli.contract.label_values import value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.columns.facts import Facts


@struct
class Family:
    """Columns in file order, and the class of each; `rank` 0 where a word or the whole name says it surely."""

    columns: tuple[str, ...]
    classes: tuple[str, ...]
    space: str
    rank: int
    distribution: bool
    why: str


def spoken(name: str, value: str) -> bool:
    """Whether a name holds a value between its words."""
    return bool(_affixes(words.normal(name), _form(value)))


def by_values(label: Facts, columns: Sequence[Facts]) -> list[Family]:
    """The families in which there is a column for every value of the label."""
    values = label.distinct
    if len(values) < 2 or len(values) > len(columns):
        return []
    found: dict[frozenset[str], Family] = {}
    for forms in _forms(values):
        for affix, members in _patterns(forms, columns).items():
            family = _family(affix, dict(zip(values, members, strict=True)), columns)
            if family is not None:
                found.setdefault(frozenset(family.columns), family)
    return list(found.values())


def same_classes(label: Facts, columns: Sequence[Facts]) -> Family | None:
    """Given columns as a family of the values of the label, in the order given."""
    if not label.distinct:
        return None
    for forms in _forms(label.distinct):
        for affix, members in _patterns(forms, columns).items():
            classes = _extended(affix, dict(zip(label.distinct, members, strict=True)), columns)
            if {c.name for c in classes} == {c.name for c in columns}:
                place = {c.name: text for c, text in classes.items()}
                ordered = tuple(place[c.name] for c in columns)
                space = say.space(_words(affix)) or "probs"
                return Family(tuple(c.name for c in columns), ordered, space, 0, distribution=True, why="")
    return None


def _form(value: str) -> str:
    """A value as it would stand in a name."""
    plain = value_of(value)
    return words.normal(plain) or plain


def _forms(values: Sequence[str]) -> list[list[str]]:
    """The values as they may stand in names: as they are, and by the number in which they end."""
    whole = [_form(value) for value in values]
    if any(value_of(value).startswith("-") for value in values):  # `-1` and `1` are the same without their sign
        return [[value_of(value).casefold() for value in values]]
    found = [whole] if len(set(whole)) == len(whole) else []
    if len(values) > 1:
        rests = words.common_rests(tuple(whole))
        if rests != tuple(whole) and all(rest.isdigit() for rest in rests):
            found.append(list(rests))
    return found


def _affixes(name: str, form: str) -> list[tuple[str, str]]:
    """What stands before and behind a value in a name, for every place where it is a word of its own."""
    found, at = [], name.find(form)
    while at >= 0 and form:
        before, behind = name[:at], name[at + len(form) :]
        head = not before or not before[-1].isalnum() or (form[0].isdigit() and before[-1].isalpha())
        if head and (not behind or not behind[0].isalnum()):
            found.append((before, behind))
        at = name.find(form, at + 1)
    return found


def _patterns(forms: Sequence[str], columns: Sequence[Facts]) -> dict[tuple[str, str], list[Facts]]:
    """Each pair of prefix and suffix with which there is a column for every form, and those columns."""
    signed = any(form.startswith("-") for form in forms)
    by_name = {c.name.casefold() if signed else c.word: c for c in reversed(columns)}
    found: dict[tuple[str, str], list[Facts]] = {}
    for name in by_name:
        for affix in _affixes(name, forms[0]):
            members = [by_name.get(affix[0] + form + affix[1]) for form in forms]
            if None not in members and affix not in found:
                found[affix] = [member for member in members if member is not None]
    return found


def _words(affix: tuple[str, str]) -> tuple[str, ...]:
    """The words around the class in the names of a family."""
    return say.compact((*say.tokens(affix[0]), *say.tokens(affix[1])))


def _extended(affix: tuple[str, str], members: dict[str, Facts], columns: Sequence[Facts]) -> dict[Facts, str]:
    """The columns of a family with their classes, also those of classes that the first rows do not hold."""
    found = {c: text for text, c in members.items()}
    before, behind = affix
    if not (before or behind):
        return found
    size = len(before) + len(behind)
    for c in columns:
        fits = c.word.startswith(before) and c.word.endswith(behind) and len(c.word) > size
        if c in found or not fits:
            continue
        rest = c.word[len(before) : len(c.word) - len(behind)]
        if (
            rest in words.STATISTICS
            or rest in words.NO_CLASS
            or not any(_affix == affix for _affix in _affixes(c.word, rest))
        ):
            continue
        found[c] = _as_written(c.name, rest)
    return found


def _as_written(name: str, rest: str) -> str:
    """The part of a name that is `rest` when words are compared: `Setosa` of `ProbSetosa`."""
    places = range(len(name))
    parts = (name[start:end] for start in places for end in range(len(name), start, -1))
    return min((part for part in parts if words.normal(part) == rest), key=len, default=rest)


def _family(affix: tuple[str, str], members: dict[str, Facts], columns: Sequence[Facts]) -> Family | None:
    """What the columns with this prefix and suffix are worth, None where they are no predictions."""
    tokens = _words(affix)
    space = say.space(tokens)
    found = {c: text for text, c in members.items()}
    group = list(found)
    if (space is None and not all(c.unit for c in group)) or (space == "probs" and not all(c.shares for c in group)):
        return None
    sums_up = is_distribution if space is None else mostly_distribution
    distribution = sums_up(group) if space in {None, "probs"} else True
    wider = _extended(affix, members, columns)
    if len(wider) > len(found):
        whole = list(wider)
        if space in {"logits", "logprobs"}:
            found = wider
        elif all(c.shares for c in whole) and (sums_up(whole) or not distribution):
            # rows that are to be rescaled add up to nothing: all classes count, also those that no label has
            found, group, distribution = wider, whole, sums_up(whole)
    decided = all(c.decided for c in group)
    if space is None:
        if tokens and set(tokens) <= TRUTHS and decided:
            return None
        if not distribution and not (set(tokens) & say.BARE):
            return None
    rank = 0 if space is not None or not tokens else 1 if set(tokens) & say.BARE else 2
    if space == "probs" and not distribution:
        rank = 1
    order = {c.name: place for place, c in enumerate(columns)}
    ordered = sorted(found, key=lambda c: order[c.name])
    why = _why(affix, ordered[0])
    return Family(
        tuple(c.name for c in ordered), tuple(found[c] for c in ordered), space or "probs", rank, distribution, why
    )


TRUTHS = frozenset(
    "t target targets tgt y true truth label labels gold gt actual onehot one hot outcome is".split()  # noqa: SIM905  (a table of words)
)


def _why(affix: tuple[str, str], column: Facts) -> str:
    """What the names of a family have in common, as a reason."""
    before, behind = affix
    if not (before or behind):
        return "named like the values of the label"
    if len(column.name) != len(column.word):
        return "named for the values of the label"
    head, tail = column.name[: len(before)].casefold(), column.name[len(column.name) - len(behind) :].casefold()
    shown = [f"the {what} '{part}'" for what, part in (("prefix", head), ("suffix", tail if behind else "")) if part]
    return f"named with {' and '.join(shown)}"


def by_words(columns: Sequence[Facts], label: Facts) -> list[Family]:
    """The families that a common word makes, or columns that add up to 1, whatever they are named for."""
    groups: dict[tuple[str, bool], list[tuple[Facts, str]]] = {}
    for c in columns:
        member = words.prediction_member(c.name)
        if member is not None and words.normal(member.rest) not in words.NO_CLASS | words.STATISTICS:
            groups.setdefault((member.affix, member.suffix), []).append((c, member.rest))
    found = []
    for (affix, suffix), members in groups.items():
        group = [c for c, _ in members]
        space = say.space(say.tokens(affix)) or "probs"
        if len(members) > 1 and (space != "probs" or all(c.shares for c in group)):
            sure = space != "probs" or mostly_distribution(group)
            found.append(
                Family(
                    tuple(c.name for c in group),
                    tuple(rest for _, rest in members),
                    space,
                    0,
                    sure,
                    f"named with the {'suffix' if suffix else 'prefix'} '{affix}'",
                )
            )
    if not found and len(label.distinct) > 1:
        found = _together(columns, len(label.distinct))
    return found


def _together(columns: Sequence[Facts], count: int) -> list[Family]:
    """As many columns beside each other as there are classes whose rows add up to 1."""
    for start in range(len(columns) - count + 1):
        group = list(columns[start : start + count])
        if all(c.unit for c in group) and any(c.fractional for c in group) and is_distribution(group):
            names = tuple(c.name for c in group)
            return [Family(names, names, "probs", 1, distribution=True, why="columns whose rows add up to 1")]
    return []


_HEADS = "y_true true target targets tgt t label labels gt actual gold y onehot one_hot truth outcome"
_TAILS = "true truth gt label target outcome actual gold tgt"


def pairs(columns: Sequence[Facts], *, bad_cells: bool = False) -> tuple[list[Facts], list[Facts], str] | None:
    """Targets and predictions that are named for the same things, two at least: (targets, predictions, space).

    With `bad_cells` half of the targets may hold what is no share.
    """
    usable = [c for c in columns if not c.is_list and (c.numbers is not None or c.typed.kind == "bool" or bad_cells)]
    by_name = {c.word: c for c in reversed(usable)}
    best: tuple[list[Facts], list[Facts], str] | None = None
    for (head, tail), rests in _predicted(usable).items():
        for before, behind in (
            *((f"{w}_", "") for w in _HEADS.split()),
            *(("", f"_{w}") for w in _TAILS.split()),
            ("", ""),
        ):
            if (before, behind) == (head, tail):
                continue
            names = [rest for rest in rests if before + rest + behind in by_name]
            if len(names) < 2 or len(names) < len(rests):
                continue
            targets = [by_name[before + rest + behind] for rest in names]
            preds = [by_name[head + rest + tail] for rest in names]
            unlike = not {c.name for c in targets} & {c.name for c in preds}
            if (
                unlike
                and sum(c.unit or c.typed.kind == "bool" for c in targets) >= len(targets) / (2 if bad_cells else 1)
                and (best is None or len(preds) > len(best[1]))
            ):
                space = say.space(say.compact((*say.tokens(head), *say.tokens(tail)))) or "probs"
                best = targets, preds, space
    return best


def _predicted(columns: Sequence[Facts]) -> dict[tuple[str, str], list[str]]:
    """The prefixes and suffixes that mean predictions, with what is left of the names that have them."""
    found: dict[tuple[str, str], list[str]] = {}
    for c in columns:
        for affix, rest in _readings(c.word):
            found.setdefault(affix, []).append(rest)
    bare = [(c.word, c) for c in columns]
    present = {word for word, _ in bare}
    outcomes = [word for word in present if f"{word}_outcome" in present]
    if len(outcomes) > 1:
        found["", ""] = [c.word for c in columns if c.word in outcomes]
    return {affix: rests for affix, rests in found.items() if len(rests) > 1}


def _readings(word: str) -> list[tuple[tuple[str, str], str]]:
    """A name as prefix or suffix of a prediction, and the rest."""
    parts = word.split("_")
    found = []
    for cut in range(1, len(parts)):
        head, rest = parts[:cut], "_".join(parts[cut:])
        if _means(tuple(head)):
            found.append((("_".join(head) + "_", ""), rest))
        tail = parts[cut:]
        if _means(tuple(tail)):
            found.append((("", "_" + "_".join(tail)), "_".join(parts[:cut])))
    match = re.fullmatch(r"(.*?)[\[(](.+)[\])]", word)
    if match and _means(say.tokens(match[1])):
        found.append(((match[1] + word[len(match[1])], word[-1]), match[2]))
    return found


def _means(tokens: tuple[str, ...]) -> bool:
    """Whether words mean a prediction and nothing else."""
    known = say.PROBS | say.LOGITS | say.LOGPROBS | say.BARE | {"y", "p", "log"}
    return all(word in known for word in tokens) and (say.space(tokens) is not None or bool(set(tokens) & say.BARE))
