"""A farm of small web sites on loopback: shops, a press room, a code host, forums, a search, and traps.

`async with SiteFarm() as farm:` starts it, `farm.night = 2` lets a night pass, `farm.hits` tells who asked for what.
Everything on it is invented. From a terminal: `python -m homarus.testing.sites`.
"""

from homarus.testing.sites.farm import SiteFarm
from homarus.testing.sites.market import PLANTED, Planted
from homarus.testing.sites.speech import Hit

__all__ = ["PLANTED", "Hit", "Planted", "SiteFarm"]
