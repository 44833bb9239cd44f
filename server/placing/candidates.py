"""The texts of an article that could be published: how fresh, held or not, what is told of them (pure).

article, its parallel versions, config ─list_texts→ Text for each language
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from feeds.model import Article, Freshness
from server.config import Config, HeldPolicy
from server.routing import get_held_policy
from server.store.articles import ArticleRow
from server.store.documents import make_shown_hash
from server.store.parallels import Parallel
from server.store.placements import Extent
from server.texts import carry_over, make_excerpt
from server.visibility import count_findings, why_version_held


@dataclass(frozen=True, slots=True)
class Text:
    """One language of an article, as it could be published. `content_hash` is that of what readers see of it.

    `is_held`: an editor has to see it first. It stays so when its successor is pending or has failed. `held` is what
    its directions let out then, `excerpt_hash` that of its headline and description, `findings` what is told of it.
    `told`: its freshness where nothing is told of what was found. `making`: what else readers are told of it.
    """

    language: str
    origin: str
    freshness: Freshness
    content_hash: str
    is_held: bool = False
    making: str = ""
    told: Freshness = "fresh"
    held: HeldPolicy = "publish"
    excerpt_hash: str = ""
    findings: str = ""
    is_released: bool = False


def get_freshness(parallel: Parallel, article: ArticleRow) -> Freshness:
    """The freshness contract: fresh only when made from the version that is served now (CONTRACT §1)."""
    if parallel.state != "ready":
        return parallel.state
    return "fresh" if parallel.source_hash == article.head.text_hash else "stale"


def get_told_freshness(parallel: Parallel, article: ArticleRow, extent: Extent) -> Freshness:
    """What readers are told: where a held text stands in full, as if nothing were found."""
    if parallel.state == "held" and extent == "full":
        return get_freshness(replace(parallel, state="ready"), article)
    return get_freshness(parallel, article)


def list_texts(article: ArticleRow, versions: Mapping[str, Parallel], config: Config) -> Sequence[Text]:
    """The source and every parallel version that has a text which no editor has rejected."""
    source = Text(article.head.article.language, "source", "fresh", make_shown_hash(article.head.article))
    return [source] + [
        _make_text(parallel, parallel.article, article, versions, config)
        for _, parallel in sorted(versions.items())
        if parallel.article is not None and parallel.verdict != "rejected"
    ]


def _make_text(
    parallel: Parallel, text: Article, article: ArticleRow, versions: Mapping[str, Parallel], config: Config
) -> Text:
    directions = list_directions(parallel, article.head.article.language, versions)
    return Text(
        parallel.language,
        parallel.origin,
        get_freshness(parallel, article),
        make_shown_hash(text),
        is_held=parallel.state == "held" or _should_hold(parallel, config),
        is_released=parallel.verdict == "released",
        making=_describe_making(parallel, text, article, versions),
        told=get_told_freshness(parallel, article, "full"),
        held=get_held_policy(directions, config),
        excerpt_hash=f"headline {make_shown_hash(make_excerpt(text))}",
        findings=" ".join(f"{name}={count}" for name, count in count_findings(parallel.findings)),
    )


def _describe_making(parallel: Parallel, text: Article, article: ArticleRow, versions: Mapping[str, Parallel]) -> str:
    """What readers are told of its making, and what it takes from a text that may change while it does not."""
    said: list[object] = [
        parallel.from_language,
        parallel.version_id,
        parallel.quality,
        parallel.engine,
        parallel.verdict,
    ]
    between = versions.get(parallel.from_language or "")
    if parallel.origin != "machine":
        said += [text.version, text.version_created]
    elif text.pictures and between is not None and parallel.source_hash == article.head.text_hash:
        pictures = carry_over(parallel, text, article.head, between).pictures
        said.append(make_shown_hash(replace(text, body="", pictures=pictures))[:16])
    return " ".join(map(str, said))


def list_directions(parallel: Parallel, source: str, versions: Mapping[str, Parallel]) -> frozenset[str]:
    """The directions that a machine took to a text: every leg, also to the machine's version that it started from,
    and the whole way from the article's own language.
    """
    if parallel.origin != "machine":
        return frozenset()
    whole, legs = f"{source}-{parallel.language}", parallel.basis.split()[1:]
    start = versions.get(parallel.from_language or "")
    before = start.basis.split()[1:] if start is not None and start.origin == "machine" else []
    return frozenset((whole, *legs, *before))


def _should_hold(parallel: Parallel, config: Config) -> bool:
    return bool(why_version_held(parallel, config))
