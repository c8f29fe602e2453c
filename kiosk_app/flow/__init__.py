"""The resident's way as a table of states and transitions: no Qt, no I/O, no thread.

`step` turns (state, event, time) into (state, effects); `view_of` says what to show; `table` lists every transition. The
runner (`kiosk_app.terminal`) calls them and carries the effects out; nobody else needs to.
"""
