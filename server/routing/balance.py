"""Who gave and took how much in an exchange, and what was owed: counts of the store → balance. Pure.

Given: an outlet's articles that stood in the exchange's channels. Taken: others' articles there that it may see.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.config import Config, Exchange

Counts = Mapping[str, int]  # outlet → its articles in the exchange


@dataclass(frozen=True, slots=True)
class Share:
    """What one member or country gave and took. `owed`: how many articles it owes, `missing` how many of them."""

    given: int
    taken: int
    owed: int = 0

    @property
    def missing(self) -> int:
        return max(0, self.owed - self.given)


@dataclass(frozen=True, slots=True)
class Balance:
    """Of one exchange in one span of days."""

    by_outlet: Mapping[str, Share]
    by_country: Mapping[str, Share]


def make_balance(name: str, counts: Counts, config: Config) -> Balance:
    """`counts`: the articles of each outlet in the exchange's channels in the days of its obligations."""
    exchange = config.exchanges[name]
    given = {member: counts.get(member, 0) for member in exchange.members}
    taken = {member: sum(given[other] for other in list_seen(member, exchange)) for member in exchange.members}
    owed = exchange.obligations.articles
    shares = {member: Share(given[member], taken[member], owed) for member in exchange.members}
    return Balance(shares, _add_up(shares, config))


def list_seen(member: str, exchange: Exchange) -> list[str]:
    """The other members of whom it may see at least some articles."""
    grants = [grant for grant in exchange.grants if member in grant.reader]
    sees_all = not grants or any(not grant.of for grant in grants)
    return [
        other
        for other in exchange.members
        if other != member and (sees_all or any(other in grant.of for grant in grants))
    ]


def _add_up(shares: Mapping[str, Share], config: Config) -> Mapping[str, Share]:
    given, taken, owed = Counter[str](), Counter[str](), Counter[str]()
    for outlet, share in shares.items():
        country = config.outlets[outlet].country
        given[country] += share.given
        taken[country] += share.taken
        owed[country] += share.owed
    return {country: Share(given[country], taken[country], owed[country]) for country in sorted(owed)}


def describe_balance(name: str, balance: Balance, config: Config) -> dict[str, Any]:
    """As the API says it."""
    owes = config.exchanges[name].obligations
    return {
        "exchange": name,
        "days": owes.days,
        "answer_minutes": owes.answer_minutes,
        "outlets": {outlet: _describe(share) for outlet, share in balance.by_outlet.items()},
        "countries": {country: _describe(share) for country, share in balance.by_country.items()},
    }


def _describe(share: Share) -> dict[str, int]:
    return {"given": share.given, "taken": share.taken, "owed": share.owed, "missing": share.missing}
