"""Entry → a NewsML-G2 newsItem, conformance power. (The way in is feeds.newsml.)

- `guid` is the entry's id: each parallel version is an item of its own. Its `version` grows with every change (Unix
  seconds of `updated`), as receivers drop what is not newer. What G2 has no place for stands in itemMeta as Karvan's
  own elements, with where the text comes from.
- The language that the text was translated from is linked as irel:translatedFrom, the other ones as irel:seeAlso.
- The body stands there twice: as XHTML in inlineXML, unless it is nested deeper than receivers read XML, and as a
  string of HTML in inlineData for those who read only text in XHTML (Superdesk's parser stops at the first tag).
- A picture is a link with hints (feeds.newsml_pictures says why). A withdrawn item is an empty page.
"""

from dataclasses import replace
from datetime import datetime

from lxml import etree

from feeds import disclosure, html, withdrawal, xhtml, xmlnames
from feeds.etag import make_document
from feeds.fields import format_time
from feeds.model import AltId, Article, Document, Entry, Link
from feeds.newsml_element import add, add_block, add_karvan, add_named, add_time
from feeds.newsml_item import join_spaces
from feeds.newsml_names import CATALOG, ITEM_TYPE, SEE_ALSO, STANDARD_VERSION, TRANSLATED_FROM
from feeds.newsml_pictures import add_picture
from feeds.ninjs_output import SOURCE_TYPE_OF_ORIGIN
from feeds.text import drop_forbidden, join_lines

NAMES = {None: xmlnames.NAR, "karvan": xmlnames.KARVAN}


def render_entry(entry: Entry) -> Document:
    """What subscribers get: no note to editors; of a withdrawn article only that it is withdrawn."""
    title, language = withdrawal.get_title(entry.article.language)
    if entry.withdrawn:
        article = Article(language=language, headline=title, pub_status=withdrawal.get_status(entry.article.pub_status))
        entry = replace(entry, article=replace(article, uri=entry.article.uri, item=entry.article.item))
    root = etree.Element(f"{{{xmlnames.NAR}}}newsItem", nsmap=NAMES)  # type: ignore[arg-type]
    for name, value in {
        "standard": "NewsML-G2",
        "standardversion": STANDARD_VERSION,
        "conformance": "power",
        "guid": drop_forbidden(entry.id),
        "version": str(make_version(entry.updated)),
        xmlnames.XML_LANG: entry.article.language,
    }.items():
        root.set(name, value)
    add(root, "catalogRef", href=CATALOG)
    _add_rights(root, entry.article)
    _add_item_meta(root, entry)
    _add_content_meta(root, entry)
    _add_content(root, entry.article)
    return make_document(etree.tostring(root, encoding="utf-8", xml_declaration=True), ITEM_TYPE)


def limit_to_newsml(entry: Entry) -> Article:
    """What an item carries of an entry's article: what is read back.

    Not carried are the note to editors; the rights policy; how keywords stood among topics; runs of spaces in
    description, rights and captions; pictures without files. What the article does not say itself is what the entry
    says: uri, version, times, address.
    """
    article = entry.article
    pictures = [
        replace(one, caption=join_spaces(one.caption), copyright_notice=join_spaces(one.copyright_notice))
        for one in article.pictures
        if one.renditions
    ]
    has_address = any(alt.role == "web" for alt in article.alt_ids)
    return replace(
        article,
        description=join_spaces(article.description),
        uri=article.uri or entry.id,
        subjects=tuple(sorted(article.subjects, key=lambda subject: subject.code is None)),
        version=article.version or str(make_version(entry.updated)),
        version_created=article.version_created or entry.updated,
        first_created=article.first_created or entry.published,
        copyright_notice=join_spaces(article.copyright_notice),
        usage_terms=join_spaces(article.usage_terms),
        rights_info="",
        ed_note="",
        pictures=tuple(pictures),
        alt_ids=article.alt_ids if has_address else (AltId(role="web", value=entry.page), *article.alt_ids),
    )


def make_version(updated: datetime) -> int:
    return max(1, int(updated.timestamp()))


def _add_rights(root: etree._Element, article: Article) -> None:
    if article.copyright_holder or article.copyright_notice or article.usage_terms:
        rights = add(root, "rightsInfo")
        add_named(rights, "copyrightHolder", article.copyright_holder)
        add_block(rights, "copyrightNotice", article.copyright_notice)
        add_block(rights, "usageTerms", article.usage_terms)


