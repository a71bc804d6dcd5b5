"""The window: a local web app to look at datasets and runs, and the desk where people review responses.

It reads what is committed, follows what is being written, and changes nothing but the journal of a review. Every page
is made on the server; scripts draw curves and formulas, and send the keys of the desk.
"""
