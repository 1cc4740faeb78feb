"""The simulated shop: stories whose pain points are known because the story says so."""
