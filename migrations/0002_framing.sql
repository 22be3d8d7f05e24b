-- What --framing auto took for a session: the name of a framing, or none where it recognised nothing. NULL where the
-- configuration says how a session is framed, and while nothing is decided.
ALTER TABLE sessions ADD COLUMN framing TEXT;
