"""Who can have keys, by the names that people know, and how their keys stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiohttp import web

from server import problems
from server.access import is_valid
from server.config import Config
from server.credentials import SCOPES, find_role, get_scopes
from server.keys import CLOCK, CONFIG, KEY_ID, READER
from server.reloading.proposals import check_keys_of
from server.store.keys import KeyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """A key in a table. `state`: open, revoked, expired, or ownerless: what it was made for is not in the config."""

    row: KeyRow
    scopes: Sequence[str]
    state: str
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLine:
    """Who can have keys, by the name that people know."""

    id: str
    name: str
    role: str


def make_line(request: web.Request, row: KeyRow) -> KeyLine:
    """A key as it is at this moment."""
    now = request.app[CLOCK]()
    if is_valid(row, request[CONFIG], now):
        state = "open"
    elif row.revoked_at is not None:
        state = "revoked"
    else:
        state = "expired" if row.expires_at is not None and row.expires_at <= now else "ownerless"
    scopes = [scope for scope in SCOPES["admin"] if scope in get_scopes(row)]
    return KeyLine(row=row, scopes=scopes, state=state, is_mine=row.id == request[KEY_ID])


def list_owners(config: Config) -> Iterator[OwnerLine]:
    """All who can have keys; the admins last."""
    for names in (config.outlets, config.subscribers, config.editors, {"admin": None}, config.admins):
        for name in names:
            yield find_owner(name, config)


def find_owner(name: str, config: Config) -> OwnerLine:
    role = find_role(name, config) or ""
    places = {"outlet": config.outlets, "subscriber": config.subscribers, "editor": config.editors}
    known = places.get(role, config.admins).get(name)
    return OwnerLine(id=name, name=getattr(known, "name", ""), role=role)


def group_lines(owners: Sequence[OwnerLine], lines: Sequence[KeyLine]) -> Sequence[tuple[OwnerLine, Sequence[KeyLine]]]:
    """The keys of each owner who has some, in the order of the owners."""
    found: dict[str, list[KeyLine]] = {}
    for line in lines:
        found.setdefault(line.row.owner, []).append(line)
    return [(owner, found[owner.id]) for owner in owners if owner.id in found]


def may_have(owner: str, request: web.Request) -> bool:
    """Whether this admin may make a key of this owner."""
    try:
        check_keys_of(owner, request[READER].id, request[CONFIG])
    except problems.NotAllowed:
        return False
    return True
