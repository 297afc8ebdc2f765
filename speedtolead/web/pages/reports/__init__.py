"""The manager's reports: what each shows, and how one is asked for."""
