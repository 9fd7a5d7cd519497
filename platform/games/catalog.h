/*
 * The games that can be played: the newest admitted version of each folder of plugins.d. A thread
 * of its own looks every CATALOG_SCAN_MS; a folder that changes is judged once it has been quiet
 * for one look, a bad one is refused with a code in the log and the version before stays. New
 * matches go to the newest version, live ones stay on theirs. Judging is done by other threads, so
 * that a game whose probe takes long delays no other one.
 */
#ifndef GAMES_CATALOG_H
#define GAMES_CATALOG_H

#include "games/image.h"
#include "games/worker_process.h"
#include "service/service.h"

#define CATALOG_GAMES_MAX 256
#define CATALOG_SCAN_MS   1000
#define CATALOG_FIRST_MS  10000 /* for what is there at the start; what takes longer comes later */

struct catalog;

/* Called on a thread of the catalog's for each admitted image. */
typedef void catalog_admitted(void *context, struct image *image);

/* Looks at once and waits CATALOG_FIRST_MS at most for the verdicts, then goes on looking until
 * catalog_destroy. */
must_use enum error catalog_create(const struct settings *settings,
                                   const struct worker_program *program, catalog_admitted *admitted,
                                   void *context, struct catalog **ret_catalog);
void catalog_destroy(struct catalog *catalog); /* NULL is fine */

/* Any thread. A catalog that is NULL has no games. The caller releases what it gets. NULL: there is
 * no such game. */
struct image *catalog_find(struct catalog *catalog, const char *id);
/* The newest of each game in the order of the ids; returns how many. */
size_t catalog_list(struct catalog *catalog, struct image *ret_images[CATALOG_GAMES_MAX]);

#endif
