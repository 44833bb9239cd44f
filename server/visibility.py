"""May this reader see this article now? Pure, and the one gate (CONTRACT §5.2): every way out asks here.

who    Reader × channel → may_read_channel
what   article × now → why_hidden: embargoed, withheld, canceled, expired, or None; why_hidden_in: in one channel
       article × place × reader → why_refused: its rights, the grants of an exchange
       machine text × quality classes → why_held: what an editor has to see first; count_findings: what all may know
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from server.config import Channel, Config
from server.mediatopics import ancestors
from server.routing import rights
from server.routing.rights import load_rights
from server.store.articles import ArticleRow
from server.store.parallels import Parallel
from server.store.placements import Placement
from translators.checks import Finding

MOST_REASONS = 3

Role = Literal["anyone", "outlet", "subscriber", "editor", "admin"]
Hidden = Literal["embargoed", "withheld", "canceled", "expired"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: nobody known, or the owner of a key. `edits`: the outlets that an editor's desk looks after."""

    role: Role
    id: str = ""
    edits: frozenset[str] = frozenset()


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
    if reader.role == "editor":
        return channel.exchange in config.exchanges_edited_by(reader.id)
    subscriber = config.subscribers.get(reader.id) if reader.role == "subscriber" else None
    return subscriber is not None and channel.exchange in subscriber.exchanges


def list_channels(reader: Reader, config: Config) -> tuple[str, ...]:
    """The channels that the reader may see, in the config's order."""
    return tuple(name for name in config.channels if may_read_channel(reader, name, config))


def may_push(reader: Reader, outlet: str) -> bool:
    """Whether the reader may push and withdraw for this outlet."""
    return reader.role == "admin" or (reader.role == "outlet" and reader.id == outlet)


def may_manage(reader: Reader, outlet: str) -> bool:
    """Whether the reader may see all that this outlet pushed and what became of it."""
    return may_push(reader, outlet) or (reader.role == "editor" and outlet in reader.edits)


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


def is_desk(channel: Channel) -> bool:
    """Whether the channel is where editors look at what is held."""
    return channel.shows == "held" and channel.access == "admins"


def why_hidden_in(article: ArticleRow, channel: Channel, now: datetime) -> Hidden | None:
    """The same for the readers of one channel: the desk looks at what is held before its embargo ends."""
    hidden = why_hidden(article, now)
    return None if hidden == "embargoed" and is_desk(channel) else hidden


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


def why_version_held(parallel: Parallel, config: Config) -> str:
    """The same for a version that an editor may have looked at: released, nothing holds it; rejected, for good."""
    if parallel.origin != "machine" or parallel.verdict == "released":
        return ""
    if parallel.verdict == "rejected":
        return f"rejected by {parallel.verdict_by}" + (f": {parallel.verdict_note}" if parallel.verdict_note else "")
    return why_held(parallel.quality, parallel.findings, config)


def count_findings(findings: Iterable[Finding]) -> tuple[tuple[str, int], ...]:
    """(check, how often it found something): what is told of a text without a word of it."""
    return tuple(sorted(Counter(finding.check for finding in findings).items()))


def why_over(place: Placement, now: datetime) -> Hidden | None:
    """Whether an article is over in one place by now: its rights there end earlier than itself."""
    return "expired" if place.expires_at is not None and place.expires_at <= now else None


def get_country(reader: Reader, config: Config) -> str:
    """Where the reader is, as the configuration says; "" where it does not."""
    if reader.role == "outlet":
        member = config.outlets.get(reader.id)
        return member.country if member else ""
    subscriber = config.subscribers.get(reader.id) if reader.role == "subscriber" else None
    return (subscriber.country if subscriber else None) or ""


def why_refused(article: ArticleRow, place: Placement, reader: Reader, config: Config) -> str:
    """Why this reader may not see what others may in this place: its rights, the exchange's grants. "": they may."""
    if may_manage(reader, article.outlet):
        return ""
    if place.rights and (reason := rights.why_refused(load_rights(place.rights), get_country(reader, config))):
        return reason
    return _why_not_granted(article, config.channels[place.channel], reader, config)


def _why_not_granted(article: ArticleRow, channel: Channel, reader: Reader, config: Config) -> str:
    exchange = config.exchanges.get(channel.exchange or "")
    grants = [grant for grant in exchange.grants if reader.id in grant.reader] if exchange and reader.id else []
    if not grants or any(
        (not grant.of or article.outlet in grant.of) and (not grant.subject or _is_about(article, grant.subject))
        for grant in grants
    ):
        return ""
    return f"the exchange {channel.exchange} grants {reader.id} other articles than this"


def _is_about(article: ArticleRow, topics: Collection[str]) -> bool:
    codes = [subject.code for subject in article.head.article.subjects if subject.code]
    return any(code in topics or any(above in topics for above in ancestors(code)) for code in codes)


def get_audience(reader: Reader, channel: str, config: Config) -> str:
    """Who sees the same of a channel, as the key of what is rendered once for all of them.

    Of public channels everybody sees in feeds what anybody sees: feeds are kept by others.
    """
    if config.channels[channel].access != "members" or reader.role == "anyone":
        return ""
    is_told_apart = any(reader.id in grant.reader for one in config.exchanges.values() for grant in one.grants)
    if reader.role == "subscriber" and not is_told_apart:
        return f"in {get_country(reader, config)}"
    return f"{reader.role} {reader.id}"


def is_picture_visible(
    article: ArticleRow, placements: Iterable[Placement], reader: Reader, config: Config, now: datetime
) -> bool:
    """Whether the reader may see a picture of an article: where texts that show it stand in these places.

    Where only headline and description stand, no picture does.
    """
    shown = [place for place in placements if place.extent != "headline"]
    return may_manage(reader, article.outlet) or is_visible(article, shown, reader, config, now)


def is_withdrawal_known(
    article: ArticleRow, placements: Iterable[Placement], reader: Reader, config: Config, now: datetime
) -> bool:
    """Whether the reader may know that the article was withdrawn: it stood where they may read."""
    return why_hidden(article, now) == "canceled" and any(
        place.state == "withdrawn"
        and may_read_channel(reader, place.channel, config)
        and not why_refused(article, place, reader, config)
        for place in placements
        if place.channel in config.channels
    )


def is_visible(
    article: ArticleRow, placements: Iterable[Placement], reader: Reader, config: Config, now: datetime
) -> bool:
    """Whether the reader may see an article that stands in these places."""
    return any(
        place.state == "usable"
        and place.shown_at <= now
        and place.channel in config.channels
        and may_read_channel(reader, place.channel, config)
        and why_hidden_in(article, config.channels[place.channel], now) is None
        and why_over(place, now) is None
        and not why_refused(article, place, reader, config)
        for place in placements
    )
