-- What 0011 added to bundles, for those that a purge sets aside.
ALTER TABLE purged_incident_bundles ADD COLUMN body_json TEXT;
