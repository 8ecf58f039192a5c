"""Foreign text made safe, and numbers as people read them."""

from __future__ import annotations

import math
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xent_cli.contract.text import (
    apart,
    closest,
    counted,
    exact,
    formula_safe,
    grouped,
    listed,
    percent,
    redact,
    round_or_exact,
    short,
    size,
    visible,
    whole,
)

ANY_TEXT = st.text(alphabet=st.characters(), max_size=60)  # all code points, surrogates too
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def drawn_width(text: str) -> int:
    """Cells by the Unicode tables: wide and full-width characters take two, marks none."""
    marks = [unicodedata.category(character) in {"Mn", "Me"} for character in text]
    wide = [2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text]
    return sum(cells for cells, mark in zip(wide, marks, strict=True) if not mark)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cat", "cat"),
        ("", ""),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]52;c;ZXZpbA==\x07", r"\x1b]52;c;ZXZpbA==\x07"),
        ("a\nb\r\nc\td", r"a\nb\r\nc\td"),
        ("\x00\x7f\x9b31m", r"\x00\x7f\x9b31m"),
        ("abc\u202etxt.exe", r"abc\u202etxt.exe"),
        ("\u2066x\u2069\u200f", r"\u2066x\u2069\u200f"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("line\u2028and\u2029paragraph", r"line\u2028and\u2029paragraph"),
        ("\ud800half", r"\ud800half"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("soft\xadhyphen and\xa0space", r"soft\xadhyphen and\xa0space"),
        ("hangul\u3164filler", r"hangul\u3164filler"),
        ("a\ufe0e", r"a\ufe0e"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("\u0301x", r"\u0301x"),
        ("Ti\u1ebfng Vi\u1ec7t e\u0302\u0301", "Ti\u1ebfng Vi\u1ec7t e\u0302\u0301"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("[red]bold[/red] :smile: <b>", "[red]bold[/red] :smile: <b>"),
        (r"C:\data\x.csv", r"C:\data\x.csv"),
    ],
)
def test_visible_spells_out_what_a_terminal_would_obey_or_hide(text: str, shown: str) -> None:
    """Controls, bidi, zero-width and other invisible characters show as escapes; ordinary text stays as it is."""
    assert visible(text) == shown


@given(ANY_TEXT)
def test_visible_leaves_only_characters_that_print(text: str) -> None:
    """Whatever goes in, only printable characters, marks on letters and emoji forms come out, and it can be encoded."""
    shown = visible(text, None)
    assert all(character.isprintable() or character in "\ufe0e\ufe0f" for character in shown)
    assert shown.encode("utf-8")[:0] == b""
    assert "\n" not in shown


@given(ANY_TEXT, st.integers(8, 100))
def test_visible_keeps_within_its_cells(text: str, limit: int) -> None:
    """The result is at most `limit` cells wide, and is cut only where the whole text is wider."""
    whole_text, shown = visible(text, None), visible(text, limit)
    assert drawn_width(shown) <= limit
    assert shown == whole_text if drawn_width(whole_text) <= limit else shown.endswith("…")


@given(ANY_TEXT)
def test_visible_is_idempotent(text: str) -> None:
    """Safe text is not changed by making it safe again."""
    assert visible(visible(text, None), None) == visible(text, None)


@given(ANY_TEXT)
def test_visible_in_ascii_is_printable_ascii(text: str) -> None:
    """For a stream that is not UTF-8 only printable ASCII comes out, within the same width."""
    shown = visible(text, 40, ascii_only=True)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 40


def test_visible_bounds_stacks_of_marks() -> None:
    """No more than four marks stand on one letter; a letter with forty of them cannot paint over its neighbours."""
    shown = visible("a" + "\u0301" * 40 + "b", None)
    assert shown.startswith("a" + "\u0301" * 4 + r"\u0301")
    assert shown.endswith(r"\u0301b")


def test_visible_counts_wide_characters_twice() -> None:
    """Forty ideographs are 80 cells wide and fit; one more is cut so that the ellipsis fits too."""
    assert visible("中" * 40) == "中" * 40
    assert visible("中" * 41) == "中" * 39 + "…"


def test_visible_does_not_read_a_long_text_to_its_end() -> None:
    """Of a text of ten million characters only as many are looked at as are shown."""
    assert visible("é" * 10_000_000, 10) == "é" * 9 + "…"


@given(ANY_TEXT)
def test_whole_can_be_encoded(text: str) -> None:
    """Every text can be written as UTF-8 afterwards, and text that could be before is unchanged."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        assert whole(text) != text
    else:
        assert whole(text) == text
    assert whole(text).encode("utf-8").decode("utf-8") == whole(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("cat", "cat"),
        ("", ""),
        ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\\t=1"),
        ("\r=1", "'\\r=1"),
        ("\x00=1", "'\\x00=1"),
        ("\uff1dcmd()", "'\uff1dcmd()"),
        ("-1", "-1"),
        ("+0.5", "+0.5"),
        ("-1e-5", "-1e-5"),
        ("-1|x", "'-1|x"),
        ("-\u0661", "'-\u0661"),
        ("a=b", "a=b"),
        ("two\nlines", "two\nlines"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb\u2066c\u2028", "a\\u202eb\\u2066c\\u2028"),
        ("\u0645\u06cc\u200c\u200f", "\u0645\u06cc\u200c\u200f"),
        ("\ud800", "\\ud800"),
    ],
)
def test_formula_safe_disarms_formulas_and_controls(text: str, written: str) -> None:
    """A text that a spreadsheet would run gets an apostrophe, a signed number does not; controls are spelt out."""
    assert formula_safe(text) == written


@given(ANY_TEXT)
def test_formula_safe_starts_no_formula(text: str) -> None:
    """No result starts with a formula character unless it reads as a number."""
    written = formula_safe(text)
    if written[:1] in set("=+-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20") - {""}:
        assert math.isfinite(Decimal(written))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("predictions.csv", "predictions.csv"),
        ("s3://bucket/key.csv", "s3://bucket/key.csv"),
        ("s3://KEY:SECRET@bucket/key.csv", "s3://***@bucket/key.csv"),
        ("s3://KEY:SE/CR+ET@bucket/key.csv", "s3://***@bucket/key.csv"),
        ("s3://KEY@bucket/x", "s3://***@bucket/x"),
        ("s3://bucket/k?region=eu&secret_key=abc", "s3://bucket/k?***"),
        ("https://h:9000/a@b.csv", "https://h:9000/a@b.csv"),
        ("s3://bucket/a@b.csv", "s3://bucket/a@b.csv"),
        ("abfss://container@account.dfs.core.windows.net/x", "abfss://container@account.dfs.core.windows.net/x"),
        ("abfs://container:KEY==@account/x", "abfs://container:***@account/x"),
        ("cannot open 's3://K:S@b/x?t=1' and s3://L:T@c/y", "cannot open 's3://***@b/x?***' and s3://***@c/y"),
        ("what? a@b", "what? a@b"),
    ],
)
def test_redact_hides_secrets_and_nothing_else(text: str, shown: str) -> None:
    """User, password and query of every address in a text become ***; the container of an Azure address stays."""
    assert redact(text) == shown


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1205, "1,205"), (-12345, "-12,345"), (10**9, "1,000,000,000")]
)
def test_grouped_sets_thousands_apart(number: int, text: str) -> None:
    """A comma stands before every three digits."""
    assert grouped(number) == text


def test_counted_agrees_with_its_noun() -> None:
    """One row, no rows, many rows, and nouns with a plural of their own."""
    assert [counted(number, "row") for number in (0, 1, 1205)] == ["0 rows", "1 row", "1,205 rows"]
    assert counted(2, "class", "classes") == "2 classes"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.6931471805599453, "0.693147"),
        (0.9999999, "0.9999999"),
        (1.0000000000000002, "1.0000000000000002"),
        (-0.99999999, "-0.99999999"),
        (5e-324, "4.94066e-324"),
        (1e-300, "1e-300"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "n/a"),
    ],
)
def test_short_has_six_digits_or_as_many_as_it_takes(value: float, text: str) -> None:
    """Six significant digits, more next to 0, 1 and −1, and words for what is no number."""
    assert short(value) == text


@given(FINITE)
@example(1 - 2**-53)
@example(math.nextafter(1, 2))
def test_short_never_lands_on_zero_or_one(value: float) -> None:
    """What is not 0, 1 or −1 does not read like it, and the text is within half a unit of the sixth digit."""
    shown = float(short(value))
    assert (shown in {0.0, 1.0, -1.0}) == (value in {0.0, 1.0, -1.0})
    assert abs(Decimal(short(value)) - Decimal(value)) <= abs(Decimal(value)) * Decimal("5.1e-6")


@given(FINITE)
def test_exact_reads_back_as_the_same_double(value: float) -> None:
    """All digits means that nothing is lost."""
    assert float(exact(value)).hex() == value.hex()


def test_round_or_exact_groups_whole_numbers() -> None:
    """A sum of weights reads like a count where it is one."""
    texts = [round_or_exact(value) for value in (73500.0, 0.5, 2.0**60, math.inf, math.nan)]
    assert texts == ["73,500", "0.5", "1.152921504606847e+18", "inf", "n/a"]


@pytest.mark.parametrize(
    ("value", "limit", "texts"),
    [
        (0.5, 0.6, ("0.5", "0.6")),
        (0.50000001, 0.5, ("0.50000001", "0.5")),
        (0.49999999999, 0.5, ("0.49999999999", "0.5")),
        (0.5, 0.5, ("0.5", "0.5")),
        (3.3, 4.0, ("3.3", "4")),
        (math.inf, 1.25, ("inf", "1.25")),
        (math.nan, 1.25, ("n/a", "1.25")),
        (1.0000000000000002, 1.0, ("1.0000000000000002", "1")),
        (0.527471, 0.001637587185672171, ("0.527471", "0.00163759")),
        (0.0016375872, 0.001637587185672171, ("0.0016375872", "0.001637587185672171")),
    ],
)
def test_apart_shows_the_digits_that_decide(value: float, limit: float, texts: tuple[str, str]) -> None:
    """What is displayed cannot contradict what was decided: near the limit the value gets more digits."""
    assert apart(value, limit) == texts


@given(FINITE, FINITE)
@example(0.1 + 0.2, 0.3)
def test_apart_keeps_the_order(value: float, limit: float) -> None:
    """The texts compare as the numbers do, and so does the text of the value with the limit itself."""
    shown, bound = (float(text) for text in apart(value, limit))
    for other in (bound, limit):
        assert (shown < other, shown > other) == (value < limit, value > limit)


@given(FINITE, st.decimals(0, 1000, places=9, allow_nan=False).map(float))
def test_apart_shows_a_typed_limit_as_it_was_typed(value: float, limit: float) -> None:
    """A limit of up to twelve digits is shown with all of them, whatever the value."""
    assert float(apart(value, limit)[1]) == limit


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0.0%"),
        (1.0, "100.0%"),
        (0.714285, "71.4%"),
        (1e-9, "<0.1%"),
        (0.99999, ">99.9%"),
        (-1e-9, ">-0.1%"),
        (1.5, "150.0%"),
        (math.nan, "n/a"),
        (math.inf, "inf"),
    ],
)
def test_percent_never_rounds_something_to_nothing_or_all(share: float, text: str) -> None:
    """A small share is not 0.0% and a share that is not the whole is not 100.0%."""
    assert percent(share) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (12_345_678, "12.3 MB"),
        (5 * 10**15, "5.0 PB"),
        (10**19, "10000.0 PB"),
    ],
)
def test_size_uses_decimal_units(number: int, text: str) -> None:
    """1,000 bytes are a kilobyte, and rounding goes up to the next unit."""
    assert size(number) == text


def test_listed_shortens_long_lists() -> None:
    """Up to twelve names stand in full, of more the first six, the last and the number."""
    names = [f"p{place}" for place in range(1000)]
    assert listed(names[:12]) == "p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11"
    assert listed(names, with_last=True) == "p0, p1, p2, p3, p4, p5, …, p999 (1,000 in all)"
    assert listed(names, 4, ellipsis="...", with_last=True) == "p0, p1, ..., p999 (1,000 in all)"
    assert listed([]) == ""


def test_listed_names_the_first_ones_as_they_are_to_be_shown() -> None:
    """Without the last name as many as allowed stand in full, each as `shown` has it; no further one is shown."""
    shown: list[str] = []
    assert listed(["a", "", "b", "c"], 2, shown=lambda name: shown.append(name) or name or '""') == (
        'a, "", … (4 in all)'
    )
    assert shown == ["a", ""]
    assert listed(["a", "b"], 2) == "a, b"


def test_closest_names_what_may_have_been_meant() -> None:
    """At most as many as asked for, the closest first; nothing where no name is close."""
    assert closest("labels", ["weight", "lapel", "label"]) == ["label", "lapel"]
    assert closest("labels", ["weight", "lapel", "label"], 1) == ["label"]
    assert closest("weight", iter(("p_0", "p_1"))) == []
