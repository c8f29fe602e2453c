"""The replica (副本) of a municipality's registers: a database of its own, apart from the ledger.

`importers.load_delivery` takes in what the existing systems deliver and builds the next generation beside the living one;
`replica.Replica` reads one generation from beginning to end. The issuing server reads, the stage and the command line load;
nobody writes records in code.
"""
