"""The carrier port on Twilio's Programmable Voice API, or any server that speaks it.

``carrier`` places and reads calls, ``callbacks`` reads and answers what the carrier posts, ``addresses`` holds the
callback paths that both must agree on, ``http`` is the transport under the official SDK, ``errors`` the table of
what each error means. Twilio's words stay in this package.
"""
