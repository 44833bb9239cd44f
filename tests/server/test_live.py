"""The configuration changes while the server runs: by the file, by PUT; as a whole or not at all."""

import asyncio
import random
import tomllib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from server.configfile import load_config, parse_config
from server.configfile.live import get_digest, merge_live
from server.configfile.redaction import hide_secrets
from server.configfile.replacing import prepare_replacement
from server.configfile.routingfile import ROUTING, cut_routing, replace_routing, split_tables
from server.keys import DATABASE, LIVE, RELOADER
from server.reloading import LOOK_SECONDS
from server.reloading.parts import make_etag
from server.store import placements
from server.store.placements import Placement

SHIPPED = Path(__file__).parents[2] / "config.toml"
ECONOMY = 'when = { subject = ["medtop:04000000"] }'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(SHIPPED.read_text())
    return path


@pytest.fixture
async def live(start: Callable[..., Awaitable[Any]], file: Path) -> Any:
    return await start(config=parse_config(read(file), str(file)), file=file)


def read(file: Path) -> str:
    return file.read_text()


def write(file: Path, text: str) -> None:
    file.write_text(text)


def read_bytes(file: Path) -> bytes:
    return file.read_bytes()


def write_bytes(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)


async def wait_until(server: Any, holds: Callable[[Any], object]) -> None:
    async with asyncio.timeout(20):  # a busy machine's
        while not holds(server.app[LIVE]):
            await asyncio.sleep(0.02)


def test_a_saved_file_is_looked_at_often_enough() -> None:
    assert 3 * LOOK_SECONDS < 2  # CONTRACT §4: seen, the same at the next look, and some time to bring it into force


async def get_etag(server: Any) -> str:
    etag: str = (await server.call("GET", "/v1/routing", by="admin")).headers["ETag"]
    return etag


async def put(server: Any, part: str, etag: str | None = None) -> Any:
    headers = {"If-Match": etag or await get_etag(server), "Content-Type": "application/toml"}
    return await server.call("PUT", "/v1/routing", by="admin", data=part.encode(), headers=headers)


def test_a_file_falls_into_its_tables_and_nothing_is_lost() -> None:
    text = SHIPPED.read_text()
    assert "".join(block.text for block in split_tables(text)) == text
    assert tomllib.loads(cut_routing(text)) == {k: v for k, v in tomllib.loads(text).items() if k in ROUTING}


def test_brackets_in_values_begin_no_table() -> None:
    text = 'x = [\n["a"]\n]\ny = """\n[routes]\n"""\n[routes-not] # [outlets]\n[[routes]]\nname = "["\n'
    assert [block.name for block in split_tables(text)] == ["", "routes-not", "routes"]


def test_a_line_of_a_string_that_looks_like_a_comment_is_none() -> None:
    text = 'x = """\n# no"""\n# yes\n[[routes]]\n'
    assert [block.text for block in split_tables(text)] == ['x = """\n# no"""\n', "# yes\n[[routes]]\n"]
    text = 'x = """\n# no"""\n[[routes]]\n'
    assert cut_routing(text) == "[[routes]]\n"


def test_secrets_stay_out_of_the_history() -> None:
    text = '[destinations.x]\nkey = """very-secret-words"""\n[engines]\ny = {key="other-secret"}\n'
    hidden = hide_secrets(text)
    assert "secret-words" not in hidden
    assert "other-secret" not in hidden
    tomllib.loads(hidden)


def test_what_needs_a_restart_is_named_and_not_applied() -> None:
    text = SHIPPED.read_text()
    running = parse_config(text)
    wanted = parse_config(
        text.replace("port = 8080", "port = 9090").replace('name = "everything"', 'name = "all of it"')
    )
    merged, waiting = merge_live(running, wanted)
    assert waiting == ("server.port",)
    assert merged.server.port == 8080
    assert merged.routes == wanted.routes
    assert get_digest(merged) != get_digest(running)


async def test_a_saved_file_is_in_force_within_two_seconds(live: Any, file: Path) -> None:
    await live.push()
    await live.settle()
    assert (await live.call("GET", "/feeds/economy/en.atom")).text.count("</entry>") == 0
    write(file, read(file).replace(ECONOMY, "when = {}"))
    await wait_until(live, lambda live: live.current.config.routes[0].when.subject == ())
    await live.wait_until_asked()
    await live.settle()
    assert (await live.call("GET", "/feeds/economy/en.atom")).text.count("</entry>") == 1


