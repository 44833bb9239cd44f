"""What conditions can ask: of an article (Facts), of its text in one language (Target)."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from html import unescape

from feeds.model import Article, Origin
from server.config import Config
from server.config.rules import TextFreshness
from server.mediatopics import ancestors
from server.routing.clocks import is_open
from server.routing.rights import ANY_RIGHTS, Rights, read_rights
from server.routing.words import HAN, fold
from translators.glossary import Glossary

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Facts:
    """An article and what the configuration knows of it. Texts are folded (`words.fold`).

    `pushed_at` is its first push: clocks are asked for it, so that no correction changes what they said. `exchanges`:
    of its outlet, those that were open then.
    """

    article: Article
    outlet: str
    country: str = ""
    exchanges: tuple[str, ...] = ()
    rights: Rights = ANY_RIGHTS
    pushed_at: datetime | None = None
    glossary: Glossary | None = None

    @cached_property
    def answers(self) -> dict[object, bool | None]:
        """What compiled conditions have said of it and of texts not made yet: each is asked once by all routings."""
        return {}

    @cached_property
    def subjects(self) -> frozenset[str]:
        """Media Topics with their ancestors."""
        codes = {subject.code for subject in self.article.subjects if subject.code}
        return frozenset(codes.union(*(ancestors(code) for code in codes)))

    @cached_property
    def keywords(self) -> frozenset[str]:
        return frozenset(fold(subject.name) for subject in self.article.subjects)

    @cached_property
    def genres(self) -> frozenset[str]:
        return frozenset(map(fold, self.article.genres))

    @cached_property
    def headline(self) -> str:
        return fold(self.article.headline)

    @cached_property
    def located(self) -> str:
        return fold(self.article.located)

    @cached_property
    def ed_note(self) -> str:
        return fold(self.article.ed_note)

    @cached_property
    def body(self) -> str:
        """The body without its tags."""
        text = self.article.body
        text = _TAG.sub(" ", text) if "<" in text else text
        return unescape(text) if "&" in text else text

    @cached_property
    def text(self) -> str:
        """Headline, description and body."""
        return fold("\n".join((self.article.headline, self.article.description, self.body)))

    @cached_property
    def characters(self) -> int:
        """Of the body, each white space counted once."""
        return len(" ".join(self.body.split()))

    @cached_property
    def words(self) -> int:
        """Of the body, between white space; in Chinese each character is one."""
        rest, han = HAN.subn(" ", self.body)
        return han + len(rest.split())


@dataclass(frozen=True, slots=True)
class Target:
    """A text in one language. `quality`: of the machine that made it, or "people"; None: not known before it is made.

    `held`: a check or its quality holds it, whatever its routes say; `freshness` is what it is apart from that.
    """

    language: str
    origin: Origin
    freshness: TextFreshness = "fresh"
    quality: str | None = None
    held: bool | None = None


def make_facts(
    article: Article,
    outlet: str,
    config: Config,
    *,
    pushed_at: datetime | None = None,
    glossary: Glossary | None = None,
) -> Facts:
    """`pushed_at`: the first push; without it no clock condition holds. `glossary`: whose forms keywords have."""
    member = config.outlets.get(outlet)
    return Facts(
        article=article,
        outlet=outlet,
        country=member.country if member else "",
        exchanges=tuple(name for name in config.exchanges_of(outlet) if is_open(config.exchanges[name], pushed_at)),
        rights=read_rights(article, config.rights, pushed_at),
        pushed_at=pushed_at,
        glossary=glossary,
    )
