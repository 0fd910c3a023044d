-- Parts say in their manifest how many events of each kind they hold: an index by connection took a third of their room.
DROP INDEX history_events_by_connection;
