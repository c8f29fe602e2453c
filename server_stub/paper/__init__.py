"""The papers: fronts of certificates, the ground pattern, back pages, and a model of a copier that tests the pattern.

The issuing server calls `fronts` (and `fonts`), the centre calls `finish`, a server warms up with `back_page` at its start; the
command line and the tests call `copier`, and whoever shows a paper on a screen calls `viewing`. Nothing is looked up or
decided here: content comes as `content` describes it, and 見本 is stamped on every side whatever that content is. Layouts
are Typst files with their geometry as JSON beside them, and `fronts` reads that same geometry to say where a 個人番号 is
printed.
"""
