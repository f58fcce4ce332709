"""Everything an agent may do: rules, labels, budgets, approvals. Pure decisions, no I/O."""
