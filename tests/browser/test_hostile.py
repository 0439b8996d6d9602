"""Foreign text is shown as text: it runs nothing, loads nothing, leads nowhere."""

import pytest

from sparkq_core.text import has_hidden
from tests.browser.screen import Screen, expect
from tests.http.caller import Caller, Served
from tests.promises import holds

WORDS = (
    "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'><svg onload='window.ran = 3'>"
    "<a href=\"javascript:window.ran = 4\">click</a> [link](javascript:window.ran=5) <iframe src='//example.com'>"
    "<style>* { display: none }</style>\"'`${window.ran = 6}{{7*7}} ]]> <!--"
)
STRANGE = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \u202eevil\u202c \u2066mixed\u2069 \ufeff\u200d 👩‍👩‍👧 é"
TEXT = f"{WORDS}\n{STRANGE}"


def shown(text: str) -> str:
    """The text as the page shows it: what is not seen, or changes the order of what is around it, is escaped."""
    return "".join(
        f"\\u{ord(sign):04x}" if sign in "\x1b\x07\u202e\u202c\u2066\u2069\ufeff" else sign for sign in text
    ).replace("\\ufeff\u200d", "\\ufeff\\u200d")


@pytest.fixture
def hostile(call: Caller, served: Served, line: str) -> dict[str, int]:
    """Tasks in each state, whose every text is hostile."""
    call.patch(f"/api/queues/{line}", instructions=TEXT)["queue"]
    made = {name: call.add(line, TEXT) for name in ("queued", "done", "failed", "running")}
    for name in ("done", "failed", "running"):
        call.post(f"/api/tasks/{made[name]}/claim", worker_id=WORDS[:90])["task"]
    call.post(f"/api/tasks/{made['done']}/complete", result_summary=TEXT, result_data={WORDS: TEXT})["status"]
    call.post(f"/api/tasks/{made['failed']}/fail", error_message=TEXT)["status"]
    call.post(f"/api/tasks/{made['failed']}/requeue", feedback=TEXT, prompt=f"Again {TEXT}")["task"]
    call.post(f"/api/tasks/{made['running']}/progress", note=TEXT)
    (served.root / "scripts").mkdir(exist_ok=True)
    (served.root / "scripts/hostile.sh").write_text(
        f"# name: hostile-{line}\n# description: {WORDS}\n# inputs:\n#   X (required): {WORDS}\n# tags: {WORDS[:60]}\n"
    )
    call.post("/api/reload")
    return made


def harmless(screen: Screen) -> None:
    """Nothing ran, and nothing of the text became a part of the page."""
    assert screen.evaluate("window.ran") is None
    assert screen.main.locator("img, iframe, style, script, svg:not(.chart, .track, .share)").count() == 0
    assert screen.page.locator("a[href]:not([href^='#'], [href='/docs'])").count() == 0


@holds("text-on-the-page")
def test_hostile_text_is_text_in_every_view(screen: Screen, call: Caller, line: str, hostile: dict[str, int]) -> None:
    for path in ("/inbox", "/queues", f"/queues/{line}", f"/tasks?queue={line}", "/sessions", "/scripts", "/settings"):
        screen.open(path)
        harmless(screen)
    for task in hostile.values():
        for tab in ("result", "rounds", "prompt"):
            screen.open(f"/tasks/{task}?tab={tab}")
            expect(screen.detail.locator(f'[data-key="part-{tab}"]')).to_be_visible()
            for details in screen.main.locator("details").all():
                details.evaluate("one => { one.open = true; }")
            harmless(screen)
        screen.press("u")
        expect(screen.page.locator("pre#text-prompt")).to_be_visible()
        assert screen.page.locator("#text-prompt").evaluate("one => one.textContent") == shown(
            call.get(f"/api/tasks/{task}")["prompt"]
        )
    screen.open(f"/tasks/{hostile['done']}")
    screen.press("u")
    expect(screen.page.locator("pre#text-outcome")).to_be_visible()
    assert screen.page.locator("#text-outcome").evaluate("one => one.textContent") == shown(TEXT)


