"""Which addresses the server may reach: public ones, and those in private space that `[outbound] allow` names."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are an IPv4 address

LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")


def is_allowed(host: str, address: str, allow: Iterable[str]) -> bool:
    """Whether `host` (a name or an address, as it was asked for) may be reached at `address`, which it stands for."""
    numeric = _parse_address(address)
    return numeric is not None and (_is_public(numeric) or is_named(host, allow) or is_named(address, allow))


def is_named(host: str, allow: Iterable[str]) -> bool:
    """Whether a host name or an address is among what is allowed by name: hosts, addresses, networks."""
    plain = _strip(host)
    numeric = _parse_address(plain)
    for entry in allow:
        if "/" not in entry:
            if _strip(entry) == plain or (numeric is not None and _parse_address(entry) == numeric):
                return True
        elif numeric is not None and is_network(entry):
            network = ip_network(entry)
            if numeric.version == network.version and numeric in network:
                return True
    return False


def is_refused(host: str, allow: Iterable[str]) -> bool:
    """Whether it is clear without a look-up that the host may not be reached."""
    numeric = _parse_address(_strip(host))
    inside = _strip(host) in LOOPBACK_NAMES if numeric is None else not _is_public(numeric)
    return inside and not is_named(host, allow)


def is_network(entry: str) -> bool:
    """Whether this is a network such as 10.1.2.0/24, without bits of a host."""
    try:
        ip_network(entry)
    except ValueError:
        return False
    return True


def _strip(host: str) -> str:
    return host.strip().lower().rstrip(".").removeprefix("[").removesuffix("]")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast


def _parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address; an IPv4 address in IPv6's clothes is what it carries."""
    try:
        address = ip_address(_strip(text))
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
