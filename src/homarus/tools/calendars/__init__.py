"""Calendars: events as they happen, and answers to invitations."""
