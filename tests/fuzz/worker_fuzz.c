/*
 * A worker with a real game, told what to do by whatever comes: packets on its control socket,
 * bytes on a gateway's stream, ticks in between. An order is a byte that says which, two of length,
 * and what it says. Between inputs everything is as at the start of the worker.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/load.h"
#include "target.h"
#include "worker/control.h"
#include "worker/host.h"
#include "worker/link.h"
#include "worker/match.h"
#include "worker/rerun.h"
#include "worker/stream.h"

#define MATCHES         4
#define RERUN_STEPS_MAX 300
enum { ORDER_CONTROL, ORDER_STREAM, ORDER_TICK, ORDER_MATCH, ORDER_SEAT, ORDER_RERUN, ORDER_KINDS };

static struct worker worker;
static int supervisor, gateway = -1; /* the other ends of its sockets */
static size_t arena_bytes;

static void prepare(void);
static void begin(void);
static void obey(uint8_t kind, const uint8_t *bytes, size_t count);
static void order(uint32_t type, const void *body, uint32_t count);
static void order_match(const uint8_t *bytes, size_t count);
static void order_seat(const uint8_t *bytes, size_t count);
static void order_rerun(const uint8_t *bytes, size_t count);
static void tick(void);
static void drain(int fd);
static void judge(void);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    if (!worker.arena)
        prepare();
    begin();
    for (size_t at = 0; at + 3 <= count;) {
        uint8_t kind = bytes[at];
        size_t length = bytes[at + 1] | (size_t)bytes[at + 2] << 8;
        at += 3;
        length = length < count - at ? length : count - at;
        obey(kind, bytes + at, length);
        at += length;
        judge();
    }
    return 0;
}

static void prepare(void)
{
    struct arena_head head;
    const uint8_t sha[32] = {0};
    uint64_t mapped_bytes;
    int sockets[2];
    int image = open(getenv("FUZZ_GAME"), O_RDONLY | O_CLOEXEC);
    PROMISE(image >= 0 && game_inspect(image, &worker.manifest, &mapped_bytes));
    PROMISE(game_load(image, &worker.game));
    close(image);
    PROMISE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets) == 0);
    supervisor = fcntl(sockets[0], F_DUPFD, 100); /* one of them may have its number */
    PROMISE(dup2(sockets[1], WORKER_CONTROL_FD) == WORKER_CONTROL_FD);
    arena_head_init(&head, &worker.manifest, sha, MATCHES, 0, ARENA_JOURNAL_BYTES);
    arena_bytes = arena_file_bytes(&head);
    worker.arena =
        mmap(NULL, arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    PROMISE(worker.arena != MAP_FAILED && supervisor >= 0);
    *worker.arena = head;
    worker.matches = calloc(MATCHES, sizeof *worker.matches);
    worker.view = calloc(1, worker.manifest.view_bytes_max + sizeof(uint64_t));
    worker.epoll = epoll_create1(EPOLL_CLOEXEC);
    PROMISE(worker.matches && worker.view && worker.epoll >= 0 && streams_init(&worker));
    begin();
    obey(ORDER_MATCH, (const uint8_t[4]){0, 0, 2, 0}, 4);
    PROMISE(worker.matches[0].phase == MATCH_PLAYING); /* or nothing of a match would be tried */
}

static void begin(void)
{
    int sockets[2];
    for (uint32_t i = 0; i < STREAMS_MAX; i++)
        if (worker.streams[i].fd >= 0) {
            worker.streams[i].broken = true;
            stream_close_broken(&worker, i);
        }
    if (gateway >= 0)
        close(gateway);
    drain(supervisor);
    memset((uint8_t *)worker.arena + sizeof *worker.arena, 0, arena_bytes - sizeof *worker.arena);
    memset(worker.matches, 0, MATCHES * sizeof *worker.matches);
    memset(worker.links, 0, sizeof worker.links);
    worker.match_end = worker.matches_live = worker.links_used = 0;
    worker.stopping = worker.is_behind = false;
    worker.now_ms = 1000;
    host_init(&worker);
    links_init(&worker);
    PROMISE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets) == 0);
    gateway = sockets[0];
    stream_open(&worker, sockets[1], (const char[32]){"fuzz"});
}

