"""Files that several processes use: locks, and writes that survive a power cut."""
