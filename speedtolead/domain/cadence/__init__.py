"""Cadences: the ordered follow-up of a lead, by call, text, mail, webhook and task.

``plan`` is what is written, ``conditions`` the language of ``if`` and ``unless``, ``planner`` decides what comes
next, ``stops`` what ends it, ``checks`` refuses a plan that cannot work. Nothing here knows what is lawful.
"""
