"""Counts the lines of standard input that begin with a word, and shows how far that is: `counted.py WHAT HOW_MANY WORD`."""

import sys

from scenarios.command.progress import Progress

what, of, word = sys.argv[1], int(sys.argv[2]), sys.argv[3]
progress, seen = Progress(what, "", only_on_a_screen=True), 0
for line in sys.stdin:
    seen += line.startswith(word)
    progress.tell(min(seen, of), of)
progress.clear()
