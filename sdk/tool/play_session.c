#include "tool/play_session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/hash.h"

/* What the game is told in a step. */
struct telling {
    uint64_t present, leaving;
    uint64_t inputs_present, bots;
    const uint8_t *inputs;
    bool turn_is_over;
};

static void forget_past(struct play_session *session);
static bool adapt(struct play_session *session);
static bool may_take_over(const struct play_session *session, const struct gk_manifest *from,
                          const struct gk_manifest *to, char ret_sentence[PLAY_SENTENCE_BYTES]);
static bool migrate(struct play_session *session, const struct gk_manifest *from);
static bool beat_turns(struct play_session *session);
static bool step_live(struct play_session *session, uint64_t bots, bool turn_is_over);
static bool step_telling(struct play_session *session, const struct telling *telling,
                         bool may_skip);
static bool has_news(const struct play_session *session);
static bool lay_moment(struct play_session *session, const struct play_moment *moment,
                       const uint8_t *state);
static bool ask_step(struct play_session *session, const struct telling *telling);
static bool take_moment(struct play_session *session, struct play_moment *moment);
static bool ask(struct play_session *session, enum play_question question);
static void keep_log(struct play_session *session);
static void write_log(struct play_session *session, const struct play_log_line *line);
static struct telling telling_of(const struct play_step *step);
static uint64_t seats_of(const struct play_session *session, enum play_seat_kind kind);
static uint64_t connected(const struct play_session *session);
static uint64_t leaving(const struct play_session *session);
static const struct gk_manifest *manifest_of(const struct play_session *session, uint32_t image);

struct play_session *play_session_create(void)
{
    struct play_session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    session->speed = 1;
    session->views = malloc((size_t)PLAY_VIEWERS_MAX * GK_VIEW_BYTES_MAX);
    for (uint32_t slot = 0; slot < GK_PLAYERS_MAX; slot++)
        session->seats[slot] =
            (struct play_seat){.kind = PLAY_SEAT_ME, .difficulty = 2, .is_connected = true};
    if (session->views)
        return session;
    play_session_destroy(session);
    return NULL;
}

void play_session_destroy(struct play_session *session)
{
    if (!session)
        return;
    play_runner_end(session->runner);
    play_history_destroy(session->history);
    for (uint32_t i = 0; i < session->image_count; i++)
        play_image_free(session->images[i]);
    free(session->views);
    free(session);
}

const struct play_image *play_session_newest_image(const struct play_session *session)
{
    return session->images[session->image_count - 1];
}

const struct gk_manifest *play_session_manifest(const struct play_session *session)
{
    return manifest_of(session, session->history ? session->now.image : session->image_count - 1);
}

/* --- images --- */

void play_session_take_image(struct play_session *session, struct play_image *image)
{
    if (session->image_count == PLAY_IMAGES_MAX)
        forget_past(session);
    session->images[session->image_count++] = image;
    session->swap_refused[0] = session->explain_fault[0] = 0;
    if (session->history && play_session_is_live(session) && adapt(session))
        session->fault[0] = 0;
}

/* The match begins at this moment, and the image of this moment is the only one. */
static void forget_past(struct play_session *session)
{
    struct play_image *image = session->images[session->now.image];
    if (session->runner && session->runner->image != image) {
        play_runner_end(session->runner);
        session->runner = NULL;
    }
    for (uint32_t i = 0; i < session->image_count; i++)
        if (session->images[i] != image)
            play_image_free(session->images[i]);
    session->images[0] = image;
    session->image_count = 1;
    session->now.image = 0;
    if (session->history &&
        !play_history_begin(session->history, &session->now, session->state, session->sizes))
        abort();
}

/* The newest image takes over at this moment. What stands against it is in swap_refused, and the
 * old one goes on. */
