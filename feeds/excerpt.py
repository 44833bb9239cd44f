"""What stands in place of a text of which only headline and description are published: where the full text is."""

from html import escape

SENTENCES = {
    "az": "Tam mətn orijinalda var.",
    "en": "The full text is available in the original.",
    "ru": "Полный текст доступен в оригинале.",
    "tr": "Tam metin orijinalinde mevcut.",
    "zh": "全文请见原文。",
}


def render_notice(language: str, original: str | None) -> str:
    """The sentence as a body, in the text's language (English where there are no words in it), linked to the original
    where that can be opened.
    """
    primary = language.partition("-")[0].lower()
    words = escape(SENTENCES.get(primary, SENTENCES["en"]))
    mark = "" if primary in SENTENCES else ' lang="en"'
    return f'<p{mark}><a href="{escape(original)}">{words}</a></p>' if original else f"<p{mark}>{words}</p>"
