/* What a probing process leaves behind, as a code and a sentence. */
#include "host/probe.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* The limit of its processor time ends it by SIGKILL, as both limits are the same. */
const char *probe_judge(const struct probe_report *report, int status,
                        char ret_reason[PROBE_REASON_BYTES])
{
    uint32_t tick = atomic_load(&report->tick), verdict = atomic_load(&report->verdict);
    const char *callback = game_callback_name(atomic_load(&report->callback));
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        return probe_judge_silence(report, ret_reason);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        bool is_call = WIFEXITED(status) && WEXITSTATUS(status) == SANDBOX_EXIT_FORBIDDEN;
        snprintf(ret_reason, PROBE_REASON_BYTES,
                 "In tick %u, %s crashed (%s): gamekit fuzz finds where.", tick, callback,
                 is_call               ? "a system call, and a game makes none"
                 : WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
                                       : "it ended the process");
        return "probe_crashed";
    }
    if (verdict == PROBE_FINE)
        return NULL;
    if (verdict == PROBE_OVERRUN) {
        snprintf(ret_reason, PROBE_REASON_BYTES,
                 "In tick %u, %s wrote outside of its state or its answer, or answered more than "
                 "fits: check every index.",
                 tick, callback);
        return "probe_overrun";
    }
    if (verdict == PROBE_BROKEN) {
        snprintf(ret_reason, PROBE_REASON_BYTES,
                 "In tick %u, check did not return 1: look at what the tick before it did.", tick);
        return "probe_check";
    }
    snprintf(ret_reason, PROBE_REASON_BYTES,
             "In tick %u, %s gave two answers to the same question: set every byte, and use no "
             "clock, no address and nothing but state, inputs and seed.",
             tick, callback);
    return "impure";
}

const char *probe_judge_silence(const struct probe_report *report,
                                char ret_reason[PROBE_REASON_BYTES])
{
    snprintf(ret_reason, PROBE_REASON_BYTES, "In tick %u, %s did not return: bound every loop.",
             atomic_load(&report->tick), game_callback_name(atomic_load(&report->callback)));
    return "probe_timeout";
}

const char *probe_compare(const struct probe_report *one, const struct probe_report *other,
                          char ret_reason[PROBE_REASON_BYTES])
{
    uint32_t ticks = atomic_load(&one->ticks), other_ticks = atomic_load(&other->ticks);
    if (other_ticks < ticks)
        ticks = other_ticks;
    for (uint32_t tick = 0; tick < ticks && tick < PROBE_TICKS; tick++)
        for (uint32_t callback = 0; callback < GAME_CALL_COUNT; callback++)
            if (one->hashes[tick][callback] != other->hashes[tick][callback]) {
                snprintf(ret_reason, PROBE_REASON_BYTES,
                         "In tick %u, %s gave two answers in two processes: keep no pointer in "
                         "the state, and show none.",
                         tick, game_callback_name(callback));
                return "impure";
            }
    return NULL;
}