static bool adapt(struct play_session *session)
{
    uint32_t index = session->image_count - 1;
    const struct gk_manifest *from = manifest_of(session, session->now.image);
    const struct gk_manifest *to = manifest_of(session, index);
    struct play_moment moment = session->now;
    moment.image = index;
    if (!may_take_over(session, from, to, session->swap_refused))
        return false;
    if (to->input_bytes != from->input_bytes)
        session->inputs_present = 0;
    bool done = from->state_schema == to->state_schema
                    ? lay_moment(session, &moment, session->state)
                    : migrate(session, from);
    if (done && take_moment(session, &moment) &&
        play_history_turn(session->history, &session->now, session->state, session->sizes))
        return true;
    if (!*session->swap_refused)
        snprintf(session->swap_refused, sizeof session->swap_refused, "%s", session->fault);
    session->fault[0] = 0;
    return false;
}

static bool may_take_over(const struct play_session *session, const struct gk_manifest *from,
                          const struct gk_manifest *to, char ret_sentence[PLAY_SENTENCE_BYTES])
{
    ret_sentence[0] = 0;
    if (strcmp(from->id, to->id) != 0)
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "It is another game, %s.", to->id);
    else if (!run_match_fits(to, &session->match))
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES,
                 "It has no such mode, or not for so many players.");
    else if (from->state_schema == to->state_schema && from->state_bytes != to->state_bytes)
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES,
                 "The state has %u bytes instead of %u and still calls itself schema %u. Give it "
                 "another .state_schema, and write `migrate` to carry matches over.",
                 to->state_bytes, from->state_bytes, to->state_schema);
    else if (from->state_schema != to->state_schema &&
             (from->state_schema < to->state_schema_oldest ||
              from->state_schema > to->state_schema))
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES,
                 "It does not take over a state of schema %u (it takes %u to %u): see `migrate`.",
                 from->state_schema, to->state_schema_oldest, to->state_schema);
    return !*ret_sentence;
}

/* Leaves the new state on the desk of the newest image. */
static bool migrate(struct play_session *session, const struct gk_manifest *from)
{
    struct play_moment moment = session->now;
    moment.image = session->image_count - 1;
    if (!lay_moment(session, &moment, NULL))
        return false;
    struct play_desk *desk = session->runner->desk;
    memcpy(desk->old, session->state, from->state_bytes);
    desk->old_bytes = from->state_bytes;
    desk->old_schema = from->state_schema;
    if (!ask(session, PLAY_MIGRATE))
        return false;
    if (!desk->accepted)
        snprintf(session->swap_refused, sizeof session->swap_refused,
                 "A state of schema %u needs `migrate`, which is not there or has refused it.",
                 from->state_schema);
    return desk->accepted;
}

/* --- the match --- */

bool play_session_begin(struct play_session *session, const struct gk_match *match)
{
    if (session->image_count > 1) {
        session->now.image = session->image_count - 1;
        play_history_destroy(session->history);
        session->history = NULL;
        forget_past(session);
    }
    play_history_destroy(session->history);
    session->history = NULL;
    session->now = (struct play_moment){.step = 0};
    session->match = *match;
    session->fault[0] = session->swap_refused[0] = 0;
    session->inputs_present = 0;
    session->has_ended = false;
    session->bots_idle_step = UINT32_MAX;
    session->steps_done = session->measured = session->step_ns = session->views_ns = 0;
    session->due = 0;
    for (uint32_t slot = 0; slot < GK_PLAYERS_MAX; slot++) {
        struct play_seat *seat = &session->seats[slot];
        *seat = (struct play_seat){.kind = seat->kind,
                                   .difficulty = seat->difficulty,
                                   .is_connected = seat->kind != PLAY_SEAT_EMPTY,
                                   .ack = seat->ack};
    }
    struct play_moment moment = {.step = 0};
    if (!lay_moment(session, &moment, NULL) || !ask(session, PLAY_BEGIN))
        return false;
    /* Before anybody has come, so that going back to the beginning is going back to here. */
    if (!take_moment(session, &moment))
        return false;
    session->history = play_history_create(match->player_count, PLAY_HISTORY_BYTES_MAX);
    return session->history &&
           play_history_begin(session->history, &session->now, session->state, session->sizes);
}

