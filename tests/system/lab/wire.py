"""As much of the DNS wire format as asking and comparing needs."""
import struct

TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "NAPTR": 35,
    "DNAME": 39, "OPT": 41, "DS": 43, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "NSEC3": 50, "SVCB": 64, "HTTPS": 65, "ANY": 255, "CAA": 257,
}
TYPE_NAMES = {number: text for text, number in TYPES.items()}
RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]
CLASS_IN = 1
CLASS_CHAOS = 3
NAME_AT = {2: 0, 5: 0, 12: 0, 39: 0, 15: 2, 33: 6}  # type -> offset of the one name in its RDATA


def type_number(text):
    return int(text[4:]) if text.startswith("TYPE") else TYPES[text]


def type_text(number):
    return TYPE_NAMES.get(number, f"TYPE{number}")


def rcode_text(number):
    return RCODES[number] if number < len(RCODES) else f"RCODE{number}"


def name_to_wire(text):
    """Presentation format, with escapes, to wire format."""
    out, label, i = bytearray(), bytearray(), 0
    text = text.rstrip(".") if not text.endswith("\\.") else text
    while i < len(text):
        c = text[i]
        if c == "\\" and text[i + 1:i + 4].isdigit():
            label.append(int(text[i + 1:i + 4]))
            i += 4
            continue
        if c == "\\":
            i += 1
            label += text[i].encode("latin-1")
        elif c == ".":
            out += bytes([len(label)]) + label
            label = bytearray()
        else:
            label += c.encode("latin-1")
        i += 1
    if label:
        out += bytes([len(label)]) + label
    return bytes(out) + b"\0"


def wire_to_text(wire):
    """Uncompressed wire format to presentation format."""
    labels, i = [], 0
    while wire[i]:
        label = wire[i + 1:i + 1 + wire[i]]
        labels.append("".join(
            "\\" + chr(c) if c in b'."\\();@$' else chr(c) if 33 <= c <= 126 else f"\\{c:03d}" for c in label))
        i += 1 + wire[i]
    return ".".join(labels) + "."


def read_name(message, at):
    """The lower-case wire form of a name that may be compressed, and the offset after it."""
    out, end, hops = bytearray(), None, 0
    while True:
        length = message[at]
        if length >= 0xC0:
            if end is None:
                end = at + 2
            at = (length & 0x3F) << 8 | message[at + 1]
            hops += 1
            if hops > 127:
                raise ValueError("compression loop")
            continue
        at += 1
        if length == 0:
            return bytes(out) + b"\0", end if end is not None else at
        out += bytes([length]) + message[at:at + length].lower()
        at += length


def query(ident, name, type_, *, klass=CLASS_IN, flags=0x0100, edns=1232, options=b"", dnssec=False):
    number = type_ if isinstance(type_, int) else type_number(type_)
    out = struct.pack("!6H", ident, flags, 1, 0, 0, 1 if edns else 0)
    out += name_to_wire(name) + struct.pack("!2H", number, klass)
    if edns:
        out += b"\0" + struct.pack("!2HIH", 41, edns, 0x8000 if dnssec else 0, len(options)) + options
    return out


class Message:
    """A parsed answer. Records are (owner, type, ttl, rdata), names lower-case and uncompressed."""

    def __init__(self, data):
        self.size = len(data)
        self.id, flags, questions, answers, authority, additional = struct.unpack_from("!6H", data)
        self.flags = flags
        self.rcode = flags & 15
        self.truncated = bool(flags & 0x0200)
        at = 12
        self.question = None
        for _ in range(questions):
            name, at = read_name(data, at)
            self.question = (name, *struct.unpack_from("!2H", data, at))
            at += 4
        self.answer, at = self._records(data, at, answers)
        self.authority, at = self._records(data, at, authority)
        self.additional, at = self._records(data, at, additional)
        if at != len(data):
            raise ValueError(f"{len(data) - at} bytes after the message")

    def extended_error(self):
        """"22 text" of the first extended error (RFC 8914), or nothing."""
        return next((f"{code} {text}" for code, text in self.extended_errors()), "")

    def extended_errors(self):
        found = []
        for _, type_, _, rdata in self.additional:
            at = 0
            while type_ == TYPES["OPT"] and at + 4 <= len(rdata):
                option, length = struct.unpack_from("!2H", rdata, at)
                if option == 15 and length >= 2:
                    code = struct.unpack_from("!H", rdata, at + 4)[0]
                    found.append((code, rdata[at + 6:at + 4 + length].decode(errors="replace")))
                at += 4 + length
        return found

    @staticmethod
    def _records(data, at, count):
        out = []
        for _ in range(count):
            owner, at = read_name(data, at)
            type_, _klass, ttl, length = struct.unpack_from("!2HIH", data, at)
            at += 10
            out.append((owner, type_, ttl, read_rdata(data, at, type_, length)))
            at += length
            if at > len(data):
                raise ValueError("record beyond the message")
        return out, at


def read_rdata(data, at, type_, length):
    if type_ in NAME_AT:
        skip = NAME_AT[type_]
        return data[at:at + skip] + read_name(data, at + skip)[0]
    if type_ == 6:
        mname, after = read_name(data, at)
        rname, after = read_name(data, after)
        return mname + rname + data[after:after + 20]
    return data[at:at + length]


def rrsets(records):
    """The set of (owner, type, rdata): what two answers must agree in."""
    return frozenset((owner, type_, rdata) for owner, type_, _ttl, rdata in records)


def show(records):
    lines = []
    for owner, type_, rdata in sorted(records):
        lines.append(f"{wire_to_text(owner)} {type_text(type_)} {show_rdata(type_, rdata)}")
    return lines


def show_rdata(type_, rdata):
    if type_ == 1:
        return ".".join(str(b) for b in rdata)
    if type_ in NAME_AT:
        skip = NAME_AT[type_]
        return rdata[:skip].hex() + " " * bool(skip) + wire_to_text(rdata[skip:])
    return rdata.hex()[:64] + ("..." if len(rdata) > 32 else "")
