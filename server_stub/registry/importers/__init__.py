"""The ways in: `load_delivery` reads any delivery by its format file.

`format_file` what a format file may say · `containers` from bytes to cells · `row_function` from cells to items · `person_record`,
`seal_record`, `restriction_record` the rules, once for all formats · `generation` the next generation · `set_aside` the rows that
cannot be used. Whatever is wrong is named with the place and what was expected there, never with the text that was found: it
may be personal.
"""

from .delivery import Loaded, load_delivery, read_people
from .format_file import format_problems
from .set_aside import SetAside

__all__ = ["Loaded", "SetAside", "format_problems", "load_delivery", "read_people"]
