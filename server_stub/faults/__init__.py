"""Named defects and outages that the stage can switch on; a node asks its FaultBox at the places that can fail."""
