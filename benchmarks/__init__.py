"""Speed as ratios, each measured in one run on the same database: ``make bench``."""
