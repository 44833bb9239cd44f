"""Which text is to stand where, and how much of it (pure).

texts, decision ─list_wanted→ (channel, language) → Stand

What is held stands as the stricter of its route and its directions lets it: in full as if nothing were found, marked,
headline and description only, or not at all, which leaves it to the desk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.config import Config, HeldPolicy
from server.placing.candidates import Text
from server.routing import Decision, Destination, pick_strictest
from server.routing.rights import ANY_RIGHTS, Rights
from server.store.placements import Extent

EXTENTS: Mapping[HeldPolicy, Extent | None] = {
    "publish": "full",
    "mark": "marked",
    "headline": "headline",
    "wait": None,
}


@dataclass(frozen=True, slots=True)
class Stand:
    """A text as it is to stand in a place: which route brings it there, how much of it, and what else routes say."""

    text: Text
    route: str
    extent: Extent = "full"
    opens_at: datetime | None = None
    rights: Rights = ANY_RIGHTS
    labels: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        return self.text.excerpt_hash if self.extent == "headline" else self.text.content_hash

    @property
    def said(self) -> str:
        """What readers are told of the text besides its making."""
        text = self.text
        return text.told if self.extent == "full" else f"{text.freshness}:{self.extent}:{text.findings}"


def list_wanted(texts: Sequence[Text], decision: Decision, config: Config) -> Mapping[tuple[str, str], Stand]:
    """(channel, language) → what should stand there."""
    by_language = {text.language: text for text in texts}
    wanted = {}
    for place in decision.destinations:
        text = by_language.get(place.language)
        if text is None or decision.is_kept_from(place):
            continue
        if (extent := pick_extent(text, place)) is not None:
            wanted[place.channel, place.language] = Stand(
                text, place.route, extent, place.opens_at, place.rights, place.labels
            )
    for name, channel in config.channels.items():
        if channel.shows == "held":
            held = (text for text in texts if _waits(text, decision) and _is_on_desk(name, text, decision))
            wanted |= {(name, text.language): Stand(text, "held", "marked") for text in held}
    return wanted


def _waits(text: Text, decision: Decision) -> bool:
    """Whether an editor has to see a text: it is held, or it is that of an article that is held as a whole."""
    is_whole_held = not decision.verdict and bool(decision.find_holding_route())
    return text.freshness == "held" or (text.origin == "source" and is_whole_held)


def _is_on_desk(name: str, text: Text, decision: Decision) -> bool:
    """Held text waits on the desks that its routes name, else on every one."""
    desks = decision.list_desks(text.language)
    return not desks or name in desks


def pick_extent(text: Text, place: Destination) -> Extent | None:
    """How a text may stand in a place; None: not at all."""
    if text.origin != "machine":
        return "full"
    if place.machine != "publish" and not (text.is_released and place.machine == "hold"):
        return None
    if not text.is_held:
        return "full"  # pending, failed: the old text stands until the new one is there
    return EXTENTS[pick_strictest((place.held, text.held))]
