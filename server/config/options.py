"""What options are made of: sections that refuse unknown keys, ids, languages, countries, lists of values."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from translators.languages import normalise

Access = Literal["public", "members", "admins"]
MachinePolicy = Literal["publish", "hold", "off"]
HeldPolicy = Literal["publish", "mark", "headline", "wait"]  # rising


def _make_tuple(value: object) -> object:
    return (value,) if isinstance(value, str | int | dict) else value


def _language(tag: object) -> object:
    return normalise(tag) if isinstance(tag, str) else tag


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
Language = Annotated[str, StringConstraints(min_length=2), BeforeValidator(_language)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
OneOrMore = BeforeValidator(_make_tuple)  # "a" is ["a"]
AnyOf = Annotated[tuple[str, ...], OneOrMore]
AnyOfLanguages = Annotated[tuple[Language, ...], OneOrMore]
AnyOfCountries = Annotated[tuple[Country, ...], OneOrMore]
LanguageOrAll = Annotated[str, BeforeValidator(lambda tag: tag if tag == "*" else _language(tag))]


class Section(BaseModel):
    """A table of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")
