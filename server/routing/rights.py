"""What may be done with an article, and who may see it: usage terms, machine-readable rights, limits of routes. Pure.

Article ─read_rights→ Rights ─combine (the strictest of all)→ Rights ─why_refused→ a reason, or ""
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

import orjson

from feeds.model import Article
from server.api.shapes.routing import RightsShown
from server.config.rules import RightsLimits, Terms
from server.routing import odrl
from server.routing.words import has_word


@dataclass(frozen=True, slots=True)
class Rights(odrl.Policy):
    """At most this. `unclear`: why nobody can say what is permitted."""

    unclear: str = ""

    def permits(self, use: str) -> bool:
        """Whether it may be translated, cut, archived."""
        return not self.unclear and {"translate": self.translate, "cut": self.cut, "archive": self.archive}[use]

    def covers(self, country: str) -> bool:
        """Whether people in this country may have it; "" is a reader whose country nobody knows."""
        if self.unclear:
            return False
        if not country:
            return self.territories is None and not self.not_in
        return country not in self.not_in and (self.territories is None or country in self.territories)

    def may_be_in(self, language: str, source: str) -> bool:
        """Whether it may stand in this language; in its own it may."""
        return language == source or self.languages is None or language in self.languages


ANY_RIGHTS = Rights()


def read_rights(article: Article, terms: Mapping[str, Terms], pushed_at: datetime | None) -> Rights:
    """What the article itself says: its usage terms as the configuration reads them, and its rightsInfo."""
    if not article.usage_terms and not article.rights_info:
        return ANY_RIGHTS
    is_policy = article.rights_info.startswith("{")
    address = "" if is_policy else article.rights_info
    found = [one for one in terms.values() if _is_said(one, article.usage_terms) or _is_said(one, address)]
    rights = [make_rights(one, pushed_at) for one in found]
    if is_policy:
        rights.append(_read_policy(article.rights_info))
    elif address and not any(_is_said(one, address) for one in found):
        rights.append(Rights(unclear="no table of [rights] knows the form or the address of its rightsInfo"))
    return combine(rights)


def _is_said(terms: Terms, text: str) -> bool:
    return bool(text) and any(has_word(phrase, text) for phrase in terms.terms)


def make_rights(limits: RightsLimits, pushed_at: datetime | None) -> Rights:
    """The limits of a configuration; a day ends with it, in UTC."""
    ends = []
    if limits.until is not None:
        ends.append(datetime.combine(limits.until, time(0), UTC) + timedelta(days=1))
    if limits.days is not None and pushed_at is not None:
        ends.append(pushed_at + timedelta(days=limits.days))
    return Rights(
        translate=limits.translate,
        cut=limits.cut,
        archive=limits.archive,
        territories=frozenset(limits.territories) or None,
        not_in=frozenset(limits.not_in),
        languages=frozenset(limits.languages) or None,
        until=min(ends, default=None),
    )


def combine(rights: Iterable[Rights]) -> Rights:
    """What all of them permit."""
    found = [one for one in rights if one is not ANY_RIGHTS]
    if len(found) < 2:
        return found[0] if found else ANY_RIGHTS
    ends = [one.until for one in found if one.until is not None]
    return Rights(
        translate=all(one.translate for one in found),
        cut=all(one.cut for one in found),
        archive=all(one.archive for one in found),
        territories=_intersect(one.territories for one in found),
        not_in=frozenset().union(*(one.not_in for one in found)),
        languages=_intersect(one.languages for one in found),
        until=min(ends, default=None),
        unclear="; ".join(dict.fromkeys(one.unclear for one in found if one.unclear)),
    )


def why_refused(rights: Rights, country: str) -> str:
    """Why a reader in this country ("": unknown) may not see it while its rights last; "": they may."""
    if rights.unclear:
        return f"nobody can say what its rights permit: {rights.unclear}"
    if rights.covers(country):
        return ""
    limits = [f"only in {', '.join(sorted(rights.territories))}"] if rights.territories is not None else []
    limits += [f"not in {', '.join(sorted(rights.not_in))}"] if rights.not_in else []
    return f"its rights: {'; '.join(limits)}; the reader is in {country or 'no known country'}"


def describe_rights(rights: Rights) -> RightsShown:
    """What is limited, as the API says it and as a place keeps it; {}: nothing is."""
    described: RightsShown = {}
    if not rights.translate:
        described["translate"] = False
    if not rights.cut:
        described["cut"] = False
    if not rights.archive:
        described["archive"] = False
    if rights.territories is not None:  # [] is what two limits leave over: nothing
        described["territories"] = sorted(rights.territories)
    if rights.not_in:
        described["not_in"] = sorted(rights.not_in)
    if rights.languages is not None:
        described["languages"] = sorted(rights.languages)
    if rights.until is not None:
        described["until"] = rights.until.isoformat()
    if rights.unclear:
        described["unclear"] = rights.unclear
    return described


def dump_rights(rights: Rights) -> str:
    """As a place keeps them: "" where nothing is limited."""
    described = describe_rights(rights)
    return orjson.dumps(described).decode() if described else ""


@lru_cache(maxsize=1024)
def load_rights(kept: str) -> Rights:
    """What `dump_rights` wrote."""
    if not kept:
        return ANY_RIGHTS
    values = orjson.loads(kept)
    for name in ("territories", "not_in", "languages"):
        if name in values:
            values[name] = frozenset(values[name])
    if "until" in values:
        values["until"] = datetime.fromisoformat(values["until"])
    return Rights(**values)


def _intersect(sets: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    given = [one for one in sets if one is not None]
    return frozenset.intersection(*given) if given else None


def _read_policy(text: str) -> Rights:
    try:
        policy = odrl.parse_policy(text)
    except odrl.UnclearPolicy as error:
        return Rights(unclear=str(error))
    return Rights(**{one.name: getattr(policy, one.name) for one in fields(policy)})
