"""The first page of admins: what needs somebody, the worst first, and how it goes.

what is known of this moment → list_concerns (pure) → Concern: a sentence, its details, where something can be done
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from server.admin import pages
from server.admin.forms import make_address
from server.api.operations import operation
from server.api.shapes.sources import SourceShown
from server.config import Config
from server.configfile import ConfigFault
from server.configfile.live import Live
from server.gauges import Sight
from server.handlers.desk import count_places
from server.handlers.proposals import list_open
from server.handlers.sources import load_sources
from server.keys import CLOCK, CONFIG, DATABASE, GAUGES, LIVE, READER, SITE, TRANSLATOR
from server.pages.visitors import HTML, pick_language
from server.pages.wording import find_wording
from server.publishing import list_channel_languages, make_channel_title
from server.store.figures import Figures, count_arrivals
from server.translation import list_sources as list_source_languages
from server.visibility import is_desk

LATE = timedelta(minutes=10)  # what is due for so long waits for more than its turn
DAY = timedelta(days=1)
MOST_FAULTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """`say` is a key of the catalogue, `values` what it says; `since` when it began. `details` are in English; `kinds`:
    how many jobs of which kind; `faults`: of the configuration file. `section`, `state`: the page where something can
    be done, and what of it is shown. `is_grave`: readers or members feel it.
    """

    say: str
    values: Mapping[str, object] = field(default_factory=dict)
    since: datetime | None = None
    details: Sequence[str] = ()
    kinds: Mapping[str, int] = field(default_factory=dict)
    faults: Sequence[ConfigFault] = ()
    section: str = ""
    state: str = ""
    is_grave: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """All that is asked what needs somebody. `desk`: how many texts wait for an editor, and since when the oldest;
    `proposals`: when those were made that wait for a second admin.
    """

    now: datetime
    live: Live
    sight: Sight
    sources: Sequence[SourceShown] = ()
    desk: tuple[int, datetime | None] = (0, None)
    proposals: Sequence[datetime] = ()


@operation(answers={200: HTML})
async def get_page(request: web.Request) -> web.StreamResponse:
    """GET /admin: what needs an admin, and how it goes."""
    app, config, now, language = request.app, request[CONFIG], request.app[CLOCK](), pick_language(request)
    sight = await app[GAUGES].look(app[DATABASE], now)
    arrivals: Mapping[str, int] = {}
    state = State(now, app[LIVE], sight)
    if sight.figures is not None:
        async with app[DATABASE].read() as conn:
            arrivals = await count_arrivals(conn, now - DAY)
            desk = await count_places(conn, request[READER], config)
        made = [at for at, is_outdated in await list_open(request) if not is_outdated]
        state = State(now, app[LIVE], sight, await load_sources(request), desk, made)
    values = {
        "concerns": [(one, _find_page(request, one, language)) for one in list_concerns(state)],
        "is_known": sight.figures is not None,
        "arrivals": _list_arrivals(arrivals, config),
        "total": sum(arrivals.values()),
        "is_off": config.translation.engine == "off",
        "languages": await _list_languages(request),
        "pending": sight.figures.versions["pending"] if sight.figures else 0,
        "failed": sight.figures.versions["failed"] if sight.figures else 0,
    }
    return pages.show_page(request, "overview", "overview.html", values)


def list_concerns(state: State) -> Iterator[Concern]:
    """What needs somebody, the worst first; nothing: all is well."""
    figures, refusal = state.sight.figures, state.live.refusal
    if figures is None:
        yield Concern(say="overview_database")
    if refusal is not None:
        faults = refusal.faults[:MOST_FAULTS]
        yield Concern(say="overview_refused", since=refusal.at, faults=faults, section="routing")
    if figures is not None:
        yield from _list_failures(figures)
    yield from _list_failing_sources(state.sources)
    if figures is not None:
        yield from _list_waiting(figures, state.now)
    if state.live.restart:
        options = ", ".join(state.live.restart)
        yield Concern(say="overview_restart", values={"options": options}, section="routing", is_grave=False)
    if made := state.proposals:
        values = {"number": len(made)}
        yield Concern(say="overview_proposals", values=values, since=min(made), section="routing", is_grave=False)
    number, since = state.desk
    if number:
        yield Concern(say="overview_held", values={"number": number}, since=since, section="desk", is_grave=False)


def _list_failures(figures: Figures) -> Iterator[Concern]:
    given_up = {kind: number for kind, number in figures.given_up.items() if number}
    if given_up:
        number = sum(given_up.values())
        yield Concern(
            say="overview_given_up", values={"number": number}, kinds=given_up, section="queue", state="given_up"
        )
    failing = sum(number for (_, standing), number in figures.subscriptions.items() if standing == "failing")
    for say, number in (
        ("overview_failing", failing),
        ("overview_letters", figures.dead_letters),
        ("overview_notices", figures.notices),
    ):
        if number:
            yield Concern(say=say, values={"number": number}, section="deliveries")


def _list_failing_sources(sources: Sequence[SourceShown]) -> Iterator[Concern]:
    for one in sources:
        if one["state"] == "live" and not one["failures"]:
            continue
        said = one["reason"] or one["last_error"]
        yield Concern(
            say="overview_source_gone" if one["state"] != "live" else "overview_source",
            values={"source": one["source"], "outlet": one["outlet"]},
            since=one["last_success"],
            details=(said,) if said else (),
            section="deliveries",
        )


def _list_waiting(figures: Figures, now: datetime) -> Iterator[Concern]:
    late = {kind: since for kind, since in figures.oldest.items() if now - since >= LATE}
    if late:
        kinds = {kind: figures.due[kind] for kind in late}
        values, since = {"number": sum(kinds.values())}, min(late.values())
        yield Concern(say="overview_late", values=values, since=since, kinds=kinds, section="queue", state="due")


def _find_page(request: web.Request, concern: Concern, language: str) -> tuple[str, str] | None:
    """Address and name of the page where something can be done; None: there is none."""
    if concern.section == "desk":
        return _find_desk(request, language)
    if concern.section not in pages.SECTIONS:
        return None
    name = find_wording(language).say(f"admin_{concern.section}")
    return make_address(request, f"/admin/{concern.section}", state=concern.state), name


def _find_desk(request: web.Request, language: str) -> tuple[str, str] | None:
    """The channel that shows what is held, in the language of the page where it has that."""
    config = request[SITE].config
    for name, channel in config.channels.items():
        if is_desk(channel) and (known := list_channel_languages(name, config)):
            tag = language if language in known else known[0]
            return make_address(request, f"/channels/{name}/{tag}"), make_channel_title(name, language, config)
    return None


def _list_arrivals(arrivals: Mapping[str, int], config: Config) -> list[tuple[str, str, int]]:
    """(outlet, its name, how many), the most first; also the silent ones, and who has left the configuration."""
    known = {outlet: config.outlets[outlet].name if outlet in config.outlets else outlet for outlet in arrivals}
    known |= {outlet: member.name for outlet, member in config.outlets.items()}
    found = [(outlet, name, arrivals.get(outlet, 0)) for outlet, name in known.items()]
    return sorted(found, key=lambda one: (-one[2], one[1]))


async def _list_languages(request: web.Request) -> list[tuple[str, list[str], list[str]]]:
    """(language, from which it can be made now, from which not). In a thread: engines look at disks, or ask others."""
    languages = request[CONFIG].languages
    directions = await asyncio.to_thread(request.app[TRANSLATOR].directions)
    found = []
    for target in languages.configured:
        made = list_source_languages(target, languages.configured, directions.keys(), languages.pivot)
        missing = [one for one in languages.configured if one != target and one not in made]
        found.append((target, made, missing))
    return found
