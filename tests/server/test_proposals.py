"""A routing that takes two admins: proposed by one, approved or rejected by another, over HTTP."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from server.configfile import ConfigError, parse_config
from server.keys import LIVE, RELOADER

SHIPPED = Path(__file__).parents[2] / "config.toml"
TWO = ("approvals = 1 ", "approvals = 2 ")
ADMINS = '\n[admins.leyla]\nname = "Leyla"\n'
ALL = "/v1/routing/proposals"
Live = Any


def read(file: Path) -> str:
    return file.read_text()


def write(file: Path, text: str) -> None:
    file.write_text(text)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(SHIPPED.read_text().replace(*TWO) + ADMINS)
    return path


@pytest.fixture
async def live(start: Callable[..., Awaitable[Live]], file: Path) -> Live:
    return await start(config=parse_config(read(file), str(file)), file=file, with_worker=False)


async def propose(live: Live, old: str = 'name = "everything"', new: str = 'name = "all"', by: str = "admin") -> Any:
    there = await live.call("GET", "/v1/routing", by=by)
    part = there.text.replace(old, new)
    headers = {"If-Match": there.headers["ETag"], "Content-Type": "application/toml"}
    return await live.call("PUT", "/v1/routing", by=by, data=part.encode(), headers=headers)


async def decide(live: Live, verdict: str, number: int = 1, *, by: str = "leyla", **options: Any) -> Any:
    return await live.call("POST", f"{ALL}/{number}/{verdict}", by=by, **options)


async def list_audited(live: Live) -> list[tuple[str, str]]:
    lines = (await live.call("GET", "/v1/audit", by="admin")).body.splitlines()
    return [(one["what"], one["who"]) for one in map(orjson.loads, lines)]


def get_name(live: Live) -> str:
    name: str = live.app[LIVE].current.config.routes[-1].name
    return name


async def test_what_one_admin_proposes_is_in_force_when_another_one_approves(live: Live, file: Path) -> None:
    before = read(file)
    proposed = await propose(live)
    assert (proposed.status, proposed.json["state"], proposed.json["proposal"]) == (202, "open", 1)
    assert proposed.headers["Location"] == f"{ALL}/1"
    assert '-name = "everything"\n+name = "all"\n' in proposed.json["diff"]
    assert (read(file), get_name(live)) == (before, "everything")
    shown = await live.call("GET", f"{ALL}/1", by="leyla")
    assert (shown.headers["ETag"], 'name = "all"' in shown.json["text"]) == (proposed.headers["ETag"], True)
    done = await decide(live, "approve", headers={"If-Match": shown.headers["ETag"]}, json={"note": "seen"})
    assert (done.status, done.json["state"], done.json["decided_by"]) == (200, "approved", "leyla")
    assert (done.json["number"], get_name(live)) == (2, "all")
    assert read(file) == before.replace('name = "everything"', 'name = "all"')
    history = (await live.call("GET", "/v1/routing/history", by="admin")).json["versions"]
    assert history[0]["author"] == proposed.json["key"]
    assert [one for one in await list_audited(live) if one[0].startswith(("routing", "config"))] == [
        ("routing.propose", "admin"), ("config.change", "leyla"), ("routing.approve", "leyla")
    ]  # fmt: skip
    assert (await decide(live, "approve")).status == 409


async def test_nobody_approves_what_they_have_proposed_with_whatever_key(live: Live) -> None:
    assert (await propose(live)).status == 202
    assert (await decide(live, "approve", by="admin")).status == 403
    another = await live.call("POST", "/v1/keys", by="admin", json={"owner": "admin", "label": "the other one"})
    headers = {"Authorization": f"Bearer {another.json['key']}"}
    assert (await live.call("POST", f"{ALL}/1/approve", headers=headers)).status == 403
    assert (await decide(live, "approve", by="caravan-wire")).status == 403
    assert get_name(live) == "everything"


async def test_no_admin_gets_a_key_of_another_one_over_http(live: Live) -> None:
    await live.get_key("leyla")
    for path in ("/v1/keys", "/v1/keys/invitations"):
        assert (await live.call("POST", path, by="admin", json={"owner": "leyla"})).status == 403
        assert (await live.call("POST", path, by="admin", json={"owner": "khazar-news"})).status == 201
    theirs = (await live.call("GET", "/v1/keys?owner=leyla", by="admin")).json["keys"][0]["id"]
    assert (await live.call("POST", f"/v1/keys/{theirs}/rotation", by="admin")).status == 403
    assert (await live.call("POST", f"/v1/keys/{theirs}/rotation", by="leyla")).status == 201


async def test_a_rejected_proposal_comes_to_nothing_and_its_author_may_take_it_back(live: Live) -> None:
    await propose(live)
    rejected = await decide(live, "reject", json={"note": "not before Monday"})
    assert (rejected.status, rejected.json["state"], rejected.json["note"]) == (200, "rejected", "not before Monday")
    assert (await decide(live, "approve")).status == 409
    await propose(live)
    assert (await decide(live, "reject", 2, by="admin")).json["state"] == "rejected"
    listed = (await live.call("GET", f"{ALL}?limit=1", by="admin")).json
    assert ([one["proposal"] for one in listed["proposals"]], listed["more"]) == ([2], True)
    assert get_name(live) == "everything"
    assert ("routing.reject", "leyla") in await list_audited(live)


async def test_a_proposal_whose_base_is_gone_cannot_be_approved_and_says_so(live: Live) -> None:
    await propose(live)
    await propose(live, 'name = "economy"', 'name = "money"', by="leyla")
    assert (await decide(live, "approve", 2, by="admin")).status == 200
    listed = (await live.call("GET", ALL, by="admin")).json["proposals"]
    assert [(one["state"], one["outdated"]) for one in listed] == [("approved", False), ("open", True)]
    refused = await decide(live, "approve")
    assert (refused.status, refused.json["type"]) == (409, "/problems/nothing-to-approve")
    assert "not in force any more" in refused.json["detail"]
    assert get_name(live) == "everything"


async def test_an_old_proposal_expires(live: Live, clock: Any) -> None:
    await propose(live)
    clock.pass_time(days=7)
    assert (await live.call("GET", f"{ALL}/1", by="admin")).json["state"] == "expired"
    for verdict in ("approve", "reject"):
        assert "expired" in (await decide(live, verdict)).json["detail"]


async def test_a_proposal_is_checked_like_a_change_and_one_that_changes_nothing_is_none(live: Live) -> None:
    assert (await propose(live, 'to = ["economy"]', 'to = ["economie"]')).status == 422
    same = await propose(live, "x" * 50, "")
    assert (same.status, same.json["changed"]) == (200, False)
    assert (await live.call("GET", ALL, by="admin")).json["proposals"] == []
    assert (await live.call("GET", f"{ALL}/1", by="admin")).status == 404
    assert (
        await propose(live, "[outlets.khazar-news]", "[server]\napprovals = 1\n[outlets.khazar-news]")
    ).status == 422
    with_admin = '[admins.mallory]\nname = "M"\n[outlets.khazar-news]'
    assert (await propose(live, "[outlets.khazar-news]", with_admin)).status == 422


async def test_a_restored_version_waits_for_another_admin_too(live: Live) -> None:
    await propose(live)
    await decide(live, "approve")
    assert (await live.call("POST", "/v1/routing/history/1/restore", by="leyla")).status == 202
    assert get_name(live) == "all"
    assert (await decide(live, "approve", 2, by="admin")).status == 200
    assert get_name(live) == "everything"


async def test_a_proposal_can_be_previewed(live: Live) -> None:
    await live.push()
    await propose(live, 'when = { subject = ["medtop:04000000"] }', "when = {}")
    answer = await live.call("POST", "/v1/routing/preview?proposal=1", by="leyla")
    assert (answer.status, answer.json["changed"]) == (200, 1)
    assert (await live.call("POST", "/v1/routing/preview?proposal=9", by="leyla")).status == 404


async def test_what_stands_in_the_file_is_in_force_as_ever(live: Live, file: Path) -> None:
    await propose(live)
    write(file, read(file).replace('name = "everything"', 'name = "by hand"'))
    for _ in range(2):
        await live.app[RELOADER].look()
    assert get_name(live) == "by hand"
    assert (await decide(live, "approve")).status == 409


def test_two_approvals_need_two_admins() -> None:
    with pytest.raises(ConfigError, match="one admin only"):
        parse_config("[server]\napprovals = 2\n")
    assert parse_config(f"[server]\napprovals = 2\n{ADMINS}").admins["leyla"].name == "Leyla"
    with pytest.raises(ConfigError, match="share one set of ids"):
        parse_config(f'{ADMINS}[outlets.leyla]\nname = "L"\ncountry = "AZ"\n')
