/* Tickets as JSON, see ticket.h. `room` stays null: once the room is there, the ticket is gone and
 * `matchmaking:found` has told of it. */
#include "matchmaking/ticket.h"

#include "core/clock.h"

json_t *ticket_json(const struct ticket *ticket)
{
    char since[CLOCK_RFC3339_BYTES];
    clock_rfc3339(ticket->since_unix_ms, since);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:n}", "game", ticket->game, "mode", ticket->mode,
                     "state", ticket->is_found ? "found" : "waiting", "since", since, "waiting",
                     (json_int_t)ticket->waiting, "room");
}
