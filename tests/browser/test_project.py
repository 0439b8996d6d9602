"""Sessions, scripts and settings."""

from sparkq_core import inbox, tasks
from tests.browser.conftest import Tab
from tests.browser.screen import Screen, expect
from tests.browser.seeds import later
from tests.harness.task_steps import add, take
from tests.harness.waiting import until
from tests.http.caller import Caller, Served

SCRIPT = """#!/bin/sh
# name: deploy
# description: Deploy a version
# inputs:
#   TARGET (required): dev or live
#   VERSION (optional)
#   COUNT (number): how many machines
#   DAY (date)
# tags: release
# timeout: 600
"""


def test_a_session_begins_and_ends_with_its_queues(screen: Screen, call: Caller, line: str) -> None:
    name = f"{line}-sprint"
    screen.open("/sessions")
    screen.click("New session …")
    screen.answer("Create", name=name)
    expect(screen.card(name)).to_contain_text("No queues.")
    screen.open("/queues")
    screen.click("New queue …")
    screen.answer("Create", name=f"{name}-queue", session=name)
    expect(screen.heading).to_contain_text(name)

    screen.open("/sessions")
    screen.click("End …", within=screen.card(name))
    expect(screen.dialog).to_contain_text("Its active queues end too")
    screen.answer("End")

    screen.said(f"{name} ended, and its queues: {name}-queue.")
    expect(screen.card(name).locator(".badge")).to_have_text("ended")
    assert call.get(f"/api/queues/{name}-queue")["queue"]["status"] == "ended"
    screen.card(name).get_by_role("link", name=name, exact=True).click()
    screen.at(rf"#/tasks\?session={name}$")


def test_a_script_is_found_read_anew_and_queued_with_its_inputs(screen: Screen, served: Served, line: str) -> None:
    folder = served.root / "scripts"
    folder.mkdir(exist_ok=True)
    (folder / "deploy.sh").write_text(SCRIPT)
    (folder / "measure.sh").write_text("#!/bin/sh\n# name: measure\n# description: Count lines\n")
    screen.open("/scripts")
    screen.click("Reload scripts")
    expect(screen.card("deploy")).to_contain_text(
        "Inputs: TARGET, VERSION (optional), COUNT (optional), DAY (optional)"
    )

    screen.press("/")
    screen.page.keyboard.type("version")
    expect(screen.card("measure")).to_have_count(0)
    screen.at("search=version$")
    screen.click("Add task …", within=screen.card("deploy"))
    expect(screen.dialog.locator('[name="script"]')).to_have_value("deploy")
    screen.click("Add", within=screen.dialog)
    expect(screen.dialog).to_be_visible()
    assert screen.dialog.locator("datalist option").evaluate_all("all => all.map(({ value }) => value)") == [
        "dev",
        "live",
    ]
    screen.answer("Add", queue=line, **{"input-TARGET": "staging", "input-COUNT": "0", "input-DAY": "2026-02-03"})

    until(lambda: served.call.get(f"/api/tasks?queue={line}")["total"] == 1)
    (task,) = served.call.get(f"/api/tasks?queue={line}")["tasks"]
    prompt = served.call.get(f"/api/tasks/{task['id']}")["prompt"]
    assert all(text in prompt for text in ("staging", "COUNT = 0", "2026-02-03")), prompt


def test_a_script_can_be_chosen_in_any_view(screen: Screen, served: Served, line: str) -> None:
    (served.root / "scripts").mkdir(exist_ok=True)
    (served.root / "scripts/deploy.sh").write_text(SCRIPT.replace("Deploy a version", "Deploy a version. " * 200))
    served.call.post("/api/reload")
    screen.open(f"/queues/{line}")
    screen.click("Add tasks …")
    screen.fill(script="deploy")
    expect(screen.dialog.get_by_role("button", name="Add", exact=True)).to_be_in_viewport(ratio=1)
    assert screen.dialog.evaluate("one => one.scrollWidth - one.clientWidth") == 0
    screen.answer("Add", **{"input-TARGET": "live"})

    expect(screen.main.locator("li.row")).to_contain_text("deploy")


def test_settings_in_the_database_are_changed_and_shown_with_their_source(own: Served, tab: Tab) -> None:
    screen: Screen = tab(own.port).open("/settings")
    expect(screen.main).to_contain_text("The settings are in the database")
    row = screen.main.locator('[data-key="purge.older_than_days"]')
    expect(row).to_contain_text("default")

    screen.click("Change …", within=row)
    screen.answer("Save", value="14")

    screen.said("purge.older_than_days changed in")
    expect(row.locator(".value")).to_have_text("14")
    expect(row).to_contain_text("the config table")
    (own.root / "sparkq.yml").write_text("# Ours.\npurge:\n  older_than_days: 9  # days\n")
    screen.click("Reload sparkq.yml")
    expect(row.locator(".value")).to_have_text("9")
    expect(row).to_contain_text("sparkq.yml")
    screen.click("Change …", within=row)
    screen.fill(value="99999999")
    screen.click("Save", within=screen.dialog)
    expect(screen.dialog).to_be_visible()
    screen.answer("Save", value="21")

    expect(row.locator(".value")).to_have_text("21")
    assert (own.root / "sparkq.yml").read_text() == "# Ours.\npurge:\n  older_than_days: 21  # days\n"
    expect(screen.main.locator('[data-key="server.host"]')).to_contain_text("only in a terminal")


def test_a_purge_says_what_it_would_delete_and_asks(screen: Screen, served: Served, line: str) -> None:
    with later(served.root, -400 * 86_400) as sq:
        (task,) = add(sq, "long ago", queue=line)
        take(sq, queue=line)
        tasks.complete(sq, task, "did it")
        inbox.review(sq, task)
    screen.open("/settings")
    screen.click("Purge now …")
    expect(screen.dialog).to_contain_text("1 reviewed result")
    expect(screen.dialog).to_contain_text("This cannot be undone.")
    screen.answer("Delete")

    screen.said("1 task deleted.")
    served.call.get(f"/api/tasks/{task}").refused(404, "purged")
    screen.click("Purge now …")
    screen.said("Nothing is old enough to delete.")
