"""Engines by name, as config.toml names them; and several of them as one."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from translators import Direction, Made, Rendered, Translator, UnsupportedDirection
from translators.pseudo import LANGUAGES, IdentityTranslator, PseudoTranslator

NAMES = ("argos", "pseudo", "identity")


@runtime_checkable
class Scorer(Protocol):
    """An engine that can say how likely a given translation is."""

    def score(self, pairs: Sequence[tuple[str, str]], direction: Direction) -> list[float]:
        """Mean log-probability per piece (≤ 0) of each second text as the translation of the first; 0: unknown.

        Raises TranslationError, UnsupportedDirection.
        """
        ...


def make_translator(
    name: str,
    packages_dir: Path,
    *,
    languages: Collection[str] = LANGUAGES,
    threads: int = 0,
    batch_tokens: int = 1024,
    idle_seconds: float = 0,
) -> Translator:
    """The engine called argos, pseudo or identity; ValueError for other names.

    `idle_seconds`: its models leave memory when they were not used for so long; 0 keeps them.
    """
    match name:
        case "argos":
            from translators.argos import ArgosTranslator  # loads CTranslate2: only where it is used

            return ArgosTranslator(packages_dir, threads=threads, batch_tokens=batch_tokens, idle_seconds=idle_seconds)
        case "pseudo":
            return PseudoTranslator(languages)
        case "identity":
            return IdentityTranslator(languages)
        case _:
            raise ValueError(f"{name!r} is not an engine; there are {', '.join(NAMES)}")


class Assignment:
    """Several engines as one: each direction is done by the engine it was given to, all others by the default.

    An engine that does not offer a direction that is its own leaves it undone: another's text would be a silent guess.
    """

    def __init__(self, default: Translator, assigned: Mapping[Direction, Translator]) -> None:
        self._default = default
        self._assigned = dict(assigned)

    def directions(self) -> Mapping[Direction, Made]:
        """All that can be done now, by whoever it was given to."""
        offered = {each: made for each, made in self._default.directions().items() if each not in self._assigned}
        seen = {id(engine): engine.directions() for engine in self._assigned.values()}
        for direction, engine in self._assigned.items():
            if made := seen[id(engine)].get(direction):
                offered[direction] = made
        return offered

    def translate(
        self,
        texts: Sequence[str],
        direction: Direction,
        *,
        beam: int,
        hypotheses: int = 1,
        aligned: Collection[int] = (),
    ) -> list[Rendered]:
        """What the direction's engine answers."""
        engine = self._assigned.get(direction, self._default)
        return engine.translate(texts, direction, beam=beam, hypotheses=hypotheses, aligned=aligned)

    def score(self, pairs: Sequence[tuple[str, str]], direction: Direction) -> list[float]:
        """What the direction's engine thinks of the pairs; UnsupportedDirection when it cannot score."""
        engine = self._assigned.get(direction, self._default)
        if not isinstance(engine, Scorer):
            raise UnsupportedDirection(f"the engine of {direction} cannot score")
        return engine.score(pairs, direction)
