"""What runs on this machine, exactly: memory, speed, the catalog of models, and what to recommend."""
