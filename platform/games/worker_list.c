/* GET /api/games/workers: the processes that play, and how they do, as each said of itself last.
 * They are few: one page always holds all. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "games/operations.h"
#include "games/worker_board.h"

#define NS_PER_US 1000

static json_t *line_json(const struct worker_line *line);
static int64_t memory_of(pid_t pid);

enum error worker_list(struct call *call)
{
    struct worker_line *lines = arena_alloc(call->arena, WORKER_BOARD_MAX * sizeof *lines);
    size_t count = supervisor_workers(games_of(call->context)->supervisor, lines);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, line_json(&lines[i]));
    call_reply(call, 200, json_pack("{s:o,s:n}", "items", items, "next"));
    return OK;
}

static json_t *line_json(const struct worker_line *line)
{
    const struct control_heartbeat *beat = &line->heartbeat;
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b}", "worker",
                     line->worker, "game", line->game, "version", line->version, "sha",
                     line->sha_text, "state", worker_state_text(line->state), "matches",
                     (json_int_t)line->matches, "links", (json_int_t)beat->links, "ticks",
                     (json_int_t)beat->ticks, "ticksSkipped", (json_int_t)beat->ticks_skipped,
                     "tickLateMaxMicroseconds", (json_int_t)(beat->tick_late_ns_max / NS_PER_US),
                     "cpuMicroseconds", (json_int_t)(beat->cpu_ns / NS_PER_US), "ageMicroseconds",
                     (json_int_t)(beat->age_ns / NS_PER_US), "memoryBytes",
                     (json_int_t)memory_of(line->pid), "greedy", (int)line->greedy);
}

/* What of it is in memory, as the kernel says; 0 when it has just ended. */
static int64_t memory_of(pid_t pid)
{
    char path[64];
    int64_t pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = pid > 0 ? fopen(path, "re") : NULL;
    if (file && fscanf(file, "%*d %" SCNd64, &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}
