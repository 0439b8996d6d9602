"""Split a plan into tasks: the items of its lists, its headings, the rows of its tables, or its lines."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from sparkq_core.errors import InvalidValue
from sparkq_core.plans import definitions, items, names, other_formats, rows
from sparkq_core.plans.items import Piece, Place
from sparkq_core.plans.outline import Block, Outline, read
from sparkq_core.plans.sections import MANY, Section, below, boxed, largest, numbered_tasks, phases, sections_of, titles
from sparkq_core.text import likely, safe

By = Literal["auto", "items", "lists", "headings", "rows"]
BY: tuple[By, ...] = ("auto", "items", "lists", "headings", "rows")
Kind = Literal["items", "headings", "rows", "lines", "backlog", "task-master"]

A_LIST = 2
"""Items under a heading, on average, from which they are the tasks; one list that is longer is enough."""

MOST_LINES, MOST_CELLS = 30_000, 100_000
"""Lines of a plan that is split, and cells of its tables: several times those of the longest that was met, and seconds
for a hostile one."""

A_DOCUMENT = 2
"""Sections about the plan (overview, goals …) that make it a document, of which one section has the work."""


class Plan(NamedTuple):
    """The tasks of a text, and what they are in it.

    `done` has the first lines of the parts that are ticked, struck out or under a heading such as `Done`. `rest` has
    the other lines that are in no task: a text about the plan, its overview, its notes, definitions of links that no
    part uses. `unboxed` is the number of items there that are not tasks because those of other lists have a box.
    """

    kind: Kind
    prompts: tuple[str, ...]
    done: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    unboxed: int = 0


def split(text: str, by: str = "auto", source: str = "") -> Plan:
    """Split a text into the prompts of its tasks, in their order.

    `by` is "items" (of lists: those with a box, if any has one), "lists" (all items, with a box or not), "headings",
    "rows" (of tables), or "auto", which decides as the writer of such a plan would. `source` is the file's name: each
    item says from where in the plan it comes. Raises InvalidValue.
    """
    if by not in BY:
        raise unknown_way(by)
    if by == "auto" and (foreign := _foreign(text)) is not None:
        return foreign
    for number, most, what in (
        (len(text.splitlines()), MOST_LINES, "lines"),
        (text.count("|"), MOST_CELLS, "cells of tables"),
    ):
        if number > most:
            raise InvalidValue(
                f"This plan has {number:,} {what}; at most {most:,} can be split.",
                "Split the file, or queue it as one task.",
            )
    outline = read(text)
    kind, pieces = _chosen(outline, by)
    done = [piece for piece in pieces if piece.done]
    tasks = [piece for piece in pieces if not piece.done and piece.text.strip()]
    prompts = tuple(_with_place(outline, piece, source) for piece in tasks)
    rest = tuple(_rest(outline, pieces))
    return Plan(kind, prompts, tuple(_first(piece) for piece in done), rest, _unboxed(outline, kind, pieces))


def unknown_way(way: str) -> InvalidValue:
    """Return the error of a way to split that does not exist."""
    choose = f"Choose one of: {', '.join(BY)}."
    return InvalidValue(f"{safe(way)[:40]!r} is not a way to split.", f"{likely(way, BY)} {choose}".lstrip())


def checked(plan: Plan) -> Plan:
    """Return a plan that has tasks. Raises InvalidValue."""
    if plan.prompts:
        return plan
    if plan.done:
        number = f"All {len(plan.done)} tasks in it are" if len(plan.done) > 1 else "The task in it is"
        raise InvalidValue(f"There is no task in this text: {number} done.", "Untick what is still to do.")
    raise InvalidValue(
        "There is no task in this text.", "Write one task an item of a list (- task), a heading (## Task) or a line."
    )


def tasks_of(text: str, by: str = "auto", source: str = "") -> tuple[str, ...]:
    """Return the prompts of the tasks in a text. Raises InvalidValue, also if there are none."""
    return checked(split(text, by, source)).prompts


def _foreign(text: str) -> Plan | None:
    """Return the plan of a text that another program wrote."""
    task = other_formats.backlog_task(text)
    found = (task,) if task is not None else other_formats.task_master(text)
    if found is None:
        return None
    done = tuple(_first(piece) for piece in found if piece.done)
    prompts = tuple(piece.text for piece in found if not piece.done)
    return Plan("task-master" if task is None else "backlog", prompts, done)


def _chosen(outline: Outline, by: str) -> tuple[Kind, list[Piece]]:
    sections = sections_of(outline)
    if by == "rows":
        return "rows", list(rows.pieces(outline))
    if by == "lists":
        return "items", list(items.pieces(outline, items.lists_of(outline)))
    if by == "items":
        return "items", list(items.pieces(outline, _work_lists(items.lists_of(outline))))
    if by == "headings":
        chosen = numbered_tasks(sections) or phases(sections) or _top(sections)
        return "headings", list(_sections(outline, sections, chosen))
    return _automatic(outline, sections)


def _automatic(outline: Outline, sections: tuple[Section, ...]) -> tuple[Kind, list[Piece]]:
    lists = items.lists_of(outline)
    with_boxes = [place for place in lists if items.has_boxes(place.block)]
    top = _top(sections)
    if tasks := numbered_tasks(sections):
        return "headings", list(_sections(outline, sections, tasks))
    if len(top) < MANY:
        work = _work_lists(lists)
        if work:
            return "items", list(items.pieces(outline, work))
        return ("headings", list(_sections(outline, sections, top))) if top else ("lines", list(_lines(outline)))
    found = phases(sections)
    if _are_lists(with_boxes) and (not found or _lists_in(outline, with_boxes, found)):
        beside = _without_boxes(outline, found, with_boxes)
        made = (*items.pieces(outline, with_boxes), *_sections(outline, sections, beside))
        return "items", sorted(made, key=lambda piece: piece.start)
    if found:
        return "headings", list(_sections(outline, sections, found))
    return _by_sections(outline, sections, top, lists)


def _unboxed(outline: Outline, kind: Kind, pieces: list[Piece]) -> int:
    """Return the number of items that are left out of a plan because others have a box."""
    if kind != "items":
        return 0
    taken = _taken(outline, ((piece.start, piece.end) for piece in pieces))
    left_out = (place.block for place in items.lists_of(outline) if not items.has_boxes(place.block))
    return sum(len(block.items) for block in left_out if not any(taken[item.start] for item in block.items))


def _without_boxes(outline: Outline, numbered: Iterable[Section], with_boxes: list[Place]) -> Iterator[Section]:
    """Yield the numbered sections that have their work in a text, where others have it in lists with boxes."""
    for section in numbered:
        kinds = {block.kind for block in _blocks_in(outline, section)} - {"heading"}
        is_work = not names.called(names.NO_WORK, section.heading.text)
        if kinds - {"list"} and is_work and not _lists_in(outline, with_boxes, [section]):
            yield section


def _headings(lists: list[Place]) -> int:
    """Return the number of places in a plan that have these lists."""
    return len({place.above for place in lists})


def _are_lists(lists: list[Place]) -> bool:
    """True if there are several items in a place, so that they are the tasks and not the headings above them."""
    sizes = Counter[tuple[str, ...]]()
    for place in lists:
        sizes[place.above] += sum(1 for _ in boxed(place.block.items)) or len(place.block.items)
    return bool(sizes) and (max(sizes.values()) > A_LIST or sizes.total() >= A_LIST * len(sizes))


def _by_sections(
    outline: Outline, sections: tuple[Section, ...], top: tuple[Section, ...], lists: list[Place]
) -> tuple[Kind, list[Piece]]:
    """Split at the sections that are work: of a document, below the one that has the tasks."""
    work = tuple(section for section in top if not names.called(names.NO_WORK, section.heading.text))
    if len(top) - len(work) >= A_DOCUMENT:
        for kind in (names.WORK, names.REQUIREMENTS):
            named = [section for section in sections if names.called(kind, section.heading.text)]
            if len(named) == 1:
                return _within(outline, sections, named[0], lists)
    inside = _lists_in(outline, lists, work)
    is_open = [section for section in work if not section.finished]
    if _only_lists(outline, work) and (_are_lists(_lists_in(outline, lists, is_open)) or _are_groups(is_open)):
        return "items", list(items.pieces(outline, inside))
    return "headings", list(_sections(outline, sections, work or top))


def _within(
    outline: Outline, sections: tuple[Section, ...], section: Section, lists: list[Place]
) -> tuple[Kind, list[Piece]]:
    """Split the one section that has the work: at its headings, or at the items of its lists."""
    inner = tuple(largest(below(section, sections)))
    if len(inner) > 1:
        return "headings", list(_sections(outline, sections, inner))
    inside = _lists_in(outline, lists, [section])
    if inside:
        return "items", list(items.pieces(outline, inside))
    return "headings", list(_sections(outline, sections, (section,)))


def _blocks_in(outline: Outline, section: Section) -> tuple[Block, ...]:
    start, end = (
        bisect_left(outline.blocks, line, key=lambda block: block.start)
        for line in (section.heading.start, section.end)
    )
    return outline.blocks[start:end]


def _lists_in(outline: Outline, lists: list[Place], sections: Iterable[Section]) -> list[Place]:
    inside = {block.start for section in sections for block in _blocks_in(outline, section)}
    return [place for place in lists if place.block.start in inside]


def _are_groups(work: list[Section]) -> bool:
    """True if each section has the name of a group of tasks, such as `Now` or `Bugs`, and so is not a task."""
    groups = (names.GROUP, names.GENERAL)
    return bool(work) and all(any(names.called(kind, each.heading.text) for kind in groups) for each in work)


def _only_lists(outline: Outline, work: tuple[Section, ...]) -> bool:
    """True if the sections have nothing but lists."""
    return {block.kind for section in work for block in _blocks_in(outline, section)} <= {"list", "heading"}


def _top(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections below the title of the text. Those before a higher heading are among them."""
    return tuple(largest(sections[len(titles(sections)) :])) or sections


