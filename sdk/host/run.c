/*
 * Every callback goes through `ask`, which notes it for whoever wants to know where a game died,
 * calls it, looks at the fences, and when the run repeats, asks the same once more on a copy of the
 * state that lies elsewhere, over other garbage on the stack.
 */
#include "host/run.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "host/hash.h"

#define FENCE_BYTES   64
#define FENCE         0xb7
#define GARBAGE_BYTES 16384
#define ANSWER_BYTES  GK_VIEW_BYTES_MAX
#define EXPLAIN_BYTES 4096

struct question {
    enum game_callback callback;
    uint32_t slot;        /* or viewer */
    uint32_t reason;      /* of a leave */
    const uint8_t *bytes; /* of a browser, or the difficulty of a bot */
    uint32_t count;
    struct run_block *answer; /* NULL: none */
    uint32_t answer_bytes;
    struct gk_inputs inputs;
};

static void lay(struct run *run, const struct gk_match *match);
static bool migrate(struct run *run, const uint8_t *old, uint32_t bytes, uint32_t schema);
static uint32_t ask(struct run *run, const struct question *question);
static uint32_t ask_again(struct run *run, const struct question *question);
static void note_down(struct run *run, const struct question *question);
static uint32_t call(struct run *run, const struct question *question,
                     const struct run_block *state, struct run_block *answer);
static bool has_size(enum game_callback callback);
static bool changes_state(enum game_callback callback);
static void meet_and_part(struct run *run);
static void leave_one(struct run *run, uint32_t slot, uint32_t reason);
static void tick_once(struct run *run);
static void look(struct run *run);
static bool result_is_sane(const struct run *run, const struct gk_result *result);
static void fail(struct run *run, enum run_fault fault);
static bool block_create(struct run_block *block, size_t capacity);
static void block_fence(const struct run *run, struct run_block *block, size_t count);
static bool fence_holds(const struct run_block *block);
static void garbage(uint8_t value);
static void no_log(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes);
static const void *no_extension(const struct gk_host *host, const char *name);

const char *run_fault_text(enum run_fault fault)
{
    static const char *const texts[] = {
        "did nothing wrong",
#define X(name, text) text,
        RUN_FAULTS(X)
#undef X
    };
    return texts[fault];
}

struct run *run_create(const struct gk_manifest *manifest, const struct gk_game *game)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->manifest = *manifest;
    run->game = *game;
    run->host = (struct gk_host){.size = sizeof(struct gk_host),
                                 .abi_minor = GK_ABI_MINOR,
                                 .log = no_log,
                                 .extension = no_extension};
    run->note = &run->own_note;
    run->is_over = true;
    *(void **)&run->poison = dlsym(RTLD_DEFAULT, "__asan_poison_memory_region");
    *(void **)&run->unpoison = dlsym(RTLD_DEFAULT, "__asan_unpoison_memory_region");
    if (block_create(&run->state, manifest->state_bytes) &&
        block_create(&run->before, manifest->state_bytes) &&
        block_create(&run->other, manifest->state_bytes) &&
        block_create(&run->inputs, (size_t)manifest->players_max * manifest->input_bytes) &&
        block_create(&run->view, manifest->view_bytes_max) &&
        block_create(&run->raw, REPLAY_ASK_BYTES_MAX) && block_create(&run->answer, ANSWER_BYTES) &&
        block_create(&run->answer_other, ANSWER_BYTES))
        return run;
    run_destroy(run);
    return NULL;
}

void run_destroy(struct run *run)
{
    if (!run)
        return;
    free(run->state.bytes);
    free(run->before.bytes);
    free(run->other.bytes);
    free(run->inputs.bytes);
    free(run->view.bytes);
    free(run->raw.bytes);
    free(run->answer.bytes);
    free(run->answer_other.bytes);
    free(run);
}

bool run_match_fits(const struct gk_manifest *manifest, const struct gk_match *match)
{
    return match->mode < manifest->mode_count && match->player_count >= 1 &&
           match->player_count <= manifest->modes[match->mode].players_max;
}

void run_begin(struct run *run, const struct gk_match *match)
{
    assert(run_match_fits(&run->manifest, match));
    lay(run, match);
    (void)ask(run, &(struct question){.callback = GAME_CALL_INIT});
    if (run->game.check && run->fault == RUN_FINE &&
        ask(run, &(struct question){.callback = GAME_CALL_CHECK}) != 1)
        fail(run, RUN_CHECK);
}

