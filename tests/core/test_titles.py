"""Titles: they say what the prompt says, and lose only the marks that are marks."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparkq_core.text import is_blank
from sparkq_core.titles import MAX_TITLE, title_of
from tests.promises import holds


@holds("titles")
@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("Fix the parser", "Fix the parser"),
        ("## Fix the form ##\nIt loses the name", "Fix the form"),
        ("- [ ] Fix the form", "Fix the form"),
        ("> quoted\nwords", "quoted"),
        ("2. Fix the form", "Fix the form"),
        ("**Describe the bug**\r\nThe form", "Describe the bug"),
        ("**P0.8** Write a smoke test", "P0.8 Write a smoke test"),
        ("**`lite` (the SDK):** an equivalent", "`lite` (the SDK): an equivalent"),
        ("*Describe the bug*", "Describe the bug"),
        ("<!-- Thanks! -->\r\n\r\n### What happened\r\nIt fails", "What happened"),
        ("<!--\nread the rules\n-->\nIt fails", "It fails"),
        ("```python\nraise X\n```\nFix this", "raise X"),
        ("#!/bin/sh\nmake test", "make test"),
        ("---\n\nFix the form", "Fix the form"),
        ("---\nid: 7\ntitle: 'Fix the form'\nstatus: open\n---\nbody", "Fix the form"),
        ("---\ntitle: >-\n  Fix the\n  form\nstatus: open\n---\nbody", "Fix the form"),
        ("---\nstatus: open\n---\nFix the form", "Fix the form"),
        ("\ufeff# Fix the form", "Fix the form"),
        ("Ideas\n=====\nquiet", "Ideas"),
        ("\u200b\nFix the form", "Fix the form"),
        ("\ufeff\u2060\n\u3164\u2800\nFix the form", "Fix the form"),
        ("# \u200b\n- \u200d\nFix the form", "Fix the form"),
        ("---\ntitle: '\u200b'\n---\nFix the form", "Fix the form"),
        ("---\ntitle: ' '\n---\nFix the form", "Fix the form"),
        ("---\ntitle: \u2060\n---\n\u200b", "(no words)"),
        ("|---|\n", "(no words)"),
        ("# \n- \n", "(no words)"),
    ],
    ids=str,
)
def test_a_title_is_the_first_line_that_says_something(prompt: str, title: str) -> None:
    assert title_of(prompt) == title


@holds("titles")
@pytest.mark.parametrize(
    "prompt",
    [
        "#42 is still open after the merge",
        "-1 is accepted as a limit",
        "--json prints two objects",
        "-v is ignored",
        "`make test` fails on macOS",
        "**kwargs are lost in a call",
        "*.py files are not formatted",
        "__init__ is called twice",
        "_private names are exported",
        "**/*.py and **/*.js are not ignored",
        "`**a**` is rendered as bold",
        "2 * 3 ** 4 is wrong",
        "<!-- is not closed in the page",
        "3.5 is rounded down",
        ">> is parsed as a quote",
        "~/.config is not read",
        "🎉",
    ],
)
def test_what_only_looks_like_a_mark_stays(prompt: str) -> None:
    assert title_of(prompt) == prompt


@example("**" * 40_000 + "x")
@example("`" * 70_000)
@example("<!--" * 20_000)
@example("- " * 70_000)
@given(st.text() | st.lists(st.sampled_from([*"#>*-`~ \n[]_x\u200b", "<!--", "-->", "---", "**a**"])).map("".join))
def test_a_title_is_one_short_line_that_says_something(prompt: str) -> None:
    title = title_of(prompt)

    assert len(title) <= MAX_TITLE
    assert not is_blank(title)
    assert title.strip() == title
    assert len(title.splitlines()) == 1
