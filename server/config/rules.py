"""What stands in the routing part of the configuration: conditions, routes, exchanges, limits of rights.

docs/routing.md says it in words. Conditions are judged in server/routing/conditions, routes are run in server/routing.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from feeds.model import Origin
from server.config.options import (
    AnyOf,
    AnyOfCountries,
    AnyOfLanguages,
    HeldPolicy,
    Language,
    LanguageOrAll,
    MachinePolicy,
    OneOrMore,
    Section,
    Slug,
)
from translators import Quality

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Use = Literal["translate", "cut", "archive"]
TextFreshness = Literal["fresh", "stale", "pending", "failed"]

MOST_LABEL = 64  # characters


def _read_urgencies(value: object) -> object:
    """3, "1-3", [1, "3-5"] → (1, …)."""
    if isinstance(value, int | str):
        value = [value]
    return tuple(_spread(value)) if isinstance(value, list | tuple) else value


def _spread(values: list[object] | tuple[object, ...]) -> Iterator[object]:
    for one in values:
        match = re.fullmatch(r"\s*([1-9])\s*-\s*([1-9])\s*", one) if isinstance(one, str) else None
        if match is None:
            yield one
        elif int(match[1]) > int(match[2]):
            raise ValueError(f"urgency {one!r} is empty: 1 is the highest and comes first")
        else:
            yield from range(int(match[1]), int(match[2]) + 1)


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}") from error
    return name


Urgency = Annotated[int, Field(ge=1, le=9)]
Urgencies = Annotated[tuple[Urgency, ...], BeforeValidator(_read_urgencies)]
Zone = Annotated[str, AfterValidator(_check_zone)]
Label = Annotated[str, Field(min_length=1, max_length=MOST_LABEL)]
Labels = Annotated[tuple[Label, ...], OneOrMore]


class Range(Section):
    """From `min` to `max`, both in; one may be missing."""

    min: int | None = Field(None, ge=0)
    max: int | None = Field(None, ge=0)


class Clock(Section):
    """On these days between two times of a zone; with `from` after `to` over midnight, on the days it begins."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    days: Annotated[tuple[Day, ...], OneOrMore] = ()
    begin: time = Field(time(0), alias="from")
    end: time = Field(time(0), alias="to")  # 00:00: the end of the day
    zone: Zone = "UTC"


class When(Section):
    """A condition: every field that is given must hold; a field holds when any of its values does."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    outlet: AnyOf = ()
    exchange: AnyOf = ()
    country: AnyOf = ()
    language: AnyOfLanguages = ()
    subject: AnyOf = ()
    keyword: AnyOf = ()
    urgency: Urgencies = ()
    genre: AnyOf = ()
    text: AnyOf = ()
    place: AnyOf = ()
    ed_note: AnyOf = ()
    characters: Range | None = None
    words: Range | None = None
    has_pictures: bool | None = None
    permits: Annotated[tuple[Use, ...], OneOrMore] = ()
    territory: AnyOfCountries = ()
    time: Clock | None = None
    target: AnyOfLanguages = ()
    origin: Annotated[tuple[Origin, ...], OneOrMore] = ()
    freshness: Annotated[tuple[TextFreshness, ...], OneOrMore] = ()
    quality: Annotated[tuple[Quality | Literal["people"], ...], OneOrMore] = ()
    held: bool | None = None
    named: AnyOf = ()
    all_of: "tuple[When, ...]" = Field((), alias="all")
    any_of: "tuple[When, ...]" = Field((), alias="any")
    no: "When | None" = Field(None, alias="not")

    @model_validator(mode="after")
    def _refuse_empty(self) -> Self:
        for name in self.model_fields_set:
            if getattr(self, name) == ():
                raise ValueError(f"`{get_option(name)}` is empty: it would match nothing; leave it out to match all")
        return self


class RightsLimits(Section):
    """What may be done with an article, at most: what is left out is not limited."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    translate: bool = True
    cut: bool = True
    archive: bool = True
    territories: AnyOfCountries = ()
    not_in: AnyOfCountries = ()
    languages: AnyOfLanguages = ()
    until: date | None = None
    days: int | None = Field(None, ge=1)


class Terms(RightsLimits):
    """What an article whose usageTerms have one of these words or phrases permits."""

    terms: AnyOf = Field(min_length=1)


class Embargo(Section):
    """Until so long after the first push, or until the next time that a clock of a zone shows this."""

    minutes: int | None = Field(None, ge=1, le=525_600)
    until: time | None = None
    zone: Zone = "UTC"


class Route(Section):
    """Which articles go where. Without `to` it says something of the article wherever it goes, or stops it."""

    name: str
    when: When = When()
    to: tuple[Slug, ...] = ()
    languages: tuple[LanguageOrAll, ...] = ("*",)
    machine: MachinePolicy | None = None
    held: HeldPolicy | None = None
    desk: Slug | None = None
    labels: Labels = ()
    urgency: Urgency | None = None
    embargo: Embargo | None = None
    rights: RightsLimits | None = None
    hold: bool = False
    stop: bool = False


class Grant(Section):
    """What these readers may see in an exchange: articles of these outlets about these topics; empty: of all."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    reader: Annotated[tuple[Slug, ...], OneOrMore] = Field(min_length=1)
    of: Annotated[tuple[Slug, ...], OneOrMore] = ()
    subject: AnyOf = ()


class Obligations(Section):
    """What a member owes: so many articles in so many days, and an answer within so many minutes."""

    articles: int = Field(0, ge=0)
    days: int = Field(30, ge=1, le=366)
    answer_minutes: int | None = Field(None, ge=1)


DailyUnit = Literal["articles", "bytes", "words"]


class DailyQuota(Section):
    """What may be pushed and translated in a day of UTC; left out: as much as there is."""

    articles_per_day: int | None = Field(None, ge=0)
    bytes_per_day: int | None = Field(None, ge=0)
    words_per_day: int | None = Field(None, ge=0)

    def get_most(self, unit: DailyUnit) -> int | None:
        return {"articles": self.articles_per_day, "bytes": self.bytes_per_day, "words": self.words_per_day}[unit]


class Exchange(Section):
    name: str
    members: tuple[Slug, ...]
    languages: tuple[Language, ...] = ()
    machine: MachinePolicy | None = None
    held: HeldPolicy | None = None
    starts: date | None = None
    ends: date | None = None
    zone: Zone = "UTC"
    grants: tuple[Grant, ...] = ()
    obligations: Obligations = Obligations()
    quota: DailyQuota = DailyQuota()
    routes: tuple[Route, ...] = ()


Conditions = Mapping[Slug, When]


def get_option(field: str) -> str:
    """What a field is called in the file: `all` is a Python word."""
    return {"all_of": "all", "any_of": "any", "no": "not"}.get(field, field)
