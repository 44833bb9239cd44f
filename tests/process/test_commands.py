"""The command line's manners: help with an example, exit status, one clear line (CONTRACT §3)."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.metadata import version as get_version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from server.__main__ import main

ROOT = Path(__file__).parents[2]
TMX = """<tmx version="1.4"><header srclang="en" datatype="plaintext" segtype="sentence" adminlang="en" o-tmf="x"
creationtool="x" creationtoolversion="1"/><body><tu><tuv xml:lang="en"><seg>The water rises.</seg></tuv>
<tuv xml:lang="tr"><seg>Su yükseliyor.</seg></tuv></tu></body></tmx>"""


def make_runner(config: Path, data: Path | None = None) -> Callable[..., Result]:
    """Runs commands with this configuration and data folder; what is named is environment."""
    before = ["--config", str(config), *(["--data", str(data)] if data else [])]

    def run(*arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(main, [*before, *arguments], env=environment, prog_name="karvan")

    return run


def get_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def list_commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from list_commands(inner, (*path, name))


COMMANDS = list(list_commands(main))


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "karvan")
def test_every_command_helps_with_an_example(path):
    result = CliRunner().invoke(main, [*path, "--help"], prog_name="karvan")
    assert result.exit_code == 0
    [example] = [line.strip() for line in result.output.splitlines() if line.strip().startswith("Example:")]
    assert "karvan " in example
    assert " ".join(path) in example
    assert " ".join(("Usage: karvan", *path)).removesuffix(" ") in result.output.replace("[OPTIONS] COMMAND", "")


def test_there_are_the_commands_of_the_contract():
    names = {path[0] for path in COMMANDS if path}
    assert names >= {
        "serve", "worker", "check-config", "languages", "keys", "push", "explain", "backup", "restore", "version",
    }  # fmt: skip


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "karvan")
def test_every_command_takes_the_configuration_and_the_data_folder(path):
    result = CliRunner().invoke(main, [*path, "--help"], prog_name="karvan")
    assert "--config PATH" in result.output
    assert "--data DIRECTORY" in result.output


def test_options_after_a_command_count_as_before_it_and_the_last_word_counts(tmp_path):
    run = make_runner(ROOT / "config.toml")
    for arguments, env in (
        (["--data", "{}", "keys", "list"], {}),
        (["keys", "--data", "{}", "list"], {}),
        (["keys", "list", "--data", "{}"], {}),
        (["--data", "before", "keys", "list", "--data", "{}"], {"KARVAN_DATA": "environment"}),
        (["keys", "list"], {"KARVAN_DATA": "{}"}),
        (["keys", "--data", "{}", "list"], {"KARVAN_DATA": "environment"}),
    ):
        place = str(tmp_path / "here")
        result = run(*(one.format(place) for one in arguments), **{name: env[name].format(place) for name in env})
        assert (result.exit_code, result.stderr) == (
            1,
            f"karvan: there is no database {place}/karvan.db: is --data right?\n",
        )
    (tmp_path / "other.toml").write_text("[server]\nprot = 1\n")
    for arguments in (["check-config", "--config", "{}"], ["keys", "--config", "{}", "list"]):
        result = CliRunner().invoke(main, [one.format(tmp_path / "other.toml") for one in arguments])
        assert result.stderr == f"karvan: {tmp_path}/other.toml:2: server.prot: unknown option\n"


READING = [
    ["keys", "list"],
    ["keys", "list", "--json"],
    ["keys", "invitations"],
    ["keys", "revoke", "khazar-news"],
    ["keys", "rotate", "3f9a1c2e"],
    ["keys", "withdraw", "3f9a1c2e"],
    ["explain", "khazar-news/one"],
    ["glossary", "list"],
    ["glossary", "export"],
    ["memory", "export", "--source", "en", "--target", "az"],
]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_what_only_reads_makes_no_database(tmp_path, command):
    result = make_runner(ROOT / "config.toml")(*command, "--data", str(tmp_path / "typo"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"karvan: there is no database {tmp_path}/typo/karvan.db: is --data right?\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("version", "reason"),
    [(99, "the database has schema 99, this Karvan knows only"), (-1, "`karvan serve` renews it")],
)
def test_what_only_reads_changes_no_schema_and_says_which_there_is(tmp_path, version, reason):
    run = make_runner(ROOT / "config.toml", tmp_path)
    assert run("keys", "issue", "khazar-news").exit_code == 0
    with closing(sqlite3.connect(tmp_path / "karvan.db")) as conn, conn:
        conn.execute("UPDATE schema_version SET version = ?", (version,))
    result = run("keys", "list")
    assert (result.exit_code, result.stdout) == (1, "")
    assert reason in result.stderr
    with closing(sqlite3.connect(tmp_path / "karvan.db")) as conn:
        assert conn.execute("SELECT version FROM schema_version").fetchall() == [(version,)]


def test_what_only_reads_waits_for_no_writer(tmp_path):
    run = make_runner(ROOT / "config.toml", tmp_path)
    assert run("keys", "issue", "khazar-news").exit_code == 0
    with closing(sqlite3.connect(tmp_path / "karvan.db", isolation_level=None)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        assert [one["owner"] for one in json.loads(run("keys", "list", "--json").stdout)] == ["khazar-news"]


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path):
    run = make_runner(ROOT / "config.toml", tmp_path)
    (tmp_path / "karvan.db").write_bytes(b"")
    result = run("keys", "list")
    assert (result.exit_code, result.stderr) == (1, "karvan: the file is no database of Karvan\n")


def test_nobody_else_may_look_into_what_is_made_anew(tmp_path):
    assert make_runner(ROOT / "config.toml", tmp_path / "a" / "data")("keys", "issue", "admin").exit_code == 0
    assert get_mode(tmp_path / "a" / "data") == 0o700
    assert get_mode(tmp_path / "a" / "data" / "karvan.db") == 0o600
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    assert make_runner(ROOT / "config.toml", open_to_all)("keys", "issue", "admin").exit_code == 0
    assert get_mode(open_to_all) == 0o755, "what was there stays as it was"
    assert get_mode(open_to_all / "karvan.db") == 0o600
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    assert make_runner(ROOT / "config.toml", shared)("keys", "issue", "admin").exit_code == 0
    assert get_mode(shared / "karvan.db") == 0o660, "a group that shares the folder goes on sharing"
    assert make_runner(ROOT / "config.toml", shared)("languages", "install", "starter").exit_code == 0


def test_the_list_of_keys_is_whole_in_a_pipe_and_on_a_terminal_of_80_columns(tmp_path):
    run = make_runner(ROOT / "config.toml", tmp_path)
    label = "the editing system in the third floor, at the left"
    for owner in ("bosphorus-post", "silk-road-daily"):
        options = ("--days", "365", "--scope", "push", "--scope", "read", "--label", label)
        assert run("keys", "issue", owner, *options).exit_code == 0
    [first, second] = json.loads(run("keys", "list", "--json").stdout)
    assert run("keys", "revoke", second["id"]).exit_code == 0
    lines = run("keys", "list", COLUMNS="80").stdout.splitlines()
    assert len(lines) == 3
    assert all(label in line for line in lines[1:])
    assert f"revoked {second['created_at'][:10]}" in lines[2]
    shown = re.sub("\x1b[^m]*m", "", run("keys", "list", COLUMNS="80", FORCE_COLOR="1", TERM="xterm").stdout)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    for whole in (first["id"], second["id"], first["expires_at"][:10], "bosphorus-post", "silk-road-daily", "revoked"):
        assert whole in shown


def test_scripts_get_json_of_all_that_changes_something(tmp_path):
    run = make_runner(ROOT / "config.toml", tmp_path)
    assert json.loads(run("version", "--json").stdout) == {"version": get_version("karvan")}
    run("keys", "issue", "khazar-news")
    assert json.loads(run("keys", "revoke", "khazar-news", "--json").stdout) == {"revoked": 1}
    invitation = json.loads(run("keys", "invite", "khazar-news", "--json").stdout)["id"]
    assert json.loads(run("keys", "withdraw", invitation, "--json").stdout) == {"withdrawn": invitation}
    installed = json.loads(run("languages", "install", "starter", "--json").stdout)
    assert {"direction": "en-az", "name": "karvan-starter-en_az"}.items() <= installed[0].items() or len(installed) > 10
    [gone] = json.loads(run("languages", "remove", "en-az", "--starter", "--json").stdout)
    assert gone == {"direction": "en-az", "removed": ["karvan-starter-en_az"]}


def test_a_model_of_ones_own_takes_the_place_of_the_starter(tmp_path):
    run = make_runner(ROOT / "config.toml", tmp_path / "data")
    run("languages", "install", "starter")
    shipped, own = ROOT / "translators" / "starter", tmp_path / "own"
    about = json.loads((shipped / "directions.json").read_text())
    for name in ("model", "sentencepiece.model"):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).symlink_to(shipped / name)
    (own / "directions.json").write_text(json.dumps(about | {"version": "0.1", "directions": about["directions"][:2]}))
    installed = run("languages", "install", str(own)).stdout.splitlines()
    assert installed == ["en-az  karvan-starter-en_az 0.1", "az-en  karvan-starter-az_en 0.1"]
    listed = json.loads(run("languages", "list", "--json").stdout)
    assert {(one["direction"], one["version"], one["quality"]) for one in listed} == {
        ("en-az", "0.1", "starter"),
        ("az-en", "0.1", "starter"),
    }


@pytest.mark.parametrize(
    "about",
    [
        "{",
        "[]",
        "{}",
        '{"name": "n", "version": "1", "directions": [{"from": "en", "to": "az"}]}',
        '{"name": "n", "version": 1, "directions": []}',
        '{"name": "n", "version": "1", "directions": [{"from": "../x", "to": "az", "target_prefix": ""}]}',
    ],
)
def test_a_model_of_ones_own_that_says_nothing_of_itself_is_refused_in_one_line(tmp_path, about):
    run = make_runner(ROOT / "config.toml", tmp_path / "data")
    shipped, own = ROOT / "translators" / "starter", tmp_path / "own"
    own.mkdir()
    (own / "directions.json").write_text(about)
    result = run("languages", "install", str(own))
    assert result.stderr == f"karvan: {own} has no model/model.bin and no sentencepiece.model\n"
    for name in ("model", "sentencepiece.model"):
        (own / name).symlink_to(shipped / name)
    result = run("languages", "install", str(own))
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert "json" in line


def test_a_failed_installation_is_one_line(tmp_path):
    (tmp_path / "broken.argosmodel").write_bytes(b"no archive")
    run = make_runner(ROOT / "config.toml", tmp_path / "data")
    for what in (str(tmp_path / "broken.argosmodel"), "nonsense"):
        result = run("languages", "install", what)
        assert (result.exit_code, result.stdout) == (1, "")
        [line] = result.stderr.splitlines()
        assert line.startswith("karvan: ")


def test_every_fault_of_a_file_is_a_line_of_karvan(karvan):
    karvan.config.write_text("[server]\nprot = 1\nhots = 2\n")
    for command in ("serve", "check-config"):
        lines = CliRunner().invoke(main, [command, "--config", str(karvan.config)]).stderr.splitlines()
        assert [line.partition(":")[0] for line in lines] == ["karvan", "karvan"]


def test_what_is_changed_from_the_console_stands_in_the_audit(tmp_path):
    run = make_runner(ROOT / "config.toml", tmp_path / "data")
    (tmp_path / "names.tsv").write_text("en\ttr\nwater\tsu\n")
    (tmp_path / "memory.tmx").write_text(TMX)
    for command in (["glossary", "import", "names.tsv"], ["memory", "import", "memory.tmx", "--source", "en"]) * 2:
        assert run(*command[:2], str(tmp_path / command[2]), *command[3:]).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "karvan.db")) as conn:
        found = conn.execute("SELECT who, role, what, subject, after FROM audit ORDER BY id").fetchall()
    assert [one[:4] for one in found] == [
        ("console", "operator", "glossary.put", "*"),
        ("console", "operator", "memory.import", "en-*"),
        ("console", "operator", "memory.import", "en-*"),
    ]
    assert json.loads(found[0][4]) == {"number": 1, "terms": 1}
    assert json.loads(found[1][4]) == {"taken": 1, "replaced": 0, "refused": 0}


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--port", "many"],
        ["serve", "--port", "65536"],
        ["serve", "--nonsense"],
        ["keys", "issue"],
        ["keys", "issue", "admin", "--days", "0"],
        ["languages", "install"],
        ["languages", "nonsense"],
        ["push"],
        ["push", "/nonexistent/file.md", "--key", "k"],
        ["push", "README.md", "--key", "k", "--server", "news.example"],
        ["keys", "rotate", "3f9a1c2e", "--overlap", "x"],
        ["languages", "remove", "xx"],
        ["memory", "export", "--source", "en", "--target", "en"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_status_2(arguments):
    result = CliRunner().invoke(main, arguments, prog_name="karvan")
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "Error: " in result.stderr


def test_a_broken_configuration_says_file_line_path_and_reason(karvan):
    lines = karvan.config.read_text().splitlines()
    number = next(number for number, line in enumerate(lines, 1) if line.startswith("batch_articles"))
    lines[number - 1] = 'batch_articles = "many"'
    lines.insert(number, "batch_article = 3")
    karvan.config.write_text("\n".join(lines) + '\n[[routes]]\nname = "lost"\nto = ["nowhere"]\n')
    ended = CliRunner().invoke(main, ["--config", str(karvan.config), "check-config"])
    assert (ended.exit_code, ended.stdout) == (1, "")
    said = ended.stderr.splitlines()
    assert len(said) == 2
    assert said[0].startswith(f"karvan: {karvan.config}:{number}: translation.batch_articles: ")
    assert said[1] == f"karvan: {karvan.config}:{number + 1}: translation.batch_article: unknown option"
    lines[number - 1 : number + 1] = ["batch_articles = 3"]
    karvan.config.write_text("\n".join(lines) + '\n[[routes]]\nname = "lost"\nto = ["nowhere"]\n')
    ended = CliRunner().invoke(main, ["--config", str(karvan.config), "check-config", "--json"])
    assert ended.exit_code == 1
    answer = json.loads(ended.stdout)
    assert answer["valid"] is False
    [fault] = answer["faults"]
    assert fault.startswith(f"{karvan.config}:{len(lines) + 3}: routes.")
    assert fault.endswith("there is no channel 'nowhere'")


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["keys", "list"], ["languages", "install", "starter"]])
def test_no_command_begins_with_a_broken_configuration(karvan, command):
    karvan.config.write_text("[server]\nprot = 1\n")
    result = CliRunner().invoke(main, ["--config", str(karvan.config), "--data", str(karvan.data), *command])
    assert result.exit_code == 1
    assert result.stderr == f"karvan: {karvan.config}:2: server.prot: unknown option\n"
    assert not (karvan.data / "karvan.db").exists()
