"""Taking leads from a file: each row is posted to the intake as the API would post it, and its call gets a time.

``records`` and ``table`` read the file; ``columns`` makes its rows our fields; ``pace`` says when each lead may be
called; ``tally`` counts what became of them; ``refusals`` writes the rows that were not taken; ``run`` does it all,
so that it can be killed anywhere and gone on with. Each uses only those before it.
"""
