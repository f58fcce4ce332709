-- Work that is planned. `body` is the whole Job.
CREATE TABLE jobs (
  owner_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  name TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  body TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  PRIMARY KEY (owner_id, job_id)
);

-- One row for each time that work was done or skipped. `body` is the JobRun as it was queued; what changes has a column.
-- Times are ISO 8601 in UTC, so that they sort. A slot of a schedule has one row, whoever is first.
CREATE TABLE runs (
  owner_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  job_id TEXT,
  slot TEXT,
  state TEXT NOT NULL,
  body TEXT NOT NULL,
  leg INTEGER NOT NULL,
  schema_number INTEGER NOT NULL,
  executor TEXT NOT NULL,
  boot TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  waits_for TEXT NOT NULL,
  due_at TEXT,
  deadline_at TEXT,
  started_at TEXT,
  ended_at TEXT,
  told_at TEXT,
  spent TEXT NOT NULL,
  models TEXT NOT NULL,
  report TEXT NOT NULL,
  summary TEXT NOT NULL,
  error TEXT NOT NULL,
  hint TEXT NOT NULL,
  PRIMARY KEY (owner_id, run_id)
);
CREATE UNIQUE INDEX runs_by_slot ON runs (owner_id, job_id, slot);
CREATE INDEX runs_open ON runs (owner_id, state, due_at) WHERE ended_at IS NULL;
CREATE INDEX runs_by_job ON runs (owner_id, job_id, run_id);

-- Processes that work runs. One whose `seen_at` is old is dead, and its runs are given to others.
CREATE TABLE executors (
  owner_id TEXT NOT NULL,
  executor TEXT NOT NULL,
  boot TEXT NOT NULL,
  started_at TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  PRIMARY KEY (owner_id, executor)
);
