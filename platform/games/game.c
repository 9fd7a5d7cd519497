/* The phases of a change, each left by one function: begin, rehearse_all, park_all, on_trial, then
 * settle, call_off, go_back or drain. What happens to one worker is in worker_swap.c. */
#include "games/game.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/game_board.h"
#include "games/supervision.h"

static struct game *game_make(struct supervisor *supervisor, struct image *image);
static void begin(struct game *game, struct image *image, enum swap_mode mode, struct order *asker);
static void rehearse_all(struct game *game);
static void park_all(struct game *game);
static void on_trial(struct game *game);
static void pass(struct game *game, const char *why);
static void drain(struct game *game, const char *why);
static void turn_round(struct game *game, struct order *asker);
static void settle(struct game *game, enum swap_outcome outcome);
static void call_off(struct game *game, bool is_bad, const char *why);
static void begin_trial(struct game *game);
static void go_back(struct game *game, bool is_bad, const char *why);
static void take_back(struct game *game, struct order *asker);
static uint32_t change_back(struct game *game, bool is_bad);
static void look_after_drain(struct game *game, int64_t now_ms);
static void fill_report(const struct game *game, const struct image *from, const struct image *to,
                        enum swap_mode mode, enum swap_outcome outcome,
                        struct swap_report *ret_report);
static void answer_asker(struct game *game);
static void answer(struct order *asker, const struct swap_report *report);
static void begin_waiting(struct game *game);
static void choose(struct game *game, struct image *image);
static void judge(const struct game *game, bool is_bad);
static struct worker *next_worker(const struct game *game, size_t *at);
static struct game *game_of_worker(const struct worker *worker);
static bool plays(const struct worker *worker, const struct image *image);
static void say(const struct game *game, const char *what, const char *reason);

const char *game_phase_text(enum game_phase phase)
{
    static const char *const texts[] = {
#define X(name, text) text,
        GAME_PHASES(X)
#undef X
    };
    return texts[phase];
}

struct game *game_find(struct supervisor *supervisor, const char *id)
{
    for (size_t i = 0; i < supervisor->game_count; i++)
        if (strcmp(supervisor->games[i]->id, id) == 0)
            return supervisor->games[i];
    return NULL;
}

void game_offer(struct supervisor *supervisor, struct image *image, enum swap_mode mode,
                struct order *asker)
{
    struct game *game = game_find(supervisor, image->manifest.id);
    bool is_first = !game;
    if (is_first)
        game = game_make(supervisor, image);
    if (!game) {
        if (asker)
            (void)order_answer(asker, ERROR_OVERLOADED);
        return;
    }
    bool is_open = game->phase == GAME_SETTLED || game->phase == GAME_ON_TRIAL;
    if (is_first || (is_open && image_equal(image, game->image))) {
        struct swap_report report;
        fill_report(game, game->image, image, mode,
                    game->phase == GAME_SETTLED ? SWAP_DONE : SWAP_ON_TRIAL, &report);
        choose(game, image);
        answer(asker, &report);
        supervisor_ensure_worker(supervisor, image);
        return;
    }
    if (game->phase == GAME_ON_TRIAL && image_equal(image, game->other)) {
        take_back(game, asker);
        return;
    }
    if (game->phase == GAME_DRAINING && image_equal(image, game->other)) {
        turn_round(game, asker);
        return;
    }
    if (game->phase == GAME_ON_TRIAL) /* whoever wants yet another one has seen enough of it */
        pass(game, "another version was put live before its time was up");
    if (game->phase == GAME_SETTLED) {
        begin(game, image, mode, asker);
        return;
    }
    log_info("a version waits until the change under way is over", "game", game->id, "sha",
             image->sha_text, NULL);
    image_release(game->waiting);
    game->waiting = image_keep(image);
    game->waiting_mode = mode;
    struct swap_report report;
    fill_report(game, game->image, image, mode, SWAP_WAITING, &report);
    answer(asker, &report);
}

/* The first version found is the one that is played; another one drains. */
void game_adopt(struct supervisor *supervisor, struct worker *worker)
{
    struct image *image = worker->process->image;
    struct game *game = game_find(supervisor, image->manifest.id);
    if (!game)
        game = game_make(supervisor, image);
    worker->draining = game && !image_equal(image, game->image);
}

