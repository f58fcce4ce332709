"""Overnight research: read a watch-list politely, compare records with last night's, and print only proven claims."""
