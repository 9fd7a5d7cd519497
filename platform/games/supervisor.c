/* The workers as a whole: which one gets a match, and who waits for one. What one worker does is in
 * worker.c, what one match does in live_match.c. */
#include "games/supervisor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/adopt.h"
#include "games/figures.h"
#include "games/game_board.h"
#include "games/mailbox.h"
#include "games/order.h"
#include "games/supervision.h"
#include "games/worker_figures.h"

_Static_assert(MATCHES_PER_WORKER_MAX == ARENA_MATCHES_MAX, "the setting's limit is the arena's");

enum letter_kind { LETTER_ORDER, LETTER_SEAT, LETTER_SWAP, LETTER_IMAGE, LETTER_STOP };
struct letter {
    enum letter_kind kind;
    struct order *order; /* one of its references */
    struct image *image; /* kept */
    enum swap_mode mode; /* of an image */
    struct id match;     /* that has to end */
};

static bool arena_folder_make(struct supervisor *supervisor);
static void on_letter(void *context, void *letter);
static void stop_match(struct supervisor *supervisor, const struct id *id);
static enum error ask(struct supervisor *supervisor, enum letter_kind kind, struct order *order,
                      int timeout_ms);
static enum error seat(struct supervisor *supervisor, struct seat_wish *wish);
static bool place(struct supervisor *supervisor, struct order *order);
static bool can_begin_with(const struct match_begin *begin, const struct image *image);
static struct worker *worker_for(struct supervisor *supervisor, const struct image *image,
                                 uint32_t matches_per_worker);
static void let_idle_go(struct supervisor *supervisor, int64_t now_ms);
static void on_look(evutil_socket_t fd, short what, void *context);
static void refuse_overdue(struct supervisor *supervisor, int64_t now_ms);
static void board_write(struct supervisor *supervisor);
static struct worker_line *line_write(struct worker_line *line, const struct worker *worker,
                                      const struct worker_process *process,
                                      enum worker_state state);
static enum worker_state state_of(const struct worker *worker);
static void figures_print(FILE *out, void *context);

enum error supervisor_create(struct service_context *context, struct placements *placements,
                             struct results *results, struct records *records,
                             const struct worker_program *program,
                             struct supervisor **ret_supervisor)
{
    const struct timeval every = {.tv_usec = SUPERVISOR_LOOK_MS * 1000};
    struct supervisor *supervisor = calloc(1, sizeof *supervisor);
    if (!supervisor)
        return ERROR_INTERNAL;
    supervisor->context = context;
    supervisor->placements = placements;
    supervisor->results = results;
    supervisor->records = records;
    supervisor->capacity = (uint32_t)context->settings->matches_per_worker_max;
    supervisor->timer = event_new(context->base, -1, EV_PERSIST, on_look, supervisor);
    supervisor->program = *program;
    supervisor->board = worker_board_create();
    supervisor->game_board = game_board_create();
    if (!arena_folder_make(supervisor) || !supervisor->board || !supervisor->game_board ||
        !supervisor->timer || event_add(supervisor->timer, &every) != 0 ||
        mailbox_create(context->base, on_letter, supervisor, &supervisor->mailbox) != OK) {
        supervisor_destroy(supervisor);
        return ERROR_UNAVAILABLE;
    }
    supervisor->looked_ms = clock_monotonic_ms();
    metrics_print_more(figures_print, supervisor);
    *ret_supervisor = supervisor;
    return OK;
}

void supervisor_destroy(struct supervisor *supervisor)
{
    if (!supervisor)
        return;
    metrics_print_more(NULL, NULL);
    mailbox_destroy(supervisor->mailbox);
    worker_board_destroy(supervisor->board);
    game_board_destroy(supervisor->game_board);
    while (supervisor->waiting_count > 0)
        (void)order_answer(supervisor->waiting[--supervisor->waiting_count], ERROR_UNAVAILABLE);
    void (*give_up)(struct worker * worker) =
        supervisor->context->another_follows ? worker_leave : worker_remove;
    while (supervisor->worker_count > 0)
        give_up(supervisor->workers[supervisor->worker_count - 1]);
    while (supervisor->game_count > 0)
        game_free(supervisor->games[--supervisor->game_count]);
    if (supervisor->timer)
        event_free(supervisor->timer);
    rmdir(supervisor->arena_folder);
    free(supervisor);
}

