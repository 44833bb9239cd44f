"""Number words, months, week days, currencies and units of Azerbaijani and Turkish."""

from translators.numerals.meanings import Meaning, Rows, list_codes, list_months, list_weekdays, spell

# Azerbaijani and Turkish: ordinal, then case or possessive endings.
_ORDINAL = "(?:[ıiuü]?nc[ıiuü])?"
_CASES = (
    "(?:[sny]?[ıiuü](?:n[ıiuüaəe]?n?|nd[aəe]n?|yl[aəe])?|[dt][aəe](?:n|ki)?|[yn]?[aəe](?:d[aə]k)?"
    "|l[ıiuü][kqğy]?[a-zəıöüçşğ]{0,6}|d[ıiuü]r)?"
)
_MONTHS = "(?:[ıiuü](?:n(?:d[aəe]n?)?)?|[dt][aəe](?:n|ki)?|[aəe](?:d[aə]k)?)?"
_NOUN = "[a-zəıöüçşğâ]{0,9}"


def _list_numbers(language_digits: str, tens: str, hundred: str) -> Rows:
    """Turkic numerals one to nine, ten to ninety, a hundred; `a|b` gives variants of one numeral."""
    rows: list[tuple[str, Meaning]] = []
    for value, stems in enumerate(language_digits.split(), 1):
        rows.append((spell(stems, _ORDINAL + _CASES), Meaning("digit", value, quiet=True)))
    # "on" alone: onu, ona, ondan, onun are pronouns
    rows.append((f"on(?:uncu{_CASES}|lu[qk][a-zəıöüçşğ]{{0,5}}|illi[kyğ]{_NOUN})?", Meaning("ten", 10)))
    for value, stems in enumerate(tens.split(), 2):
        rows.append((spell(stems, _ORDINAL + _CASES), Meaning("ten", 10 * value)))
    rows.append((f"{hundred}{_ORDINAL}{_CASES}", Meaning("hundred", 100)))
    return tuple(rows)


AZ: Rows = (
    ("üçün|yüzünd.*|altınd.*|altına|birgə|birlikdə|birlik.*|ikən|minlik", Meaning("compound", 0, quiet=True)),
    *_list_numbers("bir iki üç dörd beş altı yeddi səkkiz doqquz",
                  "iyirmi otuz qırx əlli altmış yetmiş səksən doxsan", "yüz"),
    (f"min{_ORDINAL}(?:[əi]n?|ədək|d[əi]n?|illi[ky]{_NOUN}|lik{_NOUN})?", Meaning("scale", 1e3)),
    (f"mln|milyon(?!er|l[aəe]r){_NOUN}", Meaning("scale", 1e6)),
    (f"mlrd|milyard(?!er|l[aəe]r){_NOUN}", Meaning("scale", 1e9)),
    (f"trln|trilyon(?!l[aəe]r){_NOUN}", Meaning("scale", 1e12)),
    ("yarım", Meaning("and-half", 0.5)),
    ("sıfır(?:dan|ın|a)?", Meaning("digit", 0, quiet=True)),
    (f"faiz{_NOUN}", Meaning("percent")),
    (f"bənd{_NOUN}", Meaning("points", quiet=True)),
    ("saat", Meaning("clock", 0, "h")),
    *list_months("yanvar fevral mart~ aprel may~ iyun iyul avqust sentyabr oktyabr noyabr dekabr", _MONTHS),
    # the scanner reads "bazar ertəsi", "çərşənbə axşamı", "cümə axşamı" together
    ("çərşənbə(?:dən|yə|nin|ni)?", Meaning("weekday", 3)),
    ("cümə(?:dən|yə|nin|ni)?", Meaning("weekday", 5, quiet=True)),
    ("şənbə(?:dən|yə|nin|ni)?", Meaning("weekday", 6)),
    ("bazar(?:dan|a)?", Meaning("weekday", 7, quiet=True)),
    *list_codes("money", {
        "AZN": f"azn|manat{_NOUN}|₼", "USD": f"usd|dollar{_NOUN}", "EUR": "eur|avro(?!p)[a-zəı]{0,6}",
        "RUB": f"rub|rubl{_NOUN}", "TRY": f"lirə{_NOUN}|lira{_NOUN}", "CNY": f"yuan{_NOUN}",
        "KZT": f"ten[gq][eə]{_NOUN}|təngə{_NOUN}",
        "UZS": "sum(?:u|a|dan|luq)?", "GEL": "lari[a-zəı]{0,4}", "GBP": f"funt{_NOUN}", "JPY": "iyen|yen|yena",
        "KGS": "som(?:u|a|luq|luk)?",
    }),
    *list_codes("unit", {
        "km2": f"kvadratkilometr{_NOUN}", "km": f"km|kilometr{_NOUN}", "m": "m|metr(?:ə|i|in|dən|lik|dir|də)?",
        "cm": f"sm|santimetr{_NOUN}", "mm": f"mm|millimetr{_NOUN}", "kg": f"kq|kiloqram{_NOUN}",
        "t": "ton(?:a|u|un|dan|luq|dur)?",
        "ha": f"ha|hektar{_NOUN}", "l": f"litr{_NOUN}", "min": f"dəqiqə{_NOUN}", "s": f"saniyə{_NOUN}",
        "h": f"saat{_NOUN}", "day": "gün(?:ə|ü|ün|dən|də|dür|lük|lüyə|lüyü)?|sutka", "week": f"həftə{_NOUN}",
        "month": "ay(?:a|ı|ın|dan|da|dır|lıq)?", "year": "il(?:ə|i|in|dən|də|dir|lik)?",
    }),
)  # fmt: skip

