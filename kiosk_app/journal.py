"""What the terminal must remember across a power cut."""
