/* What is known of a process that died: its wait status, and what its arena says that it was doing.
 * The arena is a game's to write over; nothing here believes it further than to log it. */
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/log.h"
#include "games/game.h"
#include "games/worker.h"
#include "host/sandbox.h"

#define CALL_NAME_BYTES 32

static bool is_about_slot(enum game_callback callback);
static void name_forbidden_call(uint32_t noted, int status, char ret_name[CALL_NAME_BYTES]);

void death_report(struct worker *worker, struct worker_process *process, int status,
                  const char *why, struct death *ret_death)
{
    const struct gk_manifest *manifest = &process->image->manifest;
    uint32_t callback = atomic_exchange(&process->arena->callback_now, GAME_CALL_NONE);
    uint32_t index = atomic_load(&process->arena->match_now);
    const char *signal = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "none";
    struct death death = {.culprit = NULL};
    char match[ID_TEXT_BYTES] = "none", call[CALL_NAME_BYTES], slot[16] = "none";
    if (callback != GAME_CALL_NONE && callback < GAME_CALL_COUNT && index < process->capacity &&
        worker->matches[index]) {
        death.culprit = worker->matches[index];
        death.callback = (enum game_callback)callback;
        death.slot = atomic_load(&process->arena->slot_now);
        death.tick = arena_newest(&process->sizes, worker_process_match(process, index))->tick;
        id_text(&death.culprit->id, match);
        if (is_about_slot(death.callback) && death.slot < GK_PLAYERS_MAX)
            snprintf(slot, sizeof slot, "%u", death.slot);
    }
    death.is_killed =
        strcmp(why, WORKER_ENDED) == 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (death.is_killed)
        death.culprit = NULL;
    name_forbidden_call(atomic_exchange(&process->arena->forbidden_call, 0), status, call);
    snprintf(death.sentence, sizeof death.sentence, "%s in %s of match %s (signal %s, call %s)",
             why, game_callback_name(callback), match, signal, call);
    log_error("worker died; another process goes on", "worker", worker->name, "why", why,
              "forbidden_call", call, "game", manifest->id, "version", manifest->version, "signal",
              signal, "match", match, "tick", log_number((int64_t)death.tick), "callback",
              game_callback_name(callback), "slot", slot, "matches",
              log_number(worker->match_count), NULL);
    game_note_death(worker->supervisor, process->image, death.sentence);
    *ret_death = death;
}

static bool is_about_slot(enum game_callback callback)
{
    return callback == GAME_CALL_JOIN || callback == GAME_CALL_LEAVE ||
           callback == GAME_CALL_INPUT || callback == GAME_CALL_VIEW || callback == GAME_CALL_BOT;
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