void play_session_seat(struct play_session *session, uint32_t slot, enum play_seat_kind kind,
                       uint32_t difficulty)
{
    struct play_seat *seat = &session->seats[slot];
    if (seat->kind != kind)
        seat->is_connected = kind != PLAY_SEAT_EMPTY;
    seat->kind = kind;
    seat->difficulty = difficulty;
    session->bots_idle_step = UINT32_MAX;
}

void play_session_connect(struct play_session *session, uint32_t slot)
{
    session->seats[slot].is_connected = true;
}

void play_session_leave(struct play_session *session, uint32_t slot, uint32_t reason)
{
    struct play_seat *seat = &session->seats[slot];
    seat->is_connected = false;
    seat->is_leaving = reason == GK_LEAVE_LEFT;
    session->inputs_present &= ~(1ull << slot);
}

void play_session_input(struct play_session *session, uint32_t slot, uint32_t seq,
                        const uint8_t *bytes, uint32_t count)
{
    struct play_seat *seat = &session->seats[slot];
    uint32_t input_bytes = session->sizes.input_bytes;
    seat->input_bytes += count;
    if (seat->kind != PLAY_SEAT_ME || !seat->is_connected || (session->now.left >> slot & 1) ||
        !play_session_is_live(session) || play_session_is_over(session) || *session->fault ||
        count > REPLAY_ASK_BYTES_MAX)
        return;
    if (!lay_moment(session, &session->now, session->state))
        return;
    struct play_desk *desk = session->runner->desk;
    desk->slot = slot;
    desk->ask_bytes = count;
    memcpy(desk->ask, bytes, count);
    if (!ask(session, PLAY_INPUT))
        return;
    if (!desk->accepted) {
        seat->inputs_refused++;
        return;
    }
    size_t at = (size_t)slot * input_bytes;
    memcpy(session->inputs + at, play_desk_inputs(desk, play_session_manifest(session)) + at,
           input_bytes);
    session->inputs_present |= 1ull << slot;
    seat->seq_pending = seq;
    if (session->is_playing && play_session_manifest(session)->tick_hz == 0)
        (void)step_live(session, 0, false);
}

uint32_t play_session_beats_hz(const struct play_session *session)
{
    uint32_t hz = session->image_count ? play_session_manifest(session)->tick_hz : 0;
    return hz ? hz : PLAY_TURN_BEATS_HZ;
}

bool play_session_beat(struct play_session *session)
{
    if (!session->history || !session->is_playing || *session->fault)
        return false;
    bool is_live = play_session_is_live(session);
    bool has_turns = play_session_manifest(session)->tick_hz == 0;
    if (is_live && has_turns)
        return beat_turns(session);
    /* A film of moves is shown as slowly as somebody would make them. */
    session->due += has_turns ? session->speed / PLAY_BOT_BEATS : session->speed;
    bool has_changed = false;
    while (session->due >= 1) {
        session->due -= 1;
        if (!play_session_step(session) || play_session_is_live(session) != is_live) {
            session->is_playing = *session->fault; /* it goes on when that is mended */
            session->due = 0;
            return true;
        }
        has_changed = true;
    }
    return has_changed;
}

/* Who comes and goes at once; then the bots, after a while; then the end of a turn. */
static bool beat_turns(struct play_session *session)
{
    uint64_t bots = seats_of(session, PLAY_SEAT_BOT);
    uint64_t turn_beats =
        (uint64_t)play_session_manifest(session)->turn_seconds * PLAY_TURN_BEATS_HZ;
    if (play_session_is_over(session)) {
        session->is_playing = false;
        return true;
    }
    session->due += session->speed;
    uint32_t beats = (uint32_t)session->due;
    uint32_t idle = session->beats_idle + beats;
    session->due -= beats;
    bool is_bots_turn = bots && session->bots_idle_step != session->now.step &&
                        idle / PLAY_BOT_BEATS != session->beats_idle / PLAY_BOT_BEATS;
    session->beats_idle = idle;
    if (has_news(session) || session->inputs_present)
        return step_live(session, 0, false);
    if (is_bots_turn && step_live(session, bots, false))
        return true;
    if (is_bots_turn)
        session->bots_idle_step = session->now.step; /* no need to ask before the next one */
    return turn_beats && idle >= turn_beats && step_live(session, 0, true);
}

