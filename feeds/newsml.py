"""A NewsML-G2 newsItem, alone or as the only one of a newsMessage → Article. (The way back is feeds.newsml_output.)

Conventions where G2 leaves room:
- `guid` is the article's `uri`, `version` its version, unless itemMeta has karvan:uri, karvan:version (feeds.xmlnames);
  what G2 has no place for, such as the outlet's own item id, stands there as well; of all else G2's property wins;
- the language is that of contentMeta/language, else xml:lang; of texts in several languages, the one in it counts;
- subjects of Media Topics have codes, of other vocabularies they are keywords by their name; keywords are keywords;
- embargoed without a date is a withheld article; the item expires when it says so or when its rights end;
- a link irel:translatedFrom with residref names the article that this one translates; for pictures see
  feeds.newsml_pictures.
"""

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from feeds import fields, xmlnames
from feeds.faults import Fault, Faults, InvalidDocument
from feeds.karvan_elements import check_karvan, check_once, find_unreadable, read_karvan
from feeds.model import AltId, Article, Subject
from feeds.newsml_body import read_body
from feeds.newsml_item import NewsItem
from feeds.newsml_management import META, read_embargo, read_expiry, read_guid, read_status, read_version
from feeds.newsml_names import NATURES, RELATIONS, TRANSLATED_FROM
from feeds.newsml_pictures import read_pictures
from feeds.safexml import parse_xml
from feeds.xmlplaces import find_all, find_first, find_xpath, join_text

CONTENT, RIGHTS = "nar:contentMeta", "nar:rightsInfo"
ONCE = (META, CONTENT, "nar:contentSet")
ONCE_IN_META = ("itemClass", "provider", "versionCreated", "firstCreated", "embargoed", "pubStatus")
WHOLE = {"idrefs", "scope", "scopeuri", "aspect", "aspecturi"}  # rightsInfo with one of them is about a part


def parse(body: bytes) -> Article:
    """Raises MalformedDocument, InvalidDocument."""
    root = _find_item(parse_xml(body))
    faults = Faults()
    find_unreadable(root, faults)
    _check_counts(root, faults)
    item = NewsItem(root, faults)
    _check_class(item)
    article = _read_article(item)
    item.catalog.log_unknown()
    faults.raise_any()
    return article


def _find_item(root: etree._Element) -> etree._Element:
    if root.tag == f"{{{xmlnames.NAR}}}newsItem":
        return root
    place = find_xpath(root)
    if root.tag != f"{{{xmlnames.NAR}}}newsMessage":
        raise InvalidDocument((Fault(place, "a NewsML-G2 document here has the root nar:newsItem or nar:newsMessage"),))
    items = find_all(root, "nar:itemSet/*")
    if len(items) != 1:
        detail = f"a newsMessage holds exactly one item here, this one {len(items):,}: send them one at a time"
        raise InvalidDocument((Fault(f"{place}/nar:itemSet", detail),))
    if items[0].tag != f"{{{xmlnames.NAR}}}newsItem":
        raise InvalidDocument((Fault(find_xpath(items[0]), "only a newsItem is taken"),))
    return items[0]


def _check_counts(root: etree._Element, faults: Faults) -> None:
    check_once(root, ONCE, faults)
    meta = find_first(root, META)
    if meta is None:
        faults.add(f"{find_xpath(root)}/{META}", "is missing")
        return
    check_once(meta, tuple(f"nar:{name}" for name in ONCE_IN_META), faults)
    check_karvan(meta, faults)
    for name in ("itemClass", "versionCreated"):
        if find_first(meta, f"nar:{name}") is None:
            faults.add(f"{find_xpath(meta)}/nar:{name}", "is missing")


def _check_class(item: NewsItem) -> None:
    path = f"{META}/nar:itemClass"
    if item.read_code(path, NATURES) not in {None, "text"}:
        item.faults.add(f"{find_xpath(item.root)}/{path}", "Karvan takes articles: items of class ninat:text")


def _read_article(item: NewsItem) -> Article:
    meta = item.find_first(META)
    carried = Article(language="", headline="") if meta is None else read_karvan(meta, item.faults)
    links = item.find_all(f"{META}/nar:link")
    rights = [one for one in item.find_all(RIGHTS) if not WHOLE & set(one.attrib)]
    urgency = item.find_first(f"{CONTENT}/nar:urgency")
    return replace(
        carried,
        language=item.language,
        headline=_read_headline(item),
        description=item.read_block(_list_descriptions(item), fields.MAX_DESCRIPTION),
        body=read_body(item),
        uri=carried.uri or read_guid(item),
        by=item.read_label(f"{CONTENT}/nar:by") or ", ".join(_list_names(item, f"{CONTENT}/nar:creator")),
        located=_read_located(item) or carried.located,
        subjects=(*_read_subjects(item), *_read_keywords(item)),
        genres=(*_list_names(item, f"{CONTENT}/nar:genre"), *carried.genres),
        urgency=carried.urgency if urgency is None else _read_urgency(item, urgency),
        pub_status=read_status(item, carried.pub_status),
        version=carried.version or read_version(item),
        version_created=carried.version_created or item.read_time(f"{META}/nar:versionCreated"),
        first_created=carried.first_created or item.read_time(f"{META}/nar:firstCreated"),
        embargoed_until=read_embargo(item) or carried.embargoed_until,
        expires=read_expiry(item, rights) or carried.expires,
        copyright_holder=", ".join(_list_names(item, "nar:copyrightHolder", rights)) or carried.copyright_holder,
        copyright_notice=item.read_block(_list_in(item, "nar:copyrightNotice", rights)),
        usage_terms=item.read_block(_list_in(item, "nar:usageTerms", rights)) or carried.usage_terms,
        ed_note=item.read_block(item.find_all(f"{META}/nar:edNote")) or carried.ed_note,
        pictures=read_pictures(item, links),
        alt_ids=(*_read_alt_ids(item, carried.alt_ids), *carried.alt_ids),
        translation_of=_read_translation_of(item, links) or carried.translation_of,
    )


