"""karvan glossary: import, export, list."""

import asyncio
from datetime import datetime
from pathlib import Path

import click

import feeds
from server.app import get_time
from server.commands import Setting, clear_errors, pass_setting, print_json, print_table, refuse
from server.commands.databases import read, write
from server.config import Config
from server.store.glossaries import list_current
from server.translation.glossary import FOR_ALL, load_own, set_glossary
from server.translation.glossary_files import read_tbx, read_tsv, write_tbx
from translators.glossary import Glossary, load_default, parse_tsv, render_tsv

BY = "command line"  # in place of a key's id


@click.group()
def glossary() -> None:
    """Glossaries: names and terms that come out the same way. They work beside a running server.

    Example: karvan glossary list
    """


@glossary.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--exchange", default=FOR_ALL, help="Only for articles of this exchange; else for all.")
@click.option("--json", "as_json", is_flag=True, help="Print {exchange, number, version, terms, changed}.")
@pass_setting
@clear_errors
def import_(setting: Setting, file: Path, exchange: str, as_json: bool) -> None:
    """Put a glossary in force, from TSV or TBX-Basic (.tbx, .xml). It takes the place of the one that was.

    Example: karvan glossary import names.tsv --exchange silk-road
    """
    _check_exchange(setting.load(), exchange)
    is_xml = file.suffix.lower() in (".tbx", ".xml")
    raw = file.read_bytes()
    try:
        own = read_tbx(raw) if is_xml else read_tsv(raw)
    except feeds.InvalidDocument as error:
        refuse("\n".join(f"{file}: {fault.pointer}: {fault.detail}" for fault in error.errors))
    except feeds.MalformedDocument as error:
        refuse(f"{file}: {error}")
    terms = render_tsv(own) if is_xml else raw.decode("utf-8-sig")
    row, changed = asyncio.run(
        write(setting, lambda conn: set_glossary(conn, exchange, terms, len(own.terms), BY, get_time()))
    )
    if as_json:
        answer = {"exchange": exchange, "number": row.number, "version": own.version, "terms": len(own.terms)}
        print_json(answer | {"changed": changed})
    else:
        click.echo(f"{len(own.terms)} terms, number {row.number}{'' if changed else ': nothing new'}.")


@glossary.command()
@click.option("--exchange", default=FOR_ALL, help="That of an exchange; else the one for all.")
@click.option("--format", "format_", type=click.Choice(["tsv", "tbx"]), default="tsv", help="TSV or TBX-Basic.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to; else standard output.")
@pass_setting
@clear_errors
def export(setting: Setting, exchange: str, format_: str, output: Path | None) -> None:
    """Write a glossary: what was set, or for all the one that ships with Karvan.

    Example: karvan glossary export --format tbx --output glossary.tbx
    """
    _check_exchange(setting.load(), exchange)
    found = asyncio.run(read(setting, lambda conn: load_own(conn, exchange)))
    if found is None:
        refuse(f"{exchange!r} has no glossary of its own: the one for all holds")
    body = render_tsv(found).encode() if format_ == "tsv" else write_tbx(found, f"Karvan glossary {exchange}".strip())
    if output is None:
        click.echo(body, nl=False)
    else:
        output.write_bytes(body)


@glossary.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@pass_setting
@clear_errors
def list_(setting: Setting, as_json: bool) -> None:
    """List the glossaries in force: for whom, how many terms, since when.

    Example: karvan glossary list --json
    """
    rows = asyncio.run(read(setting, list_current))
    known: list[tuple[str, int, Glossary, datetime | None]] = [
        (row.exchange, row.number, parse_tsv(row.terms), row.created_at) for row in rows.values()
    ]
    if FOR_ALL not in rows:
        known.append((FOR_ALL, 0, load_default(), None))
    known.sort(key=lambda one: one[0])
    if as_json:
        names = ("exchange", "number", "version", "terms", "created_at")
        print_json(
            [dict(zip(names, (exchange, number, own.version, len(own.terms), at), strict=True))
             for exchange, number, own, at in known]
        )  # fmt: skip
        return
    print_table(
        (
            (exchange or "all", str(number), own.version, str(len(own.terms)), _describe_time(at))
            for exchange, number, own, at in known
        ),
        "for", "number", "version", "terms", "since",
    )  # fmt: skip


def _describe_time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "ships with Karvan"


def _check_exchange(config: Config, exchange: str) -> None:
    if exchange != FOR_ALL and exchange not in config.exchanges:
        refuse(f"there is no exchange {exchange!r}; there are {', '.join(config.exchanges) or 'none'}")
