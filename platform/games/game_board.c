/* A lock held for one line. */
#include "games/game_board.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "games/catalog.h"

struct game_board {
    pthread_mutex_t lock; /* over all below */
    struct game_line lines[CATALOG_GAMES_MAX];
    size_t count;
};

static struct game_line *find(struct game_board *board, const char *game);

struct game_board *game_board_create(void)
{
    struct game_board *board = calloc(1, sizeof *board);
    if (board)
        pthread_mutex_init(&board->lock, NULL);
    return board;
}

void game_board_destroy(struct game_board *board)
{
    if (!board)
        return;
    pthread_mutex_destroy(&board->lock);
    free(board);
}

void game_board_write(struct game_board *board, const struct game_line *line)
{
    pthread_mutex_lock(&board->lock);
    struct game_line *known = find(board, line->game);
    if (!known && board->count < CATALOG_GAMES_MAX)
        known = &board->lines[board->count++];
    if (known)
        *known = *line;
    pthread_mutex_unlock(&board->lock);
}

bool game_board_read(struct game_board *board, const char *game, struct game_line *ret_line)
{
    pthread_mutex_lock(&board->lock);
    const struct game_line *known = find(board, game);
    if (known)
        *ret_line = *known;
    pthread_mutex_unlock(&board->lock);
    return known != NULL;
}

static struct game_line *find(struct game_board *board, const char *game)
{
    for (size_t i = 0; i < board->count; i++)
        if (strcmp(board->lines[i].game, game) == 0)
            return &board->lines[i];
    return NULL;
}
