/*
 * The matches that an earlier run of the games service has left in its arenas, when it was killed:
 * taken up again in workers of ours, each once. The files are hostile bytes: a game may have
 * written anywhere in them. At the start of the service only, before its loop runs; blocking.
 */
#ifndef GAMES_ADOPT_H
#define GAMES_ADOPT_H

#include "games/supervision.h"

/* Takes up every match of every arena in the supervisor's folder, then removes those files. The
 * versions come from the content store. What cannot be taken up is logged and ends as aborted. */
void adopt_arenas(struct supervisor *supervisor);

#endif
