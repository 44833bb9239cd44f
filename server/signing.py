"""Signatures of what is pushed (pure): X-Hub-Signature (WebSub §8), RFC 9421 over an RFC 9530 digest.

sign_body      secret × body → X-Hub-Signature
digest_body    body → Content-Digest
sign_message   key × what is covered × time → Signature-Input, Signature
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.config import Algorithm, HubMethod

LABEL = "karvan"


class UnusableKey(ValueError):
    """The key is none of its algorithm."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`secret`: any text for HMAC; for Ed25519 the 32 bytes of the private key in base64."""

    id: str
    algorithm: Algorithm
    secret: str

    def sign(self, data: bytes) -> bytes:
        """Raises UnusableKey."""
        if self.algorithm == "hmac-sha256":
            return hmac.digest(self.secret.encode(), data, "sha256")
        return load_ed25519(self.secret).sign(data)


def load_ed25519(secret: str) -> Ed25519PrivateKey:
    """Raises UnusableKey."""
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret, validate=True))
    except ValueError as error:
        raise UnusableKey("an Ed25519 key is 32 bytes in base64") from error


def sign_body(secret: str, body: bytes, method: HubMethod) -> str:
    """The value of X-Hub-Signature: method=hex of the HMAC of the body."""
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def digest_body(body: bytes) -> str:
    """The value of Content-Digest (RFC 9530 §2)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_message(key: SigningKey, covered: Sequence[tuple[str, str]], created: datetime) -> Mapping[str, str]:
    """Signature-Input and Signature over components (RFC 9421 §2: "@method", header names in lower case) and values."""
    names = " ".join(f'"{name}"' for name, _ in covered)
    parameters = f'({names});created={int(created.timestamp())};keyid="{key.id}";alg="{key.algorithm}"'
    signature = base64.b64encode(key.sign(make_signature_base(covered, parameters))).decode()
    return {"Signature-Input": f"{LABEL}={parameters}", "Signature": f"{LABEL}=:{signature}:"}


def make_signature_base(covered: Sequence[tuple[str, str]], parameters: str) -> bytes:
    """What is signed (RFC 9421 §2.5)."""
    lines = [f'"{name}": {value}' for name, value in covered]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()
