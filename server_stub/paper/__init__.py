"""The papers: what all fronts share, the ground pattern, back pages, and a model of a copier that tests the pattern.

The kinds of certificates call `typesetting` with their own Typst templates, the centre calls `finish`, a server warms up with
`back_page` at its start; the command line and the tests call `copier`, and whoever shows a paper on a screen calls
`viewing`. Nothing is looked up or decided here, and 見本 is stamped on every side whatever a front shows.
"""
