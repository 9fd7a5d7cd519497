/*
 * How each game stands, written by the loop at every look and read by the pool's threads: a copy,
 * so that nobody waits for the loop. Any thread.
 */
#ifndef GAMES_GAME_BOARD_H
#define GAMES_GAME_BOARD_H

#include "games/game.h"

struct game_line {
    char game[32];
    enum game_phase phase;
    bool is_closed;        /* its version dies too often; it gets no new matches */
    int64_t until_unix_ms; /* of a trial or a drain; else 0 */
    char waiting_sha[SHA_TEXT_BYTES], waiting_version[24]; /* the change after this one, or "" */
    struct swap_report change;                             /* under way, or the last one */
    uint32_t deaths;                                       /* of workers, since the start */
    struct game_death last_death;
    char last_bundle[CRASH_BUNDLE_NAME_BYTES]; /* "": none since the start */
};

struct game_board;
struct game_board *game_board_create(void);        /* NULL: no memory */
void game_board_destroy(struct game_board *board); /* NULL is fine */

/* Replaces the line of its game; what is over CATALOG_GAMES_MAX is left out. */
void game_board_write(struct game_board *board, const struct game_line *line);
/* False: nothing of the game was ever played here. */
bool game_board_read(struct game_board *board, const char *game, struct game_line *ret_line);

#endif