void supervisor_adopt(struct supervisor *supervisor)
{
    adopt_arenas(supervisor);
}

void supervisor_listen(struct supervisor *supervisor, supervisor_chosen *chosen,
                       supervisor_judged *judged, void *context)
{
    supervisor->chosen = chosen;
    supervisor->judged = judged;
    supervisor->listener = context;
}

void supervisor_admit(struct supervisor *supervisor, struct image *image, enum swap_mode mode)
{
    struct letter *letter = calloc(1, sizeof *letter);
    if (!letter)
        return; /* until it is dropped again */
    *letter = (struct letter){.kind = LETTER_IMAGE, .image = image_keep(image), .mode = mode};
    if (mailbox_post(supervisor->mailbox, letter) != OK) {
        image_release(image);
        free(letter);
    }
}

enum error supervisor_swap(struct supervisor *supervisor, struct image *image, enum swap_mode mode,
                           struct swap_report *ret_report)
{
    const struct swap_wish wish = {.image = image, .mode = mode};
    struct order *order = order_create_swap(&wish);
    if (!order)
        return ERROR_INTERNAL;
    enum error error = ask(supervisor, LETTER_SWAP, order, SWAP_MS_MAX);
    if (error == OK)
        *ret_report = order_swap(order)->report;
    order_release(order);
    return error;
}

enum error supervisor_start_match(struct supervisor *supervisor, const struct match_begin *begin)
{
    struct order *order = order_create(begin);
    if (!order)
        return ERROR_INTERNAL;
    enum error error = ask(supervisor, LETTER_ORDER, order, MATCH_START_MS_MAX);
    order_release(order);
    return error;
}

enum error supervisor_seat(struct supervisor *supervisor, struct seat_wish *wish)
{
    struct order *order = order_create_seat(wish);
    if (!order)
        return ERROR_INTERNAL;
    enum error error = ask(supervisor, LETTER_SEAT, order, MATCH_SEAT_MS_MAX);
    if (error == OK)
        *wish = *order_seat(order);
    order_release(order);
    return error;
}

void supervisor_stop_match(struct supervisor *supervisor, const struct id *match)
{
    struct letter *letter = calloc(1, sizeof *letter);
    if (!letter)
        return;
    *letter = (struct letter){.kind = LETTER_STOP, .match = *match};
    if (mailbox_post(supervisor->mailbox, letter) != OK)
        free(letter);
}

size_t supervisor_workers(struct supervisor *supervisor, struct worker_line *ret_lines)
{
    return worker_board_read(supervisor->board, ret_lines);
}

bool supervisor_game(struct supervisor *supervisor, const char *game, struct game_line *ret_line)
{
    return game_board_read(supervisor->game_board, game, ret_line);
}

bool supervisor_hand_over(struct supervisor *supervisor, const char *name, const char *gateway,
                          int fd)
{
    for (size_t i = 0; i < supervisor->worker_count; i++)
        if (strcmp(supervisor->workers[i]->name, name) == 0)
            return worker_hand_over(supervisor->workers[i], gateway, fd);
    return false;
}

/* The loop's reference goes with the letter. */
static enum error ask(struct supervisor *supervisor, enum letter_kind kind, struct order *order,
                      int timeout_ms)
{
    struct letter *letter = calloc(1, sizeof *letter);
    enum error error = letter ? OK : ERROR_INTERNAL;
    if (error == OK) {
        *letter = (struct letter){.kind = kind, .order = order};
        error = mailbox_post(supervisor->mailbox, letter);
    }
    if (error == OK)
        return order_wait(order, timeout_ms);
    order_release(order);
    free(letter);
    return error;
}

