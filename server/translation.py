"""article → parallel versions: from which version, with which package, and what is said where it cannot be done.

  pick_source (pure) → Work | Impossible ─translators.pipeline→ Outcome ─make_parallel→ Parallel

Which source: people's versions before a machine's, a direct package before the way through the pivot; the pivot leg is
the article's own parallel version in the pivot language, made once and used for all.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from feeds import html
from feeds.model import Article
from server.config import Config
from server.store.articles import ArticleRow
from server.store.parallels import Parallel, State
from translators import Direction, Made
from translators.languages import name
from translators.pipeline import Fields, Outcome


@dataclass(frozen=True, slots=True)
class Work:
    """A text to translate. `version` is the source version's row id, `source_hash` its content."""

    article: ArticleRow
    text: Article
    direction: Direction


@dataclass(frozen=True, slots=True)
class Impossible:
    """The version cannot be made now. `reason` is shown to people."""

    reason: str


def list_wanted_languages(machine: Collection[str], source: str, config: Config) -> frozenset[str]:
    """The languages that machine versions are made in: those wanted, and the pivot that their way may lead through."""
    wanted = frozenset(machine) - {source}
    if not wanted or config.translation.engine == "off":
        return frozenset()
    return wanted | ({config.languages.pivot} - {source})


def should_translate(parallel: Parallel, article: ArticleRow, *, retry: bool = False) -> bool:
    """Whether a machine version is to be made: there is none of the current version, and no person wrote it."""
    if parallel.origin != "machine" or (parallel.state == "failed" and not retry and _is_current(parallel, article)):
        return False
    return parallel.state in ("pending", "failed") or not _is_current(parallel, article)


def pick_source(
    article: ArticleRow,
    versions: Mapping[str, Parallel],
    target: str,
    directions: Collection[Direction],
    pivot: str,
) -> Work | Impossible:
    """What to translate into `target`, and from which language."""
    source = article.head.article.language
    texts = {source: article.head.article} | {
        language: parallel.article
        for language, parallel in sorted(versions.items())
        if parallel.article is not None and parallel.origin != "machine" and _is_current(parallel, article)
    }
    for language in sorted(texts, key=lambda tag: (tag != source, tag != pivot, tag)):
        direction = Direction(language, target)
        if direction in directions:
            return Work(article, texts[language], direction)
    leg = versions.get(pivot)
    if target == pivot or Direction(pivot, target) not in directions:
        by = "" if target == pivot else f", directly or through {name(pivot, 'en')}"
        return Impossible(f"no installed package translates {name(source, 'en')} into {name(target, 'en')}{by}")
    if leg is None or leg.article is None or not _is_current(leg, article):
        return Impossible(f"waits for the {name(pivot, 'en')} version, from which it is made")
    return Work(article, leg.article, Direction(pivot, target))


def make_fields(article: Article) -> Fields:
    """What is translated of an article."""
    captions = tuple(picture.caption for picture in article.pictures)
    alts = tuple(picture.alt for picture in article.pictures)
    return Fields(
        headline=article.headline, description=article.description, body=article.body, captions=captions, alts=alts
    )


def make_article(source: Article, fields: Fields, language: str) -> Article:
    """The article with its texts replaced; what came back is cleaned again, so that no text can become markup."""
    pictures = tuple(
        replace(picture, caption=caption, alt=alt)
        for picture, caption, alt in zip(source.pictures, fields.captions, fields.alts, strict=True)
    )
    return replace(
        source,
        language=language,
        headline=fields.headline,
        description=fields.description,
        body=html.clean(fields.body),
        pictures=pictures,
    )


def make_parallel(work: Work, outcome: Outcome, held_by_route: bool, config: Config, now: datetime) -> Parallel:
    """The parallel version that an engine's outcome is."""
    quality = _get_quality(work.direction, outcome.made, config)
    findings = tuple(f"{finding.check}: {finding.detail}" for finding in outcome.findings)
    state, reason = pick_state(quality, findings, held_by_route, config)
    return Parallel(
        article_id=work.article.id,
        language=work.direction.target,
        origin="machine",
        state=state,
        reason=reason,
        changed_at=now,
        version_id=work.article.head.id,
        source_hash=work.article.head.content_hash,
        from_language=work.direction.source,
        engine=str(outcome.made),
        package_sha256=outcome.made.sha256,
        quality=quality,
        score=outcome.score,
        findings=findings,
        article=make_article(work.text, outcome.fields, work.direction.target),
    )


def pick_state(quality: str, findings: Sequence[str], held_by_route: bool, config: Config) -> tuple[State, str]:
    """Whether a machine version may be published unseen, and if not, why."""
    if findings:
        return "held", "; ".join(findings)
    if quality not in config.translation.publish_unseen:
        return "held", f"{quality} quality is not published unseen"
    if held_by_route:
        return "held", "its routes hold machine versions for an editor"
    return "ready", ""


def _is_current(parallel: Parallel, article: ArticleRow) -> bool:
    return parallel.source_hash == article.head.content_hash


def _get_quality(direction: Direction, made: Made, config: Config) -> str:
    return config.translation.quality.get(str(direction), made.quality)
