"""Conditions × article → does it hold, and why? Pure; compiled to closures, explained by walking the condition.

Three answers, as Kleene has them: yes, no, and not known before the text is made. `all` is no when one part is, `any`
is yes when one is, `not` turns yes and no around.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from server.config.rules import When
from server.routing.atoms import STATIC, Answer, Ask, Atom, list_atoms
from server.routing.facts import Facts, Target


class Test(NamedTuple):
    """A compiled condition. `per_language`: it asks for the text in a language."""

    ask: Ask
    per_language: bool


Node = bool | Test  # a bool: the same for all articles of an outlet in one language

Conditions = Mapping[str, When]

WORDS = ("keyword", "text", "place", "ed_note")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a condition holds or not. `name`: its field, or all, any, not, named; `actual`: what there is.

    Of fields that look for words, `actual` are the wanted ones that were found.
    """

    name: str
    met: Answer
    wanted: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()
    parts: tuple["Reason", ...] = ()


# Compiled


COSTLY = ("characters", "words", "keyword", "text", "place", "ed_note")  # rising: what looks into texts is asked last


class Compiler:
    """Conditions for the articles of an outlet in one language; what these do not decide is made once for all."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._atoms: dict[int, tuple[When, tuple[Atom, ...]]] = {}  # by identity, which the When beside them keeps
        self._fixed: dict[int, tuple[When, Node | None]] = {}  # None: outlet, exchanges or language are asked for

    def compile_parts(self, when: When, known: Facts) -> list[Test] | None:
        """What is left to ask of articles with the outlet, exchanges and language of `known`; None: it cannot hold."""
        tests = []
        for node in self._list_nodes(when, known):
            if node is False:
                return None
            if isinstance(node, Test):
                tests.append(node)
        return tests

    def list_atoms(self, when: When) -> tuple[Atom, ...]:
        """As `atoms.list_atoms` does, the same ones each time, those that cost more behind."""
        found = self._atoms.get(id(when))
        if found is None:
            found = self._atoms[id(when)] = when, tuple(sorted(list_atoms(when), key=lambda one: one.name in COSTLY))
        return found[1]

    def is_fixed(self, when: When) -> bool:
        """Whether it asks for neither outlet, exchange, country nor language, so that it is the same for all."""
        if any(getattr(when, name) for name in STATIC):
            return False
        return all(map(self.is_fixed, _list_inner(when, self._conditions)))

    def _list_nodes(self, when: When, known: Facts) -> Iterator[Node]:
        for atom in self.list_atoms(when):
            yield bool(atom.ask(known, None)) if atom.name in STATIC else Test(atom.ask, atom.per_language)
        if when.named:
            yield _join((self._compile(self._conditions[name], known) for name in when.named), at_all=False)
        for part in when.all_of:
            yield self._compile(part, known)
        if when.any_of:
            yield _join((self._compile(part, known) for part in when.any_of), at_all=False)
        if when.no is not None:
            yield _negate(self._compile(when.no, known))

    def _compile(self, when: When, known: Facts) -> Node:
        kept = self._fixed.get(id(when))
        if kept is None:
            node = _join(self._list_nodes(when, known), at_all=True) if self.is_fixed(when) else None
            kept = self._fixed[id(when)] = when, node
        return _join(self._list_nodes(when, known), at_all=True) if kept[1] is None else kept[1]


def _list_inner(when: When, conditions: Conditions) -> Iterator[When]:
    """The conditions right inside of it, and those that it names."""
    yield from when.all_of
    yield from when.any_of
    yield from (conditions[name] for name in when.named)
    if when.no is not None:
        yield when.no


def ask_all(tests: Collection[Test]) -> Ask | None:
    """One question for all of them, None for none."""
    match [test.ask for test in tests]:
        case []:
            return None
        case [ask]:
            return ask
        case asks:
            return _all(asks)


def _join(nodes: Iterable[Node], *, at_all: bool) -> Node:
    """All of them or any of them; what is known already is left out, or decides."""
    tests = []
    for node in nodes:
        if isinstance(node, Test):
            tests.append(node)
        elif node is not at_all:
            return node
    if not tests:
        return at_all
    if len(tests) == 1:
        return tests[0]
    asks = [test.ask for test in tests]
    return Test(_all(asks) if at_all else _any(asks), any(test.per_language for test in tests))


def _all(asks: list[Ask]) -> Ask:
    def ask(facts: Facts, target: Target | None) -> Answer:
        answer: Answer = True
        for one in asks:
            met = one(facts, target)
            if met is False:
                return False
            if met is None:
                answer = None
        return answer

    return ask


def _any(asks: list[Ask]) -> Ask:
    def ask(facts: Facts, target: Target | None) -> Answer:
        answer: Answer = False
        for one in asks:
            met = one(facts, target)
            if met is True:
                return True
            if met is None:
                answer = None
        return answer

    return ask


def _negate(node: Node) -> Node:
    if not isinstance(node, Test):
        return not node
    one = node.ask

    def ask(facts: Facts, target: Target | None) -> Answer:
        met = one(facts, target)
        return None if met is None else not met

    return Test(ask, node.per_language)


def looks_for_words(when: When) -> bool:
    """Whether the glossary is asked: a condition that it names is looked at by itself."""
    parts = (*when.all_of, *when.any_of, *((when.no,) if when.no is not None else ()))
    return any(getattr(when, name) for name in WORDS) or any(map(looks_for_words, parts))


# Explained


def explain(when: When, facts: Facts, target: Target | None, conditions: Conditions) -> Reason:
    """The whole condition as a tree of reasons, nothing left out."""
    parts = [_explain_atom(atom, facts, target) for atom in list_atoms(when)]
    for name in when.named:
        inner = explain(conditions[name], facts, target, conditions)
        parts.append(Reason("named", inner.met, (name,), (), (inner,)))
    if len(when.named) > 1:
        parts[-len(when.named) :] = [_gather("any", _weigh_any, parts[-len(when.named) :])]
    parts += [explain(part, facts, target, conditions) for part in when.all_of]
    if when.any_of:
        parts.append(_gather("any", _weigh_any, [explain(part, facts, target, conditions) for part in when.any_of]))
    if when.no is not None:
        inner = explain(when.no, facts, target, conditions)
        parts.append(Reason("not", None if inner.met is None else not inner.met, parts=(inner,)))
    return parts[0] if len(parts) == 1 else _gather("all", _weigh_all, parts)


def _explain_atom(atom: Atom, facts: Facts, target: Target | None) -> Reason:
    return Reason(
        atom.name, atom.ask(facts, target), atom.wanted, tuple(str(value) for value in atom.tell(facts, target))
    )


def _gather(name: str, weigh: Callable[[list[Answer]], Answer], parts: list[Reason]) -> Reason:
    return Reason(name, weigh([part.met for part in parts]), parts=tuple(parts))


def _weigh_all(answers: list[Answer]) -> Answer:
    return False if False in answers else None if None in answers else True


def _weigh_any(answers: list[Answer]) -> Answer:
    return True if True in answers else None if None in answers else False


# Told

COMBINED = {"all": "all of these", "any": "any of these", "not": "not this"}
SIGNS: Mapping[Answer, str] = {True: "yes", False: "no", None: "not known"}


def render_reason(reason: Reason, indent: str = "") -> Iterator[str]:
    """Lines of text, what is inside of something under it and indented."""
    if not reason.parts:
        yield f"{indent}{SIGNS[reason.met]}: {render_field(reason)}" if reason.name != "all" else f"{indent}yes: always"
        return
    title = f"condition {reason.wanted[0]!r}" if reason.name == "named" else COMBINED[reason.name]
    yield f"{indent}{SIGNS[reason.met]}: {title}"
    for part in reason.parts:
        yield from render_reason(part, indent + "  ")


def render_field(reason: Reason) -> str:
    """What one field wanted and what there is."""
    if reason.name in WORDS:
        if reason.met:
            return f"{reason.name} {reason.actual[0]!r} found"
        return f"{reason.name}: none of {', '.join(map(repr, reason.wanted))}"
    wanted = " or ".join(reason.wanted)
    if reason.met is None:
        return f"{reason.name} is not known before the text is made, wanted {wanted}"
    met = next((value for value in reason.wanted if value in reason.actual), ", ".join(reason.actual))
    if reason.met:
        return f"{reason.name} is {met}"
    return f"{reason.name} is {', '.join(reason.actual) or 'not given'}, wanted {wanted}"
