"""Rule sets: read from their file, kept in the database, and the one in force handed to whoever decides."""
