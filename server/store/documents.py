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


def make_text_hash(article: Article) -> str:
    """The same of what is translated: a new byline or expiry makes no translation stale."""
    captions = [(picture.caption, picture.alt) for picture in article.pictures]
    keywords = [subject.name for subject in article.subjects if subject.code is None]
    texts = (article.language, article.headline, article.description, article.body, captions, keywords)
    return hashlib.sha256(orjson.dumps(texts)).hexdigest()


def make_shown_hash(article: Article) -> str:
    """The same of what readers see: not the outlet's note to editors, nor when and whether it may be shown."""
    return make_content_hash(replace(article, ed_note="", embargoed_until=None, expires=None, pub_status="usable"))
