"""A relay on Python's own asynchat that records every line into SQLite as overhear does: what overhear descends from.

    relay.py PORT UPSTREAM-PORT DATABASE

Bytes are passed on before they are heard. What is heard is kept for at most 25 ms, then written in one transaction; the
settings and the table are overhear's. Python 3.12 has no asynchat any more.
"""

import asynchat
import asyncore
import signal
import socket
import sqlite3
import sys
import time

SCHEMA = """
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, session_id INTEGER NOT NULL, direction INTEGER NOT NULL, sequence INTEGER NOT NULL,
    at_ns INTEGER NOT NULL, byte_count INTEGER NOT NULL, ending INTEGER NOT NULL, kind TEXT, payload BLOB NOT NULL
) STRICT
"""
INSERT = """
INSERT INTO messages (session_id, direction, sequence, at_ns, byte_count, ending, payload) VALUES (?, ?, ?, ?, ?, 0, ?)
"""


class Recorder:
    """Rows that wait, and the database they go to."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "wal_autocheckpoint = 4096"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.execute(SCHEMA)
        self.rows = []

    def write(self):
        if self.rows:
            self.database.execute("BEGIN IMMEDIATE")
            self.database.executemany(INSERT, self.rows)
            self.database.execute("COMMIT")
            self.rows = []


class Channel(asynchat.async_chat):
    """One end of a session: what it receives goes to its partner first, and is then heard."""

    def __init__(self, sock, session, direction, recorder):
        super().__init__(sock)
        self.session = session
        self.direction = direction
        self.recorder = recorder
        self.sequence = 0
        self.pieces = []
        self.set_terminator(b"\n")

    def recv(self, byte_count):
        data = super().recv(byte_count)
        if data:
            self.partner.push(data)
        return data

    def collect_incoming_data(self, data):
        self.pieces.append(data)

    def found_terminator(self):
        self.pieces.append(b"\n")
        message = b"".join(self.pieces)
        self.pieces = []
        self.sequence += 1
        self.recorder.rows.append(
            (self.session, self.direction, self.sequence, time.time_ns(), len(message), message)
        )

    def handle_close(self):
        self.partner.close_when_done()
        self.close()


class Listener(asyncore.dispatcher):
    """Accepts clients, and connects each to the upstream."""

    def __init__(self, port, upstream_port, recorder):
        super().__init__()
        self.upstream_port = upstream_port
        self.recorder = recorder
        self.sessions = 0
        self.create_socket()
        self.set_reuse_addr()
        self.bind(("127.0.0.1", port))
        self.listen(4096)

    def handle_accepted(self, sock, address):
        self.sessions += 1
        upstream = socket.create_connection(("127.0.0.1", self.upstream_port))
        for end in (sock, upstream):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Channel(sock, self.sessions, 0, self.recorder)
        server = Channel(upstream, self.sessions, 1, self.recorder)
        client.partner = server
        server.partner = client


def main():
    port, upstream_port, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    # What was passed on is heard before the end: the signal ends the loop, and no callback.
    told_to_end = []
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.append(True))
    recorder = Recorder(path)
    Listener(port, upstream_port, recorder)
    written = time.monotonic()
    while not told_to_end:
        asyncore.poll2(0.025)
        if time.monotonic() - written >= 0.025:
            recorder.write()
            written = time.monotonic()
    recorder.write()


main()
