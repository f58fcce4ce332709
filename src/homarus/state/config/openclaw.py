"""The settings of OpenClaw that homarus knows and has no use for yet.

`*` stands for one step, `**` for everything from there on. They are no mistakes of the owner, so nobody is warned.
"""

from fnmatch import fnmatchcase

from homarus.state.config.scanner import KeyPath

_AGENT = (
    "identity.theme identity.avatar identity.emoji agentDir params groupChat.** sandbox.** subagents.** heartbeat.** "
    "skills "
    "tools.profile tools.alsoAllow tools.byProvider.** tools.toolsBySender.** tools.elevated.** tools.exec.** "
    "tools.fs.** tools.sandbox.** tools.subagents.** tools.loopDetection.** tools.message.** tools.web.** "
    "tools.codeMode.** tools.toolSearch.** "
    "skills.** humanDelay.** memorySearch.** runtime.** thinkingDefault reasoningDefault verboseDefault "
    "fastModeDefault compaction.** models.** description"
)
_DEFAULTS = (
    "repoRoot skipBootstrap imageMaxDimensionPx timeFormat utilityModel utilityModel.** decisionModel "
    "decisionModel.** "
    "pdfModel pdfModel.** pdfMaxBytesMb pdfMaxPages mediaModels.** imageGenerationModel imageGenerationModel.** "
    "params.** modelSelectionScope contextInjection contextLimits.** startupContext.** models.*.agentRuntime.** "
    "models.*.codeMode models.*.streaming modelPolicy.** verboseDefault elevatedDefault reasoningDefault mediaMaxMb "
    "maxConcurrent cliBackends.** contextPruning.** "
    "heartbeat.session heartbeat.accountId heartbeat.directPolicy heartbeat.includeReasoning heartbeat.lightContext "
    "heartbeat.isolatedSession heartbeat.timeoutSeconds heartbeat.agentId heartbeat.suppressToolErrorWarnings "
    "compaction.mode compaction.reserveTokensFloor "
    "compaction.memoryFlush.** compaction.timeoutSeconds compaction.thinkingLevel "
    "compaction.qualityGuard.** compaction.midTurnPrecheck.** compaction.notifyUser compaction.provider "
    "compaction.identifierPolicy compaction.identifierInstructions compaction.maxHistoryShare "
    "compaction.customInstructions compaction.recentTurnsPreserve compaction.postCompactionSections "
    "blockStreamingDefault "
    "blockStreamingBreak blockStreamingChunk.** blockStreamingCoalesce.** humanDelay.** typingMode "
    "typingIntervalSeconds sandbox.** subagents.thinking subagents.archiveAfterMinutes subagents.allowAgents "
    "subagents.announceTimeoutMs subagents.requireAgentId skills envelopeTimezone envelopeTimestamp envelopeElapsed "
    "bootstrapPromptTruncationWarning agentRuntime.** experimental.** embeddedPi.** llm.**"
)
_PROVIDER = (
    "auth authHeader maxTokens contextWindow injectNumCtxForOpenAICompat request.** "
    "models[].api models[].headers.** models[].baseUrl models[].thinkingLevelMap.** models[].cost.tieredPricing.** "
    "models[].metadataSource models[].mediaInput.** region"
)
_CHANNELS = (
    "defaults modelByChannel whatsapp telegram discord irc slack feishu googlechat mattermost signal bluebubbles "
    "imessage msteams synology-chat line nextcloud-talk matrix nostr tlon twitch zalo zalouser webchat a2a buzz "
    "clickclack qq qqbot raft reef sms wechat wecom yuanbao voice-call"
)
_ROOTS = (
    "bindings broadcast acp audio auth browser canvasHost commands commitments cron crestodian diagnostics discovery "
    "mcp media messages meta nodeHost plugins proxy secrets security skills surfaces talk transcripts tts ui "
    "update web wizard worktrees env cli approvals accessGroups"
)
_OTHERS = (
    "jobs.failureAlert.mode jobs.failureAlert.channel jobs.failureAlert.to jobs.failureAlert.accountId "
    "hooks.presets hooks.transformsDir hooks.gmail.** hooks.internal.** hooks.maxBodyBytes "
    "hooks.mappings[].transform.** hooks.mappings[].thinking hooks.mappings[].allowUnsafeExternalContent "
    "agents.ownership session.scope session.dmScope session.identityLinks.** session.resetByType.** "
    "session.resetByChannel.** session.resetTriggers session.store session.maintenance.** session.threadBindings.** "
    "session.sendPolicy.** session.mainKey session.typingMode session.typingIntervalSeconds "
    "session.parentForkMaxTokens "
    "session.agentToAgent.** session.writeLock.** "
    "gateway.mode gateway.customBindHost gateway.auth.** gateway.tailscale.** gateway.controlUi.** gateway.remote.** "
    "gateway.trustedProxies gateway.http.** gateway.nodes.** gateway.tools.** gateway.reload.** gateway.tls.** "
    "gateway.publicOrigin gateway.roles.** gateway.rateLimit.exemptLoopback gateway.channelHealthCheckMinutes "
    "gateway.channelStaleEventThresholdMinutes gateway.channelMaxRestartsPerHour gateway.handshakeTimeoutMs "
    "gateway.webchat.** gateway.push.** gateway.allowRealIpFallback "
    "tools.profile tools.alsoAllow tools.byProvider.** tools.toolsBySender.** tools.elevated.** tools.media.** "
    "tools.agentToAgent.** tools.sessions.** tools.sessions_spawn.** tools.subagents.** tools.sandbox.** tools.fs.** "
    "tools.toolSearch tools.toolSearch.** tools.codeMode tools.codeMode.** tools.swarm.** tools.loopDetection.** "
    "tools.message.** tools.links.** tools.experimental.** "
    "tools.exec.host tools.exec.node tools.exec.backgroundMs tools.exec.applyPatch.** tools.exec.strictInlineEval "
    "tools.exec.notifyOnExit tools.exec.notifyOnExitEmptySuccess tools.exec.pathPrepend tools.exec.cleanupMs "
    "tools.exec.approvalRunningNoticeMs tools.exec.safeBinProfiles.** tools.exec.safeBinTrustedDirs "
    "tools.exec.reviewer.** "
    "tools.web.search.enabled tools.web.search.timeoutSeconds tools.web.search.cacheTtlMinutes "
    "tools.web.search.perplexity.** tools.web.search.grok.** tools.web.search.gemini.** tools.web.search.kimi.** "
    "tools.web.search.brave.** tools.web.search.searxng.** tools.web.search.openaiCodex.** tools.web.x_search.** "
    "tools.web.fetch.enabled tools.web.fetch.maxCharsCap tools.web.fetch.timeoutSeconds "
    "tools.web.fetch.cacheTtlMinutes "
    "tools.web.fetch.maxRedirects tools.web.fetch.userAgent tools.web.fetch.readability tools.web.fetch.firecrawl.** "
    "tools.web.fetch.provider tools.web.fetch.maxResponseBytes tools.web.fetch.ssrfPolicy.** "
    "tools.web.fetch.useTrustedEnvProxy "
    "memory.backend memory.citations memory.qmd.** memory.search.** "
    "logging.file logging.maxFileBytes logging.consoleLevel logging.consoleStyle logging.redactSensitive "
    "logging.redactPatterns models.bedrockDiscovery.** models.pricing.** models.catalog.** $schema"
)


