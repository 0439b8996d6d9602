"""A recorded day with the plan of a project: it goes in, is sorted into three queues, is worked, and the report comes out."""

import pytest

from tests.package.person import Person, called, chat_of
from tests.promises import holds

pytestmark = pytest.mark.anyio

PLAN = """\
---
milestone: 3
---
# Milestone 3: feeds and drafts

What readers asked for since the spring. Each point is a day or less.

## Engine

- [x] Read the front matter as YAML
- [ ] Write an Atom feed for each tag
  - the newest twenty posts, whole
  - `updated` is that of the newest post
- [ ] Leave drafts out unless `--drafts` is given
- [ ] ~~Build in parallel~~
- [ ] Rebuild only what changed:
  ```
  site build --since main
  ```
- [ ] Report dead links after a build

## Handbook

- [ ] Describe the feed settings
- [ ] Show a draft from the first line to the page
- [ ] List every command with an example

## Website

- [ ] Move the showcase to its own page
- [ ] Measure the front page again
"""
"""The structure of a public project's plan, in our own words: front matter, ticked and struck items, sub-items, code."""

ENGINE = [
    "Write an Atom feed for each tag",
    "Leave drafts out unless `--drafts` is given",
    "Rebuild only what changed",
    "Report dead links after a build",
]
HANDBOOK = [
    "Describe the feed settings",
    "Show a draft from the first line to the page",
    "List every command with an example",
]
WEBSITE = ["Move the showcase to its own page", "Measure the front page again"]


def titles(person: Person, queue: str) -> list[str]:
    return [task["title"].rstrip(":") for task in person.asks("tasks", "--queue", queue, "--sort", "line")["tasks"]]


def ids(person: Person, *filters: str) -> dict[str, str]:
    return {task["title"].rstrip(":"): str(task["id"]) for task in person.asks("tasks", *filters)["tasks"]}


@holds("a-recorded-day")
async def test_a_plan_goes_in_and_a_report_comes_out(person: Person) -> None:
    # Set up, three queues, the plan in.
    person.sparkq("setup", "--yes", "--connect")
    for queue in ("engine", "handbook", "website"):
        person.sparkq("queue", "add", queue, "--instructions", f"For the {queue}.")
    (person.folder / "PLAN.md").write_text(PLAN)
    preview = person.sparkq("add", "--file", "PLAN.md", "--split", "--dry-run", "--queue", "engine")
    assert "Read the front matter" not in preview
    assert "Build in parallel" not in preview
    person.sparkq("add", "--file", "PLAN.md", "--split", "--queue", "engine", "--yes")
    assert titles(person, "engine") == [*ENGINE, *HANDBOOK, *WEBSITE]

    # Sort it: moves of several, in order; two go out in bulk and one comes back; the last one first.
    known = ids(person)
    person.sparkq("mv", *(known[title] for title in HANDBOOK), "handbook")
    person.sparkq("mv", f"{known[WEBSITE[0]]}-{known[WEBSITE[1]]}", "website")
    assert [titles(person, queue) for queue in ("engine", "handbook", "website")] == [ENGINE, HANDBOOK, WEBSITE]
    person.sparkq("rm", known[ENGINE[2]], known[WEBSITE[1]], "--reason", "not in this milestone")
    person.sparkq("retry", known[ENGINE[2]])
    person.sparkq("edit", known[ENGINE[3]], "--front")
    order = [ENGINE[3], ENGINE[0], ENGINE[1], ENGINE[2]]
    assert titles(person, "engine")[:4] == order

    # Work: a chat asks about one task, is answered, and works all queues; one task fails.
    async with chat_of(person) as client:
        asked = (await called(client, "claim", queue="engine"))["task"]
        await called(client, "release", task_id=asked["id"], attempt=asked["attempt"], question="Also links in drafts?")
    assert "Also links in drafts?" in person.sparkq("answer")
    person.sparkq("answer", str(asked["id"]), "No, only what is built.")
    async with chat_of(person) as client:
        again = (await called(client, "claim", queue="engine"))["task"]
        assert (again["id"], again["answer"]) == (asked["id"], "No, only what is built.")
        await called(
            client,
            "complete",
            task_id=again["id"],
            attempt=again["attempt"],
            result="Wrote links.py. Checked: make test.",
        )
        held = (await called(client, "claim", queue="handbook"))["task"]
        await called(
            client, "fail", task_id=held["id"], attempt=held["attempt"], error="The settings have no names yet."
        )
    done: list[str] = []
    for queue in ("engine", "handbook", "website"):
        await person.works(queue, done)
    assert sorted(title.rstrip(":") for title in done) == sorted(
        [ENGINE[0], ENGINE[1], ENGINE[2], *HANDBOOK[1:], WEBSITE[0]]
    )

    # Out: the inbox, the failure goes back in bulk, the rest is accepted, the report has each.
    assert person.asks("inbox")["total"] == 8
    person.sparkq("retry", "--status", "failed", "--yes")
    person.sparkq("accept", *ids(person, "--status", "succeeded").values())
    person.sparkq("undo", str(asked["id"]))
    assert [task["id"] for task in person.asks("inbox")["tasks"]] == [asked["id"]]
    report = person.sparkq("report", "--since", "today", "--markdown")
    for title in (*ENGINE, *HANDBOOK, WEBSITE[0]):
        assert title in report.replace("\\", ""), "Markdown escapes its marks"
    assert "The settings have no names yet." in report
    assert "make test" in report
    assert person.asks("tasks", "--status", "queued")["total"] == 1
    assert person.asks("tasks", "--status", "cancelled")["total"] == 1
    person.sparkq("teardown", "--force")
