-- Replies that a channel must send and has not: found at the start without looking through the log.
CREATE TABLE outbox (
  owner_id TEXT NOT NULL,
  turn TEXT NOT NULL,
  written_seq INTEGER NOT NULL,
  PRIMARY KEY (owner_id, turn)
) WITHOUT ROWID;

INSERT OR IGNORE INTO outbox (owner_id, turn, written_seq)
SELECT owner_id, turn, seq FROM events AS written
WHERE kind = 'reply.written' AND turn IS NOT NULL AND json_extract(body, '$.to') <> ''
AND NOT EXISTS (
  SELECT 1 FROM events AS done
  WHERE done.owner_id = written.owner_id AND done.turn = written.turn
  AND done.kind IN ('reply.delivered', 'reply.unknown')
);
