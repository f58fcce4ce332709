"""Model servers, read from the servers themselves: one adapter per kind, and a watcher that keeps what they say."""
