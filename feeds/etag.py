"""Bytes → Document, its strong ETag (RFC 9110 §8.8.3) made from the bytes alone."""

import hashlib

from feeds.model import Document


def make_document(body: bytes, media_type: str) -> Document:
    return Document(body=body, media_type=media_type, etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"')
