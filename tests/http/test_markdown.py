"""Markdown as a tree of elements: what is understood, and what foreign text cannot do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sparkq_http.rendering import code, markdown
from sparkq_http.rendering.markdown import render
from sparkq_http.rendering.tree import TAGS, Element
from tests.promises import holds

HOSTILE = {
    "quotes": ">" * 5_000 + " deep",
    "nested items": "".join("  " * depth + "* a\n" for depth in range(200)),
    "brackets": "[" * 20_000,
    "images": "![[]()" * 5_000,
    "emphasis": "*" * 5_000 + "a" + "*" * 5_000,
    "opened emphasis": "*a_ " * 5_000,
    "links in links": "[a](" * 5_000,
    "a wide table": "|a" * 500 + "\n" + "|-" * 500 + "\n" + ("|a" * 500 + "\n") * 60,
    "a table of cells that are not there": "|a" * 500 + "\n" + "|-" * 500 + "\n" + "|\n" * 10_000,
    "many paragraphs": "a\n\n" * 30_000,
    "definitions": f"[a]: http://{'x' * 1_900}\n\n" + "[a] " * 20_000,
    "ticks": "".join("`" * size + " " for size in range(200)),
    "closing brackets": "http://x/" + ")" * 20_000,
    "html": "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>",
    "controls": "a\x00b\x1b[31m\u202e\ud7ff",
}


def elements(tree: list[Element]) -> Iterator[tuple[int, Element]]:
    """Every element with its depth."""
    waiting = [(1, element) for element in tree]
    while waiting:
        depth, element = waiting.pop()
        yield depth, element
        waiting += [(depth + 1, kid) for kid in element.get("kids", ()) if not isinstance(kid, str)]


def texts(tree: list[Element]) -> str:
    """All text in the tree."""
    said = ""
    for _, element in elements(tree):
        said += "".join(kid for kid in element.get("kids", ()) if isinstance(kid, str))
        said += "".join(text for _, text in element.get("spans", ()))
    return said


def one(text: str, **options: Any) -> Element:
    """The only block of a text."""
    (block,) = render(text, **options)["blocks"]
    return block


@holds("rest-rendered")
def test_blocks_become_elements() -> None:
    assert render("# A *b*\n\nc\nd\n\n---\n> e")["blocks"] == [
        {"tag": "h1", "kids": ["A ", {"tag": "em", "kids": ["b"]}]},
        {"tag": "p", "kids": ["c\nd"]},
        {"tag": "hr"},
        {"tag": "blockquote", "kids": [{"tag": "p", "kids": ["e"]}]},
    ]


def test_typed_line_ends_stay() -> None:
    assert one("a\nb", breaks=True) == {"tag": "p", "kids": ["a", {"tag": "br"}, "b"]}
    assert one("a\r\nb") == {"tag": "p", "kids": ["a\nb"]}


def test_a_task_list_is_checked_or_not() -> None:
    items = one("- [ ] a\n- [x] b\n- c [x]\n- [ ]d").get("kids")

    assert items == [
        {"tag": "li", "checked": False, "kids": ["a"]},
        {"tag": "li", "checked": True, "kids": ["b"]},
        {"tag": "li", "kids": ["c [x]"]},
        {"tag": "li", "kids": ["[ ]d"]},
    ]
    loose = one("1. [x] a\n\n   [ ] b\n\n3. c")
    assert loose == {
        "tag": "ol",
        "kids": [
            {"tag": "li", "checked": True, "kids": [{"tag": "p", "kids": ["a"]}, {"tag": "p", "kids": ["[ ] b"]}]},
            {"tag": "li", "kids": [{"tag": "p", "kids": ["c"]}]},
        ],
    }
    assert one("7. a").get("start") == 7


def test_a_table_has_its_alignment() -> None:
    head, body = one("a | b\n:- | -:\nc | ~~d~~").get("kids", [])

    assert head == {
        "tag": "thead",
        "kids": [{"tag": "tr", "kids": [
            {"tag": "th", "align": "left", "kids": ["a"]}, {"tag": "th", "align": "right", "kids": ["b"]},
        ]}],
    }  # fmt: skip
    assert isinstance(body, dict)
    assert [element["tag"] for _, element in elements([body])] == ["tbody", "tr", "td", "del", "td"]


@pytest.mark.parametrize(
    ("text", "kids"),
    [
        ("see https://x.y/a_(b).", ["see ", {"tag": "a", "href": "https://x.y/a_(b)", "kids": ["https://x.y/a_(b)"]}, "."]),
        ("<a@b.c>", [{"tag": "a", "href": "mailto:a@b.c", "kids": ["a@b.c"]}]),
        ("[a *b*](http://x)", [{"tag": "a", "href": "http://x", "kids": ["a ", {"tag": "em", "kids": ["b"]}]}]),
        ("[https://good.one](http://x)", [{"tag": "a", "href": "http://x", "kids": ["https://good.one"]}]),
        ("![the plan](plan.png)", [{"tag": "a", "address": "plan.png", "kids": ["the plan"]}]),
        ("![](https://x/y.png)", [{"tag": "a", "href": "https://x/y.png", "kids": ["https://x/y.png"]}]),
        ("[x](src/a.py)", [{"tag": "a", "address": "src/a.py", "kids": ["x"]}]),
    ],
)  # fmt: skip
def test_links_and_images_are_links(text: str, kids: list[Any]) -> None:
    assert one(text).get("kids") == kids


@holds("rest-rendered")
@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "java%0ascript:alert(1)", "data:text/html,x", "vbscript:x",
     "file:///etc/passwd", "//evil.example", "sparkq:x", "&#106;avascript:alert(1)", "x" * 3_000, "https:x"],
)  # fmt: skip
def test_only_addresses_of_the_web_and_of_mail_are_opened(address: str) -> None:
    found = [element for _, element in elements(render(f"[a]({address}) <{address}> ![b]({address})")["blocks"])]

    assert not any("href" in element for element in found)


def test_code_has_its_colours_and_all_of_its_text() -> None:
    written = "\n\ndef f(x):\n    return 'a'  # why\n"
    block = one(f"```python title=x\n{written}```")

    assert block.get("language") == "python"
    assert "".join(text for _, text in block.get("spans", [])) == written
    assert ("keyword", "def ") in block.get("spans", [])
    assert ("comment", "# why\n") in block.get("spans", [])


@pytest.mark.parametrize("language", ["", "no-such-language", "brainfuck", "../x", "\u202epy"])
def test_other_code_has_no_colours(language: str) -> None:
    block = one(f"~~~ {language}\na = 1\n~~~")

    assert block.get("spans") == [("", "a = 1\n")]


@pytest.mark.parametrize("name", sorted(set(code.LANGUAGES.values())))
def test_every_language_is_known_and_keeps_its_text(name: str) -> None:
    written = '\n  a: [1, "b", \'c\'] # d\r\n\n/* e */ <f g="h"> \\i `j`\n\n'
    pieces = code.spans(written.replace("\r", ""), name)

    assert "".join(text for _, text in pieces) == written.replace("\r", "")


def test_long_code_has_no_colours() -> None:
    for written in ("a = 1\n" * 10_000, "a" * 1_000):
        assert code.spans(written, "python") == [("", written)]


@holds("rest-rendered")
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_makes_a_small_tree_of_known_elements(kind: str) -> None:
    tree = render(HOSTILE[kind])
    found = list(elements(tree["blocks"]))

    assert {element["tag"] for _, element in found} <= set(TAGS)
    assert len(found) <= markdown.MAX_ELEMENTS
    assert max((depth for depth, _ in found), default=0) <= markdown.MAX_DEPTH
    assert len(json.dumps(tree)) < 5_000_000


def test_only_so_much_code_has_colours() -> None:
    blocks = render("```py\n" + "a = 1\n" * 1_600 + "```\n" + ("```py\n" + "a = 1\n" * 1_600 + "```\n") * 9)["blocks"]

    assert [len(block.get("spans", [])) > 1 for block in blocks] == [True] * 6 + [False] * 4


def test_html_is_text() -> None:
    assert texts(render(HOSTILE["html"])["blocks"]).count("<script>alert(1)</script>") == 1


@holds("rest-rendered")
def test_the_end_of_a_long_text_is_plain() -> None:
    text = "# a\n\n" + "*b*\n\n" * 50_000
    tree = render(text)

    assert text.endswith(tree["rest"])
    assert 1_000 < len(tree["blocks"]) < markdown.MAX_ELEMENTS
    assert tree["rest"].startswith("*b*\n")
    whole = render("x" * 250_000)
    assert len(texts(whole["blocks"])) + len(whole["rest"]) == 250_000