bool play_session_step(struct play_session *session)
{
    if (!session->history || *session->fault)
        return false;
    if (!play_session_is_live(session))
        return play_session_go_to(session, session->now.step + 1);
    return step_live(session, seats_of(session, PLAY_SEAT_BOT), false);
}

bool play_session_step_as(struct play_session *session, const struct play_step *step)
{
    struct telling telling = telling_of(step);
    telling.leaving = step->left & ~session->now.left;
    return step_telling(session, &telling, false);
}

bool play_session_go_to(struct play_session *session, uint32_t step)
{
    uint8_t inputs[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX];
    if (!session->history || step < play_history_first(session->history) ||
        step > play_history_newest(session->history))
        return false;
    struct play_moment moment;
    struct play_sizes sizes;
    const uint8_t *state = play_history_find(session->history, step, &moment, &sizes);
    if (session->now.image == moment.image && session->now.step <= step &&
        session->now.step > moment.step) {
        moment = session->now;
        state = session->state;
    }
    session->fault[0] = 0;
    if (!lay_moment(session, &moment, state))
        return false;
    for (; moment.step < step; moment.step++) {
        struct play_step recorded;
        play_history_read(session->history, moment.step, inputs, &recorded);
        struct telling telling = telling_of(&recorded);
        telling.leaving = recorded.left & ~session->runner->desk->left;
        if (!ask_step(session, &telling))
            return false;
        session->runner->desk->log_count = 0; /* it was written when it happened */
    }
    return take_moment(session, &moment);
}

void play_session_go_on(struct play_session *session)
{
    if (!session->history || play_session_is_live(session))
        return;
    play_history_cut(session->history, session->now.step);
    session->inputs_present = 0;
    session->bots_idle_step = UINT32_MAX;
    session->due = 0;
    session->has_ended = session->has_ended && session->end_step <= session->now.step;
    for (uint32_t slot = 0; slot < session->match.player_count; slot++) {
        struct play_seat *seat = &session->seats[slot];
        if (seat->is_leaving && !(session->now.left >> slot & 1)) {
            seat->is_leaving = false;
            seat->is_connected = seat->kind != PLAY_SEAT_EMPTY;
        }
    }
    if (session->now.image != session->image_count - 1)
        (void)adapt(session);
}

void play_session_try_again(struct play_session *session)
{
    session->fault[0] = 0;
}

bool play_session_is_live(const struct play_session *session)
{
    return session->history && session->now.step == play_history_newest(session->history);
}

bool play_session_is_over(const struct play_session *session)
{
    return session->has_ended && session->now.step >= session->end_step;
}

uint64_t play_session_hash(const struct play_session *session)
{
    return state_hash(session->state, session->sizes.state_bytes);
}

void play_session_explain(struct play_session *session, char ret_text[PLAY_EXPLAIN_BYTES])
{
    char fault[PLAY_FAULT_BYTES_MAX];
    snprintf(ret_text, PLAY_EXPLAIN_BYTES, "%s", session->explain_fault);
    if (!session->history || *session->explain_fault)
        return;
    memcpy(fault, session->fault, sizeof fault);
    if (lay_moment(session, &session->now, session->state) && ask(session, PLAY_EXPLAIN)) {
        snprintf(ret_text, PLAY_EXPLAIN_BYTES, "%s", session->runner->desk->explain);
        return;
    }
    /* The match can do without it. */
    snprintf(session->explain_fault, sizeof session->explain_fault, "%s", session->fault);
    snprintf(ret_text, PLAY_EXPLAIN_BYTES, "%s", session->fault);
    memcpy(session->fault, fault, sizeof fault);
}

const uint8_t *play_session_view(const struct play_session *session, uint32_t viewer)
{
    return session->views + (size_t)viewer * GK_VIEW_BYTES_MAX;
}

