/*
 * plugins.d, the folder into which games are dropped: <id>/game.so, game.json, client/. A thread of
 * its own looks every DROPS_LOOK_MS; a folder that changes is judged once it has been quiet for one
 * look, on a judge's thread, so that a game whose probe takes long delays no other one. Other files
 * than those that were there last are a drop: a version is brought, and put live as the setting
 * drop_action says. At the start the current version of each game is loaded from the store,
 * whatever lies in the folder.
 */
#ifndef GAMES_DROPS_H
#define GAMES_DROPS_H

#include "service/service.h"

#define DROPS_LOOK_MS  1000
#define DROPS_FIRST_MS 10000 /* for what is there at the start; what takes longer comes later */

struct drops;

/* Looks at once and waits DROPS_FIRST_MS at most for the verdicts, then goes on looking until
 * drops_destroy. ERROR_UNAVAILABLE without the database. */
must_use enum error drops_create(struct service_context *context, struct drops **ret_drops);
void drops_destroy(struct drops *drops); /* NULL is fine */

#endif
