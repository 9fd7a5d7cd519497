#include "games/worker_group.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "host/image.h"

#define ROOT_AUTO "auto"
#define ROOT_NONE "none"

static enum error choose_root(const char *wish, char ret_root[CGROUP_PATH_BYTES],
                              char ret_reason[CGROUP_REASON_BYTES]);

void worker_groups_find(const struct settings *settings, struct worker_groups *ret_groups)
{
    char reason[CGROUP_REASON_BYTES];
    *ret_groups = (struct worker_groups){.memory_bytes = settings->game_memory_mib << 20};
    if (choose_root(settings->cgroup_root, ret_groups->root, reason) == OK) {
        cgroup_sweep(ret_groups->root, WORKER_GROUP_PREFIX);
        log_info("games are kept apart", "by", "cgroup limits priority", "root", ret_groups->root,
                 NULL);
        return;
    }
    ret_groups->root[0] = '\0';
    bool is_wanted = strcmp(settings->cgroup_root, ROOT_AUTO) != 0 &&
                     strcmp(settings->cgroup_root, ROOT_NONE) != 0;
    log_write(is_wanted ? LOG_WARN : LOG_INFO, "games are kept apart", "by", "limits priority",
              "no_cgroup", reason, NULL);
}

void worker_groups_sweep(const struct worker_groups *groups)
{
    if (groups->root[0])
        cgroup_sweep(groups->root, WORKER_GROUP_PREFIX);
}

enum error worker_group_open(const struct worker_groups *groups, const char *game,
                             uint64_t arena_bytes, int *ret_descriptor)
{
    char name[64], reason[CGROUP_REASON_BYTES];
    int64_t needed = (int64_t)(WORKER_BYTES + GAME_IMAGE_MAPPED_MAX + arena_bytes);
    const struct cgroup_limits limits = {
        .weight = CGROUP_WEIGHT_USUAL,
        .memory_bytes = needed > groups->memory_bytes ? needed : groups->memory_bytes,
        .processes = WORKER_GROUP_PROCESSES,
    };
    *ret_descriptor = 0;
    if (!groups->root[0])
        return OK;
    if (game)
        snprintf(name, sizeof name, WORKER_GROUP_PREFIX "%s", game);
    else
        snprintf(name, sizeof name, WORKER_GROUP_PROBES);
    enum error error = cgroup_open(groups->root, name, &limits, ret_descriptor, reason);
    if (error)
        log_error("a worker is not started, for its game has no cgroup; set cgroup_root=none to "
                  "play without",
                  "cgroup", name, "reason", reason, NULL);
    return error;
}

static enum error choose_root(const char *wish, char ret_root[CGROUP_PATH_BYTES],
                              char ret_reason[CGROUP_REASON_BYTES])
{
    if (strcmp(wish, ROOT_NONE) == 0) {
        snprintf(ret_reason, CGROUP_REASON_BYTES, "cgroup_root is none");
        return ERROR_UNAVAILABLE;
    }
    enum error error = OK;
    if (strcmp(wish, ROOT_AUTO) == 0)
        error = cgroup_own(ret_root, ret_reason);
    else
        snprintf(ret_root, CGROUP_PATH_BYTES, "%s", wish);
    return error ? error : cgroup_divide(ret_root, ret_reason);
}
