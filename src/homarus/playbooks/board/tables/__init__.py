"""The owner's tables: read as people export them, locked down, asked in SQL."""
