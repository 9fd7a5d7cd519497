/*
 * What became of a change of version after nobody waited for it any more: a bad version goes into
 * quarantine, what is played again is what the next start plays, and the audit says so. Tables
 * versions, catalog, audit; on a thread of its own, tried again until the database has it.
 */
#ifndef GAMES_SWAP_RECORD_H
#define GAMES_SWAP_RECORD_H

#include "games/swap.h"
#include "service/service.h"

#define SWAP_RECORDS_STEP_MS 1000 /* between two tries */

struct swap_records;

must_use enum error swap_records_create(struct service_context *context,
                                        struct swap_records **ret_records);
/* One last try, then frees. NULL is fine. */
void swap_records_destroy(struct swap_records *records);

/* Any thread; never blocks for long. `report` is of a change that is off or went back. */
void swap_records_put(struct swap_records *records, const struct swap_report *report, bool is_bad);

#endif
