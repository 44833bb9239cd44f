"""article × routing config → destinations and why. Pure: the same facts and config always give the same decision.

Config ─compile, once─→ Program ─for an outlet and its language─→ routes that can take its articles
Facts, texts ─each of them in order, until `stop`→ Decision (channel × language → policy, route)
Facts, texts ─every route, its whole condition→ Judgements: the same decision, told (server/routing/explaining)

program     routes of a Config, compiled         explaining  every route's reasons
conditions  When × Facts → does it hold, and why; atoms: its fields as questions; facts: what they ask
words       how words are found in texts          clocks      hours, days, embargoes of time zones
rights      what may be done with an article, and who may see it; odrl: RightsML
balance     who gave and took how much in an exchange
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.config import Config, HeldPolicy
from server.routing.clocks import find_end
from server.routing.facts import Facts, Target
from server.routing.facts import make_facts as make_facts
from server.routing.program import GENERAL, Compiled
from server.routing.program import Destination as Destination
from server.routing.program import get_program as get_program
from server.routing.rights import ANY_RIGHTS, combine, make_rights

HELD_POLICIES: tuple[HeldPolicy, ...] = ("publish", "mark", "headline", "wait")  # rising

Places = Mapping[tuple[str, str], Destination]  # by channel and language
Texts = Mapping[str, Target]  # language → the text that there is


@dataclass(frozen=True, slots=True)
class Decision:
    """All destinations. `asked`: the languages in which a machine version is wanted, or might be once it is there;
    `verdict`: what an editor said of an article that routes hold as a whole: "released", "rejected".
    """

    destinations: tuple[Destination, ...]
    asked: frozenset[str] = frozenset()
    verdict: str = ""

    def find_holding_route(self) -> str:
        """The route that holds the article as a whole, somewhere; "": none."""
        return next((place.hold for place in self.destinations if place.hold), "")

    def is_kept_from(self, place: Destination) -> bool:
        """Whether the article may not stand in a place because no editor has released it."""
        return bool(place.hold) and self.verdict != "released"

    def machine_languages(self) -> frozenset[str]:
        """The languages in which a machine version is wanted somewhere."""
        return self.asked

    def is_held(self, language: str) -> bool:
        """Whether every destination wants an editor to see machine text in this language first."""
        policies = {place.machine for place in self.destinations if place.language == language}
        return bool(policies) and "publish" not in policies

    def list_desks(self, language: str) -> frozenset[str]:
        """The desks on which text in this language waits, where a route names one."""
        return frozenset(place.desk for place in self.destinations if place.language == language and place.desk)

    def get_urgency(self, language: str) -> int | None:
        """How urgent routes say that the text in this language is: the highest, which is the lowest number."""
        given = [place.urgency for place in self.destinations if place.language == language]
        return min((urgency for urgency in given if urgency is not None), default=None)

    def find_opening(self, after: datetime) -> datetime | None:
        """When an embargo of a route next ends."""
        moments = (place.opens_at for place in self.destinations)
        return min((moment for moment in moments if moment is not None and moment > after), default=None)


def decide(facts: Facts, config: Config, texts: Texts | None = None) -> Decision:
    """Run the routes over an article; where two send it to one channel in one language, the upper one decides.

    `texts`: what there is of it by now, for routes that ask. A text that is not there is judged as the machine's that
    it would be.
    """
    program = get_program(config)
    routes = program.pick(facts)
    run = _Run(facts, texts or {})
    run.go(routes)
    places = run.finish()
    asked = _list_asked(places)
    if asked >= program.languages or all(one.ask_target is None for one in run.matching):
        return Decision(tuple(places), asked)
    unmade = _Run(facts, {})  # what may be made anew is asked for, whatever there is now
    unmade.go(run.matching)
    return Decision(tuple(places), asked | _list_asked(unmade.finish(with_possible=True)))


def _list_asked(places: Iterable[Destination]) -> frozenset[str]:
    return frozenset(place.language for place in places if place.machine != "off")


def make_target(language: str, facts: Facts, texts: Texts) -> Target:
    """The text in a language, or the machine's that it would be: how good, nobody knows before."""
    if language == facts.article.language:
        return Target(language, "source", "fresh", "people", held=False)
    return texts.get(language) or Target(language, "machine")


