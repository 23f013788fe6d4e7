"""``logsluice serve``: the HTTP API and the console."""

from typing import Any

import click

from logsluice.cli.settings import command_settings


@click.command()
@click.option("--host", help="Address to listen on; default: LOGSLUICE_CONSOLE__HOST, 127.0.0.1.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on, 0 takes a free one; default: LOGSLUICE_CONSOLE__PORT, 8080.",
)
def serve(host: str | None, port: int | None) -> None:
    """Label files, and look at and correct what is labelled, in a browser or over HTTP.

    Runs until SIGTERM or SIGINT. Listens on this machine alone, unless a token or a proxy says who may use it.
    """
    given: dict[str, Any] = {
        name: value for name, value in (("host", host), ("port", port)) if value is not None
    }
    settings = command_settings()
    settings = settings.model_copy(update={"console": settings.console.model_copy(update=given)})
    from console import server  # it loads the web framework and the classifier

    server.run(settings)
