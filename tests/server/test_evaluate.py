"""karvan languages evaluate: as a table and as JSON, over any engine."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server.__main__ import main

SAMPLE = Path(__file__).parents[1] / "translators" / "corpus_sample.tsv"
PSEUDO = '[translation]\nengine = "pseudo"\n'


def run(tmp_path: Path, config: str, *arguments: str) -> Result:
    path = tmp_path / "config.toml"
    path.write_text(config)
    command = ["--config", str(path), "--data", str(tmp_path), "languages", "evaluate", *arguments]
    return CliRunner().invoke(main, command, prog_name="karvan")


def test_every_direction_between_languages_of_the_file_is_measured(tmp_path: Path) -> None:
    two = tmp_path / "two.tsv"
    two.write_text("tr\ten\nBakanlar görüştü.\tThe ministers met.\n")
    result = run(tmp_path, PSEUDO, str(two), "--json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert [one["direction"] for one in answer["directions"]] == ["en-tr", "tr-en"]
    assert answer["rule"].startswith("publish: ")
    [first, _] = answer["directions"]
    assert (first["engine"], first["sentences"], first["quality"]) == ("pseudo", 1, "starter")
    assert first["chrf"] < 35
    assert first["held_of_people"]["total"] == 0.0


def test_people_read_a_table(tmp_path: Path) -> None:
    result = run(tmp_path, PSEUDO, str(SAMPLE), "en-az", "zh-en", "--limit", "5")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].split() == [
        "direction", "lines", "chrF", "BLEU", "repeat", "held", "people's", "lines/s", "suggests",
    ]  # fmt: skip
    assert [line.split()[:2] for line in lines[1:3]] == [["en-az", "5"], ["zh-en", "5"]]
    assert "Publish: at least 100 sentences" in result.stdout
    assert max(map(len, lines)) <= 80


def test_an_engine_behind_http_is_measured_as_any_other(tmp_path: Path, libre: Any) -> None:
    config = f"""
[translation]
engine = "newsroom"
[engines.newsroom]
url = "{libre.url}"
[outbound]
allow = ["127.0.0.1"]
"""
    result = run(tmp_path, config, str(SAMPLE), "en-zh", "--limit", "3", "--json")
    assert result.exit_code == 0, result.stderr
    [one] = json.loads(result.stdout)["directions"]
    assert (one["engine"], one["package"], one["sentences"]) == ("newsroom", "libretranslate 1.9.6", 3)
    libre.stop()
    away = run(tmp_path, config, str(SAMPLE), "en-zh")
    assert away.exit_code == 1
    assert "nothing that is installed or configured translates en-zh" in away.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (["en-de"], 1, "nothing that is installed or configured translates en-de"),
        (["en"], 2, "'en' is not a pair of languages"),
    ],
)
def test_what_cannot_be_measured_is_one_line(tmp_path: Path, arguments: list[str], status: int, reason: str) -> None:
    result = run(tmp_path, PSEUDO, str(SAMPLE), *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert reason in result.stderr.splitlines()[-1]


def test_a_file_that_is_no_test_set_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.tsv"
    bad.write_bytes(b"\xff\xfe\x00")
    assert run(tmp_path, PSEUDO, str(bad)).exit_code == 1
    bad.write_text("# notes\n")
    result = run(tmp_path, PSEUDO, str(bad))
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "language tags" in result.stderr
    assert run(tmp_path, PSEUDO, str(tmp_path / "none.tsv")).exit_code == 2
