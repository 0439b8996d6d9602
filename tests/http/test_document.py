"""The OpenAPI document, the reference page and the assets."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkq_core.clock import SystemClock
from sparkq_core.installation import setup
from sparkq_http.answer import STATUS
from sparkq_http.assets import Assets
from sparkq_http.document import REFUSALS
from tests.http.caller import Caller, Served
from tests.http.test_guard import ROUTES
from tests.promises import holds


@pytest.fixture
def document(call: Caller) -> dict[str, Any]:
    return call.get("/openapi.json").facts


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield f"{verb.upper()} {path}", operation


@holds("rest-nouns")
def test_every_api_route_is_in_the_document(document: dict[str, Any]) -> None:
    listed = {name for name, _ in operations(document)}

    assert len(listed) == len([path for _, path in ROUTES if path.startswith("/api")])


@holds("rest-nouns")
def test_every_operation_says_what_it_does_and_how_it_refuses(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["description"].strip(), name
        for status in REFUSALS:
            content = operation["responses"][str(status)]["content"]["application/json"]
            assert content["schema"]["$ref"].endswith("/Refusal"), (name, status)
        done = operation["responses"].get("200") or operation["responses"]["201"]
        assert name == "GET /api/events" or "$ref" in done["content"]["application/json"]["schema"], name


@holds("http-status")
def test_every_kind_of_refusal_has_a_documented_status() -> None:
    assert set(STATUS.values()) <= set(REFUSALS)


@holds("rest-docs")
def test_the_reference_page_is_made_of_own_files(call: Caller) -> None:
    page = call.get("/docs")
    links = re.findall(r'(?:href|src)="([^"]+)"', page.body.decode())

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>" not in page.body.decode()
    for link in links:
        assert link.startswith(("/", "data:")), link
        assert link.startswith("data:") or call.get(link).status == 200
    kinds = [call.get(link).headers["content-type"] for link in links if link.startswith("/assets/")]
    assert sorted(kinds) == ["text/css; charset=utf-8", "text/javascript; charset=utf-8"]


@holds("env-modes")
def test_assets_are_cached_for_a_year_in_prod_and_never_else(call: Caller, tmp_path: Path) -> None:
    setup.setup(tmp_path, setup.defaults(tmp_path), SystemClock(), {})
    url = looked().url("reference.js")
    server = Served(tmp_path, "--env", "prod")
    try:
        cached, stale = server.call.get(url), server.call.get("/assets/0000/reference.js")
    finally:
        server.stop()

    assert cached.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (stale.status, stale.headers["cache-control"]) == (200, "no-store")
    assert call.get(url).headers["cache-control"] == "no-store"


def looked(*folders: Path) -> Assets:
    """The files as they are now."""
    assets = Assets(*folders)
    assets.look()
    return assets


def test_the_address_of_assets_changes_with_any_of_them(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("1")
    (tmp_path / "other.css").write_text("1")
    assets = looked(tmp_path)
    first = assets.url("app.js")
    (tmp_path / "other.css").write_text("22")
    assets.look()

    assert re.fullmatch(r"/assets/[0-9a-f]{16}/app\.js", first)
    assert assets.url("app.js") != first
    with pytest.raises(KeyError):
        assets.url("nothing.js")


def test_a_document_names_the_scripts_that_its_own_needs_to_begin(tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "app.js").write_text('import {\n\tb,\n} from "./b.js";\nimport "./views/c.js";\n')
    (tmp_path / "b.js").write_text('export * from "./app.js";\nconst later = () => import("./later.js");\n')
    (tmp_path / "views/c.js").write_text('import * as b from "../b.js";\n')
    (tmp_path / "later.js").write_text("")

    assert looked(tmp_path).modules("app.js") == ["app.js", "b.js", "views/c.js"]


def test_assets_lose_comments_and_indentation_and_never_code(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text(
        "/* one */ before();\n"
        "between();\n"
        "/* two */\n"
        "\t/** over\n"
        "\t * lines */\n"
        "\tindented(); // stays\n"
        "  // goes\n"
        'const url = "https://a/*b*/";\n'
        "/* three */ after(); /* four */\n"
    )

    content = looked(tmp_path).content("app.js")
    assert content is not None
    assert content.decode().splitlines() == [
        "/* one */ before();",
        "between();",
        *("", "", ""),
        "indented(); // stays",
        "",
        'const url = "https://a/*b*/";',
        "/* three */ after(); /* four */",
    ]


def test_until_the_next_document_all_assets_are_of_one_version(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("1")
    assets = looked(tmp_path)
    address = assets.url("app.js")
    (tmp_path / "app.js").write_text("22")

    assert (assets.url("app.js"), assets.content("app.js")) == (address, b"1")
    assets.look()
    assert assets.content("app.js") == b"22"


@pytest.mark.parametrize(
    "name", ["nothing.js", "../server.py", "..%2fserver.py", "%2e%2e/server.py", "/etc/passwd", ""]
)
def test_nothing_else_is_an_asset(call: Caller, name: str) -> None:
    assert call.get(f"/assets/0/{name}").status == 404
