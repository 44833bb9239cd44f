"""A sentence in Chinese → quantities: 3.5亿, 350万, 百分之七点二五, 第十四届, 5月23日, 晚上10点半, 20世纪90年代."""

import re

from translators.numerals import Quantity, is_idle, is_telling

_SCALES = {"十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8}
_NUMERALS = {
    "零": 0, "〇": 0, "○": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_FIGURES = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORDS = "[零〇○一二两三四五六七八九十百千万亿]"
_RUN = f"{_WORDS}{{1,30}}"  # the longest number: each is looked at once more for every character in it
_TOKEN = re.compile(
    rf"(?P<percent>百分之(?P<of>{_RUN}(?:点[零〇○一二三四五六七八九]+)?|{_FIGURES}))"
    rf"|(?P<tenths>\d|[一二三四五六七八九])成(?![为立员就功本都长分人了果年])(?P<and5>半)?"
    r"|(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月(?!球|薪|票|饼)(?:(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})[日号])?"
    r"|(?P<hour>\d{1,2})(?P<mark>[点时:：])(?!间|候)(?:(?P<minute>\d{1,2})分?(?!\d)|(?P<half>半))?"
    r"|每周一[次期]|万一|(?:星期|礼拜|周)(?P<weekday>[一二三四五六日天])(?!年|级)"
    rf"|(?P<figures>{_FIGURES})[多余]?(?P<scale>(?:[十百千](?![克米瓦伏卡赫]))?[万亿]*)(?P<rest>\d{{1,4}}万)?"
    rf"|(?P<vague>[数几多]+[十百千万亿]+|(?:{_RUN})?[几数](?:{_RUN})?)"
    rf"|(?P<words>{_RUN})(?:点(?P<point>[零〇○一二三四五六七八九]+))?"
)
_CODES = {
    "美元": "USD", "欧元": "EUR", "人民币": "CNY", "卢布": "RUB", "里拉": "TRY",
    "马纳特": "AZN", "坚戈": "KZT", "日元": "JPY", "英镑": "GBP", "苏姆": "UZS", "拉里": "GEL", "索姆": "KGS",
    "元": "CNY",
}  # fmt: skip
_UNITS = {
    "平方公里": "km2", "平方千米": "km2", "公里": "km", "千米": "km", "厘米": "cm",
    "毫米": "mm", "米": "m", "公斤": "kg", "千克": "kg", "吨": "t", "公顷": "ha", "升": "l", "分钟": "min",
    "秒": "s", "小时": "h", "天": "day", "周年": "year", "周岁": "year", "周": "week", "个月": "month", "年": "year",
}  # fmt: skip
_AFTER = re.compile(
    rf"(?P<percent>[%％]|个?百分点)|[多余个]?\s?(?:(?P<money>{'|'.join(_CODES)})|(?P<unit>{'|'.join(_UNITS)}))"
)
_BEFORE = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY"}
_SPLIT_SECONDS = re.compile(r"秒(\d{1,3})")


def read_chinese(text: str) -> tuple[Quantity, ...]:
    """All quantities of a Chinese sentence, in order of reading."""
    found: list[Quantity] = []
    at = 0
    while each := _TOKEN.search(text, at):
        at = max(_read(text, each, found), each.start() + 1)
    return tuple(found)


def parse_numeral(text: str) -> float:
    """The value of 三百五十万, 二〇二五, 百万."""
    if not any(letter in _SCALES for letter in text):
        return float("".join(str(_NUMERALS[letter]) for letter in text[:15]))
    total, section, digit = 0.0, 0.0, -1.0
    for letter in text:
        if letter in _NUMERALS:
            digit = _NUMERALS[letter]
        elif _SCALES[letter] < 1e4:
            section += (digit if digit > 0 else 1) * _SCALES[letter]
            digit = -1
        else:
            total = (total + section + max(digit, 0) or 1) * _SCALES[letter]
            section, digit = 0, -1
    return total + section + max(digit, 0)


def _read(text: str, each: re.Match[str], found: list[Quantity]) -> int:
    """Add what was found; where to go on reading."""
    if each["percent"]:
        found.append(Quantity("percentage", _parse(each["of"]), written=each[0]))
    elif each["month"]:
        return _read_month(text, each, found)
    elif each["hour"]:
        return _read_clock(each, found)
    elif each["tenths"]:
        value = _parse(each["tenths"]) * 10 + (5 if each["and5"] else 0)
        found.append(Quantity("percentage", value, written=each[0]))
    elif each["weekday"]:
        value = "一二三四五六日".find(each["weekday"]) + 1
        found.append(Quantity("weekday", value or 7, loud=value > 0, written=each[0]))
    elif each["figures"]:
        return _read_figures(text, each, found)
    elif each["words"]:
        return _read_words(text, each, found)
    return each.end()


def _parse(text: str) -> float:
    if text[0].isdigit():
        return float(text.replace(",", "")[:24])
    whole, _, point = text.partition("点")
    value = parse_numeral(whole)
    return value + parse_numeral(point) / 10 ** len(point) if point else value


def _read_month(text: str, each: re.Match[str], found: list[Quantity]) -> int:
    if found and text[each.start() - 1 : each.start()] in ("至", "-", "–", "到") and found[-1].value <= 12:
        found[-1] = Quantity("month", found[-1].value, written=found[-1].written)
    found.append(Quantity("month", _parse(each["month"]), written=each[0]))
    if each["day"]:
        found.append(Quantity("date", _parse(each["day"]), "day", written=each[0]))
    return each.end()


def _read_clock(each: re.Match[str], found: list[Quantity]) -> int:
    hour, minute = int(each["hour"]), int(each["minute"] or (30 if each["half"] else 0))
    if each["mark"] in ":：" and (not each["minute"] or hour > 24 or len(each["minute"]) < 2 or minute > 59):
        found += [Quantity("number", float(part), written=each[0]) for part in re.findall(r"\d+", each[0])]
    else:
        found.append(Quantity("time", (hour % 12) * 60 + minute, also=(hour, minute), written=each[0]))
    return each.end()


def _read_figures(text: str, each: re.Match[str], found: list[Quantity]) -> int:
    value = float(each["figures"].replace(",", "")[:24])
    for letter in each["scale"]:
        value *= _SCALES[letter]
    if each["rest"]:
        value += float(each["rest"][:-1]) * 1e4
    end = each.end()
    if split := _SPLIT_SECONDS.match(text, end):  # 37秒94
        found.append(Quantity("number", value + float(split[1]) / 10 ** len(split[1]), "s", written=each[0] + split[0]))
        return split.end()
    return _append(text, each.start(), end, value, True, found)


def _read_words(text: str, each: re.Match[str], found: list[Quantity]) -> int:
    words = each["words"]
    if each["point"]:
        value = parse_numeral(words) + parse_numeral(each["point"]) / 10 ** len(each["point"])
    elif words in ("千", "万", "亿", "千万", "百千"):  # in words and names
        return each.end()
    elif words.startswith("一一") or text.startswith("唯", each.start() - 1):
        return each.start() + 1
    else:
        value = parse_numeral(words)
    if text.startswith("分之", each.end()):
        return each.end() + 2
    loud = (
        is_telling(value)
        and len(words) > 1
        and words[0] not in "十百千万亿"
        and not text.startswith(("万里", "百姓"), each.start())
    )
    return _append(text, each.start(), each.end(), value, loud, found)


def _append(text: str, start: int, end: int, value: float, loud: bool, found: list[Quantity]) -> int:
    """The number with the currency, unit or percent sign beside it."""
    written = text[start:end]
    also: tuple[float, ...] = ()
    if text.startswith("年代", end):
        also = (value % 100, 1900 + value % 100)
    elif text.startswith("世纪", end):
        loud = False
    after = _AFTER.match(text, end)
    loud = loud and not is_idle(value, _UNITS[after["unit"]] if after and after["unit"] else "")
    before = text[start - 1] if start else ""
    if after and after["percent"]:
        found.append(Quantity("percentage", value, "", loud, also, written))
    elif after and after["money"]:
        found.append(Quantity("currency", value, _CODES[after["money"]], loud, also, written))
    elif before in _BEFORE:
        found.append(Quantity("currency", value, _BEFORE[before], loud, also, written))
    else:
        code = _UNITS[after["unit"]] if after and after["unit"] else ""
        found.append(Quantity("number", value, code, loud, also, written))
        return end
    return after.end() if after else end
