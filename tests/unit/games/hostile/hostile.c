/*
 * A game that plays by the rules until an input says "mischief" and a byte: then its next tick does
 * what deeds.h names. No probe finds that, so it is what the sandbox is for. The view is the ticks.
 */
#include <gamekit/game.h>

#include "deeds.h"
#include "wire/control.h"
#include "wire/frames.h"

struct state {
    uint64_t ticks;
    uint32_t deed;
    uint32_t reserved;
};

GK_MANIFEST(.abi_minor_required = 0, .tick_hz = 50, .state_schema = 1, .state_schema_oldest = 1,
            .state_bytes = sizeof(struct state), .input_bytes = 1, .view_bytes_max = 8,
            .players_min = 1, .players_max = 2, .mode_count = 1, .id = "hostile",
            .title = "Hostile", .version = "1.0.0",
            .modes = {{.id = "1v1", .players_min = 2, .players_max = 2, .teams = 2}});

#if defined(__x86_64__)
enum call {
    READ_WRITE = 1,
    SENDTO = 44,
    CLONE = 56,
    EXECVE = 59,
    KILL = 62,
    FTRUNCATE = 77,
    MMAP = 9,
    MPROTECT = 10,
    SIGACTION = 13,
    PTRACE = 101,
    SOCKET = 41,
    OPENAT = 257,
    CLOCK_GETTIME = 228,
    SECCOMP = 317,
    SENDMSG = 46
};
static long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long answer;
    __asm__ volatile("syscall"
                     : "=a"(answer)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return answer;
}
#else
enum call {
    READ_WRITE = 64,
    SENDTO = 206,
    CLONE = 220,
    EXECVE = 221,
    KILL = 129,
    FTRUNCATE = 46,
    MMAP = 222,
    MPROTECT = 226,
    SIGACTION = 134,
    PTRACE = 117,
    SOCKET = 198,
    OPENAT = 56,
    CLOCK_GETTIME = 113,
    SECCOMP = 277,
    SENDMSG = 211
};
static long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
                     x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e,
                     x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
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
    static const char word[] = "mischief";
    (void)host;
    (void)state;
    (void)slot;
    if (count != sizeof word)
        return 0;
    for (uint32_t i = 0; i + 1 < sizeof word; i++)
        if (bytes[i] != (uint8_t)word[i])
            return 0;
    ret_input[0] = bytes[count - 1];
    return 1;
}

static uint32_t recurse(volatile uint32_t depth)
{
    volatile uint8_t frame[4096];
    frame[depth % sizeof frame] = 1;
    return depth == 0xffffffffu ? 0 : recurse(depth + 1) + frame[0];
}

static void spin(uint64_t count)
{
    for (volatile uint64_t i = 0; i < count; i++)
        ;
}

/* Some 10 to 15 ms, by a clock that needs no system call. */
static void waste_time(void)
{
#if defined(__x86_64__)
    for (uint64_t start = __builtin_ia32_rdtsc(); __builtin_ia32_rdtsc() - start < 30000000;)
        ;
#else
    uint64_t start, now, hz;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(start));
    do
        __asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
    while (now - start < hz / 80);
#endif
}

#define LOG 68 /* CONTROL_LOG of platform/wire/control.h */

static void say(uint32_t type, uint32_t bytes)
{
    static const uint8_t lies[1024];
    struct control_head head = {type, bytes};
    struct {
        const void *base;
        uint64_t bytes;
    } parts[2] = {{&head, sizeof head}, {lies, bytes}};
    struct {
        void *name;
        uint64_t name_bytes;
        void *parts;
        uint64_t part_count;
        void *control;
        uint64_t control_bytes;
        uint64_t flags;
    } message = {0, 0, parts, 2, 0, 0, 0};
    call(SENDMSG, WORKER_CONTROL_FD, (long)&message, 0x4040, 0, 0, 0);
}

static void play_worker(void)
{
    for (;;) {
        waste_time();
        say(CONTROL_HEARTBEAT, sizeof(struct control_heartbeat));
    }
}

static void break_streams(void)
{
    static const uint8_t rubbish[64] = {0xff, 0xff, 0xff, 0xff};
    for (long fd = WORKER_CONTROL_FD + 1; fd < 64; fd++)
        call(SENDTO, fd, (long)rubbish, sizeof rubbish, 0x4040, 0, 0);
}

/* Links are numbered by how often their place was taken, and their place from 1. */
static void send_frames(void)
{
    struct {
        struct record_head head;
        uint8_t body[FRAME_STATE_HEAD_BYTES + 6];
    } records[2 * 4 * 16];
    uint32_t count = 0;
    for (uint32_t channel = 0; channel < 2; channel++)
        for (uint32_t generation = 0; generation < 4; generation++)
            for (uint32_t place = 1; place <= 16; place++, count++) {
                records[count].head = (struct record_head){.bytes = sizeof records[0].body,
                                                           .type = RECORD_FRAME,
                                                           .channel = (uint8_t)channel,
                                                           .link = generation << 20 | place};
                records[count].body[0] = FRAME_STATE;
                records[count].body[1] = (uint8_t)channel;
                for (uint32_t i = 2; i < sizeof records[0].body; i++)
                    records[count].body[i] = 0;
            }
    for (uint32_t round = 0;; round++) {
        for (long fd = WORKER_CONTROL_FD + 1; fd < 64; fd++)
            call(SENDTO, fd, (long)records, sizeof records, 0x4000, 0, 0);
        if (round % 64 == 0)
            say(CONTROL_HEARTBEAT, sizeof(struct control_heartbeat));
    }
}

