-- The twin of sql/0002_outbox.sql: no Postgres log is older than this table, so that there is nothing to fill in.
CREATE TABLE outbox (
  owner_id TEXT NOT NULL,
  turn TEXT NOT NULL,
  written_seq BIGINT NOT NULL,
  PRIMARY KEY (owner_id, turn)
);
