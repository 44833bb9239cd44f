"""karvan keys issue | list | revoke, alone and beside a running server."""

import asyncio
import json
import re
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server.__main__ import main
from server.access import hash_key, make_key, read_key
from server.app import get_time
from server.configfile import parse_config
from server.keys import DATABASE
from server.problems import KeyRejected
from server.store.keys import KeyRow, save_key

ROOT = Path(__file__).parents[2]
KEY = re.compile(r"karvan_[\w-]{43}")


@pytest.fixture
def karvan(tmp_path):
    """Run the command line on the test's own data folder."""

    def run(*arguments: str, config: Path = ROOT / "config.toml", data: Path = tmp_path) -> Result:
        return CliRunner().invoke(main, ["--config", str(config), "--data", str(data), *arguments])

    return run


def issue(karvan: Any, owner: str, *options: str) -> Any:
    result = karvan("keys", "issue", owner, "--json", *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def read_all(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize(
    ("owner", "role"), [("khazar-news", "outlet"), ("demo-newsroom", "subscriber"), ("admin", "admin")]
)
def test_an_issued_key_says_whose_it_is(karvan, owner, role):
    made = issue(karvan, owner)
    assert set(made) == {"id", "role", "key", "expires_at"}
    assert (made["role"], made["expires_at"]) == (role, None)
    assert KEY.fullmatch(made["key"])


def test_a_key_is_printed_alone_on_stdout_so_that_a_script_can_take_it(karvan):
    result = karvan("keys", "issue", "khazar-news")
    assert result.exit_code == 0
    assert KEY.fullmatch(result.stdout.strip())
    assert "not shown again" in result.stderr
    assert KEY.search(result.stderr) is None


def test_keys_are_all_different(karvan):
    assert len({issue(karvan, "admin")["key"] for _ in range(4)}) == 4


def test_only_hashes_are_kept(karvan, tmp_path):
    made = [issue(karvan, owner)["key"] for owner in ("khazar-news", "admin")]
    kept = read_all(tmp_path)
    for key in made:
        assert hash_key(key).encode() in kept
        assert key.encode() not in kept
        assert key.removeprefix("karvan_").encode() not in kept
        assert key[:16].encode() not in kept


def test_an_expiry_is_a_date_that_scripts_can_read(karvan):
    made = issue(karvan, "khazar-news", "--days", "30")
    expires = datetime.fromisoformat(made["expires_at"])
    assert "T" in made["expires_at"], "RFC 3339"
    assert expires.tzinfo is not None
    [row] = json.loads(karvan("keys", "list", "--json").stdout)
    lifetime = datetime.fromisoformat(row["expires_at"]) - datetime.fromisoformat(row["created_at"])
    assert lifetime == timedelta(days=30)


@pytest.mark.parametrize("days", ["0", "-1", "soon", "1.5", "999999999999", "10000000"])
def test_impossible_lifetimes_are_wrong_use(karvan, days):
    result = karvan("keys", "issue", "khazar-news", "--days", days)
    assert result.exit_code == 2, result.output
    assert KEY.search(result.output) is None


@pytest.mark.parametrize("owner", ["nobody", "", "ADMIN", "khazar-news ", "../x", "turkic", "world", "x\ny", "é\udcff"])
def test_an_unknown_owner_gets_no_key_and_one_line(karvan, owner, tmp_path):
    result = karvan("keys", "issue", owner)
    assert_refused(result)
    assert "there is no database" in karvan("keys", "list").stderr


def assert_refused(result: Result) -> None:
    """Exit status 1, one line on stderr, nothing on stdout, no traceback."""
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    [line] = result.stderr.splitlines()
    assert line.startswith("karvan: ")


def test_a_list_shows_everything_but_the_keys(karvan):
    first, second = issue(karvan, "khazar-news"), issue(karvan, "admin", "--days", "1")
    assert karvan("keys", "revoke", "khazar-news").exit_code == 0
    result = karvan("keys", "list", "--json")
    rows = json.loads(result.stdout)
    assert [(row["owner"], row["role"]) for row in rows] == [("khazar-news", "outlet"), ("admin", "admin")]
    assert [row["revoked_at"] is None for row in rows] == [False, True]
    for output in (result.stdout, karvan("keys", "list").stdout):
        for key in (first["key"], second["key"]):
            assert key not in output
            assert hash_key(key) not in output
    assert "khazar-news" in karvan("keys", "list").stdout


def test_revoking_takes_one_key_or_all_of_an_owner(karvan):
    for owner in ("khazar-news", "khazar-news", "khazar-news", "admin"):
        issue(karvan, owner)
    key_id = json.loads(karvan("keys", "list", "--json").stdout)[0]["id"]
    assert karvan("keys", "revoke", key_id).output == "1 key revoked.\n"
    assert karvan("keys", "revoke", "khazar-news").output == "2 keys revoked.\n"
    rows = json.loads(karvan("keys", "list", "--json").stdout)
    assert [row["owner"] for row in rows if row["revoked_at"] is None] == ["admin"]
    for name in (key_id, "khazar-news", "nobody", "%", "' OR 1=1"):
        assert_refused(karvan("keys", "revoke", name))


@pytest.mark.parametrize("arguments", [(), ("issue",), ("revoke",), ("issue", "a", "b"), ("make",), ("list", "--xml")])
def test_wrong_use_is_status_2(karvan, arguments):
    result = karvan("keys", *arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", [("issue", "admin"), ("list",), ("revoke", "admin")])
def test_what_cannot_be_opened_is_one_line(karvan, tmp_path, command):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "karvan.db").write_bytes(b"this is no database at all, but long enough to be looked at" * 50)
    assert_refused(karvan("keys", *command, data=broken))
    assert karvan("keys", *command, data=broken / "karvan.db").exit_code == 2
    assert_refused(karvan("keys", *command, config=tmp_path / "nothing.toml"))
    bad = tmp_path / "bad.toml"
    bad.write_text("[server]\nport = 'x'\n")
    assert_refused(karvan("keys", *command, config=bad))


def test_help_shows_an_example(karvan):
    for command in ("issue", "list", "revoke"):
        assert "Example: karvan keys" in karvan("keys", command, "--help").stdout


async def run(arguments: list[str]) -> Result:
    """The command line in its own thread, beside the server that runs here."""
    return await asyncio.to_thread(CliRunner().invoke, main, arguments)


async def test_keys_are_issued_and_revoked_beside_a_running_server(quiet, tmp_path):
    quiet.clock.now = get_time()
    base = ["--config", str(ROOT / "config.toml"), "--data", str(tmp_path), "keys"]
    made = json.loads((await run([*base, "issue", "caravan-wire", "--json"])).stdout)
    headers = {"Authorization": f"Bearer {made['key']}"}
    path = "/v1/articles/caravan-wire/one"
    assert (await quiet.call("PUT", path, json=DOCUMENT, headers=headers)).status == 201
    with_basic = {"Authorization": "Basic " + b64encode(f"anything:{made['key']}".encode()).decode()}
    assert (await quiet.call("GET", f"{path}/history", headers=with_basic)).status == 200
    assert (await run([*base, "revoke", "caravan-wire"])).exit_code == 0
    quiet.clock.pass_time(seconds=0.5)  # so long a key may still be known that another process revoked
    for sent in (headers, with_basic):
        answer = await quiet.call("GET", "/feeds/world/en.atom", headers=sent)
        assert (answer.status, answer.json["type"]) == (401, "/problems/key-rejected")
    assert made["key"].encode() not in read_all(tmp_path)


DOCUMENT = {"type": "text", "language": "en", "headlines": [{"value": "The ministers will meet on Friday"}]}


async def test_a_key_ends_at_the_moment_it_expires(quiet):
    key, key_id = make_key()
    ends = quiet.clock() + timedelta(days=1)
    async with quiet.app[DATABASE].write() as conn:
        await save_key(conn, KeyRow(key_id, "caravan-wire", "outlet", hash_key(key), quiet.clock(), ends))
    headers = {"Authorization": f"Bearer {key}"}
    quiet.clock.now = ends - timedelta(seconds=1)
    assert (await quiet.call("GET", "/livez", headers=headers)).status == 200
    quiet.clock.now = ends
    answer = await quiet.call("GET", "/livez", headers=headers)
    assert (answer.status, answer.json["type"]) == (401, "/problems/key-rejected")
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("becomes", ["nothing", "a subscriber"])
async def test_a_key_whose_owner_is_no_outlet_any_more_opens_nothing(start, becomes):
    server = await start(with_worker=False)
    await server.push()
    key = await server.get_key("caravan-wire")
    without = (ROOT / "config.toml").read_text().replace(', "caravan-wire"]', "]")
    without = re.sub(r"\[outlets\.caravan-wire\][^\[]*\[[^\[]*", "", without)
    if becomes == "a subscriber":
        without += '\n[subscribers.caravan-wire]\nname = "x"\nexchanges = ["turkic"]\n'
    server = await start(with_worker=False, config=parse_config(without))
    for method, path in (("GET", "/v1/articles/caravan-wire/one/history"), ("PUT", "/v1/articles/caravan-wire/two"),
                         ("GET", "/feeds/turkic/tr.atom"), ("GET", "/livez")):  # fmt: skip
        answer = await server.call(method, path, json=DOCUMENT, headers={"Authorization": f"Bearer {key}"})
        assert (answer.status, answer.json["type"]) == (401, "/problems/key-rejected"), path
    assert (await server.call("GET", "/v1/articles/caravan-wire/one")).status == 200, "what was published stays"


async def test_each_role_opens_its_own_doors(quiet):
    await quiet.push("one", by="khazar-news", language="az", headline="Xəbər", text="<p>Nazirlər görüşəcək.</p>")
    table = {
        ("GET", "/feeds/turkic/az.atom"): {None: 401, "khazar-news": 200, "caravan-wire": 403,
                                           "demo-newsroom": 200, "admin": 200},
        ("GET", "/feeds/desk/en.atom"): {None: 404, "khazar-news": 404, "caravan-wire": 404,
                                         "demo-newsroom": 404, "admin": 200},
        ("GET", "/v1/articles/khazar-news/one/history"): {None: 401, "khazar-news": 200, "caravan-wire": 403,
                                                          "demo-newsroom": 403, "admin": 200},
        ("DELETE", "/v1/articles/khazar-news/two"): {None: 401, "khazar-news": 404, "caravan-wire": 403,
                                                     "demo-newsroom": 403, "admin": 404},
    }  # fmt: skip
    for (method, path), expected in table.items():
        for by, status in expected.items():
            answer = await quiet.call(method, path, by=by)
            assert answer.status == status, (method, path, by, answer.text)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Token x", "Basic", "Basic !", "Basic ключ", "Basic /w=="])
def test_headers_without_a_key_are_rejected(header):
    with pytest.raises(KeyRejected):
        read_key(header)


def test_a_key_is_read_from_bearer_and_from_the_password_of_basic():
    assert read_key("bearer  k") == "k"
    assert read_key("Basic " + b64encode(b"user:k:with:colons").decode()) == "k:with:colons"


def test_a_rotated_key_opens_beside_the_new_one_for_a_while(karvan):
    old = issue(karvan, "khazar-news", "--scope", "push", "--label", "the system")
    result = karvan("keys", "rotate", old["id"], "--overlap", "2h", "--json")
    assert result.exit_code == 0, result.output
    new = json.loads(result.stdout)
    assert (new["role"], new["expires_at"]) == ("outlet", None)
    assert new["key"] != old["key"]
    first, second = json.loads(karvan("keys", "list", "--json").stdout)
    assert (first["scopes"], second["scopes"], second["label"]) == ("push", "push", "the system")
    assert first["expires_at"] is not None
    assert karvan("keys", "rotate", old["id"], "--overlap", "soon").exit_code == 2
    assert karvan("keys", "rotate", "none").exit_code == 1
    assert karvan("keys", "issue", "khazar-news", "--scope", "edit").exit_code == 1


def test_an_invitation_is_made_listed_and_withdrawn(karvan):
    made = karvan("keys", "invite", "khazar-news", "--hours", "24", "--label", "theirs", "--json")
    assert made.exit_code == 0, made.output
    one = json.loads(made.stdout)
    assert one["token"].startswith("karvan_invitation_")
    assert "khazar-news" in karvan("keys", "invitations").stdout
    [listed] = json.loads(karvan("keys", "invitations", "--json").stdout)
    assert (listed["id"], listed["owner"], listed["created_by"]) == (one["id"], "khazar-news", "console")
    assert karvan("keys", "withdraw", one["id"]).exit_code == 0
    assert json.loads(karvan("keys", "invitations", "--json").stdout) == []
    again = karvan("keys", "withdraw", one["id"])
    assert (again.exit_code, "no such invitation" in again.stderr) == (1, True)
    assert karvan("keys", "invite", "nobody").exit_code == 1


def test_a_named_admin_has_keys_of_an_admin(karvan, tmp_path):
    file = tmp_path / "with-admin.toml"
    file.write_text((ROOT / "config.toml").read_text() + '\n[admins.leyla]\nname = "Leyla"\n')
    made = karvan("keys", "issue", "leyla", "--json", config=file)
    assert json.loads(made.stdout)["role"] == "admin"
    assert "leyla" in karvan("keys", "issue", "nobody", config=file).stderr
