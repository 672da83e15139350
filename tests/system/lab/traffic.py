"""What arrives at port 53 of the lab's addresses, counted beside the servers: nobody's own word is taken for it."""
import multiprocessing
import socket
import struct

IPV4 = 0x0800
FOR_US = 0  # PACKET_HOST: on the loopback interface each packet is seen twice
TCP, UDP = 6, 17
HEAD = 128


class Traffic:
    """Queries over UDP and segments with data over TCP, for each group of addresses."""

    def __init__(self, groups):
        """`groups`: name -> its IPv4 addresses."""
        self.names = list(groups)
        self._of = {socket.inet_aton(address): number for number, name in enumerate(self.names)
                    for address in groups[name]}
        self._counts = multiprocessing.Array("q", len(self.names))
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(IPV4))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self._process = multiprocessing.Process(target=self._run, daemon=True)

    def start(self):
        self._process.start()
        self._socket.close()

    def stop(self):
        self._process.terminate()
        self._process.join()

    def counts(self):
        return dict(zip(self.names, self._counts))

    def _run(self):
        while True:
            packet, (_, _, kind, *_) = self._socket.recvfrom(HEAD)
            group = self._of.get(packet[16:20]) if kind == FOR_US else None
            if group is not None and is_query(packet):
                self._counts[group] += 1


def is_query(packet):
    """An IPv4 packet that brings something to port 53. TCP: more than the two bytes of a length sent alone."""
    at = (packet[0] & 15) * 4
    if struct.unpack_from("!H", packet, at + 2)[0] != 53:
        return False
    if packet[9] == UDP:
        return True
    total = struct.unpack_from("!H", packet, 2)[0]
    return packet[9] == TCP and total - at - (packet[at + 12] >> 4) * 4 > 2
