/*
 * What is still to be written down of changes of version: what became of one after nobody waited
 * for it any more (a bad version goes into quarantine, what is played again is what the next start
 * plays), and what was done when the database was just gone. Tables versions, catalog, audit; on a
 * thread of its own, in the order in which it happened, tried again until the database has it.
 */
#ifndef GAMES_SWAP_RECORD_H
#define GAMES_SWAP_RECORD_H

#include "games/audit.h"
#include "games/swap.h"
#include "service/service.h"

#define SWAP_RECORDS_STEP_MS     1000 /* between two tries */
#define SWAP_RECORDS_WAIT_MS_MAX 3000

struct swap_records;

must_use enum error swap_records_create(struct service_context *context,
                                        struct swap_records **ret_records);
/* One last try, then frees. NULL is fine. */
void swap_records_destroy(struct swap_records *records);

/* Any thread; never blocks for long. `report` is of a change that is off, went back, or is over for
 * good. */
void swap_records_put(struct swap_records *records, const struct swap_report *report, bool is_bad);
/* Any thread: a version was put live, and the transaction of it was lost. `entry` has an id and a
 * sha; with `is_newly_live` it counts for the way that rollbacks take. */
void swap_records_put_release(struct swap_records *records, const struct audit_entry *entry,
                              bool is_newly_live);

/* A pool's or a judge's thread: waits until all that has happened to `game` is written down, at
 * most SWAP_RECORDS_WAIT_MS_MAX. False: it is not. */
must_use bool swap_records_wait(struct swap_records *records, const char *game);

#endif
