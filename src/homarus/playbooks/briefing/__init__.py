"""The morning briefing: mails, calendar, campaigns and tasks on one screen, with what to do and why."""
