"""What is a private address, in all its clothes, and what allowing it by name means."""

import pytest

from server.addresses import is_allowed, is_network, is_refused

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:10.1.2.3",
    "64:ff9b::a01:203", "2002:a01:203::",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_only_reached_by_name(address: str) -> None:
    assert not is_allowed("mt.example", address, ())
    assert is_refused(address, ())
    assert is_allowed("mt.example", address, ("mt.example",))
    assert is_allowed(address, address, (address,))
    assert not is_allowed("mt.example", address, ("other.example", "198.18.0.0/15"))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_reached(address: str) -> None:
    assert is_allowed("mt.example", address, ())
    assert not is_refused(address, ())


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "[::1]"])
def test_names_of_this_machine_are_seen_without_a_look_up(host: str) -> None:
    assert is_refused(host, ())
    assert not is_refused(host, ("localhost", "::1"))


def test_a_network_allows_what_is_in_it() -> None:
    assert is_allowed("mt.example", "10.1.2.3", ("10.1.0.0/16",))
    assert is_allowed("mt.example", "::ffff:10.1.2.3", ("10.1.0.0/16",))
    assert not is_allowed("mt.example", "10.2.2.3", ("10.1.0.0/16", "10.2.2.3/16", "fd00::/8"))
    assert not is_refused("a-name.example", ())
    assert (is_network("10.1.0.0/16"), is_network("10.1.2.3/16"), is_network("mt.example")) == (True, False, False)


def test_what_is_no_address_is_never_reached() -> None:
    assert not is_allowed("mt.example", "nonsense", ("mt.example",))
