"""Asking a resolver many questions at once: hundreds in flight over UDP, then over TCP what was truncated."""
import collections
import selectors
import socket
import struct
import time

from . import wire

Reply = collections.namedtuple("Reply", "rcode records tcp ttls seconds error ad")
NO_REPLY = Reply("NO REPLY", frozenset(), False, (), 0.0, "", False)


def open_udp(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.connect(address)
    return sock


def to_reply(message, tcp, seconds):
    ttls = tuple((owner, type_, ttl) for owner, type_, ttl, _ in message.answer)
    return Reply(wire.rcode_text(message.rcode), wire.rrsets(message.answer), tcp, ttls, seconds, message.extended_error(),
                 bool(message.flags & 0x20))


def ask_all(address, questions, *, window=300, patience=15.0, tries=2, **more):
    """Replies in the order of `questions`, each (name, type). `more`: as wire.query takes it."""
    replies = [None] * len(questions)
    truncated = []
    waiting = collections.deque((i, tries) for i in range(len(questions)))
    flying = {}  # id -> (index, tries left, sent at)
    sock = open_udp(address)
    sock.setblocking(False)
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ)
    next_id = 0
    while waiting or flying:
        while waiting and len(flying) < window:
            index, left = waiting.popleft()
            next_id = (next_id + 1) & 0xFFFF
            sock.send(wire.query(next_id, *questions[index], **more))
            flying[next_id] = (index, left, time.monotonic())
        selector.select(0.2)
        for message in drain(sock):
            entry = flying.pop(message.id, None)
            if entry is None or not same_question(message, questions[entry[0]]):
                continue
            if message.truncated:
                truncated.append(entry[0])
            else:
                replies[entry[0]] = to_reply(message, False, time.monotonic() - entry[2])
        expire(flying, waiting, replies, patience)
    sock.close()
    for index, reply in ask_tcp(address, questions, truncated, patience, **more).items():
        replies[index] = reply
    return replies


def same_question(message, question):
    return message.question is not None and message.question[0] == wire.name_to_wire(question[0]).lower()


def drain(sock):
    while True:
        try:
            data = sock.recv(65535)
        except (BlockingIOError, ConnectionRefusedError):
            return
        yield wire.Message(data)


def expire(flying, waiting, replies, patience):
    now = time.monotonic()
    for ident, (index, left, sent) in list(flying.items()):
        if now - sent < patience:
            break
        del flying[ident]
        if left > 1:
            waiting.append((index, left - 1))
        else:
            replies[index] = NO_REPLY


def ask_tcp(address, questions, indexes, patience=15.0, pipeline=100, **more):
    """Asks the questions at `indexes` over TCP, up to `pipeline` at once on one connection. index -> Reply."""
    replies = {}
    for start in range(0, len(indexes), pipeline):
        batch = indexes[start:start + pipeline]
        started = time.monotonic()
        with socket.create_connection(address, timeout=patience) as sock:
            sock.sendall(b"".join(frame(wire.query(i, *questions[index], **more)) for i, index in enumerate(batch)))
            for data in read_frames(sock, len(batch)):
                message = wire.Message(data)
                replies[batch[message.id]] = to_reply(message, True, time.monotonic() - started)
        for index in batch:
            replies.setdefault(index, NO_REPLY)
    return replies


def frame(data):
    return struct.pack("!H", len(data)) + data


def read_frames(sock, count):
    """Up to `count` messages; fewer when the other side closes or falls silent."""
    buffer = b""
    while count:
        while len(buffer) >= 2 and len(buffer) >= 2 + struct.unpack_from("!H", buffer)[0]:
            length = struct.unpack_from("!H", buffer)[0]
            yield buffer[2:2 + length]
            buffer = buffer[2 + length:]
            count -= 1
        if not count:
            return
        try:
            more = sock.recv(65536)
        except (TimeoutError, ConnectionError):
            return
        if not more:
            return
        buffer += more


def ask_one(address, name, type_, *, tcp=False, patience=10.0, **more):
    """One question, one whole Message, or None when nothing came."""
    if tcp:
        with socket.create_connection(address, timeout=patience) as sock:
            sock.sendall(frame(wire.query(7, name, type_, **more)))
            for data in read_frames(sock, 1):
                return wire.Message(data)
        return None
    with open_udp(address) as sock:
        sock.settimeout(patience)
        sock.send(wire.query(7, name, type_, **more))
        try:
            return wire.Message(sock.recv(65535))
        except TimeoutError:
            return None
