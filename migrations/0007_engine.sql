-- What the server spent its time on between two samples, and the events of a workflow run.
ALTER TABLE observability_snapshots ADD COLUMN commands_json TEXT;
CREATE INDEX history_events_by_run ON history_events (run_id, timestamp) WHERE run_id IS NOT NULL;
