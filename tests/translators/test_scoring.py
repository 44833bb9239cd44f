"""What models think of translations that are given to them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from translators import Direction, UnsupportedDirection
from translators.argos import ArgosTranslator
from translators.checks.scores import LEAST_GAIN
from translators.engines import Assignment, Scorer
from translators.evaluation import pick_pairs, read_test_set
from translators.pseudo import PseudoTranslator
from translators.scoring import measure_gains

EN_AZ, AZ_EN = Direction("en", "az"), Direction("az", "en")
Pairs = Sequence[tuple[str, str]]


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    text = (Path(__file__).parent / "corpus_sample.tsv").read_text(encoding="utf-8")
    return pick_pairs(read_test_set(text, 24), EN_AZ)


def test_a_translation_is_likelier_than_that_of_another_sentence(starter: ArgosTranslator, pairs: Pairs) -> None:
    sources, results = zip(*pairs, strict=True)
    right = starter.score(pairs, EN_AZ)
    wrong = starter.score(list(zip(sources, results[1:] + results[:1], strict=True)), EN_AZ)
    assert all(score < 0 for score in right + wrong)
    assert sum(one > other for one, other in zip(right, wrong, strict=True)) >= len(pairs) * 0.9


def test_a_models_own_words_score_as_when_it_wrote_them(starter: ArgosTranslator) -> None:
    text = "Rail services between Lisbon and Porto were suspended on Thursday."
    [written] = starter.translate([text], EN_AZ, beam=1)
    [score] = starter.score([(text, written.text)], EN_AZ)
    assert score == pytest.approx(written.score, abs=0.5)  # the prefix counts there, and pieces may be cut otherwise


def test_scores_do_not_depend_on_what_else_is_asked(starter: ArgosTranslator, pairs: Pairs) -> None:
    together = starter.score(pairs[:6], EN_AZ)
    alone = [starter.score([pair], EN_AZ)[0] for pair in pairs[:6]]
    assert together == pytest.approx(alone, abs=0.05)


@pytest.mark.parametrize("pair", [("", ""), (" ", "x"), ("x", ""), ("x " * 500, "y"), ("x", "y " * 500)])
def test_what_cannot_be_scored_is_unknown(starter: ArgosTranslator, pair: tuple[str, str]) -> None:
    assert starter.score([pair], EN_AZ) == [0.0]
    assert starter.score([], EN_AZ) == []
    assert len(starter.score([pair, ("Baku \ud800", "Bakı")], EN_AZ)) == 2


def test_a_direction_without_a_package_cannot_be_scored(starter: ArgosTranslator) -> None:
    with pytest.raises(UnsupportedDirection):
        starter.score([("x", "y")], Direction("en", "de"))


def test_several_engines_score_what_each_can(starter: ArgosTranslator) -> None:
    engines = Assignment(starter, {AZ_EN: PseudoTranslator()})
    assert isinstance(engines, Scorer)
    assert engines.score([("Baku", "Bakı")], EN_AZ)[0] < 0
    with pytest.raises(UnsupportedDirection, match="cannot score"):
        engines.score([("Bakı", "Baku")], AZ_EN)


def test_the_gain_tells_right_from_wrong(starter: ArgosTranslator, pairs: Pairs) -> None:
    sources, results = zip(*pairs, strict=True)
    right = measure_gains(pairs, EN_AZ, starter)
    wrong = measure_gains(list(zip(sources, results[7:] + results[:7], strict=True)), EN_AZ, starter)
    assert sum(gain is not None and gain < LEAST_GAIN for gain in right) <= len(pairs) * 0.05
    assert sum(gain is not None and gain < LEAST_GAIN for gain in wrong) >= len(pairs) * 0.8


def test_there_is_no_gain_without_others_to_compare_with(starter: ArgosTranslator, pairs: Pairs) -> None:
    assert measure_gains(pairs[:2] * 5, EN_AZ, starter) == [None] * 10
    assert measure_gains([], EN_AZ, starter) == []
    gains = measure_gains([*pairs[:3], ("Baku", " "), pairs[0]], EN_AZ, starter)
    assert gains[3] is None
    assert gains[0] == gains[4]
    assert None not in gains[:3]
