/*
 * What a worker says to the supervisor, as platform/games/worker_control.c reads it from a socket:
 * a byte that says whether it plays or is the next to play, then packets of two bytes of length and
 * what follows. What it would then do is noted here instead, for it would be done to databases.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "games/game.h"
#include "games/spool.h"
#include "games/supervision.h"
#include "target.h"

static struct supervisor supervisor;
static struct worker worker;
static struct worker_process process = {.worker = &worker, .capacity = 1};
static struct live_match live = {.start.slot_count = 2};
static int writing; /* the worker's end */
static bool is_down;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    if (!writing) {
        int sockets[2];
        PROMISE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets) == 0);
        writing = sockets[0];
        process.control = sockets[1];
        worker.process = &process;
        worker.supervisor = &supervisor;
        worker.matches[0] = &live;
        memset(live.id.bytes, 'm', sizeof live.id.bytes);
        log_init("fuzz", LOG_ERROR);
    }
    is_down = process.ready = false;
    process.packets = process.logs = 0;
    worker.next = count > 0 && bytes[0] % 2 ? &process : NULL;
    for (size_t at = 1; at + 2 <= count && !is_down;) {
        size_t length = bytes[at] | (size_t)bytes[at + 1] << 8;
        at += 2;
        length = length < count - at ? length : count - at;
        if (length > 0 && send(writing, bytes + at, length, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
            worker_on_control(process.control, EV_READ, &process);
        at += length;
    }
    return 0;
}

void worker_down(struct worker *one, const char *why)
{
    PROMISE(one == &worker && why);
    is_down = true;
}

void game_next_lost(struct worker *one, const char *why)
{
    PROMISE(one == &worker && worker.next && why);
    is_down = true;
}

void game_next_ready(struct worker *one)
{
    PROMISE(one == &worker && worker.next && process.ready);
}

void game_rehearsed(struct worker *one, const struct control_rehearsed *rehearsed)
{
    PROMISE(one == &worker && strlen(rehearsed->why) < sizeof rehearsed->why);
}

bool game_is_parking(const struct worker *one)
{
    return one->process->heartbeat.ticks % 2;
}

void game_parked(struct worker *one)
{
    PROMISE(one == &worker && !worker.next);
}

bool game_fault(struct worker *one, const char *why)
{
    PROMISE(one == &worker && !worker.next && why);
    return one->process->heartbeat.matches % 2;
}

void match_stop(struct worker *one, struct live_match *match)
{
    PROMISE(one == &worker && match == &live);
}

void worker_resume(struct worker *one)
{
    PROMISE(one == &worker);
    process.ready = true;
}

void supervisor_place_waiting(struct supervisor *one)
{
    PROMISE(one == &supervisor);
}

struct live_match *worker_match_of(struct worker *one, const uint8_t id[16])
{
    PROMISE(one == &worker);
    return memcmp(live.id.bytes, id, 16) == 0 ? &live : NULL;
}

void match_running(struct worker *one, struct live_match *match)
{
    PROMISE(one == &worker && match == &live);
}

void match_over(struct worker *one, struct live_match *match, const struct gk_result *result,
                uint64_t ticks, uint64_t state_hash)
{
    (void)ticks;
    (void)state_hash;
    PROMISE(one == &worker && match == &live && result->reason <= SPOOL_REASON_ABORTED);
    if (result->reason != SPOOL_REASON_ABORTED)
        PROMISE(result->player_count == live.start.slot_count);
}

bool match_result_is_sane(const struct live_match *match, const struct gk_result *result)
{
    return match == &live && result->player_count == live.start.slot_count &&
           result->reason <= SPOOL_REASON_ABORTED;
}
