"""What every sheet of paper must be, whoever's server made it: A4, front and back, marked on both sides.

The centre puts the marks on; the terminal refuses a sheet without them. No setting changes what stands here.
"""

from __future__ import annotations

import threading

SAMPLE = "見本"
"""Large on every side."""
NOTICE = "試験用・証明書としての効力はありません"
"""In small letters on every side."""
SIDES = 2
"""Pages of a sheet's PDF: front and back."""
A4 = (210 * 72 / 25.4, 297 * 72 / 25.4)
"""Width and height in points."""
A4_TOLERANCE = 3.0
"""Points by which an edge may miss A4."""

PDFIUM = threading.Lock()
"""pdfium serves one thread of a process at a time: whoever calls it holds this, from opening a document to closing it."""
