"""The words and patterns that benchmarks.seeded_errors puts errors in with."""

import re

MONTHS = {
    "az": ["yanvar", "fevral", "mart", "aprel", "iyun", "iyul", "avqust", "sentyabr", "oktyabr", "noyabr", "dekabr"],
    "en": ["January", "February", "April", "June", "July", "August", "September", "October", "November", "December"],
    "ru": [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ],
    "tr": [
        "Ocak",
        "Şubat",
        "Mart",
        "Nisan",
        "Mayıs",
        "Haziran",
        "Temmuz",
        "Ağustos",
        "Eylül",
        "Ekim",
        "Kasım",
        "Aralık",
    ],
    "zh": [f"{month}月" for month in range(1, 13)],
}
MONTH_START = {**dict.fromkeys(("az", "en", "ru", "tr"), r"(?<!\w)"), "zh": r"(?<!\d)"}
MONTH_END = {
    "az": "(?:[ıiuü]n|d[aəe]n?|[aə]|)\\b", "en": r"\b", "ru": r"\b", "tr": r"(?:['’]\w+|)\b",
    "zh": "(?!份|度|初|底|薪)",
}  # fmt: skip
WEEKDAYS = {
    "az": ["bazar ertəsi", "çərşənbə axşamı", "cümə axşamı", "şənbə günü"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "ru": ["в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"],
    "tr": ["pazartesi", "salı günü", "çarşamba", "perşembe", "cumartesi"],
    "zh": [f"周{day}" for day in "一二三四五六日"],
}
MONEY = {
    "az": ["manat", "dollar", "avro", "rubl", "yuan"],
    "en": ["manats", "dollars", "euros", "roubles", "yuan", "tenge"],
    "ru": ["манатов", "долларов", "евро", "рублей", "юаней", "тенге"],
    "tr": ["manat", "dolar", "avro", "ruble", "yuan", "lira"],
    "zh": ["马纳特", "美元", "欧元", "卢布", "坚戈", "里拉"],
}
SCALES = {
    "az": ["min", "milyon", "milyard"], "en": ["thousand", "million", "billion"],
    "ru": ["тысяч", "миллионов", "миллиардов"], "tr": ["bin", "milyon", "milyar"], "zh": ["万", "亿"],
}  # fmt: skip
PERCENT = {
    "az": r"(?P<n>\d+(?:,\d+)?)(?P<p>%| faiz)", "en": r"(?P<n>\d+(?:\.\d+)?)(?P<p>%| percent\b)",
    "ru": r"(?P<n>\d+(?:,\d+)?)(?P<p>[ \u00a0]?%| процент\w*)", "tr": r"(?P<p>yüzde |%)(?P<n>\d+(?:,\d+)?)",
    "zh": r"(?P<n>\d+(?:\.\d+)?)(?P<p>%|个百分点)",
}  # fmt: skip
TWO_CAPITALS = re.compile(r"(?<=[a-zа-яəıöüğşç,] )[A-ZА-ЯƏİÖÜĞŞÇ][^\W\d_]{2,} [A-ZА-ЯƏİÖÜĞŞÇ][^\W\d_]{2,}")
CHINESE_SURNAME = re.compile(
    r"(?<=·)[\u4e00-\u9fff]{2,7}?(?=[说表指认在的，、。是将和称为从于与对”“：因以用每被获再已不把（]|强调|回忆|开玩笑|打趣|提醒|"
    r"告诉|宣布|承认|警告|解释|补充|$)"
)
NO_PEOPLE = re.compile(
    r"\b(?:Bank|Minister|Ministry|Sea|Road|Silk|Union|Council|Court|Day|Lake|River|City|University|Festival|Games|"
    r"State|World|Central|United|New|South|North|East|West|Asia|Cup|League|Park|National|European|International|House|Fund|Museum|Theatre|"
    r"Gulf|"
    r"Great|Prime|General|Security|Black|Red|Old|Olympic|Academy|Institute|Society|Mount|Saint|Hong|Sri|Saudi|San|El|Republic|"
    r"Open|"
    r"Correspondent|President|Press|News|Valley|Canal|Desert|Island|Islands|Square|Street|Fair|Prize|Award|Corridor|"
    r"Assembly|Agency|"
    r"Azerbaijani|Kazakh|Turkish|Russian|Chinese|Uzbek|Georgian|German|French|British|Caspian|"
    r"Middle|Grand|Book|Year|Energy|Spring)\b"
)

DENIES = {
    "az": r"\bdeyil\b|\byoxdur\b|m[aə]y[ıi]b\b|m[ıiuü]r\b|m[aə]y[əa]c[əa][kq]\b",
    "en": r"\b(?:not|no|never|nobody|neither)\b|n['’]t\b", "ru": r"\b(?:не|нет|ни)\b",
    "tr": r"\bdeğil\b|\byok\b|m[ıiuü]yor\b|m[ae]d[ıi]\b|m[ae]y[ae]c[ae]k\b",
    "zh": r"不(?:会|是|能|予|再|得|应|需|适)|没有|未能|并未|从未|尚未",
}  # fmt: skip
AFFIRM = {
    "az": [(r" deyil\b", ""), (r"\byoxdur\b", "var"), (r"mayıb\b", "ıb"), (r"məyib\b", "ib"), (r"m([ıiuü]r)\b", r"\1"),
           (r"m[aə]y([əa]c[əa][kq])\b", r"\1")],
    "en": [(r" not\b", ""), (r"n['’]t\b", ""), (r"\bno (?=[a-z])", "some "), (r"\bnever\b", "always"),
           (r"\bnobody\b", "everybody"),
           (r"\bNo one\b", "Everyone")],
    "ru": [(r"\bне ", ""),
           (r"\bнет\b", "есть")],
    "tr": [(r" değil\b", ""), (r"\byok\b", "var"), (r"m([ıiuü]yor)\b", r"\1"), (r"m[ae](d[ıi])\b", r"\1"),
           (r"m[ae]y([ae]c[ae]k)\b", r"\1")],
    "zh": [(r"不(?=会|是|能|予|再|得|应|需|适)", ""), ("没有", "有"), ("未能", "能"),
           ("(?:并|从|尚)未", "已")],
}  # fmt: skip
DENY = {
    "az": [(r"\bedib\b", "etməyib"), (r"\bolub\b", "olmayıb"), (r"\bediblər\b", "etməyiblər"), (r"ılıb\b", "ılmayıb"),
           (r"ilib\b", "ilməyib")],
    "en": [(r"\b(is|was|are|were|will|has|have|can|could|would)\b (?!not)", r"\1 not ")],
    "ru": [(r" ((?:при|вы|по|у|о|за|с|на)\w{2,}(?:ла|ли|ет|ют|ил|ал)\b)", r" не \1")],
    "tr": [(r"\bedildi\b", "edilmedi"), (r"\betti\b", "etmedi"), (r"\boldu\b", "olmadı"), (r"ıldı\b", "ılmadı"),
           (r"açıldı\b", "açılmadı"),
           (r"landı\b", "lanmadı"),
           (r"([ae])c[ae]k\b", r"m\1yacak")],
    "zh": [("将于", "将不会于"), ("将(?!军|来)", "将不会"), ("已(?!经)", "没有"),
           ("可(?!能|以)", "不可")],
}  # fmt: skip