/* Memory-backed where there is /dev/shm, so that no disk is ever in the way of a tick. The name
 * tells platforms on one machine apart; what an earlier run left there is taken up, see adopt.h. */
static bool arena_folder_make(struct supervisor *supervisor)
{
    const char *data_dir = supervisor->context->settings->data_dir;
    char real[CONFIG_TEXT_BYTES * 8];
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *at = realpath(data_dir, real) ? real : data_dir; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3u;
    snprintf(supervisor->arena_folder, sizeof supervisor->arena_folder,
             "/dev/shm/transcendence-%016llx", (unsigned long long)hash);
    if (mkdir(supervisor->arena_folder, 0700) != 0 && errno != EEXIST) {
        snprintf(supervisor->arena_folder, sizeof supervisor->arena_folder, "%.110s/arena",
                 data_dir);
        if (mkdir(supervisor->arena_folder, 0700) != 0 && errno != EEXIST) {
            log_error("cannot make the folder of the arenas", "folder", supervisor->arena_folder,
                      "reason", strerror(errno), NULL);
            return false;
        }
    }
    return true;
}

static void on_letter(void *context, void *pointer)
{
    struct supervisor *supervisor = context;
    struct letter *letter = pointer;
    if (letter->kind == LETTER_IMAGE) {
        game_offer(supervisor, letter->image, letter->mode, NULL);
        image_release(letter->image);
    } else if (letter->kind == LETTER_SWAP) {
        const struct swap_wish *wish = order_swap(letter->order);
        game_offer(supervisor, wish->image, wish->mode, letter->order);
    } else if (letter->kind == LETTER_SEAT) {
        (void)order_answer(letter->order, seat(supervisor, order_seat(letter->order)));
    } else if (letter->kind == LETTER_STOP) {
        stop_match(supervisor, &letter->match);
    } else if (supervisor->waiting_count == SUPERVISOR_WAITING_MAX) {
        (void)order_answer(letter->order, ERROR_OVERLOADED);
    } else {
        supervisor->waiting[supervisor->waiting_count++] = letter->order;
        supervisor_place_waiting(supervisor);
    }
    free(letter);
}

static enum error seat(struct supervisor *supervisor, struct seat_wish *wish)
{
    for (size_t i = 0; i < supervisor->worker_count; i++) {
        struct live_match *match = worker_match_of(supervisor->workers[i], wish->match.bytes);
        if (match)
            return match_seat(supervisor->workers[i], match, &wish->player);
    }
    return ERROR_MATCH_OVER;
}

static void stop_match(struct supervisor *supervisor, const struct id *id)
{
    for (size_t i = 0; i < supervisor->worker_count; i++) {
        struct live_match *match = worker_match_of(supervisor->workers[i], id->bytes);
        if (match)
            match_stop(supervisor->workers[i], match);
    }
}

void supervisor_ensure_worker(struct supervisor *supervisor, struct image *image)
{
    if (!worker_for(supervisor, image, 0))
        (void)worker_add(supervisor, image);
}

void supervisor_place_waiting(struct supervisor *supervisor)
{
    size_t kept = 0;
    for (size_t i = 0; i < supervisor->waiting_count; i++)
        if (!place(supervisor, supervisor->waiting[i]))
            supervisor->waiting[kept++] = supervisor->waiting[i];
    supervisor->waiting_count = kept;
    supervisor_figures_set(supervisor);
}

