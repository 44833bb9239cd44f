"""How a text came to be, said to a reader (CONTRACT §4): machine text is always recognisable, and leads back."""

from dataclasses import dataclass

from feeds.model import Entry, Origin
from server.pages.wording import Wording

QUALITIES = frozenset({"starter", "draft", "publish"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The notice above a text: what it is, how it was made, what to be careful about, where the original stands.

    `findings` are of a text that is published marked.
    """

    origin: Origin
    title: str
    details: tuple[str, ...]
    warning: str
    findings: str
    original: str | None


def describe_provenance(entry: Entry, wording: Wording) -> Notice:
    """Say in the reader's language how the entry's text came to be."""
    provenance = entry.provenance
    title = wording.say(
        f"origin_{provenance.origin}",
        outlet=entry.outlet.name,
        from_language=wording.name_source(provenance.source_language),
    )
    return Notice(
        origin=provenance.origin,
        title=title,
        details=_list_details(entry, wording),
        warning=_pick_warning(entry, wording),
        findings=_list_findings(entry, wording),
        original=None if provenance.origin == "source" else find_original(entry),
    )


def find_original(entry: Entry) -> str | None:
    """Give the address of the page in the source language: the entry's own, a sibling's, or none."""
    if entry.article.language == entry.provenance.source_language:
        return entry.page
    return next((link.href for link in entry.siblings if link.language == entry.provenance.source_language), None)


def _list_details(entry: Entry, wording: Wording) -> tuple[str, ...]:
    provenance = entry.provenance
    if provenance.origin not in ("machine", "edited"):
        return ()
    details = [wording.say("made_from", version=provenance.source_version)]
    if provenance.quality in QUALITIES:
        details.insert(0, wording.say(f"quality_{provenance.quality}"))
    elif provenance.quality:
        details.insert(0, wording.say("quality_other", quality=provenance.quality))
    if provenance.engine:
        details.append(wording.say("engine", engine=provenance.engine))
    return tuple(details)


def _list_findings(entry: Entry, wording: Wording) -> str:
    checks = entry.provenance.checks
    if not checks:
        return ""
    separator = "、" if wording.language == "zh" else ", "
    named = (f"{wording.name_check(check.name)} ({check.count})" for check in checks)
    return wording.say("found", checks=separator.join(named))


def _pick_warning(entry: Entry, wording: Wording) -> str:
    origin, freshness = entry.provenance.origin, entry.provenance.freshness
    if freshness == "fresh" or origin == "source":
        return ""
    if origin == "outlet":
        return wording.say("stale_people")
    return wording.say({"held": "held", "failed": "failed"}.get(freshness, "stale"))
