"""What the resident sees: one screen a file, each showing one view of the flow and emitting the flow's events.

A screen decides nothing and knows no device, card or server. The terminal's start-up makes one `KioskWindow` (window.py)
and calls `show_view`; scenarios find buttons through `touchables`; `gallery.py` makes the pictures of all screens.
"""
