"""BayesCap: a small network that says how wrong a frozen network's answer is, from that answer alone."""