void game_adopt_trial(struct supervisor *supervisor, struct image *image, struct image *before)
{
    struct game *game = game_find(supervisor, image->manifest.id);
    if (game)
        return; /* it plays on, or ends, without a way back */
    game = game_make(supervisor, image);
    if (!game)
        return;
    game->other = image_keep(before);
    fill_report(game, before, image, SWAP_LIVE, SWAP_ON_TRIAL, &game->report);
    begin_trial(game);
    say(game, "a trial of an earlier run begins anew", "");
}

void game_free(struct game *game)
{
    image_release(game->image);
    image_release(game->other);
    image_release(game->waiting);
    if (game->asker)
        (void)order_answer(game->asker, ERROR_UNAVAILABLE);
    free(game);
}

void game_show(const struct game *game, struct game_line *ret_line)
{
    bool has_end = game->phase == GAME_ON_TRIAL || game->phase == GAME_DRAINING;
    *ret_line = (struct game_line){
        .phase = game->phase,
        .is_closed = game->is_closed,
        .until_unix_ms = has_end ? clock_unix_ms() + game->until_ms - clock_monotonic_ms() : 0,
        .change = game->report,
        .deaths = game->death_count,
        .last_death = game->last_death,
    };
    memcpy(ret_line->game, game->id, sizeof ret_line->game);
    memcpy(ret_line->last_bundle, game->last_bundle, sizeof ret_line->last_bundle);
    if (game->waiting) {
        memcpy(ret_line->waiting_sha, game->waiting->sha_text, sizeof ret_line->waiting_sha);
        memcpy(ret_line->waiting_version, game->waiting->manifest.version,
               sizeof ret_line->waiting_version);
    }
}

void game_note_death(struct supervisor *supervisor, const struct image *image, const char *sentence)
{
    struct game *game = game_find(supervisor, image->manifest.id);
    if (!game)
        return;
    struct game_death *death = &game->last_death;
    game->death_count++;
    death->unix_ms = clock_unix_ms();
    memcpy(death->sha_text, image->sha_text, sizeof death->sha_text);
    memcpy(death->version, image->manifest.version, sizeof death->version);
    snprintf(death->sentence, sizeof death->sentence, "%s", sentence);
}

void game_note_bundle(struct supervisor *supervisor, const struct image *image,
                      const char name[CRASH_BUNDLE_NAME_BYTES])
{
    struct game *game = game_find(supervisor, image->manifest.id);
    if (game)
        memcpy(game->last_bundle, name, sizeof game->last_bundle);
}

static struct game *game_make(struct supervisor *supervisor, struct image *image)
{
    if (supervisor->game_count == CATALOG_GAMES_MAX)
        return NULL;
    struct game *game = calloc(1, sizeof *game);
    if (!game)
        return NULL;
    game->supervisor = supervisor;
    game->image = image_keep(image);
    snprintf(game->id, sizeof game->id, "%s", image->manifest.id);
    snprintf(game->report.game, sizeof game->report.game, "%s", game->id);
    supervisor->games[supervisor->game_count++] = game;
    return game;
}

static void begin(struct game *game, struct image *image, enum swap_mode mode, struct order *asker)
{
    const char *why_not = NULL;
    fill_report(game, game->image, image, mode, SWAP_REHEARSING, &game->report);
    game->asker = asker;
    game->other = image_keep(image);
    game->since_us = clock_monotonic_ns() / 1000;
    if (mode == SWAP_LIVE && swap_can_be_live(&game->image->manifest, &image->manifest, &why_not)) {
        game->phase = GAME_REHEARSING;
        game->until_ms = clock_monotonic_ms() + GAME_REHEARSAL_MS_MAX;
        say(game, "another version of a game rehearses", "");
        rehearse_all(game);
    } else {
        drain(game, why_not ? why_not : "");
    }
}

/* Until each worker of the version, also one that was added meanwhile, has another process that has
 * tried its matches. */
static void rehearse_all(struct game *game)
{
    struct worker *worker;
    bool done = true;
    for (size_t at = 0; (worker = next_worker(game, &at));) {
        if (!plays(worker, game->image))
            continue;
        const char *why_not = worker->next ? NULL : worker_prepare(worker, game->other);
        if (why_not) {
            call_off(game, false, why_not);
            return;
        }
        done = done && worker->rehearsed;
    }
    if (done)
        park_all(game);
}

void game_next_ready(struct worker *worker)
{
    if (!worker_rehearse(worker))
        game_next_lost(worker, "it does not listen");
}

