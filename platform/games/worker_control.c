/* What a worker says. Its word is checked before it counts: the match must be its own, the result
 * must fit, and there is a limit on how much it says. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/supervision.h"

#define PACKETS_PER_READ_MAX 256
#define WORKER_PACKETS_MAX   20000 /* in a second; then it is ended */
#define WORKER_LOGS_MAX      40    /* lines in a second; the rest is dropped and counted */

static bool floods(struct worker_process *process);
static bool on_packet(struct worker *worker, const struct control_head *head, const uint8_t *body);
static void on_ready(struct worker *worker);
static void on_worker_log(struct worker *worker, struct control_log *entry);

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
        if (error != OK)
            why = error == ERROR_UNAVAILABLE ? "it ended" : "it broke the protocol";
        else if (floods(process))
            why = "it flooded the supervisor";
        else if (!on_packet(worker, &head, supervisor->packet))
            why = "it broke the protocol";
        if (why) {
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

/* False for what is no message of ours. */
static bool on_packet(struct worker *worker, const struct control_head *head, const uint8_t *body)
{
    union {
        struct control_match match;
        struct control_match_over over;
        struct control_heartbeat beat;
        struct control_log log;
        struct control_ready ready;
    } is;
    if (head->bytes > sizeof is)
        return false;
    memcpy(&is, body, head->bytes);
    struct live_match *match;

    switch (head->type) {
    case CONTROL_READY:
        if (head->bytes != sizeof is.ready || worker->process->ready)
            return false;
        on_ready(worker);
        return true;
    case CONTROL_MATCH_RUNNING:
        if (head->bytes != sizeof is.match)
            return false;
        match = worker_match_of(worker, is.match.match);
        if (match)
            match_running(worker, match);
        return match != NULL;
    case CONTROL_MATCH_OVER:
        if (head->bytes != sizeof is.over)
            return false;
        match = worker_match_of(worker, is.over.match);
        if (!match || !(is.over.result.reason == SPOOL_REASON_ABORTED ||
                        match_result_is_sane(match, &is.over.result)))
            return false;
        match_over(worker, match, &is.over.result, is.over.ticks, is.over.state_hash);
        return true;
    case CONTROL_HEARTBEAT:
        if (head->bytes != sizeof is.beat)
            return false;
        worker->process->heartbeat = is.beat;
        return true;
    case CONTROL_LOG:
        if (head->bytes != sizeof is.log)
            return false;
        on_worker_log(worker, &is.log);
        return true;
    default:
        return false;
    }
}

/* The matches of the process before go on first. */
static void on_ready(struct worker *worker)
{
    worker_resume(worker);
    supervisor_place_waiting(worker->supervisor);
}

static void on_worker_log(struct worker *worker, struct control_log *entry)
{
    static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR};
    char match[ID_TEXT_BYTES] = "none";
    if (++worker->process->logs > WORKER_LOGS_MAX)
        return;
    const struct live_match *own = worker_match_of(worker, entry->match);
    if (own) /* nothing is said of a match that another worker plays */
        id_text(&own->id, match);
    entry->text[sizeof entry->text - 1] = '\0';
    log_write(levels[entry->level > 3 ? 3 : entry->level], "game says", "worker", worker->name,
              "match", match, "text", entry->text, NULL);
}
