/*
 * The games that can be played now: of each its current version, and whether it is enabled. Memory
 * only; the table of the same name is the truth behind it. Any thread; the lock is held only to
 * copy references.
 */
#ifndef GAMES_CATALOG_H
#define GAMES_CATALOG_H

#include "core/error.h"
#include "games/image.h"

#define CATALOG_GAMES_MAX 256
#define CATALOG_ID_BYTES  32

struct catalog;

struct catalog *catalog_create(void);          /* NULL: no memory */
void catalog_destroy(struct catalog *catalog); /* NULL is fine */

/* `image` is the current version of its game from now on. ERROR_OVERLOADED past CATALOG_GAMES_MAX.
 */
must_use enum error catalog_put(struct catalog *catalog, struct image *image);
/* Also of a game that has no version yet. */
must_use enum error catalog_enable(struct catalog *catalog, const char *id, bool enabled);

/* The current version; the caller releases it. NULL: there is no such game. */
struct image *catalog_find(struct catalog *catalog, const char *id);
bool catalog_is_enabled(struct catalog *catalog, const char *id);
/* The current version of each enabled game in the order of the ids; returns how many. */
size_t catalog_list(struct catalog *catalog, struct image *ret_images[CATALOG_GAMES_MAX]);

#endif
