"""The ways in: `load_delivery`, and one reader a delivery format, each stating its columns and codes. The stage and the
command line call `load_delivery`; the readers are its own.

A reader checks every cell and yields records with the row they came from; it knows no database. Whatever is wrong is
`Failed(Delivery_File_Missing | Delivery_Header_Wrong | Delivery_Row_Broken)` with the place and what was expected there,
never with the text that was found: it may be personal.
"""

from .delivery import load_delivery

__all__ = ["load_delivery"]