async def test_a_hot_feed_that_becomes_private_is_gone_at_once(live: Any, file: Path) -> None:
    await live.push()
    await live.settle()
    for _ in range(3):
        assert (await live.call("GET", "/feeds/world/en.atom")).status == 200
    part = cut_routing(read(file))
    closed = part.replace('access = "public"\nshows', 'access = "admins"\nshows')
    assert closed != part
    assert (await put(live, closed)).status == 200
    assert (await live.call("GET", "/feeds/world/en.atom")).status == 404


async def test_a_broken_file_changes_nothing_and_says_where(live: Any, file: Path) -> None:
    good, before = read(file), live.app[LIVE].current
    broken = good.replace('to = ["economy"]', 'to = ["economie"]')
    write(file, broken)
    await wait_until(live, lambda live: live.refusal)
    answer = await live.call("GET", "/v1/routing", by="admin", headers={"Accept": "application/json"})
    fault = answer.json["refused"]["faults"][0]
    assert (fault["line"], fault["column"]) == (broken.splitlines().index('to = ["economie"]') + 1, 1)
    assert "economie" in fault["reason"]
    assert "economie" in (await live.call("GET", "/v1/routing", by="admin")).headers["Karvan-Refused"]
    assert live.app[LIVE].current is before
    refused = await put(live, cut_routing(good))
    assert (refused.status, "economie" in refused.json["detail"]) == (409, True)
    assert read(file) == broken
    write(file, good)
    await wait_until(live, lambda live: live.refusal is None)


async def test_put_keeps_every_byte_outside_and_every_comment_inside(live: Any, file: Path) -> None:
    before = read(file)
    part = (await live.call("GET", "/v1/routing", by="admin")).text
    answer = await put(live, part.replace('name = "everything"', 'name = "all of it"  # really'))
    assert (answer.status, answer.json["changed"], answer.json["number"]) == (200, True, 2)
    assert read(file) == before.replace('name = "everything"', 'name = "all of it"  # really')
    assert answer.headers["ETag"] == await get_etag(live)


async def test_a_part_without_comments_keeps_those_of_the_file(live: Any, file: Path) -> None:
    values = tomllib.loads(cut_routing(read(file)))
    values["outlets"]["khazar-news"]["name"] = "Xəzər"
    values["routes"].insert(1, {"name": "new", "to": ["world"]})
    assert (await put(live, tomlkit.dumps(values))).status == 200
    text = read(file)
    assert "# ISO 3166-1" in text
    assert "#   when       all of these must hold" in text
    assert [route["name"] for route in tomllib.loads(text)["routes"]][:2] == ["economy", "new"]


async def test_put_is_refused_with_lines_of_what_was_sent_and_changes_nothing(live: Any, file: Path) -> None:
    before = read(file)
    part = cut_routing(before).replace('to = ["economy"]', 'to = ["economie"]')
    answer = await put(live, part)
    line = part.splitlines().index('to = ["economie"]') + 1
    assert answer.status == 422
    assert answer.json["errors"][0] == {
        "pointer": "/routes/0/to",
        "detail": f"line {line}, column 1: there is no channel 'economie'",
    }
    assert read(file) == before
    for wrong in ("x = [", "[server]\nport = 1\n", 'routes = []\n[[outlets]]\nname = "x"'):
        assert (await put(live, wrong)).status == 422
    assert read(file) == before


async def test_what_contradicts_an_option_that_waits_is_refused_by_put_and_preview(live: Any, file: Path) -> None:
    write(file, read(file).replace('configured = ["az", "en"', 'configured = ["de", "az", "en"'))
    await wait_until(live, lambda live: live.restart)
    part = cut_routing(read(file)) + '[[routes]]\nname = "german"\nto = ["world"]\nlanguages = ["de"]\n'
    told = await put(live, part)
    headers = {"Content-Type": "application/toml"}
    tried = await live.call("POST", "/v1/routing/preview", by="admin", data=part.encode(), headers=headers)
    assert (told.status, tried.status) == (422, 422)
    assert "wait for one" in tried.json["detail"]


