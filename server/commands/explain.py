"""karvan explain: why an article is or is not where somebody expected it."""

import asyncio
from datetime import UTC

import click

from server.app import get_time
from server.commands import Setting, clear_errors, pass_setting, print_json, refuse
from server.commands.databases import looked_into
from server.configfile.live import Version
from server.handlers.explain import describe_config, list_feeds, make_reader, pick_config
from server.store.articles import find_article
from server.whereabouts import describe, find_whereabouts, render


@click.command()
@click.argument("article")
@click.option("--channel", default="", help="One channel; else all.")
@click.option("--language", default="", help="One language; else all.")
@click.option("--subscriber", default="", help="For this subscriber or outlet.")
@click.option("--version", "number", type=click.IntRange(1), help="Under this version of the configuration.")
@click.option("--json", "as_json", is_flag=True, help="Print what GET /v1/explain answers.")
@pass_setting
@clear_errors
def explain(
    setting: Setting, article: str, channel: str, language: str, subscriber: str, number: int | None, as_json: bool
) -> None:
    """Say why ARTICLE (outlet/item) is or is not in channels, rule by rule and gate by gate.

    Example: karvan explain khazar-news/2026-17 --channel economy --language tr
    """
    asyncio.run(_explain(setting, article, channel, language, subscriber, number, as_json=as_json))


async def _explain(
    setting: Setting, name: str, channel: str, language: str, subscriber: str, number: int | None, *, as_json: bool
) -> None:
    config, (outlet, _, item) = setting.load(), name.partition("/")
    async with looked_into(setting) as database, database.read() as conn:
        article = await find_article(conn, outlet, item)
        if article is None:
            refuse(f"there is no article {name!r}: it is called OUTLET/ITEM")
        picked = await pick_config(conn, article, Version(config), number)
        reader = make_reader(subscriber, picked.config)
        feeds = list_feeds(picked.config, channel, language)
        found = await find_whereabouts(conn, article, feeds, reader, picked.config, get_time().astimezone(UTC))
        said = await describe_config(conn, picked, found)
    if as_json:
        print_json({**describe(found), **said})
        return
    for line in render(found):
        click.echo(line)
