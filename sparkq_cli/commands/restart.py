"""`sparkq restart`"""

from sparkq_cli import service
from sparkq_cli.commands.run import Env, Host, Port, server_arguments
from sparkq_cli.commands.start import report
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, Quiet, new_app

app = new_app()


@app.command()
def restart(host: Host = None, port: Port = None, env: Env = None, json: Json = False, quiet: Quiet = False) -> None:
    """Restart the project's server in the background.

    Example: sparkq restart --env prod
    """
    config = open_sparkq().config
    arguments = server_arguments(host, port, env)
    service.stop(config)
    report(config, service.start(config, arguments), "runs", json, quiet)
