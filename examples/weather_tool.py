"""A tool that asks the free service open-meteo.org for the weather, through the door of the house."""

import json
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.errors import ToolFailedError
from homarus.domain.labels import Label, Origin
from homarus.domain.marks import tool
from homarus.domain.ports import Outbound, Purpose
from homarus.domain.tooling import ToolContext

SERVICE = "https://api.open-meteo.com/v1/forecast"
_MOST_BYTES = 64 * 1024


class _Current(BaseModel):
    temperature_2m: float
    wind_speed_10m: float


class _Answer(BaseModel):
    current: _Current


@tool("weather.now", risk=Risk.REACH, key=["latitude", "longitude"])
async def weather_now(
    context: ToolContext,
    *,
    latitude: Annotated[float, Field(ge=-90, le=90)],
    longitude: Annotated[float, Field(ge=-180, le=180)],
) -> ToolOutput:
    """Tell temperature and wind at a place.

    What comes from the service is text from the web: it is labelled so, and the house trusts it accordingly.
    """
    fields = "temperature_2m,wind_speed_10m"
    url = f"{SERVICE}?{urlencode({'latitude': latitude, 'longitude': longitude, 'current': fields})}"
    outbound = Outbound(method="GET", url=url, purpose=Purpose.TOOL, reach=context.reach, turn=context.turn)
    async with context.door.open(outbound) as inlet:
        body = await inlet.read(_MOST_BYTES)
        status = inlet.status
    try:
        now = _Answer.model_validate(json.loads(body)).current
    except ValueError as error:
        raise ToolFailedError(
            f"The weather service did not answer as expected (HTTP {status}).", hint="Try again later."
        ) from error
    text = f"{now.temperature_2m:.0f} °C, wind {now.wind_speed_10m:.0f} km/h"
    return ToolOutput(
        text=text,
        label=Label(origin=Origin.WEB, source=f"weather.now {SERVICE}"),
        summary=f"Asked open-meteo.com for the weather at {latitude:.2f}, {longitude:.2f}.",
        facts={"host": "api.open-meteo.com", "status": status, "bytes": len(body)},
    )
