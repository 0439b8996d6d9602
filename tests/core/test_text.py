"""Which text may enter, and how foreign text is shown so that it can do nothing."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparkq_core.errors import InvalidName, InvalidText
from sparkq_core.text import MAX_NAME, MAX_TITLE, checked, checked_name, cut, nearest, safe, title_of
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


@holds("text")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).filter(str.strip))
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


@given(st.text())
def test_a_title_is_one_short_line_that_says_something(prompt: str) -> None:
    title = title_of(prompt)

    assert 0 < len(title) <= MAX_TITLE
    assert title.strip() == title
    assert len(title.splitlines()) == 1


def test_a_cut_text_says_how_much_is_missing() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("x" * 2500, 1000) == "x" * 1000 + "… (+1,500 characters)"


def test_the_nearest_names_are_offered_else_all_of_a_few() -> None:
    assert nearest("bakend", ["backend", "docs"]) == "Did you mean backend?"
    assert nearest("zzz", ["backend", "docs"]) == "Known: backend, docs."
    assert nearest("zzz", [f"queue{number}" for number in range(9)]).endswith(", ….")
    assert nearest("zzz", []) == ""
    assert nearest("bakend", ["backend", "backend"]) == "Did you mean backend?"
