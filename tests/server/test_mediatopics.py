"""The table of topics is sound, and topics find their way up."""

import csv
import re
from pathlib import Path

import pytest

from server import mediatopics

TABLE = Path(mediatopics.__file__).parent / "data" / "mediatopics.tsv"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def broader(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["code"]: row["broader"] for row in rows}


def test_every_code_is_well_formed_and_stands_once(rows: list[dict[str, str]]) -> None:
    codes = [row["code"] for row in rows]
    assert len(codes) == len(set(codes)) == 1387
    assert codes == sorted(codes)
    assert all(re.fullmatch(r"medtop:\d{8}", code) for code in codes)


def test_every_broader_topic_exists(broader: dict[str, str]) -> None:
    assert {above for above in broader.values() if above} <= broader.keys()


def test_no_topic_lies_under_itself_and_every_path_ends_at_a_top_topic(broader: dict[str, str]) -> None:
    tops = {code for code, above in broader.items() if not above}
    assert tops == {f"medtop:{number:02}000000" for number in range(1, 18)}
    for code in broader:
        path = [code]
        while above := broader[path[-1]]:
            assert above not in path
            path.append(above)
        assert path[-1] in tops
        assert mediatopics.ancestors(code) == tuple(path[1:])


def test_a_topic_in_use_never_lies_under_a_retired_one(rows: list[dict[str, str]]) -> None:
    retired = {row["code"] for row in rows if row["retired"]}
    assert [row["code"] for row in rows if not row["retired"] and row["broader"] in retired] == []


def test_the_first_two_levels_have_a_label_in_all_five_languages(rows: list[dict[str, str]]) -> None:
    upper = [row for row in rows if not row["retired"] and len(mediatopics.ancestors(row["code"])) < 2]
    assert len(upper) == 137
    assert [row["code"] for row in upper if not all(row[tag] for tag in mediatopics.LANGUAGES)] == []


def test_every_topic_has_an_english_label_and_no_label_has_stray_space(rows: list[dict[str, str]]) -> None:
    assert all(row["en"] for row in rows)
    assert [row for row in rows if any(cell != cell.strip() for cell in row.values())] == []


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("medtop:04000000", ()),
        ("medtop:20000209", ("medtop:04000000",)),
        ("medtop:20000005", ("medtop:20000002", "medtop:01000000")),
        ("medtop:20000349", ("medtop:04000000",)),
        ("medtop:99999999", ()),
        ("", ()),
        ("20000005", ()),
    ],
)
def test_ancestors_come_nearest_first_without_the_topic_itself(code: str, path: tuple[str, ...]) -> None:
    assert mediatopics.ancestors(code) == path


def test_labels_follow_the_language() -> None:
    names = {tag: mediatopics.label("medtop:17000000", tag) for tag in mediatopics.LANGUAGES}
    assert names == {"en": "weather", "az": "hava", "ru": "погода", "tr": "hava durumu", "zh": "天气"}
    assert mediatopics.label("medtop:17000000", "zh-Hans") == "天气"


def test_a_missing_label_falls_back_to_english_and_says_so() -> None:
    assert mediatopics.label("medtop:20000005", "az") == "cinema"
    assert mediatopics.find_label("medtop:20000005", "az") == mediatopics.Label(text="cinema", language="en")
    assert mediatopics.find_label("medtop:20000005", "zh-CN") == mediatopics.Label(text="电影", language="zh")


def test_an_unknown_code_has_no_label() -> None:
    assert mediatopics.is_known("medtop:20000005")
    assert not mediatopics.is_known("medtop:99999999")
    assert mediatopics.label("medtop:99999999", "en") is None