void play_session_note(struct play_session *session, const char *text)
{
    struct play_log_line line = {.level = 1};
    line.bytes = (uint32_t)strnlen(text, PLAY_LOG_BYTES_MAX);
    memcpy(line.text, text, line.bytes);
    write_log(session, &line);
}

/* --- a step --- */

static bool step_live(struct play_session *session, uint64_t bots, bool turn_is_over)
{
    const struct telling telling = {.present = connected(session),
                                    .leaving = leaving(session),
                                    .inputs_present = session->inputs_present,
                                    .bots = bots & session->now.joined,
                                    .inputs = session->inputs,
                                    .turn_is_over = turn_is_over};
    return step_telling(session, &telling, true);
}

/* The only place where a match grows. `may_skip`: a step in which nothing has happened is none. */
static bool step_telling(struct play_session *session, const struct telling *telling, bool may_skip)
{
    if (play_session_is_over(session) || *session->fault)
        return false;
    struct play_moment moment = session->now;
    if (!lay_moment(session, &moment, session->state) || !ask_step(session, telling))
        return false;
    struct play_desk *desk = session->runner->desk;
    const struct gk_manifest *manifest = play_session_manifest(session);
    uint64_t used = desk->inputs_present;
    bool ticks = desk->ticked, is_over = desk->is_over;
    if (may_skip && !ticks && desk->joined == moment.joined && desk->left == moment.left)
        return false;
    struct gk_result result = desk->result;
    uint64_t step_ns = desk->step_ns;
    size_t input_bytes = (size_t)session->match.player_count * manifest->input_bytes;
    uint8_t inputs[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX];
    memcpy(inputs, play_desk_inputs(desk, manifest), input_bytes);
    moment.step++;
    if (!take_moment(session, &moment))
        return false;

    const struct play_step step = {.joined = session->now.joined,
                                   .left = session->now.left,
                                   .present = used,
                                   .ticks = ticks,
                                   .inputs = inputs};
    if (!play_history_add(session->history, &step, &session->now, session->state))
        snprintf(session->fault, sizeof session->fault, "No memory for the history.");
    for (uint32_t slot = 0; slot < session->match.player_count; slot++) {
        struct play_seat *seat = &session->seats[slot];
        if (session->inputs_present & used & 1ull << slot)
            seat->ack = seat->seq_pending;
        seat->view_bytes += session->view_bytes[slot];
    }
    session->inputs_present = 0;
    session->steps_done++;
    if (!session->runner->desk->repeats) {
        session->measured++;
        session->step_ns += step_ns;
        session->views_ns += session->runner->desk->views_ns;
    }
    session->beats_idle = ticks ? 0 : session->beats_idle;
    session->has_ended = is_over;
    session->end_step = session->now.step;
    session->result = result;
    return true;
}

/* Somebody is to come or to go. */
static bool has_news(const struct play_session *session)
{
    const struct play_moment *now = &session->now;
    uint64_t there = connected(session);
    return (there & ~now->joined) || (now->joined & ~there) || leaving(session);
}

/* Puts the match on the desk as it is at `moment`, whose image's runner is made when there is none.
 * Without a state it is zero. */
static bool lay_moment(struct play_session *session, const struct play_moment *moment,
                       const uint8_t *state)
{
    const struct play_image *image = session->images[moment->image];
    if (session->runner && session->runner->image != image) {
        play_runner_end(session->runner);
        session->runner = NULL;
    }
    char fault[PLAY_FAULT_BYTES_MAX];
    if (!session->runner)
        session->runner = play_runner_start(image, fault);
    if (!session->runner) {
        snprintf(session->fault, sizeof session->fault, "%s", fault);
        return false;
    }
    struct play_desk *desk = session->runner->desk;
    desk->match = session->match;
    desk->tick = moment->tick;
    desk->joined = moment->joined;
    desk->left = moment->left;
    desk->viewers = connected(session);
    desk->repeats = moment->step % PLAY_MEASURED != 0;
    if (state)
        memcpy(play_desk_state(desk), state, image->manifest.state_bytes);
    else
        memset(play_desk_state(desk), 0, image->manifest.state_bytes);
    return true;
}

