"""Article or Entry → ninjs 3.x. (The way in is feeds.ninjs.)

ninjs admits no properties of one's own, so where a text comes from stands in `altIds` with roles "karvan:…", machine
text also in `digitalSourceType`, and the parallel versions in `associations`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from feeds import disclosure, fields, html, text, withdrawal
from feeds.etag import make_document
from feeds.model import AltId, Article, Document, Entry, Picture, Rendition, Subject

MEDIA_TYPE = "application/vnd.iptc.ninjs+json"
STANDARD = {"name": "ninjs", "version": "3.1", "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_3.1.json"}
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOURCE_TYPE_OF_ORIGIN = {"machine": "trainedAlgorithmicMedia", "edited": "compositeWithTrainedAlgorithmicMedia"}
ODRL = "http://www.w3.org/ns/odrl/2/"

Json = dict[str, Any]


def render_article(article: Article) -> Document:
    """All of an article, its note to editors included: for the outlet itself."""
    return _make_document(_make_item(article))


def render_entry(entry: Entry) -> Document:
    """What subscribers get: no note to editors; of a withdrawn article only that it is withdrawn."""
    if entry.withdrawn:
        return _make_document(_make_stub(entry))
    item = _make_item(replace(entry.article, ed_note="", uri=entry.article.uri or entry.id))
    item["representationType"] = "partial" if entry.partial else "full"
    item.setdefault("firstCreated", fields.format_time(entry.published))
    item["versionCreated"] = fields.format_time(entry.updated)
    item["altIds"] = item.get("altIds", []) + _list_karvan_ids(entry)
    siblings = [
        {"name": f"translation-{link.language}", "rel": "hasTranslation", "type": "text", "language": link.language}
        | {"uri": link.href}
        for link in entry.siblings
    ]
    if siblings:
        item["associations"] = item.get("associations", []) + siblings
    if source_type := SOURCE_TYPE_OF_ORIGIN.get(entry.provenance.origin):
        item["digitalSourceType"] = {"name": source_type, "uri": SOURCE_TYPES + source_type}
    return _make_document(item)


def _make_document(item: Json) -> Document:
    return make_document(orjson.dumps(item), MEDIA_TYPE)


def _make_item(article: Article) -> Json:
    item = {
        "uri": article.uri,
        "standard": STANDARD,
        "type": "composite" if article.pictures and not article.body else "text",
        "representationType": "full",
        "language": article.language,
        "version": article.version,
        "versionCreated": _format(article.version_created),
        "firstCreated": _format(article.first_created),
        "embargoedUntil": _format(article.embargoed_until),
        "expires": _format(article.expires),
        "pubStatus": article.pub_status,
        "urgency": article.urgency,
        "headlines": [{"contentType": "text/plain", "value": text.drop_forbidden(article.headline)}],
        "descriptions": article.description and [{"contentType": "text/plain", "value": article.description}],
        "bodies": article.body and [{"contentType": "text/html", "value": html.clean(article.body)}],
        "by": article.by,
        "located": article.located,
        "subjects": [_make_subject(subject) for subject in article.subjects],
        "genres": [{"name": genre} for genre in article.genres],
        "copyrightHolder": article.copyright_holder,
        "copyrightNotice": article.copyright_notice,
        "usageTerms": article.usage_terms,
        "rightsInfo": _make_rights(article.rights_info),
        "edNote": article.ed_note,
        "associations": [_make_picture(picture) for picture in article.pictures] + _list_source(article),
        "altIds": [_make_alt_id(alt_id) for alt_id in _list_alt_ids(article)],
    }
    return _drop_empty(item)


def _make_rights(info: str) -> Json | None:
    if not info:
        return None
    if not info.startswith("{"):
        return {"linkedRights": info}
    return {"langId": ODRL, "encodedRights": info}


def _make_stub(entry: Entry) -> Json:
    title, language = withdrawal.get_title(entry.article.language)
    stub = {
        "uri": entry.article.uri or entry.id,
        "standard": STANDARD,
        "type": "text",
        "language": language,
        "versionCreated": fields.format_time(entry.updated),
        "pubStatus": withdrawal.get_status(entry.article.pub_status),
        "headlines": [{"contentType": "text/plain", "value": title}],
        "altIds": [{"role": "karvan:entry", "value": entry.id}],
    }
    return _drop_empty(stub)


def _list_karvan_ids(entry: Entry) -> list[Json]:
    told = disclosure.list_texts(entry)
    told.pop("representation-type", None)  # ninjs has a property for it
    values = {"entry": entry.id, "page": entry.page} | told
    ids = [{"role": f"karvan:{role}", "value": value} for role, value in values.items()]
    return ids + [{"role": f"karvan:check:{one.name}", "value": str(one.count)} for one in entry.provenance.checks]


def _list_alt_ids(article: Article) -> tuple[AltId, ...]:
    return ((AltId(role="item", value=article.item),) if article.item else ()) + article.alt_ids


def _make_alt_id(alt_id: AltId) -> Json:
    return _drop_empty({"role": alt_id.role, "value": alt_id.value})


def _list_source(article: Article) -> list[Json]:
    if not article.translation_of:
        return []
    return [{"name": "translation-of", "rel": "translationOf", "type": "text", "uri": article.translation_of}]


def _make_subject(subject: Subject) -> Json:
    if not subject.code:
        return {"name": subject.name}
    uri = fields.MEDIA_TOPICS + subject.code.removeprefix("medtop:")
    return _drop_empty({"name": subject.name, "uri": uri, "literal": subject.code})


def _make_picture(picture: Picture) -> Json:
    descriptions = [
        picture.caption and {"role": "caption", "contentType": "text/plain", "value": picture.caption},
        picture.alt and {"role": "alt", "contentType": "text/plain", "value": picture.alt},
    ]
    return _drop_empty(
        {
            "name": picture.name,
            "uri": picture.uri or next((one.href for one in picture.renditions), None),  # the schema wants one
            "type": "picture",
            "descriptions": [description for description in descriptions if description],
            "by": picture.credit,
            "copyrightNotice": picture.copyright_notice,
            "renditions": [_make_rendition(rendition) for rendition in picture.renditions],
        }
    )


def _make_rendition(rendition: Rendition) -> Json:
    return _drop_empty(
        {
            "name": rendition.name,
            "href": rendition.href,
            "contentType": rendition.media_type,
            "width": rendition.width,
            "height": rendition.height,
            "sizeInBytes": rendition.size,
        }
    )


def _format(moment: datetime | None) -> str | None:
    return None if moment is None else fields.format_time(moment)


def _drop_empty(members: Json) -> Json:
    """Without what is absent; a text is written without forbidden characters."""
    return {
        name: text.drop_forbidden(value) if isinstance(value, str) else value
        for name, value in members.items()
        if value is not None and value != "" and value != []
    }
