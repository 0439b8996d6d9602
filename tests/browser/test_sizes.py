"""At every width, zoomed in, and in forced colours: nothing is cut off, hidden, or on top of something else."""

from typing import TYPE_CHECKING

from tests.browser.conftest import Tab
from tests.browser.screen import Screen, expect
from tests.http.caller import Served

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

WIDTHS = (320, 390, 640, 703, 768, 960, 1024, 1200, 1440)

ZOOMED: "ViewportSize" = {"width": 320, "height": 256}
"""A window of 1280 by 1024 at 400 %."""

OVERLAPS = """() => {
  const seen = (element) => element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
  const clipOf = (node) => {
    const clip = { left: 0, top: -1e6, right: innerWidth, bottom: 1e6 };
    for (let up = node.parentElement; up !== document.body; up = up.parentElement) {
      const { position, overflowX, overflowY } = getComputedStyle(up);
      if (position === "sticky" || position === "fixed") return null;
      if (overflowX === "visible" && overflowY === "visible") continue;
      const own = up.getBoundingClientRect();
      for (const edge of ["left", "top"]) clip[edge] = Math.max(clip[edge], own[edge]);
      for (const edge of ["right", "bottom"]) clip[edge] = Math.min(clip[edge], own[edge]);
    }
    return clip;
  };
  const boxesOf = (node) => {
    const clip = node.data.trim() && seen(node.parentElement) && clipOf(node);
    if (!clip) return [];
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].map((box) => ({
      text: node.data.trim().slice(0, 30),
      node,
      hidden: box.right - clip.right > 2,
      left: Math.max(box.left, clip.left),
      right: Math.min(box.right, clip.right),
      top: Math.max(box.top, clip.top) + 2,
      bottom: Math.min(box.bottom, clip.bottom) - 2,
    }));
  };
  const isMeant = (node) => {
    for (let up = node.parentElement; up.id !== "main"; up = up.parentElement)
      if (up.matches("pre, .table, .tabs") || getComputedStyle(up).textOverflow === "ellipsis") return true;
    return false;
  };
  const walker = document.createTreeWalker(document.getElementById("main"), NodeFilter.SHOW_TEXT);
  const boxes = [];
  while (walker.nextNode()) boxes.push(...boxesOf(walker.currentNode));
  const shared = (a, b, start, end) => Math.min(a[end], b[end]) - Math.max(a[start], b[start]);
  boxes.sort((a, b) => a.top - b.top);
  const over = boxes.flatMap((a, index) => boxes.slice(index + 1).filter((b) =>
    a.node !== b.node && shared(a, b, "left", "right") > 3 && shared(a, b, "top", "bottom") > 3
  ).map((b) => `${a.text} is over ${b.text}`));
  const cut = [...document.querySelectorAll("#main :is(button, a, dt, dd, label, h1, h2, h3, p, summary, .badge)")]
    .filter((one) => {
      const { display, overflowX, textOverflow } = getComputedStyle(one);
      const isCut = one.scrollWidth > one.clientWidth + 1 && display !== "inline" && seen(one);
      return isCut && overflowX !== "auto" && textOverflow !== "ellipsis";
    })
    .map((one) => `${one.textContent.slice(0, 30)} is cut off`);
  cut.push(...boxes.filter(({ hidden, node }) => hidden && !isMeant(node)).map(({ text }) => `${text} is cut off`));
  const wider = document.documentElement.scrollWidth - innerWidth;
  return [...over, ...cut, ...(wider > 0 ? [`${wider} px wider than the window`] : [])];
}"""
"""Text in the view that is on top of other text or sticks out of its box, and whether the page scrolls sideways."""

DOCKED = """() => {
  const docked = [...document.querySelectorAll("body *")].filter(
    (one) => /sticky|fixed/.test(getComputedStyle(one).position) && one.checkVisibility() && !one.closest("#toasts"),
  );
  return docked.map((one) => one.getBoundingClientRect()).filter((box) => box.bottom > 0 && box.top < innerHeight)
    .reduce((sum, { height }) => sum + height, 0) / innerHeight;
}"""
"""Which part of the window is covered by bars that stay while the page scrolls."""

UNMARKED = """() => [...document.querySelectorAll('[aria-current], [aria-pressed="true"], [aria-selected="true"]')]
  .filter((one) => one.checkVisibility() && getComputedStyle(one).outlineStyle === "none")
  .map((one) => one.textContent.slice(0, 30))"""
"""What is chosen and can only be told by a colour, which forced colours take away."""


def test_no_text_is_cut_off_or_on_top_of_another_at_any_width(tab: Tab, served: Served, views: dict[str, str]) -> None:
    screen: Screen = tab(served.port, color_scheme="light")
    wrong = {}
    for name, path in views.items():
        screen.open(path)
        for width in WIDTHS:
            screen.page.set_viewport_size({"width": width, "height": 844})
            expect(screen.main.locator("h1, h2, [role=alert]").first).to_be_visible()
            wrong[name, width] = screen.evaluate(OVERLAPS)
    screen.press("n")
    for width in WIDTHS:
        screen.page.set_viewport_size({"width": width, "height": 844})
        box = screen.dialog.bounding_box()
        assert box is not None
        assert (box["x"] >= 0, box["x"] + box["width"] <= width) == (True, True)

    assert {place: found for place, found in wrong.items() if found} == {}


def test_zoomed_to_400_percent_half_of_the_window_is_for_the_content(
    tab: Tab, served: Served, views: dict[str, str]
) -> None:
    screen: Screen = tab(served.port, color_scheme="light")
    screen.page.set_viewport_size(ZOOMED)
    covered = {}
    for name, path in views.items():
        screen.open(path)
        covered[name] = screen.evaluate(DOCKED)
        assert screen.evaluate(OVERLAPS) == [], name

    assert {name: part for name, part in covered.items() if part > 0.5} == {}


def test_in_forced_colours_what_is_chosen_has_an_outline_and_bars_keep_their_colours(
    tab: Tab, served: Served, views: dict[str, str]
) -> None:
    screen: Screen = tab(served.port, forced_colors="active")
    unmarked = {}
    for name in ("inbox", "running", "queues", "tasks", "rounds"):
        screen.open(views[name])
        unmarked[name] = screen.evaluate(UNMARKED)
    screen.press("Control+k")
    unmarked["palette"] = screen.evaluate(UNMARKED)
    screen.press("Escape")
    screen.open(views["running"])
    bar = screen.main.locator(".track").first
    colours = bar.evaluate("bar => [getComputedStyle(bar.firstChild).fill, getComputedStyle(bar).backgroundColor]")

    assert {name: found for name, found in unmarked.items() if found} == {}
    assert colours[0] != colours[1]
