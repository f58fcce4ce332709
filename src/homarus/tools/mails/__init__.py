"""Mails as they come, however malformed, turned into what a person would read."""
