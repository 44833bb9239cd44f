"""NewsML-G2 through the server: pushed, corrected, refused by XPath, served in every language, never more than Atom."""

from pathlib import Path

import pytest
from lxml import etree

G2 = "application/vnd.iptc.g2.newsitem+xml"
MESSAGE = "application/vnd.iptc.g2.newsmessage+xml"
ONE = "/v1/articles/caravan-wire/one"
SCHEMA = Path(__file__).parents[1] / "feeds" / "newsitem.rng"
NAMES = {"n": "http://iptc.org/std/nar/2006-10-01/", "k": "urn:karvan:syndication:1"}
HEADLINE = "The ministers will meet in the capital on Friday to discuss trade"


def make_newsml(*, headline: str = HEADLINE, version: int = 1, meta: str = "") -> str:
    return (
        '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" xmlns:k="urn:karvan:syndication:1" standard="NewsML-G2" '
        f'standardversion="2.35" guid="tag:wire.example,2026:one" version="{version}" xml:lang="en">'
        '<catalogRef href="http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_41.xml"/><itemMeta>'
        '<itemClass qcode="ninat:text"/><provider literal="Wire"/>'
        "<versionCreated>2026-11-26T09:00:00Z</versionCreated>"
        f"{meta}</itemMeta><contentMeta><urgency>3</urgency><language tag='en'/>"
        f'<subject qcode="medtop:04000000"/><headline>{headline}</headline><by>A. Writer</by></contentMeta><contentSet>'
        '<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
        "<body><p>The ministers of four countries will meet on Friday. They will discuss <b>trade</b> and water.</p>"
        "</body></html></inlineXML></contentSet></newsItem>"
    )


def push(server, document, media_type=G2, path=ONE):
    headers = {"Content-Type": media_type}
    return server.call("PUT", path, by="caravan-wire", headers=headers, data=document.encode())


async def get_item(server, language, *, by=None):
    answer = await server.call("GET", f"{ONE}?language={language}", by=by, headers={"Accept": G2})
    assert (answer.status, answer.headers["Content-Type"]) == (200, G2), answer.text
    return etree.fromstring(answer.body)


def select(item, path):
    return [str(found) for found in item.xpath(path, namespaces=NAMES)]


async def test_an_item_is_pushed_corrected_and_kept_in_order(quiet):
    first, again = [await push(quiet, make_newsml()) for _ in range(2)]
    assert (first.status, again.status, again.json["changed"]) == (201, 200, False), first.text
    assert first.json["uri"] == "tag:wire.example,2026:one"
    newer = await push(quiet, make_newsml(headline="The ministers have met in the capital", version=10))
    assert (newer.status, newer.json["version"], newer.json["served"]) == (200, 2, True)
    late = await push(quiet, make_newsml(headline="The ministers may meet in the capital", version=9))
    assert (late.status, late.json["served"]) == (200, False)
    article = (await quiet.call("GET", f"{ONE}?language=en")).json
    assert article["headlines"][0]["value"] == "The ministers have met in the capital"
    assert (article["by"], article["urgency"], article["subjects"][0]["literal"]) == ("A. Writer", 3, "medtop:04000000")
    assert "<b>trade</b>" in article["bodies"][0]["value"]


async def test_a_message_with_one_item_is_pushed_like_the_item(quiet):
    message = (
        f'<newsMessage xmlns="{NAMES["n"]}"><header><sent>2026-11-26T09:00:00Z</sent></header><itemSet>%s</itemSet>'
        "</newsMessage>"
    )
    assert (await push(quiet, message % make_newsml(), MESSAGE)).status == 201
    assert (await push(quiet, message % make_newsml(), G2)).json["changed"] is False
    refused = await push(quiet, message % (make_newsml() * 2), MESSAGE)
    assert refused.status == 422
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/nar:newsMessage/nar:itemSet"]


