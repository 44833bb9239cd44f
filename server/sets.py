"""A translation set as the API shows it, to each reader what they may see."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from feeds.model import Provenance
from server import problems, visibility
from server.api.shapes.articles import (
    AskedQuestion,
    Findings,
    History,
    Making,
    TranslationSet,
    TranslationShown,
    Verdict,
)
from server.config import Config
from server.entries import Loaded, make_provenance
from server.holding import why_held
from server.placing.candidates import get_freshness
from server.site import Site
from server.store.articles import ArticleRow, Version
from server.store.contributions import Contribution
from server.store.holds import Hold
from server.store.parallels import Parallel
from server.store.placements import Extent, Placement
from server.store.questions import Question
from server.store.sources import MARK
from server.visibility import Reader

EXTENTS: tuple[Extent, ...] = ("full", "marked", "headline")  # falling


def check_readable(one: Loaded, reader: Reader, config: Config, now: datetime) -> None:
    """Raise ArticleNotFound or ArticleWithdrawn unless the reader may know the article."""
    row = one.article
    if visibility.may_manage(reader, row.outlet) or visibility.is_visible(row, one.places, reader, config, now):
        return
    if visibility.is_withdrawal_known(row, one.places, reader, config, now):
        raise problems.ArticleWithdrawn(f"{row.outlet}/{row.item} was withdrawn")
    raise problems.ArticleNotFound(f"{row.outlet} has published no item {row.item!r}")


def list_shown(one: Loaded, reader: Reader, config: Config, now: datetime) -> Mapping[str, Placement]:
    """Language → the place where the reader sees most of it; its own outlet and admins see all of every text."""
    places = [place for place in one.places if visibility.is_visible(one.article, [place], reader, config, now)]
    places.sort(key=lambda place: EXTENTS.index(place.extent), reverse=True)
    shown = {place.language: place for place in places}
    if visibility.may_manage(reader, one.article.outlet):
        for language in list_languages(one):
            shown.setdefault(language, _make_place(one, language))
        shown = {language: replace(place, extent="marked") for language, place in shown.items()}
    return shown


def list_languages(one: Loaded) -> Sequence[str]:
    """The languages in which there is a text."""
    texts = (language for language, parallel in sorted(one.versions.items()) if parallel.article is not None)
    return (one.article.head.article.language, *texts)


def _make_place(one: Loaded, language: str) -> Placement:
    """The place of a text that stands nowhere."""
    row = one.article
    changed_at = row.changed_at if language == row.head.article.language else one.versions[language].changed_at
    return Placement("", language, row.id, "usable", "", "", "", "", row.created_at, changed_at)


def describe_set(
    one: Loaded,
    shown: Mapping[str, Placement],
    site: Site,
    reader: Reader,
    now: datetime,
    questions: Sequence[Question] = (),
    hold: Hold | None = None,
) -> TranslationSet:
    row, head = one.article, one.article.head.article
    manages = visibility.may_manage(reader, row.outlet)
    languages = sorted({*shown, *one.versions} if manages else shown)
    described: TranslationSet = {
        "uri": row.uri,
        "outlet": row.outlet,
        "item": row.item,
        "language": head.language,
        "version": row.head.number,
        "pub_status": "canceled" if row.canceled_at else head.pub_status,
        "versions": {
            language: describe_version(one, language, shown.get(language), site, reader, now) for language in languages
        },
    }
    if manages:
        described |= {
            "outlet_version": head.version,
            "version_created": head.version_created,
            "embargoed_until": head.embargoed_until,
            "expires": head.expires,
            "canceled_at": row.canceled_at,
            "cancel_reason": row.cancel_reason or None,
            "created_at": row.created_at,
            "changed_at": row.changed_at,
            "uploads": {
                name: {"state": upload.state, "reason": upload.reason or None}
                for name, upload in sorted(one.uploads.items())
            },
            "hold": None
            if hold is None
            else {"reason": why_held(hold) or None, "verdict": describe_verdict(hold) if hold.verdict else None},
            "questions": [describe_question(question, one) for question in questions],
        }
    return described


def describe_question(question: Question, one: Loaded) -> AskedQuestion:
    """`open` until the article, or its version in that language by people, is another one."""
    version = one.versions.get(question.language)
    is_rewritten = version is not None and version.origin != "machine" and version.changed_at > question.asked_at
    return {
        "language": question.language,
        "who": question.who,
        "note": question.note,
        "asked_at": question.asked_at,
        "open": not is_rewritten and one.article.head.received_at <= question.asked_at,
    }


def describe_version(
    one: Loaded, language: str, place: Placement | None, site: Site, reader: Reader, now: datetime
) -> TranslationShown:
    """`place` is where the reader sees it; None: it has no text yet, and only who manages the article knows of it."""
    manages = visibility.may_manage(reader, one.article.outlet)
    provenance = make_provenance(one, language, place.extent if place else "marked")
    parallel = one.versions.get(language)
    text = one.article.head.article if parallel is None else parallel.article
    described: TranslationShown = {
        "origin": provenance.origin,
        "freshness": provenance.freshness,
        "source_language": provenance.source_language,
        "via": provenance.via or None,
        "source_version": provenance.source_version,
        "headline": text.headline if text else None,
        "page": site.page(one.article.outlet, one.article.item, language),
        "feeds": [
            site.feed(place.channel, language)
            for place in one.places
            if place.language == language and visibility.is_visible(one.article, [place], reader, site.config, now)
        ],
    }
    if parallel is not None and parallel.origin == "machine":
        findings = _tell_findings(parallel) if manages else _tell_shortly(parallel, provenance)
        return {**described, **_describe_making(parallel), "reviewed": provenance.reviewed, **findings}
    return described


def _tell_findings(parallel: Parallel) -> Findings:
    """All that is known, for who manages the article."""
    return {
        "reason": parallel.reason or None,
        "checks": list(parallel.findings),
        "verdict": None if not parallel.verdict else describe_verdict(parallel),
    }


def describe_verdict(parallel: Parallel | Hold) -> Verdict:
    """What an editor has said of the text, or of the whole article."""
    return {
        "verdict": parallel.verdict,
        "by": parallel.verdict_by,
        "at": parallel.verdict_at,
        "note": parallel.verdict_note or None,
    }


def _tell_shortly(parallel: Parallel, provenance: Provenance) -> Findings:
    """What everybody may know: no word of a text that is not published, nor of what was found in one that is."""
    has_failed = parallel.state in ("pending", "failed")
    return {"reason": parallel.reason or None if has_failed else None, "checks": list(provenance.checks)}


def _describe_making(parallel: Parallel) -> Making:
    return {
        "engine": parallel.engine or None,
        "package_sha256": parallel.package_sha256 or None,
        "glossary_version": parallel.glossary_version or None,
        "quality": parallel.quality or None,
        "score": parallel.score or None,  # 0: the engine cannot tell
    }


def describe_history(
    row: ArticleRow,
    versions: Sequence[Version],
    others: Mapping[str, Parallel],
    handed_in: Sequence[Contribution],
    owners: Mapping[str, str],
    withdrawn_by: str | None,
) -> History:
    """`owners`: id of a key → whose it is."""
    return {
        "uri": row.uri,
        "served": row.head.number,
        "versions": [
            {
                "version": version.number,
                "outlet_version": version.article.version,
                "version_created": version.article.version_created,
                "received_at": version.received_at,
                "key": version.key_id,
                "by": owners.get(version.key_id) or _get_source(version.key_id),
                "content_sha256": version.content_hash,
                "pub_status": version.article.pub_status,
                "headline": version.article.headline,
                "ed_note": version.article.ed_note or None,
                "changed": _list_changes(before, version),
            }
            for before, version in zip((None, *versions), versions, strict=False)
        ],
        "parallel_versions": {
            language: {"origin": one.origin, "freshness": get_freshness(one, row), "changed_at": one.changed_at}
            for language, one in sorted(others.items())
        },
        "contributions": [
            {
                "language": one.language,
                "origin": one.origin,
                "received_at": one.received_at,
                "key": one.key_id,
                "by": owners.get(one.key_id) or _get_source(one.key_id),
                "content_sha256": one.content_hash,
            }
            for one in handed_in
        ],
        "withdrawn": None
        if row.canceled_at is None
        else {"at": row.canceled_at, "reason": row.cancel_reason or None, "by": withdrawn_by},
    }


def _get_source(key_id: str) -> str | None:
    return key_id if key_id.startswith(MARK) else None


def _list_changes(before: Version | None, version: Version) -> list[str]:
    """The fields that a version changed, None before the first."""
    if before is None:
        return []
    names = (name for name in version.article.__slots__ if name not in ("version", "version_created"))
    return [name for name in names if getattr(before.article, name) != getattr(version.article, name)]
