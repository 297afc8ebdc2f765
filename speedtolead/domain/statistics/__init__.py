"""How sure a number is: intervals, differences, what is still needed to tell, tests that may be looked at any day.

Owns: the formulas, each with its source and with what is stated of its error. Must not know: what is counted, or
where it is shown. Standard library only; nothing here is random, so the same counts always give the same answer.

================  =====================================================================
``rates``         a rate (Wilson), a difference of two (Newcombe)
``money``         cost per sale, ROAS, and one source's against another's (log-normal, MOVER)
``sample_size``   how many more leads until a difference can be told
``sequential``    two arms of an experiment, at every look (mixture sequential test)
================  =====================================================================
"""