TR: Rows = (
    ("üçün|yüzünd.*|altınd.*|altına|birlik.*|ikamet", Meaning("compound", 0, quiet=True)),
    ("yüzde(?:si|lik|ki)?", Meaning("percent", 0, "before")),
    *_list_numbers("bir iki üç dört|dörd beş altı yedi sekiz dokuz",
                  "yirmi otuz kırk elli altmış yetmiş seksen doksan", "yüz"),
    (f"bin{_ORDINAL}(?:[ei]n?|den?|lik{_NOUN})?", Meaning("scale", 1e3)),
    (f"mn|mln|milyon(?!er|l[aəe]r){_NOUN}", Meaning("scale", 1e6)),
    (f"mlr|mlyr|milyar(?!der|l[ae]r){_NOUN}", Meaning("scale", 1e9)),
    (f"trilyon(?!l[aəe]r){_NOUN}", Meaning("scale", 1e12)),
    ("buçuk|buçuğ[ua]|yarım", Meaning("and-half", 0.5)),
    ("sıfır(?:dan|ın|a)?", Meaning("digit", 0, quiet=True)),
    (f"puan{_NOUN}", Meaning("points", quiet=True)),
    ("saat", Meaning("clock", 0, "h")),
    *list_months("ocak|ocağ~ şubat mart~ nisan mayıs haziran temmuz ağustos eylül ekim~ kasım aralık|aralığ~", _MONTHS),
    *list_weekdays("pazartesi(?:yi|ye|den|nin|ye)? salı(?:yı|ya|dan|nın)?~ çarşamba(?:yı|ya|dan|nın)? "
                  "perşembe(?:yi|ye|den|nin)? cuma(?:yı|ya|dan|nın)? "
                   "cumartesi(?:yi|ye|den|nin)? pazar(?:a|dan|ı|ın)?~"),
    *list_codes("money", {
        "AZN": f"azn|manat{_NOUN}", "USD": f"usd|dolar{_NOUN}", "EUR": f"eur|avro{_NOUN}|euro{_NOUN}",
        "RUB": f"rub|ruble{_NOUN}",
        "TRY": f"tl|try|lira{_NOUN}", "CNY": f"yuan{_NOUN}", "KZT": f"tenge{_NOUN}", "UZS": "sum",
        "GEL": "lari[a-zı]{0,4}",
        "GBP": f"sterlin{_NOUN}|pound", "JPY": "yen", "KGS": "som(?:u|a|luq|luk)?",
    }),
    *list_codes("unit", {
        "km2": f"kilometrekare{_NOUN}", "km": "km|kilometre(?!kare)[a-zıöüçşğ]{0,9}",
        "m": "m|metre(?:ye|yi|si|nin|den|lik|de|dir)?",
        "cm": f"cm|santimetre{_NOUN}", "mm": f"mm|milimetre{_NOUN}", "kg": f"kg|kilogram{_NOUN}|kilo(?:luk|ya)?",
        "t": "ton(?:a|u|un|dan|luk|dur)?", "ha": f"ha|hektar{_NOUN}", "l": f"litre{_NOUN}", "min": f"dakika{_NOUN}",
        "s": f"saniye{_NOUN}", "h": f"saat{_NOUN}", "day": "gün(?:e|ü|ün|den|de|dür|lük|lüğ[a-zıöüçşğ]{0,4})?",
        "week": f"hafta{_NOUN}", "month": "ay(?:a|ı|ın|dan|da|dır|lık)?", "year": "yıl(?:a|ı|ın|dan|da|dır|lık)?",
    }),
)  # fmt: skip
