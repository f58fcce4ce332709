-- Small facts that outlive the process and are replaced when they change: score cards, pins, measured speeds.
CREATE TABLE records (
  owner_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  PRIMARY KEY (owner_id, kind, key)
) WITHOUT ROWID;
