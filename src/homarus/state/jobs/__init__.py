"""Work that starts without a message: its tables, and the engine that carries it."""
