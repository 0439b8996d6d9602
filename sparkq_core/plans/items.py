"""The items of a plan's lists that are tasks, each with all that belongs to it."""

from collections.abc import Iterator
from typing import NamedTuple

from sparkq_core.plans import names
from sparkq_core.plans.outline import Block, Item, Outline, text_of
from sparkq_core.plans.sections import boxed, is_finished, place


class Piece(NamedTuple):
    """A part of a plan: a task, or one that is done. It has the lines from `start` to `end`."""

    text: str
    start: int
    end: int
    above: tuple[str, ...] = ()
    done: bool = False


class Place(NamedTuple):
    """A list, and the headings, labels and items above it."""

    block: Block
    above: tuple[str, ...]
    end: int
    """The line up to which the last item has what follows the list."""


def lists_of(outline: Outline) -> list[Place]:
    """Return the lists that can have tasks: not those that are criteria of a task, or explain the marks."""
    found: list[Place] = []
    previous: Place | None = None
    for block, headings, label in place(outline.blocks):
        above = tuple(heading.text for heading in headings)
        if previous is not None and previous.above[: len(above)] != above[: len(previous.above)]:
            previous = None
        if block.kind == "other" and previous is not None and block.start <= previous.end + 1:
            previous = found[-1] = previous._replace(end=block.end)  # code below an item that nobody indented
        if block.kind != "list":
            continue
        if previous is not None and _continues(previous.block, block):
            found[-1] = found[-1]._replace(end=block.start)
        around = (*above, label.text.strip("*_:").strip()) if label is not None else above
        if any(names.matches(names.CRITERIA, each) for each in around[-1:]):
            previous = None
            continue
        previous = Place(block, around, block.end)
        found.append(previous)
    return found


def _continues(first: Block, second: Block) -> bool:
    """True if a numbered list goes on where another was interrupted."""
    return first.number is not None and second.number == first.number + len(first.items)


def has_boxes(block: Block) -> bool:
    """True if an item of a list, or one within it, has a box."""
    return next(boxed(block.items), None) is not None


def pieces(outline: Outline, lists: list[Place]) -> Iterator[Piece]:
    """Yield the items of these lists. Of a list with boxes within its items, yield those that have one."""
    for found in lists:
        finished = any(map(is_finished, found.above))
        for item in found.block.items:
            last = item is found.block.items[-1]
            whole = item._replace(end=max(item.end, found.end)) if last else item
            yield from _piece(outline, whole, found.above, finished)


def _piece(outline: Outline, item: Item, above: tuple[str, ...], finished: bool) -> Iterator[Piece]:
    inner = [block for block in item.lists if has_boxes(block)]
    is_group = item.box is None and inner
    if item.text and not is_group:
        done = finished or item.done
        yield Piece(text_of(outline, item), item.start, item.end, above, done)
        if not (done and not finished and inner):
            return
    # What is open below a ticked item, or below one without a box, is still to do.
    for block in inner:
        for each in block.items:
            if not (item.done and each.box is None):
                yield from _piece(outline, each, (*above, " ".join(item.text.split())), finished)