async def test_put_needs_the_etag_of_what_is_there(live: Any) -> None:
    part = (await live.call("GET", "/v1/routing", by="admin")).text
    headers = {"Content-Type": "application/toml"}
    assert (await live.call("PUT", "/v1/routing", by="admin", data=part, headers=headers)).status == 428
    assert (await put(live, part, '"0123"')).status == 412
    assert (await put(live, part)).json["changed"] is False
    assert (await live.call("GET", "/v1/routing", by="caravan-wire")).status == 403


async def test_put_brings_nothing_into_force_that_somebody_is_still_writing(live: Any, file: Path) -> None:
    good, etag, before = read(file), await get_etag(live), live.app[LIVE].current.number

    async def save_slowly() -> None:
        for number in range(12):
            write(file, f"{good}# line {number}\n")
            await asyncio.sleep(0.1)

    saving = asyncio.create_task(save_slowly())
    await asyncio.sleep(0.05)
    answer = await put(live, cut_routing(good).replace(ECONOMY, "when = {}"), etag)
    assert answer.status == 409
    assert live.app[LIVE].current.number == before
    await saving


async def test_every_version_is_kept_and_can_be_restored(live: Any, file: Path) -> None:
    first = read(file)
    await put(live, cut_routing(first).replace('name = "everything"', 'name = "all"'))
    write(file, read(file).replace("feed_entries = 50", "feed_entries = 40"))
    await wait_until(live, lambda live: live.current.number == 3)
    history = (await live.call("GET", "/v1/routing/history", by="admin")).json["versions"]
    assert [one["number"] for one in history] == [3, 2, 1]
    assert [one["author"] == "file" for one in history] == [True, False, True]
    assert '-name = "everything"\n+name = "all"\n' in history[1]["diff"]
    assert live.app[LIVE].current.config.limits.feed_entries == 40
    restored = await live.call("POST", "/v1/routing/history/1/restore", by="admin")
    assert restored.json["number"] == 4
    assert read(file) == first.replace("feed_entries = 50", "feed_entries = 40")
    assert (await live.call("GET", "/v1/routing/history/1", by="admin")).json["text"] == first
    assert (await live.call("POST", "/v1/routing/history/9/restore", by="admin")).status == 404


async def test_a_version_without_a_text_is_not_restored(start: Callable[..., Awaitable[Any]], file: Path) -> None:
    await start(config=parse_config(read(file)))  # without a file: of its configuration there is no text
    live = await start(config=parse_config(read(file)), file=file)
    before = read(file)
    answer = await live.call("POST", "/v1/routing/history/1/restore", by="admin")
    assert (answer.status, "without its text" in answer.json["detail"]) == (422, True)
    assert read(file) == before
    assert live.app[LIVE].current.config.routes


async def test_a_file_that_is_edited_while_the_server_starts_is_the_next_version(
    start: Callable[..., Awaitable[Any]], file: Path
) -> None:
    first = read(file)
    write(file, first.replace('name = "everything"', 'name = "all"'))
    live = await start(config=parse_config(first), text=first, file=file)
    assert (await live.call("GET", "/v1/routing/history/1", by="admin")).json["text"] == first
    await wait_until(live, lambda live: live.current.number == 2)
    assert live.app[LIVE].current.config.routes[-1].name == "all"


async def test_put_that_cannot_be_committed_changes_nothing(live: Any, file: Path) -> None:
    before, version = read(file), live.app[LIVE].current
    part = cut_routing(before).replace('name = "everything"', 'name = "all"')

    async def break_commit(conn: Any, number: int) -> None:
        await conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        await conn.exec_driver_sql("INSERT INTO decided VALUES (404, '', 1, '')")  # there is no such article

    with pytest.raises(IntegrityError):
        await live.app[RELOADER].put(part, lambda _: None, "key", break_commit)
    assert read(file) == before
    assert [one.name for one in file.parent.iterdir() if one.name.startswith(".config")] == []
    for _ in range(3):
        await live.app[RELOADER].look()
    assert live.app[LIVE].current is version
    assert len((await live.call("GET", "/v1/routing/history", by="admin")).json["versions"]) == 1


