"""A name server on loopback, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from dnslib import RCODE, RR, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSServer


class Zones(BaseResolver):
    """Answers from zone lines such as `acme.test 300 MX 10 mx.acme.test`, and counts questions."""

    def __init__(self, *lines: str) -> None:
        self._records = [record for line in lines for record in RR.fromZone(line)]
        self.silent = False
        """Whether every question is refused."""
        self.asked: list[str] = []

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:  # noqa: ARG002
        """Answer a question."""
        reply = request.reply()
        name = str(request.q.qname).rstrip(".").lower()
        self.asked.append(name)
        if self.silent:
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        known = [r for r in self._records if str(r.rname).rstrip(".").lower() == name]
        if not known:
            reply.header.rcode = RCODE.NXDOMAIN
        for record in known:
            if record.rtype == request.q.qtype:
                reply.add_answer(record)
        return reply


@contextmanager
def served(zones: Zones) -> Iterator[str]:
    """Serve zones over UDP and TCP; yield `address:port`."""
    udp = DNSServer(zones, address="127.0.0.1", port=0)
    port = udp.server.server_address[1]
    tcp = DNSServer(zones, address="127.0.0.1", port=port, tcp=True)
    for server in (udp, tcp):
        server.start_thread()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        for server in (udp, tcp):
            server.stop()
            server.server.server_close()
