"""What is visibly wrong with a translation."""

import pytest

from translators import Direction
from translators.checks import find_all

EN_AZ, EN_ZH, ZH_EN = Direction("en", "az"), Direction("en", "zh"), Direction("zh", "en")


@pytest.mark.parametrize(
    ("source", "result", "direction", "wanted"),
    [
        ("Hello.", "Salam.", EN_AZ, []),
        ("Hello.", " ", EN_AZ, ["empty"]),
        ("", "", EN_AZ, []),
        ("Hello.", "Salam, " + " ".join(map(str, range(40))), EN_AZ, ["overlong"]),
        (
            "部长周二在巴库会见代表团，讨论水资源问题。",
            "The minister met the delegation in Baku on Tuesday to discuss water.",
            ZH_EN,
            [],
        ),
        ("A short line on water.", "水" + "关于水的一句短话" * 12, EN_ZH, ["overlong", "repetition"]),
        ("The minister met the delegation.", "nazir heyət ilə " * 5, EN_AZ, ["repetition"]),
        ("a b c " * 5, "ç d e " * 5, EN_AZ, []),
    ],
)
def test_findings(source: str, result: str, direction: Direction, wanted: list[str]) -> None:
    assert [finding.check for finding in find_all(source, result, direction)] == wanted
