"""What the Japanese sentences of the features do. Steps speak to a `World`, and the world to the stage and the driver."""
