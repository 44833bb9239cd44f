"""karvan keys invite, invitations, withdraw: tokens that somebody exchanges for a key of their own."""

import asyncio
from datetime import timedelta

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, credentials
from server.app import get_time
from server.commands import Setting, clear_errors, pass_setting, print_json, print_table
from server.commands.databases import edit, read, write
from server.commands.keys import ALL_SCOPES, MOST_DAYS, check_owner
from server.store import keys as rows
from server.store.keys import Invitation

MOST_HOURS = 24 * 365


@click.command()
@click.argument("owner", metavar="ID")
@click.option("--hours", type=click.IntRange(1, MOST_HOURS), default=72, show_default=True, help="How long it is good.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="Days until the key expires; without it, it does not.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(ALL_SCOPES), help="Of the key; may be repeated.")
@click.option("--label", default="", help="What the key is for.")
@click.option("--json", "as_json", is_flag=True, help="Print {id, owner, token, expires_at}.")
@pass_setting
@clear_errors
def invite(
    setting: Setting, owner: str, hours: int, days: int | None, scopes: tuple[str, ...], label: str, *, as_json: bool
) -> None:
    """Make a token that its receiver exchanges for a key, once, at POST /v1/keys/accept.

    Example: karvan keys invite khazar-news --hours 24 --days 365
    """
    check_owner(owner, scopes, setting.load())

    async def make(conn: AsyncConnection) -> tuple[Invitation, str]:
        lifetime, by = timedelta(hours=hours), audit.CONSOLE.who
        return await credentials.invite(conn, owner, get_time(), lifetime, by=by, days=days, scopes=scopes, label=label)

    one, token = asyncio.run(write(setting, make))
    if as_json:
        print_json({"id": one.id, "owner": owner, "token": token, "expires_at": one.expires_at})
        return
    click.echo(token)
    click.echo(f"Invitation {one.id} for {owner}, until {one.expires_at:%Y-%m-%d %H:%M} UTC.", err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@pass_setting
@clear_errors
def invitations(setting: Setting, *, as_json: bool) -> None:
    """List invitations that nobody has exchanged yet.

    Example: karvan keys invitations
    """
    found = asyncio.run(read(setting, lambda conn: rows.list_invitations(conn, get_time())))
    if as_json:
        fields = ("id", "owner", "scopes", "label", "days", "created_by", "created_at", "expires_at")
        print_json([{field: getattr(one, field) for field in fields} for one in found])
        return
    print_table(
        (
            (one.id, one.owner, one.scopes or "all", one.created_by, f"{one.expires_at:%Y-%m-%d %H:%M}", one.label)
            for one in found
        ),
        "id", "owner", "scopes", "by", "until", "label",
        whole=("id", "owner", "until"),
    )  # fmt: skip


@click.command()
@click.argument("invitation", metavar="INVITATION-ID")
@click.option("--json", "as_json", is_flag=True, help="Print {withdrawn}: its id.")
@pass_setting
@clear_errors
def withdraw(setting: Setting, invitation: str, as_json: bool) -> None:
    """Withdraw an invitation, so that nobody can exchange it any more.

    Example: karvan keys withdraw 3f9a1c2e
    """

    async def change(conn: AsyncConnection) -> None:
        await credentials.withdraw(conn, invitation, get_time())

    asyncio.run(edit(setting, change))
    if as_json:
        print_json({"withdrawn": invitation})
    else:
        click.echo("Withdrawn.")