def _read_headline(item: NewsItem) -> str:
    headline = item.read_label(f"{CONTENT}/nar:headline", limit=fields.MAX_HEADLINE)
    place = f"{find_xpath(item.root)}/{CONTENT}/nar:headline"
    if not headline and not item.faults.is_mentioned(place):
        item.faults.add(place, "is missing or empty")
    return headline


def _list_descriptions(item: NewsItem) -> list[etree._Element]:
    """Summaries, or whatever describes the article; a caption does not."""
    found = [(item.catalog.find_concept(one, "role") or "", one) for one in item.find_all(f"{CONTENT}/nar:description")]
    summaries = [one for role, one in found if role.endswith("/summary")]
    return summaries or [one for role, one in found if not role.endswith("/caption")]


def _list_names(item: NewsItem, path: str, owners: list[etree._Element] | None = None) -> list[str]:
    """Names of parties, genres …; where there is no name, the QCode."""
    found = item.find_all(path) if owners is None else _list_in(item, path, owners)
    names = [item.read_name(one) or fields.read_line(_get_code(one), find_xpath(one), item.faults) for one in found]
    return [name for name in names if name]


def _get_code(element: etree._Element) -> str:
    return element.get("qcode", "") or element.get("uri", "")


def _list_in(item: NewsItem, path: str, owners: list[etree._Element]) -> list[etree._Element]:
    return next((found for owner in owners if (found := item.find_all(path, owner))), [])


def _read_located(item: NewsItem) -> str:
    return next(iter(_list_names(item, f"{CONTENT}/nar:located")), "") or item.read_label(f"{CONTENT}/nar:dateline")


def _read_subjects(item: NewsItem) -> Iterator[Subject]:
    for subject in item.find_all(f"{CONTENT}/nar:subject"):
        place = find_xpath(subject)
        concept = item.catalog.find_concept(subject)
        code = fields.read_topic_code(concept, f"{place}/@{_get_attribute(subject)}", item.faults) if concept else None
        if (name := item.read_name(subject)) or code:
            yield Subject(name=name, code=code)
        elif not _get_code(subject):
            item.faults.add(place, "a subject needs a qcode, a uri, a literal or a name")


def _get_attribute(element: etree._Element) -> str:
    return "uri" if "uri" in element.attrib else "qcode"


def _read_keywords(item: NewsItem) -> Iterator[Subject]:
    for keyword in item.find_all(f"{CONTENT}/nar:keyword"):
        if name := fields.read_line(join_text(keyword), find_xpath(keyword), item.faults):
            yield Subject(name=name)


def _read_urgency(item: NewsItem, element: etree._Element) -> int | None:
    return fields.read_urgency(join_text(element), find_xpath(element), item.faults)


def _read_alt_ids(item: NewsItem, carried: tuple[AltId, ...]) -> Iterator[AltId]:
    """The article's page, unless Karvan's elements say where it is at the outlet, and other names of the content."""
    pages = [one for one in item.find_all(f"{META}/nar:altRep") if one.get("contenttype", "").startswith("text/html")]
    for page in pages[:1] if not any(alt.role == "web" for alt in carried) else []:
        if href := fields.read_address(join_text(page), find_xpath(page), item.faults):
            yield AltId(role="web", value=href)
    for alt_id in item.find_all(f"{CONTENT}/nar:altId"):
        if value := fields.read_line(join_text(alt_id), find_xpath(alt_id), item.faults, fields.MAX_URI):
            role = alt_id.get("type", "").rpartition(":")[2]
            yield AltId(role=fields.read_line(role, f"{find_xpath(alt_id)}/@type", item.faults), value=value)


def _read_translation_of(item: NewsItem, links: list[etree._Element]) -> str | None:
    """The identifier of the item that this one translates; the address of a page, as Karvan publishes it, is none."""
    for link in links:
        if "residref" in link.attrib and item.catalog.find_concept(link, "rel") == RELATIONS + TRANSLATED_FROM:
            return fields.read_uri(link.get("residref", ""), f"{find_xpath(link)}/@residref", item.faults)
    return None
