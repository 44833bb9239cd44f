"""Under which addresses readers find everything."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from server.config import Config


@dataclass(frozen=True, slots=True)
class Site:
    """How readers reach this server: its public address, without a slash at the end."""

    base: str
    config: Config

    @property
    def root(self) -> str:
        """The path of it: links that begin with it hold by whatever name a visitor reached the server."""
        return urlsplit(self.base).path.rstrip("/")

    def page(self, outlet: str, item: str, language: str) -> str:
        return f"{self.base}/articles/{outlet}/{quote(item)}/{language}"

    def article(self, outlet: str, item: str) -> str:
        return f"{self.base}/v1/articles/{outlet}/{quote(item)}"

    def feed(self, channel: str, language: str, format_: str = "atom", query: str = "") -> str:
        return f"{self.base}/feeds/{channel}/{language}.{format_}" + (f"?{query}" if query else "")

    def hub(self) -> str:
        return f"{self.base}/hub"

    def channel_page(self, channel: str, language: str) -> str:
        return f"{self.base}/channels/{channel}/{language}"

    def outlet(self, outlet: str) -> str:
        return f"{self.base}/outlets/{outlet}"

    def id(self, path: str) -> str:
        return f"tag:{self.config.server.tag}:{path}"
