"""One HTTP request to an address that somebody typed in: checked, pinned, without redirects, within a time limit."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, urlsplit

TIMEOUT = 10.0  # seconds for connecting, and for each read
WHOLE = 20.0  # seconds for all of it, however slowly an answer drips
LONGEST_URL = 500
Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(OSError):  # noqa: N818 - named as the fact
    """An address that must not be called."""


def reason_of(failure: Exception) -> str:
    """Return in a word why nothing arrived (queries/webhooks.py has the sentences)."""
    match failure:
        case Forbidden():
            return "forbidden"
        case socket.gaierror():
            return "name"
        case TimeoutError():
            return "timeout"
        case ssl.SSLError():
            return "certificate"
        case ConnectionRefusedError():
            return "refused"
        case _:
            return "broken"


def parts_of(url: str) -> SplitResult:
    """Take an address apart. Raises ValueError unless it is a plain http or https address."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(url)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise ValueError(url)
    if parts.port == 0:  # reading it raises ValueError on anything that is no port
        raise ValueError(url)
    return parts


def allowed(address: Ip, *, private: bool) -> bool:
    """Tell whether an address may be called: a public one, or with `private` one of a local network.

    Never link-local ones, where clouds keep their secrets, and nothing that is no single machine.
    """
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    return address.is_global or private


def literal_refused(url: str, *, private: bool) -> bool:
    """Tell whether an address names a machine by number that must not be called; names are looked up when called."""
    try:
        return not allowed(ipaddress.ip_address(parts_of(url).hostname or ""), private=private)
    except ValueError:
        return False


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> int:
    """Post a body and return the status of the answer, which nobody reads further.

    The name is looked up once and that very address is called. Redirects are not followed, proxies not asked.
    Raises OSError, ValueError or http.client.HTTPException.
    """
    parts = parts_of(url)
    connection = _connection(parts, private=private)
    closing = threading.Timer(WHOLE, _cut, (connection,))
    closing.daemon = True
    closing.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    finally:
        closing.cancel()
        connection.close()


def _connection(parts: SplitResult, *, private: bool) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    plain = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    sock = _open(host, port, private=private)
    try:
        if parts.scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise
    plain.sock = sock
    if port == 443 and parts.scheme == "https":  # noqa: PLR2004 - HTTPS's own port is not named in the Host header
        plain.default_port = 443
    return plain


def _open(host: str, port: int, *, private: bool) -> socket.socket:
    last: OSError = socket.gaierror(host)
    for address in _addresses(host, port):
        if not allowed(address, private=private):
            raise Forbidden(str(address))
        try:
            return socket.create_connection((str(address), port), timeout=TIMEOUT)
        except OSError as error:
            last = error
    raise last


def _addresses(host: str, port: int) -> Iterator[Ip]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return (ipaddress.ip_address(address[4][0]) for address in found)


def _cut(connection: http.client.HTTPConnection) -> None:
    sock = connection.sock
    if sock is not None:
        sock.close()
