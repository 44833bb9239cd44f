"""Why an article goes where it goes, route by route: as data, and as lines of text. Pure and reproducible.

The conditions are walked anew here; that the answer is the decision's is held by tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from server.api.shapes.routing import DestinationShown, JudgementShown, ReasonShown
from server.config import Config
from server.routing import Decision, Texts, decide, make_target
from server.routing.conditions import Reason, explain, render_field, render_reason
from server.routing.facts import Facts
from server.routing.program import GENERAL, Destination, list_routes, name_route
from server.routing.rights import describe_rights


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one route said of an article: of a route that asks for its texts, language by language as well.

    `languages`: those in which it takes it. `stopped`: those for which an upper route had ended the matter.
    """

    route: str
    languages: tuple[str, ...]
    reason: Reason
    by_language: tuple[tuple[str, Reason], ...] = ()
    stopped: tuple[str, ...] = ()

    @property
    def matched(self) -> bool:
        return bool(self.languages)

    @property
    def reasons(self) -> tuple[str, ...]:
        """One line for each part of the condition; `render_judgement` has all that is inside of them."""
        if self.reason.name == "all" and not self.reason.parts:
            return ("takes every article",)
        parts = self.reason.parts if self.reason.name == "all" else (self.reason,)
        return tuple(render_field(one) if not one.parts else next(render_reason(one)) for one in parts)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with the judgement of every route that was asked, in their order."""

    decision: Decision
    judgements: tuple[Judgement, ...]


def explain_decision(facts: Facts, config: Config, texts: Texts | None = None) -> Explanation:
    """What `decide` decides for the same facts and texts, and why."""
    return Explanation(decide(facts, config, texts), tuple(_judge(facts, config, texts or {})))


def _judge(facts: Facts, config: Config, texts: Texts) -> Iterator[Judgement]:
    stopped: dict[str, set[str]] = {}
    languages = tuple(dict.fromkeys((facts.article.language, *config.languages.configured)))
    for group, route in list_routes(config):
        if group != GENERAL and group not in facts.exchanges:
            continue
        gone = stopped.get(GENERAL, set()) | stopped.get(group, set())
        if gone >= set(languages):
            continue
        reason = explain(route.when, facts, None, config.conditions)
        by_language: tuple[tuple[str, Reason], ...] = ()
        if reason.met is None:
            by_language = tuple(
                (tag, explain(route.when, facts, make_target(tag, facts, texts), config.conditions))
                for tag in languages
                if tag not in gone
            )
            taken = [tag for tag, one in by_language if one.met]
        else:
            taken = [tag for tag in languages if tag not in gone] if reason.met else []
        yield Judgement(name_route(group, route), tuple(taken), reason, by_language, tuple(sorted(gone)))
        if route.stop:
            stopped.setdefault(group, set()).update(taken)


def render_judgement(judgement: Judgement) -> Iterator[str]:
    """Lines of text: the route, whether it takes the article, and every part of its condition."""
    taken = f"takes it in {', '.join(judgement.languages)}" if judgement.matched else "does not take it"
    yield f"{judgement.route}: {taken}"
    if not judgement.by_language:
        yield from render_reason(judgement.reason, "  ")
    for language, reason in judgement.by_language:
        yield f"  {language}:"
        yield from render_reason(reason, "    ")


def describe_judgement(judgement: Judgement) -> JudgementShown:
    """As JSON has it."""
    described: JudgementShown = {
        "route": judgement.route,
        "matched": judgement.matched,
        "languages": list(judgement.languages),
        "reason": describe_reason(judgement.reason),
        "text": list(render_judgement(judgement)),
    }
    if judgement.by_language:
        described["by_language"] = {language: describe_reason(one) for language, one in judgement.by_language}
    if judgement.stopped:
        described["stopped"] = list(judgement.stopped)
    return described


def describe_reason(reason: Reason) -> ReasonShown:
    described: ReasonShown = {"condition": reason.name, "met": reason.met}
    if reason.wanted:
        described |= {"wanted": list(reason.wanted), "actual": list(reason.actual)}
    if reason.parts:
        described["parts"] = [describe_reason(part) for part in reason.parts]
    return described


def describe_destination(place: Destination) -> DestinationShown:
    return {
        "channel": place.channel,
        "language": place.language,
        "route": place.route,
        "machine": place.machine,
        "held": place.held,
        "desk": place.desk or None,
        "hold": place.hold or None,
        "labels": list(place.labels),
        "urgency": place.urgency,
        "opens_at": place.opens_at,
        "rights": describe_rights(place.rights),
    }
