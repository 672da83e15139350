"""All TLD servers of the real root zone in one process: answers only on an address that the TLD is delegated to."""
import multiprocessing
import selectors
import socket
import struct

from . import wire

IPV6_RECVPKTINFO = 49
IPV6_PKTINFO = 50
IP_PKTINFO = 8
MOST_REPORTED = 200  # more would fill the queue to the test


class Tlds:
    def __init__(self):
        self.names = []
        self.ns = {}  # TLD -> host names
        self.ds = {}
        self.hosts = {}  # host name -> addresses

    def addresses(self):
        return list(dict.fromkeys(address for found in self.hosts.values() for address in found))

    def addresses_of(self, tld):
        return {address for host in self.ns[tld] for address in self.hosts.get(host, ())}

    def zone_text(self, tld):
        lines = [f"{tld} 3600 IN SOA {self.ns[tld][0]} nobody.invalid. 1 1800 900 604800 300",
                 f'probe.{tld} 3600 IN TXT "this is {tld}"']
        lines += [f"{tld} 86400 IN NS {host}" for host in self.ns[tld]]
        for host in self.ns[tld]:
            if host.endswith("." + tld):
                lines += [f"{host} 86400 IN {'AAAA' if ':' in a else 'A'} {a}" for a in self.hosts[host]]
        return "\n".join(lines) + "\n"

    @staticmethod
    def root_servers_text(roots):
        zone = "root-servers.net."
        lines = [f"{zone} 3600 IN SOA a.{zone} nobody.invalid. 1 1800 900 604800 300"]
        for letter, (four, six) in roots.items():
            host = f"{letter}.{zone}"
            lines += [f"{zone} 3600 IN NS {host}", f"{host} 3600 IN A {four}", f"{host} 3600 IN AAAA {six}"]
        return "\n".join(lines) + "\n"


def parse(text):
    tlds = Tlds()
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 5 or fields[0] == ".":
            continue
        owner, type_, rdata = fields[0].lower(), fields[3], fields[4].lower()
        if type_ == "NS":
            tlds.ns.setdefault(owner, []).append(rdata)
        elif type_ == "DS":
            tlds.ds.setdefault(owner, []).append(rdata)
        elif type_ in ("A", "AAAA"):
            tlds.hosts.setdefault(owner, []).append(rdata)
    tlds.names = sorted(tlds.ns)
    return tlds


def record(name, type_, rdata, ttl=3600):
    return name + struct.pack("!2HIH", type_, wire.CLASS_IN, ttl, len(rdata)) + rdata


def pack_address(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


class Answers:
    """Pure: the answer to a query that came to `address`."""

    def __init__(self, tlds):
        self.tlds = tlds
        self.served = {name: {pack_address(a) for a in tlds.addresses_of(name)} for name in tlds.names}
        self.hosts = {wire.name_to_wire(host): [pack_address(a) for a in found] for host, found in tlds.hosts.items()}
        self.parents = set()
        for host in self.hosts:
            while host != b"\0":
                host = host[1 + host[0]:]
                self.parents.add(host)

    def find(self, name, address):
        """The TLD to answer for, or None: this address does not serve it."""
        text = wire.wire_to_text(name)
        tld = text.rstrip(".").rpartition(".")[2] + "."
        return tld if address in self.served.get(tld, ()) else None

    def answer(self, data, address):
        """(answer, whether a server was asked that no delegation names)."""
        ident, _flags, questions = struct.unpack_from("!3H", data)
        if questions != 1 or data[2] & 0x80:
            return None, False
        name, end = wire.read_name(data, 12)
        type_ = struct.unpack_from("!H", data, end)[0]
        tld = self.find(name, address)
        if tld is None:
            return struct.pack("!6H", ident, 0x8005, 1, 0, 0, 0) + data[12:end + 4], True
        rcode, answers = self.records(name, type_, tld)
        authority = b"" if answers else self.soa(tld)
        head = struct.pack("!6H", ident, 0x8400 | rcode, 1, len(answers), 0 if answers else 1, 0)
        return head + data[12:end + 4] + b"".join(answers) + authority, False

    def soa(self, tld):
        rdata = wire.name_to_wire(self.tlds.ns[tld][0]) + wire.name_to_wire("nobody.invalid.") + struct.pack(
            "!5I", 1, 1800, 900, 604800, 300)
        return record(wire.name_to_wire(tld), 6, rdata)

    def records(self, name, type_, tld):
        apex = wire.name_to_wire(tld)
        if name == apex:
            if type_ == 2:
                return 0, [record(name, 2, wire.name_to_wire(host)) for host in self.tlds.ns[tld]]
            return 0, [self.soa(tld)] if type_ == 6 else []
        if name == b"\x05probe" + apex:
            text = f"this is {tld}".encode()
            return 0, [record(name, 16, bytes([len(text)]) + text)] if type_ == 16 else []
        if name in self.hosts:
            wanted = {1: 4, 28: 16}.get(type_)
            return 0, [record(name, type_, a) for a in self.hosts[name] if len(a) == wanted]
        return (0 if name in self.parents else 3), []


class Responder:
    """Answers on every address that nobody else has, in a process of its own."""

    def __init__(self, tlds, others):
        self.answers = Answers(tlds)
        self.others = {pack_address(address) for address in others}
        self.queue = multiprocessing.SimpleQueue()
        self.ready = multiprocessing.Event()
        self.process = None
        self.strays = 0

    def start(self):
        self.process = multiprocessing.Process(target=self.serve, daemon=True)
        self.process.start()
        if not self.ready.wait(10):
            raise RuntimeError("the TLD servers did not start")

    def stop(self):
        self.process.terminate()
        self.process.join()

    def misdirected(self):
        found = []
        while not self.queue.empty():
            found.append(self.queue.get())
        return found

    def serve(self):
        selector = selectors.DefaultSelector()
        for family in (socket.AF_INET, socket.AF_INET6):
            selector.register(self.open(family), selectors.EVENT_READ)
        self.ready.set()
        while True:
            for key, _ in selector.select():
                self.serve_one(key.fileobj)

    @staticmethod
    def open(family):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # beside the root server's own
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        sock.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 53))
        return sock

    def serve_one(self, sock):
        data, ancillary, _flags, source = sock.recvmsg(4096, 256)
        level, kind, info = ancillary[0]
        if level == socket.IPPROTO_IPV6:
            address, reply_info = info[:16], info
        else:
            address = info[8:12]
            reply_info = struct.pack("=I", 0) + address + b"\0\0\0\0"
        try:
            answer, stray = self.answers.answer(data, address)
        except (IndexError, struct.error):
            return
        if stray and self.strays < MOST_REPORTED:
            self.strays += 1
            name = wire.wire_to_text(wire.read_name(data, 12)[0])
            family = socket.AF_INET6 if len(address) == 16 else socket.AF_INET
            self.queue.put(f"{name} at {socket.inet_ntop(family, address)}")
        if answer:
            sock.sendmsg([answer], [(level, kind, reply_info)], 0, source)
