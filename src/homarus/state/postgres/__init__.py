"""The same state on a Postgres server, where several gateways and workers share one house."""
