-- The log: facts, in the order they were written, never changed. `hash` chains each row to the one before.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  owner_id TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  kind TEXT NOT NULL,
  session TEXT,
  turn TEXT,
  dedupe TEXT,
  body TEXT NOT NULL,
  hash BLOB NOT NULL
);
CREATE UNIQUE INDEX events_by_dedupe ON events (owner_id, dedupe) WHERE dedupe IS NOT NULL;
CREATE INDEX events_by_turn ON events (owner_id, turn, seq) WHERE turn IS NOT NULL;
CREATE INDEX events_by_session ON events (owner_id, session, seq, kind) WHERE session IS NOT NULL;
CREATE INDEX events_by_kind ON events (owner_id, kind, seq);

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are facts and are never changed');
END;
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are facts and are never removed');
END;

-- Views of the log that are kept up to date with it, in the same transaction. They can be built again from events.
CREATE TABLE turns (
  owner_id TEXT NOT NULL,
  turn TEXT NOT NULL,
  session TEXT NOT NULL,
  accepted_seq INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (owner_id, turn)
) WITHOUT ROWID;
CREATE INDEX turns_unfinished ON turns (owner_id, accepted_seq) WHERE state <> 'done';
CREATE INDEX turns_open_by_session ON turns (owner_id, session, state) WHERE state <> 'done';

CREATE TABLE sessions (
  owner_id TEXT NOT NULL,
  session TEXT NOT NULL,
  agent TEXT NOT NULL,
  channel TEXT NOT NULL,
  title TEXT NOT NULL,
  first_us INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  turns INTEGER NOT NULL,
  replies INTEGER NOT NULL,
  PRIMARY KEY (owner_id, session)
) WITHOUT ROWID;
CREATE INDEX sessions_by_time ON sessions (owner_id, last_us DESC);

-- Full text of what people wrote and what they were answered; the row id is the event's number.
CREATE VIRTUAL TABLE messages USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2');

CREATE TABLE reminders (
  owner_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  session TEXT NOT NULL,
  text TEXT NOT NULL,
  due_us INTEGER NOT NULL,
  zone TEXT NOT NULL,
  fired_us INTEGER,
  late_s REAL,
  PRIMARY KEY (owner_id, reminder_id)
) WITHOUT ROWID;
CREATE INDEX reminders_waiting ON reminders (owner_id, due_us) WHERE fired_us IS NULL;

CREATE TABLE reminders_seen (
  owner_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  face TEXT NOT NULL,
  PRIMARY KEY (owner_id, reminder_id, face)
) WITHOUT ROWID;

-- Who may come in. Only hashes of tokens are kept.
CREATE TABLE devices (
  owner_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  name TEXT NOT NULL,
  token_hash BLOB NOT NULL,
  paired_us INTEGER NOT NULL,
  seen_us INTEGER,
  revoked_us INTEGER,
  PRIMARY KEY (owner_id, device_id)
) WITHOUT ROWID;

CREATE TABLE keys (
  owner_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  key_hash BLOB NOT NULL,
  scopes TEXT NOT NULL,
  added_us INTEGER NOT NULL,
  used_us INTEGER,
  revoked_us INTEGER,
  PRIMARY KEY (owner_id, key_id)
) WITHOUT ROWID;

-- An index over the Markdown files of the workspace, which are the truth.
CREATE TABLE memory_files (
  owner_id TEXT NOT NULL,
  file TEXT NOT NULL,
  mtime_ns INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (owner_id, file)
) WITHOUT ROWID;

CREATE TABLE memory_notes (
  note INTEGER PRIMARY KEY,
  owner_id TEXT NOT NULL,
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  heading TEXT NOT NULL,
  text TEXT NOT NULL,
  label TEXT NOT NULL
);
CREATE INDEX memory_notes_by_file ON memory_notes (owner_id, file);

CREATE VIRTUAL TABLE memory_words USING fts5 (
  text, heading, content = 'memory_notes', content_rowid = 'note',
  tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER memory_note_added AFTER INSERT ON memory_notes
BEGIN
  INSERT INTO memory_words (rowid, text, heading) VALUES (new.note, new.text, new.heading);
END;
CREATE TRIGGER memory_note_removed AFTER DELETE ON memory_notes
BEGIN
  INSERT INTO memory_words (memory_words, rowid, text, heading) VALUES ('delete', old.note, old.text, old.heading);
END;
