"""Texts and mails: written, sent once, followed to their receipt, and what people answer."""