void game_rehearsed(struct worker *worker, const struct control_rehearsed *rehearsed)
{
    struct game *game = game_of_worker(worker);
    char sentence[SWAP_REASON_BYTES], match[ID_TEXT_BYTES] = "that is over";
    if (rehearsed->refused == CONTROL_NONE) {
        worker->rehearsed = true;
        rehearse_all(game);
        return;
    }
    if (rehearsed->refused < worker->next->capacity && worker->matches[rehearsed->refused])
        id_text(&worker->matches[rehearsed->refused]->id, match);
    snprintf(sentence, sizeof sentence, "%s, of match %s", rehearsed->why, match);
    call_off(game, false, sentence);
}

void game_next_lost(struct worker *worker, const char *why)
{
    struct game *game = game_of_worker(worker);
    struct death death;
    int status = worker_process_end(worker->next);
    death_report(worker, worker->next, status, why, &death);
    if (game->phase == GAME_PARKING)
        go_back(game, !death.is_killed, death.sentence);
    else
        call_off(game, !death.is_killed, death.sentence);
}

static void park_all(struct game *game)
{
    struct worker *worker;
    game->report.rehearsal_us = clock_monotonic_ns() / 1000 - game->since_us;
    game->phase = GAME_PARKING;
    game->since_us = clock_monotonic_ns() / 1000;
    for (size_t at = 0; (worker = next_worker(game, &at));)
        if (worker->next && !worker_park(worker))
            worker_change(worker); /* it has no process now: there is nobody to wait for */
    on_trial(game);
}

bool game_is_parking(const struct worker *worker)
{
    return worker->park_asked_ms != 0;
}

void game_parked(struct worker *worker)
{
    struct game *game = game_of_worker(worker);
    worker_change(worker);
    on_trial(game);
}

/* Once all workers have changed. */
static void on_trial(struct game *game)
{
    struct worker *worker;
    uint32_t matches = 0;
    for (size_t at = 0; (worker = next_worker(game, &at)); matches += worker->match_count)
        if (worker->next)
            return;
    struct image *before = game->image;
    game->image = game->other;
    game->other = before;
    begin_trial(game);
    game->report.matches = matches;
    game->report.hand_over_us = clock_monotonic_ns() / 1000 - game->since_us;
    choose(game, game->image);
    say(game, "all matches play the other version, on trial", "");
    answer_asker(game);
    supervisor_ensure_worker(game->supervisor, game->image);
}

static void begin_trial(struct game *game)
{
    const struct settings *settings = game->supervisor->context->settings;
    game->phase = GAME_ON_TRIAL;
    game->report.outcome = SWAP_ON_TRIAL;
    game->until_ms = clock_monotonic_ms() + settings->trial_seconds * 1000;
}

bool game_fault(struct worker *worker, const char *why)
{
    struct game *game = game_of_worker(worker);
    if (!game || !plays(worker, game->phase == GAME_PARKING ? game->other : game->image) ||
        (game->phase != GAME_ON_TRIAL && game->phase != GAME_PARKING))
        return false;
    go_back(game, true, why);
    return true;
}

/* Which version there is to go back to, the tables know: whoever hears of this puts it live. */
void game_died(struct supervisor *supervisor, const struct image *image, const char *why)
{
    struct game *game = game_find(supervisor, image->manifest.id);
    int64_t now_ms = clock_monotonic_ms();
    if (!game || game->is_closed || !image_equal(image, game->image))
        return;
    if (now_ms - game->deaths_ms > GAME_DEATHS_MS) {
        game->deaths_ms = now_ms;
        game->deaths = 0;
    }
    if (++game->deaths <= supervisor->context->settings->game_deaths_max)
        return;
    struct swap_report report;
    fill_report(game, image, image, SWAP_LIVE, SWAP_BACK, &report);
    report.from_sha[0] = report.from_version[0] = '\0';
    snprintf(report.reason, sizeof report.reason, "%s, and so often before", why);
    game->is_closed = true;
    log_error("a version dies too often; it gets no more matches", "game", game->id, "version",
              image->manifest.version, "sha", image->sha_text, "reason", why, NULL);
    if (supervisor->judged)
        supervisor->judged(supervisor->listener, &report, true);
}

