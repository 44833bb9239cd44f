"""What an editor made of a version: who has seen it, what becomes of it when its source moves on."""

from typing import Any

import pytest

from translators.pseudo import PseudoTranslator

PATH = "/v1/articles/caravan-wire/one"
HEADLINE = "The ministers will meet in the capital on Friday to discuss trade"
EN = [
    "The ministers of four countries will meet on Friday.",
    "They will discuss trade and water in the new building.",
    "Nothing else was said by their offices on Thursday.",
]
AZ = [
    "Dörd ölkənin nazirləri cümə günü görüşəcəklər.",
    "Onlar yeni binada ticarət və su məsələlərini müzakirə edəcəklər.",
    "Cümə axşamı onların idarələri başqa heç nə deməyib.",
]
AZ_HEADLINE = "Nazirlər cümə günü paytaxtda ticarəti müzakirə etmək üçün görüşəcəklər"


@pytest.fixture
async def server(start: Any, recorder: Any) -> Any:
    return await start(translator=recorder)


def join(*sentences: str) -> str:
    return "".join(f"<p>{sentence}</p>" for sentence in sentences)


async def edit(server: Any, body: str, item: str = "one", **changes: Any) -> None:
    document = {
        "type": "text",
        "language": "az",
        "headlines": [{"value": AZ_HEADLINE}],
        "bodies": [{"contentType": "text/html", "value": body}],
    }
    path = f"/v1/articles/caravan-wire/{item}/versions/az"
    answer = await server.call("PUT", path, by="admin", json=document | changes)
    assert answer.status == 200, answer.text
    await server.settle()


async def get_version(server: Any, item: str = "one", language: str = "az") -> Any:
    answer = await server.call("GET", f"/v1/articles/caravan-wire/{item}", by="admin")
    return answer.json["versions"][language]


async def get_body(server: Any, item: str = "one", language: str = "az") -> str:
    answer = await server.call("GET", f"/v1/articles/caravan-wire/{item}?language={language}", by="admin")
    return answer.json["bodies"][0]["value"]


async def push(server: Any, body: str, item: str = "one", **changes: Any) -> None:
    await server.push(item, headline=HEADLINE, text=body, **changes)
    await server.settle()


async def test_a_version_of_peoples_sentences_from_elsewhere_is_not_edited_until_somebody_has_seen_it(server):
    await push(server, join(*EN))
    await edit(server, join(*AZ))
    await push(server, join(*EN), "two")  # every sentence is in the memory
    assert (await get_version(server, "two"))["origin"] == "machine"
    await push(server, join(*EN[:2]), "two")
    version = await get_version(server, "two")
    assert version["origin"] == "machine"
    assert not [one for one in version.get("checks", []) if one["check"] == "merged"]


async def test_a_sentence_of_the_memory_is_new_in_an_edited_version(server):
    await push(server, join(*EN), "two")
    await edit(server, join(*AZ), "two")
    await push(server, join(*EN[:2]))
    await edit(server, join(*AZ[:2]))
    await push(server, join(*EN))
    version = await get_version(server)
    assert version["origin"] == "machine"
    assert [(one["check"], one["source"]) for one in version["checks"]] == [("merged", EN[2])]
    assert await get_body(server) == join(*AZ)


async def get_article_versions(server: Any) -> Any:
    return (await server.call("GET", PATH, by="admin")).json["versions"]


RU = [
    "Министры четырёх стран встретятся в пятницу.",
    "Они обсудят торговлю и воду в новом здании.",
    "Больше ничего их ведомства в четверг не сообщили.",
]
RU_HEADLINE = "Министры встретятся в столице в пятницу и обсудят торговлю"


async def push_russian(server: Any, *sentences: str) -> None:
    document = {
        "type": "text",
        "language": "ru",
        "headlines": [{"value": RU_HEADLINE}],
        "bodies": [{"contentType": "text/html", "value": join(*sentences)}],
    }
    answer = await server.call("PUT", "/v1/articles/steppe-herald/one", by="steppe-herald", json=document)
    assert answer.status < 300, answer.text
    await server.settle()


class Spokes(PseudoTranslator):
    """Translates from and into English only."""

    def directions(self) -> Any:
        return {one: made for one, made in super().directions().items() if "en" in (one.source, one.target)}


@pytest.fixture
async def spokes(start: Any, config: Any) -> Any:
    """A server that goes through English, of which no version is wanted: its routes ask for Azerbaijani only."""

    async def start_with(*languages: str) -> Any:
        routes = tuple(route.model_copy(update={"languages": languages}) for route in config.routes)
        return await start(translator=Spokes(quality="publish"), config=config.model_copy(update={"routes": routes}))

    return start_with


async def call_russian(server: Any, method: str, language: str, **options: Any) -> Any:
    answer = await server.call(method, f"/v1/articles/steppe-herald/one{language}", by="admin", **options)
    assert answer.status == 200, answer.text
    return answer.json


async def edit_russian(server: Any, language: str, headline: str, *sentences: str) -> None:
    document = {
        "type": "text",
        "language": language,
        "headlines": [{"value": headline}],
        "bodies": [{"contentType": "text/html", "value": join(*sentences)}],
    }
    await call_russian(server, "PUT", f"/versions/{language}", json=document)
    await server.settle()


@pytest.mark.parametrize("languages", [("az",), ("az", "en")])
async def test_an_edit_survives_a_correction_on_the_way_through_the_pivot(spokes, languages):
    server = await spokes(*languages)
    await push_russian(server, *RU)
    assert (await call_russian(server, "GET", ""))["versions"].keys() == {"ru", *languages}
    await edit_russian(server, "az", AZ_HEADLINE, *AZ)
    for changed in ("Ничего не было сказано вовсе.", "И потом ничего не сказали они."):
        await push_russian(server, RU[0], changed, RU[2])
        body = (await call_russian(server, "GET", "?language=az"))["bodies"][0]["value"]
        assert body == join(AZ[0], f"[az] [en] {changed}", AZ[2])
        version = (await call_russian(server, "GET", ""))["versions"]["az"]
        assert (version["origin"], [one["check"] for one in version["checks"]]) == ("machine", ["merged"])
    await push_russian(server, RU[0], RU[2])
    version = (await call_russian(server, "GET", ""))["versions"]["az"]
    assert (version["origin"], version["freshness"]) == ("edited", "fresh")


async def test_an_edit_survives_when_the_pivot_version_was_written_by_people_and_is_stale(spokes):
    server = await spokes("az", "en")
    await push_russian(server, *RU)
    await edit_russian(server, "en", HEADLINE, *EN)
    await edit_russian(server, "az", AZ_HEADLINE, *AZ)
    await push_russian(server, RU[0], RU[2])
    assert (await call_russian(server, "GET", "?language=az"))["bodies"][0]["value"] == join(AZ[0], AZ[2])
