"""Playbooks in a running house: what they ask for, done with the real rooms."""
