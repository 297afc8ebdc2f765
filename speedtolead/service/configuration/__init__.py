"""The configuration file: what it may say (``document``), and making the account so (``apply``)."""
