"""Keys, invitations, the audit log."""

from datetime import datetime
from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict


class KeyShown(TypedDict):
    """A key, without itself."""

    id: str
    owner: str
    role: str
    scopes: list[str]
    label: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: NotRequired[datetime | None]


class KeysShown(TypedDict):
    keys: list[KeyShown]


class KeyMade(KeyShown):
    key: Annotated[str, Field(description="Shown this once.")]


class InvitationMade(TypedDict):
    id: str
    owner: str
    token: Annotated[str, Field(description="Good once, for POST /v1/keys/accept.")]
    expires_at: datetime


class AuditLine(TypedDict):
    id: int
    at: datetime
    who: str
    role: str
    key: str | None
    request: str | None
    what: str
    subject: str
    outlet: str | None
    outcome: str
    before: Any
    after: Any
