"""What is said to people: every command has an example, every problem a page, and no document names what is not."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import click
import pytest
from aiohttp import web
from click.testing import CliRunner

from server import problems
from server.__main__ import main
from server.api.calls import get_path
from server.app import make_app
from server.configfile import load_config
from server.pages.wording import LOCALES
from server.problems import Problem
from server.routes import ROUTES
from translators.pseudo import PseudoTranslator

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
SHELL = re.compile(r"^(?:\$ )?(karvan .*)$", re.MULTILINE)
INLINE = re.compile(r"`(karvan [^`]*)`")


# Commands


def list_commands(
    group: click.Group = main, path: tuple[str, ...] = ("karvan",)
) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from list_commands(command, (*path, name))


COMMANDS = dict(list_commands())


def test_there_are_the_commands_of_the_contract() -> None:
    wanted = {"serve", "worker", "check-config", "languages", "keys", "push", "explain", "backup", "restore", "version"}
    assert wanted <= main.commands.keys()
    assert {"karvan languages install", "karvan keys issue"} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_help_has_an_example_that_is_one(name: str) -> None:
    words = name.split()[1:]
    help_ = CliRunner().invoke(main, [*words, "--help"])
    assert help_.exit_code == 0
    match = re.search(r"Example: (?:[A-Z_]+=\S+ )?(karvan .*)", COMMANDS[name].help or "")
    assert match, help_.output
    found, _ = parse_command(match[1])
    assert found[: len(name.split())] == name.split()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def parse_command(line: str) -> tuple[list[str], list[str]]:
    """`karvan [options] command …` → the path of the command that is meant, and the options it is called with."""
    words = shlex.split(line, comments=True)
    assert words.pop(0) == "karvan"
    path, options, command = ["karvan"], [], main
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            options.append(word.partition("=")[0])
            option = find_option(command, options[-1])
            if not option.is_flag and "=" not in word:
                words.pop(0)
        elif isinstance(command, click.Group):
            assert word in command.commands, f"there is no command {word!r}: {line}"
            command = command.commands[word]  # type: ignore[assignment]
            path.append(word)
    return path, options


def find_option(command: click.Command, name: str) -> click.Option:
    for parameter in command.params:
        if isinstance(parameter, click.Option) and name in (*parameter.opts, *parameter.secondary_opts):
            return parameter
    if name in ("--help", "-h"):
        return click.Option(["--help"], is_flag=True)
    raise AssertionError(f"{command.name} has no option {name}")


def list_mentions() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for line in SHELL.findall(text) + INLINE.findall(text):
            yield path.name, line.strip()


def test_the_documents_mention_commands() -> None:
    assert len(list(list_mentions())) > 8


@pytest.mark.parametrize(("document", "line"), list(list_mentions()))
def test_a_command_that_a_document_mentions_exists(document: str, line: str) -> None:
    path, _ = parse_command(line)
    assert len(path) > 1, f"{document}: {line}"


def test_the_makefile_has_every_target_that_is_mentioned() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    mentioned = {
        target
        for path in DOCUMENTS
        for target in re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        for target in target
        if target
    }
    assert {"run", "test"} <= mentioned <= targets


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


# Problems


def list_problems(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for one in kind.__subclasses__():
        yield one
        yield from list_problems(one)


def test_the_list_of_problems_is_whole() -> None:
    assert set(problems.ALL) == set(list_problems())
    assert len({problem.slug() for problem in problems.ALL}) == len(problems.ALL)


@pytest.mark.parametrize("problem", problems.ALL, ids=lambda problem: problem.__name__)
def test_a_problem_has_a_title_of_its_own(problem: type[Problem]) -> None:
    assert "__doc__" in vars(problem)
    assert problem.__doc__
    assert re.fullmatch(r"[A-Z][^.]{10,80}", problem.title()), problem.title()
    assert [one.title() for one in problems.ALL].count(problem.title()) == 1
    assert 400 <= problem.status < 600


async def test_every_problem_has_a_page_in_every_language(tmp_path: Path, aiohttp_get: Any) -> None:
    for problem in problems.ALL:
        status, page = await aiohttp_get(f"/problems/{problem.slug()}")
        assert status == 200
        assert problem.title() in unescape(page)
        assert str(problem.status) in page
    for locale in LOCALES:
        status, page = await aiohttp_get(f"/problems?lang={locale}")
        assert status == 200
        assert f'lang="{locale}"' in page
        assert all(problem.slug() in page for problem in problems.ALL)


@pytest.fixture
async def aiohttp_get(tmp_path: Path) -> Any:
    """GET a path of a server without a worker: status and text."""
    import aiohttp

    config = load_config(ROOT / "config.toml", {})
    runner = web.AppRunner(
        make_app(config, tmp_path, translator=PseudoTranslator(), with_worker=False), access_log=None
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:

        async def get(path: str) -> tuple[int, str]:
            async with session.get(path) as response:
                return response.status, await response.text()

        yield get
    await runner.cleanup()


# Routes


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_handler_says_which_call_it_answers(route: Any) -> None:
    docstring = route.handler.__doc__ or ""
    path = get_path(route)
    first = docstring.partition(": ")[0]
    assert first.startswith(f"{route.method} "), route.handler
    assert path in re.split(r" and |, | ", first), docstring


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_call_is_described(route: Any) -> None:
    described = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").replace("{language}.atom", "{language}.{format}")
    path = get_path(route)
    assert path in described or path.startswith(("/static/", "/problems/"))


def test_every_call_that_the_manual_names_exists() -> None:
    """In docs/api.md: `GET /v1/…`, with `{names}` or with examples in their places."""
    manual = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"\b(GET|POST|PUT|DELETE) (/[\w/{}.~-]*)", manual)
    patterns = {
        (route.method, re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", get_path(route))))))
        for route in ROUTES
    }
    assert len(named) > 60
    assert [
        f"{method} {path}"
        for method, path in named
        if not any(method == one and pattern.fullmatch(path.rstrip(".")) for one, pattern in patterns)
    ] == ["POST /in"]  # what Karvan sends to destinations


# Locales


def test_every_locale_says_everything() -> None:
    catalogues = {
        locale: tomllib.loads((ROOT / "server/pages/locale" / f"{locale}.toml").read_text(encoding="utf-8"))
        for locale in LOCALES
    }
    keys = {
        locale: {(section, key) for section, texts in catalogue.items() for key in texts}
        for locale, catalogue in catalogues.items()
    }
    assert len(keys["en"]) > 50
    assert all(found == keys["en"] for found in keys.values())
    for locale, catalogue in catalogues.items():
        assert [key for section in catalogue.values() for key, text in section.items() if text == ""] == [], locale
