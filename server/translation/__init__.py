"""article → parallel versions: from which version, with which package, and what is said where it cannot be done.

  pick_source (pure) → Work | Impossible ─translators.pipeline→ Outcome ─make_parallel→ Parallel

Which source: people's versions before a machine's, a direct package before the way through the pivot; the pivot leg is
the article's own parallel version in the pivot language, made once and used for all. Only where the set has none to
use (not wanted there, or written by people for an older text) the pivot is passed through for each language.

legs         one direction of a translation's way: memory, engine, glossary
engines      the engines that the configuration names, each for its directions
remembering  sentences that were translated before; suggestions: what comes near one; memory_files: TMX
glossary     the glossaries in force; glossary_files: TSV, TBX
learning     what people's parallel versions teach: which sentence stands for which
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from feeds import html
from feeds.model import Article
from server.config import Config
from server.store.articles import ArticleRow
from server.store.documents import make_text_hash
from server.store.pairs import Pairs
from server.store.parallels import Parallel, State
from server.store.sources import MARK
from server.visibility import why_held
from translators import Direction, Made
from translators.checks import Finding
from translators.fields import Fields, TextPair
from translators.glossary import Glossary
from translators.languages import name
from translators.pipeline import Outcome
from translators.relaying import join_pairs, list_alone, turn_pairs

NO_GLOSSARY = Glossary()
QUALITIES = ("starter", "draft", "publish")  # rising


@dataclass(frozen=True, slots=True)
class Work:
    """A text to translate into the last leg's target. `text` stands for the version that is served now.

    `quality` and `findings` are those of the text itself, where a machine made it: what is made from it is no better.
    `edits` are what people wrote of the version before, beside the language of `text`; `glossary` is that of the
    article's exchanges.
    """

    article: ArticleRow
    text: Article
    legs: tuple[Direction, ...]
    quality: str = ""
    findings: tuple[Finding, ...] = ()
    edits: tuple[TextPair, ...] = ()
    glossary: Glossary = NO_GLOSSARY

    @property
    def target(self) -> str:
        return self.legs[-1].target

    @property
    def basis(self) -> str:
        """From which text and on which way: where it is the same, there is nothing to make anew."""
        return f"{make_text_hash(self.text)} {' '.join(map(str, self.legs))}"


@dataclass(frozen=True, slots=True)
class Impossible:
    """The version cannot be made now. `reason` is shown to people; at `again_at` it is tried again by itself."""

    reason: str
    again_at: datetime | None = None


def list_wanted_languages(machine: Collection[str], source: str, config: Config) -> frozenset[str]:
    """The languages that machine versions are made in."""
    return frozenset() if config.translation.engine == "off" else frozenset(machine) - {source}


def may_make(parallel: Parallel, article: ArticleRow) -> bool:
    """Whether a machine may write this version: none that people wrote, but an editor's of an older text it goes on.

    One that a source brought is the source's to renew; an editor's verdict stands until the article's text changes.
    """
    if parallel.basis.startswith(MARK) or (parallel.verdict and is_current(parallel, article)):
        return False
    return parallel.origin == "machine" or (parallel.origin == "edited" and not is_current(parallel, article))


def should_ask(parallel: Parallel, article: ArticleRow, *, retry: bool = False) -> bool:
    """Whether a machine version is to be asked for: there is none of the current text, and it may be made.

    What was given up for this very text is tried again only for `retry`.
    """
    has_failed = parallel.state == "failed" and parallel.tried_hash == article.head.text_hash
    if not may_make(parallel, article) or (has_failed and not retry):
        return False
    return parallel.state in ("pending", "failed") or not is_current(parallel, article)


def should_make(parallel: Parallel, work: Work) -> bool:
    """Whether a machine version that was asked for is still to be made."""
    if not may_make(parallel, work.article):
        return False
    return parallel.state in ("pending", "failed") or parallel.basis != work.basis


def pick_edits(pairs: Mapping[str, Pairs], work: Work) -> tuple[TextPair, ...]:
    """What people wrote of the version before, beside the language that it is made from now. `pairs` are the article's.

    Where they wrote it beside another one, the version in one of both tells which text stands for which; where none
    does, the texts stand beside nothing.
    """
    own = pairs.get(work.target)
    if own is None or not any(one.by for text in own.texts for one in text.sentences):
        return ()
    ours, theirs = work.text.language, own.from_language
    if ours == theirs:
        return own.texts
    if (between := pairs.get(theirs)) and between.from_language == ours:
        return join_pairs(between.texts, own.texts)
    if (between := pairs.get(ours)) and between.from_language == theirs:
        return join_pairs(turn_pairs(between.texts), own.texts)
    return list_alone(own.texts)


def pick_source(
    article: ArticleRow,
    versions: Mapping[str, Parallel],
    target: str,
    directions: Collection[Direction],
    pivot: str,
) -> Work | Impossible:
    """What to translate into `target`, from which language, on which way."""
    source = article.head.article.language
    texts = {source: article.head.article} | {
        language: parallel.article
        for language, parallel in sorted(versions.items())
        if parallel.article is not None and parallel.origin != "machine" and is_current(parallel, article)
    }
    by_choice = sorted(texts, key=lambda tag: (tag != source, tag != pivot, tag))
    for language in by_choice:
        if Direction(language, target) in directions:
            return Work(article, texts[language], (Direction(language, target),))
    to_pivot = next((tag for tag in by_choice if Direction(tag, pivot) in directions), None)
    if to_pivot is None or Direction(pivot, target) not in directions or target == pivot:
        by = "" if target == pivot else f", directly or through {name(pivot, 'en')}"
        return Impossible(f"no installed package translates {name(source, 'en')} into {name(target, 'en')}{by}")
    leg = versions.get(pivot)
    if leg is None or leg.origin != "machine":  # not wanted, or people's and of an older text: only passed through
        return Work(article, texts[to_pivot], (Direction(to_pivot, pivot), Direction(pivot, target)))
    return _pick_leg(article, leg, Direction(pivot, target))


def list_sources(target: str, languages: Collection[str], directions: Collection[Direction], pivot: str) -> list[str]:
    """The languages whose articles `pick_source` has a way to `target` for, where nobody wrote them in another one."""

    def has_way(source: str) -> bool:
        through = Direction(source, pivot) in directions and Direction(pivot, target) in directions
        return Direction(source, target) in directions or (target != pivot and through)

    return [source for source in languages if source != target and has_way(source)]


def _pick_leg(article: ArticleRow, leg: Parallel, direction: Direction) -> Work | Impossible:
    """The way on from the machine's version in the pivot language, once it is there."""
    language = name(direction.source, "en")
    if leg.state == "failed":
        return Impossible(f"the {language} version, from which it is made, failed: {leg.reason}")
    if leg.article is None or leg.state == "pending" or not is_current(leg, article):
        return Impossible(f"waits for the {language} version, from which it is made")
    findings = tuple(replace(one, detail=f"in the {language} version: {one.detail}") for one in leg.findings)
    return Work(article, leg.article, (direction,), leg.quality, findings)


