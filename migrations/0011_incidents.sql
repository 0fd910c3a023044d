-- Bundles that can be proved: what was shown, what is being written, and what was handed over.
ALTER TABLE incident_bundles ADD COLUMN body_json TEXT;
CREATE TABLE incident_previews (
  id TEXT PRIMARY KEY,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  body_json TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE incident_exports (
  id TEXT PRIMARY KEY,
  preview_id TEXT NOT NULL,
  target TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at TEXT NOT NULL,
  body_json TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX incident_exports_by_time ON incident_exports (created_at, id);
CREATE INDEX incident_bundles_by_time ON incident_bundles (created_at, id);
