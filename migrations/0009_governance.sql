-- Policy packs with every version that they had, tombstones, several packs per connection, and what was decided.
ALTER TABLE governance_policy_packs ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE governance_policy_packs ADD COLUMN removed_at TEXT;
CREATE TABLE governance_pack_versions (
  pack_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  saved_at TEXT NOT NULL,
  content_json TEXT NOT NULL,
  PRIMARY KEY (pack_id, version)
) WITHOUT ROWID;
CREATE TABLE several_assignments (
  connection_id TEXT NOT NULL,
  policy_pack_id TEXT,
  assigned_at TEXT NOT NULL,
  PRIMARY KEY (connection_id, policy_pack_id)
);
INSERT INTO several_assignments SELECT connection_id, policy_pack_id, assigned_at FROM governance_assignments;
DROP TABLE governance_assignments;
ALTER TABLE several_assignments RENAME TO governance_assignments;
CREATE TABLE governance_decisions (
  id TEXT PRIMARY KEY,
  at TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  action TEXT NOT NULL,
  items INTEGER NOT NULL,
  run_id TEXT,
  allowed INTEGER NOT NULL,
  violations_json TEXT NOT NULL,
  packs_json TEXT NOT NULL,
  next_opening TEXT,
  window_id TEXT
);
CREATE INDEX governance_decisions_by_time ON governance_decisions (at);
CREATE INDEX governance_decisions_by_connection ON governance_decisions (connection_id, at);
CREATE INDEX governance_decisions_by_run ON governance_decisions (run_id, at) WHERE run_id IS NOT NULL;
