"""Foreign text made safe to show, and numbers as people read them.

Labels, column names, paths and the messages of other libraries come from files that anyone may have written. A label
can hold an escape sequence that writes to the clipboard, a character that reverses the rest of the line, or a
spreadsheet formula. The functions here turn all of that into plain, visible text; nothing else in the package does.
"""

from __future__ import annotations

import re
import unicodedata
from math import isfinite, isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

UNDEFINED = "n/a"
"""What a table shows for a number that does not exist (NaN)."""

_MOST_MARKS = 4
_TYPED = 12  # digits of the longest number that counts as typed, and not computed
# Blank or zero-width, though Unicode classes them as letters and marks: fillers, joiners, variation selectors.
_HIDDEN = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# Controls, line separators, and what overrides the direction of text; joiners and marks of direction belong to words.
_SPELT_CONTROLS = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
# The characters that OWASP lists as the start of a formula, and their full-width twins.
_FORMULA = tuple("=+-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20")
_PLAIN_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
# scheme://, then a user part. One with a password may hold raw slashes (AWS secrets do), so it reaches to the last "@".
_USER = r"([A-Za-z][A-Za-z0-9+.-]*://)([^\s/?#]*@|[^\s/?#@:]*:(?!\d+(?:[/?#\s]|$))[^\s]*@)"
_QUERY = r"([A-Za-z][A-Za-z0-9+.-]*://[^\s?#]*\?)[^\s#'\"]+"
_AZURE = ("abfs://", "abfss://", "az://", "wasb://", "wasbs://")


def visible(text: str, limit: int | None = 80, *, ascii_only: bool = False) -> str:
    r"""Foreign text as one line that is safe on a terminal, at most `limit` cells wide.

    What could move the cursor, hide or reorder text shows as an escape such as ``\x1b`` or ``\u202e``: every
    character that `str.isprintable` refuses (controls, bidirectional and zero-width characters, tags, surrogates,
    line separators, odd spaces), invisible letters, and combining marks with no letter below or more than four high.
    """
    if text.isascii() and text.isprintable() and (limit is None or len(text) <= limit):
        return text
    pieces = _ascii_pieces(text) if ascii_only else _pieces(text)
    return _capped(pieces, limit, "..." if ascii_only else "…")


def whole(text: str) -> str:
    r"""The text with unpaired surrogates spelt out (``\udc80``), so that it can be encoded as UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def formula_safe(text: str) -> str:
    """The text of a CSV field that no spreadsheet takes for a formula and no terminal for a command.

    A leading = + - @ TAB CR LF NUL gets an apostrophe before it, unless the whole text is a plain number such as -1;
    control characters other than a line feed, line separators and bidirectional overrides are spelt out.
    """
    quoted = "'" + text if text.startswith(_FORMULA) and not re.fullmatch(_PLAIN_NUMBER, text) else text
    if quoted.isprintable():
        return quoted
    return whole(re.sub(_SPELT_CONTROLS, lambda found: _escape(found[0]), quoted))


def redact(text: str) -> str:
    """The text with the secrets of every URI in it (user, password, query) replaced by ***."""
    if "://" not in text:
        return text
    return re.sub(_QUERY, r"\1***", re.sub(_USER, _without_user, text))


def grouped(number: int) -> str:
    """A count with its thousands set apart: 1,205."""
    return f"{number:,}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun: 1 row, 1,205 rows."""
    return f"{grouped(number)} {noun if number == 1 else plural or noun + 's'}"


def exact(value: float) -> str:
    """All digits of a number: the shortest text that reads back as the same double."""
    return UNDEFINED if isnan(value) else repr(value)


def round_or_exact(value: float) -> str:
    """A whole number below 2**53 as a count (73,500), any other number with all its digits."""
    return grouped(int(value)) if value.is_integer() and abs(value) < 2**53 else exact(value)


def short(value: float) -> str:
    """Six significant digits, or as many as keep a value that is not 0, 1 or −1 from reading like it."""
    return _to_digits(value, 6)


def apart(value: float, limit: float) -> tuple[str, str]:
    """Value and limit with as many digits as keep each on its side of the other.

    A limit that may be typed is shown in full; one with more digits, too, where six do not keep it from the value.
    """
    full, six = exact(limit).removesuffix(".0"), _to_digits(limit, 6)
    typed = isnan(limit) or float(f"{limit:.{_TYPED}g}") == limit
    for digits in range(6, 18):
        text, bound = _to_digits(value, digits), full if typed or digits > 6 else six
        if isnan(value) or isnan(limit):
            return text, bound
        if _side(float(text), limit) == _side(float(text), float(bound)) == _side(value, limit):
            return text, bound
    return exact(value), full


