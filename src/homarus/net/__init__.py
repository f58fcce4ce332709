"""The door: the one place that opens outbound connections."""
