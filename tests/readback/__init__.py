"""Reads papers back and holds them against the delivery files. Shares no code with the loader, the issuing server or the
paper room: it was written from scenarios/towns/kobe/README.md alone."""
