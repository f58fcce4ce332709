"""One turn: context, loop, acting, compaction, memory."""
