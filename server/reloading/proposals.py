"""Two admins for a change of the routing: one proposes, another one approves; then it is in force (server.approvals).

An admin is an owner of keys: `admin`, or one of [admins]. All keys of an owner are one admin, so with two approvals
nobody gets a key of another admin over HTTP, by issue, invitation or rotation: who could, could approve for them.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, problems
from server.config import Config
from server.credentials import find_role
from server.reloading import Reloader
from server.reloading.diffs import make_diff
from server.reloading.parts import make_etag
from server.store.proposals import Proposal, decide_proposal, find_proposal, save_proposal


async def propose(
    reloader: Reloader, part: str, check: Callable[[str], None], who: str, key_id: str
) -> Proposal | None:
    """Keep another routing part until somebody else has decided; None: it would change nothing. Raises as `put`."""
    there, wanted = await reloader.check_part(part, check)
    if there == wanted:
        return None
    now, lasts = reloader.clock(), timedelta(days=reloader.live.current.config.server.proposal_days)
    diff = await asyncio.to_thread(make_diff, there, wanted)
    async with reloader.database.write() as conn:
        one = await save_proposal(conn, wanted, make_etag(there), diff, who, key_id, now, now + lasts)
        about = {"proposal": one.number, "expires_at": one.expires_at}
        await audit.note(conn, "routing.propose", f"proposal/{one.number}", now, after=about)
    return one


async def approve(reloader: Reloader, one: Proposal, who: str, note: str) -> None:
    """Bring a proposal into force, in the transaction in which it is noted. Raises NotAllowed for who proposed it,
    NothingToApprove, and what `put` raises.
    """
    if who == one.who:
        raise problems.NotAllowed("somebody else has to approve what you propose; a key of yours is you")
    now = reloader.clock()
    check_open(one, now)

    def check(there: str) -> None:
        if make_etag(there) != one.base:
            detail = f"the routing that proposal {one.number} was to change is not in force any more: propose it anew"
            raise problems.NothingToApprove(detail)

    async def keep(conn: AsyncConnection, number: int) -> None:
        if not await decide_proposal(conn, one.number, "approved", who, now, note=note, version=number):
            raise problems.NothingToApprove(f"proposal {one.number} was decided in this moment")
        said = {"proposed_by": one.who, "number": number, "note": note}
        await audit.note(conn, "routing.approve", f"proposal/{one.number}", now, after=said)

    await reloader.put(one.part, check, one.key_id, keep)


async def reject(conn: AsyncConnection, one: Proposal, who: str, note: str, now: datetime) -> None:
    """Also who proposed it may. Raises NothingToApprove."""
    check_open(one, now)
    if not await decide_proposal(conn, one.number, "rejected", who, now, note=note):
        raise problems.NothingToApprove(f"proposal {one.number} was decided in this moment")
    said = {"proposed_by": one.who, "note": note}
    await audit.note(conn, "routing.reject", f"proposal/{one.number}", now, after=said)


async def get_proposal(conn: AsyncConnection, number: int) -> Proposal:
    """Raises NotFound."""
    one = await find_proposal(conn, number)
    if one is None:
        raise problems.NotFound(f"there is no proposal {number}")
    return one


def check_open(one: Proposal, now: datetime) -> None:
    """Raise NothingToApprove unless it waits for a verdict."""
    state = one.get_state(now)
    if state == "expired":
        raise problems.NothingToApprove(f"proposal {one.number} has expired: propose it anew")
    if state != "open":
        raise problems.NothingToApprove(f"proposal {one.number} was {state} by {one.decided_by}")


def check_keys_of(owner: str, who: str, config: Config) -> None:
    """Raise NotAllowed where an admin would get a key of another one."""
    if config.server.approvals > 1 and owner != who and find_role(owner, config) == "admin":
        detail = f"two admins approve each other here, so {owner!r} gets keys from the operator: `karvan keys`"
        raise problems.NotAllowed(detail)


def make_proposal_etag(one: Proposal, now: datetime) -> str:
    """The strong ETag of a proposal as it stands now."""
    return make_etag(f"{one.number} {one.get_state(now)} {one.part}")
