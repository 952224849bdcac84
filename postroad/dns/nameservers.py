"""How settings name the servers that answer questions."""

from ipaddress import ip_address

_PORT = "53"


def parse_nameserver(text: str) -> tuple[str, int]:
    """Read `9.9.9.9`, `127.0.0.1:5353`, `2620:fe::fe` or `[::1]:5353`: an address and a port.

    Raises:
        ValueError: it is none of them.
    """
    address, port = text, _PORT
    if text.startswith("["):
        address, _, port = text[1:].partition("]:")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    try:
        ip_address(address)
        number = int(port)
    except ValueError:
        number = 0
    if not 0 < number < 65_536:
        raise ValueError(f"{text!r} is no nameserver: write for instance 9.9.9.9 or 127.0.0.1:5353")
    return address, number
