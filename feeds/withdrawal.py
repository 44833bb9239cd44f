"""What a reader is shown of an article that was withdrawn: one word in the feed's language, nothing of the article.

Feeds, documents and pages all take the word from here, so that it is the same everywhere.
"""

from feeds.model import PubStatus, Why

TITLES = {
    "az": "Geri çəkilib",
    "en": "Withdrawn",
    "ru": "Отозвано",
    "tr": "Geri çekildi",
    "zh": "已撤回",
}


def get_title(language: str) -> tuple[str, str]:
    """The word and the language that it is in: English where there is none of its own."""
    primary = language.split("-")[0].lower()
    return (TITLES[primary], language) if primary in TITLES else (TITLES["en"], "en")


def get_status(status: PubStatus) -> PubStatus:
    """What is said of it: withheld ones may come back, all other are gone for good."""
    return "withheld" if status == "withheld" else "canceled"


def pick_why(said: str) -> Why:
    """Why an entry left a feed without having been withdrawn, where that tells its readers to hold it back."""
    reasons: tuple[Why, ...] = ("embargoed", "rights")
    return next((why for why in reasons if why == said), "")
