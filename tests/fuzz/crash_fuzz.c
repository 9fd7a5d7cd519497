/* A crash.json: what is taken of it can be one of a step, and is written as it was read. */
#include <stdlib.h>
#include <string.h>

#include "host/crash_step.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct crash_step step, again;
    char reason[CRASH_REASON_BYTES] = "";
    if (!crash_step_decode((const char *)bytes, count, &step, reason)) {
        PROMISE(strlen(reason) > 0 && strlen(reason) < sizeof reason);
        return 0;
    }
    PROMISE(step.match.player_count >= 1 && step.match.player_count <= GK_PLAYERS_MAX);
    PROMISE(step.slot < step.match.player_count || step.slot == GK_SPECTATOR);
    char *text = crash_step_encode(&step);
    PROMISE(text && crash_step_decode(text, strlen(text), &again, reason));
    char *text_again = crash_step_encode(&again);
    PROMISE(text_again && strcmp(text, text_again) == 0);
    free(text_again);
    free(text);
    return 0;
}
