"""DNS zones on loopback, served over udp and tcp by dnslib."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dnslib import QTYPE, RCODE, RR, DNSError, DNSRecord
from dnslib.server import DNSHandler, DNSLogger, DNSServer

from postroad.dns.resolver import Resolver

_MOST_OVER_UDP = 1232
"""Longer answers are cut short, as public resolvers do."""


@dataclass
class Zone:
    """Answers from zone-file lines; what it does not know does not exist."""

    records: list[RR] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Names that are answered with SERVFAIL."""
    silent: bool = False
    """Whether nothing is answered at all."""
    asked: list[str] = field(default_factory=list)
    """Every question, as `name type`."""
    port: int = 0

    @property
    def nameserver(self) -> str:
        """Its address, as settings name it."""
        return f"127.0.0.1:{self.port}"

    def resolver(self, seconds: float = 2.0) -> Resolver:
        """Return a resolver that asks this zone alone."""
        return Resolver([self.nameserver], seconds)

    def add(self, lines: str) -> None:
        """Publish records, a zone-file line each."""
        self.records += RR.fromZone(lines)

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        """Answer one question, following aliases as a recursive server does."""
        reply = request.reply()
        name = str(request.q.qname).rstrip(".").lower()
        kind = QTYPE[request.q.qtype]
        self.asked.append(f"{name} {kind}")
        if self.silent:
            raise DNSError("says nothing")
        if name in self.broken:
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        reply.header.rcode = RCODE.NOERROR if self._knows(name) else RCODE.NXDOMAIN
        for record in self._chain(name, kind):
            reply.add_answer(record)
        if handler.protocol == "udp" and len(reply.pack()) > _MOST_OVER_UDP:
            reply = request.reply()
            reply.header.tc = 1
        return reply

    def _chain(self, name: str, kind: str) -> Iterator[RR]:
        for record in self.records:
            if str(record.rname).rstrip(".").lower() != name:
                continue
            found = QTYPE[record.rtype]
            if found == kind:
                yield record
            elif found == "CNAME":
                yield record
                yield from self._chain(str(record.rdata).rstrip(".").lower(), kind)

    def _knows(self, name: str) -> bool:
        known = (str(record.rname).rstrip(".").lower() for record in self.records)
        return any(each == name or each.endswith(f".{name}") for each in known)


@contextmanager
def served_zone(lines: str = "") -> Iterator[Zone]:
    """Serve a zone while the block runs."""
    zone = Zone()
    zone.add(lines)
    udp, tcp = _servers(zone)
    zone.port = udp.server.server_address[1]
    servers = (udp.server, tcp.server)
    threads = [threading.Thread(target=one.serve_forever, args=(0.01,)) for one in servers]
    for thread in threads:
        thread.start()
    try:
        yield zone
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def _servers(zone: Zone) -> tuple[DNSServer, DNSServer]:
    """Listen on one port, over udp and tcp; a port may be free for one of them only."""
    quiet = DNSLogger(logf=lambda _: None)
    while True:
        udp = DNSServer(zone, address="127.0.0.1", port=0, logger=quiet)
        port = udp.server.server_address[1]
        try:
            return udp, DNSServer(zone, address="127.0.0.1", port=port, tcp=True, logger=quiet)
        except OSError:
            udp.server.server_close()
