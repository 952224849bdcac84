"""What the console's pages ask the ledger: quick with 100,000 people and 1,000,000 events.

A `sender` narrows an answer to one rep's people; None is everybody's.
"""
