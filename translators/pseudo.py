"""Stand-ins for an engine, deterministic and instant: for development and tests, shipped."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import permutations

from translators import Direction, Made, Quality, Rendered, UnsupportedDirection
from translators.alignment import guess_links

LANGUAGES = ("az", "en", "ru", "tr", "zh")
_NO_MODEL = "0" * 64


class PseudoTranslator:
    """Marks each text with the language it should be in: "Hello 5" → "[az] Hello 5". A pivot shows both marks."""

    engine = "pseudo"

    def __init__(
        self,
        languages: Iterable[str] = LANGUAGES,
        *,
        directions: Iterable[Direction] | None = None,
        quality: Quality = "starter",
    ) -> None:
        """Translates every direction among `languages`, or just the `directions` given."""
        if directions is None:
            directions = (Direction(source, target) for source, target in permutations(languages, 2))
        made = Made(self.engine, f"{self.engine} 1", _NO_MODEL, quality)
        self._directions = dict.fromkeys(directions, made)

    def directions(self) -> Mapping[Direction, Made]:
        """The directions it was made for."""
        return dict(self._directions)

    def translate(
        self,
        texts: Sequence[str],
        direction: Direction,
        *,
        beam: int,  # noqa: ARG002
        hypotheses: int = 1,  # noqa: ARG002
        aligned: Collection[int] = (),
    ) -> list[Rendered]:
        """One marked text per text; blank texts as they are."""
        if direction not in self._directions:
            raise UnsupportedDirection(f"no installed package translates {direction}")
        return [
            self._answer(text, direction, number in aligned) if text.strip() else Rendered(text, 0.0)
            for number, text in enumerate(texts)
        ]

    def _answer(self, text: str, direction: Direction, is_aligned: bool) -> Rendered:
        answer = self._render(text, direction)
        return Rendered(answer, 0.0, tuple(guess_links(text, answer)) if is_aligned else ())

    def _render(self, text: str, direction: Direction) -> str:
        return f"[{direction.target}] {text}"


class IdentityTranslator(PseudoTranslator):
    """Gives every text back unchanged."""

    engine = "identity"

    def _render(self, text: str, direction: Direction) -> str:  # noqa: ARG002
        return text