bool game_is_on_trial(struct supervisor *supervisor, const struct image *image)
{
    const struct game *game = game_find(supervisor, image->manifest.id);
    return game && game->phase == GAME_ON_TRIAL && image_equal(image, game->image);
}

void game_look_after(struct game *game, int64_t now_ms)
{
    struct worker *worker;
    switch (game->phase) {
    case GAME_SETTLED:
        break;
    case GAME_REHEARSING:
        if (now_ms >= game->until_ms)
            call_off(game, false, "the rehearsal takes too long");
        else
            rehearse_all(game);
        break;
    case GAME_PARKING:
        for (size_t at = 0; (worker = next_worker(game, &at));)
            if (worker->park_asked_ms != 0 && now_ms - worker->park_asked_ms > GAME_PARK_MS_MAX) {
                log_warn("a process does not park; it is ended", "worker", worker->name, NULL);
                (void)worker_process_end(worker->process);
                game_parked(worker);
                return;
            }
        break;
    case GAME_ON_TRIAL:
        if (now_ms >= game->until_ms)
            pass(game, "");
        break;
    case GAME_DRAINING:
        look_after_drain(game, now_ms);
        break;
    }
}

/* There is no way back to the old processes any more. */
static void pass(struct game *game, const char *why)
{
    game->report.outcome = SWAP_DONE;
    snprintf(game->report.reason, sizeof game->report.reason, "%s", why);
    judge(game, false);
    settle(game, SWAP_DONE);
}

static void drain(struct game *game, const char *why)
{
    struct worker *worker;
    struct image *before = game->image;
    game->image = game->other;
    game->other = before;
    game->phase = GAME_DRAINING;
    game->until_ms =
        clock_monotonic_ms() + game->supervisor->context->settings->drain_seconds * 1000;
    game->report.mode = SWAP_DRAIN;
    game->report.outcome = SWAP_DRAINING;
    snprintf(game->report.reason, sizeof game->report.reason, "%s", why);
    for (size_t at = 0; (worker = next_worker(game, &at));)
        worker->draining = !image_equal(worker->process->image, game->image);
    choose(game, game->image);
    say(game, "new matches are of another version, the old ones end on theirs", why);
    answer_asker(game);
    supervisor_ensure_worker(game->supervisor, game->image);
}

/* Somebody wants the version again that is drained: nobody waits for its last match to get a new
 * one of it. What was begun meanwhile is drained in its place. */
static void turn_round(struct game *game, struct order *asker)
{
    image_release(game->waiting); /* whoever says this now has another wish */
    game->waiting = NULL;
    fill_report(game, game->image, game->other, SWAP_DRAIN, SWAP_DRAINING, &game->report);
    game->asker = asker;
    drain(game, "a drain was under way, and is turned round");
}

/* When the time is up, what is left ends without a result. */
static void look_after_drain(struct game *game, int64_t now_ms)
{
    struct worker *worker;
    bool is_drained = true, is_late = now_ms >= game->until_ms;
    for (size_t at = 0; (worker = next_worker(game, &at));) {
        if (!worker->draining)
            continue;
        is_drained = false;
        for (uint32_t i = 0; is_late && i < worker->process->capacity; i++)
            if (worker->matches[i] && worker->matches[i]->stop_asked_ms == 0)
                match_stop(worker, worker->matches[i]);
    }
    if (is_drained)
        pass(game, is_late ? "the matches that were left at the end of the time were ended" : "");
}

static void settle(struct game *game, enum swap_outcome outcome)
{
    struct worker *worker;
    for (size_t at = 0; (worker = next_worker(game, &at));)
        worker_settle(worker);
    game->report.outcome = outcome;
    game->phase = GAME_SETTLED;
    image_release(game->other);
    game->other = NULL;
    if (outcome == SWAP_DONE)
        say(game, "the change of version is done", "");
    answer_asker(game);
    begin_waiting(game);
}

/* The old version has played on all the time. */
static void call_off(struct game *game, bool is_bad, const char *why)
{
    struct worker *worker;
    snprintf(game->report.reason, sizeof game->report.reason, "%s", why);
    say(game, "the other version is not taken; the old one plays on", why);
    for (size_t at = 0; (worker = next_worker(game, &at));) {
        worker_process_destroy(worker->next);
        worker->next = NULL;
    }
    game->report.outcome = SWAP_OFF;
    judge(game, is_bad);
    settle(game, SWAP_OFF);
}