/* A match that nobody has come to and nothing has happened in, over a state of zero. */
static void lay(struct run *run, const struct gk_match *match)
{
    assert(match->player_count <= run->manifest.players_max);
    run->match = *match;
    run->present = run->leaving = run->joined = run->left = run->inputs_present = 0;
    run->turn_is_over = run->is_over = false;
    run->ticks = 0;
    run->fault = RUN_FINE;
    memset(&run->result, 0, sizeof run->result);
    block_fence(run, &run->state, run->manifest.state_bytes);
    block_fence(run, &run->inputs, (size_t)match->player_count * run->manifest.input_bytes);
    memset(run->state.bytes, 0, run->state.count);
    memset(run->inputs.bytes, 0, run->inputs.count);
}

void run_resume(struct run *run, const struct gk_match *match, const uint8_t *state, uint32_t ticks,
                uint64_t joined, uint64_t left)
{
    assert(run_match_fits(&run->manifest, match));
    lay(run, match);
    memcpy(run->state.bytes, state, run->state.count);
    run->ticks = ticks;
    run->present = run->joined = joined;
    run->left = left;
}

bool run_migrate(struct run *run, const struct gk_match *match, const uint8_t *old, uint32_t bytes,
                 uint32_t schema)
{
    assert(run_match_fits(&run->manifest, match));
    lay(run, match);
    return migrate(run, old, bytes, schema);
}

static bool migrate(struct run *run, const uint8_t *old, uint32_t bytes, uint32_t schema)
{
    if (!run->game.migrate)
        return false;
    return ask(run,
               &(struct question){
                   .callback = GAME_CALL_MIGRATE, .slot = schema, .bytes = old, .count = bytes}) ==
               1 &&
           run->fault == RUN_FINE;
}

bool run_take_over(struct run *run, const struct run *from)
{
    uint32_t schema = from->manifest.state_schema;
    bool has_one_schema = schema == run->manifest.state_schema;
    lay(run, &from->match);
    run->ticks = from->ticks;
    run->present = run->joined = from->joined;
    run->left = from->left;
    if (has_one_schema) {
        assert(run->state.count == from->state.count);
        memcpy(run->state.bytes, from->state.bytes, run->state.count);
    } else if (!migrate(run, from->state.bytes, (uint32_t)from->state.count, schema)) {
        return false;
    }
    look(run);
    return run->fault == RUN_FINE;
}

void run_join(struct run *run, uint32_t slot)
{
    run->present |= 1ull << slot;
}

void run_leave(struct run *run, uint32_t slot, uint32_t reason)
{
    run->present &= ~(1ull << slot);
    if (reason == GK_LEAVE_LEFT)
        run->leaving |= 1ull << slot;
}

bool run_input(struct run *run, uint32_t slot, const uint8_t *bytes, uint32_t count)
{
    assert(count <= REPLAY_ASK_BYTES_MAX);
    if (run->is_over || ((run->left | run->leaving) >> slot & 1))
        return false;
    block_fence(run, &run->raw, count);
    if (count > 0)
        memcpy(run->raw.bytes, bytes, count);
    uint32_t taken = ask(run, &(struct question){.callback = GAME_CALL_INPUT,
                                                 .slot = slot,
                                                 .bytes = run->raw.bytes,
                                                 .count = count,
                                                 .answer = &run->answer,
                                                 .answer_bytes = run->manifest.input_bytes});
    if (taken != 1 || run->is_over)
        return false;
    run_put_input(run, slot, run->answer.bytes);
    return true;
}

void run_put_input(struct run *run, uint32_t slot, const uint8_t *input)
{
    if (run->is_over || ((run->left | run->leaving) >> slot & 1))
        return;
    memcpy(run->inputs.bytes + (size_t)slot * run->manifest.input_bytes, input,
           run->manifest.input_bytes);
    run->inputs_present |= 1ull << slot;
}

bool run_bot(struct run *run, uint32_t slot, uint32_t difficulty)
{
    const uint8_t given = (uint8_t)difficulty;
    if (run->is_over || !run->game.bot || ((run->left | run->leaving) >> slot & 1))
        return false;
    uint32_t taken = ask(run, &(struct question){.callback = GAME_CALL_BOT,
                                                 .slot = slot,
                                                 .bytes = &given,
                                                 .count = 1,
                                                 .answer = &run->answer,
                                                 .answer_bytes = run->manifest.input_bytes});
    if (taken != 1 || run->is_over)
        return false;
    run_put_input(run, slot, run->answer.bytes);
    return true;
}

