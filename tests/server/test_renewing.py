"""A changed glossary: the machine versions that hold a changed term are counted, and made anew when it is wanted."""

from collections.abc import Mapping
from typing import Any

import orjson

TSV = {"Content-Type": "text/tab-separated-values"}
OLD = "en\taz\tkind\nwater\tsu\tterm\ntrade\tticarət\tterm\n"
NEW = "en\taz\tkind\nwater\tsular\tterm\ntrade\tticarət\tterm\n"
RENEW = "/v1/glossary/retranslate"
DRY = {
    "headline": "The ministers will meet in the capital on Friday",
    "text": "<p>They will meet on Friday. Talks on trade.</p>",
}


async def put(server: Any, terms: str, exchange: str = "") -> None:
    path = f"/v1/glossary/{exchange}" if exchange else "/v1/glossary"
    answer = await server.call("PUT", path, by="admin", headers=TSV, data=terms.encode())
    assert answer.status in (200, 201), answer.text


async def get_made(server: Any, item: str) -> Mapping[str, str]:
    """Language → glossary that a version was made with."""
    told = (await server.call("GET", f"/v1/articles/caravan-wire/{item}", by="admin")).json["versions"]
    return {tag: one["glossary_version"] for tag, one in told.items() if tag != "en"}


async def renew(server: Any, query: str = "") -> tuple[int, int, int, int]:
    answer = await server.call("POST", f"{RENEW}{query}", by="admin")
    said = answer.json
    return answer.status, said["terms"], said["outdated"], said["asked"]


async def test_versions_with_a_changed_term_are_made_anew_and_no_others(server: Any, clock: Any) -> None:
    await put(server, OLD)
    clock.pass_time(days=2)
    await server.push("wet")
    await server.push("dry", **DRY)
    await server.settle()
    wet, dry = await get_made(server, "wet"), await get_made(server, "dry")
    assert await renew(server, "?days=1") == (200, 0, 0, 0)
    await put(server, NEW)
    assert await renew(server, "?days=1&only_count=true") == (200, 2, 4, 0)
    assert await get_made(server, "wet") == wet
    assert await renew(server, "?days=1") == (202, 2, 4, 4)
    assert await renew(server, "?days=1") == (200, 2, 0, 0)  # they are being made
    await server.settle()
    again = await get_made(server, "wet")
    assert {tag for tag in wet if again[tag] != wet[tag]} == {"az", "ru", "tr", "zh"}
    assert await get_made(server, "dry") == dry
    assert await renew(server, "?days=1") == (200, 2, 0, 0)
    [line] = (await server.call("GET", "/v1/audit?what=glossary.retranslate", by="admin")).body.splitlines()
    assert orjson.loads(line)["after"] == {"days": 1, "asked": 4, "outdated": 4}


async def test_a_version_stands_until_it_is_renewed_and_people_s_stay(server: Any) -> None:
    await put(server, OLD)
    await server.push("wet")
    await server.settle()
    path = "/v1/articles/caravan-wire/wet/versions/tr"
    text = {
        "language": "tr",
        "headlines": [{"value": "Bakanlar cuma günü başkentte ticareti görüşecek"}],
        "type": "text",
    }
    text["bodies"] = [{"contentType": "text/html", "value": "<p>Ticaret ve su konularını görüşecekler.</p>"}]
    assert (await server.call("PUT", path, by="caravan-wire", json=text)).status == 200
    await server.settle()
    await put(server, NEW)
    assert (await renew(server))[2:] == (3, 3)
    for language in ("az", "tr"):
        feed = (await server.call("GET", f"/feeds/world/{language}.json")).json
        assert len(feed["items"]) == 1, language
    await server.settle()
    told = (await server.call("GET", "/v1/articles/caravan-wire/wet", by="admin")).json["versions"]
    assert (told["tr"]["origin"], told["az"]["freshness"]) == ("outlet", "fresh")


async def test_an_exchanges_glossary_concerns_its_members_only(server: Any) -> None:
    await server.push("wet")
    await server.settle()
    await put(server, OLD, "turkic")  # caravan-wire is no member
    assert (await renew(server, "?exchange=turkic"))[2] == 0
    await put(server, OLD, "silk-road")
    assert (await renew(server, "?exchange=silk-road"))[2:] == (4, 4)
    assert (await server.call("POST", f"{RENEW}?exchange=none", by="admin")).status == 404
    assert (await server.call("POST", RENEW, by="caravan-wire")).status == 403
    assert (await server.call("POST", f"{RENEW}?days=0", by="admin")).status == 400
