"""homarus: a self-hosted personal AI agent gateway made for local models."""

__version__ = "0.1.0"
