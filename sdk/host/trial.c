/* Guards stand before and behind each state and behind each answer, exactly where its capacity
 * ends. What a game could keep between two calls without a variable is overwritten before each. */
#include "host/trial.h"

#include <stdlib.h>
#include <string.h>

#include "host/hash.h"

#define GARBAGE_BYTES 32768
#define GUARD_BYTES   64
#define GUARD         0xb7
#define ANSWER_BYTES  (GK_VIEW_BYTES_MAX + GUARD_BYTES)

_Static_assert(TRIAL_TEXT_BYTES <= GK_VIEW_BYTES_MAX, "a text fits");
_Static_assert(GUARD_BYTES % 16 == 0, "a state starts at a multiple of 16");

static uint32_t capacity_of(const struct trial *trial, enum game_callback callback);
static bool is_const(enum game_callback callback);
static void call(const struct trial *trial, int side, const struct question *question);
static bool guards_hold(const struct trial *trial, uint32_t capacity);
static bool is_guard(const uint8_t *bytes);
static void add(const struct trial *trial, enum game_callback callback, const void *bytes,
                size_t count);
static void garbage(uint8_t value);
static void registers_fill(uint8_t value);
static bool registers_hold(void);
static void no_log(const struct gk_host *host, uint32_t level, const char *text, uint32_t bytes);
static const void *no_extension(const struct gk_host *host, const char *name);

static const struct gk_host trial_host = {.size = sizeof(struct gk_host),
                                          .abi_minor = GK_ABI_MINOR,
                                          .log = no_log,
                                          .extension = no_extension};

bool trial_init(struct trial *trial)
{
    size_t state_bytes = trial->manifest.state_bytes;
    trial->before = malloc(state_bytes);
    for (int side = 0; side < 2; side++) {
        uint8_t *state = malloc(GUARD_BYTES + state_bytes + GUARD_BYTES);
        trial->answers[side].data = malloc(ANSWER_BYTES);
        if (!state || !trial->answers[side].data || !trial->before)
            return false;
        memset(state, GUARD, GUARD_BYTES + state_bytes + GUARD_BYTES);
        trial->states[side] = state + GUARD_BYTES;
    }
    trial_set_state(trial, NULL);
    return true;
}

void trial_set_state(struct trial *trial, const uint8_t *state)
{
    uint8_t *copies[] = {trial->states[0], trial->states[1], trial->before};
    for (int i = 0; i < 3; i++)
        if (state)
            memcpy(copies[i], state, trial->manifest.state_bytes);
        else
            memset(copies[i], 0, trial->manifest.state_bytes);
}

enum probe_verdict trial_ask(struct trial *trial, const struct question *question)
{
    const struct answer *one = &trial->answers[0], *other = &trial->answers[1];
    size_t state_bytes = trial->manifest.state_bytes;
    enum game_callback callback = question->callback;
    uint32_t capacity = capacity_of(trial, callback);
    bool has_control = true;
    atomic_store(&trial->report->callback, callback);
    for (int side = 0; side < 2; side++) {
        struct answer *answer = &trial->answers[side];
        bool is_zeroed = callback != GAME_CALL_VIEW && callback != GAME_CALL_EXPLAIN;
        answer->value = answer->bytes = 0;
        memset(answer->data, is_zeroed ? 0 : 0x11 * (side + 1), capacity);
        memset(answer->data + capacity, GUARD, GUARD_BYTES);
        garbage(side ? 0xa5 : 0x5a);
        call(trial, side, question);
        has_control = registers_hold() && has_control;
    }
    if (!guards_hold(trial, capacity) || one->bytes > capacity)
        return PROBE_OVERRUN;
    if (!has_control || one->value != other->value ||
        memcmp(trial->states[0], trial->states[1], state_bytes) != 0 ||
        memcmp(one->data, other->data, one->bytes) != 0 ||
        (is_const(callback) && memcmp(trial->before, trial->states[0], state_bytes) != 0))
        return PROBE_IMPURE;
    add(trial, callback, &one->value, sizeof one->value);
    add(trial, callback, one->data, one->bytes);
    if (!is_const(callback)) {
        add(trial, callback, trial->states[0], state_bytes);
        memcpy(trial->before, trial->states[0], state_bytes);
    }
    return PROBE_FINE;
}

/* What the game may write at the place that it is given for its answer. */
static uint32_t capacity_of(const struct trial *trial, enum game_callback callback)
{
    switch (callback) {
    case GAME_CALL_INPUT:
    case GAME_CALL_BOT:
        return trial->manifest.input_bytes;
    case GAME_CALL_VIEW:
        return trial->manifest.view_bytes_max;
    case GAME_CALL_RESULT:
        return sizeof(struct gk_result);
    case GAME_CALL_EXPLAIN:
        return TRIAL_TEXT_BYTES;
    default:
        return 0;
    }
}

static bool is_const(enum game_callback callback)
{
    return callback == GAME_CALL_INPUT || callback == GAME_CALL_VIEW ||
           callback == GAME_CALL_RESULT || callback == GAME_CALL_CHECK ||
           callback == GAME_CALL_EXPLAIN || callback == GAME_CALL_BOT;
}

