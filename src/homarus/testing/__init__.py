"""Help for plugin authors and for us: a model server with quirks, fake channels, conformance suites."""