void run_end_turn(struct run *run)
{
    run->turn_is_over = true;
}

bool run_step(struct run *run)
{
    bool ticks = run->manifest.tick_hz != 0 || run->turn_is_over;
    if (run->is_over)
        return false;
    meet_and_part(run);
    if (run->fault == RUN_FINE && (ticks || run->inputs_present != 0))
        tick_once(run);
    else if (run->fault == RUN_FINE && run->recorder)
        replay_write_meet(run->recorder);
    run->turn_is_over = false;
    if (run->fault == RUN_FINE)
        look(run);
    return !run->is_over;
}

uint32_t run_view(struct run *run, uint32_t viewer)
{
    uint32_t bytes = ask(run, &(struct question){.callback = GAME_CALL_VIEW,
                                                 .slot = viewer,
                                                 .answer = &run->view,
                                                 .answer_bytes = run->manifest.view_bytes_max});
    return run->fault == RUN_FINE ? bytes : 0;
}

void run_explain(struct run *run, char *ret_text, uint32_t capacity)
{
    uint32_t room = capacity - 1 < ANSWER_BYTES ? capacity - 1 : ANSWER_BYTES;
    uint32_t bytes = 0;
    assert(capacity > 0);
    if (run->game.explain)
        bytes = ask(run, &(struct question){.callback = GAME_CALL_EXPLAIN,
                                            .slot = GK_SPECTATOR,
                                            .answer = &run->answer,
                                            .answer_bytes = room});
    if (bytes > room)
        bytes = 0;
    memcpy(ret_text, run->answer.bytes, bytes);
    ret_text[bytes] = 0;
}

void run_ask(struct run *run, enum game_callback callback, uint32_t slot, const uint8_t *bytes,
             uint32_t count)
{
    char text[EXPLAIN_BYTES];
    if (callback == GAME_CALL_INPUT)
        (void)run_input(run, slot, bytes, count);
    else if (callback == GAME_CALL_BOT && count == 1)
        (void)run_bot(run, slot, bytes[0]);
    else if (callback == GAME_CALL_VIEW)
        (void)run_view(run, slot);
    else if (callback == GAME_CALL_EXPLAIN)
        run_explain(run, text, sizeof text);
    else if (!run->is_over)
        look(run);
}

uint64_t run_hash(const struct run *run)
{
    return state_hash(run->state.bytes, run->state.count);
}

void run_head(const struct gk_manifest *manifest, const uint8_t sha[32],
              const struct gk_match *match, uint32_t hash_ticks, struct replay_head *ret_head)
{
    memset(ret_head, 0, sizeof *ret_head);
    ret_head->image = (struct replay_image){.abi_major = manifest->abi_major,
                                            .abi_minor = manifest->abi_minor,
                                            .state_schema = manifest->state_schema,
                                            .state_bytes = manifest->state_bytes,
                                            .input_bytes = manifest->input_bytes};
    memcpy(ret_head->image.sha, sha, sizeof ret_head->image.sha);
    memcpy(ret_head->image.version, manifest->version, sizeof ret_head->image.version);
    memcpy(ret_head->game, manifest->id, sizeof ret_head->game);
    ret_head->tick_hz = manifest->tick_hz;
    ret_head->hash_ticks = hash_ticks;
    ret_head->match = *match;
}

bool run_end_recording(struct run *run)
{
    bool has_result = run->is_over && run->fault == RUN_FINE;
    return replay_write_end(run->recorder, run_hash(run), has_result ? &run->result : NULL);
}

static uint32_t ask(struct run *run, const struct question *question)
{
    note_down(run, question);
    if (!run->repeats)
        return call(run, question, &run->state, question->answer);

    memcpy(run->before.bytes, run->state.bytes, run->state.count);
    garbage(0x5a);
    uint32_t value = call(run, question, &run->state, question->answer);
    if (run->fault == RUN_FINE && !changes_state(question->callback) &&
        memcmp(run->before.bytes, run->state.bytes, run->state.count) != 0)
        fail(run, RUN_STATE_CHANGED);
    if (run->fault == RUN_FINE && ask_again(run, question) != value)
        fail(run, RUN_IMPURE);
    return value;
}

