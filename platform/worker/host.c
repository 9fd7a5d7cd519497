/*
 * The host table. A game's text is a stranger's: cut, bounded per second, and handed on as bytes
 * that the supervisor's log escapes. Changes no match.
 */
#include "worker/host.h"

#include <stddef.h>

#include "worker/control.h"

static void host_log(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes);
static const void *host_extension(const struct gk_host *host, const char *name);

void host_init(struct worker *worker)
{
    worker->host = (struct gk_host){
        .size = sizeof(struct gk_host),
        .abi_minor = GK_ABI_MINOR,
        .log = host_log,
        .extension = host_extension,
    };
    worker->logs_left = LOGS_PER_SECOND_MAX;
}

static void host_log(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes)
{
    struct worker *worker = (struct worker *)((uintptr_t)host - offsetof(struct worker, host));
    if (worker->logs_left == 0 || !text)
        return;
    worker->logs_left--;
    uint32_t index = atomic_load_explicit(&worker->arena->match_now, memory_order_relaxed);
    const uint8_t *match = index < worker->arena->match_count && worker->matches[index].arena
                               ? worker->matches[index].arena->start.match
                               : NULL;
    control_log(worker, match, level > 3 ? 3 : level, text, bytes);
}

static const void *host_extension(const struct gk_host *host, const char *name)
{
    (void)host;
    (void)name;
    return NULL;
}
