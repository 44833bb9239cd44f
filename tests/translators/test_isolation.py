"""The translators phone nobody, and importing them does nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

NO_SOCKETS = """
import sys
events = []
sys.addaudithook(lambda event, _: events.append(event) if event.startswith("socket.") else None)
from pathlib import Path
from translators import Direction
from translators.argos import ArgosTranslator
from translators.languages import contradiction, name
from translators.starters import install_starter
from translators.pipeline import Fields, translate_fields

directory = Path(sys.argv[1])
install_starter(directory, installed_at="2026-01-01T00:00:00Z")
engine = ArgosTranslator(directory)
fields = Fields(headline="Parliament passes budget", body="<p>The bill was approved on Monday evening. See p. 4.</p>")
contradiction("ru", fields.headline + " and a good deal more of text than that", ("en", "ru", "az", "tr", "zh"))
name("az", "en")
for direction in engine.directions():
    [outcome] = translate_fields([fields], direction, engine, beam_body=1, beam_headline=1)
    assert outcome.fields.headline
assert len(engine.directions()) >= 14
print(events)
"""

QUIET_IMPORT = """
import importlib, pkgutil, sys
import translators
opened = []
def watch(event, arguments):
    if event == "open" and "translators" in str(arguments[0]) and ".py" not in str(arguments[0]):
        opened.append(str(arguments[0]))
names = [each.name for each in pkgutil.iter_modules(translators.__path__) if each.name != "argos"]
assert "packages" in names
sys.addaudithook(watch)
for each in names:
    importlib.import_module(f"translators.{each}")
assert "ctranslate2" not in sys.modules
assert "py3langid" not in sys.modules
print(opened)
"""


@pytest.mark.parametrize("script", [NO_SOCKETS, QUIET_IMPORT], ids=["no socket", "quiet import"])
def test_in_a_process_of_its_own(script: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


def test_the_watch_would_see_a_connection() -> None:
    script = NO_SOCKETS.partition("from pathlib")[0] + (
        "import socket\n"
        "try:\n    socket.create_connection(('127.0.0.1', 9), timeout=0.1)\nexcept OSError:\n    pass\nprint(events)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "socket.connect" in done.stdout
