-- What comparing periods and ranking key patterns read instead of event rows. start is epoch seconds (UTC) of a minute.
CREATE TABLE family_rollups (
  start INTEGER NOT NULL,
  connection_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  family TEXT NOT NULL,
  operations INTEGER NOT NULL DEFAULT 0,
  errors INTEGER NOT NULL DEFAULT 0,
  timeouts INTEGER NOT NULL DEFAULT 0,
  slow INTEGER NOT NULL DEFAULT 0,
  sketch BLOB,
  PRIMARY KEY (start, connection_id, environment, family)
) WITHOUT ROWID;
CREATE TABLE pattern_rollups (
  start INTEGER NOT NULL,
  source TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  pattern TEXT NOT NULL,
  touches INTEGER NOT NULL DEFAULT 0,
  errors INTEGER NOT NULL DEFAULT 0,
  last_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (start, source, connection_id, environment, pattern)
) WITHOUT ROWID;
CREATE INDEX history_events_engine ON history_events (timestamp) WHERE source = 'engine';
CREATE INDEX history_events_slow ON history_events (timestamp) WHERE (duration_ms >= 100 OR action = 'engine.slowCommand');
CREATE INDEX observability_snapshots_by_connection ON observability_snapshots (connection_id, timestamp);
