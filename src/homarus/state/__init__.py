"""Disk: configuration in, the event log and the other tables, secrets, blobs."""
