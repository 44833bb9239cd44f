"""karvan keys: issue, list, revoke."""

import asyncio
from datetime import datetime, timedelta

import click
from rich.console import Console
from rich.table import Table

from server.access import find_role, hash_key, make_key
from server.app import get_time
from server.commands import Setting, clear_errors, pass_setting, print_json, refuse
from server.config import Config
from server.store.engine import open_database
from server.store.keys import KeyRow, list_keys, revoke_keys, save_key

MOST_DAYS = 36_500


@click.group()
def keys() -> None:
    """Keys that open the API: issue, list, revoke. They work beside a running server.

    Example: karvan keys issue khazar-news
    """


@keys.command()
@click.argument("owner", metavar="ID")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="Days until the key expires; without it, it does not.")
@click.option("--json", "as_json", is_flag=True, help="Print {id, role, key, expires_at}.")
@pass_setting
@clear_errors
def issue(setting: Setting, owner: str, days: int | None, as_json: bool) -> None:
    """Issue a key for an outlet, a subscriber or `admin`. It is shown once: only its hash is kept.

    Example: karvan keys issue khazar-news --days 365
    """
    config = setting.load()
    row, key = asyncio.run(issue_key(setting, config, owner, days))
    if as_json:
        print_json({"id": row.id, "role": row.role, "key": key, "expires_at": row.expires_at})
        return
    click.echo(key)
    until = f"until {row.expires_at:%Y-%m-%d}" if row.expires_at else "until it is revoked"
    click.echo(f"Key {row.id} for {row.role} {owner}, {until}. It is not shown again.", err=True)


async def issue_key(setting: Setting, config: Config, owner: str, days: int | None = None) -> tuple[KeyRow, str]:
    """Make and store a key; the row, and the key itself."""
    role = find_role(owner, config)
    if role is None:
        known = ", ".join([*config.outlets, *config.subscribers, "admin"])
        refuse(f"{owner!r} is neither outlet nor subscriber nor `admin`; there are {known}")
    now = get_time()
    key, key_id = make_key()
    expires_at = now + timedelta(days=days) if days else None
    row = KeyRow(key_id, owner, role, hash_key(key), now, expires_at)
    database = await open_database(config.database.url, setting.data)
    async with database.write() as conn:
        await save_key(conn, row)
    await database.close()
    return row, key


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@pass_setting
@clear_errors
def list_(setting: Setting, as_json: bool) -> None:
    """List all keys: whose, since when, until when; never the keys themselves.

    Example: karvan keys list --json
    """
    rows = asyncio.run(_list(setting))
    if as_json:
        fields = ("id", "owner", "role", "created_at", "expires_at", "revoked_at")
        print_json([{field: getattr(row, field) for field in fields} for row in rows])
        return
    table = Table("id", "owner", "role", "issued", "expires", "revoked", box=None)
    for row in rows:
        table.add_row(row.id, row.owner, row.role, *map(_day, (row.created_at, row.expires_at, row.revoked_at)))
    Console().print(table)


@keys.command()
@click.argument("name", metavar="KEY-ID|OWNER")
@pass_setting
@clear_errors
def revoke(setting: Setting, name: str) -> None:
    """Revoke one key by its id, or all keys of an owner. It takes effect within a second.

    Example: karvan keys revoke 3f9a1c2e
    """
    count = asyncio.run(_revoke(setting, name))
    if count == 0:
        refuse(f"no valid key has the id or owner {name!r}")
    click.echo(f"{count} key{'s' if count > 1 else ''} revoked.")


async def _list(setting: Setting) -> list[KeyRow]:
    database = await open_database(setting.load().database.url, setting.data)
    async with database.read() as conn:
        rows = list(await list_keys(conn))
    await database.close()
    return rows


async def _revoke(setting: Setting, name: str) -> int:
    database = await open_database(setting.load().database.url, setting.data)
    async with database.write() as conn:
        count = await revoke_keys(conn, name, get_time())
    await database.close()
    return count


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
