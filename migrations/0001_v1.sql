-- The store of Cachify Studio's first desktop version.
CREATE TABLE connection_profiles (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  engine TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  db_index INTEGER,
  tls_enabled INTEGER NOT NULL DEFAULT 0,
  environment TEXT NOT NULL,
  tags_json TEXT NOT NULL DEFAULT '[]',
  secret_ref TEXT NOT NULL DEFAULT '',
  read_only INTEGER NOT NULL DEFAULT 0,
  timeout_ms INTEGER NOT NULL DEFAULT 5000,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE TABLE memcached_key_index (
  connection_id TEXT NOT NULL,
  cache_key TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (connection_id, cache_key)
);
