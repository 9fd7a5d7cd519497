/* A lock held for one memcpy. */
#include "games/worker_board.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct worker_board {
    pthread_mutex_t lock; /* over all below */
    struct worker_line lines[WORKER_BOARD_MAX];
    size_t count;
};

const char *worker_state_text(enum worker_state state)
{
    static const char *const texts[] = {
#define X(name, text) text,
        WORKER_STATES(X)
#undef X
    };
    return texts[state];
}

struct worker_board *worker_board_create(void)
{
    struct worker_board *board = calloc(1, sizeof *board);
    if (board)
        pthread_mutex_init(&board->lock, NULL);
    return board;
}

void worker_board_destroy(struct worker_board *board)
{
    if (!board)
        return;
    pthread_mutex_destroy(&board->lock);
    free(board);
}

void worker_board_write(struct worker_board *board, const struct worker_line *lines, size_t count)
{
    if (count > WORKER_BOARD_MAX)
        count = WORKER_BOARD_MAX;
    pthread_mutex_lock(&board->lock);
    memcpy(board->lines, lines, count * sizeof *lines);
    board->count = count;
    pthread_mutex_unlock(&board->lock);
}

size_t worker_board_read(struct worker_board *board, struct worker_line *ret_lines)
{
    pthread_mutex_lock(&board->lock);
    size_t count = board->count;
    memcpy(ret_lines, board->lines, count * sizeof *ret_lines);
    pthread_mutex_unlock(&board->lock);
    return count;
}
