"""How words are said, as operators and callers wrote it down: kept in files, and ready for every request."""
