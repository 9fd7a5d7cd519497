/*
 * Games with one fault each, chosen by the macro. Those that start with BAD are refused as data and
 * never run; those that start with IMPURE are found out by the probe. FAIR ones have none.
 */
#include <gamekit/game.h>

#ifndef STATE_BYTES
#define STATE_BYTES 8
#endif
#ifdef FAIR_LARGEST
#define INPUT_BYTES GK_INPUT_BYTES_MAX
#define VIEW_BYTES  GK_VIEW_BYTES_MAX
#define PLAYERS     GK_PLAYERS_MAX
#else
#define INPUT_BYTES 1
#define VIEW_BYTES  8
#define PLAYERS     2
#endif
#ifdef IMPURE_TIMEOUT
#define TICK_HZ      0
#define TURN_SECONDS 5
#else
#define TICK_HZ      60
#define TURN_SECONDS 0
#endif
#ifdef IMPURE_OPTION
#define OPTIONS 1
#else
#define OPTIONS 0
#endif
GK_MANIFEST(.abi_minor_required = 0, .tick_hz = TICK_HZ, .state_schema = 3,
            .state_schema_oldest = 1, .state_bytes = STATE_BYTES, .input_bytes = INPUT_BYTES,
            .view_bytes_max = VIEW_BYTES, .players_min = 1, .players_max = PLAYERS, .mode_count = 2,
            .option_count = OPTIONS, .turn_seconds = TURN_SECONDS, .id = "bad", .title = "Bad",
            .version = "1.0.0",
            .modes = {{.id = "1v1", .players_min = 2, .players_max = PLAYERS, .teams = 2},
                      {.id = "solo", .players_min = 1, .players_max = PLAYERS, .teams = 1}});

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

#if defined __x86_64__
#define CLOCK() __builtin_ia32_rdtsc()
#else
static inline uint64_t clock_now(void)
{
    uint64_t now;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
    return now;
}
#define CLOCK() clock_now()
#endif

#if defined IMPURE_VDSO
/* Where the kernel put its page of functions: the loader left the address on the stack, as entry 33
 * of the auxiliary vector. The clock is asked by its symbol. */
#include <elf.h>
static uint64_t vdso_time(void)
{
    const uint64_t *at = __builtin_frame_address(0);
    while (at[0] != AT_SYSINFO_EHDR || at[1] % 4096 != 0 || at[1] == 0 || at[2] == 0)
        at++;
    const uint8_t *base = (const uint8_t *)at[1];
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)base;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(base + head->e_phoff);
    const Elf64_Sym *symbols = 0;
    const char *names = 0;
    for (int i = 0; i < head->e_phnum; i++)
        if (segments[i].p_type == PT_DYNAMIC)
            for (const Elf64_Dyn *one = (const Elf64_Dyn *)(base + segments[i].p_offset);
                 one->d_tag != DT_NULL; one++) {
                if (one->d_tag == DT_SYMTAB)
                    symbols = (const Elf64_Sym *)(base + one->d_un.d_ptr);
                if (one->d_tag == DT_STRTAB)
                    names = (const char *)(base + one->d_un.d_ptr);
            }
    for (const Elf64_Sym *symbol = symbols + 1; (const char *)symbol < names; symbol++) {
        static const char wanted[] = "clock_gettime";
        const char *name = names + symbol->st_name;
        uint64_t same = 0, now[2] = {0};
        for (const char *start = name; *start && same < sizeof wanted; start++)
            for (same = 0; same < sizeof wanted && start[same] == wanted[same];)
                same++;
        if (same < sizeof wanted)
            continue;
        int (*gettime)(int, uint64_t *) =
            (int (*)(int, uint64_t *))(uintptr_t)(base + symbol->st_value);
        gettime(1, now);
        return now[0] * 1000000000u + now[1];
    }
    return 0;
}
#endif

static void init(const struct gk_host *host, void *state, const struct gk_match *match)
{
    (void)host;
    (void)state;
    (void)match;
#ifdef IMPURE_SECOND_MODE
    if (match->mode == 1)
        *(uint64_t *)state = CLOCK();
#endif
#ifdef IMPURE_FEWEST
    if (match->player_count == 1)
        *(uint64_t *)state = CLOCK();
#endif
#ifdef IMPURE_OPTION
    if (match->options[0] == 7)
        *(uint64_t *)state = CLOCK();
    if (match->options[0] != 0 && (match->options[0] < 3 || match->options[0] > 9))
        __builtin_trap(); /* not as it was declared */
#endif
}

