"""Articles pushed over HTTP, in the name of the outlet that writes in their language."""

from collections.abc import Sequence
from typing import Any

import aiohttp
import orjson
from articles import Sample

OUTLETS = {
    "az": "khazar-news",
    "en": "caravan-wire",
    "ru": "steppe-herald",
    "tr": "bosphorus-post",
    "zh": "silk-road-daily",
}


def make_ninjs(article: Sample) -> dict[str, Any]:
    return {
        "type": "text",
        "language": article.language,
        "headlines": [{"value": article.headline}],
        "descriptions": [{"value": article.description}],
        "bodies": [{"contentType": "text/html", "value": article.body}],
    }


async def push(session: aiohttp.ClientSession, base: str, key: str, article: Sample, item: str) -> None:
    url = f"{base}/v1/articles/{OUTLETS[article.language]}/{item}"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    async with session.put(url, data=orjson.dumps(make_ninjs(article)), headers=headers) as response:
        if response.status != 201:
            raise RuntimeError(await response.text())


async def push_all(session: aiohttp.ClientSession, base: str, key: str, articles: Sequence[Sample]) -> None:
    for number, article in enumerate(articles):
        await push(session, base, key, article, f"bench-{number}")
