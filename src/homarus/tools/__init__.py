"""Everything an agent can do, one file each, and the sandbox."""
