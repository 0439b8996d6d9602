"""Which text may enter, and how foreign text is shown so that it can do nothing."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparkq_core.errors import InvalidName, InvalidText
from sparkq_core.text import (
    MAX_NAME,
    checked,
    checked_name,
    cut,
    has_hidden,
    is_blank,
    nearest,
    safe,
    whole_until,
)
from sparkq_core.titles import title_of
from tests.harness.task_steps import refusal_of
from tests.promises import holds

ANY = st.text(st.characters())  # surrogates too
TRICKY = st.text(
    st.sampled_from("a \n\r\t\x00\x07\x1b\x7f\x85\x9b\xad\u061c\u200e\u200f\u2028\u202e\u2066\u2069\ufeff\ud800é🦊")
)
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MARKS = {"\u061c", "\u200e", "\u200f"}


def acts(character: str) -> bool:
    """Whether a character does something to a terminal or to the order of its neighbours, or is none at all."""
    return (
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(character) in BIDI
        or character in MARKS
    )


@holds("cli-safe")
@given(st.one_of(ANY, TRICKY))
def test_safe_text_has_nothing_that_acts(value: str) -> None:
    assert not any(acts(character) for character in safe(value))


@given(st.one_of(ANY, TRICKY))
def test_safe_text_with_lines_has_only_line_feeds_and_tabs_that_act(value: str) -> None:
    assert {character for character in safe(value, lines=True) if acts(character)} <= {"\n", "\t"}


@given(st.one_of(ANY, TRICKY))
def test_safe_text_can_be_written_anywhere(value: str) -> None:
    safe(value).encode()
    safe(value, lines=True).encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_ordinary_text_is_shown_as_it_is(value: str) -> None:
    assert safe(value) == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\x00b", "a\\x00b"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("a\r\nb", "a\\nb"),
        ("a\rb", "a\\x0db"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202edef", "abc\\u202edef"),
        ("\ud800", "\\ud800"),
        ("\u200b", "\\u200b"),
        ("\U000e0041", "\\U000e0041"),
        ("[/red] 'é' 🦊", "[/red] 'é' 🦊"),
    ],
)
def test_what_acts_is_shown_as_an_escape(value: str, shown: str) -> None:
    assert safe(value) == shown


NEEDED = {
    "Persian": "می\u200cخواهم",
    "Persian behind a name": "API\u200cها",
    "an Arabic abbreviation": "ه\u200d",
    "Hindi": "क\u094d\u200dष",
    "Hindi with a half form at the end": "क\u094d\u200d",
    "Bengali": "র\u200d\u09cdয",
    "Sinhala": "ක\u0dca\u200dෂ",
    "Khmer words": "ខ្ញុំ\u200bចង់",
    "Mongolian": "ᠠ\u180b",
    "a Japanese name": "葛\U000e0100",
    "a soft hyphen": "Donau\u00addampf",
    "a mark for a picture": "❤\ufe0f ☺\ufe0e",
    "a keycap": "1\ufe0f\u20e3",
    "a family": "👨\u200d👩\u200d👧",
    "a joined heart": "❤\ufe0f\u200d🔥",
    "a head that nods": "🙂\u200d↕\ufe0f",
    "a doctor": "👩🏽\u200d⚕\ufe0f",
    "the pirates' flag": "🏴\u200d☠\ufe0f",
    "England": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a formed sign": "≨\ufe00",
    "combining marks": "e\u0301\u0327 שָׁלוֹם",
}
ENGLAND = NEEDED["England"]


@pytest.mark.parametrize("name", NEEDED)
def test_what_a_script_or_an_emoji_needs_stays(name: str) -> None:
    for text in (NEEDED[name], f"x {NEEDED[name]} y\n{NEEDED[name]}"):
        assert safe(text, lines=True) == text
        assert not has_hidden(text)


@pytest.mark.parametrize(
    ("value", "hidden"),
    [
        ("a\u200cb", "\u200c"),
        ("a\u200db", "\u200d"),
        ("a\u200bb", "\u200b"),
        ("می\u200c\u200d\u200cخواهم", "\u200d\u200c"),
        ("👨\u200d\u200d👩", "\u200d\u200d"),
        ("👨\u200d", "\u200d"),
        ("\u200d👨", "\u200d"),
        ("a\u00ad\u00adb", "\u00ad\u00ad"),
        ("a\u00ad b", "\u00ad"),
        ("a\ufe0f", "\ufe0f"),
        ("1\ufe0f", "\ufe0f"),
        ("😀\ufe0f\ufe01\ufe02", "\ufe01\ufe02"),
        ("😀\U000e0158\U000e0159", "\U000e0158\U000e0159"),
        ("葛\U000e0100\U000e0101", "\U000e0101"),
        (f"{ENGLAND}\U000e0061", "\U000e0061"),
        ("🏴\U000e0069\U000e0067\U000e007f", "\U000e0069\U000e0067\U000e007f"),
        (ENGLAND[1:], ENGLAND[1:]),
        ("\u3164 \uffa0 \u115f \u1160", "\u3164\uffa0\u115f\u1160"),
        ("a\u2060b\u2062c\ufeffd", "\u2060\u2062\ufeff"),
        ("\ufff9a\ufffab\ufffb", "\ufff9\ufffa\ufffb"),
        ("\u115f\u00ada", "\u115f\u00ad"),
        ("e\u034f\u17b4", "\u034f\u17b4"),
    ],
)
def test_what_hides_is_shown_as_an_escape_even_where_the_same_is_needed_elsewhere(value: str, hidden: str) -> None:
    shown = safe(value)

    assert has_hidden(value)
    assert len(shown) > len(value)
    escapes = "".join(f"\\U{ord(each):08x}" if each > "\uffff" else f"\\u{ord(each):04x}" for each in hidden)
    assert re.sub(r"\\x(..)", r"\\u00\1", shown).count("\\") == len(hidden)
    assert "".join(re.findall(r"\\U.{8}|\\u.{4}", shown.replace("\\xad", "\\u00ad"))) == escapes


def test_whatever_unicode_calls_a_format_character_or_a_selector_is_escaped_behind_a_letter() -> None:
    shown = ("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN")  # signs before numbers, and parts of hieroglyphs
    for character in map(chr, range(0x110000)):
        name = unicodedata.name(character, "")
        if (unicodedata.category(character) == "Cf" and not name.startswith(shown)) or "VARIATION SELECTOR" in name:
            assert safe(f"a{character} ") != f"a{character} ", name


def test_a_joiner_stays_behind_every_virama_and_every_letter_of_arabic_kind() -> None:
    for character in map(chr, range(0x110000)):
        is_virama = (
            unicodedata.combining(character) == 9 and not "\u0e00" <= character <= "\u0eff"
        )  # Thai and Lao join nothing
        is_arabic = unicodedata.bidirectional(character) == "AL" and unicodedata.category(character) == "Lo"
        if (is_virama and character < "\U00010000") or (is_arabic and character < "\U0001ec00"):
            for joiner in "\u200c\u200d":
                assert safe(f"{character}{joiner}x") == f"{character}{joiner}x", unicodedata.name(character)


PLACES = st.lists(
    st.sampled_from(
        "a1 \n#*\\é\u0639क\u094dᠠ葛≨❤👨🏴🏽\u20e3\u0e01ខ\u115f\u200b\u200c\u200d\xad\ufe00\ufe0f\u180b\u202e\U000e0067\U000e007f\U000e0100"
    )
    | st.sampled_from([ENGLAND, ENGLAND[1:]])
).map("".join)


@given(st.one_of(ANY, TRICKY, PLACES), st.booleans())
def test_a_safe_text_is_safe(value: str, lines: bool) -> None:
    shown = safe(value, lines=lines)

    assert safe(shown, lines=lines) == shown
    assert not has_hidden(shown)
    assert has_hidden(value) == (safe(value, lines=True) != value.replace("\r\n", "\n") or "\r\n" in value)


@given(PLACES.map("xx".__add__), st.integers(1, 30))
def test_a_cut_adds_no_escape(value: str, end: int) -> None:
    place = whole_until(value, end)

    assert place <= end
    if end < len(value):
        assert safe(value[:place], lines=True) + safe(value[place:], lines=True) == safe(value, lines=True)


@pytest.mark.parametrize("name", NEEDED)
def test_a_title_and_a_cut_text_keep_together_what_belongs_together(name: str) -> None:
    for size in range(65, 85):
        assert safe(title_of("x" * size + NEEDED[name] + "y" * 20)) == title_of("x" * size + NEEDED[name] + "y" * 20)
        assert not has_hidden(cut("x" * size + NEEDED[name] + "y" * 20, 80))


@holds("text")
@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).filter(lambda text: not is_blank(text))
)
def test_any_unicode_text_that_says_something_may_enter(value: str) -> None:
    assert checked(value, "prompt") is value


@holds("text")
@given(st.text(), st.sampled_from(["\x00", "\ud800", "\udfff"]), st.text())
def test_a_nul_or_a_surrogate_is_refused_wherever_it_stands(before: str, bad: str, after: str) -> None:
    with pytest.raises(InvalidText) as refusal:
        checked(before + bad + after, "prompt")

    assert "prompt" in refusal.value.message
    assert refusal.value.hint


@example("a....b")
@example("a" * 63 + " .b")
@given(st.one_of(ANY, TRICKY, st.text("a.-/é", max_size=90)))
def test_a_name_is_taken_or_refused_with_one_that_would_be_taken(value: str) -> None:
    refusal = refusal_of(lambda: checked_name(value, "queue"))

    if refusal is not None:
        assert not any(acts(character) for character in refusal.message)
        _, _, suggested = refusal.hint.partition("Perhaps ")
        assert not suggested or checked_name(suggested.removesuffix("?"), "queue")


def test_a_name_just_fits() -> None:
    assert checked_name("x" * MAX_NAME, "queue")
    with pytest.raises(InvalidName):
        checked_name("x" * (MAX_NAME + 1), "queue")


def test_a_name_with_two_dots_together_is_refused_with_the_rule_that_it_breaks() -> None:
    with pytest.raises(InvalidName) as refusal:
        checked_name("a..b", "queue")

    assert "no two dots together" in refusal.value.hint
    assert "Perhaps a.b?" in refusal.value.hint


def test_a_cut_text_says_how_much_is_missing() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("x" * 2500, 1000) == "x" * 1000 + "… (+1,500 characters)"


def test_the_nearest_names_are_offered_else_all_of_a_few() -> None:
    assert nearest("bakend", ["backend", "docs"]) == "Did you mean backend?"
    assert nearest("zzz", ["backend", "docs"]) == "Known: backend, docs."
    assert nearest("zzz", [f"queue{number}" for number in range(9)]).endswith(", ….")
    assert nearest("zzz", []) == ""
    assert nearest("bakend", ["backend", "backend"]) == "Did you mean backend?"
