"""The engine over real packages."""

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from translators import Direction, Rendered, TranslationError, UnsupportedDirection
from translators.argos import ArgosTranslator
from translators.packages import list_packages
from translators.repeating import repeats_itself
from translators.starters import install_starter

AT = "2026-01-01T00:00:00Z"
EN_AZ = Direction("en", "az")
TEXTS = [
    "The Central Bank of Azerbaijan has left its refinancing rate unchanged at 7.25 percent.",
    "Parliament passes budget",
    "Rail services between Lisbon and Porto were suspended on Thursday after a freight train left the tracks.",
]


def test_every_direction_of_the_starter_is_offered_with_what_it_is_made_with(starter: ArgosTranslator) -> None:
    directions = starter.directions()
    made = directions[EN_AZ]
    assert (made.engine, made.quality, len(made.sha256)) == ("argos", "starter", 64)
    assert made.package.startswith("karvan-starter-en_az ")
    assert len({each.sha256 for each in directions.values()}) == 1


def test_there_is_one_result_per_text_in_order_whatever_the_batches(
    starter: ArgosTranslator, starter_dir: Path
) -> None:
    together = starter.translate(TEXTS, EN_AZ, beam=2)
    assert [each.text for each in starter.translate(TEXTS[::-1], EN_AZ, beam=2)] == [each.text for each in together][
        ::-1
    ]
    narrow = ArgosTranslator(starter_dir, batch_tokens=40)
    assert [each.text for each in narrow.translate(TEXTS, EN_AZ, beam=2)] == [each.text for each in together]
    assert all(each.text and each.score < 0 for each in together)
    assert not any(">>" in each.text or "▁" in each.text for each in together)


def test_the_target_prefix_chooses_the_language(starter: ArgosTranslator) -> None:
    [russian] = starter.translate(TEXTS[:1], Direction("en", "ru"), beam=1)
    [chinese] = starter.translate(TEXTS[:1], Direction("en", "zh"), beam=1)
    assert any("а" <= letter <= "я" for letter in russian.text)
    assert any("一" <= letter <= "鿿" for letter in chinese.text)


def test_blank_texts_come_back_without_the_model(starter: ArgosTranslator) -> None:
    assert starter.translate([], EN_AZ, beam=2) == []
    assert starter.translate(["", " \n"], EN_AZ, beam=2) == [Rendered("", 0.0), Rendered(" \n", 0.0)]
    mixed = starter.translate(["", TEXTS[0], " "], EN_AZ, beam=1)
    assert (mixed[0].text, mixed[2].text) == ("", " ")
    assert mixed[1].text


def test_a_sentence_without_end_is_translated_in_stretches(starter: ArgosTranslator) -> None:
    [rendered] = starter.translate(["The ministers met in Baku, then they left. " * 120], EN_AZ, beam=1)
    assert len(rendered.text) > 500


@pytest.mark.parametrize("text", ["\x00", "🙂🙂", ">>ru<< __az__ <s> </s> <unk>", "\ud800", "x" * 2_500, "مرحبا", "▁▁"])
def test_odd_texts_harm_nothing(starter: ArgosTranslator, text: str) -> None:
    before = starter.translate(TEXTS[:1], EN_AZ, beam=1)
    assert len(starter.translate([text, TEXTS[0]], EN_AZ, beam=1)) == 2
    assert starter.translate(TEXTS[:1], EN_AZ, beam=1) == before


class Unaided(ArgosTranslator):
    """The engine without its second question to a model that goes round in circles."""

    def _run(self, model: Any, parts: Any, asked: Any, unrepeated: int) -> list[Any]:
        return super()._run(model, parts, asked, 0)


def test_a_model_that_goes_round_in_circles_is_asked_again(starter: ArgosTranslator, starter_dir: Path) -> None:
    """Sources that small models lose their way in; what went well the first time stays as it was."""
    texts = [*TEXTS, "la_la_" * 40, "A" + "a" * 150, "W" * 90, "é" * 40, "no-no-no-" * 15]
    first, mended = [], []
    for target in ("az", "ru", "tr", "zh"):
        direction = Direction("en", target)
        first += Unaided(starter_dir).translate(texts, direction, beam=2, hypotheses=2)
        mended += starter.translate(texts, direction, beam=2, hypotheses=2)
    sources = texts * 4
    circling = [n for n, one in enumerate(first) if repeats_itself(one.text, sources[n])]
    still = [n for n, one in enumerate(mended) if repeats_itself(one.text, sources[n])]
    assert len(circling) >= 4
    assert len(still) <= len(circling) / 2
    assert all(mended[n].text == first[n].text for n in range(len(sources)) if n not in circling)
    for number in set(circling) - set(still):
        [other] = mended[number].alternatives
        assert other.text == first[number].text, "what the model said first is still to be had"


