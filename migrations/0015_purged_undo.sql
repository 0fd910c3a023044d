-- What runs keep for undo is among the previous values of keys: a purge of those takes it, and leaves the runs. The column names
-- the purge.
ALTER TABLE workflow_executions ADD COLUMN undo_purge_id TEXT;
ALTER TABLE purged_workflow_executions ADD COLUMN undo_purge_id TEXT;
