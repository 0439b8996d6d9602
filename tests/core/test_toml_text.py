"""Changing one table of a TOML file: what else is in it stays, byte for byte."""

import pytest

from sparkq_core.installation import toml_text

ENTRY = {"command": "/bin/sparkq", "args": ["mcp", "--project", "/p"], "required": True}
SERVER = ("mcp_servers", "sparkq")

KEPT = {
    "nothing": "",
    "comments": '# mine\nmodel = "gpt"   # fast\n\n[profiles.deep]\nmodel = "gpt-pro"\n',
    "another server": '[mcp_servers.github]\ncommand = "gh-mcp"  # keep\n\n[mcp_servers.github.env]\nTOKEN = "x"\n',
    "a table after the servers": '[mcp_servers.github]\ncommand = "gh"\n\n[tui]\ntheme = "dark"\n',
    "line ends of Windows": '[mcp_servers.github]\r\ncommand = "gh"\r\n',
    "texts that look like tables": 'notes = """\n[mcp_servers.sparkq]\n"""\n',
    "a list of tables": '[[hooks]]\nrun = "x"\n\n[[hooks]]\nrun = "y"\n',
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_a_table_comes_and_goes_and_nothing_else_changes(text: str) -> None:
    before = toml_text.loads(text)

    added = toml_text.with_table(text, SERVER, ENTRY)

    servers = before.get("mcp_servers", {}) | {"sparkq": ENTRY}
    assert toml_text.loads(added) == before | {"mcp_servers": servers}
    assert "[mcp_servers.sparkq]" in added
    assert toml_text.with_table(added, SERVER, ENTRY) == added
    assert toml_text.without_table(added, SERVER) == text


def test_it_reads_as_the_documentation_of_the_client_writes_it() -> None:
    text = toml_text.with_table('model = "gpt"\n', SERVER, ENTRY)

    assert text == (
        'model = "gpt"\n\n[mcp_servers.sparkq]\ncommand = "/bin/sparkq"\n'
        'args = ["mcp", "--project", "/p"]\nrequired = true\n'
    )


def test_a_present_table_is_replaced_where_it_is() -> None:
    text = '[mcp_servers.sparkq]\ncommand = "old"\n\n[tui]\ntheme = "dark"\n'

    assert toml_text.loads(toml_text.with_table(text, SERVER, ENTRY)) == {
        "mcp_servers": {"sparkq": ENTRY},
        "tui": {"theme": "dark"},
    }


@pytest.mark.parametrize(
    "text", ["[", "a = ", "mcp_servers = 1", 'mcp_servers = { github = { command = "x" } }\r\nb = 1\n']
)
def test_what_cannot_be_changed_safely_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        toml_text.with_table(text, SERVER, ENTRY)


def test_a_table_that_is_not_there_cannot_go() -> None:
    with pytest.raises(ValueError, match="no such table"):
        toml_text.without_table("a = 1\n", SERVER)


@pytest.mark.parametrize("text", ["mcp_servers = {}\n", 'mcp_servers = { github = { command = "gh" } }  # mine\n'])
def test_into_an_inline_table_comes_an_inline_one(text: str) -> None:
    added = toml_text.with_table(text, SERVER, ENTRY)

    servers = toml_text.loads(text)["mcp_servers"] | {"sparkq": ENTRY}
    assert toml_text.loads(added) == {"mcp_servers": servers}
    assert (
        toml_text.loads(toml_text.without_table(added, SERVER)).get("mcp_servers", {})
        == toml_text.loads(text)["mcp_servers"]
    )
