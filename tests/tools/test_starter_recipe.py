"""The documented command of tools/starter, on a toy corpus: 1,000 lines in five languages, from text to scores."""

import importlib.util
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("torch", "numba", "ctranslate2", "sentencepiece", "sacrebleu")

WHO = {
    "az": "prezident|nazir|həkim|müəllim|fermer|idmançı|yazıçı|bələdiyyə|bank|şirkət",
    "en": "president|minister|doctor|teacher|farmer|athlete|writer|city|bank|company",
    "ru": "президент|министр|врач|учитель|фермер|спортсмен|писатель|город|банк|компания",
    "tr": "cumhurbaşkanı|bakan|doktor|öğretmen|çiftçi|sporcu|yazar|belediye|banka|şirket",
    "zh": "总统|部长|医生|老师|农民|运动员|作家|城市|银行|公司",
}
WHEN = {
    "az": "bu gün|dünən|sabah|yazda|yayda|payızda|qışda|səhər|axşam|gecə",
    "en": "today|yesterday|tomorrow|in spring|in summer|in autumn|in winter|in the morning|in the evening|at night",
    "ru": "сегодня|вчера|завтра|весной|летом|осенью|зимой|утром|вечером|ночью",
    "tr": "bugün|dün|yarın|ilkbaharda|yazın|sonbaharda|kışın|sabah|akşam|gece",
    "zh": "今天|昨天|明天|春天|夏天|秋天|冬天|早上|晚上|夜里",
}
WHAT = {
    "az": "layihə|müqavilə|kitab|yol|məktəb|körpü|büdcə|hesabat|bazar|qanun",
    "en": "project|agreement|book|road|school|bridge|budget|report|market|law",
    "ru": "проект|договор|книга|дорога|школа|мост|бюджет|отчёт|рынок|закон",
    "tr": "proje|anlaşma|kitap|yol|okul|köprü|bütçe|rapor|pazar|yasa",
    "zh": "项目|协议|书|道路|学校|桥|预算|报告|市场|法律",
}


def write_toy_corpus(path: Path) -> None:
    languages = sorted(WHO)
    columns = [
        [f"{who}, {when}: {what}." for who, when, what in product(*(part[x].split("|") for part in (WHO, WHEN, WHAT)))]
        for x in languages
    ]
    path.write_text("\n".join("\t".join(cells) for cells in [languages, *zip(*columns, strict=True)]) + "\n")


@pytest.mark.slow
def test_one_command_makes_a_model_from_parallel_text(tmp_path: Path) -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"training needs {', '.join(missing)}: pip install '.[starter]'")
    texts, work, out = tmp_path / "texts", tmp_path / "work", tmp_path / "out"
    texts.mkdir()
    write_toy_corpus(texts / "toy.tsv")
    size = ["--encoder-layers=1", "--decoder-layers=1", "--hidden=256", "--frequent=500"]
    size += ["--batches=2", "--batch-tokens=1024", "--warm-up=20"]
    command = [sys.executable, "-m", "tools.starter", "all", texts, "--work", work, "--out", out, "--updates", "150"]
    run = subprocess.run([*map(str, command), *size], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert sorted(p.name for p in (out / "model").iterdir()) == ["config.json", "model.bin", "shared_vocabulary.json"]
    assert len(json.loads((out / "directions.json").read_text())["directions"]) == 14
    scores = [line.split() for line in (out / "quality.txt").read_text().splitlines()]
    assert len(scores) == 20
    chrf = {direction: float(score) for direction, _, score, *_ in scores}
    assert chrf["en-ru"] > 60, "the toy language is not learnt"
