"""What stands in addresses: `{outlet}`, `{item}` …, and the rule for ids that outlets give."""

import re
from typing import Any

ITEM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~-]{0,126}[A-Za-z0-9])?")
ITEM_RULE = "1 to 128 letters, digits, '.', '_', '~', '-', beginning and ending with a letter or digit"
SLUG = "^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"
NUMBER: dict[str, Any] = {"type": "integer", "minimum": 1}


def _describe(description: str, example: Any, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": schema or {"type": "string", "pattern": SLUG}, "example": example}


PARTS: dict[str, dict[str, Any]] = {
    "outlet": _describe("An outlet of the configuration.", "caravan-wire"),
    "item": _describe(f"The outlet's own id of the article: {ITEM_RULE}.", "trade-outlook",
                      type="string", pattern=f"^{ITEM.pattern}$"),
    "language": _describe("A BCP 47 tag.", "az", type="string", pattern="^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$"),
    "channel": _describe("A channel of the configuration.", "world"),
    "exchange": _describe("An exchange of the configuration.", "silk-road"),
    "format": _describe("How the feed is written.", "atom", type="string", enum=["atom", "rss", "json"]),
    "name": _describe("A name.", "ridge.jpg", type="string", pattern=f"^{ITEM.pattern}$"),
    "id": _describe("The id that a list gives.", "7", type="string", pattern="^[0-9a-f]{1,40}$"),
    "number": _describe("The number of a version of the configuration.", 1, **NUMBER),
    "token": _describe("What the hub was told.", "mC4x9", type="string", pattern="^[A-Za-z0-9_-]{1,64}$"),
    "sha256": _describe("The hash of the file.", "0" * 64, type="string", pattern="^[0-9a-f]{64}$"),
    "rendition": _describe("A size of the picture.", "viewImage",
                           type="string", enum=["original", "viewImage", "thumbnail"]),
}  # fmt: skip
