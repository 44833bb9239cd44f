"""karvan keys: issue, list, rotate, revoke; invitations stand in commands/invitations."""

import asyncio
import re
from datetime import datetime, timedelta

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from server import credentials
from server.app import get_time
from server.commands import Setting, clear_errors, pass_setting, print_json, print_table, refuse
from server.commands.databases import edit, read, write
from server.config import Config
from server.credentials import SCOPES, find_role, find_scope_fault
from server.store import keys as rows
from server.store.keys import KeyRow

MOST_DAYS = 36_500
OVERLAP = re.compile(r"(\d{1,5})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
ALL_SCOPES = SCOPES["admin"]


@click.group()
def keys() -> None:
    """Keys that open the API: issue, list, rotate, revoke, invite. They work beside a running server.

    Example: karvan keys issue khazar-news
    """


@keys.command()
@click.argument("owner", metavar="ID")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="Days until the key expires; without it, it does not.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(ALL_SCOPES), help="Open only this; may be repeated."
)
@click.option("--label", default="", help="What the key is for, as `karvan keys list` shows it.")
@click.option("--json", "as_json", is_flag=True, help="Print {id, role, key, expires_at}.")
@pass_setting
@clear_errors
def issue(setting: Setting, owner: str, days: int | None, scopes: tuple[str, ...], label: str, as_json: bool) -> None:
    """Issue a key for an outlet, a subscriber, an editor or an admin. It is shown once: only its hash is kept.

    Example: karvan keys issue khazar-news --days 365 --scope push
    """
    config = setting.load()
    _show(*asyncio.run(issue_key(setting, config, owner, days, scopes, label)), as_json=as_json)


async def issue_key(
    setting: Setting,
    config: Config,
    owner: str,
    days: int | None = None,
    scopes: tuple[str, ...] = (),
    label: str = "",
) -> tuple[KeyRow, str]:
    """Make and store a key; the row, and the key itself."""
    role = check_owner(owner, scopes, config)

    async def make(conn: AsyncConnection) -> tuple[KeyRow, str]:
        return await credentials.issue_key(conn, owner, role, get_time(), days=days, scopes=scopes, label=label)

    return await write(setting, make)


def check_owner(owner: str, scopes: tuple[str, ...], config: Config) -> str:
    """The role of an owner; ends where there is none, or none with these scopes."""
    role = find_role(owner, config)
    if role is None:
        known = ", ".join([*config.outlets, *config.subscribers, *config.editors, "admin", *config.admins])
        refuse(f"{owner!r} is neither outlet nor subscriber nor editor nor admin; there are {known}")
    if fault := find_scope_fault(scopes, role):
        refuse(fault)
    return role


@keys.command()
@click.argument("key_id", metavar="KEY-ID")
@click.option("--overlap", default="24h", show_default=True, help="How long the old key still opens: 30m, 24h, 7d.")
@click.option("--json", "as_json", is_flag=True, help="Print {id, role, key, expires_at}.")
@pass_setting
@clear_errors
def rotate(setting: Setting, key_id: str, overlap: str, as_json: bool) -> None:
    """Issue another key with the same rights; the old one opens for a while longer, so that nothing stands still.

    Example: karvan keys rotate 3f9a1c2e --overlap 24h
    """
    match = OVERLAP.fullmatch(overlap)
    if match is None:
        raise click.BadParameter(f"a time such as 30m, 24h or 7d, not {overlap!r}", param_hint="--overlap")
    lasts = timedelta(**{UNITS[match[2]]: int(match[1])})

    async def make(conn: AsyncConnection) -> tuple[KeyRow, str]:
        old, now = await rows.get_key(conn, key_id), get_time()
        if old is None or old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
            refuse(f"no valid key has the id {key_id!r}")
        return await credentials.rotate_key(conn, old, now, lasts)

    _show(*asyncio.run(edit(setting, make)), as_json=as_json)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@pass_setting
@clear_errors
def list_(setting: Setting, as_json: bool) -> None:
    """List all keys: whose, since when, until when; never the keys themselves.

    Example: karvan keys list --json
    """
    found = asyncio.run(read(setting, rows.list_keys))
    if as_json:
        fields = ("id", "owner", "role", "scopes", "label", "created_at", "expires_at", "revoked_at", "used_at")
        print_json([{field: getattr(row, field) for field in fields} for row in found])
        return
    print_table(
        ((row.id, row.owner, row.role, row.scopes or "all", _end(row), _day(row.used_at), row.label) for row in found),
        "id", "owner", "role", "scopes", "until", "used", "label",
        whole=("id", "owner", "role", "used"),
    )  # fmt: skip


@keys.command()
@click.argument("name", metavar="KEY-ID|OWNER")
@click.option("--json", "as_json", is_flag=True, help="Print {revoked}: how many.")
@pass_setting
@clear_errors
def revoke(setting: Setting, name: str, as_json: bool) -> None:
    """Revoke one key by its id, or all keys of an owner. It takes effect within a second.

    Example: karvan keys revoke 3f9a1c2e
    """

    async def change(conn: AsyncConnection) -> int:
        return await credentials.revoke_keys(conn, name, get_time())

    count = asyncio.run(edit(setting, change))
    if count == 0:
        refuse(f"no valid key has the id or owner {name!r}")
    if as_json:
        print_json({"revoked": count})
    else:
        click.echo(f"{count} key{'s' if count > 1 else ''} revoked.")


def _show(row: KeyRow, key: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": row.id, "role": row.role, "key": key, "expires_at": row.expires_at})
        return
    click.echo(key)
    until = f"until {row.expires_at:%Y-%m-%d}" if row.expires_at else "until it is revoked"
    click.echo(f"Key {row.id} for {row.role} {row.owner}, {until}. It is not shown again.", err=True)


def _end(row: KeyRow) -> str:
    return f"revoked {_day(row.revoked_at)}" if row.revoked_at else _day(row.expires_at)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
