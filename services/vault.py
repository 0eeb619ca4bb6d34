"""Sealing of personal data at rest: SM4-GCM with the key's id, and HMAC-SM3 blind indexes for exact search."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from config import read_or_create
from queries.blind import lend

NONCE_BYTES = 12
TAG_BYTES = 16


class Unsealable(ValueError):  # noqa: N818 - named as the fact
    """A sealed value whose key is missing or that was altered."""


@dataclass(frozen=True)
class Vault:
    """Keys by id; new values use `current`. Old keys stay so that old values open after a rotation."""

    keys: dict[str, bytes]
    current: str
    index_key: bytes

    @classmethod
    def open(cls, path: Path) -> Vault:
        """Read the key file, creating it with fresh keys (owner-only) on first run."""
        document = json.loads(read_or_create(path, _fresh_keys))
        keys = {name: bytes.fromhex(key) for name, key in document["sm4"].items()}
        return cls(keys=keys, current=document["current"], index_key=bytes.fromhex(document["index"]))

    def seal(self, text: str, *, context: str) -> str:
        """Encrypt a text. `context` (table.column) is authenticated, so a value cannot be moved elsewhere.

        Returns "sm4-gcm:<key id>:<base64 of nonce, ciphertext and tag>" (GB/T 32907, GCM).
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealer = Cipher(algorithms.SM4(self.keys[self.current]), modes.GCM(nonce)).encryptor()
        sealer.authenticate_additional_data(context.encode())
        body = nonce + sealer.update(text.encode()) + sealer.finalize() + sealer.tag
        return f"sm4-gcm:{self.current}:{base64.b64encode(body).decode()}"

    def unseal(self, sealed: str, *, context: str) -> str:
        """Decrypt what seal() made. Raises Unsealable on a missing key, another context or altered data."""
        try:
            _algorithm, key_id, encoded = sealed.split(":", 2)
            body = base64.b64decode(encoded)
            nonce, text, tag = body[:NONCE_BYTES], body[NONCE_BYTES:-TAG_BYTES], body[-TAG_BYTES:]
            opener = Cipher(algorithms.SM4(self.keys[key_id]), modes.GCM(nonce, tag)).decryptor()
            opener.authenticate_additional_data(context.encode())
            return (opener.update(text) + opener.finalize()).decode()
        except (KeyError, ValueError, InvalidTag) as error:
            raise Unsealable(context) from error

    def blind(self, text: str, *, context: str) -> str:
        """Return the HMAC-SM3 (GB/T 32905) of a normalised value: equal values match, nothing else is told."""
        mac = hmac.HMAC(self.index_key, hashes.SM3())
        mac.update(f"{context}\0{text}".encode())
        return mac.finalize().hex()


def _fresh_keys() -> str:
    return json.dumps({"current": "k1", "sm4": {"k1": secrets.token_hex(16)}, "index": secrets.token_hex(32)})


_installed: list[Vault] = []


def install(vault: Vault) -> None:
    """Set the process's vault; the app factory calls this once."""
    _installed[:] = [vault]
    lend(vault.blind)


def vault() -> Vault:
    """Return the process's vault. Raises RuntimeError before the app factory ran."""
    if not _installed:
        raise RuntimeError("no vault: create_app() installs it")
    return _installed[0]