def test_a_replacement_is_undone_unless_somebody_else_has_written(file: Path) -> None:
    before = read(file)
    for theirs in ("", "x = 1\n"):
        one = prepare_replacement(file, before, "ours = 1\n")
        one.make()
        assert read(file) == "ours = 1\n"
        if theirs:
            write(file, theirs)
        one.undo()
        one.clear()
        assert read(file) == (theirs or before)
    assert list(file.parent.iterdir()) == [file]


async def test_of_two_equal_puts_at_once_one_has_changed_something(live: Any, file: Path) -> None:
    part = cut_routing(read(file)).replace('name = "everything"', 'name = "all"')
    answers = await asyncio.gather(put(live, part, "*"), put(live, part, "*"))
    assert sorted(one.json["changed"] for one in answers) == [False, True]
    assert [one.json["number"] for one in answers] == [2, 2]


@pytest.mark.parametrize(("mark", "end"), [(b"", "\r\n"), (b"\xef\xbb\xbf", "\n"), (b"\xef\xbb\xbf", "\r\n")])
async def test_put_keeps_the_line_ends_and_the_byte_order_mark_of_the_file(
    start: Callable[..., Awaitable[Any]], file: Path, mark: bytes, end: str
) -> None:
    text = "# \u2028 is no end of a line\n" + read(file)
    write_bytes(file, mark + text.replace("\n", end).encode())
    live = await start(config=load_config(file, {}), file=file)
    shown = (await live.call("GET", "/v1/routing", by="admin")).text
    assert shown == cut_routing(text).replace("\n", end)
    assert (await put(live, shown)).json["changed"] is False
    old, new = 'name = "everything"', 'name = "all"'
    assert (await put(live, shown.replace(old, new))).json["changed"] is True
    assert read_bytes(file) == mark + text.replace(old, new).replace("\n", end).encode()
    values = tomllib.loads(shown.replace(old, new))
    values["outlets"]["khazar-news"]["name"] = "Xəzər"
    assert (await put(live, tomlkit.dumps(values))).status == 200
    there = read_bytes(file)
    assert there == mark + text.replace(old, new).replace("Xəzər Xəbər", "Xəzər").replace("\n", end).encode()


async def test_the_log_says_of_what_only_waits_that_it_waits(live: Any, file: Path) -> None:
    with capture_logs() as logs:
        write(file, read(file).replace("port = 8080", "port = 9090"))
        await wait_until(live, lambda live: live.restart)
    told = [(one["event"], one["restart_needed_for"]) for one in logs if "restart_needed_for" in one]
    assert told == [("configuration waits for a restart", ["server.port"])]


async def test_a_server_without_a_file_says_that_it_cannot_write(server: Any) -> None:
    assert (await put(server, '[outlets.x]\nname = "X"\ncountry = "AZ"\n')).status == 409


async def test_who_waits_for_news_hears_under_the_new_configuration(live: Any, file: Path) -> None:
    waiting = asyncio.create_task(live.call("GET", "/v1/channels/world/en/items?wait=5"))
    await asyncio.sleep(0.1)
    closed = cut_routing(read(file)).replace('access = "public"\nshows', 'access = "admins"\nshows')
    await put(live, closed)
    assert (await waiting).status == 404


LANGUAGES = ("az", "ru", "tr", "zh")


def make_part(good: str, number: int) -> str:
    """A routing whose only route to `world` is named after its language."""
    at = good.index('[[routes]]\nname = "everything"')
    everything = '[[routes]]\nname = "everything"\nto = ["world"]\n'
    route = f'[[routes]]\nname = "r{number}"\nto = ["world"]\nlanguages = ["{LANGUAGES[number]}"]\n'
    assert everything in good
    return good[:at] + route + good[at:].replace(everything, "")


def find_mixed(places: Mapping[int, list[Placement]]) -> list[object]:
    """Articles that stand in `world` by the routes of two versions, or by one in the languages of another."""
    mixed = []
    for places_of in places.values():
        world = [place for place in places_of if place.channel == "world" and place.state == "usable"]
        wrong = [
            place
            for place in world
            if place.route != "everything" and place.language not in ("en", LANGUAGES[int(place.route[1:])])
        ]
        if wrong or len({place.route for place in world}) > 1:
            mixed.append(world)
    return mixed


