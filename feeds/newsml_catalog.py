"""QCodes of NewsML-G2 ("medtop:20000170") → URIs of concepts, by tables: catalogs are never fetched."""

import logging
import re
from dataclasses import dataclass, field

from lxml import etree

from feeds.newsml_names import SCHEMES
from feeds.xmlplaces import find_all

MAX_SCHEMES = 200

_ALIAS = re.compile(r"[^\s:]{1,40}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Alias → scheme URI; `unknown` collects the aliases that nobody explained."""

    schemes: dict[str, str]
    unknown: set[str] = field(default_factory=set)

    def resolve(self, qcode: str) -> str | None:
        alias, colon, code = qcode.strip().partition(":")
        if not colon or not code:
            return None
        if alias in self.schemes:
            return self.schemes[alias] + code
        if _ALIAS.fullmatch(alias) and len(self.unknown) < MAX_SCHEMES:
            self.unknown.add(alias)
        return None

    def find_concept(self, element: etree._Element, attribute: str = "qcode") -> str | None:
        """The URI of the concept that an element names: by itself or by a QCode."""
        uri = element.get("uri" if attribute == "qcode" else f"{attribute}uri", "").strip()
        return uri or self.resolve(element.get(attribute, ""))

    def log_unknown(self) -> None:
        """A property under a vocabulary that we do not know is kept by its name, or left out: that is said here."""
        if self.unknown:
            log.info("NewsML-G2 item uses QCodes of unknown schemes: %s", ", ".join(sorted(map(repr, self.unknown))))


def read_catalog(item: etree._Element) -> Catalog:
    """IPTC's schemes and those that the item declares in a `catalog` of its own, which win."""
    declared = find_all(item, "nar:catalog/nar:scheme")[:MAX_SCHEMES]
    own = {scheme.get("alias", ""): scheme.get("uri", "").strip() for scheme in declared}
    return Catalog(SCHEMES | {alias: uri for alias, uri in own.items() if alias and uri})
