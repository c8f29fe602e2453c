"""What the commands of `konbini` do, one file a command, and what they ask of a person before anything starts: clock, reader,
display, expression. Only `scenarios.cli` and tests call it; wrong use ends as one sentence (`usage`) and exit code 2."""
