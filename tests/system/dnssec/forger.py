"""An attacker on the path: hands each query on to the honest server and changes what comes back.

What a name server would never send, it sends: replayed, stripped and contradicting answers, re-signed where a case needs
that. One thread, all addresses.
"""
import selectors
import socket
import struct
import threading

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

from lab import wire

from . import keys
from .keys import IN

RRSIG = dns.rdatatype.RRSIG
SECTIONS = ("answer", "authority", "additional")
DENIALS = (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)


def type_number(type_):
    return dns.rdatatype.from_text(type_) if isinstance(type_, str) else type_


class Exchange:
    """One query and the honest reply to it, to be changed in place."""

    def __init__(self, zone, query, upstream):
        self.zone = zone
        self.upstream = upstream
        self.name = query.question[0].name
        self.type = query.question[0].rdtype
        self.reply = honest(query, upstream)

    def is_for(self, label, *types):
        """The name, below the zone, and one of the types, if any are given."""
        return self.name == self.zone.absolute(label) and (not types or self.type in map(type_number, types))

    def below(self, label):
        return self.name.is_subdomain(self.zone.absolute(label))

    def ask(self, label, type_):
        """The honest server's answer to another question."""
        return honest(dns.message.make_query(self.zone.absolute(label), type_, want_dnssec=True), self.upstream)

    def find(self, section, *types):
        """The RRsets of these types and their signatures."""
        wanted = set(map(type_number, types))
        return [r for r in getattr(self.reply, section)
                if r.rdtype in wanted or r.rdtype == RRSIG and r.covers in wanted]

    def strip(self, section, *types):
        gone = self.find(section, *types)
        setattr(self.reply, section, [r for r in getattr(self.reply, section) if not any(r is g for g in gone)])

    def strip_signatures(self, *types, sections=SECTIONS):
        """Of these types, or of all."""
        wanted = set(map(type_number, types))
        for section in sections:
            kept = [r for r in getattr(self.reply, section)
                    if r.rdtype != RRSIG or wanted and r.covers not in wanted]
            setattr(self.reply, section, kept)

    def put(self, section, rrsets):
        getattr(self.reply, section).extend(rrsets)

    def replace(self, other, *, rcode=None):
        """Another question's answer for this one."""
        for section in SECTIONS:
            setattr(self.reply, section, list(getattr(other, section)))
        self.reply.set_rcode(other.rcode() if rcode is None else rcode)

    def deny(self, rcode, *rrsets):
        """No answer; the SOA and these in the authority section."""
        soa = [r for r in self.ask("@", "SOA").answer if dns.rdatatype.SOA in (r.rdtype, r.covers)]
        self.reply.answer, self.reply.authority, self.reply.additional = [], soa + list(rrsets), []
        self.reply.set_rcode(rcode)
        self.reply.flags |= dns.flags.AA

    def denials_of(self, label, type_):
        """NSEC or NSEC3 with signatures of the honest answer to that."""
        authority = self.ask(label, type_).authority
        return [r for r in authority if r.rdtype in DENIALS or r.rdtype == RRSIG and r.covers in DENIALS]

    def denial_at(self, label):
        """The NSEC of a name that is there, asked for by its type."""
        return [r for r in self.ask(label, "NSEC").answer if dns.rdatatype.NSEC in (r.rdtype, r.covers)]


def signed(zone, owner, type_, *texts, key=None, ttl=3600, **fields):
    """An RRset of our own and its signature by the zone's key."""
    owner = zone.absolute(owner) if isinstance(owner, str) else owner
    rdatas = [keys.rdata(type_, text, zone.origin) if isinstance(text, str) else text for text in texts]
    rrset = dns.rrset.from_rdata_list(owner, ttl, rdatas)
    rrsig = (key or zone.zsks[0]).rrsig(owner, rrset, **fields)
    return [rrset, dns.rrset.from_rdata(owner, ttl, rrsig)]


def honest(query, upstream):
    query.use_edns(0, dns.flags.DO, 4096)
    return dns.query.udp_with_fallback(query, upstream, timeout=5)[0]


class Forger:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.running = True
        self.replies = {}
        self.failures = []  # of the forger itself: a test that sees some is void

    def listen(self, address, upstream, choose):
        """`choose(name)` gives (zone, forge) or None: handed on as it is."""
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            sock = socket.socket(socket.AF_INET, kind)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, 53))
            if kind == socket.SOCK_STREAM:
                sock.listen(16)
            self.selector.register(sock, selectors.EVENT_READ, (kind, upstream, choose))

    def start(self):
        self.thread.start()

    def stop(self):
        self.running = False
        self.thread.join(10)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()

    def _serve(self):
        while self.running:
            for key, _ in self.selector.select(0.2):
                kind, upstream, choose = key.data
                try:
                    if kind == socket.SOCK_DGRAM:
                        data, source = key.fileobj.recvfrom(4096)
                        reply = self._reply(data, upstream, choose)
                        if reply:
                            key.fileobj.sendto(reply, source)
                    else:
                        self._serve_stream(key.fileobj, upstream, choose)
                except OSError as error:
                    self.failures.append(f"{upstream}: {error}")

    def _serve_stream(self, listener, upstream, choose):
        """One question for each connection: those who retry over TCP ask no more."""
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(2)
            head = sock.recv(2, socket.MSG_WAITALL)
            if len(head) == 2:
                reply = self._reply(sock.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL), upstream, choose)
                if reply:
                    sock.sendall(struct.pack("!H", len(reply)) + reply)

    def _reply(self, data, upstream, choose):
        """From memory, if this was asked before: resolvers that retry must not wait for each other."""
        try:
            name, end = wire.read_name(data, 12)
            end += 4
            question = data[12:end]
            known = (upstream, name, question[-4:], data[11])
            if known not in self.replies:
                self.replies[known] = self._make(dns.message.from_wire(data), upstream, choose)
            reply = self.replies[known]
            if reply is None:
                return None  # silence
            flags = bytes([reply[2] & ~0x01 | data[2] & 0x01, reply[3] & ~0x10 | data[3] & 0x10])  # RD, CD
            return data[:2] + flags + reply[4:12] + question + reply[end:]
        except Exception as error:  # pylint: disable=broad-except  # noqa: BLE001: the test must hear of it
            self.failures.append(f"{type(error).__name__}: {error}")
            return None

    @staticmethod
    def _make(query, upstream, choose):
        chosen = choose(query.question[0].name)
        if chosen is None:
            return honest(query, upstream).to_wire(max_size=65535)
        zone, forge = chosen
        exchange = Exchange(zone, query, upstream)
        return None if forge(exchange) is False else exchange.reply.to_wire(max_size=65535)