class _Run:
    """One run of routes over an article."""

    def __init__(self, facts: Facts, texts: Texts) -> None:
        self._facts, self._texts = facts, texts
        self._layers: list[Places] = []  # what each matching route says, the upper ones first
        self._possible: list[Destination] = []
        self._everywhere: list[tuple[Compiled, frozenset[str] | None]] = []
        self._ended: set[str] = set()  # groups
        self._stopped: dict[str, set[str]] = {}  # group → languages
        self.matching: list[Compiled] = []  # as far as the article itself goes

    def go(self, routes: Sequence[Compiled]) -> None:
        facts, ended = self._facts, self._ended
        for one in routes:
            if ended and (GENERAL in ended or one.group in ended):
                continue
            if not one.takes(facts):
                continue
            self.matching.append(one)
            if one.ask_target is None and not self._stopped:
                self._take_all(one)
            else:
                self._take_some(one)

    def _take_all(self, one: Compiled) -> None:
        if one.places:
            self._add(one, one.places)
        else:
            self._everywhere.append((one, None))
        if one.route.stop:
            self._ended.add(one.group)

    def _add(self, one: Compiled, places: Places) -> None:
        if one.says_more:
            places = {key: _say_more(place, one, self._facts) for key, place in places.items()}
        self._layers.append(places)

    def _take_some(self, one: Compiled) -> None:
        """Language by language: those that a route has stopped see no more, those that do not match neither."""
        stopped = self._stopped.get(GENERAL, set()) | self._stopped.get(one.group, set())
        open_ = [language for language in one.languages if language not in stopped]
        answers = {language: self._ask(one, language) for language in open_}
        taken = frozenset(language for language in open_ if answers[language])
        if None in answers.values():
            self._possible += [
                place
                for key, place in one.places.items()
                if answers.get(key[1], False) is None and not any(key in layer for layer in self._layers)
            ]
        if one.places and taken:
            self._add(one, {key: place for key, place in one.places.items() if key[1] in taken})
        elif taken:
            self._everywhere.append((one, taken))
        if one.route.stop:
            self._stopped.setdefault(one.group, set()).update(taken)
            if one.ask_target is None:
                self._ended.add(one.group)

    def _ask(self, one: Compiled, language: str) -> bool | None:
        if one.ask_target is None:
            return True
        if language in self._texts:
            return one.ask_target(self._facts, make_target(language, self._facts, self._texts))
        answers, question = self._facts.answers, (one.ask_target, language)
        if question not in answers:
            answers[question] = one.ask_target(self._facts, make_target(language, self._facts, {}))
        return answers[question]

    def finish(self, *, with_possible: bool = False) -> list[Destination]:
        """The places, under the rights of the article and what routes say of it wherever it goes."""
        found: dict[tuple[str, str], Destination] = {}
        for layer in (*self._layers, *reversed(self._layers)):  # once for their order, once for the upper one's word
            found.update(layer)
        places = [*found.values(), *(self._possible if with_possible else ())]
        for one, languages in self._everywhere:
            places = [
                _say_more(place, one, self._facts) if languages is None or place.language in languages else place
                for place in places
            ]
        rights, source = self._facts.rights, self._facts.article.language
        if rights is ANY_RIGHTS and all(one.route.rights is None for one in self.matching):
            return places
        places = [replace(place, rights=combine((rights, place.rights))) for place in places]
        return [_limit(place, source) for place in places if place.rights.may_be_in(place.language, source)]


def _say_more(place: Destination, one: Compiled, facts: Facts) -> Destination:
    """What a route says of an article in a place: labels gather, the first urgency stands, limits add up."""
    route, opens_at = one.route, place.opens_at
    if not one.says_more and not (route.desk and not place.desk):
        return place
    if route.embargo is not None and facts.pushed_at is not None:
        opens_at = max(find_end(route.embargo, facts.pushed_at), opens_at or facts.pushed_at)
    rights = (
        place.rights if route.rights is None else combine((place.rights, make_rights(route.rights, facts.pushed_at)))
    )
    return replace(
        place,
        desk=place.desk or route.desk or "",
        labels=tuple(dict.fromkeys((*place.labels, *route.labels))),
        urgency=place.urgency or route.urgency,
        opens_at=opens_at,
        rights=rights,
        hold=place.hold or (one.name if route.hold else ""),
    )


def _limit(place: Destination, source: str) -> Destination:
    """A place as its rights leave it: nothing translated by a machine, nothing cut, where they do not permit it."""
    machine, held = place.machine, place.held
    if place.language != source and not place.rights.permits("translate"):
        machine = "off"
    if held == "headline" and not place.rights.permits("cut"):
        held = "wait"
    return replace(place, machine=machine, held=held)


def pick_strictest(policies: Iterable[HeldPolicy]) -> HeldPolicy:
    """The one that lets out least; without any, everything may go out."""
    return max(policies, key=HELD_POLICIES.index, default="publish")


def get_held_policy(directions: Iterable[str], config: Config) -> HeldPolicy:
    """What may become of held text that a machine made in these directions ("az-en"), whatever its routes say."""
    return pick_strictest(config.translation.held[one] for one in directions if one in config.translation.held)
