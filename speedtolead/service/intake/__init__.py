"""Taking leads: read, checked, judged, and stored once, or refused with a reason.

``fields`` reads a lead's fields; ``standing`` and ``judging`` find out what can be found out about it, and
``providers`` asks others; ``taking`` decides and stores; ``record`` makes the rows and the answers.
"""
