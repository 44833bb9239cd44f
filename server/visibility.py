"""May this reader see this article now? Pure, and the one gate (CONTRACT §5.2): every way out asks here.

who    Reader × channel → may_read_channel
what   article × now → why_hidden: embargoed, withheld, canceled, expired, or None
       machine text × quality classes → why_held: what an editor has to see first
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from server.config import Config
from server.store.articles import ArticleRow
from server.store.placements import Placement
from translators.checks import Finding

MOST_REASONS = 3

Role = Literal["anyone", "outlet", "subscriber", "admin"]
Hidden = Literal["embargoed", "withheld", "canceled", "expired"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: nobody known, or the owner of a key."""

    role: Role
    id: str = ""


ANYONE = Reader("anyone")


def may_read_channel(reader: Reader, name: str, config: Config) -> bool:
    """Whether the reader may see what stands in the channel."""
    channel = config.channels[name]
    if channel.access == "public" or reader.role == "admin":
        return True
    if channel.access == "admins" or channel.exchange is None:
        return False
    if reader.role == "outlet":
        return reader.id in config.exchanges[channel.exchange].members
    subscriber = config.subscribers.get(reader.id) if reader.role == "subscriber" else None
    return subscriber is not None and channel.exchange in subscriber.exchanges


def list_channels(reader: Reader, config: Config) -> tuple[str, ...]:
    """The channels that the reader may see, in the config's order."""
    return tuple(name for name in config.channels if may_read_channel(reader, name, config))


def may_manage(reader: Reader, outlet: str) -> bool:
    """Whether the reader may push for this outlet and see all that it pushed."""
    return reader.role == "admin" or (reader.role == "outlet" and reader.id == outlet)


def why_hidden(article: ArticleRow, now: datetime) -> Hidden | None:
    """Why nobody but its own outlet may see the article now; None: nothing hides it."""
    head = article.head.article
    if article.canceled_at is not None or head.pub_status == "canceled":
        return "canceled"
    if head.pub_status == "withheld":
        return "withheld"
    if head.embargoed_until is not None and now < head.embargoed_until:
        return "embargoed"
    if head.expires is not None and head.expires <= now:
        return "expired"
    return None


def why_held(quality: str, findings: Sequence[Finding], config: Config) -> str:
    """Why a machine text may not be published unseen, whatever its routes say; empty: it may."""
    grave = [f"{finding.check}: {finding.detail}" for finding in findings if finding.severity == "hold"]
    if grave:
        return "; ".join(grave[:MOST_REASONS]) + (
            f"; and {len(grave) - MOST_REASONS} more" if grave[MOST_REASONS:] else ""
        )
    if quality not in config.translation.publish_unseen:
        return f"{quality} quality is not published unseen"
    return ""


def is_visible(
    article: ArticleRow, placements: Iterable[Placement], reader: Reader, config: Config, now: datetime
) -> bool:
    """Whether the reader may see an article that stands in these places."""
    return why_hidden(article, now) is None and any(
        place.state == "usable"
        and place.shown_at <= now
        and place.channel in config.channels
        and may_read_channel(reader, place.channel, config)
        for place in placements
    )
