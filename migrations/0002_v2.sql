-- The second desktop version: safety per profile, undo, workflows, history, observability, alerts.
ALTER TABLE connection_profiles ADD COLUMN force_read_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection_profiles ADD COLUMN retry_max_attempts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE connection_profiles ADD COLUMN retry_backoff_ms INTEGER NOT NULL DEFAULT 250;
ALTER TABLE connection_profiles ADD COLUMN retry_backoff_strategy TEXT NOT NULL DEFAULT 'fixed';
ALTER TABLE connection_profiles ADD COLUMN retry_abort_on_error_rate REAL NOT NULL DEFAULT 1;
CREATE TABLE key_snapshots (
  id TEXT PRIMARY KEY,
  connection_id TEXT NOT NULL,
  cache_key TEXT NOT NULL,
  captured_at TEXT NOT NULL,
  redacted_value_hash TEXT NOT NULL,
  value_text TEXT,
  ttl_seconds INTEGER,
  reason TEXT NOT NULL
);
CREATE TABLE workflow_templates (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  parameters_json TEXT NOT NULL,
  requires_approval_on_prod INTEGER NOT NULL DEFAULT 1,
  supports_dry_run INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE TABLE workflow_executions (
  id TEXT PRIMARY KEY,
  workflow_template_id TEXT,
  workflow_name TEXT NOT NULL,
  workflow_kind TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  status TEXT NOT NULL,
  retry_count INTEGER NOT NULL DEFAULT 0,
  dry_run INTEGER NOT NULL DEFAULT 0,
  parameters_json TEXT NOT NULL,
  step_results_json TEXT NOT NULL,
  error_message TEXT
);
CREATE TABLE history_events (
  id TEXT PRIMARY KEY,
  timestamp TEXT NOT NULL,
  source TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  action TEXT NOT NULL,
  key_or_pattern TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  status TEXT NOT NULL,
  redacted_diff TEXT,
  error_code TEXT,
  retryable INTEGER,
  details_json TEXT
);
CREATE TABLE observability_snapshots (
  id TEXT PRIMARY KEY,
  connection_id TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  latency_p50_ms REAL,
  latency_p95_ms REAL,
  error_rate REAL,
  reconnect_count INTEGER NOT NULL DEFAULT 0,
  ops_per_second REAL,
  slow_op_count INTEGER
);
CREATE TABLE alert_events (
  id TEXT PRIMARY KEY,
  created_at TEXT NOT NULL,
  connection_id TEXT,
  environment TEXT,
  severity TEXT NOT NULL,
  title TEXT NOT NULL,
  message TEXT NOT NULL,
  source TEXT NOT NULL,
  is_read INTEGER NOT NULL DEFAULT 0
);
