"""The sections of a plan: which headings are its tasks."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import NamedTuple

from sparkq_core.plans import names
from sparkq_core.plans.outline import Block, Item, Outline, crossed_out

MANY = 2
"""Headings of one kind that make it the kind of the plan."""


class Section(NamedTuple):
    """A heading with all below it, up to line `end`. `above` are the headings around it, from the outside."""

    heading: Block
    end: int
    above: tuple[Block, ...]

    @property
    def path(self) -> tuple[str, ...]:
        """The headings above it and its own."""
        return (*(heading.text for heading in self.above), self.heading.text)

    @property
    def finished(self) -> bool:
        """True if its heading, or one above, says that it is done."""
        return any(is_finished(heading) for heading in self.path)


def is_finished(heading: str) -> bool:
    """True if a heading is ticked or struck out, or is called `Done`. A mark before `Tasks` only decorates it."""
    if heading[:3].lower() == "[x]" or names.called(names.FINISHED, heading):
        return True
    if names.called(names.GENERAL, heading) or names.called(names.WORK, heading):
        return False
    return crossed_out(heading) or "✅" in heading


def sections_of(outline: Outline) -> tuple[Section, ...]:
    """Return every section, also those within others, in their order."""
    headings = [block for block in outline.blocks if block.kind == "heading"]
    ends = [len(outline.lines)] * len(headings)
    open_ones: list[int] = []
    made: list[tuple[Block, ...]] = []
    for at, heading in enumerate(headings):
        while open_ones and headings[open_ones[-1]].level >= heading.level:
            ends[open_ones.pop()] = heading.start
        made.append(tuple(headings[place] for place in open_ones))
        open_ones.append(at)
    return tuple(map(Section, headings, ends, made))


def titles(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections that hold the whole plan: the only one of the highest level, if others are below it, and so on."""
    made: list[Section] = []
    inside = sections
    while len(inside) > 1:
        top = min(section.heading.level for section in inside)
        if inside[0].heading.level > top or sum(section.heading.level == top for section in inside) > 1:
            break
        made.append(inside[0])
        inside = inside[1:]
    return tuple(made)


def largest(sections: Iterable[Section]) -> Iterator[Section]:
    """Yield the sections that are in no other of these."""
    end = 0
    for section in sections:
        if section.heading.start >= end:
            end = section.end
            yield section


def numbered_tasks(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections whose headings are tasks by their number. A task with tasks below it is those."""
    return _smallest([section for section in sections if names.matches(names.TASK, section.heading.text)])


def phases(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections that are numbered phases or steps, or the numbered tasks below them."""
    whole = largest(section for section in sections if names.matches(names.PHASE, section.heading.text))
    return _smallest([each for phase in whole for each in (phase, *_subtasks(phase, sections))])


def below(section: Section, sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return the sections within a section."""
    start, end = (
        bisect_right(sections, line, key=lambda each: each.heading.start)
        for line in (section.heading.start, section.end - 1)
    )
    return sections[start:end]


def _subtasks(phase: Section, sections: tuple[Section, ...]) -> list[Section]:
    """Return the sections 1.1, 1.2 … of a phase, unless they are its goals, criteria and so on."""
    inside = below(phase, sections)
    about = sum(names.called(names.NO_WORK, section.heading.text) for section in inside)
    if about > len(inside) / 4:
        return []
    return [
        section
        for section in inside
        if names.matches(names.SUBTASK, section.heading.text) or names.matches(names.PHASE, section.heading.text)
    ]


def _smallest(sections: list[Section]) -> tuple[Section, ...]:
    """Return the sections that have no other of these below them, if there are enough."""
    smallest = [
        section
        for section, following in zip_longest(sections, sections[1:])
        if following is None or following.heading.start >= section.end
    ]
    return tuple(smallest) if len(smallest) >= MANY else ()


def place(blocks: Iterable[Block]) -> Iterator[tuple[Block, tuple[Block, ...], Block | None]]:
    """Yield each block that is not a heading, with the headings above it, and the label directly before it."""
    above: list[Block] = []
    label: Block | None = None
    for block in blocks:
        if block.kind == "heading":
            above = [*(each for each in above if each.level < block.level), block]
            label = None
            continue
        yield block, tuple(above), label
        if block.is_label:
            label = block
        elif block.kind == "paragraph":
            label = None


def boxed(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items with a box, also those within others."""
    for item in items:
        if item.box is not None:
            yield item
        for inner in item.lists:
            yield from boxed(inner.items)
