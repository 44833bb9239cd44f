"""karvan memory: import, export."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import click

import feeds
from feeds.safexml import CHUNK
from server.app import get_time
from server.commands import Setting, clear_errors, pass_setting, print_json, refuse
from server.commands.databases import looked_into, opened
from server.config import Config
from server.translation.memory_files import Report, Wanted, describe_report, export_tmx, import_tmx
from translators import Direction
from translators.languages import is_tag, match

MOST_SHOWN = 10  # reasons


@click.group()
def memory() -> None:
    """Translation memory: sentences by people come in and go out as TMX. It works beside a running server.

    Example: karvan memory import agency.tmx
    """


@memory.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", help="Take only pairs from this language.")
@click.option("--target", help="Take only pairs into this language.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of its pairs as JSON.")
@pass_setting
@clear_errors
def import_(setting: Setting, file: Path, source: str | None, target: str | None, as_json: bool) -> None:
    """Take in people's sentences from a TMX file. They win over machines; a later entry wins over an earlier one.

    Example: karvan memory import agency.tmx --source en --target az
    """
    config = setting.load()
    if not config.translation.memory_sentences:
        refuse("this server keeps no memory: translation.memory_sentences is 0")
    wanted = Wanted(config.languages.configured, _pick(source, config), _pick(target, config))
    try:
        report = asyncio.run(_import(setting, file, wanted))
    except feeds.MalformedDocument as error:
        refuse(f"{file}: {error}")
    if as_json:
        print_json(describe_report(report))
    else:
        _show(report)


@memory.command()
@click.option("--source", required=True, help="The language of the originals.")
@click.option("--target", required=True, help="The language of the translations.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to; else standard output.")
@click.option("--machine", is_flag=True, help="Machines' sentences, too.")
@pass_setting
@clear_errors
def export(setting: Setting, source: str, target: str, output: Path | None, machine: bool) -> None:
    """Write people's sentences of one direction as TMX 1.4.

    Example: karvan memory export --source en --target az --output en-az.tmx
    """
    config = setting.load()
    direction = Direction(_pick(source, config) or "", _pick(target, config) or "")
    if direction.source == direction.target:
        raise click.UsageError(f"--source and --target are two languages, not {direction.source} twice")
    asyncio.run(_export(setting, direction, output, by_people=not machine))


def _pick(tag: str | None, config: Config) -> str | None:
    if tag is None:
        return None
    language = match(tag, config.languages.configured) if is_tag(tag) else None
    if language is None:
        refuse(f"{tag!r} is not among languages.configured: {', '.join(config.languages.configured)}")
    return language


async def _import(setting: Setting, file: Path, wanted: Wanted) -> Report:
    def read() -> Iterator[bytes]:
        with file.open("rb") as tmx:
            while piece := tmx.read(CHUNK):
                yield piece

    async with opened(setting) as database:
        return await import_tmx(database, read, wanted, "admin", get_time())


async def _export(setting: Setting, direction: Direction, output: Path | None, *, by_people: bool) -> None:
    async with looked_into(setting) as database:
        with nullcontext(sys.stdout.buffer) if output is None else output.open("wb") as file:
            async for piece in export_tmx(database, direction, by_people=by_people):
                await asyncio.to_thread(file.write, piece)
            file.flush()


def _show(report: Report) -> None:
    click.echo(
        f"{report.taken} new, {report.replaced} in place of older ones, {report.unchanged} there already, "
        f"{report.refused} not taken."
    )
    for fault in report.reasons[:MOST_SHOWN]:
        click.echo(f"karvan: {fault.pointer}: {fault.detail}", err=True)
    if report.refused > MOST_SHOWN:
        click.echo(f"karvan: and {report.refused - MOST_SHOWN} more", err=True)
