"""What a call takes and what it may answer, declared beside its handler: what checks requests is what is documented.

A handler is declared once:

    @operation(query=ItemsQuery, answers={200: Changes}, problems=(ChannelNotFound,))
    async def get_items(request): ...

Its docstring names the call and says in a line what it does. server/api/openapi makes the document of all of them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

from aiohttp import web
from pydantic import BaseModel

from server.problems import Problem

Needs = Literal["nothing", "outlet", "manager", "editor", "admin"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HandlerType = TypeVar("HandlerType", bound=Handler)


@dataclass(frozen=True, slots=True)
class Content:
    """A body that is not JSON of ours only: media type → what is in it, None where the media type says it all.

    What is in it is a type (JSON) or the name of a schema of server/api/schemas (`Ninjs`).
    """

    types: Mapping[str, Any]
    is_needed: bool = True


Shape = Any  # a TypedDict or another type that pydantic knows (JSON); Content; None for no body


@dataclass(frozen=True, slots=True)
class Operation:
    query: type[BaseModel] | None = None
    body: type[BaseModel] | Content | None = None
    headers: tuple[str, ...] = ()  # of the request, that mean something here
    answers: Mapping[int, Shape] = field(default_factory=dict)
    problems: tuple[type[Problem], ...] = ()  # besides those of every call, of keys and of bodies
    is_plain: bool = False  # problems are told as plain text


def operation(
    *,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | Content | None = None,
    headers: tuple[str, ...] = (),
    answers: Mapping[int, Shape],
    problems: tuple[type[Problem], ...] = (),
    is_plain: bool = False,
) -> Callable[[HandlerType], HandlerType]:
    """Declare what a handler takes and answers."""
    declared = Operation(query, body, headers, answers, problems, is_plain)

    def declare(handler: HandlerType) -> HandlerType:
        handler.__dict__["operation"] = declared
        return handler

    return declare


def find_operation(handler: Handler) -> Operation:
    """What was declared of a handler. Raises LookupError where nothing was."""
    declared = getattr(handler, "operation", None)
    if not isinstance(declared, Operation):
        raise LookupError(f"{handler} declares no operation")
    return declared


class Route(NamedTuple):
    method: str
    path: str
    handler: Handler
    needs: Needs = "nothing"


class Group(NamedTuple):
    """Routes that belong together, under what they are for."""

    title: str
    routes: tuple[Route, ...]
