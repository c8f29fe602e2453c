"""Offer a card library that could stand alone: a virtual My Number Card, readers, and the client that reads and signs.

`jpki.JpkiClient` talks to any card through a `readers.interface.CardConnection`; `virtual.VirtualCard` is a card made of a
`image.CardImage`, which `personalise.personalise` makes from a profile. The terminal and the stage call this room; it
imports none of the others, takes what it needs as Protocols, tells what happens to an observer, and refuses by `CardError`.
"""