def make_fields(article: Article) -> Fields:
    """What is translated of an article."""
    captions = tuple(picture.caption for picture in article.pictures)
    alts = tuple(picture.alt for picture in article.pictures)
    return Fields(
        headline=article.headline,
        description=article.description,
        body=article.body,
        captions=captions,
        alts=alts,
        keywords=tuple(subject.name for subject in article.subjects if subject.code is None),
    )


def make_article(source: Article, fields: Fields, language: str) -> Article:
    """The article with its texts replaced; what came back is cleaned again, so that no text can become markup."""
    pictures = tuple(
        replace(picture, caption=caption, alt=alt)
        for picture, caption, alt in zip(source.pictures, fields.captions, fields.alts, strict=True)
    )
    keywords = iter(fields.keywords)
    subjects = tuple(one if one.code else replace(one, name=next(keywords)) for one in source.subjects)
    return replace(
        source,
        language=language,
        subjects=subjects,
        headline=fields.headline,
        description=fields.description,
        body=html.clean(fields.body),
        pictures=pictures,
    )


def make_parallel(
    work: Work, outcomes: Sequence[Outcome], held_by_route: bool, config: Config, now: datetime
) -> Parallel:
    """The parallel version that the outcomes of all legs are."""
    qualities = [_get_quality(leg, outcome.made, config) for leg, outcome in zip(work.legs, outcomes, strict=True)]
    quality = min([*qualities, *filter(None, [work.quality])], key=QUALITIES.index)
    findings = work.findings + tuple(one for outcome in outcomes for one in outcome.findings)
    state, reason = pick_state(quality, findings, held_by_route, config)
    last = outcomes[-1]
    made = Parallel(
        article_id=work.article.id,
        language=work.target,
        origin="machine",
        state=state,
        reason=reason,
        changed_at=now,
        version_id=work.article.head.id,
        source_hash=work.article.head.text_hash,
        basis=work.basis,
        from_language=work.legs[-1].source,
        engine=str(last.made),
        package_sha256=last.made.sha256,
        glossary_version=work.glossary.version,
        quality=quality,
        score=min(outcome.score for outcome in outcomes),
        findings=findings,
        article=make_article(work.text, last.fields, work.target),
    )
    if work.edits and last.is_by_people and not last.findings:  # the correction took something away, or moved it
        made = replace(made, origin="edited", state="ready", reason="", findings=(), score=None)
        return replace(made, engine="", package_sha256="", glossary_version="", quality="")
    return made


def pick_state(quality: str, findings: Sequence[Finding], held_by_route: bool, config: Config) -> tuple[State, str]:
    """Whether a machine version may be published unseen, and if not, why."""
    if reason := why_held(quality, findings, config):
        return "held", reason
    if held_by_route:
        return "held", "its routes hold machine versions for an editor"
    return "ready", ""


def is_current(parallel: Parallel, article: ArticleRow) -> bool:
    """Whether a version stands for the text that is served now."""
    return parallel.source_hash == article.head.text_hash


def _get_quality(direction: Direction, made: Made, config: Config) -> str:
    return config.translation.quality.get(str(direction), made.quality)
