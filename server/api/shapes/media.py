"""Uploads of pictures."""

from datetime import datetime
from typing import Literal, NotRequired

from typing_extensions import TypedDict


class RenditionShown(TypedDict):
    name: str
    href: str
    contentType: str | None
    width: int | None
    height: int | None
    sizeInBytes: int | None


class UploadShown(TypedDict):
    outlet: str
    name: str
    href: str
    state: Literal["pending", "ready", "failed", "deleted"]
    reason: str | None
    media_type: str
    size: int
    sha256: str
    created_at: datetime
    changed_at: datetime
    renditions: list[RenditionShown]
    created: NotRequired[bool]
    changed: NotRequired[bool]


class UploadsShown(TypedDict):
    outlet: str
    bytes: int
    quota_bytes: int
    media: list[UploadShown]
    next: str | None


class UploadDeleted(TypedDict):
    outlet: str
    name: str
    state: Literal["deleted"]
    changed: bool
