"""What was translated before is not translated again; what a person wrote wins."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.store import memory
from server.store.engine import Database, open_database
from server.store.entries import Entry
from server.translation import remembering
from translators import Direction, Link, Made
from translators.checks import Finding
from translators.sentences import Finished, Sentence, make_sentence

WAY = Direction("en", "az")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database("", tmp_path)
    yield database
    await database.close()


def make_person(text: str, result: str, **changes: object) -> Entry:
    values = {"direction": WAY, "text": text, "result": result, "origin": "edited", "who": "aysel", "made_at": NOW}
    return Entry(**(values | changes))  # type: ignore[arg-type]


def make_machine(text: str, result: str, **changes: object) -> Entry:
    return make_person(text, result, **({"origin": "machine", "who": "", "making": "m1", "beam": 2} | changes))


async def save(database: Database, *entries: Entry) -> None:
    async with database.write() as conn:
        await memory.save_entries(conn, entries)


async def recall(
    database: Database, sentences: Iterable[Sentence], making: str = "m1", *, aligned: bool = False
) -> dict[Sentence, Finished]:
    async with database.read() as conn:
        return (await remembering.recall(conn, dict.fromkeys(sentences, aligned), WAY, making)).answers


async def recall_text(database: Database, text: str, making: str = "m1", beam: int = 2) -> str | None:
    sentence = make_sentence(text, beam)
    known = await recall(database, [sentence], making)
    return known[sentence].text if sentence in known else None


async def test_what_the_engine_said_comes_back_as_it_was(database: Database) -> None:
    link, atom = Link((0, 3), (4, 9), 0.1 + 0.2), ((4, 21), (0, 17))
    finding = Finding("number", "5 is missing", "See https://x.az/abcd", "https://x.az/abcd baxın", "note")
    other = Finding("markup", "elsewhere", "another", "text")
    odd = make_sentence("See https://x.az/abcd", 2)
    kept = make_sentence("Stays", 4)
    made = {
        odd: Finished("https://x.az/abcd baxın", -0.25, (finding, other), (link,), (atom,)),
        kept: Finished("Stays", -1.5, (), (Link((0, 5), (0, 5)),), is_same=True),
    }
    async with database.write() as conn:
        await remembering.remember(conn, WAY, "m1", made, NOW)
    assert await recall(database, made, aligned=True) == made
    assert await recall(database, made, "m2") == {}


async def test_what_was_not_aligned_is_asked_again_where_alignment_is_wanted(database: Database) -> None:
    sentence = make_sentence("Hello there", 2)
    async with database.write() as conn:
        await remembering.remember(conn, WAY, "m1", {sentence: Finished("Salam", -1, ())}, NOW)
    assert await recall(database, [sentence]) != {}
    assert await recall(database, [sentence], aligned=True) == {}


async def test_a_machines_entry_answers_for_its_beam_and_its_untouched_parts_only(database: Database) -> None:
    async with database.write() as conn:
        plain = make_sentence("Run make test now", 2)
        await remembering.remember(conn, WAY, "m1", {plain: Finished("İndi make test", -1, ())}, NOW)
    island = make_sentence("Run make test now", 2, [(4, 13)])
    assert await recall(database, [plain, make_sentence("Run make test now", 4), island]) == {
        plain: Finished("İndi make test", -1, ())
    }


async def test_a_persons_sentence_wins_over_the_machines_and_stays(database: Database) -> None:
    await save(database, make_machine("Good day", "Gün yaxşı"), make_person("Good day", "Günaydın"))
    await save(database, make_machine("Good day", "Yaxşı gün", made_at=NOW + DAY))
    for making in ("m1", "m2"):
        sentence = make_sentence("Good day", 4)
        known = (await recall(database, [sentence], making, aligned=True))[sentence]
        assert (known.text, known.by, known.findings) == ("Günaydın", "aysel", ())


async def test_the_later_of_two_people_wins_in_whatever_order_they_come(database: Database) -> None:
    await save(database, make_person("Yes", "Bəli", made_at=NOW))
    await save(database, make_person("Yes", "Hə", made_at=NOW - HOUR))
    assert await recall_text(database, "Yes") == "Bəli"
    await save(database, make_person("Yes", "Elədir", made_at=NOW + HOUR))
    assert await recall_text(database, "Yes") == "Elədir"


async def test_blanks_make_no_difference_to_a_persons_sentence(database: Database) -> None:
    await save(database, make_person(" Good\u00a0 day\n", "Günaydın"))
    assert await recall_text(database, "Good day") == "Günaydın"


async def test_directions_share_nothing(database: Database) -> None:
    await save(database, make_person("Film", "Film", direction=Direction("az", "en")))
    assert await recall_text(database, "Film") is None


async def test_a_persons_sentence_serves_with_other_numbers(database: Database) -> None:
    await save(database, make_person("5 ministers came to Baku.", "Bakıya 5 nazir gəldi."))
    sentence = make_sentence("7 ministers came to Baku.", 2)
    assert (await recall(database, [sentence]))[sentence].text == "Bakıya 7 nazir gəldi."
    assert (await recall(database, [sentence]))[sentence].by == "", "nobody has seen it"
    await save(database, make_machine("8 ministers came to Baku.", "Nazirlər."))
    assert await recall_text(database, "8 ministers came to Baku.") == "Bakıya 8 nazir gəldi."


async def test_a_filled_sentence_in_which_a_check_finds_something_is_not_used(database: Database) -> None:
    await save(database, make_person("5 ministers did not come.", "5 nazir gəldi."))
    assert await recall_text(database, "5 ministers did not come.") == "5 nazir gəldi."
    assert await recall_text(database, "7 ministers did not come.") is None


async def test_machines_entries_serve_with_their_own_numbers_only(database: Database) -> None:
    await save(database, make_machine("5 ministers came.", "5 nazir gəldi."))
    assert await recall_text(database, "7 ministers came.") is None


async def test_what_a_person_wrote_is_not_remembered_as_a_machines(database: Database) -> None:
    sentence = make_sentence("Hello", 2)
    async with database.write() as conn:
        await remembering.remember(conn, WAY, "m1", {sentence: Finished("Salam", 0, (), by="aysel")}, NOW)
        assert await memory.count_entries(conn) == 0


async def test_endless_sentences_are_not_remembered(database: Database) -> None:
    sentence = make_sentence("a" * (remembering.MOST_CHARACTERS + 1), 2)
    async with database.write() as conn:
        await remembering.remember(conn, WAY, "m1", {sentence: Finished("b", 0, ())}, NOW)
        assert await memory.count_entries(conn) == 0


async def test_many_sentences_are_found_at_once(database: Database) -> None:
    made = {make_sentence(f"Sentence number {n} of many", 2): Finished(f"Cümlə {n}", -1, ()) for n in range(1_100)}
    async with database.write() as conn:
        await remembering.remember(conn, WAY, "m1", made, NOW)
    assert await recall(database, made) == made


async def test_use_is_noted_once_a_day(database: Database) -> None:
    await save(database, make_machine("Yes", "Bəli"))
    sentence = make_sentence("Yes", 2)
    for when, uses in ((HOUR, 0), (DAY + HOUR, 1), (DAY + 2 * HOUR, 1), (3 * DAY, 2)):
        async with database.write() as conn:
            recalled = await remembering.recall(conn, {sentence: False}, WAY, "m1")
            await memory.touch(conn, recalled.list_unmarked([sentence], NOW + when), NOW + when)
            [entry] = (await memory.find_exact(conn, WAY, ["Yes"], "m1"))["Yes"]
            assert entry.uses == uses


async def test_the_longest_unused_go_first_and_people_last(database: Database) -> None:
    people = [make_person(f"person {n}", "x", made_at=NOW - 900 * DAY + n * DAY) for n in range(10)]
    machines = [make_machine(f"machine {n}", "x", made_at=NOW + n * DAY) for n in range(30)]
    await save(database, *people, *machines)
    async with database.write() as conn:
        assert await memory.trim(conn, 40) == 0
        assert await memory.trim(conn, 30) == 10
        left = {entry.text for entry in await memory.list_entries(conn, WAY)}
        assert left == {entry.text for entry in [*people, *machines[10:]]}
        await memory.trim(conn, 5)
        left = {entry.text for entry in await memory.list_entries(conn, WAY)}
        assert left == {entry.text for entry in people[5:]}


async def test_the_size_is_looked_at_once_an_hour(database: Database) -> None:
    await save(database, *(make_machine(f"machine {n}", "x") for n in range(10)))
    async with database.write() as conn:
        assert await remembering.keep_size(conn, 20, NOW) == 0
        assert await remembering.keep_size(conn, 5, NOW + timedelta(minutes=59)) == 0
        assert await remembering.keep_size(conn, 5, NOW + HOUR) == 5


def test_a_making_names_all_that_an_answer_depends_on() -> None:
    made = Made("argos", "en_az 1.9", "ab" * 32, "draft")
    others = [
        remembering.make_making(made, "", "all"),
        remembering.make_making(made, "g1", "all"),
        remembering.make_making(made, "", "basic"),
        remembering.make_making(Made("argos", "en_az 1.9", "cd" * 32, "draft"), "", "all"),
    ]
    assert len(set(others)) == 4
    assert remembering.make_making(made, "", "all") == others[0] != ""


async def test_a_little_more_goes_than_must(database: Database) -> None:
    """So that a full memory is not trimmed all the time."""
    await save(database, *(make_machine(f"machine {n}", "x", made_at=NOW + n * HOUR) for n in range(201)))
    async with database.write() as conn:
        assert await memory.trim(conn, 200) == 3
        assert await memory.trim(conn, 200) == 0
        assert await remembering.keep_size(conn, 0, NOW) == 0