@pytest.mark.parametrize(
    ("document", "status", "pointer"),
    [
        (make_newsml(meta="<pubStatus qcode='stat:gone'/>"), 422, "/nar:newsItem/nar:itemMeta/nar:pubStatus"),
        (make_newsml(headline=" "), 422, "/nar:newsItem/nar:contentMeta/nar:headline"),
        (make_newsml(headline="Dört ülkenin bakanları cuma günü başkentte bir araya gelerek ticareti görüşecek"), 422,
         "//nar:newsItem/nar:contentMeta/nar:language"),
        (make_newsml(meta='<k:alt-id role="item">two</k:alt-id>'), 422, "//nar:newsItem/nar:itemMeta/karvan:alt-id"),
        ("<!DOCTYPE a>" + make_newsml(), 400, None),
        (make_newsml()[:-3], 400, None),
    ],
    ids=["status", "headline", "language", "item", "doctype", "torn"],
)  # fmt: skip
async def test_faults_are_named_by_xpath(quiet, document, status, pointer):
    answer = await push(quiet, document)
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [fault["pointer"] for fault in answer.json.get("errors", [])] == ([pointer] if pointer else [])
    assert (await quiet.call("GET", ONE, by="caravan-wire")).status == 404


async def test_every_language_is_served_as_an_item(server):
    await push(server, make_newsml())
    await server.settle()
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    items = {language: await get_item(server, language) for language in ("az", "en", "ru", "tr", "zh")}
    for language, item in items.items():
        assert schema.validate(item), schema.error_log
        assert select(item, "n:contentMeta/n:language/@tag") == [language]
        assert select(item, "n:itemMeta/k:origin/text()") == ["source" if language == "en" else "machine"]
        assert select(item, "n:contentMeta/n:by/text()") == ["A. Writer"]
    assert len({item.get("guid") for item in items.values()}) == 5
    assert select(items["az"], "n:itemMeta/n:link[@rel='irel:translatedFrom']/n:language/@tag") == ["en"]
    assert (
        select(items["zh"], "n:contentMeta/n:subject/n:name/text()")[0]
        != select(items["ru"], "n:contentMeta/n:subject/n:name/text()")[0]
    )


async def test_an_item_has_an_etag_and_is_negotiated_beside_others(server):
    await push(server, make_newsml())
    await server.settle()
    path = f"{ONE}?language=az"
    answer = await server.call("GET", path, headers={"Accept": f"application/pdf, {G2};q=0.9, application/json;q=0.1"})
    assert answer.headers["Content-Type"] == G2
    same = await server.call("GET", path, headers={"Accept": G2, "If-None-Match": answer.headers["ETag"]})
    assert (same.status, same.body) == (304, b"")
    atom = await server.call("GET", path, headers={"Accept": "application/atom+xml"})
    assert atom.headers["ETag"] != answer.headers["ETag"]
    refused = await server.call("GET", path, headers={"Accept": "application/pdf"})
    assert refused.status == 406
    assert G2 in refused.json["detail"]


async def test_a_note_an_embargo_and_a_kill_hold_for_items_too(server):
    await push(server, make_newsml(meta="<edNote>SECRET-NOTE</edNote>"))
    await server.settle()
    for language in ("en", "tr"):
        assert b"SECRET-NOTE" not in etree.tostring(await get_item(server, language))
    headers = {"Accept": G2}
    await push(server, make_newsml(version=2, meta="<embargoed>2026-11-27T09:00:00Z</embargoed>"))
    assert (await server.call("GET", f"{ONE}?language=en", headers=headers)).status in (404, 410)
    assert select(await get_item(server, "en", by="caravan-wire"), "n:itemMeta/n:embargoed/text()")
    await push(server, make_newsml(version=3))
    await server.call("DELETE", ONE, by="caravan-wire", json={"reason": "wrong"})
    assert (await server.call("GET", f"{ONE}?language=en", headers=headers)).status == 410


async def test_what_is_served_can_be_pushed_by_who_receives_it(server):
    await push(server, make_newsml())
    await server.settle()
    served = await server.call("GET", f"{ONE}?language=en", headers={"Accept": G2})
    path = "/v1/articles/khazar-news/one"
    answer = await server.call("PUT", path, by="khazar-news", headers={"Content-Type": G2}, data=served.body)
    assert answer.status == 201, answer.text
    taken = (await server.call("GET", f"{path}?language=en")).json
    original = (await server.call("GET", f"{ONE}?language=en")).json
    for name in ("uri", "headlines", "bodies", "by", "subjects", "urgency", "version"):
        assert taken[name] == original[name]