static bool ask_step(struct play_session *session, const struct telling *telling)
{
    struct play_desk *desk = session->runner->desk;
    const struct gk_manifest *manifest = &session->runner->image->manifest;
    desk->present = telling->present;
    desk->leaving = telling->leaving;
    desk->inputs_present = telling->inputs_present;
    desk->bots = telling->bots;
    desk->turn_is_over = telling->turn_is_over;
    memcpy(play_desk_inputs(desk, manifest), telling->inputs,
           (size_t)session->match.player_count * manifest->input_bytes);
    for (uint32_t slot = 0; slot < session->match.player_count; slot++)
        desk->difficulty[slot] = (uint8_t)session->seats[slot].difficulty;
    return ask(session, PLAY_STEP);
}

/* Makes what lies on the desk the match's own, if everybody can be shown it. */
static bool take_moment(struct play_session *session, struct play_moment *moment)
{
    if (!ask(session, PLAY_SHOW))
        return false;
    struct play_desk *desk = session->runner->desk;
    const struct gk_manifest *manifest = &session->runner->image->manifest;
    moment->tick = desk->tick;
    moment->joined = desk->joined;
    moment->left = desk->left;
    session->now = *moment;
    session->sizes = (struct play_sizes){manifest->state_bytes, manifest->input_bytes};
    memcpy(session->state, play_desk_state(desk), manifest->state_bytes);
    for (uint32_t viewer = 0; viewer < PLAY_VIEWERS_MAX; viewer++) {
        uint32_t bytes = desk->view_bytes[viewer];
        session->view_bytes[viewer] = bytes;
        memcpy(session->views + (size_t)viewer * GK_VIEW_BYTES_MAX,
               play_desk_view(desk, manifest, viewer), bytes);
    }
    return true;
}

/* A game that does wrong loses its process; the match stays where it is. */
static bool ask(struct play_session *session, enum play_question question)
{
    bool fine = play_runner_ask(session->runner, question);
    keep_log(session);
    if (fine)
        return true;
    snprintf(session->fault, sizeof session->fault, "%s", session->runner->fault);
    session->fault_step = session->now.step + 1;
    play_runner_end(session->runner);
    session->runner = NULL;
    return false;
}

static void keep_log(struct play_session *session)
{
    const struct play_desk *desk = session->runner->desk;
    for (uint32_t i = 0; i < desk->log_count && i < PLAY_LOG_LINES_MAX; i++)
        write_log(session, &desk->log[i]);
}

static void write_log(struct play_session *session, const struct play_log_line *line)
{
    struct play_log_entry *entry = &session->log[session->log_written++ % PLAY_LOG_KEPT];
    *entry = (struct play_log_entry){session->now.step, *line};
    if (entry->line.bytes > PLAY_LOG_BYTES_MAX)
        entry->line.bytes = PLAY_LOG_BYTES_MAX;
}

/* --- who --- */

static struct telling telling_of(const struct play_step *step)
{
    return (struct telling){.present = step->joined,
                            .inputs_present = step->present,
                            .inputs = step->inputs,
                            .turn_is_over = step->ticks && step->present == 0};
}

static uint64_t seats_of(const struct play_session *session, enum play_seat_kind kind)
{
    uint64_t mask = 0;
    for (uint32_t slot = 0; slot < session->match.player_count; slot++)
        if (session->seats[slot].kind == kind)
            mask |= 1ull << slot;
    return mask;
}

static uint64_t connected(const struct play_session *session)
{
    uint64_t mask = 0;
    for (uint32_t slot = 0; slot < session->match.player_count; slot++)
        if (session->seats[slot].is_connected)
            mask |= 1ull << slot;
    return mask & ~session->now.left;
}

static uint64_t leaving(const struct play_session *session)
{
    uint64_t mask = 0;
    for (uint32_t slot = 0; slot < session->match.player_count; slot++)
        if (session->seats[slot].is_leaving)
            mask |= 1ull << slot;
    return mask & ~session->now.left;
}

static const struct gk_manifest *manifest_of(const struct play_session *session, uint32_t image)
{
    return &session->images[image]->manifest;
}