static void flood(void)
{
    struct {
        uint32_t type, bytes;
        uint8_t match[16];
        uint32_t level;
        char text[500];
    } packet = {LOG, 520, "SLANDERED MATCH", 1, "flood"};
    struct {
        void *base;
        uint64_t bytes;
    } part = {&packet, sizeof packet};
    struct {
        void *name;
        uint64_t name_bytes;
        void *parts;
        uint64_t part_count;
        void *control;
        uint64_t control_bytes;
        uint64_t flags;
    } message = {0, 0, &part, 1, 0, 0, 0};
    for (;;)
        call(SENDMSG, 3, (long)&message, 0x40, 0, 0, 0);
}

static void misbehave(const struct gk_host *host, uint32_t deed)
{
    static const char path[] = "/etc/passwd", text[] = "flood";
    uint64_t room[8] = {0};
    volatile uintptr_t nowhere = 8;
    switch (deed) {
    case DEED_FORK:
        call(CLONE, 17, 0, 0, 0, 0, 0);
        break;
    case DEED_OPEN:
        call(OPENAT, -100, (long)path, 0, 0, 0, 0);
        break;
    case DEED_CONNECT:
        call(SOCKET, 2, 1, 0, 0, 0, 0);
        break;
    case DEED_KILL_PARENT:
        call(KILL, -1, 9, 0, 0, 0, 0);
        break;
    case DEED_PTRACE:
        call(PTRACE, 0, 0, 0, 0, 0, 0);
        break;
    case DEED_EXECUTABLE:
        call(MPROTECT, (long)room & ~4095l, 4096, 7, 0, 0, 0);
        break;
    case DEED_CLOCK:
        call(CLOCK_GETTIME, 0, (long)room, 0, 0, 0, 0);
        break;
    case DEED_MEMORY:
        for (;;)
            call(MMAP, 0, 1 << 20, 3, 0x8022, -1, 0);
    case DEED_STACK:
        recurse(0);
        break;
    case DEED_ENDLESS:
        for (;;)
            spin(1000000);
    case DEED_SLOW:
        spin(300000000); /* several periods, on a fast processor too */
        break;
    case DEED_GREED:
        waste_time();
        break;
    case DEED_IMPOSTOR:
        play_worker();
        break;
    case DEED_STORM:
        break_streams();
        break;
    case DEED_FRAMES:
        send_frames();
        break;
    case DEED_TRAP:
        __builtin_trap();
    case DEED_WILD:
        *(volatile int *)nowhere = 1;
        break;
    case DEED_OWN_CODE:
        *(volatile uint8_t *)(uintptr_t)misbehave = 0;
        break;
    case DEED_OWN_TABLE:
        *(volatile uint32_t *)(uintptr_t)&gk_game_v1 = 0;
        break;
    case DEED_WRITE_ALL:
        for (long fd = 0; fd < 1024; fd++)
            call(READ_WRITE, fd, (long)text, sizeof text, 0, 0, 0);
        break;
    case DEED_LOG_FLOOD:
        for (int i = 0; i < 10000; i++)
            host->log(host, 3, text, sizeof text - 1);
        break;
    case DEED_SEND_FLOOD:
        flood();
        break;
    case DEED_TRUNCATE:
        for (long fd = 0; fd < 1024; fd++)
            call(FTRUNCATE, fd, 0, 0, 0, 0, 0);
        break;
    case DEED_EXECUTE:
        call(EXECVE, (long)path, 0, 0, 0, 0, 0);
        break;
    case DEED_SIGNALS:
        call(SIGACTION, 31, (long)room, 0, 8, 0, 0);
        break;
    case DEED_FILTER:
        call(SECCOMP, 1, 0, (long)room, 0, 0, 0);
        break;
    default:
        break;
    }
}

static void tick(const struct gk_host *host, void *bytes, const struct gk_inputs *inputs)
{
    struct state *state = bytes;
    state->ticks++;
    for (uint32_t slot = 0; slot < 2; slot++)
        if (inputs->present >> slot & 1)
            state->deed = inputs->bytes[slot];
    misbehave(host, state->deed);
}

static uint32_t view(const struct gk_host *host, const void *bytes, uint32_t viewer,
                     uint8_t *ret_bytes, uint32_t capacity)
{
    const struct state *state = bytes;
    (void)host;
    (void)viewer;
    for (uint32_t i = 0; i < 8; i++)
        ret_bytes[i] = (uint8_t)(state->ticks >> (8 * i));
    return state->deed == DEED_VIEW ? capacity + 1 : 8;
}

static uint32_t result(const struct gk_host *host, const void *state, struct gk_result *ret_result)
{
    (void)host;
    (void)state;
    (void)ret_result;
    return 0;
}

GK_EXPORT(.init = init, .join = join, .leave = leave, .input = input, .tick = tick, .view = view,
          .result = result);
