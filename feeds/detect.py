"""Media type header → media type and parameters (RFC 9110 §8.3)."""

import re

from feeds.faults import UnsupportedFormat

MAX_HEADER = 500
_TYPE = re.compile(r"\s*([\w!#$&^.+\-]+/[\w!#$&^.+\-]+)\s*(?:;|$)", re.ASCII)
_PARAMETER = re.compile(r";\s*([\w!#$&^.+\-]+)=(\"[^\"]*\"|[^;\s]*)", re.ASCII)


def parse_media_type(content_type: str) -> tuple[str, dict[str, str]]:
    """`application/atom+xml; type=entry` → ("application/atom+xml", {"type": "entry"}), all in lower case.

    Raises UnsupportedFormat for a charset other than UTF-8 or UTF-16, or for no media type at all.
    """
    header = content_type[:MAX_HEADER].lower()
    found = _TYPE.match(header)
    if not found:
        raise UnsupportedFormat("no Content-Type: say what the body is, such as application/json")
    parameters = {name: value.strip('"') for name, value in _PARAMETER.findall(header)}
    charset = parameters.get("charset", "utf-8")
    if charset not in {"utf-8", "utf8", "us-ascii", "utf-16"}:
        raise UnsupportedFormat(f"charset {charset} is not supported: send UTF-8")
    return found[1], parameters
