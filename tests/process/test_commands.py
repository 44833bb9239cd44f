"""The command line's manners: help with an example, exit status, one clear line (CONTRACT §3)."""

import json
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from server.__main__ import main


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
    assert names >= {"serve", "worker", "check-config", "languages", "keys", "push", "version"}


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
