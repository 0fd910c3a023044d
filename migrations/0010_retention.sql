-- Purges that can be undone: what was purged stays aside, in the database that it was in, until the time for undo is over.
CREATE TABLE purges (
  id TEXT PRIMARY KEY,
  dataset TEXT NOT NULL,
  state TEXT NOT NULL,
  plan_json TEXT NOT NULL,
  by_person INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  undo_until TEXT NOT NULL,
  row_count INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE purged_parts (
  purge_id TEXT NOT NULL,
  part INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  PRIMARY KEY (purge_id, part)
) WITHOUT ROWID;
CREATE TABLE purged_history_events AS SELECT '' AS purge_id, * FROM history_events WHERE 0;
CREATE TABLE purged_observability_snapshots AS SELECT '' AS purge_id, * FROM observability_snapshots WHERE 0;
CREATE TABLE purged_workflow_executions AS SELECT '' AS purge_id, * FROM workflow_executions WHERE 0;
CREATE TABLE purged_workflow_events AS SELECT '' AS purge_id, * FROM workflow_events WHERE 0;
CREATE TABLE purged_incident_bundles AS SELECT '' AS purge_id, * FROM incident_bundles WHERE 0;
CREATE TABLE purged_stored_key_snapshots AS SELECT '' AS purge_id, * FROM stored_key_snapshots WHERE 0;
-- What samples said per hour, from before they were purged; of an undone purge nothing stays. start is epoch seconds (UTC).
CREATE TABLE sample_rollups (
  start INTEGER NOT NULL,
  connection_id TEXT NOT NULL,
  purge_id TEXT NOT NULL,
  facts_json TEXT NOT NULL,
  PRIMARY KEY (start, connection_id, purge_id)
) WITHOUT ROWID;
CREATE TABLE storage_days (
  day TEXT NOT NULL,
  dataset TEXT NOT NULL,
  row_count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (day, dataset)
) WITHOUT ROWID;
CREATE TABLE retention_state (
  name TEXT PRIMARY KEY,
  value_json TEXT NOT NULL
) WITHOUT ROWID;