def _add_item_meta(root: etree._Element, entry: Entry) -> None:
    article = entry.article
    meta = add(root, "itemMeta")
    add(meta, "itemClass", qcode="ninat:text")
    provider = add(meta, "provider", uri=entry.outlet.uri or f"urn:karvan:outlet:{entry.outlet.id}")
    add(provider, "name", join_lines(entry.outlet.name))
    add(meta, "versionCreated", format_time(entry.updated))
    add(meta, "firstCreated", format_time(entry.published))
    add_time(meta, "embargoed", article.embargoed_until)
    add(meta, "pubStatus", qcode=f"stat:{article.pub_status}")
    add(meta, "generator", "Karvan")
    if not entry.withdrawn:
        add(meta, "altRep", entry.page, contenttype="text/html")
        add_time(meta, "expires", article.expires)
        _add_links(meta, entry)
    for name, value in _list_karvan_values(entry):
        add_karvan(meta, name, value)
    if not entry.withdrawn:
        for check in entry.provenance.checks:
            add_karvan(meta, "check", "", name=check.name, count=str(check.count))
    if article.item:
        add_karvan(meta, "alt-id", article.item, role="item")
    for alt_id in article.alt_ids:
        add_karvan(meta, "alt-id", alt_id.value, role=alt_id.role)


def _list_karvan_values(entry: Entry) -> list[tuple[str, str]]:
    article = entry.article
    values = [
        *disclosure.list_texts(entry).items(),
        ("uri", article.uri or ""),
        ("version", article.version or ""),
        ("version-created", format_time(article.version_created) if article.version_created else ""),
        ("first-created", format_time(article.first_created) if article.first_created else ""),
    ]
    return [(name, value) for name, value in values if value]


def _add_links(meta: etree._Element, entry: Entry) -> None:
    """To the item that this one translates, to its parallel versions, to its pictures."""
    if entry.article.translation_of:
        add(meta, "link", rel=f"irel:{TRANSLATED_FROM}", residref=entry.article.translation_of)
    for sibling in entry.siblings:
        link = add(
            meta, "link", rel=f"irel:{_find_relation(entry, sibling)}", href=sibling.href, contenttype="text/html"
        )
        add(link, "language", tag=sibling.language)
    for picture in entry.article.pictures:
        add_picture(meta, picture)


def _find_relation(entry: Entry, sibling: Link) -> str:
    """What people wrote in parallel may be no translation."""
    is_translated = entry.provenance.origin in {"machine", "edited"}
    is_source = sibling.language == entry.provenance.source_language
    return TRANSLATED_FROM if is_translated and is_source else SEE_ALSO


def _add_content_meta(root: etree._Element, entry: Entry) -> None:
    article = entry.article
    meta = add(root, "contentMeta")
    if article.urgency is not None:
        add(meta, "urgency", str(article.urgency))
    add_time(meta, "contentCreated", article.first_created)
    if (source_type := SOURCE_TYPE_OF_ORIGIN.get(entry.provenance.origin)) and not entry.withdrawn:
        add(meta, "digitalSourceType", qcode=f"digsrctype:{source_type}")
    add_named(meta, "located", article.located)
    add(meta, "language", tag=article.language)
    for genre in article.genres:
        add_named(meta, "genre", genre)
    for subject in article.subjects:
        if not subject.code:
            add(meta, "keyword", subject.name)
    for subject in article.subjects:
        if subject.code:
            element = add(meta, "subject", type="cpnat:abstract", qcode=subject.code)
            if subject.name:
                add(element, "name", subject.name)
    add(meta, "headline", article.headline)
    if article.by:
        add(meta, "by", article.by)
    add_block(meta, "description", article.description, role="drol:summary")


def _add_content(root: etree._Element, article: Article) -> None:
    """Two renditions of the body. There is always one: receivers take for broken what has no contentSet."""
    cleaned = html.clean(article.body)
    content_set = add(root, "contentSet")
    if (body := xhtml.make_body(cleaned)) is not None:
        page = xhtml.make_page(body, article.language, drop_forbidden(article.headline))
        add(content_set, "inlineXML", contenttype="application/xhtml+xml").append(page)
    if cleaned:
        add(content_set, "inlineData", cleaned, contenttype="text/html")