static void go_back(struct game *game, bool is_bad, const char *why)
{
    char *reason = game->report.reason;
    say(game, "the other version does wrong; all matches go back to the old one", why);
    uint32_t set_back = change_back(game, true);
    if (set_back == 0)
        snprintf(reason, sizeof game->report.reason, "%s", why);
    else
        snprintf(reason, sizeof game->report.reason, "%.120s; %u matches are where they left", why,
                 set_back);
    game->report.outcome = SWAP_BACK;
    judge(game, is_bad);
    settle(game, SWAP_BACK);
}

/* Somebody wants the old version again before the trial is over: it is still there. */
static void take_back(struct game *game, struct order *asker)
{
    struct image *from = image_keep(game->image);
    (void)change_back(game, false);
    settle(game, SWAP_DONE);
    fill_report(game, from, game->image, SWAP_LIVE, SWAP_DONE, &game->report);
    image_release(from);
    answer(asker, &game->report);
}

/* All its workers, also those that were added since. Returns how many matches were set back. */
static uint32_t change_back(struct game *game, bool is_bad)
{
    struct supervisor *supervisor = game->supervisor;
    bool has_changed = game->phase == GAME_ON_TRIAL;
    struct image *good = has_changed ? game->other : game->image;
    struct image *bad = has_changed ? game->image : game->other;
    uint32_t set_back = 0;
    for (size_t i = supervisor->worker_count; i-- > 0;)
        if (game_of_worker(supervisor->workers[i]) == game)
            set_back += worker_go_back(supervisor->workers[i], good, is_bad);
    game->image = good;
    game->other = bad;
    choose(game, good);
    return set_back;
}

static void fill_report(const struct game *game, const struct image *from, const struct image *to,
                        enum swap_mode mode, enum swap_outcome outcome,
                        struct swap_report *ret_report)
{
    *ret_report = (struct swap_report){.mode = mode, .outcome = outcome};
    snprintf(ret_report->game, sizeof ret_report->game, "%s", game->id);
    memcpy(ret_report->from_sha, from->sha_text, sizeof ret_report->from_sha);
    memcpy(ret_report->to_sha, to->sha_text, sizeof ret_report->to_sha);
    memcpy(ret_report->from_version, from->manifest.version, sizeof ret_report->from_version);
    memcpy(ret_report->to_version, to->manifest.version, sizeof ret_report->to_version);
}

/* Whoever waited for the change under way. */
static void answer_asker(struct game *game)
{
    struct order *asker = game->asker;
    game->asker = NULL;
    answer(asker, &game->report);
}

static void answer(struct order *asker, const struct swap_report *report)
{
    if (!asker)
        return;
    order_swap(asker)->report = *report;
    (void)order_answer(asker, OK);
}

static void begin_waiting(struct game *game)
{
    struct image *image = game->waiting;
    if (!image)
        return;
    game->waiting = NULL;
    game_offer(game->supervisor, image, game->waiting_mode, NULL);
    image_release(image);
}

static void choose(struct game *game, struct image *image)
{
    const struct supervisor *supervisor = game->supervisor;
    game->is_closed = false;
    game->deaths = 0;
    if (supervisor->chosen)
        supervisor->chosen(supervisor->listener, image);
}

static void judge(const struct game *game, bool is_bad)
{
    const struct supervisor *supervisor = game->supervisor;
    if (supervisor->judged)
        supervisor->judged(supervisor->listener, &game->report, is_bad);
}

/* The workers of the game one by one; none may be removed meanwhile. */
static struct worker *next_worker(const struct game *game, size_t *at)
{
    const struct supervisor *supervisor = game->supervisor;
    while (*at < supervisor->worker_count) {
        struct worker *worker = supervisor->workers[(*at)++];
        if (game_of_worker(worker) == game)
            return worker;
    }
    return NULL;
}

static struct game *game_of_worker(const struct worker *worker)
{
    return game_find(worker->supervisor, worker->process->image->manifest.id);
}

static bool plays(const struct worker *worker, const struct image *image)
{
    return !worker->draining && image_equal(worker->process->image, image);
}

static void say(const struct game *game, const char *what, const char *reason)
{
    log_info(what, "game", game->id, "from", game->report.from_version, "from_sha",
             game->report.from_sha, "to", game->report.to_version, "to_sha", game->report.to_sha,
             "reason", *reason ? reason : "none", NULL);
}
