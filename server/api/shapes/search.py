"""What a search finds."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from feeds.model import Freshness, Origin
from server.api.schemas import Moment


class PieceShown(TypedDict):
    text: str
    match: Annotated[bool, Field(description="Whether it is what was asked for.")]


class TextFound(TypedDict):
    language: str
    origin: Origin
    page: str


class HitShown(TypedDict):
    """A translation set in which the words were found: its best text, and the others in which they stand."""

    outlet: str
    item: str
    uri: str
    language: str
    headline: str
    snippet: Annotated[
        list[PieceShown], Field(description="A part of the text, plain: joined, it is what stands there.")
    ]
    origin: Origin
    freshness: Freshness
    source_language: str
    engine: Annotated[str | None, Field(description="Of a machine's text.")]
    published: Moment
    updated: Moment
    href: Annotated[str, Field(description="This version in the API.")]
    page: str
    feeds: Annotated[list[str], Field(description="Where you find it.")]
    extent: Literal["full", "marked", "headline"]
    languages: Annotated[list[TextFound], Field(description="All texts of the set that were found, the best first.")]


class Hits(TypedDict):
    hits: list[HitShown]
    next: Annotated[str | None, Field(description="`after` of the next page; null at the end.")]
