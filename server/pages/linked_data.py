"""An entry as schema.org NewsArticle in JSON-LD, for search engines and other machines that read pages."""

import json
from datetime import UTC, datetime

from markupsafe import Markup

from feeds.model import Entry
from server.pages.pictures import is_web_address, pick_rendition
from server.pages.provenance import find_original
from server.pages.topics import list_topics

# schema.org takes IPTC's digital source types over; people's texts need none
SOURCE_TYPES = {
    "machine": "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
    "edited": "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource",
}
# with these escaped, no text can end the <script> element or start a comment in it
UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def render_linked_data(entry: Entry) -> Markup:
    """Render the entry's JSON-LD, safe to stand inside a <script> element."""
    text = json.dumps(describe_article(entry), ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(UNSAFE))  # noqa: S704  escaped in the line before


def describe_article(entry: Entry) -> dict[str, object]:
    """Describe the entry in schema.org's terms; empty values are left out."""
    article = entry.article
    outlet = {"@type": "Organization", "name": entry.outlet.name, "url": entry.outlet.uri}
    described: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": entry.page,
        "mainEntityOfPage": entry.page,
        "inLanguage": article.language,
        "headline": article.headline,
        "description": article.description,
        "datePublished": _stamp(entry.published),
        "dateModified": _stamp(entry.updated),
        "author": {"@type": "Person", "name": article.by} if article.by else outlet,
        "publisher": outlet,
        "image": _list_images(entry),
        "keywords": [topic.text for topic in list_topics(entry)],
        "contentLocation": {"@type": "Place", "name": article.located} if article.located else None,
        "copyrightNotice": article.copyright_notice,
        "usageInfo": article.usage_terms if is_web_address(article.usage_terms) else None,
        "digitalSourceType": SOURCE_TYPES.get(entry.provenance.origin),
        **_describe_set(entry),
    }
    return {key: value for key, value in described.items() if value}


def _describe_set(entry: Entry) -> dict[str, object]:
    if entry.article.language != entry.provenance.source_language:
        original = find_original(entry)
        return {"translationOfWork": _describe_work(original, entry.provenance.source_language)} if original else {}
    return {"workTranslation": [_describe_work(link.href, link.language) for link in entry.siblings]}


def _describe_work(href: str, language: str) -> dict[str, str]:
    return {"@type": "NewsArticle", "@id": href, "inLanguage": language}


def _list_images(entry: Entry) -> list[dict[str, object]]:
    images: list[dict[str, object]] = []
    for picture in entry.article.pictures:
        if rendition := pick_rendition(picture):
            image = {
                "@type": "ImageObject",
                "url": rendition.href,
                "width": rendition.width,
                "height": rendition.height,
                "caption": picture.caption,
                "creditText": picture.credit,
                "copyrightNotice": picture.copyright_notice,
            }
            images.append({key: value for key, value in image.items() if value})
    return images


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