/* False: not yet. */
static bool place(struct supervisor *supervisor, struct order *order)
{
    const struct match_begin *begin = order_begin(order);
    const struct game *game = game_find(supervisor, begin->image->manifest.id);
    struct image *image = game ? game->image : (struct image *)(uintptr_t)begin->image;
    uint32_t mode;
    if (game && game->phase == GAME_PARKING)
        return false;
    if ((game && game->is_closed) ||
        (!image_equal(image, begin->image) && !can_begin_with(begin, image))) {
        (void)order_answer(order, ERROR_UNAVAILABLE);
        return true;
    }
    struct worker *worker = worker_for(supervisor, image, begin->matches_per_worker);
    if (!worker && supervisor_has_too_many(supervisor, begin->image->manifest.id)) {
        (void)order_answer(order, ERROR_OVERLOADED);
        return true;
    }
    if (!worker)
        worker = worker_add(supervisor, image);
    if (!worker || !swap_mode_index(&begin->image->manifest, begin->mode, &image->manifest,
                                    (uint32_t)begin->slot_count, &mode)) {
        (void)order_answer(order, ERROR_UNAVAILABLE);
        return true;
    }
    if (!worker->process->ready)
        return false;
    struct live_match *match = calloc(1, sizeof *match);
    if (!match) {
        (void)order_answer(order, ERROR_INTERNAL);
        return true;
    }
    match->id = begin->id;
    match_start_fill(begin, &match->start);
    match->start.mode = mode;
    match->start.abandoned_ms = supervisor->context->settings->match_abandoned_seconds * 1000;
    match->begun_ms = clock_monotonic_ms();
    if (!worker_take(worker, match)) {
        free(match);
        return false;
    }
    uint32_t index = match->start.arena_index;
    struct arena_match *arena = worker_process_match(worker->process, index);
    atomic_store(&arena->commits, 0); /* live is for the worker to say: he may read a RESUME yet */
    arena->journal_kept = arena->journal_begin = 0;
    if (!match_send(worker, match)) {
        worker->matches[index] = NULL;
        worker->match_count--;
        free(match);
        return false;
    }
    match->order = order;
    return true;
}

/* The version was another one when the match was asked for; its options have to be the same ones.
 */
static bool can_begin_with(const struct match_begin *begin, const struct image *image)
{
    return begin->image->manifest.option_count == image->manifest.option_count;
}

/* One with room, ready or about to be. */
static struct worker *worker_for(struct supervisor *supervisor, const struct image *image,
                                 uint32_t matches_per_worker)
{
    struct worker *found = NULL;
    for (size_t i = 0; i < supervisor->worker_count; i++) {
        struct worker *worker = supervisor->workers[i];
        if (image_equal(worker->process->image, image) && !worker->stopping && !worker->draining &&
            !worker->is_alone && worker_has_room(worker, matches_per_worker) &&
            (!found || worker->process->ready))
            found = worker;
    }
    return found;
}

bool supervisor_has_too_many(const struct supervisor *supervisor, const char *game)
{
    int count = 0;
    for (size_t i = 0; i < supervisor->worker_count; i++)
        count += strcmp(supervisor->workers[i]->process->image->manifest.id, game) == 0;
    return count >= WORKERS_PER_GAME_MAX;
}

/* When we are late ourselves, nobody's silence is held against him this time. */
static void on_look(evutil_socket_t fd, short what, void *context)
{
    struct supervisor *supervisor = context;
    int64_t now_ms = clock_monotonic_ms();
    bool punctual = now_ms - supervisor->looked_ms < SUPERVISOR_LATE_MS_MAX;
    (void)fd;
    (void)what;
    supervisor->looked_ms = now_ms;
    let_idle_go(supervisor, now_ms);
    for (size_t i = supervisor->worker_count; i-- > 0;)
        if (i < supervisor->worker_count) /* one may take others along */
            worker_look_after(supervisor->workers[i], now_ms, punctual);
    for (size_t i = 0; i < supervisor->game_count; i++)
        game_look_after(supervisor->games[i], now_ms);
    refuse_overdue(supervisor, now_ms);
    supervisor_place_waiting(supervisor);
    board_write(supervisor);
}

