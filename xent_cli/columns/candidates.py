"""What the names and types of the free columns offer: prediction groups, label columns, families of targets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xent_cli.columns import vocabulary as words
from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xent_cli.columns.plan import Stated, Typed


@struct
class View:
    """A file as the inference sees it.

    `free` are the columns that no stated role has taken, in file order; `sides` the columns of --label or --targets.
    """

    path: str
    columns: Mapping[str, Typed]
    free: Mapping[str, Typed]
    stated: Stated
    sides: tuple[str, ...] = ()


@struct
class Group:
    """Columns that may be the predictions together. `rests` are their class names, None where they carry none.

    `doubtful` are columns of the same family that may be a class or a statistic of the row (`prob_max`).
    """

    columns: tuple[str, ...]
    rests: tuple[str, ...] | None
    space: str
    rank: int
    form: str
    is_list: bool = False
    doubtful: tuple[str, ...] = ()


def is_list(typed: Typed) -> bool:
    """Whether the column holds vectors of numbers."""
    return typed.kind == "list" and not re.search(r"str|utf8|binary|list<.*list<", typed.text, re.IGNORECASE)


def is_scalar(typed: Typed) -> bool:
    """Whether the column may hold one number a row: any CSV column, or a column of numbers."""
    return typed.kind in {"untyped", "number"}


def is_string(typed: Typed) -> bool:
    """Whether the column holds strings, in which there may be numbers; dates and times are text too, and are not."""
    return typed.kind == "text" and re.search(r"string|utf8", typed.text, re.IGNORECASE) is not None


def is_index(name: str) -> bool:
    """Whether this is the index that pandas writes: a column without a name."""
    if name.startswith("Unnamed: "):
        return re.fullmatch(r"Unnamed: \d+(_level_\d+)?", name) is not None
    return not name.strip()


def decisions(view: View) -> tuple[str, ...]:
    """Columns that hold a decision for each row, not a prediction."""
    present = {words.normal(name) for name in view.columns}
    return tuple(name for name, typed in view.free.items() if _is_decision(name, typed, present))


def _is_decision(name: str, typed: Typed, present: set[str]) -> bool:
    """By its name, by the column beside it, or by a type that no probability has."""
    word = words.normal(name)
    meaning = words.SINGLES.get(word)
    return (
        word in words.DECISIONS
        or words.COMPANIONS.get(word) in present
        or (meaning is not None and meaning.rank == words.SOFT and _is_discrete(typed))
    )


def _is_discrete(typed: Typed) -> bool:
    """Whether the type is one of decisions: text, true/false, integers."""
    whole = typed.kind == "number" and re.match(r"u?int", typed.text, re.IGNORECASE) is not None
    return whole or typed.kind in {"text", "bool"}


def label_columns(view: View) -> tuple[str, ...]:
    """The columns with the name of a label; lists of numbers count, other lists do not."""
    aside = set(decisions(view))
    return tuple(
        name
        for name, typed in view.free.items()
        if words.normal(name) in words.LABELS and name not in aside and (typed.kind != "list" or is_list(typed))
    )


def partners(view: View) -> dict[str, str]:
    """`x` → `x_outcome` for every such pair of columns; `x_label`, `x_true` … where `x` means a prediction.

    Where the label is stated, only the stated columns are outcomes.
    """
    found: dict[str, str] = {}
    for name in view.sides or view.free:
        base = _partner_base(name, view)
        if base is not None and base not in found and view.columns[name].kind != "list":
            found[base] = name
    return found


def _partner_base(name: str, view: View) -> str | None:
    """The `x` of `x_outcome`, where there is such a column of numbers."""
    at = max(name.rfind(sign) for sign in "_.- ")
    base = name[: max(at, 0)]
    if name[at + 1 :].lower() not in words.PARTNERS or words.is_plain(name) or base not in view.columns:
        return None
    if not base or not is_scalar(view.columns[base]):
        return None
    word = words.normal(base)
    if word in words.LABELS or word in words.WEIGHTS or word in words.IDS or word in words.DECISIONS:
        return None
    named = words.normal(name).endswith("_outcome") or words.meaning(base) is not None
    return base if named else None


def groups(view: View) -> tuple[Group, ...]:
    """Every group of columns that may be the predictions."""
    aside = {*decisions(view), *label_columns(view)}
    paired = {} if view.stated.kind in {"sparse", "categorical"} else partners(view)
    aside.update(paired.values(), paired)
    pairs = _pairs(tuple(name for name in view.free if name in paired))
    if pairs and len(paired) == len(view.sides):
        return pairs
    free = {name: typed for name, typed in view.free.items() if name not in aside}
    return (*pairs, *_singles(free), *_families(free))


def _pairs(bases: tuple[str, ...]) -> tuple[Group, ...]:
    """All columns that have an outcome beside them, as one group."""
    if not bases:
        return ()
    meanings = [words.meaning(base) for base in bases]
    spaces = {meaning.space if meaning else "probs" for meaning in meanings}
    rank = words.SCORE if any(meaning and meaning.rank == words.SCORE for meaning in meanings) else words.FIRM
    return (Group(bases, None, spaces.pop() if len(spaces) == 1 else "mixed", rank, "with its outcome beside it"),)


def _singles(free: Mapping[str, Typed]) -> list[Group]:
    """Columns whose whole name means a prediction."""
    found = []
    for name, typed in free.items():
        meaning = words.SINGLES.get(words.normal(name))
        if meaning is not None and (is_scalar(typed) or is_list(typed)):
            what = "a list column with the name of predictions" if is_list(typed) else "the name of a prediction"
            found.append(Group((name,), None, meaning.space, meaning.rank, what, is_list=is_list(typed)))
    return found


def _families(free: Mapping[str, Typed]) -> list[Group]:
    """Columns that share a prefix or suffix which means a prediction."""
    members: dict[tuple[str, bool], list[words.Member]] = {}
    for name, typed in free.items():
        member = words.prediction_member(name)
        if member is not None and is_scalar(typed) and words.normal(member.rest) not in words.NO_CLASS:
            soft = words.STEMS[member.stem].rank == words.SOFT
            if not (soft and _is_discrete(typed)):
                members.setdefault((member.affix, member.suffix), []).append(member)
    return [group for family in members.values() if (group := family_group(family)) is not None]


def family_group(family: list[words.Member]) -> Group | None:
    """The group that a family makes, None where it makes none."""
    doubtful = tuple(member.column for member in family if words.normal(member.rest) in words.STATISTICS)
    sure = [member for member in family if member.column not in doubtful]
    first = family[0]
    meaning = words.STEMS[first.stem]
    rank = _family_rank(meaning.rank, len(sure), suffix=first.suffix)
    if not sure:
        return Group(doubtful, None, meaning.space, words.CONFIDENCE, "a statistic of the row")
    if rank is None:
        return None
    form = f"named with the {'suffix' if first.suffix else 'prefix'} '{first.affix}'"
    rests = tuple(member.rest for member in sure)
    return Group(tuple(member.column for member in sure), rests, meaning.space, rank, form, doubtful=doubtful)


def _family_rank(rank: int, size: int, *, suffix: bool) -> int | None:
    """How firmly a family speaks: several confidences are one for each class; one column with a suffix says little."""
    if rank == words.CONFIDENCE:
        return words.FIRM if size > 1 else words.CONFIDENCE
    if suffix and size == 1:
        return words.WEAK if rank == words.FIRM else None
    return rank


def target_groups(view: View, used: Iterable[str]) -> list[tuple[words.Member, ...]]:
    """Families of target columns among the columns that are not used otherwise."""
    aside = {*used, *decisions(view)}
    members: dict[tuple[str, bool], list[words.Member]] = {}
    for name, typed in view.free.items():
        member = None if name in aside else words.target_member(name)
        if member is not None and (is_scalar(typed) or typed.kind == "bool"):
            members.setdefault((member.affix, member.suffix), []).append(member)
    return [tuple(family) for family in members.values()]


def rests_of(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The class names of stated columns: as a family of predictions or targets, else without what is common."""
    for reading in (words.prediction_member, words.target_member):
        members = [member for column in columns if (member := reading(column)) is not None]
        same = len({(member.affix, member.suffix) for member in members}) == 1
        if same and len(members) == len(columns):
            return tuple(member.rest for member in members)
    return words.common_rests(columns)


def left_over(view: View, *, text: bool = False) -> tuple[str, ...]:
    """The free columns of numbers, or also of text, of which nothing is known: what an unnamed role may be."""
    aside = {*decisions(view), *label_columns(view)}
    known = {*words.WEIGHTS, *words.IDS}
    return tuple(
        name
        for name, typed in view.free.items()
        if name not in aside
        and words.normal(name) not in known
        and (is_scalar(typed) or is_list(typed) or (text and typed.kind in {"text", "bool"}))
    )
