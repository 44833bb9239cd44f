"""Namespaces of our Atom and RSS documents, and Karvan's own elements, which carry what Atom has no place for.

In an entry that an outlet sends (`karvan:` = urn:karvan:syndication:1), each at most once unless said:
    urgency · version · version-created · first-created · embargoed-until · expires · pub-status · located ·
    genre (many) · copyright-holder · usage-terms · ed-note · uri (the translation set) · translation-of ·
    alt-id with @role (many; role "item" is the outlet's own id)
In a picture (media:content; in NewsML-G2, where all of these stand at the end of itemMeta, link): alt.
In an entry that Karvan publishes, also where its text comes from (feeds.disclosure lists them):
    outlet · origin · source-language · source-version · freshness · engine · quality · via ·
    reviewed ("true": released by a person) · representation-type ("partial": headline and description only) ·
    check with @name, @count (many)
"""

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
DCTERMS = "http://purl.org/dc/terms/"
HISTORY = "http://purl.org/syndication/history/1.0"
KARVAN = "urn:karvan:syndication:1"
MEDIA = "http://search.yahoo.com/mrss/"
NAR = "http://iptc.org/std/nar/2006-10-01/"  # News Architecture (IPTC): NewsML-G2
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XHTML = "http://www.w3.org/1999/xhtml"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

PREFIXES = {"at": TOMBSTONES, "karvan": KARVAN, "media": MEDIA}
RSS_PREFIXES = PREFIXES | {"atom": ATOM, "content": CONTENT, "dc": DC, "dcterms": DCTERMS}
READ_PREFIXES = RSS_PREFIXES | {"nar": NAR, "xhtml": XHTML}

SENT_ONCE = (
    "urgency", "version", "version-created", "first-created", "embargoed-until", "expires", "pub-status", "located",
    "copyright-holder", "usage-terms", "ed-note", "uri", "translation-of",
)  # fmt: skip
SENT_OFTEN = ("genre", "alt-id")
