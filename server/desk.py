"""The desk: what is held and why, sentence beside sentence; and what an editor says of it, in the caller's transaction.

released   a person has seen all of the text: it stands wherever its routes want it, whatever was found in it. Its
           origin stays `machine`, since nobody has written a word of it; it is `reviewed`.
rejected   it stands nowhere, also where held text would
asked      the outlet finds the question in its translation set

An article that routes hold as a whole stands there itself (server/holding).

A verdict is of one text: no machine replaces it while the article's text stays the same, and what is made from the next
text has none. Who wants other words writes them (`PUT …/versions/{language}`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.html import to_plain
from feeds.model import Freshness
from server import audit, consequences, holding, problems, versioning
from server.api.shapes.articles import Verdict as VerdictShown
from server.api.shapes.desk import HeldShown, SentenceShown
from server.config import Config
from server.consequences import Ask
from server.entries import Loaded
from server.holding import VERDICTS, Said
from server.sets import describe_question, describe_verdict
from server.site import Site
from server.store import parallels
from server.store.articles import ArticleRow
from server.store.holds import Hold, find_hold
from server.store.pairs import Pairs
from server.store.parallels import Parallel
from server.store.questions import Question, save_question
from server.visibility import why_version_held
from translators.checks import Finding


@dataclass(frozen=True, slots=True)
class Given:
    """What has become of a text that an editor has decided about."""

    changed: bool
    freshness: Freshness
    verdict: VerdictShown | None
    etag: str


async def decide(conn: AsyncConnection, row: ArticleRow, language: str, said: Said, config: Config) -> Given:
    """Do what an editor says of a machine's version.

    Raises PreconditionRequired, PreconditionFailed, NothingToDecide, VersionNotFound.
    """
    version = (await parallels.list_parallels(conn, [row.id])).get(row.id, {}).get(language)
    if version is None or version.article is None or language == row.head.article.language:
        raise problems.VersionNotFound(f"{row.outlet}/{row.item} has no parallel version in {language!r}")
    if said.if_match is None and said.action != "ask":
        raise problems.PreconditionRequired(
            "If-Match: the ETag of the version that you have seen, as the desk shows it"
        )
    versioning.check_version_preconditions(said.if_match, None, version, row.head)
    if said.action == "ask":
        await _ask(conn, row, language, f"{row.outlet}/{row.item}/{language}", said)
        return _tell(version, row, changed=True)
    check_decidable(version, row)
    reviewed = replace(
        version, verdict=VERDICTS[said.action], verdict_by=said.who, verdict_at=said.at, verdict_note=said.note
    )
    if version.verdict == reviewed.verdict:
        return _tell(version, row, changed=False)
    reason = why_version_held(reviewed, config)
    reviewed = replace(reviewed, state="held" if reason else "ready", reason=reason, changed_at=said.at)
    await parallels.save_parallel(conn, reviewed)
    await consequences.settle(conn, row.id, config, said.at, ask=Ask.NOTHING)
    subject = f"{row.outlet}/{row.item}/{language}"
    before = {"state": version.state, "reason": version.reason, "verdict": version.verdict}
    after = {"state": reviewed.state, "verdict": reviewed.verdict, "note": said.note}
    await audit.note(conn, f"desk.{said.action}", subject, said.at, outlet=row.outlet, before=before, after=after)
    return _tell(reviewed, row, changed=True)


async def _ask(conn: AsyncConnection, row: ArticleRow, language: str, subject: str, said: Said) -> None:
    await save_question(conn, Question(row.id, language, said.who, said.note, said.at))
    await audit.note(conn, "desk.ask", subject, said.at, outlet=row.outlet, after={"note": said.note})


def _tell(version: Parallel, row: ArticleRow, *, changed: bool) -> Given:
    freshness: Freshness = version.state if version.state != "ready" else "fresh"
    etag = versioning.make_version_etag(version, row.head) or ""
    return Given(changed, freshness, describe_verdict(version) if version.verdict else None, etag)


async def decide_article(conn: AsyncConnection, row: ArticleRow, language: str, said: Said, config: Config) -> Given:
    """The same of an article that routes hold as a whole. Raises what `holding.decide_article` raises."""
    if said.action == "ask":
        await _ask(conn, row, language, f"{row.outlet}/{row.item}", said)
        hold, changed = await find_hold(conn, row.id), True
    else:
        before, hold = await holding.decide_article(conn, row, said)
        changed = before != hold
        if changed:
            await consequences.settle(conn, row.id, config, said.at, ask=Ask.NOTHING)
    verdict = describe_verdict(hold) if hold and hold.verdict else None
    return Given(changed, "held" if holding.why_held(hold) else "fresh", verdict, versioning.make_etag(row.head))


def check_decidable(version: Parallel, row: ArticleRow) -> None:
    """Raise NothingToDecide for what people wrote, what is being made anew, and what was withdrawn."""
    name = f"the {version.language} version of {row.outlet}/{row.item}"
    if row.canceled_at is not None:
        raise problems.NothingToDecide(f"{row.outlet}/{row.item} was withdrawn")
    if version.origin != "machine":
        raise problems.NothingToDecide(f"{name} was written by people: it waits for nobody")
    if version.source_hash != row.head.text_hash or version.state not in ("ready", "held"):
        raise problems.NothingToDecide(f"{name} is made anew: the article has changed since")


def describe_held(
    one: Loaded, language: str, pairs: Pairs | None, questions: Sequence[Question], site: Site, now: datetime,
    *, whole: bool,
) -> HeldShown:  # fmt: skip
    """A version on the desk. Its sentences stand beside the source's: all, or those in which something was found."""
    row, version = one.article, one.versions[language]
    assert version.article is not None
    return {
        "outlet": row.outlet,
        "item": row.item,
        "language": language,
        "etag": versioning.make_version_etag(version, row.head) or "",
        "urgency": version.article.urgency or parallels.NORMAL_URGENCY,
        "headline": version.article.headline,
        "source_language": row.head.article.language,
        "source_headline": row.head.article.headline,
        "from_language": version.from_language,
        "reason": version.reason or None,
        "checks": list(version.findings),
        "verdict": describe_verdict(version) if version.verdict else None,
        "engine": version.engine or None,
        "quality": version.quality or None,
        "score": version.score or None,
        "since": version.changed_at,
        "age_seconds": int((now - version.changed_at).total_seconds()),
        "embargoed_until": row.head.article.embargoed_until,
        "sentences": list(list_sentences(version.findings, pairs, whole=whole)) if pairs else [],
        "questions": [describe_question(one_, one) for one_ in questions if one_.language == language],
        "href": site.article(row.outlet, row.item),
        "page": site.page(row.outlet, row.item, language),
    }


