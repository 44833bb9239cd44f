"""One article never breaks a feed: an entry that cannot be rendered is left out."""

import logging
from collections.abc import Callable

from feeds.model import Entry, Feed

log = logging.getLogger(__name__)


def render_each(feed: Feed, render: Callable[[Entry], bytes]) -> list[bytes]:
    """The entries of the feed as `render` makes them, in their order.

    One that it cannot make is logged without a word of its text.
    """
    rendered = []
    for entry in feed.entries:
        try:
            rendered.append(render(entry))
        except Exception as error:  # noqa: BLE001 (whatever it is, the other entries must go out)
            log.error("entry left out of the feed: id=%r feed=%r error=%s", entry.id, feed.id, type(error).__name__)
    return rendered
