"""Pages that lead to articles: the home page, a channel's page in one language, an outlet's."""

from collections.abc import Sequence

from feeds.model import Link
from server.pages.environment import render_template
from server.pages.rows import ArticleRow, ChannelRow, FeedLink


def render_home_page(
    channels: Sequence[ChannelRow], *, ui_language: str, site: str, base: str, languages: Sequence[str]
) -> str:
    """Render what the server is, its channels × languages with their feeds, and the newest of each channel.

    `languages` are the columns of the table: the configured ones, in their order.
    """
    values = {"channels": channels, "languages": languages}
    return render_template("home.html", ui_language=ui_language, site=site, base=base, values=values)


def render_channel_page(
    title: str,
    entries: Sequence[ArticleRow],
    *,
    language: str,
    page: str,
    ui_language: str,
    site: str,
    base: str,
    feeds: Sequence[FeedLink] = (),
    siblings: Sequence[Link] = (),
    older: str | None = None,
) -> str:
    """Render the newest articles of a channel in one language, which `title` is in, too.

    `page` is the page's own address, `siblings` the channel's pages in the other languages, `older` the next page's.
    """
    own = Link(language=language, href=page)
    values = {
        "title": title,
        "entries": entries,
        "language": language,
        "page": page,
        "feeds": feeds,
        "pages": sorted((own, *siblings), key=lambda link: link.language),
        "older": older,
    }
    return render_template("channel.html", ui_language=ui_language, site=site, base=base, values=values)


def render_outlet_page(
    title: str,
    entries: Sequence[ArticleRow],
    *,
    language: str,
    page: str,
    ui_language: str,
    site: str,
    base: str,
    feeds: Sequence[FeedLink],
) -> str:
    """Render the newest articles of an outlet, whose name `title` is in `language`, and its feeds."""
    values = {"title": title, "entries": entries, "language": language, "page": page, "feeds": feeds}
    return render_template("outlet.html", ui_language=ui_language, site=site, base=base, values=values)
