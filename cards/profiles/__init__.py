"""Readable card files, one per case, and their loader. A profile may overlay another; `personalise` turns one into a card."""