static void call(const struct trial *trial, int side, const struct question *question)
{
    const struct gk_game *game = &trial->game;
    const struct gk_host *host = &trial_host;
    struct answer *answer = (struct answer *)(uintptr_t)&trial->answers[side];
    uint32_t capacity = capacity_of(trial, question->callback), slot = question->slot;
    void *state = trial->states[side];
    switch (question->callback) {
    case GAME_CALL_INIT:
        game->init(host, state, question->bytes);
        break;
    case GAME_CALL_JOIN:
        game->join(host, state, slot);
        break;
    case GAME_CALL_LEAVE:
        game->leave(host, state, slot, question->detail);
        break;
    case GAME_CALL_INPUT:
        answer->value =
            game->input(host, state, slot, question->bytes, question->count, answer->data);
        answer->bytes = answer->value == 1 ? capacity : 0;
        break;
    case GAME_CALL_TICK:
        game->tick(host, state, question->bytes);
        break;
    case GAME_CALL_VIEW:
        answer->value = answer->bytes = game->view(host, state, slot, answer->data, capacity);
        break;
    case GAME_CALL_RESULT:
        answer->value = game->result(host, state, (struct gk_result *)answer->data);
        answer->bytes = answer->value == 1 ? capacity : 0;
        break;
    case GAME_CALL_CHECK:
        answer->value = game->check(host, state);
        break;
    case GAME_CALL_MIGRATE:
        answer->value =
            game->migrate(host, state, question->bytes, question->count, question->detail);
        break;
    case GAME_CALL_EXPLAIN:
        answer->value = answer->bytes = game->explain(host, state, (char *)answer->data, capacity);
        break;
    case GAME_CALL_BOT:
        answer->value = game->bot(host, state, slot, question->detail, answer->data);
        answer->bytes = answer->value == 1 ? capacity : 0;
        break;
    default:
        break;
    }
}

static bool guards_hold(const struct trial *trial, uint32_t capacity)
{
    for (int side = 0; side < 2; side++)
        if (!is_guard(trial->states[side] - GUARD_BYTES) ||
            !is_guard(trial->states[side] + trial->manifest.state_bytes) ||
            !is_guard(trial->answers[side].data + capacity))
            return false;
    return true;
}

static bool is_guard(const uint8_t *bytes)
{
    for (int i = 0; i < GUARD_BYTES; i++)
        if (bytes[i] != GUARD)
            return false;
    return true;
}

static void add(const struct trial *trial, enum game_callback callback, const void *bytes,
                size_t count)
{
    uint64_t *hash = &trial->report->hashes[trial->tick][callback];
    *hash = hash_add(*hash ^ HASH_START, bytes, count);
}

/* What a local variable holds that nobody has set, and what a register does. */
__attribute__((noinline)) static void garbage(uint8_t value)
{
    uint8_t stack[GARBAGE_BYTES];
    memset(stack, value, sizeof stack);
    __asm__ volatile("" : : "r"(stack) : "memory"); /* or it would be left out */
    registers_fill(value);
}

#if defined(__x86_64__)
#define MXCSR_PLAIN   0x1f80u /* all exceptions masked, to nearest, nothing flushed to zero */
#define MXCSR_CONTROL 0xffc0u /* its other bits only tell what has happened */
#define X87_PLAIN     0x037fu

static void registers_fill(uint8_t value)
{
    const uint32_t plain = MXCSR_PLAIN;
    const uint64_t wide = value * 0x0101010101010101u;
#define CLOBBERED                                                                                  \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",       \
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vzeroall" : : : CLOBBERED);
#define FILL(n) "movq %0, %%xmm" #n "\n\tpunpcklqdq %%xmm" #n ", %%xmm" #n "\n\t"
    __asm__ volatile(FILL(0) FILL(1) FILL(2) FILL(3) FILL(4) FILL(5) FILL(6) FILL(7) FILL(8) FILL(9)
                         FILL(10) FILL(11) FILL(12) FILL(13) FILL(14) FILL(15)
                     :
                     : "r"(wide)
                     : CLOBBERED);
#undef FILL
#undef CLOBBERED
    __asm__ volatile("fninit; fldz; fldz; fldz; fldz; fldz; fldz; fldz; fldz; fninit; ldmxcsr %0"
                     :
                     : "m"(plain));
}

/* How numbers are rounded is the same after a call as before. */
static bool registers_hold(void)
{
    uint32_t mxcsr;
    uint16_t x87;
    __asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(x87));
    return (mxcsr & MXCSR_CONTROL) == MXCSR_PLAIN && x87 == X87_PLAIN;
}
#elif defined(__aarch64__)
static void registers_fill(uint8_t value)
{
    const uint64_t plain = 0;
#define FILL(n) "dup v" #n ".16b, %w0\n\t"
    __asm__ volatile(FILL(0) FILL(1) FILL(2) FILL(3) FILL(4) FILL(5) FILL(6) FILL(7) FILL(16)
                         FILL(17) FILL(18) FILL(19) FILL(20) FILL(21) FILL(22) FILL(23) FILL(24)
                             FILL(25) FILL(26) FILL(27) FILL(28) FILL(29) FILL(30) FILL(31)
                     :
                     : "r"((uint32_t)value)
                     : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19",
                       "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
                       "v31");
#undef FILL
    __asm__ volatile("msr fpcr, %0" : : "r"(plain));
}

static bool registers_hold(void)
{
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return fpcr == 0;
}
#else
#error "name this machine's registers"
#endif

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