def break_somewhere(text: str, choice: random.Random) -> str:
    at = choice.randrange(len(text))
    return text[:at] + choice.choice(("[", '"', "\x00", "= =", "\nto = [1]\n", "}")) + text[at:]


class Saver:
    """Saves valid and broken routings, by PUT and by writing the file; `answers`: how often PUT was answered how."""

    def __init__(self, server: Any, file: Path, choice: random.Random) -> None:
        self.server, self.file, self.choice = server, file, choice
        self.good = cut_routing(read(file))
        self.answers: Counter[int] = Counter()
        self.may_be_broken = False

    async def put(self) -> None:
        part = make_part(self.good, self.choice.randrange(len(LANGUAGES)))
        kind, before = self.choice.random(), read(self.file)
        if kind < 0.3:
            part = break_somewhere(part, self.choice)
        elif kind < 0.35:
            part = tomlkit.dumps(tomllib.loads(part))
        answer = await put(self.server, part, make_etag(cut_routing(before)))
        self.answers[answer.status] += 1
        assert answer.status in ((200, 409, 422) if self.may_be_broken else (200, 422)), answer.text
        assert answer.status == 200 or read(self.file) == before

    async def write(self, *, is_valid: bool = False) -> None:
        """At once, or half of it first; broken ones stay until the next."""
        part = make_part(self.good, self.choice.randrange(len(LANGUAGES)))
        text = replace_routing(SHIPPED.read_text(), part).text
        self.may_be_broken = not is_valid and self.choice.random() < 0.3
        if self.may_be_broken:
            text = break_somewhere(text, self.choice)
        if self.choice.random() < 0.3:
            write(self.file, text[: self.choice.randrange(len(text))])
            await asyncio.sleep(self.choice.choice((0, 0.01, 0.1)))
        write(self.file, text)
        await asyncio.sleep(self.choice.choice((0, 0, 0.1, 1.0)))


@pytest.mark.parametrize(
    ("saves", "by_file", "with_worker"),
    [
        (40, 0.0, False),
        pytest.param(200, 0.0, False, marks=pytest.mark.slow),
        pytest.param(1_000, 0.3, True, marks=pytest.mark.slow),
    ],
)
async def test_saved_many_times_under_load_no_request_fails_and_no_decision_mixes_two_versions(
    start: Callable[..., Awaitable[Any]], file: Path, saves: int, by_file: float, with_worker: bool
) -> None:
    live = await start(config=parse_config(read(file)), file=file, with_worker=with_worker)
    choice = random.Random(7)
    saver, statuses = Saver(live, file, choice), Counter[int]()
    is_done = False

    async def ask(item: str) -> None:
        while not is_done:
            pushed = await live.push(item, headline=f"The ministers met {choice.random()} times today")
            feed = await live.call("GET", "/feeds/world/en.atom")
            statuses.update((pushed.status, feed.status))
            async with live.app[DATABASE].read() as conn:
                assert find_mixed(await placements.list_placements(conn, [1, 2])) == []
            await asyncio.sleep(0.05)

    asking = [asyncio.create_task(ask(f"item-{number}")) for number in range(2)]
    for _ in range(saves):
        await (saver.write() if choice.random() < by_file else saver.put())
    if by_file:
        await saver.write(is_valid=True)
        last = parse_config(read(file))
        async with asyncio.timeout(30):
            while live.app[LIVE].current.config.routes != last.routes:
                await asyncio.sleep(0.05)
    is_done = True
    await asyncio.gather(*asking)
    assert set(statuses) <= {200, 201}
    assert {200, 422} <= set(saver.answers)
    for item in range(0 if with_worker else 2):
        await live.push(f"item-{item}", headline="The ministers met for the last time today")
    if with_worker:
        await live.settle()
    text = read(file)
    assert "# Channels: what is published." in text
    assert text.startswith(SHIPPED.read_text().partition("[outlets.khazar-news]")[0])
    route = live.app[LIVE].current.config.routes[-1]
    async with live.app[DATABASE].read() as conn:
        places = await placements.list_placements(conn, [1, 2])
    assert find_mixed(places) == []
    standing = {
        (one.route, one.language)
        for of in places.values()
        for one in of
        if one.channel == "world" and one.state == "usable"
    }
    assert standing == {(route.name, "en")} | ({(route.name, route.languages[0])} if with_worker else set())
