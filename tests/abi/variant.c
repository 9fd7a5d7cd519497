/*
 * A game as another minor or major of gamekit would have built it, chosen by the macro. Those that
 * are refused would leave a trace if any of their code ran: all of it ends the process.
 */
#include <gamekit/game.h>

#if defined REFUSED
#define CODE __builtin_trap()
__attribute__((constructor)) static void when_loaded(void)
{
    CODE;
}
#else
#define CODE (void)0
#endif

static void init(const struct gk_host *host, void *state, const struct gk_match *match)
{
    CODE;
    (void)host, (void)state, (void)match;
}

static void join(const struct gk_host *host, void *state, uint32_t slot)
{
    CODE;
    (void)host, (void)state, (void)slot;
}

static void leave(const struct gk_host *host, void *state, uint32_t slot, uint32_t reason)
{
    CODE;
    (void)host, (void)state, (void)slot, (void)reason;
}

static uint32_t input(const struct gk_host *host, const void *state, uint32_t slot,
                      const uint8_t *bytes, uint32_t count, uint8_t *ret_input)
{
    CODE;
    (void)host, (void)state, (void)slot, (void)bytes, (void)ret_input;
    return count > 3;
}

static void tick(const struct gk_host *host, void *state, const struct gk_inputs *inputs)
{
    CODE;
    (void)host, (void)inputs;
    *(uint64_t *)state += 1;
}

static uint32_t view(const struct gk_host *host, const void *state, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    CODE;
    (void)host, (void)viewer, (void)capacity;
    ret_bytes[0] = *(const uint8_t *)state;
    return 1;
}

static uint32_t result(const struct gk_host *host, const void *state, struct gk_result *ret_result)
{
    CODE;
    (void)host, (void)state, (void)ret_result;
    return 0;
}

/* The manifest and the table with a tail that this header does not know. */
struct later_manifest {
    struct gk_manifest known;
    uint32_t unknown[16];
};
struct later_note {
    uint32_t name_bytes, manifest_bytes, type;
    char name[8];
    struct later_manifest manifest;
};
struct later_game {
    struct gk_game known;
    void (*unknown[3])(void);
};
/* The table of a minor that had no optional callback yet. */
struct shorter_game {
    uint32_t size, reserved;
    void (*callbacks[7])(void);
};

#if defined LATER
#define NOTE     later_note
#define MANIFEST struct later_manifest
#define KNOWN    .manifest.known
#else
#define NOTE     gk_note
#define MANIFEST struct gk_manifest
#define KNOWN    .manifest
#endif
#ifndef MAJOR
#define MAJOR GK_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR GK_ABI_MINOR
#endif
#ifndef REQUIRED
#define REQUIRED 0
#endif
#ifndef FLAGS
#define FLAGS 0
#endif
#ifndef MANIFEST_RESERVED
#define MANIFEST_RESERVED 0
#endif
#ifndef MODE_RESERVED
#define MODE_RESERVED 0
#endif
#ifndef TABLE_RESERVED
#define TABLE_RESERVED 0
#endif

__attribute__((section(GK_NOTE_SECTION), used, aligned(4))) static const struct NOTE note = {
    .name_bytes = 8,
    .manifest_bytes = sizeof(MANIFEST),
    .type = GK_NOTE_TYPE,
    .name = GK_NOTE_NAME,
    KNOWN = {.size = sizeof(MANIFEST),
             .abi_major = MAJOR,
             .abi_minor = MINOR,
             .abi_minor_required = REQUIRED,
             .tick_hz = 60,
             .flags = FLAGS,
             .state_schema = 1,
             .state_schema_oldest = 1,
             .state_bytes = 8,
             .input_bytes = 1,
             .view_bytes_max = 8,
             .players_min = 1,
             .players_max = 2,
             .mode_count = 1,
             .id = "variant",
             .title = "Variant",
             .version = "1.0.0",
             .modes = {{.id = "1v1",
                        .players_min = 2,
                        .players_max = 2,
                        .teams = 2,
                        .reserved = MODE_RESERVED}},
             .reserved = {[6] = MANIFEST_RESERVED}},
#if defined LATER
    .manifest.unknown = {0xffffffff, 1, 2, 3, 0xdeadbeef},
#endif
};

#define CALLBACKS(bytes)                                                                           \
    {                                                                                              \
        .size = (bytes), .reserved = TABLE_RESERVED, .init = init, .join = join, .leave = leave,   \
        .input = input, .tick = tick, .view = view, .result = result                               \
    }
#if defined SHORTER
#define CALL(name) (void (*)(void)) name
extern GK_EXPORTED const struct shorter_game shorter __asm__(GK_SYMBOL);
const struct shorter_game shorter = {
    sizeof(struct shorter_game),
    TABLE_RESERVED,
    {CALL(init), CALL(join), CALL(leave), CALL(input), CALL(tick), CALL(view), CALL(result)}};
#elif defined LATER
static void not_known_yet(void)
{
    __builtin_trap();
}
extern GK_EXPORTED const struct later_game later __asm__(GK_SYMBOL);
const struct later_game later = {CALLBACKS(sizeof(struct later_game)),
                                 {not_known_yet, not_known_yet, not_known_yet}};
#else
const struct gk_game gk_game_v1 = CALLBACKS(sizeof(struct gk_game));
#endif
