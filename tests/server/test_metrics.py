"""/metrics over HTTP: well formed, counting what was done, told to whom it may be told, small whatever callers send."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from sqlalchemy import text

from server import dispatch, jobs
from server.config import Destination
from server.gauges import KEPT
from server.keys import DATABASE, LIVE, METRICS
from server.metrics import FEED_SOURCES, METHODS, OTHER
from server.routes import ROUTES
from server.store.figures import _SOURCES, _SUBSCRIPTIONS, _ask
from server.worker import make_steps
from translators import Direction, TranslationError
from translators.pseudo import PseudoTranslator

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
ONE = "/v1/articles/caravan-wire/one"
FEED = "/feeds/world/en.atom"
FEED_ROUTE = "/feeds/{channel}/{language}.{format}"
OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}


class Numbers:
    """All samples of one look; without a sample of these labels it is None."""

    def __init__(self, told: str) -> None:
        self.families = {family.name: family for family in parse_text(told)}
        self.samples = {
            (one.name, frozenset(one.labels.items())): one.value
            for family in self.families.values()
            for one in family.samples
        }

    def get(self, name: str, **labels: str) -> float | None:
        return self.samples.get((f"karvan_{name}", frozenset(labels.items())))

    def list_labels(self, name: str) -> list[Mapping[str, str]]:
        return [dict(labels) for known, labels in self.samples if known == f"karvan_{name}"]


async def look(server: Any) -> Numbers:
    """What is told now, and not what was told a moment ago."""
    server.clock.pass_time(seconds=KEPT.total_seconds() + 1)
    answer = await server.call("GET", "/metrics")
    assert answer.status == 200, answer.text
    return Numbers(answer.text)


async def look_until(server: Any, holds: Callable[[Numbers], bool]) -> Numbers:
    async with asyncio.timeout(20):
        while not holds(numbers := await look(server)):
            await asyncio.sleep(0.05)
    return numbers


# Form


async def test_every_metric_has_help_and_type_and_a_name_by_the_conventions(server):
    await server.push()
    await server.settle()
    numbers = await look(server)
    assert len(numbers.families) > 30
    for name, family in numbers.families.items():
        assert family.documentation, name
        assert family.type in ("counter", "gauge", "histogram"), name
        assert re.fullmatch(r"(karvan|process|python)_[a-z_]+", name)
        assert family.type != "counter" or all(one.name.endswith("_total") for one in family.samples), name
        if family.type == "histogram" and name.startswith("karvan_"):
            assert name.endswith("_seconds")


async def test_nobody_is_told_when_a_counter_was_made(server):
    await server.push()
    for headers in ({}, OPENMETRICS):
        assert "_created" not in (await server.call("GET", "/metrics", headers=headers)).text


async def test_who_wants_openmetrics_gets_it(server):
    await server.push()
    answer = await server.call("GET", "/metrics", headers=OPENMETRICS)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name: family for family in parse_openmetrics(answer.text)}
    assert families["karvan_pushes"].type == "counter"
    plain = await server.call("GET", "/metrics")
    assert plain.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert plain.headers["Cache-Control"] == "no-store"


# What is counted


async def test_pushes_are_counted_by_what_became_of_them(server):
    await server.push()
    await server.push()
    await server.push(headline="The ministers have met in the capital and discussed trade")
    await server.call("PUT", ONE, by="caravan-wire", json={"type": "text"})
    await server.call("DELETE", ONE, by="caravan-wire", json={"reason": "wrong"})
    await server.call("DELETE", ONE, by="caravan-wire")
    await server.push()  # refused: it was withdrawn
    numbers = await look(server)
    counts = {
        labels["outcome"]: numbers.get("pushes_total", **labels) for labels in numbers.list_labels("pushes_total")
    }
    assert counts == {
        "created": 1, "changed": 1, "unchanged": 2, "killed": 1, "refused": 2, "late": 0, "failed": 0
    }  # fmt: skip


async def test_a_late_version_and_a_repeated_answer_are_no_news(quiet):
    await quiet.push(version="2")
    await quiet.push(version="1", headline="The ministers will meet some day in the capital to discuss trade")
    headers = {"Idempotency-Key": "k"}
    document = {"type": "text", "language": "en", "headlines": [{"value": "A conference on water will open on Monday"}]}
    for _ in range(2):
        answer = await quiet.call("POST", "/v1/articles", by="caravan-wire", json=document, headers=headers)
        assert answer.status == 201
    numbers = await look(quiet)
    assert [numbers.get("pushes_total", outcome=one) for one in ("created", "late", "unchanged")] == [2, 1, 1]


async def test_lines_of_a_batch_are_pushes_each(quiet):
    good = b'{"type":"text","language":"en","headlines":[{"value":"A conference on water will open on Monday"}]}\n'
    headers = {"Content-Type": "application/x-ndjson"}
    body = good + b"{}\n" + good
    answer = await quiet.call("POST", "/v1/articles:batch", by="caravan-wire", data=body, headers=headers)
    assert answer.status == 200
    numbers = await look(quiet)
    assert [numbers.get("pushes_total", outcome=one) for one in ("created", "refused")] == [2, 1]


async def test_answers_of_the_fast_path_are_counted_with_all_others(quiet):
    await quiet.push()
    known = {"If-None-Match": (await quiet.call("GET", FEED)).headers["ETag"]}
    plain = {"skip_auto_headers": ("Accept-Encoding",)}  # on a connection on which nothing else was asked for
    async with aiohttp.ClientSession(**plain) as session:
        for number in range(6):
            method, status = ("HEAD", 200) if number == 5 else ("GET", 304)
            async with session.request(method, quiet.base + FEED, headers={} if number == 5 else known) as answer:
                assert answer.status == status
    numbers = await look(quiet)
    assert numbers.get("http_requests_total", route=FEED_ROUTE, method="GET", status="200") == 1
    assert numbers.get("http_requests_total", route=FEED_ROUTE, method="GET", status="304") == 5
    assert numbers.get("http_requests_total", route=FEED_ROUTE, method="HEAD", status="200") == 1
    by_source = {one: numbers.get("feed_answers_total", source=one) or 0 for one in FEED_SOURCES}
    assert by_source["rendered"] == 1
    assert by_source["ready"] >= 1
    assert sum(by_source.values()) == 7
    timed = [
        numbers.get("http_request_duration_seconds_count", route=FEED_ROUTE, method=one) or 0 for one in ("GET", "HEAD")
    ]
    assert sum(timed) == 7 - by_source["ready"]  # nobody takes the time of the fast path
    assert (await look(quiet)).get("feed_answers_total", source="ready") == by_source["ready"]


async def test_requests_have_their_time_but_for_those_that_wait_for_news(quiet):
    await quiet.push()
    items = "/v1/channels/{channel}/{language}/items"
    await quiet.call("GET", "/v1/channels/world/en/items?wait=0")
    await quiet.call("GET", "/livez")
    numbers = await look(quiet)
    assert numbers.get("http_requests_total", route=items, method="GET", status="200") == 1
    assert numbers.get("http_request_duration_seconds_count", route=items, method="GET") is None
    assert numbers.get("http_request_duration_seconds_count", route="/livez", method="GET") == 1
    assert numbers.get("http_requests_open") == 1  # this one


async def test_translations_are_counted_by_direction_engine_and_who_did_them(start):
    server = await start(translator=PseudoTranslator(quality="publish"))
    await server.push()
    await server.settle()
    numbers = await look(server)
    way = {"source": "en", "target": "tr", "engine": "pseudo"}
    assert numbers.get("translations_total", **way, outcome="made") == 1
    made = numbers.get("translation_sentences_total", **way, by="engine")
    assert made
    assert made >= 2
    assert numbers.get("translation_batch_duration_seconds_count", source="en", target="tr") == 1
    assert numbers.get("jobs_done_total", kind="translate") == 4
    await server.push("two")  # the same text: remembered
    await server.settle()
    numbers = await look(server)
    assert numbers.get("translation_sentences_total", **way, by="engine") == made
    assert numbers.get("translation_sentences_total", **way, by="memory") == made


class Failing(PseudoTranslator):
    def translate(self, *args: Any, **options: Any) -> Any:
        raise TranslationError("the engine is out of order")


async def test_what_the_engine_fails_at_is_counted_and_seen_when_it_is_given_up(start, config):
    limits = config.limits.model_copy(update={"job_attempts": 2})
    translator = Failing(directions=[Direction("en", "tr")])
    server = await start(translator=translator, config=config.model_copy(update={"limits": limits}))
    await server.push()
    numbers = await look_until(server, lambda numbers: numbers.get("jobs_given_up", kind="translate") == 1)
    way = {"source": "en", "target": "tr", "engine": "pseudo"}
    assert numbers.get("translations_total", **way, outcome="failed") == 2
    assert numbers.get("job_failures_total", kind="translate", outcome="tried again") == 1
    assert numbers.get("job_failures_total", kind="translate", outcome="given up") == 1
    assert numbers.get("versions", freshness="failed") == 1


class Copying(PseudoTranslator):
    """Gives the source back, which a check holds."""

    def translate(self, texts: Any, *args: Any, **options: Any) -> Any:
        made = super().translate(texts, *args, **options)
        return [replace(one, text=source) for one, source in zip(made, texts, strict=True)]


async def test_what_is_held_is_counted_by_the_check_that_holds_it(start, config):
    settings = config.translation.model_copy(
        update={"checks": "all", "publish_unseen": ("starter", "draft", "publish")}
    )
    translator = Copying(directions=[Direction("en", "tr")])
    server = await start(translator=translator, config=config.model_copy(update={"translation": settings}))
    await server.push()
    await server.settle()
    numbers = await look(server)
    assert numbers.get("versions", freshness="held") == 1
    assert sum(numbers.get("versions_held_total", **labels) for labels in numbers.list_labels("versions_held_total"))
    assert numbers.get("versions_held_total", check="none") is None


async def test_deliveries_and_dead_letters_are_counted(start, config, tmp_path):
    destination = Destination(folder="desk", channels=("world",), languages=("en",))
    server = await start(config=config.model_copy(update={"destinations": {"desk": destination}}))
    await server.push()
    await server.settle()
    numbers = await look(server)
    async with server.app[DATABASE].read() as conn:
        logged = (await conn.execute(text("SELECT count(*) FROM attempts WHERE outcome = 'delivered'"))).scalar_one()
    assert logged
    assert numbers.get("deliveries_total", result="delivered") == logged
    assert numbers.get("deliveries_total", result="failed") == 0
    assert numbers.get("subscriptions", kind="destination", state="live") == 1
    assert numbers.get("dead_letters") == 0


# How the database stands


async def test_what_waits_has_a_kind_and_an_age(quiet):
    await quiet.push()
    numbers = await look(quiet)
    assert numbers.get("jobs_due", kind="translate") == 4
    assert numbers.get("versions", freshness="pending") == 4
    assert numbers.get("versions", freshness="stale") == 0
    quiet.clock.pass_time(seconds=60)
    age = (await look(quiet)).get("jobs_oldest_due_seconds", kind="translate")
    assert age
    assert 60 < age < 90
    assert {labels["kind"] for labels in numbers.list_labels("jobs_due")} == set(jobs.KINDS)


@pytest.mark.parametrize("kill", ["DELETE", "PUT"])
async def test_what_was_withdrawn_waits_for_no_translation(quiet, kill):
    await quiet.push()
    assert (await look(quiet)).get("versions", freshness="pending") == 4
    if kill == "PUT":
        assert (await quiet.push(pubStatus="canceled")).status == 200
    else:
        assert (await quiet.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire")).status == 200
    assert (await look(quiet)).get("versions", freshness="pending") == 0


def test_every_kind_of_job_is_asked_for(config):
    assert set(jobs.KINDS) == make_steps(config).keys() | set(dispatch.KINDS)


async def test_a_version_that_is_being_made_anew_is_stale(start):
    server = await start()
    await server.push()
    await server.settle()
    assert (await look(server)).get("versions", freshness="stale") == 0
    server = await start(with_worker=False)
    await server.push(headline="The ministers have met in the capital and discussed trade")
    numbers = await look(server)
    assert numbers.get("versions", freshness="stale") == 4


async def test_two_who_look_at_once_cost_one_look_at_the_database(quiet):
    first = Numbers((await quiet.call("GET", "/metrics")).text)
    await quiet.push()
    again = Numbers((await quiet.call("GET", "/metrics")).text)
    assert first.get("jobs_due", kind="translate") == again.get("jobs_due", kind="translate") == 0
    assert again.get("pushes_total", outcome="created") == 1
    assert (await look(quiet)).get("jobs_due", kind="translate") == 4


async def test_without_its_database_the_process_still_tells_its_own(quiet):
    assert (await look(quiet)).get("database_up") == 1
    async with quiet.app[DATABASE].write() as conn:
        await conn.execute(text("ALTER TABLE holds RENAME TO elsewhere"))
    numbers = await look(quiet)
    assert numbers.get("database_up") == 0
    assert not numbers.list_labels("jobs_due")
    assert numbers.get("database_write_wait_seconds_count")
    async with quiet.app[DATABASE].write() as conn:
        await conn.execute(text("ALTER TABLE elsewhere RENAME TO holds"))
    assert (await look(quiet)).get("database_up") == 1


async def test_no_look_reads_a_table_that_grows_with_the_archive(quiet):
    """Each goes along an index to what waits; what is read whole is what members have, or what was given up."""
    async with quiet.app[DATABASE].read() as conn:
        plan = []
        for statement in (_ask(jobs.KINDS, jobs.TRANSLATE).params(now=quiet.clock()), _SUBSCRIPTIONS, _SOURCES):
            sql = statement.compile(conn.sync_connection, compile_kwargs={"literal_binds": True})
            plan += [row[3] for row in await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert len(plan) > 30
    scanned = {line.removeprefix("SCAN ") for line in plan if line.startswith("SCAN ")}
    scanned = {line for line in scanned if not re.fullmatch(r"CONSTANT ROW|anon_\d+|\(subquery-\d+\)", line)}
    assert {line.split()[0] for line in scanned} == {"dead_letters", "receipts", "subscriptions", "sources"}
    assert "receipts USING COVERING INDEX receipts_notice" in scanned  # of those that are told again
    assert any(line.startswith("SEARCH parallels USING COVERING INDEX parallels_desk") for line in plan)


# Bounds


async def test_hostile_paths_methods_and_statuses_make_no_new_series(quiet):
    await look(quiet)
    for number in range(40):
        await quiet.call("GET", f"/no/such/{number}")
        await quiet.call("PROPFIND", f"/v1/articles/o{number}/i{number}")
        await quiet.call(f"X{number}", f"/v1/articles/o{number}/i{number}")
        await quiet.call("GET", f"/feeds/c{number}/en.atom?x={number}")
        await quiet.call("PUT", f"/v1/articles/o{number}/i{number}")
    assert (await quiet.call("PUT", ONE, headers={"Expect": "the-unexpected"})).status == 417
    reader, writer = await asyncio.open_connection("127.0.0.1", int(quiet.base.rpartition(":")[2]))
    writer.write(b"G\x00T / HTTP/9.9\r\n\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    numbers = await look(quiet)
    seen = numbers.list_labels("http_requests_total")
    assert {labels["route"] for labels in seen} <= {OTHER} | {
        re.sub(r":[^{}]*(\{[^{}]*\})?(?=\})", "", one.path) for one in ROUTES
    }
    assert {labels["method"] for labels in seen} <= METHODS | {OTHER}
    assert len(seen) < 15
    assert numbers.get("http_requests_total", route=OTHER, method="GET", status="404") == 40
    assert sum(one["status"] == "417" for one in seen) == 1
    assert numbers.get("http_requests_total", route=OTHER, method=OTHER, status="400") == 41  # no HTTP at all
    assert numbers.get("http_requests_total", route=OTHER, method=OTHER, status="405") == 40


async def test_no_outlet_item_or_key_is_named(server):
    await server.push("a-very-special-item")
    await server.settle()
    told = (await server.call("GET", "/metrics")).text
    for secret in ("a-very-special-item", "caravan-wire", server.keys["caravan-wire"], "ministers"):
        assert secret not in told


async def test_each_application_of_a_process_has_its_own_numbers(start):
    one = await start(with_worker=False)
    other = await start(with_worker=False, beside="other")
    await one.push()
    assert (await look(one)).get("pushes_total", outcome="created") == 1
    assert (await look(other)).get("pushes_total", outcome="created") == 0
    assert one.app[METRICS].registry is not other.app[METRICS].registry
    assert not any(family.name.startswith("karvan") for family in REGISTRY.collect())


# Who may look


@pytest.mark.parametrize(
    ("option", "headers", "public", "status"),
    [
        ("local", {}, "", 200),
        ("local", {"X-Forwarded-For": "203.0.113.9"}, "", 401),
        ("local", {"Forwarded": "for=203.0.113.9"}, "", 401),
        ("local", {"Host": "evil.example"}, "", 401),
        ("local", {"Host": "localhost"}, "", 200),
        ("local", {"Host": "[::1]:8080"}, "", 200),
        ("local", {}, "https://news.example", 401),
        ("key", {}, "", 401),
        ("open", {"X-Forwarded-For": "203.0.113.9"}, "https://news.example", 200),
    ],
)
async def test_who_has_no_key_looks_as_the_option_says(start, config, option, headers, public, status):
    settings = config.server.model_copy(update={"metrics": option, "public_url": public})
    server = await start(config=config.model_copy(update={"server": settings}), with_worker=False)
    for method in ("GET", "HEAD"):
        assert (await server.call(method, "/metrics", headers=headers)).status == status


async def test_admins_may_always_look_and_others_with_keys_may_not(start, config):
    settings = config.server.model_copy(update={"metrics": "key"})
    server = await start(config=config.model_copy(update={"server": settings}), with_worker=False)
    assert (await server.call("GET", "/metrics", by="admin")).status == 200
    for owner in ("caravan-wire", "demo-newsroom"):
        assert (await server.call("GET", "/metrics", by=owner)).status == 403
    assert (await server.call("GET", "/metrics", headers={"Authorization": "Bearer no"})).status == 401


async def test_who_may_look_can_change_while_the_server_runs(start, config, tmp_path):
    path = tmp_path / "config.toml"
    shipped = (OPERATING.parents[1] / "config.toml").read_text()
    path.write_text(shipped)
    server = await start(file=path, with_worker=False)
    assert (await server.call("GET", "/metrics")).status == 200
    path.write_text(shipped.replace('metrics = "local"', 'metrics = "key"'))
    async with asyncio.timeout(20):
        while (await server.call("GET", "/metrics")).status != 401:
            await asyncio.sleep(0.05)
    assert not server.app[LIVE].restart


async def test_a_refused_configuration_is_seen(start, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text((OPERATING.parents[1] / "config.toml").read_text())
    server = await start(file=path, with_worker=False)
    assert (await look(server)).get("config_refused") == 0
    path.write_text("this is no TOML")
    await look_until(server, lambda numbers: numbers.get("config_refused") == 1)


# What the documents say


async def test_the_metrics_that_the_documents_name_are_there_and_the_other_way_round(server):
    await server.push()
    await server.settle()
    numbers = await look(server)
    said = OPERATING.read_text()
    names = set(re.findall(r"\bkarvan_[a-z_]+", said))
    there = {name for name, _ in numbers.samples if name.startswith("karvan_")} | numbers.families.keys()
    there |= {f"{name}_total" for name, family in numbers.families.items() if family.type == "counter"}
    assert names <= there
    for name, family in numbers.families.items():
        if name.startswith("karvan_"):
            assert name in names or f"{name}_total" in names, (
                f"docs/operating.md tells nothing of {name} ({family.type})"
            )


async def test_the_labels_that_the_alerts_ask_for_are_there(server):
    await server.push()
    await server.settle()
    numbers = await look(server)
    rules = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", OPERATING.read_text(), re.DOTALL)]
    alerts = [rule for one in rules for group in one.get("groups", ()) for rule in group["rules"]]
    assert len(alerts) == 5
    for alert in alerts:
        for name, labels in re.findall(r"(karvan_\w+)\{([^}]*)\}", alert["expr"]):
            known = numbers.list_labels(name.removeprefix("karvan_"))
            for label, operator, values in re.findall(r'(\w+)(=~?)"([^"]*)"', labels):
                assert all(label in one for one in known), f"{name} has no label {label}"
                if operator == "=" or "." not in values:
                    assert set(values.split("|")) <= {one[label] for one in known}, f"{name}{{{labels}}}"
