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
