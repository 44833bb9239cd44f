"""The sample beside a server that has just started: keys, articles, and where to look."""

import asyncio
import json
from pathlib import Path

import click
from aiohttp import web

from server import sample
from server.client import ServerUnreachable
from server.commands import Setting
from server.commands.keys import issue_key
from server.config import Config
from server.jobs import MEDIA, TRANSLATE
from server.keys import CLOCK, DATABASE
from server.outbound import open_session
from server.store.jobs import count_jobs

NEWSROOM = "demo-newsroom"


async def show_sample(setting: Setting, config: Config, app: web.Application, address: str) -> None:
    """Keys for the sample's outlets, its articles pushed once through the real API, and where to look."""
    note = setting.data / "sample.json"
    keys = await _issue_sample_keys(setting, config, note)
    if not _is_pushed(note):
        click.echo("Pushing the sample articles:")
        try:
            async with open_session() as session:
                await sample.push_sample(session, address, keys, lambda line: click.echo(f"  {line}"))
        except (sample.SampleRefused, ServerUnreachable) as error:
            click.echo(f"karvan: {error}", err=True)
            return
        _set_pushed(note)
    click.echo(
        f"\n  Pages            {address}/\n"
        f"  Feeds            {address}/feeds/world/az.atom   (en, ru, tr, zh; economy, culture; {address}/feeds.opml)\n"
        f"  Private channel  {address}/feeds/turkic/tr.atom   (key of {NEWSROOM})\n"
        f"  Keys             {note}\n"
        f"  Push your own    KARVAN_KEY=… .venv/bin/karvan push FILE.md --server {address} --outlet khazar-news\n"
    )
    await _report_translations(app)
    click.echo("All sample articles stand in all languages. Stop with Ctrl-C; `make run` goes on from here.")


async def _issue_sample_keys(setting: Setting, config: Config, note: Path) -> dict[str, str]:
    if keys := _read_keys(note):
        return keys
    owners = [*config.outlets, *config.subscribers, "admin"]
    keys = {owner: (await issue_key(setting, config, owner))[1] for owner in owners}
    _write_keys(note, keys)
    return keys


def _read_keys(note: Path) -> dict[str, str]:
    keys: dict[str, str] = json.loads(note.read_text()) if note.exists() else {}
    return keys


def _write_keys(note: Path, keys: dict[str, str]) -> None:
    beside = note.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(keys, indent=2) + "\n")
    beside.rename(note)


def _is_pushed(note: Path) -> bool:
    return note.with_name("sample.pushed").exists()


def _set_pushed(note: Path) -> None:
    note.with_name("sample.pushed").touch()


async def _report_translations(app: web.Application) -> None:
    last = 0
    while True:
        async with app[DATABASE].read() as conn:
            waiting = await count_jobs(conn, app[CLOCK]())
        left = waiting.get(TRANSLATE, 0)
        if left == 0 and MEDIA not in waiting:
            return
        if left != last:
            click.echo(f"  translating: {left} versions left")
            last = left
        await asyncio.sleep(1)
