-- A session's samples in the order of time, both channels' side by side: so what is sampled together lies together, and is
-- written as one page instead of two. Columns and their meaning stay; but only a new table can have another order, so an index or
-- a trigger that somebody gave the old one goes with it.
--
-- Somebody's views stay as they are: only so does a table that is renamed not change those that name it.
PRAGMA legacy_alter_table = ON;

DROP VIEW channel_log;

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

PRAGMA legacy_alter_table = OFF;