def _patterns() -> tuple[tuple[str, ...], ...]:
    spelled = [
        *(f"agents.entries.*.{key}" for key in _AGENT.split()),
        *(f"agents.defaults.{key}" for key in _DEFAULTS.split()),
        *(f"models.providers.*.{key}" for key in _PROVIDER.split()),
        *(f"channels.{name}.**" for name in _CHANNELS.split()),
        *(f"{name}.**" for name in _ROOTS.split()),
        *_OTHERS.split(),
    ]
    return tuple(tuple(text.replace("[]", ".*").split(".")) for text in spelled)


_KNOWN = _patterns()


def is_known(path: KeyPath) -> bool:
    """Tell whether OpenClaw has such a setting."""
    return any(_fits(pattern, path) for pattern in _KNOWN)


def names_below(path: KeyPath) -> tuple[str, ...]:
    """Return the names that OpenClaw has directly below a path, for suggestions."""
    found = {
        pattern[len(path)]
        for pattern in _KNOWN
        if len(pattern) > len(path) and _fits(pattern[: len(path)], path) and pattern[len(path)] not in {"*", "**"}
    }
    return tuple(sorted(found))


def _fits(pattern: tuple[str, ...], path: KeyPath) -> bool:
    if pattern and pattern[-1] == "**":
        pattern = pattern[:-1]
        path = path[: len(pattern)]
    return len(pattern) == len(path) and all(
        step == "*" or fnmatchcase(str(name), step) for step, name in zip(pattern, path, strict=True)
    )
