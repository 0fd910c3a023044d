-- The third desktop version: resumable runs, rules, policy packs, incident bundles, retention.
ALTER TABLE workflow_executions ADD COLUMN checkpoint_token TEXT;
ALTER TABLE workflow_executions ADD COLUMN policy_pack_id TEXT;
ALTER TABLE workflow_executions ADD COLUMN schedule_window_id TEXT;
ALTER TABLE workflow_executions ADD COLUMN resumed_from_execution_id TEXT;
CREATE TABLE alert_rules (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  metric TEXT NOT NULL,
  threshold REAL NOT NULL,
  lookback_minutes INTEGER NOT NULL,
  severity TEXT NOT NULL,
  connection_id TEXT,
  environment TEXT,
  enabled INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE TABLE governance_policy_packs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT,
  environments_json TEXT NOT NULL,
  max_workflow_items INTEGER NOT NULL,
  max_retry_attempts INTEGER NOT NULL,
  scheduling_enabled INTEGER NOT NULL DEFAULT 0,
  execution_windows_json TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE TABLE governance_assignments (
  connection_id TEXT PRIMARY KEY,
  policy_pack_id TEXT,
  assigned_at TEXT NOT NULL
);
CREATE TABLE incident_bundles (
  id TEXT PRIMARY KEY,
  created_at TEXT NOT NULL,
  from_ts TEXT NOT NULL,
  to_ts TEXT NOT NULL,
  connection_ids_json TEXT NOT NULL,
  includes_json TEXT NOT NULL,
  redaction_profile TEXT NOT NULL,
  checksum TEXT NOT NULL,
  artifact_path TEXT NOT NULL,
  timeline_count INTEGER NOT NULL,
  log_count INTEGER NOT NULL,
  diagnostic_count INTEGER NOT NULL,
  metric_count INTEGER NOT NULL,
  truncated INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE retention_policies (
  dataset TEXT PRIMARY KEY,
  retention_days INTEGER NOT NULL,
  storage_budget_mb INTEGER NOT NULL,
  auto_purge_oldest INTEGER NOT NULL DEFAULT 1
);