static void join(const struct gk_host *host, void *state, uint32_t slot)
{
    (void)host;
    (void)state;
    (void)slot;
}

static void leave(const struct gk_host *host, void *state, uint32_t slot, uint32_t reason)
{
    join(host, state, slot);
#ifdef IMPURE_LEFT
    if (reason == GK_LEAVE_LEFT)
        *(uint64_t *)state = CLOCK();
#else
    (void)reason;
#endif
}

static uint32_t input(const struct gk_host *host, const void *state, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    (void)host;
    (void)state;
    (void)slot;
    (void)bytes;
    (void)count;
#ifdef IMPURE_INPUT_OVERRUN
    ret_input[INPUT_BYTES] = 1;
#endif
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
#ifdef IMPURE_CLOCK
    *(uint64_t *)state = CLOCK();
#endif
#ifdef IMPURE_VDSO
    *(uint64_t *)state = vdso_time();
#endif
#ifdef IMPURE_TIMEOUT
    if (inputs->present == 0)
        *(uint64_t *)state = CLOCK();
#endif
#ifdef IMPURE_UNDERRUN
    ((volatile uint64_t *)state)[-1] = 1;
#endif
#if defined IMPURE_REGISTER && defined __x86_64__
    uint64_t hidden;
    __asm__ volatile("movq %%xmm14, %0" : "=r"(hidden));
    *(uint64_t *)state += ++hidden;
    __asm__ volatile("movq %0, %%xmm14" : : "r"(hidden));
#elif defined IMPURE_REGISTER
    uint64_t hidden;
    __asm__ volatile("mov %0, v30.d[0]" : "=r"(hidden));
    *(uint64_t *)state += ++hidden;
    __asm__ volatile("mov v30.d[0], %0" : : "r"(hidden));
#endif
#if defined IMPURE_ROUNDING && defined __x86_64__
    __builtin_ia32_ldmxcsr(0x7f80);
#elif defined IMPURE_ROUNDING
    __asm__ volatile("msr fpcr, %0" : : "r"(3ul << 22));
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

static uint32_t check(const struct gk_host *host, const void *state)
{
    (void)host;
#ifdef IMPURE_CHECK
    return *(const uint64_t *)state < 77;
#endif
    (void)state;
    return 1;
}

static uint32_t bot(const struct gk_host *host, const void *state, uint32_t slot,
                    uint32_t difficulty, uint8_t *ret_input)
{
    (void)host;
    (void)state;
    (void)slot;
    (void)difficulty;
    ret_input[0] = 1;
#ifdef IMPURE_BOT
    ret_input[0] = (uint8_t)((uintptr_t)state >> 4 ^ (uintptr_t)state >> 12);
#endif
#ifdef IMPURE_BOT_STATE
    *(uint64_t *)(uintptr_t)state += 1;
#endif
#ifdef IMPURE_BOT_OVERRUN
    ret_input[INPUT_BYTES] = 1;
#endif
    return 1;
}

static uint32_t explain(const struct gk_host *host, const void *state, char *ret_text,
                        uint32_t capacity)
{
    (void)host;
    (void)state;
    ret_text[0] = '0';
#ifdef IMPURE_EXPLAIN
    ret_text[0] = (char)('0' + CLOCK() % 10);
#endif
#ifdef IMPURE_EXPLAIN_UNSET
    return 2;
#endif
#ifdef IMPURE_EXPLAIN_OVERRUN
    return capacity + 1;
#endif
    (void)capacity;
    return 1;
}

static uint32_t migrate(const struct gk_host *host, void *state, const void *old,
                        uint32_t old_bytes, uint32_t old_schema)
{
    (void)host;
    if (old_schema < 1 || old_schema > 2)
        __builtin_trap();
#ifdef IMPURE_MIGRATE
    *(uint64_t *)state = CLOCK();
#endif
#ifdef IMPURE_MIGRATE_CRASH
    *(uint64_t *)state = ((const volatile uint8_t *)old)[old_bytes + 64];
#endif
    (void)state;
    (void)old;
    (void)old_bytes;
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
   .result = result,
   .migrate = migrate,
   .check = check,
   .explain = explain,
   .bot = bot};
