"""Selectors: what a user types after --preds and the like, turned into columns of the file, and back."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING

from xent_cli.contract import text
from xent_cli.contract.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


SHOWN = 20


# difflib compares with every name, which would take minutes on a header of 200,000 columns.
COMPARED = 2_000
_PART = r'\s*"((?:[^"]|"")*)"\s*(?:,|\Z)|([^,]*)(?:,|\Z)'
_NUMBERED = r"(?s:(.*?)([0-9]{1,18}))"


def resolve(selector: str, names: Sequence[str], flag: str) -> tuple[str, ...]:
    """The columns that `selector` names, in the order stated.

    Comma-separated parts, each a name, a glob (`p_*`, in file order) or a range (`p0..p9`: by number where both ends
    share a prefix and end in digits, else by position). A part that is a column's name literally is that column;
    double quotes, as in CSV, hold a name that has commas and are never a glob or range.
    """
    known = dict.fromkeys(names)
    chosen: dict[str, None] = {}
    for part, quoted in _parts(selector, flag):
        for column in _columns(part, known, flag, quoted=quoted):
            if column in chosen:
                raise UsageError(_twice(column, flag))
            chosen[column] = None
    return tuple(chosen)


def selector_for(columns: Sequence[str], names: Sequence[str]) -> str:
    """The shortest selector that gives `columns` back: a range where there are many, else the names."""
    wanted = tuple(columns)
    listed = join_names(wanted)
    if len(wanted) < 4:
        return listed
    span = f"{wanted[0]}..{wanted[-1]}"
    try:
        return span if resolve(span, names, "") == wanted else listed
    except UsageError:
        return listed


def listed(columns: Collection[str], limit: int = SHOWN) -> str:
    """Column names for a message, the first `limit` of them."""
    return text.listed(tuple(columns), limit, shown=lambda column: column or '""')


def _parts(selector: str, flag: str) -> Iterator[tuple[str, bool]]:
    """The comma-separated parts, each with whether it was in double quotes."""
    for part, quoted in _split(selector, flag):
        if not quoted and not part.strip():
            raise UsageError(_malformed(selector, flag, "has an empty name"))
        yield part, quoted


def _split(text: str, flag: str) -> Iterator[tuple[str, bool]]:
    """The comma-separated parts, empty ones too, each with whether it was in double quotes."""
    at, form = 0, re.compile(_PART)
    while (match := form.match(text, at)) is not None:  # it matches everywhere, if only the empty text
        quoted = match[1] is not None
        part = match[1].replace('""', '"') if quoted else match[2]
        if not quoted and part.lstrip().startswith('"'):
            raise UsageError(_malformed(text, flag, "has a double quote that is not closed"))
        yield part, quoted
        at = match.end()
        if at == len(text) and not match[0].endswith(","):
            return


def _columns(part: str, known: Collection[str], flag: str, *, quoted: bool) -> tuple[str, ...]:
    """The columns of one part: literally, else but for blanks around it, else as a glob, else as a range."""
    if quoted and part not in known:
        raise UsageError(_missing(part, known, flag))
    literal = _literal(part, known)
    if literal is not None:
        return (literal,)
    part = part.strip()
    if any(sign in part for sign in "*?["):
        found = tuple(name for name in known if fnmatchcase(name, part))
        if found:
            return found
    if ".." in part:
        return _range(part, known, flag)
    raise UsageError(_missing(part, known, flag))


def _literal(part: str, known: Collection[str]) -> str | None:
    """The column of this name, or the only one that has it but for blanks around it (a header such as `y, p`)."""
    if part in known:
        return part
    alike = [name for name in known if name.strip() == part.strip()]
    return alike[0] if len(alike) == 1 else None


def _range(part: str, known: Collection[str], flag: str) -> tuple[str, ...]:
    """The columns from one end to the other."""
    first, last = _ends(part, known, flag)
    low, high = re.fullmatch(_NUMBERED, first), re.fullmatch(_NUMBERED, last)
    if low and high and low[1] == high[1]:
        return _numbered(low[1], low[2], high[2], known, flag, part=part)
    order = list(known)
    start, stop = order.index(first), order.index(last)
    if start > stop:
        raise UsageError(_backwards(part, first, last, flag))
    return tuple(order[start : stop + 1])


def _ends(part: str, known: Collection[str], flag: str) -> tuple[str, str]:
    """The two ends. Names may hold dots themselves, so that every ".." is tried: `.pred_0...pred_9`."""
    splits = [(part[: at.start()], part[at.start() + 2 :]) for at in re.finditer(r"(?=\.\.)", part)]
    for first, last in splits:
        low, high = _literal(first, known), _literal(last, known)
        if low is not None and high is not None:
            return low, high
    first, last = splits[0]
    raise UsageError(_missing(last if first in known else first or part, known, flag))


def _numbered(prefix: str, low: str, high: str, known: Collection[str], flag: str, *, part: str) -> tuple[str, ...]:
    """`prefix` with every number from `low` to `high`, zero-padded like `low`; each must exist."""
    if int(low) > int(high):
        raise UsageError(_backwards(part, prefix + low, prefix + high, flag))
    found = []
    for number in range(int(low), int(high) + 1):
        column = prefix + str(number).zfill(len(low))
        if column not in known:
            raise UsageError(_missing(column, known, flag, part))
        found.append(column)
    return tuple(found)


def _quoted(column: str) -> str:
    """A name as a part of a selector, in double quotes where it would be read otherwise."""
    plain = column == column.strip() and column and not any(sign in column for sign in ",\r\n") and column[0] != '"'
    return column if plain else '"' + column.replace('"', '""') + '"'


def _missing(name: str, known: Collection[str], flag: str, part: str | None = None) -> Problem:
    """No such column: the close matches and the columns there are."""
    near = text.closest(name, islice(known, COMPARED))
    near = near or [known for known in known if known.casefold() == name.casefold()]
    within = f" (in the range '{part}')" if part else ""
    return Problem(
        rule="no-column",
        message=f"no column '{name}'{within} for {flag}",
        detail=f"the columns are {listed(known)}",
        help=f"did you mean {' or '.join(near)}?" if near else None,
    )


def _twice(column: str, flag: str) -> Problem:
    """A column selected twice."""
    return Problem(
        rule="column-twice",
        message=f"column '{column}' is selected twice by {flag}",
        help="name each column once, and check what a glob or range already covers",
    )


def _backwards(part: str, first: str, last: str, flag: str) -> Problem:
    """A range from a later column to an earlier one."""
    return Problem(
        rule="bad-selector",
        message=f"the range '{part}' of {flag} runs backwards",
        help=f"{flag} {last}..{first}",
    )


def _malformed(selector: str, flag: str, fault: str) -> Problem:
    """A selector that cannot be split."""
    return Problem(
        rule="bad-selector",
        message=f"{flag} '{selector}' {fault}",
        help='names are separated by commas; a name with a comma goes in double quotes: "a,b"',
    )


def join_names(names: Iterable[object]) -> str:
    """Names as one selector: each as its text, in double quotes where it would be read otherwise."""
    return ",".join(_quoted(str(name)) for name in names)


def keys_of(text: str) -> tuple[str, ...]:
    """The columns of --on. None at all would pair by position what was to be paired by a key that a script lost."""
    names = split_names(text, "--on")
    if not names or not all(name.strip() for name in names):
        hint = "names are separated by commas; without --on rows are paired by position"
        raise UsageError(Problem("option", f"--on {text!r} has an empty name", help=hint))
    return names


def split_names(text: str, option: str = "--classes") -> tuple[str, ...]:
    """`a,b,c` as names, quoted as in a selector; a line break belongs to a name only in double quotes."""
    parts = tuple(_split(text, option)) if text else ()
    if any(not quoted and ("\n" in part or "\r" in part) for part, quoted in parts):
        hint = 'names are separated by commas; one with a comma or a line break goes in double quotes: "a,b"'
        raise UsageError(Problem("option", f"{option} cannot read {text!r}", help=hint))
    return tuple(part for part, _ in parts)
