"""The fact table: every figure is the outcome of a query that ran, with its rows and, for an estimate, its interval."""
