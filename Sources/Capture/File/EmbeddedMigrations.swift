// swift-format-ignore-file
/// The files of `migrations/`, in order, as the binary carries them. Written by `migrations/embed.sh`.
extension Migration {
    static let embedded: [Migration] = [
        Migration(
            version: 1,
            name: "initial",
            sha256: "0a56ae558ce880a3bcbddc0b6c37d1514e109d1c253052b30675966093ad34ba",
            sql: ##"""
-- The record of what was heard. A contract: columns keep their names and meaning; later files only add.
--
-- Runs as it is in the sqlite3 shell (3.40 or later). No transaction statements here: overhear puts each file into one
-- transaction, together with its row in schema_migrations.
--
-- Times are nanoseconds since 1970-01-01T00:00:00Z; the views show them as UTC with microseconds.
-- Direction 0 is upstream (client to server, shown as >), 1 is downstream (server to client, shown as <).
-- Side 0 is the client's channel, 1 the upstream server's.

CREATE TABLE schema_migrations (
    version       INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL,
    sha256        TEXT    NOT NULL,
    applied_at_ns INTEGER NOT NULL
) STRICT;

-- One row for each start of the relay. clean: NULL while it runs, 1 if it ended in order, 0 if it did not.
CREATE TABLE runs (
    id            INTEGER PRIMARY KEY,
    version       TEXT    NOT NULL,
    pid           INTEGER NOT NULL,
    host          TEXT    NOT NULL,
    configuration TEXT    NOT NULL,
    started_at_ns INTEGER NOT NULL,
    ended_at_ns   INTEGER,
    clean         INTEGER
) STRICT;

-- One row for each client accepted. The counts are of what was heard, recorded or not; those of a live session are as
-- old as its last sample. All messages of a session lie between first_message_id and last_message_id, among others'.
CREATE TABLE sessions (
    id                  INTEGER PRIMARY KEY,
    run_id              INTEGER NOT NULL,
    route               TEXT    NOT NULL,
    client_address      TEXT    NOT NULL,
    upstream_address    TEXT,
    opened_at_ns        INTEGER NOT NULL,
    connected_at_ns     INTEGER,
    closed_at_ns        INTEGER,
    close_reason        TEXT,
    bytes_upstream      INTEGER NOT NULL DEFAULT 0,
    bytes_downstream    INTEGER NOT NULL DEFAULT 0,
    messages_upstream   INTEGER NOT NULL DEFAULT 0,
    messages_downstream INTEGER NOT NULL DEFAULT 0,
    first_message_id    INTEGER,
    last_message_id     INTEGER
) STRICT;

CREATE INDEX sessions_open ON sessions (id) WHERE closed_at_ns IS NULL;

-- One row for each message, numbered without holes in the order of commits: id > ? never misses one.
-- ending: 0 terminator, 1 length, 2 chunk, 3 overlong, 4 endOfStream.
CREATE TABLE messages (
    id         INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL,
    direction  INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    at_ns      INTEGER NOT NULL,
    byte_count INTEGER NOT NULL,
    ending     INTEGER NOT NULL,
    kind       TEXT,
    payload    BLOB    NOT NULL
) STRICT;

-- What each channel's buffers and queue held, and what it had done so far.
CREATE TABLE channel_samples (
    session_id            INTEGER NOT NULL,
    side                  INTEGER NOT NULL,
    at_ns                 INTEGER NOT NULL,
    input_bytes           INTEGER NOT NULL,
    fifo_items            INTEGER NOT NULL,
    fifo_bytes            INTEGER NOT NULL,
    fifo_high_water_bytes INTEGER NOT NULL,
    bytes_in              INTEGER NOT NULL,
    bytes_out             INTEGER NOT NULL,
    reads                 INTEGER NOT NULL,
    writes                INTEGER NOT NULL,
    partial_writes        INTEGER NOT NULL,
    paused_ns             INTEGER NOT NULL,
    PRIMARY KEY (session_id, side, at_ns)
) STRICT, WITHOUT ROWID;

-- Where the record has holes. messages and bytes are NULL where nobody could count them.
CREATE TABLE gaps (
    run_id   INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    from_ns  INTEGER NOT NULL,
    to_ns    INTEGER NOT NULL,
    messages INTEGER,
    bytes    INTEGER
) STRICT;

-- Messages for people. text is the payload where it is readable (CR, LF and tab shown as \r, \n and \t), else x'hex':
-- a payload with NUL, control characters or broken UTF-8 is never shown as text.
CREATE VIEW message_log AS
SELECT m.id,
       m.session_id,
       strftime('%Y-%m-%dT%H:%M:%S', m.at_ns / 1000000000, 'unixepoch')
           || printf('.%06dZ', m.at_ns / 1000 % 1000000) AS time,
       s.route,
       CASE m.direction WHEN 0 THEN '>' ELSE '<' END AS direction,
       m.sequence,
       m.byte_count,
       CASE m.ending
           WHEN 0 THEN 'terminator' WHEN 1 THEN 'length' WHEN 2 THEN 'chunk' WHEN 3 THEN 'overlong'
           ELSE 'endOfStream'
       END AS ending,
       m.kind,
       CASE
           WHEN instr(m.payload, x'00') = 0
               AND CAST(m.payload AS TEXT) NOT GLOB '*[' || char(1) || '-' || char(8) || char(11) || char(12)
                   || char(14) || '-' || char(31) || char(127) || '-' || char(159) || char(65533) || ']*'
               AND (CAST(m.payload AS TEXT) NOT GLOB '*[' || char(128) || '-' || char(1114111) || ']*'
                   OR length(CAST(m.payload AS TEXT)) < length(m.payload))
           THEN replace(replace(replace(CAST(m.payload AS TEXT), char(13), '\r'), char(10), '\n'), char(9), '\t')
           ELSE 'x''' || hex(m.payload) || ''''
       END AS text
FROM messages AS m
JOIN sessions AS s ON s.id = m.session_id AND m.id BETWEEN s.first_message_id AND s.last_message_id;

-- Sessions for people. state is open, or the reason it closed for; seconds is its age at the close.
CREATE VIEW session_log AS
SELECT s.id AS session_id,
       strftime('%Y-%m-%dT%H:%M:%S', s.opened_at_ns / 1000000000, 'unixepoch')
           || printf('.%06dZ', s.opened_at_ns / 1000 % 1000000) AS time,
       s.route,
       s.client_address,
       s.upstream_address,
       coalesce(s.close_reason, 'open') AS state,
       (s.closed_at_ns - s.opened_at_ns) / 1e9 AS seconds,
       s.messages_upstream,
       s.messages_downstream,
       s.bytes_upstream,
       s.bytes_downstream,
       s.run_id
FROM sessions AS s;

-- Buffers and queues for people, oldest first within a session.
CREATE VIEW channel_log AS
SELECT c.session_id,
       strftime('%Y-%m-%dT%H:%M:%S', c.at_ns / 1000000000, 'unixepoch')
           || printf('.%06dZ', c.at_ns / 1000 % 1000000) AS time,
       s.route,
       CASE c.side WHEN 0 THEN 'client' ELSE 'upstream' END AS side,
       c.input_bytes,
       c.fifo_items,
       c.fifo_bytes,
       c.fifo_high_water_bytes,
       c.bytes_in,
       c.bytes_out,
       c.reads,
       c.writes,
       c.partial_writes,
       c.paused_ns / 1e6 AS paused_ms
FROM channel_samples AS c
LEFT JOIN sessions AS s ON s.id = c.session_id;

-- Each request with its answer: the last message upstream before the direction turns, the first one downstream after
-- it, and the time between. A request that nothing has followed yet shows without an answer.
CREATE VIEW exchanges AS
SELECT t.session_id,
       strftime('%Y-%m-%dT%H:%M:%S', t.at_ns / 1000000000, 'unixepoch')
           || printf('.%06dZ', t.at_ns / 1000 % 1000000) AS time,
       t.route,
       t.id AS request_id,
       (SELECT l.text FROM message_log AS l WHERE l.id = t.id) AS request,
       t.answer_id,
       (SELECT l.text FROM message_log AS l WHERE l.id = t.answer_id) AS answer,
       t.answer_at_ns - t.at_ns AS turnaround_ns
FROM (
    SELECT m.session_id,
           s.route,
           m.id,
           m.direction,
           m.at_ns,
           lead(m.direction) OVER later AS answer_direction,
           lead(m.id) OVER later AS answer_id,
           lead(m.at_ns) OVER later AS answer_at_ns
    FROM messages AS m
    JOIN sessions AS s ON s.id = m.session_id AND m.id BETWEEN s.first_message_id AND s.last_message_id
    WINDOW later AS (PARTITION BY m.session_id ORDER BY m.id)
) AS t
WHERE t.direction = 0 AND (t.answer_direction = 1 OR t.answer_direction IS NULL);

"""##
        ),
        Migration(
            version: 2,
            name: "framing",
            sha256: "90ccaf3cc7ba4c3dd466bddb8a045377cc37a7f5ac657f49b29323476743c0a5",
            sql: ##"""
-- What --framing auto took for a session: the name of a framing, or none where it recognised nothing. NULL where the
-- configuration says how a session is framed, and while nothing is decided.
ALTER TABLE sessions ADD COLUMN framing TEXT;

"""##
        ),
        Migration(
            version: 3,
            name: "sample_order",
            sha256: "8214f5b53cd32f4cd752328cdfc0d15e4ddd22948912be57366a3a7d5eaaf950",
            sql: ##"""
-- A session's samples in the order of time, both channels' side by side: so what is sampled together lies together, and is
-- written as one page instead of two. Columns and their meaning stay; but only a new table can have another order, so an index or
-- a trigger that somebody gave the old one goes with it.
--
-- Views stay as they are, ours and somebody's: only so does a table that is renamed not change those that name it.
PRAGMA legacy_alter_table = ON;

ALTER TABLE channel_samples RENAME TO channel_samples_by_side;

CREATE TABLE channel_samples (
    session_id            INTEGER NOT NULL,
    side                  INTEGER NOT NULL,
    at_ns                 INTEGER NOT NULL,
    input_bytes           INTEGER NOT NULL,
    fifo_items            INTEGER NOT NULL,
    fifo_bytes            INTEGER NOT NULL,
    fifo_high_water_bytes INTEGER NOT NULL,
    bytes_in              INTEGER NOT NULL,
    bytes_out             INTEGER NOT NULL,
    reads                 INTEGER NOT NULL,
    writes                INTEGER NOT NULL,
    partial_writes        INTEGER NOT NULL,
    paused_ns             INTEGER NOT NULL,
    PRIMARY KEY (session_id, at_ns, side)
) STRICT, WITHOUT ROWID;

INSERT INTO channel_samples SELECT * FROM channel_samples_by_side ORDER BY session_id, at_ns, side;

DROP TABLE channel_samples_by_side;

PRAGMA legacy_alter_table = OFF;

"""##
        ),
    ]
}
