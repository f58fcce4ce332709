"""The books of runs on the house's database: facts, effects, watermarks, rules."""
