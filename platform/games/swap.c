/* What two versions have in common. Pure. */
#include "games/swap.h"

#include <string.h>

const char *swap_outcome_text(enum swap_outcome outcome)
{
    static const char *const texts[] = {
#define X(name, text) text,
        SWAP_OUTCOMES(X)
#undef X
    };
    return texts[outcome];
}

bool swap_can_be_live(const struct gk_manifest *from, const struct gk_manifest *to,
                      const char **ret_why_not)
{
    uint32_t mode;
    *ret_why_not = NULL;
    if (to->state_schema == from->state_schema && to->state_bytes != from->state_bytes)
        *ret_why_not = "its state has another size and the same schema";
    else if (to->state_schema != from->state_schema &&
             (from->state_schema < to->state_schema_oldest ||
              from->state_schema > to->state_schema))
        *ret_why_not = "it does not migrate from the schema that is played";
    else if ((to->tick_hz == 0) != (from->tick_hz == 0))
        *ret_why_not = "one of the two is turn-based";
    for (uint32_t i = 0; !*ret_why_not && i < from->mode_count; i++)
        if (!swap_mode_index(from, i, to, from->modes[i].players_max, &mode))
            *ret_why_not = "a mode is missing, or is for fewer players";
    return !*ret_why_not;
}

bool swap_mode_index(const struct gk_manifest *from, uint32_t mode, const struct gk_manifest *to,
                     uint32_t players, uint32_t *ret_mode)
{
    for (uint32_t i = 0; mode < from->mode_count && i < to->mode_count; i++)
        if (strcmp(from->modes[mode].id, to->modes[i].id) == 0 &&
            to->modes[i].players_max >= players && to->modes[i].teams == from->modes[mode].teams) {
            *ret_mode = i;
            return true;
        }
    return false;
}
