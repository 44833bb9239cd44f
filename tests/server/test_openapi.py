"""What /openapi.json says is how the server behaves: schemathesis asks it what nobody would think of."""

import ast
import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from server import problems
from server.api.calls import get_path
from server.api.operations import find_operation
from server.configfile import parse_config
from server.routes import ROUTES, describe_api
from translators.pseudo import PseudoTranslator

ROOT = Path(__file__).parents[2]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
ENDLESS = "/v1/events"  # a stream has no end; test_events has its answers
ITEM = {"headline": "The ministers meet on Friday", "text": "<p>The ministers meet. They discuss trade and water.</p>"}
PICTURE = {"name": "p", "type": "picture", "renditions": [{"href": "/v1/media/caravan-wire/ridge.jpg"}]}
TMX = b"""<tmx version="1.4"><header srclang="en"/><body><tu><tuv xml:lang="en"><seg>a</seg></tuv>
<tuv xml:lang="tr"><seg>b</seg></tuv></tu></body></tmx>"""
# Where there is something to be found: who asks at random sees nothing but 404.
PLACES = """
[parameters]
"path.outlet" = "caravan-wire"
"path.item" = "trade-outlook"
"path.channel" = "world"
"path.language" = "tr"
"path.exchange" = "silk-road"
"path.id" = "1"
"query.source" = "en"
"query.target" = "tr"
"query.wait" = 0

[phases.coverage]
unexpected-methods = []

[[operations]]
include-path = ["/v1/keys/{id}", "/v1/keys/{id}/rotation"]
parameters = { "path.id" = "KEY" }
"""


class Stammering(PseudoTranslator):
    """Says Turkish sentences six times over: they wait at the desk."""

    def _render(self, text: str, direction: Any) -> str:
        return " ".join([super()._render(text, direction)] * (6 if direction.target == "tr" else 1))


@pytest.fixture
async def full(start: Any, tmp_path: Path) -> Any:
    """A server in which there is one of each: articles, a held version, pictures, words, a destination."""
    file = tmp_path / "config.toml"
    text = (ROOT / "config.toml").read_text().replace('\nheld = "mark"', '\nheld = "wait"')
    file.write_text(f'{text}\n[destinations.evening-paper]\nfolder = "out"\nchannels = ["world"]\n')
    config = parse_config(file.read_text(), str(file))
    server = await start(config=config, file=file, translator=Stammering())
    picture = (ROOT / "server/sample/uploads/profile.jpg").read_bytes()
    tsv, tmx = {"Content-Type": "text/tab-separated-values"}, {"Content-Type": "application/x-tmx+xml"}
    await server.call("PUT", "/v1/media/caravan-wire/ridge.jpg", by="caravan-wire", data=picture)
    await server.push("trade-outlook", associations=[PICTURE], **ITEM)
    await server.push("killed")
    await server.call("DELETE", "/v1/articles/caravan-wire/killed", by="caravan-wire")
    await server.call("PUT", "/v1/glossary/silk-road", by="admin", headers=tsv, data=b"en\ttr\nwater\tsu\n")
    await server.call("POST", "/v1/memory", by="admin", headers=tmx, data=TMX)
    await server.settle()
    return server


async def ask_all(server: Any, folder: Path, by: str | None, *options: str) -> None:
    """Ask all calls with somebody's key, as the document says; fail with schemathesis' report."""
    made = await server.call("POST", "/v1/keys", by="admin", json={"owner": "demo-newsroom"})
    config = folder / "schemathesis.toml"
    config.write_text(PLACES.replace("KEY", made.json["id"]))
    words = ["--config-file", str(config), "run", f"{server.base}/openapi.json", "--url", server.base]
    words += ["--checks", CHECKS, "--exclude-path", ENDLESS, "--continue-on-failure", "--warnings", "off", "--no-color"]
    words += ["--request-timeout", "20", "--max-redirects", "0", *options]
    if by is not None:
        words += ["--header", f"Authorization: Bearer {await server.get_key(by)}"]
    lines = "import schemathesis; schemathesis.serializer.alias('application/x-ndjson', 'application/json')"  # one line
    lines += "; schemathesis.serializer.alias(['application/ndjson', 'application/jsonl'], 'application/json')"
    code = f"{lines}; from schemathesis.cli import schemathesis; schemathesis()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *words, cwd=folder, env=os.environ | {"PYTHONWARNINGS": "ignore"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    report, _ = await process.communicate()
    assert process.returncode == 0, report.decode(errors="replace")


@pytest.mark.parametrize("mode", ["positive", pytest.param("all", marks=pytest.mark.slow)])
async def test_no_answer_is_undocumented(full, tmp_path, mode):
    """`all`: also what the document forbids, thousands of calls; bad_input sends that in ways of its own."""
    options = ("--mode", mode, "--phases", "examples,coverage,fuzzing", "--max-examples", "2", "--seed", "1")
    await ask_all(full, tmp_path, "admin", *options)


@pytest.mark.slow
@pytest.mark.parametrize("by", [None, "caravan-wire", "demo-newsroom", "sample-desk", "admin"])
async def test_no_answer_is_undocumented_however_often_it_is_asked(full, tmp_path, by):
    phases = "examples,coverage,fuzzing,stateful"
    await ask_all(full, tmp_path, by, "--phases", phases, "--max-examples", "100", "--seed", "7")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_call_is_declared_and_has_a_summary(route):
    call = describe_api()["paths"][get_path(route)][route.method.lower()]
    assert re.fullmatch(r"[A-Z`].{8,110}[^.]\.", call["summary"] + ".")
    assert find_operation(route.handler).answers
    assert all(one.get("description") for one in call["parameters"]), call["parameters"]


def test_every_call_has_a_name_of_its_own():
    names = [call["operationId"] for calls in describe_api()["paths"].values() for call in calls.values()]
    assert len(names) == len(set(names)) == len(ROUTES)


async def test_the_document_is_the_same_for_everybody_and_says_where_the_server_is(quiet):
    answer = await quiet.call("GET", "/openapi.json")
    assert answer.json == describe_api()
    assert answer.json["openapi"] == "3.1.0"
    assert answer.json["servers"] == [{"url": "."}]


@pytest.mark.parametrize("language", ["az", "en", "ru", "tr", "zh"])
async def test_the_page_shows_every_call_without_help_from_elsewhere(quiet, language):
    page = (await quiet.call("GET", f"/docs?lang={language}")).text
    assert f'<html lang="{language}"' in page
    assert all(f"{route.method} {get_path(route)}" in page for route in ROUTES)
    assert "<script" not in page
    assert "<code>*</code>: only when" in page
    assert "`" not in page
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(re.match(r"https://karvan\.example/|#|/[^/]", one) for one in addresses), addresses


@pytest.mark.parametrize("module", sorted({route.handler.__module__ for route in ROUTES}))
def test_what_a_module_refuses_is_declared_by_a_handler_in_it(module):
    """Statuses of all problems that are raised in a module of handlers; steps further inside are the other tests'."""
    raised = {
        getattr(problems, node.func.attr).status
        for node in ast.walk(ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("problems.")
    }
    declared = {
        int(status)
        for route in ROUTES
        if route.handler.__module__ == module
        for status in describe_api()["paths"][get_path(route)][route.method.lower()]["responses"]
    }
    assert raised <= declared
