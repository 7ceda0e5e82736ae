"""What a round leaves behind, the one number that a metric makes of it, and the machine it was measured on."""
