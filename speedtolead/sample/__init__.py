"""The sample account of ``make run`` and ``make demo``: everything in it is fictional."""

from importlib.resources import files


def text() -> str:
    """The sample's configuration file."""
    return (files(__name__) / "acme.yaml").read_text("utf-8")
