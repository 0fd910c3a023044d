-- The store moves into VS Code: connections live in settings, so profiles become the record of every connection that
-- rows refer to (id = uid); undo snapshots hold sealed bytes of every type; samples and events carry what panels need.
ALTER TABLE connection_profiles ADD COLUMN definition_id TEXT NOT NULL DEFAULT '';
ALTER TABLE connection_profiles ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE connection_profiles ADD COLUMN destination TEXT NOT NULL DEFAULT '';
CREATE TABLE stored_key_snapshots (
  id TEXT PRIMARY KEY,
  connection_id TEXT NOT NULL,
  key BLOB NOT NULL,
  type TEXT NOT NULL,
  taken_at TEXT NOT NULL,
  expires_at TEXT,
  bytes INTEGER NOT NULL,
  reason TEXT NOT NULL,
  run_id TEXT,
  sealed_bytes INTEGER NOT NULL,
  sealed BLOB NOT NULL
);
CREATE INDEX stored_key_snapshots_by_key ON stored_key_snapshots (connection_id, key, taken_at);
CREATE INDEX stored_key_snapshots_by_time ON stored_key_snapshots (connection_id, taken_at);
-- Events are kept in the order of time, whatever their ids are.
CREATE TABLE ordered_events (
  id TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  source TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  action TEXT NOT NULL,
  key_or_pattern TEXT NOT NULL,
  duration_ms REAL NOT NULL,
  status TEXT NOT NULL,
  redacted_diff TEXT,
  error_code TEXT,
  retryable INTEGER,
  details_json TEXT,
  attempt INTEGER,
  correlation_id TEXT,
  run_id TEXT,
  PRIMARY KEY (timestamp, id)
) WITHOUT ROWID;
INSERT INTO ordered_events (id, timestamp, source, connection_id, environment, action, key_or_pattern, duration_ms, status,
    redacted_diff, error_code, retryable, details_json)
  SELECT id, timestamp, source, connection_id, environment, action, key_or_pattern, duration_ms, status, redacted_diff,
    error_code, retryable, details_json FROM history_events;
DROP TABLE history_events;
ALTER TABLE ordered_events RENAME TO history_events;
CREATE INDEX history_events_by_connection ON history_events (connection_id, timestamp);
CREATE INDEX history_events_failed ON history_events (timestamp) WHERE status <> 'success';
ALTER TABLE observability_snapshots ADD COLUMN period_seconds REAL NOT NULL DEFAULT 0;
ALTER TABLE observability_snapshots ADD COLUMN operation_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE observability_snapshots ADD COLUMN used_memory_bytes INTEGER;
ALTER TABLE observability_snapshots ADD COLUMN max_memory_bytes INTEGER;
ALTER TABLE observability_snapshots ADD COLUMN connected_clients INTEGER;
ALTER TABLE observability_snapshots ADD COLUMN keyspace_hits INTEGER;
ALTER TABLE observability_snapshots ADD COLUMN keyspace_misses INTEGER;
ALTER TABLE observability_snapshots ADD COLUMN evicted_keys INTEGER;
ALTER TABLE observability_snapshots ADD COLUMN replication_link TEXT;
CREATE INDEX observability_snapshots_by_time ON observability_snapshots (timestamp, connection_id);
-- Roll-ups: start is epoch seconds (UTC) of a minute or an hour; sketch is a latency sketch of successful operations.
CREATE TABLE operation_rollups (
  span INTEGER NOT NULL,
  start INTEGER NOT NULL,
  connection_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  success INTEGER NOT NULL DEFAULT 0,
  error INTEGER NOT NULL DEFAULT 0,
  blocked INTEGER NOT NULL DEFAULT 0,
  watched_seconds REAL NOT NULL DEFAULT 0,
  sketch BLOB,
  PRIMARY KEY (span, start, connection_id, environment)
) WITHOUT ROWID;
CREATE TABLE action_rollups (
  start INTEGER NOT NULL,
  connection_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  action TEXT NOT NULL,
  success INTEGER NOT NULL DEFAULT 0,
  error INTEGER NOT NULL DEFAULT 0,
  blocked INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (start, connection_id, environment, action)
) WITHOUT ROWID;
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  fence INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
