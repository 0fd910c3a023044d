-- Large previous values of keys stand in parts, beside the main database, so that windows need not hold all of them.
CREATE TABLE sealed_values (id TEXT PRIMARY KEY, sealed BLOB NOT NULL);