/* Those that were made for matches that wanted to be few, or for a crowd that has gone. */
static void let_idle_go(struct supervisor *supervisor, int64_t now_ms)
{
    for (size_t i = 0; i < supervisor->worker_count; i++) {
        struct worker *worker = supervisor->workers[i];
        if (worker->match_count > 0 || worker->played_ms == 0)
            worker->played_ms = now_ms;
        if (worker->draining || now_ms - worker->played_ms < WORKER_IDLE_MS)
            continue;
        for (size_t other = 0; other < supervisor->worker_count && !worker->draining; other++)
            worker->draining = other != i && !supervisor->workers[other]->draining &&
                               !supervisor->workers[other]->is_alone &&
                               memcmp(supervisor->workers[other]->process->image->sha,
                                      worker->process->image->sha, 32) == 0;
    }
}

static void board_write(struct supervisor *supervisor)
{
    struct worker_line *line = supervisor->lines;
    for (size_t i = 0; i < supervisor->worker_count; i++) {
        const struct worker *worker = supervisor->workers[i];
        line = line_write(line, worker, worker->process, state_of(worker));
        line = line_write(line, worker, worker->next, WORKER_STARTING);
        line = line_write(line, worker, worker->parked, WORKER_PARKED);
    }
    worker_board_write(supervisor->board, supervisor->lines, (size_t)(line - supervisor->lines));
    for (size_t i = 0; i < supervisor->game_count; i++) {
        struct game_line game;
        game_show(supervisor->games[i], &game);
        game_board_write(supervisor->game_board, &game);
    }
}

/* Returns the next line. The matches are those of the process that plays. */
static struct worker_line *line_write(struct worker_line *line, const struct worker *worker,
                                      const struct worker_process *process, enum worker_state state)
{
    if (!process)
        return line;
    const struct image *image = process->image;
    *line = (struct worker_line){.state = state,
                                 .matches = process == worker->process ? worker->match_count : 0,
                                 .greedy = process->greed.greedy,
                                 .pid = process->pid,
                                 .heartbeat = process->heartbeat};
    memcpy(line->worker, worker->name, sizeof line->worker);
    memcpy(line->game, image->manifest.id, sizeof line->game);
    memcpy(line->version, image->manifest.version, sizeof line->version);
    memcpy(line->sha_text, image->sha_text, sizeof line->sha_text);
    return line + 1;
}

static enum worker_state state_of(const struct worker *worker)
{
    if (worker->draining)
        return WORKER_DRAINING;
    if (!worker->process->ready)
        return WORKER_STARTING;
    return worker->parked ? WORKER_CANARY : WORKER_LIVE;
}

static void refuse_overdue(struct supervisor *supervisor, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < supervisor->waiting_count; i++) {
        if (now_ms - order_since_ms(supervisor->waiting[i]) > MATCH_START_MS_MAX)
            (void)order_answer(supervisor->waiting[i], ERROR_TIMED_OUT);
        else
            supervisor->waiting[kept++] = supervisor->waiting[i];
    }
    supervisor->waiting_count = kept;
}

void supervisor_figures_set(struct supervisor *supervisor)
{
    int64_t matches = 0;
    for (size_t i = 0; i < supervisor->worker_count; i++)
        matches += supervisor->workers[i]->match_count;
    metric_set(&figure_matches_live, matches);
    metric_set(&figure_workers, (int64_t)supervisor->worker_count);
}

/* On the loop's thread, which answers /metrics itself. */
static void figures_print(FILE *out, void *context)
{
    const struct supervisor *supervisor = context;
    struct worker_figures workers[SUPERVISOR_WORKERS_MAX];
    for (size_t i = 0; i < supervisor->worker_count; i++)
        workers[i] = (struct worker_figures){
            .game = supervisor->workers[i]->process->image->manifest.id,
            .worker = supervisor->workers[i]->name,
            .heartbeat = &supervisor->workers[i]->process->heartbeat,
            .greedy = supervisor->workers[i]->process->greed.greedy,
        };
    worker_figures_print(out, workers, supervisor->worker_count);
}