def describe_article(one: Loaded, hold: Hold, questions: Sequence[Question], site: Site, now: datetime) -> HeldShown:
    """An article on the desk that routes hold as a whole: itself, in its own language."""
    row, head = one.article, one.article.head.article
    return {
        "outlet": row.outlet,
        "item": row.item,
        "language": head.language,
        "etag": versioning.make_etag(row.head),
        "urgency": hold.urgency,
        "headline": head.headline,
        "source_language": head.language,
        "source_headline": head.headline,
        "from_language": None,
        "reason": holding.why_held(hold) or None,
        "checks": [],
        "verdict": describe_verdict(hold) if hold.verdict else None,
        "engine": None,
        "quality": None,
        "score": None,
        "since": hold.since,
        "age_seconds": int((now - hold.since).total_seconds()),
        "embargoed_until": head.embargoed_until,
        "sentences": [],
        "questions": [describe_question(one_, one) for one_ in questions if one_.language == head.language],
        "href": site.article(row.outlet, row.item),
        "page": site.page(row.outlet, row.item, head.language),
    }


def list_sentences(findings: Sequence[Finding], pairs: Pairs, *, whole: bool) -> Iterator[SentenceShown]:
    """Place, source, result, and what was found there; without `whole` only where something was."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(_squeeze(finding.result), []).append(f"{finding.check}: {finding.detail}")
    for text in pairs.texts:
        for pair in text.sentences:
            said = found.get(_squeeze(to_plain(pair.result)), [])
            if said or whole:
                yield {"place": text.place, "source": pair.source, "result": pair.result, "by": pair.by, "found": said}


def _squeeze(text: str) -> str:
    return " ".join(text.split())
