"""The one long-running process: wiring, intake, lanes, outbox, HTTP API, pages."""
