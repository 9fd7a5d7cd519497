/* What is known of a process that died: its wait status, and what its arena says that it was doing.
 * The arena is a game's to write over; nothing here believes it further than to log it. */
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/log.h"
#include "games/worker.h"
#include "host/sandbox.h"

#define CALL_NAME_BYTES 32

static void name_forbidden_call(uint32_t noted, int status, char ret_name[CALL_NAME_BYTES]);

const struct live_match *death_report(struct worker *worker, int status, const char *why)
{
    const struct gk_manifest *manifest = &worker->process->image->manifest;
    uint32_t callback = atomic_load(&worker->process->arena->callback_now);
    uint32_t index = atomic_load(&worker->process->arena->match_now);
    const struct live_match *culprit = NULL;
    uint64_t tick = 0;
    char match[ID_TEXT_BYTES] = "none";
    if (callback != GAME_CALL_NONE && index < worker->process->capacity && worker->matches[index]) {
        culprit = worker->matches[index];
        tick = arena_newest(&worker->process->sizes, worker_process_match(worker->process, index))
                   ->tick;
        id_text(&culprit->id, match);
    }
    atomic_store(&worker->process->arena->callback_now, GAME_CALL_NONE);
    char call[CALL_NAME_BYTES];
    name_forbidden_call(atomic_exchange(&worker->process->arena->forbidden_call, 0), status, call);
    log_error("worker died; it is started again", "worker", worker->name, "why", why,
              "forbidden_call", call, "game", manifest->id, "version", manifest->version, "signal",
              WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "none", "match", match, "tick",
              log_number((int64_t)tick), "callback", game_callback_name(callback), "matches",
              log_number(worker->match_count), NULL);
    return culprit;
}

/* The game wrote the number into memory that it can write to: it is a hint, and the status tells
 * whether there was a call at all. */
static void name_forbidden_call(uint32_t noted, int status, char ret_name[CALL_NAME_BYTES])
{
    snprintf(ret_name, CALL_NAME_BYTES, "none");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != SANDBOX_EXIT_FORBIDDEN)
        return;
    char *name =
        noted ? seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)(noted - 1)) : NULL;
    snprintf(ret_name, CALL_NAME_BYTES, "%s", name ? name : "unknown");
    free(name);
}
