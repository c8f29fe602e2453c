"""Answer commands as the applications on a virtual card do, one file each. Only `virtual` calls them."""
