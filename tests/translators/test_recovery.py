"""Other hypotheses, one wider call, sentences cut around what an engine loses."""

from collections.abc import Sequence
from typing import Any

import pytest

from translators import Direction, Rendered
from translators.checks import Finding
from translators.pipeline import Fields, Outcome, translate_fields
from translators.pseudo import PseudoTranslator
from translators.recovery import FREE_EXTRA

EN_AZ = Direction("en", "az")


def find_bad(source: str, result: str, direction: Direction) -> Finding | None:
    return Finding("bad", "it is bad", source, result) if "bad" in result.lower() else None


class Scripted(PseudoTranslator):
    """Answers with the hypotheses written down per text and beam; other texts as they are, in capitals."""

    def __init__(self, script: dict[tuple[str, int], list[str]]) -> None:
        super().__init__()
        self.script = script
        self.calls: list[tuple[list[str], int]] = []

    def translate(
        self, texts: Sequence[str], direction: Direction, *, beam: int, hypotheses: int = 1, **options: Any
    ) -> list[Rendered]:
        self.calls.append((list(texts), beam))
        answers = []
        for text in texts:
            first, *others = self.script.get((text, beam), [text.upper()])[:hypotheses]
            answers.append(Rendered(first, -1.0, (), tuple(Rendered(other, -2.0) for other in others)))
        return answers


def translate(headline: str, engine: Scripted) -> Outcome:
    [outcome] = translate_fields([Fields(headline=headline)], EN_AZ, engine, checks=(find_bad,))
    assert isinstance(outcome, Outcome)
    return outcome


def test_the_next_hypothesis_is_taken_without_another_call() -> None:
    engine = Scripted({("One", 4): ["bad one", "bad too", "good one", "good two"]})
    outcome = translate("One", engine)
    assert (outcome.fields.headline, outcome.findings, outcome.score) == ("Good one", (), -2.0)
    assert len(engine.calls) == 1


def test_then_a_wider_beam_is_asked_once_for_all() -> None:
    engine = Scripted({("One", 4): ["bad"], ("Two", 4): ["bad"], ("One", 8): ["bad", "good"], ("Two", 8): ["bad"]})
    first, second, third = translate_fields(
        [Fields(headline="One"), Fields(headline="Two"), Fields(headline="Three")], EN_AZ, engine, checks=(find_bad,)
    )
    assert engine.calls == [(["One", "Two", "Three"], 4), (["One", "Two"], 8)]
    assert isinstance(first, Outcome)
    assert isinstance(second, Outcome)
    assert isinstance(third, Outcome)
    assert (first.fields.headline, first.findings) == ("Good", ())
    assert (second.fields.headline, [finding.check for finding in second.findings]) == ("Bad", ["bad"])
    assert third.fields.headline == "THREE"


def test_asking_again_is_bounded() -> None:
    texts = [f"This is sentence {'x' * 40} number {number}" for number in range(200)]
    engine = Scripted({(text, beam): ["bad"] for text in texts for beam in (4, 8)})
    translate_fields([Fields(headline=text) for text in texts], EN_AZ, engine, checks=(find_bad,))
    (first, beam), (again, wider) = engine.calls
    cost = sum(map(len, again)) * wider
    assert 0 < cost <= max(0.06 * sum(map(len, first)) * beam, FREE_EXTRA * wider)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (["nothing of it"], "LOOK AT @az_news OR https://x.az/a_B, PLEASE."),
        (["QZ1 QZ1 QZ2"], "LOOK AT @az_news OR https://x.az/a_B, PLEASE."),
        (["lost", "kept QZ2 and QZ1"], "Kept https://x.az/a_B and @az_news"),
    ],
)
def test_a_sentence_is_cut_around_what_the_engine_loses(answer: list[str], wanted: str) -> None:
    source = "Look at @az_news or https://x.az/a_B, please."
    engine = Scripted({("Look at QZ1 or QZ2, please.", 4): answer})
    assert translate(source, engine).fields.headline == wanted


def test_what_cannot_be_translated_without_loss_stays_and_is_reported() -> None:
    engine = Scripted({("Look at QZ1", 4): ["lost"], ("Look at", 8): ["QZ1 QZ1"]})
    outcome = translate("Look at @az_news", engine)
    assert outcome.fields.headline == "Look at @az_news"
    assert [finding.check for finding in outcome.findings] == ["untranslated"]
