"""ninjs 3.x, the IPTC's news in JSON → Article. (The way back is feeds.ninjs_output.)

Conventions where ninjs leaves room:
- the headline, description and body that count have no role, else role "main", else come first;
- a body without contentType is plain text, and must say so once it looks like HTML;
- `altIds` role "item" is the outlet's own id of the article; roles "karvan:…" are what Karvan adds, not read back;
- an association of type "picture" is a picture: caption in its descriptions (role "alt" is the alternative text),
  credit in `by`; an association with rel "translationOf" names the article that this one translates.
"""

from collections.abc import Iterator

from feeds import fields, html, text
from feeds.faults import Faults
from feeds.json_object import find_unreadable
from feeds.model import AltId, Article, Picture, Rendition, Subject
from feeds.ninjs_object import NinjsObject
from feeds.safejson import parse_json

MOST_RIGHTS = 20_000  # characters


def parse(body: bytes) -> Article:
    """A ninjs 3.x news item of type text. Raises MalformedDocument, InvalidDocument."""
    faults = Faults()
    root = NinjsObject(parse_json(body, "a ninjs news item"), "", faults)
    find_unreadable(root.members, faults)
    root.check_properties()
    article_type = root.get("type", str) or "text"
    if article_type not in ("text", "composite"):
        faults.add("/type", f"Karvan takes articles of type text or composite, not {article_type[:40]!r}")
    for required in ("language", "headlines"):
        if required not in root.members:
            faults.add(f"/{required}", "is missing")
    article = _read_article(root)
    if not article.headline and not faults.is_mentioned("/headlines"):
        faults.add("/headlines", "no headline with text")
    faults.raise_any()
    return article


def _read_article(root: NinjsObject) -> Article:
    alt_ids = tuple(_read_alt_ids(root))
    return Article(
        language=root.read_language("language"),
        headline=text.join_lines(_read_plain(root, "headlines", fields.MAX_HEADLINE)),
        description=_read_plain(root, "descriptions", fields.MAX_DESCRIPTION),
        body=_read_body(root),
        item=next((alt.value for alt in alt_ids if alt.role == "item"), None),
        uri=root.read_uri("uri"),
        by=root.read_line("by"),
        located=root.read_line("located"),
        subjects=tuple(_read_subjects(root)),
        genres=tuple(_read_genres(root)),
        urgency=root.read_urgency("urgency"),
        pub_status=root.members["pubStatus"] if root.is_choice("pubStatus") else "usable",
        version=root.read_line("version") or None,
        version_created=root.read_time("versionCreated"),
        first_created=root.read_time("firstCreated"),
        embargoed_until=root.read_time("embargoedUntil"),
        expires=root.read_time("expires"),
        copyright_holder=root.read_line("copyrightHolder"),
        copyright_notice=root.read_text("copyrightNotice"),
        usage_terms=root.read_text("usageTerms"),
        rights_info=_read_rights(root),
        ed_note=root.read_text("edNote"),
        pictures=tuple(_read_pictures(root)),
        alt_ids=tuple(alt for alt in alt_ids if alt.role != "item" and not alt.role.startswith("karvan:")),
        translation_of=_read_translation_of(root),
    )


def _pick_main(parts: list[NinjsObject]) -> NinjsObject | None:
    """The part without a role, else role "main", else the first."""
    by_role = {part.get("role", str): part for part in reversed(parts)}
    return by_role.get(None) or by_role.get("main") or next(iter(parts), None)


def _read_plain(owner: NinjsObject, name: str, limit: int, roles: tuple[str | None, ...] = ()) -> str:
    """The main text of `headlines` or `descriptions`, as plain text; with `roles`, only among those."""
    parts = [part for part in owner.list_objects(name) if not roles or part.get("role", str) in roles]
    part = _pick_main(parts)
    if part is None:
        return ""
    value = part.require("value")
    content_type = part.read_content_type()
    plain = html.to_plain(value[: fields.MAX_BODY]) if content_type == "text/html" else value
    return fields.read_text(plain, f"{part.place}/value", part.faults, limit)


