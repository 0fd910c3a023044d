-- Runs that survive: their histories as events, what lists show of them without reading those, and who owns the files.
ALTER TABLE workflow_executions ADD COLUMN counts_json TEXT NOT NULL DEFAULT '{}';
ALTER TABLE workflow_executions ADD COLUMN cause_json TEXT;
ALTER TABLE workflow_executions ADD COLUMN policy_pack_ids_json TEXT NOT NULL DEFAULT '[]';
ALTER TABLE workflow_executions ADD COLUMN resumed_by_execution_id TEXT;
ALTER TABLE workflow_executions ADD COLUMN spool_id TEXT NOT NULL DEFAULT '';
ALTER TABLE workflow_executions ADD COLUMN sameness TEXT NOT NULL DEFAULT '';
ALTER TABLE workflow_executions ADD COLUMN undone INTEGER NOT NULL DEFAULT 0;
CREATE INDEX workflow_executions_by_time ON workflow_executions (started_at, id);
CREATE INDEX workflow_executions_by_sameness ON workflow_executions (sameness) WHERE sameness <> '';
CREATE TABLE workflow_events (
  run_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  body_json TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;
