"""Articles as JSON bytes and back; the fingerprint of what an article says."""

import hashlib
from dataclasses import replace

import orjson
from pydantic import TypeAdapter

from feeds.model import Article

_ARTICLE = TypeAdapter(Article)


def dump_article(article: Article) -> bytes:
    return orjson.dumps(article)


def load_article(document: bytes) -> Article:
    return _ARTICLE.validate_json(document)


def make_content_hash(article: Article) -> str:
    """SHA-256 of everything that the article says, whatever its place among the versions."""
    bare = replace(article, version=None, version_created=None, item=None)
    return hashlib.sha256(orjson.dumps(bare, option=orjson.OPT_SORT_KEYS)).hexdigest()
