"""Reach cards through readers behind one small interface: the virtual one, and PC/SC. The terminal's card thread
connects through them."""
