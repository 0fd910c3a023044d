-- Alerts that can be trusted: rules whole, what their evaluation remembers, who was told, and per minute what servers said.
ALTER TABLE alert_rules ADD COLUMN body_json TEXT;
ALTER TABLE alert_rules ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE alert_rules ADD COLUMN origin_root TEXT NOT NULL DEFAULT '';
ALTER TABLE alert_rules ADD COLUMN applies_to_json TEXT;
CREATE INDEX alert_rules_by_origin ON alert_rules (origin, origin_root);
ALTER TABLE alert_events ADD COLUMN rule_id TEXT;
ALTER TABLE alert_events ADD COLUMN episode_from TEXT;
ALTER TABLE alert_events ADD COLUMN episode_to TEXT;
-- '' = nothing to show, 'due', 'claimed' by a window, 'shown'.
ALTER TABLE alert_events ADD COLUMN toast TEXT NOT NULL DEFAULT '';
ALTER TABLE alert_events ADD COLUMN toast_due_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert_events ADD COLUMN toast_by TEXT NOT NULL DEFAULT '';
ALTER TABLE alert_events ADD COLUMN toast_at_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX alert_events_by_time ON alert_events (created_at, id);
CREATE INDEX alert_events_unread ON alert_events (created_at) WHERE is_read = 0;
CREATE INDEX alert_events_to_show ON alert_events (toast_due_ms) WHERE toast IN ('due', 'claimed');
CREATE TABLE alert_states (
  rule_id TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  body_json TEXT NOT NULL,
  PRIMARY KEY (rule_id, connection_id)
) WITHOUT ROWID;
CREATE TABLE alert_snoozes (
  rule_id TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (rule_id, connection_id)
) WITHOUT ROWID;
CREATE TABLE alert_marks (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
-- In the store of the history: what samples of a minute said about the server, as domain/alerts/engineFacts.ts packs it.
CREATE TABLE engine_rollups (
  start INTEGER NOT NULL,
  connection_id TEXT NOT NULL,
  facts BLOB NOT NULL,
  PRIMARY KEY (start, connection_id)
) WITHOUT ROWID;
