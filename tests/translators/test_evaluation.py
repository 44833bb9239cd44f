"""Figures of translations against a test set, and the quality class that they suggest."""

from dataclasses import replace
from pathlib import Path

import pytest

from translators import Direction
from translators.evaluation import BadTestSet, Evaluation, Held, evaluate, pick_pairs, read_test_set
from translators.repeating import repeats_itself

SAMPLE = (Path(__file__).parent / "corpus_sample.tsv").read_text(encoding="utf-8")
EN_AZ, EN_ZH = Direction("en", "az"), Direction("en", "zh")


def test_peoples_own_translations_are_perfect_and_held_as_often_as_themselves() -> None:
    pairs = pick_pairs(read_test_set(SAMPLE, 40), EN_AZ)
    one = evaluate(pairs, [reference for _, reference in pairs], EN_AZ)
    assert (one.sentences, round(one.chrf), round(one.bleu)) == (40, 100, 100)
    assert one.held == one.reference_held
    assert one.held.total <= 0.1
    assert one.quality == "draft", "40 sentences are too few to publish on"


def test_what_the_checks_hold_is_counted_by_sentence_and_by_check() -> None:
    pairs = [
        ("It cost 350 manats.", "O, 350 manata başa gəldi."),
        ("Ministers met in Baku.", "Nazirlər Bakıda görüşdülər."),
    ]
    one = evaluate(pairs, ["O, 950 manata başa gəldi.", "Nazirlər Bakıda görüşdülər."], EN_AZ)
    assert one.held.total == 0.5
    assert all(share == 0.5 for share in one.held.by_check.values())
    assert one.held.by_check.keys() & {"number", "currency"}
    assert one.reference_held == Held(0.0, {})


def test_chinese_is_compared_by_characters() -> None:
    pairs = [("Four ministers met in the capital on Friday.", "四国部长星期五在首都会晤。")]
    assert evaluate(pairs, ["四国部长星期五在首都会面。"], EN_ZH).bleu > 50


@pytest.mark.parametrize(("pairs", "results"), [([], []), ([("a", "b")], []), ([("a", "b")], ["b", "c"])])
def test_figures_need_a_translation_per_sentence(pairs: list[tuple[str, str]], results: list[str]) -> None:
    with pytest.raises(ValueError, match="cannot be evaluated"):
        evaluate(pairs, results, EN_AZ)


GOOD = Evaluation(EN_AZ, 100, 55.0, 20.0, 0.01, Held(0.08, {}), Held(0.05, {}))


@pytest.mark.parametrize(
    ("changes", "quality"),
    [
        ({}, "publish"),
        ({"sentences": 99}, "draft"),
        ({"chrf": 54.9}, "draft"),
        ({"held": Held(0.09, {})}, "draft"),
        ({"repeating": 0.02}, "draft"),
        ({"chrf": 35.0, "held": Held(0.5, {})}, "draft"),
        ({"chrf": 34.9}, "starter"),
        ({"held": Held(0.51, {})}, "starter"),
        ({"direction": EN_ZH, "chrf": 30.0}, "publish"),
        ({"direction": EN_ZH, "chrf": 29.9}, "draft"),
        ({"direction": EN_ZH, "chrf": 17.9}, "starter"),
        ({"direction": Direction("en", "zh-Hant"), "chrf": 30.0}, "publish"),
    ],
)
def test_the_class_follows_the_rule(changes: dict[str, object], quality: str) -> None:
    assert replace(GOOD, **changes).quality == quality  # type: ignore[arg-type]


def test_words_over_and_over_are_seen_unless_the_source_has_them() -> None:
    over = "he came and he saw he came and he saw"
    assert repeats_itself(over, "x")
    assert not repeats_itself(over, "er kam und er sah er kam und er sah")
    assert not repeats_itself("he came and he saw", "x")
    assert repeats_itself("他来了他看见他来了他看见", "x")


def test_a_test_set_is_read_by_its_head() -> None:
    rows = read_test_set("\ufeffen\tzh-Hans\n\nOne.\t一。\nTwo.\t\n")
    assert rows == [{"en": "One.", "zh": "一。"}, {"en": "Two.", "zh": ""}]
    assert pick_pairs(rows, EN_ZH) == [("One.", "一。")]
    assert pick_pairs(rows, Direction("ru", "en")) == []


def test_fewer_lines_are_taken_from_all_over_the_file() -> None:
    text = "en\taz\n" + "".join(f"{n}\t{n}\n" for n in range(100))
    assert [row["en"] for row in read_test_set(text, 4)] == ["0", "25", "50", "75"]
    assert len(read_test_set(text, 1000)) == 100


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "language tags"),
        ("# A title\n", "language tags between tabs"),
        ("en\n", "two or more different"),
        ("zh\tzh-CN\n", "two or more different"),
        ("en\taz\none\n", "1 columns for 2 languages: 'one'"),
        ("en\taz\none\tbir\tiki\n", "3 columns for 2"),
    ],
)
def test_what_is_no_test_set_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadTestSet, match=reason):
        read_test_set(text)
