"""The configuration as it lies on disk: read with positions, never rewritten."""
