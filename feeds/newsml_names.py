"""Names of NewsML-G2 (IPTC) that Karvan writes and understands: media types, controlled vocabularies, relations.

QCodes are resolved by this table and by the `catalog` that a document brings along; nothing is fetched.
"""

ITEM_TYPE = "application/vnd.iptc.g2.newsitem+xml"
MESSAGE_TYPE = "application/vnd.iptc.g2.newsmessage+xml"
STANDARD_VERSION = "2.35"
CATALOG = "http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_41.xml"

NEWSCODES = "http://cv.iptc.org/newscodes/"
NATURES = f"{NEWSCODES}ninature/"
STATUSES = f"{NEWSCODES}pubstatusg2/"
TOPICS = f"{NEWSCODES}mediatopic/"
RELATIONS = f"{NEWSCODES}itemrelation/"
RENDITIONS = f"{NEWSCODES}rendition/"
DESCRIPTION_ROLES = f"{NEWSCODES}descriptionrole/"
# Names of renditions are the outlets' own, percent-encoded; IPTC's vocabulary has no more than these of ours.
KARVAN_RENDITIONS = "urn:karvan:rendition:"
IPTC_RENDITIONS = ("highRes", "preview", "thumbnail", "web")

# Alias → scheme, out of IPTC's standard catalog: those that an article's properties use.
SCHEMES = {
    "cpnat": f"{NEWSCODES}cpnature/",
    "digsrctype": f"{NEWSCODES}digitalsourcetype/",
    "drol": DESCRIPTION_ROLES,
    "encd": f"{NEWSCODES}encoding/",
    "genre": f"{NEWSCODES}genre/",
    "irel": RELATIONS,
    "medtop": TOPICS,
    "ninat": NATURES,
    "nprov": f"{NEWSCODES}newsprovider/",
    "rnd": RENDITIONS,
    "stat": STATUSES,
    "subj": f"{NEWSCODES}subjectcode/",
}

TRANSLATED_FROM = "translatedFrom"  # to the item that this one is a translation of
SEE_ALSO = "seeAlso"  # to parallel versions that this one was not made from, and to pictures
