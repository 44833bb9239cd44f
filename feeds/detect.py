"""Media type header → media type and parameters (RFC 9110 §8.3)."""

from email.message import Message

from feeds.faults import UnsupportedFormat

MAX_HEADER = 500


def parse_media_type(content_type: str) -> tuple[str, dict[str, str]]:
    """`application/atom+xml; type=entry` → ("application/atom+xml", {"type": "entry"}), all in lower case.

    Raises UnsupportedFormat for a charset other than UTF-8 or UTF-16, or for no media type at all.
    """
    header = Message()
    header["Content-Type"] = "".join(c for c in content_type[:MAX_HEADER] if c.isprintable())
    params = header.get_params() or [("", "")]
    media_type = params[0][0].strip().lower()
    parameters = {name.lower(): value.strip().lower() for name, value in params[1:]}
    if "/" not in media_type:
        raise UnsupportedFormat("no Content-Type: say what the body is, such as application/json")
    charset = parameters.get("charset", "utf-8")
    if charset not in {"utf-8", "utf8", "us-ascii", "utf-16"}:
        raise UnsupportedFormat(f"charset {charset} is not supported: send UTF-8")
    return media_type, parameters
