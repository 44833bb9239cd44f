"""Signatures, against RFC 9421's own examples and by a second opinion."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.signing import SigningKey, UnusableKey, digest_body, make_signature_base, sign_body, sign_message

CREATED = datetime.fromtimestamp(1618884473, UTC)
SEED = base64.b64decode("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=")


def test_the_signature_base_is_that_of_the_rfc():
    """RFC 9421, B.2.6."""
    covered = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"), ("@method", "POST"), ("@path", "/foo"),
        ("@authority", "example.com"), ("content-type", "application/json"), ("content-length", "18"),
    ]  # fmt: skip
    names = '("date" "@method" "@path" "@authority" "content-type" "content-length")'
    signed = make_signature_base(covered, f'{names};created=1618884473;keyid="test-key-ed25519"')
    signature = base64.b64decode(
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )
    key = SigningKey("test-key-ed25519", "ed25519", base64.b64encode(SEED).decode())
    assert key.sign(signed) == signature


def test_an_hmac_is_that_of_the_rfc():
    """RFC 9421, B.2.5; the key is given as bytes there, so only the base and the method are compared."""
    covered = [("date", "Tue, 20 Apr 2021 02:07:55 GMT"), ("@authority", "example.com"),
               ("content-type", "application/json")]  # fmt: skip
    names = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
    shared = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
    found = hmac.digest(base64.b64decode(shared), make_signature_base(covered, names), "sha256")
    assert base64.b64encode(found) == b"pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="
    key = SigningKey("a", "hmac-sha256", "a shared secret")
    assert key.sign(b"x") == hmac.digest(b"a shared secret", b"x", "sha256")


def test_a_message_says_what_is_covered_when_and_by_whom():
    key = SigningKey("karvan", "ed25519", base64.b64encode(SEED).decode())
    covered = [("@method", "POST"), ("content-digest", digest_body(b"{}"))]
    headers = sign_message(key, covered, CREATED)
    parameters = '("@method" "content-digest");created=1618884473;keyid="karvan";alg="ed25519"'
    assert headers["Signature-Input"] == f"karvan={parameters}"
    signature = base64.b64decode(headers["Signature"].removeprefix("karvan=:").removesuffix(":"))
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key()
    expected = f'"@method": POST\n"content-digest": {digest_body(b"{}")}\n"@signature-params": {parameters}'
    public.verify(signature, expected.encode())


def test_a_digest_is_that_of_the_body():
    assert (
        digest_body(b'{"hello": "world"}\n')
        == "sha-256=:" + base64.b64encode(hashlib.sha256(b'{"hello": "world"}\n').digest()).decode() + ":"
    )


def test_a_hub_never_signs_with_sha1():
    assert sign_body("key", b"The quick brown fox jumps over the lazy dog", "sha256") == (
        "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    )


@pytest.mark.parametrize("secret", ["short", "not base64 at all!", base64.b64encode(b"x" * 31).decode()])
def test_what_is_no_key_is_said_so(secret):
    with pytest.raises(UnusableKey):
        SigningKey("a", "ed25519", secret).sign(b"")
