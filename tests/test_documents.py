"""The documents that a stranger reads: every one is there, every link leads somewhere, the words are the product's."""

import re
from pathlib import Path

import pytest

from tests.harness.projects import TOP
from tests.promises import holds

WANTED = {
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CLAUDE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "WORKER_PLAYBOOK.md",
    "docs/cli.md",
    "docs/configuration.md",
    "docs/guide.md",
    "docs/mcp.md",
    "docs/performance.md",
    "docs/reliability.md",
    "docs/rest.md",
    "docs/tools.md",
    "docs/upgrading.md",
}
FOLDERS = ("", "docs", "plugin/**")
PAGES = sorted({file for folder in FOLDERS for file in TOP.glob(f"{folder}/*.md".lstrip("/"))})
FILE = re.compile(r"`((?:sparkq_\w+|tests|docs|bench|plugin|mcpb)/[\w./-]*)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]+))?\)")


def name(page: Path) -> str:
    return str(page.relative_to(TOP))


def anchors(page: Path) -> set[str]:
    """What a heading can be linked by."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@holds("documentation")
def test_every_document_is_there() -> None:
    assert WANTED - {name(page) for page in PAGES} == set()


@holds("documentation")
@pytest.mark.parametrize("document", PAGES, ids=name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        there = (document.parent / target).resolve()
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), f"{target}#{anchor}"


@holds("wording")
@pytest.mark.parametrize("document", PAGES, ids=name)
def test_nothing_is_called_what_it_is_not(document: Path) -> None:
    """One person, one machine: no page promises a distributed, cloud or team product."""
    text = document.read_text(encoding="utf-8").lower()

    for word in ("distributed", "multi-user", "cloud", "team"):
        for match in re.finditer(rf"\b{word}\b", text):
            before = text[max(0, match.start() - 40) : match.start()]
            assert re.search(r"\b(not?|never|nor|without)\b", before), text[
                max(0, match.start() - 60) : match.end() + 20
            ]


@holds("wording")
def test_the_readme_says_for_whom_it_is() -> None:
    text = (TOP / "README.md").read_text(encoding="utf-8")

    assert "local-first, single-user" in text
    assert "make demo" in text
    assert "make test" in text


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_no_page_knows_the_machine_that_it_was_written_on(document: Path) -> None:
    assert not re.search(r"/(?:home|Users|root|work|tmp)/", document.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "CLAUDE.md"])
def test_every_file_that_a_developer_is_sent_to_is_there(document: str) -> None:
    named = FILE.findall((TOP / document).read_text(encoding="utf-8"))

    assert named
    assert [file for file in named if not (TOP / file).exists()] == []