@holds("text-on-the-page")
def test_hostile_text_is_text_in_dialogs_messages_and_the_palette(
    screen: Screen, line: str, hostile: dict[str, int]
) -> None:
    screen.open(f"/tasks/{hostile['done']}")
    for button in ("Send back with another prompt …", "Delete …"):
        screen.click(button)
        expect(screen.dialog).to_be_visible()
        harmless(screen)
        screen.press("Escape")
        expect(screen.dialog).to_have_count(0)
    screen.press("Control+k")
    screen.page.keyboard.type("script>")
    expect(screen.dialog).to_contain_text("<script>")
    harmless(screen)
    screen.press("Escape")
    screen.press("n")
    screen.fill(script=f"hostile-{line}")
    expect(screen.dialog).to_contain_text("<script>")
    harmless(screen)
    screen.press("Escape")
    screen.open("/tasks")
    screen.press("/")
    screen.page.keyboard.insert_text(WORDS)
    screen.at("search=")
    expect(screen.main.locator(".total")).to_contain_text("match")
    harmless(screen)


HOSTILE = (
    "#/queues/<img src=x onerror=window.ran=1>",
    "#/tasks?queue=<script>window.ran=1</script>&search='\"><svg onload=window.ran=1>",
    "#/tasks/../../login",
)
NOWHERE = ("#javascript:window.ran=1", "#/constructor", "#/__proto__/x", "#/toString/1")


@holds("text-on-the-page")
def test_a_hostile_address_runs_nothing_and_a_name_of_the_language_is_no_view(screen: Screen) -> None:
    for address in HOSTILE:
        screen.page.goto(f"{screen.address}/{address}")
        expect(screen.main).not_to_have_attribute("aria-busy", "true")
        expect(screen.main.locator("h1, [role=alert]").first).to_be_visible()
        harmless(screen)
    for address in NOWHERE:
        screen.page.goto(f"{screen.address}/{address}")
        expect(screen.heading).to_have_text("Page not found")
        harmless(screen)
    screen.forgive("status of 4")


@holds("text-on-the-page")
def test_the_policy_of_the_page_stops_what_would_slip_through(screen: Screen) -> None:
    screen.open()
    screen.evaluate(
        """() => {
          const one = document.createElement("div");
          one.innerHTML = "<img src='//example.com/x.png' onerror='window.ran = 1'>";
          document.body.append(one);
          const script = document.createElement("script");
          script.textContent = "window.ran = 2";
          document.body.append(script);
        }"""
    )
    expect(screen.heading).to_be_visible()
    assert screen.evaluate("window.ran") is None
    screen.forgive("Content Security Policy")
    screen.forgive("example.com")


SEEN = (
    ("ann \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \u2764\ufe0f", None),
    (
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645, \u0e20\u0e32\u200b\u0e29\u0e32, \u845b\U000e0100, sta\xadtus",
        None,
    ),
    ("a tab\tand\na line", None),
    ('if level != "user\u202e \u2066# ok\u2069":', 'if level != "user\\u202e \\u2066# ok\\u2069":'),
    ("is\u200bAdmin is\u200dAdmin \u200d", "is\\u200bAdmin is\\u200dAdmin \\u200d"),
    ("\x1b[31m\x7f", "\\u001b[31m\\u007f"),
    ("\u2764\ufe0f\ufe0f a\U000e0100 \U000e0041", "\u2764\ufe0f\\ufe0f a\\u{e0100} \\u{e0041}"),
)
"""Texts, and what is shown of them where that is something else."""

DRAWN = """async texts => {
  const { h } = await import("/assets/any/dom.js");
  return texts.map((text) => h("td", text).textContent);
}"""


@holds("text-on-the-page")
def test_what_hides_or_turns_text_around_is_seen_and_what_writing_needs_is_left(screen: Screen) -> None:
    screen.open()

    drawn = screen.page.evaluate(DRAWN, [text for text, _ in SEEN])

    assert drawn == [text if escaped is None else escaped for text, escaped in SEEN]
    assert [has_hidden(text) for text, _ in SEEN] == [escaped is not None for _, escaped in SEEN]  # as in a terminal