static uint32_t ask_again(struct run *run, const struct question *question)
{
    block_fence(run, &run->other, run->state.count);
    memcpy(run->other.bytes, run->before.bytes, run->state.count);
    garbage(0xa5);
    uint32_t value = call(run, question, &run->other, question->answer ? &run->answer_other : NULL);
    if (run->fault != RUN_FINE)
        return value;
    size_t filled = 0;
    if (has_size(question->callback))
        filled = value;
    else if (question->answer && value == 1)
        filled = question->answer_bytes;
    if (memcmp(run->other.bytes, run->state.bytes, run->state.count) != 0 ||
        (filled > 0 && memcmp(run->answer_other.bytes, question->answer->bytes, filled) != 0))
        fail(run, RUN_IMPURE);
    return value;
}

static void note_down(struct run *run, const struct question *question)
{
    struct run_note *note = run->note;
    note->callback = question->callback;
    note->slot = question->slot;
    note->ticks = run->ticks;
    note->calls++;
    note->count = question->count < sizeof note->bytes ? question->count : sizeof note->bytes;
    if (note->count > 0)
        memcpy(note->bytes, question->bytes, note->count);
}

/* The call itself, between the fences. */
static uint32_t call(struct run *run, const struct question *question,
                     const struct run_block *block, struct run_block *answer_block)
{
    const struct gk_game *game = &run->game;
    const struct gk_host *host = &run->host;
    uint8_t *state = block->bytes, *answer = answer_block ? answer_block->bytes : NULL;
    uint32_t slot = question->slot, value = 0;
    if (answer) {
        block_fence(run, answer_block, question->answer_bytes);
        memset(answer, 0, question->answer_bytes);
    }
    switch (question->callback) {
    case GAME_CALL_INIT:
        game->init(host, state, &run->match);
        break;
    case GAME_CALL_JOIN:
        game->join(host, state, slot);
        break;
    case GAME_CALL_LEAVE:
        game->leave(host, state, slot, question->reason);
        break;
    case GAME_CALL_INPUT:
        value = game->input(host, state, slot, question->bytes, question->count, answer);
        break;
    case GAME_CALL_TICK:
        game->tick(host, state, &question->inputs);
        break;
    case GAME_CALL_VIEW:
        value = game->view(host, state, slot, answer, question->answer_bytes);
        break;
    case GAME_CALL_RESULT:
        value = game->result(host, state, (struct gk_result *)answer);
        break;
    case GAME_CALL_CHECK:
        value = game->check(host, state);
        break;
    case GAME_CALL_EXPLAIN:
        value = game->explain(host, state, (char *)answer, question->answer_bytes);
        break;
    case GAME_CALL_BOT:
        value = game->bot(host, state, slot, question->bytes[0], answer);
        break;
    case GAME_CALL_MIGRATE:
        value = game->migrate(host, state, question->bytes, question->count, slot);
        break;
    default:
        assert(!"a callback that a run calls");
    }
    if (!fence_holds(block))
        fail(run, RUN_STATE_OVERRUN);
    else if (answer && !fence_holds(answer_block))
        fail(run, RUN_ANSWER_OVERRUN);
    else if (has_size(question->callback) && value > question->answer_bytes)
        fail(run, RUN_ANSWER_BYTES);
    return value;
}

static bool has_size(enum game_callback callback)
{
    return callback == GAME_CALL_VIEW || callback == GAME_CALL_EXPLAIN;
}

static bool changes_state(enum game_callback callback)
{
    return callback == GAME_CALL_INIT || callback == GAME_CALL_JOIN ||
           callback == GAME_CALL_LEAVE || callback == GAME_CALL_TICK ||
           callback == GAME_CALL_MIGRATE;
}

static void meet_and_part(struct run *run)
{
    uint64_t leaving = run->leaving & ~run->left;
    uint64_t present = run->present & ~(run->left | leaving);
    uint64_t coming = present & ~run->joined;
    uint64_t going = run->joined & ~present;
    for (uint64_t rest = coming | going | leaving; rest && run->fault == RUN_FINE;
         rest &= rest - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(rest);
        uint64_t bit = 1ull << slot;
        if (coming & bit) {
            if (run->recorder)
                replay_write_join(run->recorder, slot);
            run->joined |= bit;
            (void)ask(run, &(struct question){.callback = GAME_CALL_JOIN, .slot = slot});
        } else {
            leave_one(run, slot, leaving & bit ? GK_LEAVE_LEFT : GK_LEAVE_DISCONNECTED);
        }
    }
    run->leaving = 0;
}

