"""Feed → JSON Feed 1.1 (jsonfeed.org). What the format lacks stands in its extension objects `_karvan`.

    Entry → bytes, cached by value
    Feed  → envelope ─splice item bytes→ Document

`_karvan` of an item: the names of feeds.model in snake case; feeds.jsonfeed reads them. `_karvan` of a feed: `updated`,
`prev_archive`, `next_archive`, `current` (RFC 5005; `next_url` is the first of them), `siblings` [{language, url}],
`tombstones` [{ref, when, why}] as RFC 6721 has them.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from feeds import disclosure, html, withdrawal
from feeds.etag import splice_document
from feeds.feedgen_ext import pick_rendition
from feeds.fields import format_time
from feeds.isolation import render_each
from feeds.model import AltId, Article, Document, Entry, Feed, Picture, Rendition
from feeds.remembering import Remembering
from feeds.text import drop_forbidden

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"
MAX_CACHED_ENTRIES = 1_000

Json = dict[str, Any]


def render_feed(feed: Feed) -> Document:
    """The feed, its entries in the order given; one that cannot be rendered is left out."""
    head = orjson.dumps(_make_envelope(feed)).removesuffix(b"}") + b',"items":[\n'
    return splice_document(head, render_each(feed, _render_entry), b"\n]}", MEDIA_TYPE, between=b",\n")


def limit_to_jsonfeed(entry: Entry) -> Article:
    """What an item carries of an entry's article, that is what is read back: all but the note to editors and
    the rights policy.

    What the article does not say itself is what the entry says: byline, uri, address and times.
    """
    article = entry.article
    has_page = any(one.role == "web" for one in article.alt_ids)
    return replace(
        article,
        uri=article.uri or entry.id,
        by=article.by or entry.outlet.name,
        version_created=article.version_created or entry.updated,
        first_created=article.first_created or entry.published,
        alt_ids=article.alt_ids if has_page else (AltId(role="web", value=entry.page), *article.alt_ids),
        rights_info="",
        ed_note="",
    )


def _make_envelope(feed: Feed) -> Json:
    stubs = {entry.id: entry.updated for entry in feed.entries}
    tombstones = [
        # RFC 6721 §3: an entry updated after `when` counts as alive again.
        {"ref": one.ref, "when": format_time(max(one.when, stubs.get(one.ref, one.when)))}
        | ({"why": one.why} if one.why else {})
        for one in feed.tombstones
    ]
    envelope: Json = _prune(
        {
            "version": VERSION,
            "title": feed.title or feed.id,
            "home_page_url": feed.page,
            "feed_url": feed.href,
            "description": feed.subtitle,
            "language": feed.language,
            "hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs],
            "next_url": feed.prev_archive,
            "_karvan": {
                "id": feed.id,
                "prev_archive": feed.prev_archive,
                "next_archive": feed.next_archive,
                "current": feed.current,
                "updated": format_time(feed.updated),
                "rights": feed.rights,
                "generator": feed.generator,
                "siblings": [{"language": one.language, "url": one.href} for one in feed.siblings],
                "tombstones": tombstones,
            },
        }
    )
    return envelope


@Remembering
def _render_entry(entry: Entry) -> bytes:
    return orjson.dumps(_make_stub(entry) if entry.withdrawn else _make_item(entry))


def _make_stub(entry: Entry) -> Json:
    title, language = withdrawal.get_title(entry.article.language)
    status = withdrawal.get_status(entry.article.pub_status)
    stub: Json = _prune(
        {
            "id": entry.id,
            "url": entry.page,
            "title": title,
            "date_published": format_time(entry.published),
            "date_modified": format_time(entry.updated),
            "authors": [{"name": entry.outlet.name}],
            "language": language,
            "_karvan": {"withdrawn": True, "pub_status": status, "outlet": _make_outlet(entry)},
        }
    )
    return stub | {"content_text": ""}  # the format wants one content


def _make_item(entry: Entry) -> Json:
    article = entry.article
    shown = [rendition for picture in article.pictures if (rendition := pick_rendition(picture))]
    item: Json = _prune(
        {
            "id": entry.id,
            "url": entry.page,
            "title": article.headline,
            "summary": article.description,
            "image": shown[0].href if shown else None,
            "date_published": format_time(entry.published),
            "date_modified": format_time(entry.updated),
            "authors": [{"name": article.by or entry.outlet.name}],
            "tags": [subject.name or subject.code for subject in article.subjects],
            "language": article.language,
            "attachments": [attachment for picture in article.pictures if (attachment := _make_attachment(picture))],
            "_karvan": _make_provenance(entry) | _make_extras(article),
        }
    )
    return item | {"content_html": html.clean(article.body)}


def _make_outlet(entry: Entry) -> Json:
    return {"id": entry.outlet.id, "name": entry.outlet.name, "url": entry.outlet.uri}


def _make_attachment(picture: Picture) -> Json | None:
    """None where the media type is unknown: the format wants it."""
    rendition = pick_rendition(picture)
    if rendition is None or not rendition.media_type:
        return None
    attachment = {"url": rendition.href, "mime_type": rendition.media_type, "title": picture.caption}
    return attachment | {"size_in_bytes": rendition.size}


def _make_provenance(entry: Entry) -> Json:
    told = {name.replace("-", "_"): value for name, value in disclosure.list_values(entry).items()}
    return told | {
        "outlet": _make_outlet(entry),
        "checks": [{"name": check.name, "count": check.count} for check in entry.provenance.checks],
        "siblings": [{"language": one.language, "url": one.href} for one in entry.siblings],
    }


def _make_extras(article: Article) -> Json:
    alt_ids = [{"role": one.role, "value": one.value} for one in article.alt_ids]
    return {
        "uri": article.uri,
        "item": article.item,
        "pub_status": None if article.pub_status == "usable" else article.pub_status,
        "urgency": article.urgency,
        "version": article.version,
        "version_created": _format(article.version_created),
        "first_created": _format(article.first_created),
        "embargoed_until": _format(article.embargoed_until),
        "expires": _format(article.expires),
        "located": article.located,
        "genres": list(article.genres),
        "copyright_holder": article.copyright_holder,
        "copyright_notice": article.copyright_notice,
        "usage_terms": article.usage_terms,
        "translation_of": article.translation_of,
        "alt_ids": alt_ids,
        "subjects": [{"name": subject.name, "code": subject.code} for subject in article.subjects],
        "pictures": [_make_picture(picture) for picture in article.pictures],
    }


def _make_picture(picture: Picture) -> Json:
    return {
        "name": picture.name,
        "uri": picture.uri,
        "caption": picture.caption,
        "alt": picture.alt,
        "credit": picture.credit,
        "copyright_notice": picture.copyright_notice,
        "renditions": [_make_rendition(rendition) for rendition in picture.renditions],
    }


def _make_rendition(rendition: Rendition) -> Json:
    return {
        "url": rendition.href,
        "name": rendition.name,
        "mime_type": rendition.media_type,
        "width": rendition.width,
        "height": rendition.height,
        "size_in_bytes": rendition.size,
    }


def _format(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)


def _prune(value: Any) -> Any:
    """Without what is absent; texts without forbidden characters."""
    if isinstance(value, str):
        return drop_forbidden(value)
    if isinstance(value, list):
        return [_prune(member) for member in value]
    if isinstance(value, dict):
        pruned = {name: _prune(member) for name, member in value.items()}
        return {name: member for name, member in pruned.items() if member is not None and member not in ("", [], {})}
    return value
