"""A campaign out of a configuration file, for whoever thinks it through without a database.

Owns: finding it there, and the rules that came with the product. Must not know: what is done with either.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.errors import NotFound
from speedtolead.domain.rule_set import RuleSet
from speedtolead.service.configuration.document import ConfigurationError, read
from speedtolead.service.rules import file


class NoRules:
    """The rule set that came with the product, and none that was loaded."""

    def at(self, now: datetime) -> RuleSet:
        return file.shipped()


class OneRuleSet:
    """A rule set of a file, for every moment."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigurationError, OSError."""
        try:
            self._only = file.read(path.read_text("utf-8"))
        except UnicodeDecodeError:
            raise ConfigurationError([f"{path}: not UTF-8"]) from None

    def at(self, now: datetime) -> RuleSet:
        return self._only


def campaign_of_file(path: Path, name: str | None) -> Campaign:
    """A campaign of a file that could be applied; ``name`` None where there is only one.

    Raises ConfigurationError, NotFound, OSError.
    """
    try:
        document = read(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise ConfigurationError([f"{path}: not UTF-8"]) from None
    names = [one.name for one in document.campaigns]
    if name is None and len(names) != 1:
        raise ConfigurationError([f"say --campaign: one of {', '.join(names) or 'none, the file has none'}"])
    part = next((one for one in document.campaigns if one.name == (name or names[0])), None)
    if part is None:
        raise NotFound(f"There is no campaign {name!r} in {path}; there are {', '.join(names)}.")
    mail = None if document.mail is None else document.mail.to_domain()
    return part.to_domain(document.timezone, document.contact.to_domain(), mail)
