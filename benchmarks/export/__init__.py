"""Results and questions in the formats of other trainers: `hopgym export`."""
