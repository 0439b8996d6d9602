"""`sparkq start`"""

from sparkq_cli import service, show
from sparkq_cli.commands.run import Env, Host, Port, server_arguments
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, Quiet, new_app
from sparkq_core.config.settings import Config

app = new_app()


@app.command()
def start(host: Host = None, port: Port = None, env: Env = None, json: Json = False, quiet: Quiet = False) -> None:
    """Start the web page and REST API in the background, and print their address.

    Example: sparkq start
    """
    config = open_sparkq().config
    arguments = server_arguments(host, port, env)
    server = service.once_started(config)
    if server is not None:
        report(config, server, "is running already", json, quiet)
        return
    report(config, service.start(config, arguments), "runs", json, quiet)


def report(config: Config, server: service.Running, state: str, json: bool, quiet: bool) -> None:
    """Where the server is, for `start` and `restart`."""
    if json:
        show.json_line({"running": True, "url": server.url, **server._asdict(), "log": str(config.log)})
    elif not quiet:
        show.say(f"The server {state} at {server.url} (process {server.pid}, log {config.log}).")
        show_token(server)


def show_token(server: service.Running) -> None:
    """Say how to open a server that needs its token."""
    if server.token_file is not None and server.is_local:
        show.say(f"Open it in your browser: {server.login_url}")
        show.say(f"Programs send the token in {server.token_file}: Authorization: Bearer …")
    elif server.token_file is not None:
        show.say(f"Other machines can reach it with the token in {server.token_file}: {server.far_url}/login")