static void leave_one(struct run *run, uint32_t slot, uint32_t reason)
{
    uint64_t bit = 1ull << slot;
    if (run->recorder)
        replay_write_leave(run->recorder, slot, reason);
    run->joined &= ~bit;
    if (reason == GK_LEAVE_LEFT) {
        run->left |= bit;
        run->inputs_present &= ~bit;
        memset(run->inputs.bytes + (size_t)slot * run->manifest.input_bytes, 0,
               run->manifest.input_bytes);
    }
    (void)ask(run, &(struct question){.callback = GAME_CALL_LEAVE, .slot = slot, .reason = reason});
}

static void tick_once(struct run *run)
{
    struct gk_inputs inputs = {.present = run->inputs_present, .bytes = run->inputs.bytes};
    if (run->recorder)
        replay_write_tick(run->recorder, &inputs);
    uint64_t before = run->repeats ? state_hash(run->inputs.bytes, run->inputs.count) : 0;
    (void)ask(run, &(struct question){.callback = GAME_CALL_TICK, .inputs = inputs});
    if (run->repeats && run->fault == RUN_FINE &&
        state_hash(run->inputs.bytes, run->inputs.count) != before)
        fail(run, RUN_INPUTS_CHANGED);
    run->ticks++;
    if (run->inputs_present != 0)
        memset(run->inputs.bytes, 0, run->inputs.count);
    run->inputs_present = 0;
    if (run->recorder && run->fault == RUN_FINE && replay_wants_hash(run->recorder))
        replay_write_hash(run->recorder, run_hash(run));
}

/* What the server asks after each step. */
static void look(struct run *run)
{
    struct gk_result result;
    if (run->game.check && ask(run, &(struct question){.callback = GAME_CALL_CHECK}) != 1)
        fail(run, RUN_CHECK);
    if (run->fault != RUN_FINE)
        return;
    uint32_t over = ask(run, &(struct question){.callback = GAME_CALL_RESULT,
                                                .answer = &run->answer,
                                                .answer_bytes = sizeof result});
    if (over != 1 || run->fault != RUN_FINE)
        return;
    memcpy(&result, run->answer.bytes, sizeof result);
    if (!result_is_sane(run, &result)) {
        fail(run, RUN_RESULT);
        return;
    }
    run->result = result;
    run->is_over = true;
}

static bool result_is_sane(const struct run *run, const struct gk_result *result)
{
    if (result->player_count != run->match.player_count || result->reason > 1)
        return false;
    for (uint32_t i = 0; i < result->player_count; i++)
        if (result->players[i].outcome > GK_OUTCOME_DRAW || result->players[i].forfeit > 1)
            return false;
    return true;
}

static void fail(struct run *run, enum run_fault fault)
{
    if (run->fault == RUN_FINE)
        run->fault = fault;
    run->is_over = true;
}

static bool block_create(struct run_block *block, size_t capacity)
{
    block->bytes = calloc(1, capacity + FENCE_BYTES);
    return block->bytes != NULL;
}

/* Moves the fence behind `count` bytes. */
static void block_fence(const struct run *run, struct run_block *block, size_t count)
{
    if (run->unpoison)
        run->unpoison(block->bytes + block->count, FENCE_BYTES);
    block->count = count;
    memset(block->bytes + count, FENCE, FENCE_BYTES);
    if (run->poison)
        run->poison(block->bytes + count, FENCE_BYTES);
}

/* Looks at poison, so not by memcmp. */
__attribute__((no_sanitize_address)) static bool fence_holds(const struct run_block *block)
{
    for (size_t i = 0; i < FENCE_BYTES; i++)
        if (block->bytes[block->count + i] != FENCE)
            return false;
    return true;
}

/* What a local variable holds that nobody has set. */
__attribute__((noinline, no_sanitize_address)) static void garbage(uint8_t value)
{
    uint8_t stack[GARBAGE_BYTES];
    memset(stack, value, sizeof stack);
    __asm__ volatile("" : : "r"(stack) : "memory"); /* or it would be left out */
}

static void no_log(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes)
{
    (void)host;
    (void)level;
    (void)text;
    (void)bytes;
}

static const void *no_extension(const struct gk_host *host, const char *name)
{
    (void)host;
    (void)name;
    return NULL;
}