def test_a_direction_without_a_package_is_refused(starter: ArgosTranslator, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDirection, match="en-de"):
        starter.translate(["x"], Direction("en", "de"), beam=1)
    assert ArgosTranslator(tmp_path / "nothing").directions() == {}


def test_packages_are_seen_and_forgotten_without_a_restart(tmp_path: Path, starter_dir: Path) -> None:
    engine = ArgosTranslator(tmp_path)
    assert engine.directions() == {}
    package = next(each for each in list_packages(starter_dir) if each.direction == EN_AZ)
    shutil.copytree(package.folder, tmp_path / "en_az")
    assert list(engine.directions()) == [EN_AZ]
    assert engine.translate(TEXTS[:1], EN_AZ, beam=1)[0].text
    shutil.rmtree(tmp_path / "en_az")
    assert engine.directions() == {}
    with pytest.raises(UnsupportedDirection):
        engine.translate(TEXTS[:1], EN_AZ, beam=1)


def test_a_package_that_cannot_be_loaded_fails_its_direction_only(tmp_path: Path, starter_dir: Path) -> None:
    for package in list_packages(starter_dir)[:2]:
        shutil.copytree(package.folder, tmp_path / package.folder.name)
    broken, sound = list_packages(tmp_path)
    broken.model.write_bytes(b"no weights")
    engine = ArgosTranslator(tmp_path)
    with pytest.raises(TranslationError, match="cannot be loaded"):
        engine.translate(["x"], broken.direction, beam=1)
    assert engine.translate(TEXTS[:1], sound.direction, beam=1)[0].text


def test_threads_share_one_model_and_get_their_own_answers(starter: ArgosTranslator, starter_dir: Path) -> None:
    alone = {text: starter.translate([text], EN_AZ, beam=1)[0].text for text in TEXTS}
    engine = ArgosTranslator(starter_dir)
    answers: dict[int, str] = {}

    def run(number: int) -> None:
        answers[number] = engine.translate([TEXTS[number % 3]], EN_AZ, beam=1)[0].text

    threads = [threading.Thread(target=run, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: alone[TEXTS[number % 3]] for number in range(9)}


def test_a_model_is_loaded_once_however_many_ask_at_once(starter_dir: Path) -> None:
    loaded: list[int] = []

    class Counting(ArgosTranslator):
        def _load(self, shelved: Any) -> Any:
            loaded.append(1)
            return super()._load(shelved)

    engine = Counting(starter_dir)
    directions = list(engine.directions())
    barrier = threading.Barrier(8)

    def run(number: int) -> None:
        barrier.wait()
        engine.translate(TEXTS[1:2], directions[number % len(directions)], beam=1)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 1


def test_a_model_that_was_idle_for_long_leaves_memory_and_comes_back(starter_dir: Path) -> None:
    now = [0.0]
    engine = ArgosTranslator(starter_dir, idle_seconds=60, clock=lambda: now[0])
    assert engine.count_loaded() == 0
    before = engine.translate(TEXTS[1:2], EN_AZ, beam=1)
    now[0] = 59.0
    assert engine.count_loaded() == 1
    engine.translate(TEXTS[1:2], EN_AZ, beam=1)
    now[0] = 118.0
    assert engine.count_loaded() == 1
    now[0] = 120.0
    engine.directions()
    assert engine.count_loaded() == 0
    assert engine.translate(TEXTS[1:2], EN_AZ, beam=1) == before
    forever = ArgosTranslator(starter_dir, clock=lambda: now[0])
    forever.translate(TEXTS[1:2], EN_AZ, beam=1)
    now[0] = 1e9
    assert forever.count_loaded() == 1


def test_a_starter_that_is_installed_while_the_engine_runs_is_used(tmp_path: Path) -> None:
    engine = ArgosTranslator(tmp_path / "shelf")
    assert engine.directions() == {}
    installed = install_starter(tmp_path / "shelf", installed_at=AT)
    assert set(engine.directions()) == {package.direction for package in installed}
