"""Bytes → Document, its strong ETag (RFC 9110 §8.8.3) made from the bytes alone."""

import hashlib
from collections.abc import Sequence

from feeds.model import Document


def make_document(body: bytes, media_type: str, parts: Sequence[bytes] = ()) -> Document:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Document(body=body, media_type=media_type, etag=etag, parts=tuple(parts))


def splice_document(head: bytes, entries: Sequence[bytes], end: bytes, media_type: str, *, between: bytes) -> Document:
    """Head, entries and end; `between` each two entries. Entries stay the pieces that they are."""
    parts = [head]
    for number, entry in enumerate(entries):
        parts += (between, entry) if number else (entry,)
    parts.append(end)
    return make_document(b"".join(parts), media_type, parts)
