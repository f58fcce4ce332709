"""Forums, a code host and a search, in the shapes of Hacker News, Discourse, Lemmy, Mastodon, GitHub and SearXNG."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from homarus.domain.content import Json, JsonObject
from homarus.testing.sites.market import SECOND_NIGHT
from homarus.testing.sites.speech import Asked, Farm, Given

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_GOOD = "The Solo 400 from Solmark runs without a fault since spring, I would buy it again."
_BAD = "The bracket of my Duo 800 broke in the first storm and support never answered."


def _json(value: Json, *, status: int = 200, headers: Mapping[str, str] = NO_HEADERS) -> Given:
    return Given(body=json.dumps(value).encode(), status=status, kind="application/json", headers=headers)


def _posts(night: int) -> list[tuple[int, str, str, str]]:
    first = [(101, "mira", "Solo 400 after half a year", _GOOD)]
    return [*first, (102, "jost", "Duo 800 bracket broke", _BAD)] if night >= SECOND_NIGHT else first


def orange(asked: Asked, _farm: Farm) -> Given:
    """Answer as the search of Hacker News at Algolia does."""
    if asked.path not in {"/api/v1/search_by_date", "/api/v1/search"}:
        return _json({"message": "not found"}, status=404)
    hits: list[Json] = [
        {
            "objectID": str(number),
            "author": author,
            "title": title,
            "story_text": text,
            "url": None,
            "points": 10 + asked.night,
            "num_comments": asked.night,
            "created_at": "2026-11-18T07:00:00Z",
            "created_at_i": 1_794_985_200 + number,
        }
        for number, author, title, text in _posts(asked.night)
    ]
    return _json({"hits": hits, "nbHits": len(hits), "page": 0, "nbPages": 1})


def talk(asked: Asked, _farm: Farm) -> Given:
    """Answer as a Discourse does: the newest topics and posts."""
    if asked.path == "/posts.json":
        posts: list[Json] = [
            {
                "id": number,
                "username": author,
                "topic_title": title,
                "topic_slug": "t",
                "topic_id": number,
                "post_number": 1,
                "raw": text,
                "created_at": "2026-11-18T07:00:00.000Z",
                "updated_at": "2026-11-18T07:00:00.000Z",
            }
            for number, author, title, text in _posts(asked.night)
        ]
        return _json({"latest_posts": posts})
    return _json({"errors": ["not found"]}, status=404)


def lemming(asked: Asked, farm: Farm) -> Given:
    """Answer as a Lemmy does."""
    if asked.path not in {"/api/v3/post/list", "/api/v3/search"}:
        return _json({"error": "unknown"}, status=404)
    posts: list[Json] = [
        {
            "post": {
                "id": number,
                "name": title,
                "body": text,
                "ap_id": farm.url("lemming", f"/post/{number}"),
                "published": "2026-11-18T07:00:00Z",
            },
            "creator": {"name": author},
            "counts": {"score": 4 + asked.night, "comments": 1},
        }
        for number, author, title, text in _posts(asked.night)
    ]
    return _json({"posts": posts})


def tusk(asked: Asked, farm: Farm) -> Given:
    """Answer as a Mastodon does, for a public tag."""
    if not asked.path.startswith("/api/v1/timelines/tag/"):
        return _json({"error": "Record not found"}, status=404)
    return _json(
        [
            {
                "id": str(number),
                "uri": farm.url("tusk", f"/@{author}/{number}"),
                "url": farm.url("tusk", f"/@{author}/{number}"),
                "content": f"<p>{title}: {text}</p>",
                "created_at": "2026-11-18T07:00:00.000Z",
                "account": {"acct": author},
                "favourites_count": asked.night,
            }
            for number, author, title, text in _posts(asked.night)
        ]
    )


def hub(asked: Asked, farm: Farm) -> Given:
    """Answer as the API of GitHub does; calls without a token run out after sixty."""
    used = sum(hit.host == "hub" and hit.night == asked.night for hit in farm.hits)
    left = max(60 - used - 1, 0) if "authorization" not in asked.headers else 4_999
    limits: dict[str, str] = {
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": "1795000000",
    }
    parts = asked.path.strip("/").split("/")
    if len(parts) < 3 or parts[0] != "repos" or parts[1] != "halvorsen":
        return _json({"message": "Not Found"}, status=404, headers=limits)
    if parts[2] == "limited" or left == 0:
        return _json(
            {"message": "API rate limit exceeded"}, status=403, headers={**limits, "X-RateLimit-Remaining": "0"}
        )
    etag = f'"{asked.path}-{asked.night}"'
    if asked.headers.get("if-none-match") == etag:
        return Given(status=304, headers={"ETag": etag})
    return _json(_of_repository("/".join(parts[3:]), asked.night, farm), headers={**limits, "ETag": etag})


def _of_repository(what: str, night: int, farm: Farm) -> Json:
    is_later = night >= SECOND_NIGHT
    home = farm.url("hub", "/halvorsen/inverter-firmware")
    if what == "releases":
        return [_release(tag, home) for tag in (("v2.1.0", "v2.0.3") if is_later else ("v2.0.3",))]
    if what == "issues":
        numbers = (41, 42) if is_later else (41,)
        return [_issue(number, home) for number in numbers]
    if what == "commits":
        shas = ("c0ffee2", "c0ffee1") if is_later else ("c0ffee1",)
        return [_commit(sha, home) for sha in shas]
    return {
        "full_name": "halvorsen/inverter-firmware",
        "html_url": home,
        "description": "Firmware of Halvorsen inverters",
        "stargazers_count": 128 if is_later else 120,
        "forks_count": 9,
        "open_issues_count": 2 if is_later else 1,
        "pushed_at": "2026-11-18T05:00:00Z",
    }


def _release(tag: str, home: str) -> JsonObject:
    return {
        "id": int(tag.strip("v").replace(".", "")),
        "tag_name": tag,
        "name": f"Firmware {tag}",
        "html_url": f"{home}/releases/{tag}",
        "body": "Night feed-in is limited to 800 W. Fixes a restart after brown-outs.",
        "published_at": "2026-11-18T05:00:00Z",
        "draft": False,
        "prerelease": False,
    }


def _issue(number: int, home: str) -> JsonObject:
    return {
        "id": number,
        "number": number,
        "title": "Restart after brown-out" if number == 41 else "Wi-Fi lost after 2.1.0",
        "body": "It happens every evening." if number == 41 else "Since the update the inverter is offline.",
        "state": "open",
        "html_url": f"{home}/issues/{number}",
        "user": {"login": "mira"},
        "updated_at": "2026-11-18T05:00:00Z",
        "comments": 1,
    }


def _commit(sha: str, home: str) -> JsonObject:
    return {
        "sha": sha,
        "html_url": f"{home}/commit/{sha}",
        "commit": {"message": f"Limit feed-in ({sha})", "author": {"name": "Ane", "date": "2026-11-18T05:00:00Z"}},
    }


def seek(asked: Asked, farm: Farm) -> Given:
    """Answer as a SearXNG does."""
    if asked.path != "/search" or asked.query.get("format") != "json":
        return Given(status=403, body=b"", kind="text/plain")
    results: list[Json] = [
        {
            "title": "Second plant in Narvik",
            "url": farm.url("press", "/news/plant-agency"),
            "content": "A second plant",
        },
        {"title": "Unknown shop", "url": "https://kits.example/offer?utm_source=x", "content": "Kits from 99"},
    ]
    return _json({"query": asked.query.get("q", ""), "results": results})
