"""Everything that answers a prompt: wire protocols, engines, router, failover."""
