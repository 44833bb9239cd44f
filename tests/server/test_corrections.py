"""A correction retranslates what changed, and what people wrote elsewhere survives (CONTRACT §5.4)."""

from collections.abc import Sequence
from typing import Any

import pytest

PATH = "/v1/articles/caravan-wire/one"
SENTENCES = [f"Minister number {number} spoke about trade, water and railways in the capital." for number in range(30)]


@pytest.fixture
async def server(start: Any, recorder: Any) -> Any:
    return await start(translator=recorder)


def make_text(sentences: Sequence[str]) -> str:
    return "".join(f"<p>{' '.join(sentences[at : at + 3])}</p>" for at in range(0, len(sentences), 3))


async def get_body(server: Any, language: str) -> str:
    answer = await server.call("GET", f"{PATH}?language={language}", by="caravan-wire")
    assert answer.status == 200, answer.text
    return answer.json["bodies"][0]["value"]


async def get_version(server: Any, language: str) -> Any:
    return (await server.call("GET", PATH, by="admin")).json["versions"][language]


async def edit(
    server: Any, language: str, body: str, headline: str = "Nazirlər cümə günü paytaxtda görüşəcəklər"
) -> None:
    document = {
        "type": "text",
        "language": language,
        "headlines": [{"value": headline}],
        "bodies": [{"contentType": "text/html", "value": body}],
    }
    answer = await server.call("PUT", f"{PATH}/versions/{language}", by="admin", json=document)
    assert answer.status == 200, answer.text


async def test_a_correction_of_one_sentence_in_thirty_translates_one_sentence_per_language(server, recorder):
    await server.push(text=make_text(SENTENCES))
    await server.settle()
    recorder.asked.clear()
    corrected = [*SENTENCES[:11], "Minister number 11 spoke about nothing at all, his office said.", *SENTENCES[12:]]
    await server.push(text=make_text(corrected))
    await server.settle()
    assert sorted(recorder.asked) == [(f"en-{language}", corrected[11]) for language in ("az", "ru", "tr", "zh")]
    assert f"[az] {SENTENCES[10]} [az] {corrected[11]}</p>" in await get_body(server, "az")


async def test_an_article_pushed_again_under_another_name_asks_the_engine_nothing(server, recorder):
    await server.push(text=make_text(SENTENCES))
    await server.settle()
    recorder.asked.clear()
    await server.push("two", text=make_text(SENTENCES))
    await server.settle()
    assert recorder.asked == []


async def test_an_edit_survives_a_correction_byte_for_byte_and_the_changed_sentence_is_marked(server, recorder):
    await server.push(text=make_text(SENTENCES))
    await server.settle()
    edited = [f"{number} nömrəli  nazir paytaxtda ticarət, su və dəmir yolları haqda danışıb." for number in range(30)]
    await edit(server, "az", make_text(edited).replace("29 nömrəli", "<em>29</em> nömrəli"))
    await server.settle()
    assert (await get_version(server, "az"))["origin"] == "edited"
    before = await get_body(server, "az")
    recorder.asked.clear()

    corrected = [*SENTENCES[:11], "Minister number 11 spoke about nothing at all, his office said.", *SENTENCES[12:]]
    await server.push(text=make_text(corrected))
    await server.settle()
    assert [text for way, text in recorder.asked if way == "en-az"] == [corrected[11]]
    after = await get_body(server, "az")
    untouched = before.replace(" ".join(edited[9:12]), "")
    changed = f"{' '.join(edited[9:11])} [az] {corrected[11]}".replace("  ", " ")
    assert after.replace(changed, "") == untouched
    version = await get_version(server, "az")
    assert (version["origin"], version["freshness"]) == ("machine", "fresh")
    assert [(one["check"], one["source"]) for one in version["checks"]] == [("merged", corrected[11])]

    recorder.asked.clear()
    await edit(server, "az", after.replace(f"[az] {corrected[11]}", "11 nömrəli nazir heç nə haqda danışmayıb."))
    await server.settle()
    version = await get_version(server, "az")
    assert (version["origin"], version["freshness"], version.get("checks", [])) == ("edited", "fresh", [])
    assert recorder.asked == []


async def test_an_edited_version_stays_edited_when_the_source_only_loses_a_sentence(server, recorder):
    await server.push(text=make_text(SENTENCES[:6]))
    await server.settle()
    edited = [f"{number} nömrəli nazir paytaxtda ticarət, su və dəmir yolları haqda danışıb." for number in range(6)]
    await edit(server, "az", make_text(edited))
    recorder.asked.clear()
    await server.push(text=make_text(SENTENCES[:3]))
    await server.settle()
    version = await get_version(server, "az")
    assert (version["origin"], version["freshness"], version["source_version"]) == ("edited", "fresh", 2)
    assert await get_body(server, "az") == make_text(edited[:3])
    assert [way for way, _ in recorder.asked if way == "en-az"] == []


async def test_an_outlets_own_version_is_never_rewritten_by_a_machine(server, recorder):
    await server.push(text=make_text(SENTENCES[:6]))
    document = {
        "type": "text",
        "language": "az",
        "headlines": [{"value": "Nazirlər cümə günü paytaxtda görüşəcəklər, deyə qəzet yazır"}],
    }
    await server.call("PUT", f"{PATH}/versions/az", by="caravan-wire", json=document)
    await server.settle()
    recorder.asked.clear()
    await server.push(text=make_text(SENTENCES[:5]))
    await server.settle()
    version = await get_version(server, "az")
    assert (version["origin"], version["freshness"]) == ("outlet", "stale")
    assert [way for way, _ in recorder.asked if way == "en-az"] == []


async def test_a_persons_sentence_comes_out_in_other_articles_too(server, recorder):
    await server.push(text=make_text(SENTENCES[:3]))
    await server.settle()
    edited = [f"{number} nömrəli nazir paytaxtda ticarət, su və dəmir yolları haqda danışıb." for number in range(3)]
    await edit(server, "az", make_text(edited))
    await server.settle()
    await server.push("two", headline="Another story", text=make_text([SENTENCES[1], "Nothing else is known."]))
    await server.settle()
    answer = await server.call("GET", "/v1/articles/caravan-wire/two?language=az", by="caravan-wire")
    assert answer.json["bodies"][0]["value"] == f"<p>{edited[1]} [az] Nothing else is known.</p>"
    versions = (await server.call("GET", "/v1/articles/caravan-wire/two", by="admin")).json["versions"]
    assert versions["az"]["origin"] == "machine"
