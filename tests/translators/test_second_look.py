"""What is found of a translation only by looking again."""

from collections.abc import Sequence

from translators import Direction
from translators.checks import Finding
from translators.pseudo import PseudoTranslator
from translators.second_look import look_again
from translators.sentences import Finished, Sentence, Way, make_sentence

EN_AZ = Direction("en", "az")
NOTE = Finding("unit", "km missing", "", "", "note")


class Doubter(PseudoTranslator):
    """Believes of one translation nothing, of the others all; notes what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str]] = []

    def score(self, pairs: Sequence[tuple[str, str]], direction: Direction) -> list[float]:
        assert direction == Direction("az", "en")
        self.asked += pairs
        return [-1.0 if pair in ((f"az {n}", f"en {n}") for n in range(1, 9)) else -4.0 for pair in pairs]


def make_answers(count: int, *findings: Finding, score: float = -1.0) -> dict[Sentence, Finished]:
    return {make_sentence(f"en {n}", 2): Finished(f"az {n}", score, findings) for n in range(count)}


def list_checks(answers: dict[Sentence, Finished]) -> list[list[str]]:
    return [[finding.check for finding in one.findings] for one in answers.values()]


def test_a_doubtful_sentence_that_the_way_back_does_not_lead_to_is_noted() -> None:
    engine = Doubter()
    found = look_again(make_answers(4, NOTE), Way(EN_AZ, engine, recent=()))
    assert list_checks(found) == [["unit", "reverse score"], ["unit"], ["unit"], ["unit"]]


def test_sentences_in_which_nothing_was_found_cost_nothing() -> None:
    engine = Doubter()
    assert list_checks(look_again(make_answers(8), Way(EN_AZ, engine, recent=()))) == [[]] * 8
    assert engine.asked == []


def test_only_a_few_are_asked_back() -> None:
    engine = Doubter()
    look_again(make_answers(100, NOTE), Way(EN_AZ, engine, recent=()))
    assert len({pair for pair in engine.asked if pair[0][3:] == pair[1][3:]}) == 4


def test_what_the_model_is_not_sure_of_is_noted() -> None:
    found = look_again(make_answers(1, score=-9.0), Way(EN_AZ, PseudoTranslator(), recent=()))
    assert list_checks(found) == [["score"]]
    assert list_checks(look_again(make_answers(1, score=-9.0), Way(EN_AZ, PseudoTranslator()))) == [[]]


def test_an_engine_that_cannot_score_is_not_asked() -> None:
    assert not hasattr(PseudoTranslator, "score")
    found = look_again(make_answers(4, NOTE), Way(EN_AZ, PseudoTranslator(), recent=()))
    assert list_checks(found) == [["unit"]] * 4