def _work_lists(lists: list[Place]) -> list[Place]:
    """Return the lists of one section that are tasks: with boxes if there are any under several headings, else all."""
    with_boxes = [place for place in lists if items.has_boxes(place.block)]
    return with_boxes if with_boxes and _headings(lists) > 1 else lists


def _sections(outline: Outline, sections: tuple[Section, ...], chosen: Iterable[Section]) -> Iterator[Piece]:
    title = len(titles(sections))
    for section in chosen:
        above = tuple(heading.text for heading in section.above[title:])
        start = section.heading.start
        done = section.finished or _all_ticked(outline, section)
        yield Piece(outline.slice(start, section.end), start, section.end, above, done)


def _all_ticked(outline: Outline, section: Section) -> bool:
    """True if a section has boxes, and all of them are ticked."""
    marks = [item.done for block in _blocks_in(outline, section) for item in boxed(block.items)]
    return bool(marks) and all(marks)


def _lines(outline: Outline) -> Iterator[Piece]:
    """Yield each line of a text without headings and lists, with the code and the quotations below it."""
    start, end = None, 0
    for block in outline.blocks:
        if block.kind != "paragraph":
            start, end = block.start if start is None else start, block.end
            continue
        for line in range(block.start, block.end):
            if start is not None:
                yield _part(outline, start, end)
            start, end = line, line + 1
    if start is not None:
        yield _part(outline, start, end)


