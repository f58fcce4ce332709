"""What plugin authors and we ourselves test with: a quirk server, fakes of every edge, conformance suites.

Nothing here knows a room of the house: it imports `homarus.domain` and the standard library only.
"""
