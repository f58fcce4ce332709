"""Mailboxes and mail that goes out, over connections of the door."""
