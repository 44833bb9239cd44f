"""The page of one article in one language, and the page of one that was withdrawn."""

from collections.abc import Sequence

from markupsafe import Markup

from feeds.model import Entry, Link
from server.pages.environment import render_template
from server.pages.linked_data import render_linked_data
from server.pages.pictures import pick_rendition
from server.pages.provenance import describe_provenance, find_original
from server.pages.rows import FeedLink
from server.pages.topics import list_topics
from server.pages.wording import LOCALES, find_wording, get_primary


def render_article_page(entry: Entry, *, ui_language: str, site: str, feeds: Sequence[FeedLink], base: str) -> str:
    """Render the entry for people. A withdrawn entry gives a page that only says so; serve it with 410.

    `ui_language` is the language of the page around the text; feeds are those that the entry stands in.
    """
    if entry.withdrawn:
        return _render_withdrawn_page(entry, ui_language=ui_language, site=site, base=base)
    values = {
        "entry": entry,
        "article": entry.article,
        "body": Markup(entry.article.body),  # noqa: S704  cleaned by feeds.html before it was stored
        "notice": describe_provenance(entry, find_wording(ui_language)),
        "versions": _list_versions(entry),
        "default": find_original(entry) or entry.page,
        "topics": list_topics(entry),
        "pictures": [picture for picture in entry.article.pictures if pick_rendition(picture)],
        "web_pages": [alt.value for alt in entry.article.alt_ids if alt.role == "web"],
        "linked_data": render_linked_data(entry),
        "feeds": feeds,
    }
    return render_template("article.html", ui_language=ui_language, site=site, base=base, values=values)


def _render_withdrawn_page(entry: Entry, *, ui_language: str, site: str, base: str) -> str:
    # in the language of the text that was here, where we have words in it
    language = entry.article.language if get_primary(entry.article.language) in LOCALES else ui_language
    values = {"notice": find_wording(language), "outlet": entry.outlet.name, "page": entry.page}
    return render_template("withdrawn.html", ui_language=ui_language, site=site, base=base, values=values)


def _list_versions(entry: Entry) -> tuple[Link, ...]:
    own = Link(language=entry.article.language, href=entry.page)
    return tuple(sorted((own, *entry.siblings), key=lambda link: link.language))
