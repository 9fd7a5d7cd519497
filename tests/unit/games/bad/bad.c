/*
 * Games with one fault each, chosen by the macro. Those that start with BAD are refused as data and
 * never run; those that start with IMPURE are found out by the probe.
 */
#include <gamekit/game.h>

#ifndef STATE_BYTES
#define STATE_BYTES 8
#endif
GK_MANIFEST(.abi_minor_required = 0, .tick_hz = 60, .state_schema = 1, .state_schema_oldest = 1,
            .state_bytes = STATE_BYTES, .input_bytes = 1, .view_bytes_max = 8, .players_min = 1,
            .players_max = 2, .mode_count = 1, .id = "bad", .title = "Bad", .version = "1.0.0",
            .modes = {{.id = "1v1", .players_min = 2, .players_max = 2, .teams = 2}});

#ifdef BAD_STATIC
static uint64_t ticks_of_all_matches;
#endif
#ifdef BAD_THREAD_LOCAL
static _Thread_local uint64_t ticks_of_all_matches;
#endif
#ifdef BAD_UNDEFINED
int puts(const char *text);
#endif
#ifdef BAD_CONSTRUCTOR
__attribute__((constructor)) static void begin(void)
{
    __builtin_trap();
}
#endif
#ifdef BAD_EXPORT
GK_EXPORTED void more_than_the_table(void);
void more_than_the_table(void)
{
}
#endif
#ifdef BAD_IFUNC
static void on_this_machine(void)
{
}
static void (*choose(void))(void)
{
    return on_this_machine;
}
static void chosen(void) __attribute__((ifunc("choose")));
#endif

static void init(const struct gk_host *host, void *state, const struct gk_match *match)
{
    (void)host;
    (void)state;
    (void)match;
}

static void join(const struct gk_host *host, void *state, uint32_t slot)
{
    (void)host;
    (void)state;
    (void)slot;
}

static void leave(const struct gk_host *host, void *state, uint32_t slot, uint32_t reason)
{
    (void)reason;
    join(host, state, slot);
}

static uint32_t input(const struct gk_host *host, const void *state, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    (void)host;
    (void)state;
    (void)slot;
    (void)bytes;
    (void)count;
    (void)ret_input;
    return 0;
}

static void tick(const struct gk_host *host, void *state, const struct gk_inputs *inputs)
{
    (void)host;
    (void)inputs;
    *(uint64_t *)state += 1;
#if defined BAD_STATIC || defined BAD_THREAD_LOCAL
    *(uint64_t *)state += ++ticks_of_all_matches;
#endif
#ifdef BAD_UNDEFINED
    puts("tick");
#endif
#ifdef BAD_IFUNC
    chosen();
#endif
#ifdef IMPURE_BYTE
    uint64_t never_set[16];
    __asm__ volatile("" : : "r"(never_set) : "memory");
    *(uint64_t *)state += never_set[5];
#endif
#ifdef IMPURE_POINTER
    *(uint64_t *)state = (uintptr_t)state;
#endif
#ifdef IMPURE_ADDRESS
    *(uint64_t *)state = (uintptr_t)&gk_game_v1;
#endif
#if defined IMPURE_CLOCK && defined __x86_64__
    *(uint64_t *)state = __builtin_ia32_rdtsc();
#endif
#ifdef IMPURE_LOOP
    for (volatile int forever = 1; forever;)
        ;
#endif
#ifdef IMPURE_CRASH
    if (*(uint64_t *)state == 77)
        __builtin_trap();
#endif
#ifdef IMPURE_OVERRUN
    ((volatile uint64_t *)state)[1] = 1;
#endif
}

static uint32_t view(const struct gk_host *host, const void *state, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    (void)host;
    (void)state;
    (void)viewer;
    (void)capacity;
    ret_bytes[0] = 0;
    return 1;
}

static uint32_t result(const struct gk_host *host, const void *state, struct gk_result *ret_result)
{
    (void)host;
    (void)state;
    (void)ret_result;
    return 0;
}

#ifdef BAD_NO_TABLE
static const struct gk_game not_exported __attribute__((used))
#else
const struct gk_game gk_game_v1
#endif
#ifdef BAD_SHORT_TABLE
= {.size = 16,
#elif defined BAD_RESERVED
    = {.size = sizeof(struct gk_game),
       .reserved = 1,
#else
= {.size = sizeof(struct gk_game),
#endif
   .init = init,
   .join = join,
   .leave = leave,
   .input = input,
   .tick = tick,
   .view = view,
   .result = result};
