-- What runs found and did. `body` is the whole value as JSON; columns beside it are what rows are found by.
-- Times are ISO 8601 in UTC with microseconds, so that they sort.
CREATE TABLE run_facts (
  owner_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  snapshot TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (owner_id, run_id, number)
);

CREATE TABLE run_claims (
  owner_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  step TEXT NOT NULL,
  number INTEGER NOT NULL,
  part INTEGER NOT NULL,
  state TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (owner_id, run_id, step, part)
);

CREATE TABLE snapshots (
  owner_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  url TEXT NOT NULL,
  number INTEGER NOT NULL,
  fetched_at TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (owner_id, run_id, sha256, url)
);
CREATE INDEX snapshots_by_hash ON snapshots (owner_id, sha256, fetched_at);

CREATE TABLE run_artifacts (
  owner_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  name TEXT NOT NULL,
  number INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (owner_id, run_id, name)
);

-- What happens elsewhere, each thing once: the key is unique, and a row changes only from the state it is known to be in.
CREATE TABLE effects (
  owner_id TEXT NOT NULL,
  effect_id TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  run_id TEXT NOT NULL,
  state TEXT NOT NULL,
  approval TEXT NOT NULL,
  approved_day TEXT NOT NULL,
  cost_usd REAL NOT NULL,
  changed_at TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (owner_id, effect_id)
);
CREATE UNIQUE INDEX effects_by_key ON effects (owner_id, idempotency_key);
CREATE INDEX effects_by_run ON effects (owner_id, run_id);
CREATE INDEX effects_by_day ON effects (owner_id, approved_day);

-- A row for each day on which something was approved: whoever approves writes it first, so that two never count at once.
CREATE TABLE effect_days (
  owner_id TEXT NOT NULL,
  day TEXT NOT NULL,
  tries INTEGER NOT NULL,
  PRIMARY KEY (owner_id, day)
);

CREATE TABLE source_watermarks (
  owner_id TEXT NOT NULL,
  playbook TEXT NOT NULL,
  source TEXT NOT NULL,
  watermark TEXT NOT NULL,
  moved_at TEXT NOT NULL,
  PRIMARY KEY (owner_id, playbook, source)
);

CREATE TABLE source_states (
  owner_id TEXT NOT NULL,
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (owner_id, source)
);

CREATE TABLE playbook_notes (
  owner_id TEXT NOT NULL,
  playbook TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (owner_id, playbook, kind, key)
);

CREATE TABLE standing_rules (
  owner_id TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  made_at TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (owner_id, rule_id)
);

CREATE TABLE action_items (
  owner_id TEXT NOT NULL,
  key TEXT NOT NULL,
  run_id TEXT NOT NULL,
  is_done INTEGER NOT NULL,
  score REAL NOT NULL,
  changed_at TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (owner_id, key)
);
