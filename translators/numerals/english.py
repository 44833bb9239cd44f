"""Number words, months, week days, currencies and units of English."""

from translators.numerals.meanings import Meaning, Rows, list_codes, list_months, list_weekdays, spell

_DIGITS = (
    "one|first|once two|second|twice three|third|thrice four|fourth five|fifth six|sixth seven|seventh eight|eighth "
    "nine|ninth"
)
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twent thirt fort fift sixt sevent eight ninet"

EN: Rows = (
    ("seconds", Meaning("unit", 0, "s")),
    *((spell(stems, "s?"), Meaning("digit", value, quiet=True)) for value, stems in enumerate(_DIGITS.split(), 1)),
    ("ten(?:th)?s?", Meaning("ten", 10, "teen")),
    ("eleven(?:th)?", Meaning("ten", 11, "teen")),
    ("twelve|twelfth|dozen", Meaning("ten", 12, "teen")),
    *((f"{stem}(?:th)?", Meaning("ten", value, "teen")) for value, stem in enumerate(_TEENS.split()[3:], 13)),
    *((f"{stem}(?:y|ieth|ies)", Meaning("ten", 10 * value)) for value, stem in enumerate(_TENS.split(), 2)),
    ("hundred(?:th)?", Meaning("hundred", 100)),
    ("thousand(?:th)?", Meaning("scale", 1e3)),
    ("million(?:th)?|mln", Meaning("scale", 1e6)),
    ("billion(?:th)?|bn", Meaning("scale", 1e9)),
    ("trillion(?:th)?|trn", Meaning("scale", 1e12)),
    ("half", Meaning("half", 0.5)),
    ("zero|nil", Meaning("digit", 0, quiet=True)),
    ("percent|pct", Meaning("percent")),
    ("percentage", Meaning("points")),
    *list_months("january|jan february|feb march~ april|apr may~ june july august|aug september|sept "
                "october|oct november|nov december|dec", ""),
    *list_weekdays("mondays? tuesdays? wednesdays? thursdays? fridays? saturdays? sundays?"),
    *list_codes("money", {
        "AZN": "azn|manats?", "USD": "usd|dollars?", "EUR": "eur|euros?", "RUB": "rub|rou?bles?", "TRY": "try|liras?",
        "CNY": "cny|yuan|renminbi", "KZT": "kzt|tenge", "UZS": "soums?|sum", "GEL": "gel|lari",
        "GBP": "gbp|pounds?|sterling",
        "JPY": "jpy|yen", "KGS": "soms?",
    }),
    *list_codes("unit", {
        "km": "km|kilomet(?:re|er)s?", "m": "m|met(?:re|er)s?", "cm": "cm|centimet(?:re|er)s?",
        "mm": "mm|millimet(?:re|er)s?",
        "kg": "kg|kilograms?|kilos?", "t": "tonnes?|tons?", "ha": "ha|hectares?", "l": "lit(?:re|er)s?",
        "min": "minutes?", "s": "seconds?", "h": "hours?", "day": "days?", "week": "weeks?", "month": "months?",
        "year": "years?",
    }),
)  # fmt: skip