static void obey(uint8_t kind, const uint8_t *bytes, size_t count)
{
    switch (kind % ORDER_KINDS) {
    case ORDER_CONTROL:
        if (count > 0 && send(supervisor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
            (void)control_receive(&worker);
        drain(supervisor);
        break;
    case ORDER_STREAM:
        if (count > 0 && worker.streams[0].fd >= 0 &&
            send(gateway, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
            streams_receive(&worker);
        break;
    case ORDER_MATCH:
        order_match(bytes, count);
        break;
    case ORDER_SEAT:
        order_seat(bytes, count);
        break;
    case ORDER_RERUN:
        order_rerun(bytes, count);
        break;
    default:
        tick();
    }
}

static void order(uint32_t type, const void *body, uint32_t count)
{
    uint8_t packet[sizeof(struct control_head) + sizeof(struct control_match_start)];
    const struct control_head head = {type, count};
    memcpy(packet, &head, sizeof head);
    memcpy(packet + sizeof head, body, count);
    obey(ORDER_CONTROL, packet, sizeof head + count);
}

/* Place, mode, seats, bots by slot. The match is called by its place: "mmm...", "nnn...", and its
 * players by their slot: "uuu...", "vvv...". */
static void order_match(const uint8_t *bytes, size_t count)
{
    struct control_match_start start = {.seed = count, .options = {7, 1}}; /* what Pong takes */
    if (count < 4)
        return;
    start.arena_index = bytes[0] % (MATCHES + 1);
    start.mode = bytes[1];
    start.slot_count = bytes[2];
    start.abandoned_ms = count > 4 ? bytes[4] : 0;
    memset(start.match, 'm' + bytes[0] % (MATCHES + 1), sizeof start.match);
    for (uint32_t slot = 0; slot < 8; slot++)
        if (bytes[3] >> slot & 1)
            start.slots[slot].bot_difficulty = (uint8_t)(1 + slot % 3);
        else
            memset(start.slots[slot].user, (int)('u' + slot), sizeof start.slots[slot].user);
    order(CONTROL_MATCH_START, &start, sizeof start);
}

/* Match, slot, user. */
static void order_seat(const uint8_t *bytes, size_t count)
{
    struct control_match_seat seat = {.slot = 0};
    if (count < 3)
        return;
    memset(seat.match, 'm' + bytes[0] % (MATCHES + 1), sizeof seat.match);
    memset(seat.seat.user, bytes[2], sizeof seat.seat.user);
    seat.slot = bytes[1];
    order(CONTROL_MATCH_SEAT, &seat, sizeof seat);
}

/* The match, how much is missing at the end, then steps that another version may have played: a
 * number to add to their commit, who comes, who goes, who gives up, whose input there is, and
 * whether it ticked. */
static void order_rerun(const uint8_t *bytes, size_t count)
{
    struct match *match = count < 2 ? NULL : &worker.matches[bytes[0] % MATCHES];
    if (!match || match->phase != MATCH_PLAYING)
        return;
    struct arena_block *block = arena_newest(worker.arena, match->arena);
    struct arena_entry entry = {.commit = block->commit};
    uint64_t at = block->journaled;
    const uint8_t *end = bytes + count;
    int steps = 0;
    for (const uint8_t *step = bytes + 2; step + 6 <= end && steps < RERUN_STEPS_MAX; steps++) {
        entry.commit += 1 + (step[0] == 0xff);
        entry.came = step[1];
        entry.went = step[2];
        entry.gave_up = step[3];
        entry.present = step[4];
        entry.ticked = step[5];
        arena_journal_put(worker.arena, match->arena, at, &entry, sizeof entry);
        at += sizeof entry;
        step += 6;
        for (uint64_t rest = entry.present; rest && step < end; rest &= rest - 1, step++) {
            uint8_t input[GK_INPUT_BYTES_MAX];
            memset(input, *step, sizeof input);
            arena_journal_put(worker.arena, match->arena, at, input, worker.manifest.input_bytes);
            at += worker.manifest.input_bytes;
        }
    }
    match->arena->rerun_to = at - bytes[1];
    worker.rerun_ns = 0;
    do
        matches_rerun(&worker);
    while (worker.is_behind);
}

static void tick(void)
{
    worker.now_ms += 16;
    if (worker.is_behind)
        matches_rerun(&worker);
    for (uint32_t i = 0; i < worker.match_end; i++) {
        match_look_at_clock(&worker, &worker.matches[i]);
        if (worker.matches[i].phase == MATCH_PLAYING && !match_is_behind(&worker.matches[i]))
            match_step(&worker, &worker.matches[i]);
        if (worker.matches[i].phase != MATCH_NONE)
            match_deliver(&worker, &worker.matches[i], true);
    }
    for (uint32_t i = 0; i < STREAMS_MAX; i++)
        if (worker.streams[i].fd >= 0) {
            stream_flush(&worker, i);
            stream_close_broken(&worker, i);
        }
    drain(gateway);
    drain(supervisor);
}

static void drain(int fd)
{
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

static void judge(void)
{
    PROMISE(worker.match_end <= MATCHES && worker.matches_live <= MATCHES);
    PROMISE(worker.links_used <= LINKS_MAX);
    for (uint32_t i = 0; i < STREAMS_MAX; i++)
        PROMISE(worker.streams[i].in_used <= STREAM_IN_BYTES &&
                worker.streams[i].out_used <= STREAM_OUT_BYTES);
}
