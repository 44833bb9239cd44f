"""The shape of the code (docs/design.md): imports point one way, modules and functions stay small, names say what."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

ROOT = Path(__file__).parents[1]
PACKAGES = ("server", "translators", "feeds")
SAYS_NOTHING = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "base",
    "manager",
    "managers",
    "service",
    "services",
    "misc",
}
MEDIAN_LINES, MOST_LINES, MOST_FUNCTION_LINES = 120, 400, 60


def list_modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def list_functions() -> Iterator[tuple[str, int]]:
    """module:function → its lines, signature and docstring included."""
    for path in list_modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{path.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


def test_there_is_something_to_look_at() -> None:
    assert len(list_modules()) > 60
    assert len(list(list_functions())) > 300


def test_imports_point_one_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The contracts of pyproject.toml: layers, and what knows neither web nor database."""
    monkeypatch.syspath_prepend(str(ROOT))
    configure()
    passed = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=str(tmp_path))
    said = capsys.readouterr().out
    assert passed, said
    assert "7 kept, 0 broken" in said


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_named_for_what_it_holds(path: Path) -> None:
    assert not SAYS_NOTHING & set(path.stem.lower().split("_"))


@pytest.mark.parametrize("path", list_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert len(docstring.splitlines()[0]) > 10


def test_modules_are_short() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in list_modules()}
    assert statistics.median(lines.values()) <= MEDIAN_LINES
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_functions_are_short() -> None:
    assert {name: lines for name, lines in list_functions() if lines > MOST_FUNCTION_LINES} == {}


def test_nine_functions_of_ten_are_shorter_than_thirty_lines() -> None:
    lengths = [lines for _, lines in list_functions()]
    assert sum(lines <= 30 for lines in lengths) / len(lengths) > 0.9


def test_the_map_of_the_server_names_every_module() -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / "server" / "__init__.py").read_text(encoding="utf-8"))) or ""
    words = set(docstring.replace("/", " ").replace(";", " ").replace(":", " ").split())
    modules = {
        path.stem for path in (ROOT / "server").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert modules - {"__init__"} - words == set()


def test_only_tests_may_be_slow_or_silent() -> None:
    """No print, no sleep that blocks, no bare except in what runs."""
    found = []
    for path in list_modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} bare except")
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "time.sleep", "breakpoint"):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}")
    assert found == []


def test_the_lock_holds_nothing_that_weighs_gigabytes() -> None:
    """CONTRACT §2: no GPU, no CUDA download; the whole install stays under 700 MB."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE | re.IGNORECASE))
    assert {"aiohttp", "ctranslate2", "pytest"} <= names
    heavy = ("torch", "nvidia", "cuda", "triton", "spacy", "stanza", "tensorflow", "onnx")
    assert [name for name in sorted(names) if name.lower().startswith(heavy)] == []
    assert lock.count("--hash=sha256:") > len(names)
