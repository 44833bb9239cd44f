"""karvan push: an article from a file to a server."""

import asyncio
from pathlib import Path

import click

from server.client import Answer, ServerUnreachable, UnreadableDocument, push_document, read_document
from server.client.documents import Pushed
from server.commands import clear_errors, print_json, refuse
from server.outbound import open_session


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--server", default="http://127.0.0.1:8080", envvar="KARVAN_SERVER", show_default=True, help="Its address."
)
@click.option("--key", envvar="KARVAN_KEY", required=True, help="Your outlet's key; better given as KARVAN_KEY.")
@click.option("--outlet", help="The outlet's id, where the file does not say it.")
@click.option("--item", help="Your id for the article; else the file's `item`, else the file's name.")
@click.option("--language", help="The language, where the file does not say it.")
@click.option("--json", "as_json", is_flag=True, help="Print the server's answer.")
@clear_errors
def push(
    file: Path, server: str, key: str, outlet: str | None, item: str | None, language: str | None, as_json: bool
) -> None:
    """Push an article: Markdown with front matter, HTML, ninjs (.json) or an Atom entry (.xml).

    Example: KARVAN_KEY=… karvan push story.md --outlet khazar-news --item 2026-11-0042
    """
    if not server.startswith(("http://", "https://")):
        raise click.BadParameter(f"begins with http:// or https://, not {server!r}", param_hint="--server")
    try:
        document = read_document(file, language=language)
        outlet = outlet or document.outlet
        if outlet is None:
            refuse(f"{file} names no outlet: say --outlet ID")
        answer = asyncio.run(_push(server, key, document, outlet, item or document.item or file.stem))
    except (UnreadableDocument, ServerUnreachable) as error:
        refuse(str(error))
    if as_json:
        print_json(dict(answer.body))
    if not answer.is_done:
        refuse(answer.reason)
    if not as_json:
        click.echo(_describe(answer))


async def _push(server: str, key: str, document: Pushed, outlet: str, item: str) -> Answer:
    async with open_session() as session:
        return await push_document(session, server, key, document, outlet, item)


def _describe(answer: Answer) -> str:
    body = answer.body
    name = f"{body.get('outlet')}/{body.get('item')} version {body.get('version')}"
    if body.get("created"):
        return f"{name}: stored"
    return f"{name}: {'new version stored' if body.get('changed') else 'nothing new'}"