def _part(outline: Outline, start: int, end: int) -> Piece:
    return Piece(outline.slice(start, end).lstrip(), start, end)


def _with_place(outline: Outline, piece: Piece, source: str) -> str:
    """Return the prompt of a part, with the definitions of its links and the headings above it."""
    defined = [definitions.text_of(outline, lines) for lines in definitions.used(outline, piece)]
    text = "\n\n".join(filter(None, (piece.text, "\n".join(defined))))
    above = [" ".join(each.split()) for each in piece.above if not names.called(names.GENERAL, each)]
    return f"{text}\n\nFrom {' › '.join(filter(None, (source, *above)))}" if above else text


def _first(piece: Piece) -> str:
    return piece.text.strip().partition("\n")[0]


def _rest(outline: Outline, pieces: list[Piece]) -> Iterator[str]:
    """Yield the lines with text that are in no part, and are not a heading, a comment or a definition that a part uses."""
    taken = _taken(
        outline,
        (
            *((piece.start, piece.end) for piece in pieces),
            *(lines for piece in pieces for lines in definitions.used(outline, piece)),
            *outline.unsaid,
            *((block.start, block.end) for block in outline.blocks if block.kind == "heading"),
        ),
    )
    yield from (
        line.strip() for line, is_taken in zip(outline.lines, taken, strict=True) if not is_taken and line.strip()
    )


def _taken(outline: Outline, parts: Iterable[tuple[int, int]]) -> bytearray:
    """Return for each line whether it is in one of these parts, from a line to one behind it."""
    taken = bytearray(len(outline.lines))
    for start, end in parts:
        taken[start:end] = b"\1" * (end - start)
    return taken
