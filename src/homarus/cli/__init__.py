"""Commands and terminal UI: they talk to a gateway and start one when there is none."""
