"""What a server has on its disk and in its memory, and how that changes."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

GIB = 1024**3
FOREVER_S = -1.0


class LoadFailedError(Exception):
    """The server cannot load a model; the text is what it says."""


class NoSuchModelError(Exception):
    """The server does not have a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model as it lies on a server's disk."""

    name: str
    size_bytes: int = 5 * GIB
    quantization: str = "Q4_K_M"
    family: str = "qwen3"
    trained_tokens: int = 40_960
    capabilities: tuple[str, ...] = ("completion", "tools", "thinking")
    remote_host: str = ""
    """With one, it runs in Ollama's cloud."""
    load_s: float = 0.0
    """How long loading takes."""
    fails: str = ""
    """With a text, it cannot be loaded, and this is why."""
    template_has_tools: bool = True
    seed: int = 0
    """Another number is another build of the same name: the digest changes."""

    @property
    def digest(self) -> str:
        """The digest of its manifest."""
        return hashlib.sha256(f"{self.name}/{self.quantization}/{self.seed}".encode()).hexdigest()

    @property
    def is_embedding(self) -> bool:
        """Whether it only makes embeddings."""
        return "embedding" in self.capabilities


@dataclass(slots=True, kw_only=True)
class Loaded:
    """A model in memory."""

    model: Model
    window_tokens: int
    parallel: int = 1
    expires_at: datetime | None = None
    last_used: int = 0
    is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    failed: str = ""

    @property
    def memory_bytes(self) -> int:
        """Weights and cache: 96 KiB a token, as of an 8 B model."""
        return self.model.size_bytes + self.window_tokens * 96 * 1024


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong; may be changed while the server runs."""

    is_loading: bool = False
    """The server itself still loads: llama-server says 503 to everything but its health."""
    cut_pull_at: float | None = None
    """The share of a download after which the connection breaks, once."""
    pull_says: str = ""
    """An error inside the stream of a download, with status 200."""
    load_says: str = ""
    """No model can be loaded, and this is why."""
    busy: bool = False
    """The queue of the server is full: 503."""
    clamp_tokens: int | None = None
    """Whatever context is asked for, this is the most that is allocated, without a word."""
    is_silent: bool = False
    """Every connection is taken and nothing is said."""


@dataclass(slots=True, kw_only=True)
class Download:
    """A model on its way."""

    model: Model
    done_bytes: int = 0
    is_under_way: bool = False

    @property
    def is_done(self) -> bool:
        """Whether all of it is there."""
        return self.done_bytes >= self.model.size_bytes


class Rack:
    """The disk and the memory of a server."""

    def __init__(
        self,
        models: Iterable[Model],
        *,
        window_tokens: int = 4096,
        parallel: int = 1,
        max_loaded: int = 3,
        memory_bytes: int | None = None,
        keep_s: float = 300.0,
        faults: Faults | None = None,
        registry: Iterable[Model] = (),
    ) -> None:
        """Put models on the disk; `window_tokens` is the context when nobody says, `registry` what can be pulled."""
        self.disk = {model.name: model for model in models}
        self.registry = {model.name: model for model in registry}
        self.loaded: dict[str, Loaded] = {}
        self.downloads: dict[str, Download] = {}
        self.window_tokens = window_tokens
        self.parallel = parallel
        self.max_loaded = max_loaded
        self.memory_bytes = memory_bytes
        self.keep_s = keep_s
        self.faults = faults or Faults()
        self.loads: list[str] = []
        """Every load in its order, as `name@window`: what a test counts swaps with."""
        self.failed: dict[str, str] = {}
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        """What time it is for models that expire; a test may set another clock."""
        self._uses = 0
        self._loading: set[asyncio.Task[None]] = set()

    def find(self, name: str) -> Model:
        """Return a model of the disk; a name without a tag is the latest.

        Raises:
            NoSuchModelError: when it is not there.
        """
        found = self.disk.get(name) or self.disk.get(f"{name}:latest")
        if found is None:
            raise NoSuchModelError(name)
        return found

    async def use(self, name: str, *, window_tokens: int | None = None, keep_s: float | None = None) -> Loaded:
        """Return a model that is loaded, with the context asked for; another context loads it again.

        Raises:
            NoSuchModelError: when it is not on the disk.
            LoadFailedError: when it cannot be loaded.
        """
        model = self.find(name)
        wanted = self._allocated(model, window_tokens)
        there = self.loaded.get(model.name)
        if there is not None and window_tokens is not None and there.window_tokens != wanted:
            del self.loaded[model.name]
            there = None
        there = there or await self._load(model, wanted)
        await there.is_ready.wait()
        if there.failed:
            raise LoadFailedError(there.failed)
        self.touch(there, keep_s)
        return there

    def begin(self, name: str) -> None:
        """Load a model in the background; whether it worked is seen later."""

        async def load() -> None:
            try:
                await self._load(self.find(name), self._allocated(self.find(name), None))
            except LoadFailedError:
                return  # `failed` says it

        task = asyncio.get_running_loop().create_task(load())
        self._loading.add(task)
        task.add_done_callback(self._loading.discard)

    def stop(self) -> None:
        """Lose what is in memory, as when the process ends."""
        for task in self._loading:
            task.cancel()
        self.loaded.clear()

    def touch(self, there: Loaded, keep_s: float | None = None) -> None:
        """Note that a model was used: it stays for a while from now."""
        self._uses += 1
        there.last_used = self._uses
        stays_s = self.keep_s if keep_s is None else keep_s
        there.expires_at = None if stays_s < 0 else self.now() + timedelta(seconds=stays_s)

    def unload(self, name: str) -> bool:
        """Take a model out of memory; tell whether it was there."""
        return self.loaded.pop(name, None) is not None or self.loaded.pop(f"{name}:latest", None) is not None

    def expire(self) -> None:
        """Take out what was not used for long enough."""
        now = self.now()
        for name, there in list(self.loaded.items()):
            if there.expires_at is not None and there.expires_at <= now:
                del self.loaded[name]

    def download(self, model: Model) -> Download:
        """Return a download, which goes on where it stopped."""
        return self.downloads.setdefault(model.name, Download(model=model))

    def advance(self, download: Download, share: float) -> None:
        """Bring some more of a download; what is whole lies on the disk."""
        size = download.model.size_bytes
        download.done_bytes = min(size, download.done_bytes + int(size * share) + 1)
        if download.is_done:
            self.disk[download.model.name] = download.model
            self.downloads.pop(download.model.name, None)

    def rebuild(self, name: str) -> None:
        """Put another build of a model in its place: the same name, another digest."""
        model = self.find(name)
        self.disk[model.name] = replace(model, seed=model.seed + 1)

    def _allocated(self, model: Model, asked: int | None) -> int:
        window = min(asked or self.window_tokens, model.trained_tokens)
        most = self.faults.clamp_tokens
        return window if most is None else min(window, most)

    async def _load(self, model: Model, window_tokens: int) -> Loaded:
        made = Loaded(model=model, window_tokens=window_tokens, parallel=self.parallel)
        problem = self.faults.load_says or model.fails or self._make_room(made)
        if problem:
            self.failed[model.name] = problem
            raise LoadFailedError(problem)
        self.failed.pop(model.name, None)
        self.loaded[model.name] = made
        self.loads.append(f"{model.name}@{window_tokens}")
        self.touch(made)
        try:
            await asyncio.sleep(model.load_s)
        finally:
            made.is_ready.set()
        return made

    def _make_room(self, wanted: Loaded) -> str:
        """Unload what was not used for longest until a model fits; return why it never will."""
        most = self.memory_bytes
        if most is not None and wanted.memory_bytes > most:
            need, have = wanted.memory_bytes / GIB, most / GIB
            return f"model requires more system memory ({need:.1f} GiB) than is available ({have:.1f} GiB)"
        while self.loaded and (len(self.loaded) >= self.max_loaded or self._is_over(wanted)):
            oldest = min(self.loaded.values(), key=lambda there: there.last_used)
            del self.loaded[oldest.model.name]
        return ""

    def _is_over(self, wanted: Loaded) -> bool:
        taken = sum(there.memory_bytes for there in self.loaded.values()) + wanted.memory_bytes
        return self.memory_bytes is not None and taken > self.memory_bytes
