"""What more load, more processes and more templates take: measured where that can be done here, simulated where not."""
