"""The applications on a virtual card, one file each: what they answer to which command in which state. Only `virtual` calls them."""
