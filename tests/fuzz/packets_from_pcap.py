#!/usr/bin/env python3
"""Takes the UDP payloads to or from port 53 out of classic pcap files, one file each.

usage: packets_from_pcap.py OUT_FOLDER PCAP...
"""
import hashlib
import pathlib
import struct
import sys

# Link type -> bytes before the IP header.
LINK_HEADER_BYTES = {0: 4, 1: 14, 12: 0, 101: 0, 113: 16}


def frames(data):
    if len(data) < 24:
        return
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if order is None:
        return
    link = struct.unpack(order + "I", data[20:24])[0]
    if link not in LINK_HEADER_BYTES:
        return
    at = 24
    while at + 16 <= len(data):
        captured = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        skip = LINK_HEADER_BYTES[link]
        if link == 1 and frame[12:14] == b"\x81\x00":  # VLAN tag
            skip += 4
        yield frame[skip:]


def dns_payload(packet):
    if not packet:
        return None
    if packet[0] >> 4 == 4 and len(packet) >= 20:
        protocol, udp = packet[9], packet[(packet[0] & 15) * 4:]
    elif packet[0] >> 4 == 6 and len(packet) >= 40:
        protocol, udp = packet[6], packet[40:]
    else:
        return None
    if protocol != 17 or len(udp) < 8:
        return None
    source, target, length = struct.unpack(">HHH", udp[:6])
    return udp[8:length] if 53 in (source, target) else None


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for path in sys.argv[2:]:
        for packet in frames(pathlib.Path(path).read_bytes()):
            payload = dns_payload(packet)
            if payload:
                (out / hashlib.sha1(payload).hexdigest()).write_bytes(payload)
                count += 1
    print(f"{count} packets in {len(list(out.iterdir()))} files")


main()