def percent(share: float) -> str:
    """A share in percent; what is not nothing never reads 0.0%, what is not all never 100.0%."""
    if not isfinite(share):
        return UNDEFINED if isnan(share) else f"{share}"
    text = f"{100 * share:.1f}%"
    if text in {"0.0%", "-0.0%"} and share:
        return "<0.1%" if share > 0 else ">-0.1%"
    return ">99.9%" if text == "100.0%" and share < 1 else text


def size(number: int) -> str:
    """A number of bytes in the largest unit that keeps it above one: 12.3 MB."""
    if number < 1000:
        return counted(number, "byte")
    scaled, units = float(number), iter(("kB", "MB", "GB", "TB", "PB"))
    unit = ""
    while scaled >= 999.95 and (following := next(units, "")):
        scaled, unit = scaled / 1000, following
    return f"{scaled:.1f} {unit}"


def listed(
    names: Sequence[str],
    most: int = 12,
    *,
    shown: Callable[[str], str] = str,
    ellipsis: str = "…",
    with_last: bool = False,
) -> str:
    """Names with commas between; of more than `most` the first ones, an ellipsis and how many there are.

    `with_last` shows half as many of the first ones, and the last. `shown` is what becomes of a name.
    """
    if len(names) <= most:
        return ", ".join(map(shown, names))
    first, last = (names[: most // 2], names[-1:]) if with_last else (names[:most], ())
    parts = [*map(shown, first), ellipsis, *map(shown, last)]
    return f"{', '.join(parts)} ({grouped(len(names))} in all)"


def closest(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that may have been meant by a misspelt one, the closest first."""
    from difflib import get_close_matches

    return get_close_matches(name, list(names), most)


def _escape(character: str) -> str:
    """One character as the escape that a programmer would write."""
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _ascii_pieces(text: str) -> Iterator[tuple[str, int]]:
    """Each character as printable ASCII with its width in cells."""
    for character in text:
        piece = character if character.isascii() and character.isprintable() else _escape(character)
        yield piece, len(piece)


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Each character as it may be shown, with its width in cells."""
    below, marks = "", _MOST_MARKS  # no letter yet for a mark to combine with
    for character in text:
        if marks < _MOST_MARKS and (_is_mark(character) or _is_presentation(character, below)):
            marks += 1
            yield character, 0
        elif not character.isprintable() or _is_mark(character) or re.match(_HIDDEN, character):
            below, marks = "", _MOST_MARKS
            yield _escape(character), len(_escape(character))
        else:
            below, marks = character, 0
            yield character, 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _is_mark(character: str) -> bool:
    """Whether the character is drawn on the one before it."""
    return unicodedata.category(character) in {"Mn", "Me"} and not re.match(_HIDDEN, character)


def _is_presentation(character: str, below: str) -> bool:
    """Whether this only asks for the text or emoji form of the symbol before it."""
    return character in "\ufe0e\ufe0f" and below != "" and unicodedata.category(below) == "So"


def _capped(pieces: Iterator[tuple[str, int]], limit: int | None, ellipsis: str) -> str:
    """The pieces joined; where they are wider than the limit, as many as fit before an ellipsis."""
    kept: list[str] = []
    width = fitting = 0
    for piece, cells in pieces:
        width += cells
        if limit is not None and width > limit:
            return "".join(kept[:fitting]) + ellipsis
        kept.append(piece)
        if limit is None or width <= limit - len(ellipsis):
            fitting = len(kept)
    return "".join(kept)


def _without_user(found: re.Match[str]) -> str:
    """The scheme of a URI, its user part replaced; Azure's user part is the container, which is not secret."""
    scheme, user = found[1], found[2]
    if scheme.lower() not in _AZURE:
        return f"{scheme}***@"
    container, colon, _ = user[:-1].partition(":")
    return f"{scheme}{container}{':***' if colon else ''}@"


def _to_digits(value: float, digits: int) -> str:
    """A number with `digits` significant digits, more where it would read as 0, 1 or −1 without being it."""
    if isnan(value):
        return UNDEFINED
    text = f"{value:.{digits}g}"
    while abs(float(text)) in {0.0, 1.0} and float(text) != value:
        digits += 1
        text = f"{value:.{digits}g}"
    return text


def _side(value: float, limit: float) -> int:
    """−1, 0 or 1: below, on or above the limit."""
    return (value > limit) - (value < limit)
