"""The advisory board of eight: experts who see different tables, and figures only from executed SQL."""
