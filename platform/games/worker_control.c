/* What a worker says. Its word is checked before it counts: the match must be its own, the result
 * must fit, and there is a limit on how much it says. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/game.h"
#include "games/supervision.h"

#define PACKETS_PER_READ_MAX 256
#define WORKER_PACKETS_MAX   20000 /* in a second; then it is ended */
#define WORKER_LOGS_MAX      40    /* lines in a second; the rest is dropped and counted */

enum verdict {
    BROKEN, /* no message of ours */
    TAKEN,
    LAST, /* the process may be another one now */
};

static bool floods(struct worker_process *process);
static enum verdict on_packet(struct worker *worker, const struct control_head *head,
                              const uint8_t *body);
static enum verdict on_packet_of_next(struct worker *worker, const struct control_head *head,
                                      const uint8_t *body);
static void on_ready(struct worker *worker);
static void on_worker_log(struct worker_process *process, struct control_log *entry);

void worker_on_control(evutil_socket_t fd, short what, void *context)
{
    struct worker_process *process = context;
    struct worker *worker = process->worker;
    struct supervisor *supervisor = worker->supervisor;
    (void)fd;
    (void)what;
    for (int i = 0; i < PACKETS_PER_READ_MAX; i++) {
        struct control_head head;
        enum error error = worker_process_receive(process, &head, supervisor->packet);
        if (error == ERROR_TIMED_OUT)
            return;
        const char *why = NULL;
        if (error == ERROR_UNAVAILABLE)
            why = worker_process_is_dead(process) ? WORKER_ENDED : "it hung up";
        else if (error != OK)
            why = "it broke the protocol";
        else if (floods(process))
            why = "it flooded the supervisor";
        enum verdict verdict = TAKEN;
        if (!why && process == worker->next)
            verdict = on_packet_of_next(worker, &head, supervisor->packet);
        else if (!why)
            verdict = on_packet(worker, &head, supervisor->packet);
        if (verdict == LAST) {
            supervisor_place_waiting(supervisor);
            return;
        }
        if (verdict == BROKEN)
            why = "it broke the protocol";
        if (why) {
            if (process == worker->next)
                game_next_lost(worker, why);
            else
                worker_down(worker, why);
            supervisor_place_waiting(supervisor);
            return;
        }
        process->heard_ms = clock_monotonic_ms();
    }
}

/* Counts a packet of this second. A worker of ours stays far below; what is above is the game's. */
static bool floods(struct worker_process *process)
{
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - process->second_ms >= 1000) {
        if (process->logs > WORKER_LOGS_MAX)
            log_warn("a worker says too much; the rest of that second was dropped", "worker",
                     process->worker->name, "lines", log_number(process->logs), NULL);
        process->second_ms = now_ms;
        process->packets = process->logs = 0;
    }
    return ++process->packets > WORKER_PACKETS_MAX;
}

static enum verdict on_packet(struct worker *worker, const struct control_head *head,
                              const uint8_t *body)
{
    union {
        struct control_match match;
        struct control_match_over over;
        struct control_heartbeat beat;
        struct control_log log;
        struct control_ready ready;
        struct control_fault fault;
    } is;
    if (head->bytes > sizeof is)
        return BROKEN;
    memcpy(&is, body, head->bytes);
    struct live_match *match;

    switch (head->type) {
    case CONTROL_READY:
        if (head->bytes != sizeof is.ready || worker->process->ready)
            return BROKEN;
        on_ready(worker);
        return TAKEN;
    case CONTROL_MATCH_RUNNING:
        if (head->bytes != sizeof is.match)
            return BROKEN;
        match = worker_match_of(worker, is.match.match);
        if (match)
            match_running(worker, match);
        return match ? TAKEN : BROKEN;
    case CONTROL_MATCH_OVER:
        if (head->bytes != sizeof is.over)
            return BROKEN;
        match = worker_match_of(worker, is.over.match);
        if (!match || !(is.over.result.reason == SPOOL_REASON_ABORTED ||
                        match_result_is_sane(match, &is.over.result)))
            return BROKEN;
        match_over(worker, match, &is.over.result, is.over.ticks, is.over.state_hash);
        return TAKEN;
    case CONTROL_HEARTBEAT:
        if (head->bytes != sizeof is.beat)
            return BROKEN;
        worker->process->heartbeat = is.beat;
        return TAKEN;
    case CONTROL_LOG:
        if (head->bytes != sizeof is.log)
            return BROKEN;
        on_worker_log(worker->process, &is.log);
        return TAKEN;
    case CONTROL_PARKED:
        if (head->bytes != 0 || !game_is_parking(worker))
            return BROKEN;
        game_parked(worker);
        return LAST;
    case CONTROL_FAULT:
        if (head->bytes != sizeof is.fault)
            return BROKEN;
        is.fault.why[sizeof is.fault.why - 1] = '\0';
        match = worker_match_of(worker, is.fault.match);
        if (match && !game_fault(worker, is.fault.why))
            match_stop(worker, match); /* the trial has just ended */
        return match ? LAST : BROKEN;
    default:
        return BROKEN;
    }
}

/* What a process may say before it plays. */
static enum verdict on_packet_of_next(struct worker *worker, const struct control_head *head,
                                      const uint8_t *body)
{
    union {
        struct control_log log;
        struct control_rehearsed rehearsed;
    } is;
    switch (head->type) {
    case CONTROL_READY:
        if (head->bytes != sizeof(struct control_ready) || worker->next->ready)
            return BROKEN;
        worker->next->ready = true;
        game_next_ready(worker);
        return LAST;
    case CONTROL_REHEARSED:
        if (head->bytes != sizeof is.rehearsed || !worker->next->ready || worker->rehearsed)
            return BROKEN;
        memcpy(&is.rehearsed, body, sizeof is.rehearsed);
        is.rehearsed.why[sizeof is.rehearsed.why - 1] = '\0';
        game_rehearsed(worker, &is.rehearsed);
        return LAST;
    case CONTROL_HEARTBEAT:
        return head->bytes == sizeof(struct control_heartbeat) ? TAKEN : BROKEN;
    case CONTROL_LOG:
        if (head->bytes != sizeof is.log)
            return BROKEN;
        memcpy(&is.log, body, sizeof is.log);
        on_worker_log(worker->next, &is.log);
        return TAKEN;
    default:
        return BROKEN;
    }
}

/* The matches of the process before go on first. */
static void on_ready(struct worker *worker)
{
    worker_resume(worker);
    supervisor_place_waiting(worker->supervisor);
}

static void on_worker_log(struct worker_process *process, struct control_log *entry)
{
    static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR};
    char match[ID_TEXT_BYTES] = "none";
    if (++process->logs > WORKER_LOGS_MAX)
        return;
    const struct live_match *own = worker_match_of(process->worker, entry->match);
    if (own) /* nothing is said of a match that another worker plays */
        id_text(&own->id, match);
    entry->text[sizeof entry->text - 1] = '\0';
    log_write(levels[entry->level > 3 ? 3 : entry->level], "game says", "worker",
              process->worker->name, "match", match, "text", entry->text, NULL);
}
