/* Who plays with whom, see grouping.h. It must never choose somebody who is away: he would lose
 * his match without having seen it. */
#include "matchmaking/grouping.h"

static enum fate fate_alone(const struct candidate *candidate, int64_t now_unix_ms);
static bool is_here(const struct candidate *candidate);

int grouping_choose(struct candidate *candidates, int count, const struct game_mode *mode,
                    int64_t wait_ms, int64_t now_unix_ms)
{
    int here = 0;
    const struct candidate *first = NULL;
    for (int i = 0; i < count; i++) {
        candidates[i].fate = fate_alone(&candidates[i], now_unix_ms);
        if (!is_here(&candidates[i]))
            continue;
        if (here++ == 0)
            first = &candidates[i];
    }
    int wanted = here < mode->players_max ? here : mode->players_max;
    bool waited_enough = first != NULL && now_unix_ms - first->since_unix_ms >= wait_ms;
    if (wanted < mode->players_min || (wanted < mode->players_max && !waited_enough))
        return 0;
    int chosen = 0;
    for (int i = 0; i < count && chosen < wanted; i++) {
        if (!is_here(&candidates[i]))
            continue;
        candidates[i].fate = FATE_CHOSEN;
        chosen++;
    }
    return chosen;
}

static enum fate fate_alone(const struct candidate *candidate, int64_t now_unix_ms)
{
    if (candidate->is_playing)
        return FATE_DROPPED;
    bool is_away = candidate->absent_since_unix_ms != 0;
    if (is_away && now_unix_ms - candidate->absent_since_unix_ms > ABSENCE_MS_MAX)
        return FATE_DROPPED;
    return FATE_WAITS;
}

static bool is_here(const struct candidate *candidate)
{
    return candidate->fate == FATE_WAITS && candidate->absent_since_unix_ms == 0;
}
