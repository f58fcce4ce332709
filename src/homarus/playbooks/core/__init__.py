"""What every playbook stands on: durable steps, the ledger of facts, the guard of figures, and the outbox."""