def _read_body(root: NinjsObject) -> str:
    parts = root.list_objects("bodies")
    readable = [part for part in parts if part.get("contentType", str) in (None, "text/html", "text/plain")]
    part = _pick_main(readable or parts)
    if part is None:
        return ""
    value = part.require("value")
    if len(value) > fields.MAX_BODY:
        part.fault("value", f"{len(value):,} characters; at most {fields.MAX_BODY:,} are taken")
        return ""
    content_type = part.read_content_type()
    if "contentType" not in part.members and html.is_markup(value):
        part.fault("contentType", "is missing: the value looks like HTML; say text/html or text/plain")
    if content_type == "text/html" and html.is_too_deep(value):
        part.fault("value", f"more than {html.MAX_DEPTH} HTML elements stand open in one another")
    return html.clean(value) if content_type == "text/html" else html.from_plain(value)


def _read_subjects(root: NinjsObject) -> Iterator[Subject]:
    for subject in root.list_objects("subjects"):
        name = subject.read_line("name")
        names = {key: subject.get(key, str) or "" for key in ("uri", "literal")}
        codes = [fields.read_topic_code(names[key], f"{subject.place}/{key}", root.faults) for key in names]
        code = codes[0] or codes[1]
        name = name or ("" if code else subject.read_line("literal"))
        if name or code:
            yield Subject(name=name, code=code)
        elif not any(names.values()):
            subject.fault("", "a subject needs a name, a literal or a Media Topic as uri")


def _read_genres(root: NinjsObject) -> Iterator[str]:
    for genre in root.list_objects("genres"):
        if name := genre.read_line("name") or genre.read_line("literal") or genre.read_line("uri"):
            yield name
        else:
            genre.fault("", "a genre needs a name, a literal or a uri")


def _read_alt_ids(root: NinjsObject) -> Iterator[AltId]:
    for alt_id in root.list_objects("altIds"):
        value = alt_id.require("value").strip()
        if len(value) > fields.MAX_URI:
            alt_id.fault("value", f"{len(value):,} characters; at most {fields.MAX_URI:,} are taken")
        elif value:
            yield AltId(role=alt_id.read_line("role"), value=text.normalise(value))


def _read_translation_of(root: NinjsObject) -> str | None:
    for association in root.list_objects("associations"):
        if association.get("rel", str) == "translationOf":
            if "uri" not in association.members:
                association.fault("uri", "is missing: what is it a translation of?")
            return association.read_uri("uri")
    return None


def _read_rights(root: NinjsObject) -> str:
    """The policy itself, or the address of one; what it means is not for a format to say."""
    info = root.get("rightsInfo", dict) or {}
    encoded, linked = info.get("encodedRights"), info.get("linkedRights")
    given = encoded if encoded is not None else linked
    if given is None:
        return ""
    if not isinstance(given, str) or not 0 < len(given) <= MOST_RIGHTS or (encoded is not None and linked is not None):
        root.fault(
            "rightsInfo", f"has either encodedRights or linkedRights, a text of at most {MOST_RIGHTS} characters"
        )
        return ""
    if given.strip().startswith("{") != (encoded is not None):
        root.fault("rightsInfo", "encodedRights is RightsML (ODRL) as JSON, linkedRights an address")
        return ""
    return given.strip()


def _read_pictures(root: NinjsObject) -> Iterator[Picture]:
    for number, association in enumerate(root.list_objects("associations"), 1):
        if association.get("type", str) != "picture":
            continue
        renditions = tuple(_read_renditions(association))
        if not renditions:
            association.fault("renditions", "a picture needs a rendition with an href")
        uri = association.read_uri("uri")
        yield Picture(
            name=association.read_line("name") or f"picture-{number}",
            renditions=renditions,
            uri=None if uri in {one.href for one in renditions} else uri,  # the address of a file names no picture
            caption=_read_plain(association, "descriptions", fields.MAX_DESCRIPTION, (None, "main", "caption")),
            alt=_read_plain(association, "descriptions", fields.MAX_DESCRIPTION, ("alt",)),
            credit=association.read_line("by"),
            copyright_notice=association.read_text("copyrightNotice"),
        )


def _read_renditions(association: NinjsObject) -> Iterator[Rendition]:
    for rendition in association.list_objects("renditions"):
        if "href" not in rendition.members:
            continue
        href = fields.read_address(rendition.require("href"), f"{rendition.place}/href", rendition.faults)
        yield Rendition(
            href=href or "",
            name=rendition.read_line("name") or "original",
            media_type=rendition.read_line("contentType") or None,
            width=rendition.read_count("width"),
            height=rendition.read_count("height"),
            size=rendition.read_count("sizeInBytes"),
        )
