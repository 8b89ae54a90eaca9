"""Labels with a code for what has none: lots, locations, shipments; on sheets and rolls."""
