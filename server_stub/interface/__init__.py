"""What terminal, centre, issuing server and the stage have agreed on.

Everybody may import this room; it imports no other room, no database and no web framework. The telegrams are this
project's own design: the interface documents of the real service are not public (docs/facts.md, "System").
"""
