"""Social networks: how each is signed in to, posted on and read."""
