"""The sample beside a server that has just started: keys, articles, and where to look."""

import asyncio
import json
import shlex
from collections.abc import Iterator
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
from server.publishing import list_channel_languages
from server.sample.standing import describe_standing, find_standing
from server.store.jobs import count_jobs

NEWSROOM = "demo-newsroom"
USUAL_OUTLET = "khazar-news"


async def show_sample(setting: Setting, config: Config, app: web.Application, address: str) -> None:
    """Keys for the sample's outlets, its articles pushed once through the real API, and where to look."""
    note = setting.data / "sample.json"
    keys = await _issue_sample_keys(setting, config, note)
    if not _is_pushed(note):
        await _push(config, keys, address, note)
    click.echo("")
    for name, value in _list_places(config, address, note):
        click.echo(f"  {name:<16} {value}")
    click.echo("")
    await _report_translations(app)
    async with app[DATABASE].read() as conn:
        standing = await find_standing(conn, config)
    install = f"karvan --data {shlex.quote(str(setting.data))} languages install starter"
    lines = describe_standing(standing, f"{address}/v1/desk (key of admin)", install)
    for line in [*lines, "Stop with Ctrl-C; `make run` goes on from here."]:
        click.echo(line)


async def _issue_sample_keys(setting: Setting, config: Config, note: Path) -> dict[str, str]:
    keys = _read_keys(note)
    missing = [owner for owner in (*config.outlets, *config.subscribers, "admin") if owner not in keys]
    if missing:
        keys |= {owner: (await issue_key(setting, config, owner))[1] for owner in missing}
        _write_keys(note, keys)
    return keys


async def _push(config: Config, keys: dict[str, str], address: str, note: Path) -> None:
    """What the configuration has outlets for; the rest is named."""
    steps, left_out = sample.pick_steps(config)
    for reason, items in left_out.items():
        click.echo(f"Left out of the sample, because {reason}: {', '.join(items)}")
    if not steps:
        return
    click.echo("Pushing the sample articles:")
    try:
        async with open_session() as session:
            await sample.push_sample(session, address, keys, lambda line: click.echo(f"  {line}"), steps)
    except (sample.SampleRefused, ServerUnreachable) as error:
        click.echo(f"karvan: {error}", err=True)
        return
    if not left_out:
        _set_pushed(note)


def _list_places(config: Config, address: str, note: Path) -> Iterator[tuple[str, str]]:
    """Where to look: (what, where)."""
    yield "Pages", f"{address}/"
    public = [name for name, channel in config.channels.items() if channel.access == "public"]
    members = [name for name, channel in config.channels.items() if channel.access == "members"]
    if public:
        feed, *others = (f"{name}/{language}" for name, language in _list_firsts(public, config))
        there = ", ".join([*list_channel_languages(public[0], config)[1:], *(one.partition("/")[0] for one in others)])
        yield "Feeds", f"{address}/feeds/{feed}.atom   ({there}; {address}/feeds.opml)"
    if members:
        owner = NEWSROOM if NEWSROOM in config.subscribers else "a member"
        [(name, language)] = _list_firsts(members[:1], config)
        yield "Private channel", f"{address}/feeds/{name}/{language}.atom   (key of {owner})"
    yield "Keys", str(note)
    if config.outlets:
        outlet = USUAL_OUTLET if USUAL_OUTLET in config.outlets else next(iter(config.outlets))
        command = f".venv/bin/karvan push FILE.md --server {address} --outlet {outlet}"
        yield "Push your own", f"KARVAN_KEY=… {command}"


def _list_firsts(channels: list[str], config: Config) -> Iterator[tuple[str, str]]:
    for name in channels:
        yield name, list_channel_languages(name, config)[0]


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
