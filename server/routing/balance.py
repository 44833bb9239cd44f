"""Who gave and took how much in an exchange, and what was owed: counts of the store → balance. Pure.

Given: an outlet's articles that stood in the exchange's channels. Taken: others' articles there that it may see. Asked:
what editors asked about its articles; late: what was not answered in time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from server.api.shapes.newsrooms import BalanceShown, ShareShown
from server.config import Config, Exchange

Counts = Mapping[str, int]  # outlet → its articles in the exchange


@dataclass(frozen=True, slots=True)
class Share:
    """What one member or country gave and took. `owed`: how many articles it owes, `missing` how many of them; `asked`:
    how many questions there were, `late` how many of them had no answer in time.
    """

    given: int
    taken: int
    owed: int = 0
    asked: int = 0
    late: int = 0

    @property
    def missing(self) -> int:
        return max(0, self.owed - self.given)

    @property
    def is_met(self) -> bool:
        return not self.missing and not self.late


@dataclass(frozen=True, slots=True)
class Balance:
    """Of one exchange in one span of days."""

    by_outlet: Mapping[str, Share]
    by_country: Mapping[str, Share]


def make_balance(
    name: str, counts: Counts, config: Config, *, asked: Counts | None = None, late: Counts | None = None
) -> Balance:
    """`counts`: the articles of each outlet in the exchange's channels in the days of its obligations; `asked`, `late`:
    the questions about its articles.
    """
    asked, late = asked or {}, late or {}
    exchange = config.exchanges[name]
    given = {member: counts.get(member, 0) for member in exchange.members}
    taken = {member: sum(given[other] for other in list_seen(member, exchange)) for member in exchange.members}
    owed = exchange.obligations.articles
    shares = {
        member: Share(given[member], taken[member], owed, asked.get(member, 0), late.get(member, 0))
        for member in exchange.members
    }
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
    by_country: dict[str, Share] = {}
    for outlet, share in shares.items():
        country = config.outlets[outlet].country
        old = by_country.get(country, Share(0, 0))
        names = ("given", "taken", "owed", "asked", "late")
        by_country[country] = Share(*(getattr(old, name) + getattr(share, name) for name in names))
    return dict(sorted(by_country.items()))


def describe_balance(name: str, balance: Balance, config: Config) -> BalanceShown:
    """As the API says it."""
    owes = config.exchanges[name].obligations
    return {
        "exchange": name,
        "days": owes.days,
        "answer_minutes": owes.answer_minutes,
        "outlets": {outlet: {**_describe(share), "met": share.is_met} for outlet, share in balance.by_outlet.items()},
        "countries": {country: _describe(share) for country, share in balance.by_country.items()},
    }


def _describe(share: Share) -> ShareShown:
    return {
        "given": share.given,
        "taken": share.taken,
        "owed": share.owed,
        "missing": share.missing,
        "asked": share.asked,
        "late": share.late,
    }
