/*
 * The load of `./dev bench play` and `./dev bench swap`: N players of Pong, or of the counting test
 * game, in one single-threaded epoll loop. Each opens a WebSocket, queues for a match, then sends
 * an input ten times a second and takes note of every state frame.
 *
 *     play_load floor    HOST:PORT[,HOST:PORT...] PLAYERS SECONDS
 *     play_load platform HOST:PORT[,HOST:PORT...] PLAYERS SECONDS < tokens, one a line
 *     play_load pong     HOST:PORT[,HOST:PORT...] PLAYERS SECONDS < tokens, one a line
 *     play_load counter  HOST:PORT[,HOST:PORT...] PLAYERS SECONDS < tokens, one a line
 *
 * Players are spread over the addresses in turn, so that neighbours in the queue sit on different
 * gateways. Prints `phase=playing`, `phase=measure`, `phase=done` as they begin, then the figures
 * as key=value; as pong and counter also `gap=FROM TO TICKS`, in ns of CLOCK_MONOTONIC, wherever
 * two frames of a player were not one tick apart, by their numbers or by when they came. Leaves
 * when its input ends. An error is a sentence and exit 1.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "wire/frames.h"

#define INPUTS_PER_SECOND 10
#define WARM_UP_SECONDS   5 /* Pong counts down for three */
#define START_SECONDS_MAX 60
#define PLAYERS_MAX       20000
#define CONNECTING_MAX    64
#define ADDRESSES_MAX     16
#define IN_BYTES          16384
#define TOKEN_BYTES       2048
#define SEQ_RING          64
#define VIEW_BALL_Y       (FRAME_STATE_HEAD_BYTES + 10) /* see games/pong/pong.h */
#define SECOND_NS         INT64_C(1000000000)
#define GAPS_MAX          1000000
#define WEBSOCKET_TEXT    0x81
#define WEBSOCKET_BINARY  0x82
#define WEBSOCKET_CLOSE   0x88
#define WEBSOCKET_PING    0x89
#define WEBSOCKET_PONG    0x8a

struct play {
    const char *mode, *game;
    uint32_t tick_hz;
    size_t input_bytes; /* of the ball's place; a zero counts nothing */
    bool follows_ball, notes_gaps;
};
static const struct play plays[] = {
    {"floor", "pong", 60, 2, true, false},
    {"platform", "pong", 60, 2, true, false},
    {"pong", "pong", 60, 2, true, true},
    {"counter", "counter", 100, 1, false, true},
};

enum player_state {
    PLAYER_IDLE,
    PLAYER_CONNECTING,
    PLAYER_OPEN,
    PLAYER_READY,
    PLAYER_PLAYING,
    PLAYER_CLOSED,
};

struct player {
    int descriptor;
    enum player_state state;
    char *token; /* owned; NULL on the floor */
    uint8_t channel;
    uint32_t seq;
    uint32_t acked;
    uint8_t ball_y[2]; /* as last seen: the paddle's next target, so that rallies go on */
    int64_t sent_ns[SEQ_RING];
    int64_t frame_ns;          /* when the last state frame came; 0: none in this measurement */
    int64_t first_ns;          /* when the first one of this measurement came */
    uint32_t tick, first_tick; /* of these */
    bool is_over;              /* the match */
    size_t in_bytes;
    uint8_t in[IN_BYTES + 1]; /* one more for the zero behind a text */
};

/* From one frame of a player to the next. */
struct gap {
    int64_t from_ns, to_ns;
    int64_t ticks;
};

static const struct play *of;
static struct gap *gaps; /* GAPS_MAX */
static size_t gap_count;
static struct player *players[PLAYERS_MAX];
static int player_count, playing_count, connecting_count;
static bool is_floor, is_measuring;
static struct sockaddr_in addresses[ADDRESSES_MAX];
static int address_count;
static int epoll;
static uint64_t frames, bytes_received, inputs_sent, matches_ended, closed;
static struct histogram jitter, latency;

static void parse_addresses(char *list);
static void read_tokens(void);
static void start_everybody(void);
static void play(int64_t seconds);
static void wait_for_events(int64_t until_ns);
static void connect_player(int index);
static void on_readable(struct player *player);
static void on_upgraded(struct player *player);
static void on_message(struct player *player, uint8_t head, uint8_t *body, size_t bytes);
static void on_text(struct player *player, char *text);
static void take_seat(struct player *player, const char *text);
static void watch(struct player *player, const char *found);
static void on_closed(struct player *player, const char *how, int code);
static void on_state_frame(struct player *player, const uint8_t *body, size_t bytes);
static void note_gap(const struct player *player, uint32_t tick, int64_t now_ns);
static void send_input(struct player *player, int64_t now_ns);
static void send_frame(struct player *player, uint8_t head, const void *body, size_t bytes);
static void print_figures(int64_t seconds);
static void print_gaps(void);
static int64_t now(void);

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("play_load: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(1);
}

static void announce(const char *phase)
{
    printf("phase=%s\n", phase);
    fflush(stdout);
}

int main(int argument_count, char **arguments)
{
    for (size_t i = 0; argument_count == 5 && i < sizeof(plays) / sizeof(plays[0]); i++)
        if (strcmp(arguments[1], plays[i].mode) == 0)
            of = &plays[i];
    if (!of)
        fail("usage: play_load floor|platform|pong|counter HOST:PORT[,...] PLAYERS SECONDS");
    is_floor = of == &plays[0];
    gaps = of->notes_gaps ? calloc(GAPS_MAX, sizeof(*gaps)) : NULL;
    parse_addresses(arguments[2]);
    player_count = atoi(arguments[3]);
    int64_t seconds = atoi(arguments[4]);
    if (player_count < 2 || player_count > PLAYERS_MAX || player_count % 2 || seconds < 1)
        fail("PLAYERS is even and at most %d, SECONDS at least 1", PLAYERS_MAX);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    epoll = epoll_create1(0);
    for (int i = 0; i < player_count; i++) {
        players[i] = calloc(1, sizeof(*players[i]));
        assert(players[i]);
    }
    if (!is_floor)
        read_tokens();
    start_everybody();
    announce("playing");
    play(WARM_UP_SECONDS);
    announce("measure");
    is_measuring = true;
    play(seconds);
    announce("done");
    print_figures(seconds);
    fflush(stdout);
    while (getchar() != EOF)
        ; /* leaving costs the server something too: not before it has been measured */
    return 0;
}

static void parse_addresses(char *list)
{
    for (char *item = strtok(list, ","); item; item = strtok(NULL, ",")) {
        char *colon = strrchr(item, ':');
        if (!colon || address_count == ADDRESSES_MAX)
            fail("addresses are HOST:PORT, at most %d", ADDRESSES_MAX);
        *colon = '\0';
        struct sockaddr_in *address = &addresses[address_count++];
        address->sin_family = AF_INET;
        address->sin_port = htons((uint16_t)atoi(colon + 1));
        if (inet_pton(AF_INET, item, &address->sin_addr) != 1)
            fail("%s is no IPv4 address", item);
    }
}

static void read_tokens(void)
{
    char line[TOKEN_BYTES];
    for (int i = 0; i < player_count; i++) {
        if (!fgets(line, sizeof(line), stdin))
            fail("%d tokens for %d players", i, player_count);
        line[strcspn(line, "\n")] = '\0';
        players[i]->token = strdup(line);
    }
}

/* Connects all, a few at a time, and lets them queue; returns when all are in a match. */
static void start_everybody(void)
{
    int64_t give_up_ns = now() + START_SECONDS_MAX * SECOND_NS;
    int next = 0;
    while (playing_count < player_count) {
        while (next < player_count && connecting_count < CONNECTING_MAX)
            connect_player(next++);
        wait_for_events(now() + SECOND_NS / 10);
        if (now() > give_up_ns)
            fail("only %d of %d players came into a match", playing_count, player_count);
    }
}

/* The players' inputs are spread evenly over time. */
static void play(int64_t seconds)
{
    static int next;
    int64_t step_ns = SECOND_NS / INPUTS_PER_SECOND / player_count;
    int64_t due_ns = now(), end_ns = due_ns + seconds * SECOND_NS;
    while (due_ns < end_ns) {
        wait_for_events(due_ns);
        for (int64_t now_ns = now(); due_ns <= now_ns; due_ns += step_ns) {
            if (players[next]->state == PLAYER_PLAYING)
                send_input(players[next], now_ns);
            next = (next + 1) % player_count;
        }
    }
}

static void wait_for_events(int64_t until_ns)
{
    struct epoll_event events[512];
    int64_t left_ns = until_ns - now();
    struct timespec timeout = {0, left_ns > 0 ? left_ns % SECOND_NS : 0};
    int count = epoll_pwait2(epoll, events, 512, &timeout, NULL);
    for (int i = 0; i < count; i++) {
        struct player *player = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) {
            struct epoll_event event = {.events = EPOLLIN, .data.ptr = player};
            epoll_ctl(epoll, EPOLL_CTL_MOD, player->descriptor, &event);
            char request[TOKEN_BYTES + 512];
            int length = snprintf(request, sizeof(request),
                                  "GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s\r\n",
                                  player->token ? "Authorization: Bearer " : "",
                                  player->token ? player->token : "", player->token ? "\r\n" : "");
            if (write(player->descriptor, request, (size_t)length) != length)
                fail("cannot send the handshake: %s", strerror(errno));
        } else {
            on_readable(player);
        }
    }
}

static void connect_player(int index)
{
    struct player *player = players[index];
    player->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (player->descriptor < 0)
        fail("no more sockets: %s", strerror(errno));
    int on = 1;
    setsockopt(player->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct sockaddr_in *address = &addresses[index % address_count];
    if (connect(player->descriptor, (struct sockaddr *)address, sizeof(*address)) < 0 &&
        errno != EINPROGRESS)
        fail("cannot connect: %s", strerror(errno));
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = player};
    epoll_ctl(epoll, EPOLL_CTL_ADD, player->descriptor, &event);
    player->state = PLAYER_CONNECTING;
    connecting_count++;
}

static void on_readable(struct player *player)
{
    ssize_t got =
        read(player->descriptor, player->in + player->in_bytes, IN_BYTES - player->in_bytes);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        on_closed(player, "without a word", 0);
        return;
    }
    player->in_bytes += (size_t)got;
    if (is_measuring)
        bytes_received += (uint64_t)got;
    if (player->state == PLAYER_CONNECTING)
        on_upgraded(player);
    if (player->state == PLAYER_CONNECTING)
        return;

    size_t at = 0;
    while (player->in_bytes - at >= 2) {
        uint8_t *head = player->in + at;
        size_t head_bytes = 2, body_bytes = head[1] & 0x7f;
        if (body_bytes == 126) {
            if (player->in_bytes - at < 4)
                break;
            head_bytes = 4;
            body_bytes = (size_t)head[2] << 8 | head[3];
        } else if (body_bytes == 127) {
            fail("a frame over 64 KiB");
        }
        if (player->in_bytes - at < head_bytes + body_bytes)
            break;
        on_message(player, head[0], head + head_bytes, body_bytes);
        if (player->state == PLAYER_CLOSED)
            return;
        at += head_bytes + body_bytes;
    }
    memmove(player->in, player->in + at, player->in_bytes - at);
    player->in_bytes -= at;
}

static void on_upgraded(struct player *player)
{
    uint8_t *end = memmem(player->in, player->in_bytes, "\r\n\r\n", 4);
    if (!end)
        return;
    if (memcmp(player->in, "HTTP/1.1 101", 12) != 0)
        fail("the handshake was refused: %.60s", (char *)player->in);
    size_t used = (size_t)(end + 4 - player->in);
    memmove(player->in, end + 4, player->in_bytes - used);
    player->in_bytes -= used;
    connecting_count--;
    player->state = is_floor ? PLAYER_PLAYING : PLAYER_OPEN;
    playing_count += is_floor;
}

static void on_message(struct player *player, uint8_t head, uint8_t *body, size_t bytes)
{
    if (head == WEBSOCKET_BINARY) {
        on_state_frame(player, body, bytes);
    } else if (head == WEBSOCKET_TEXT) {
        uint8_t behind = body[bytes];
        body[bytes] = '\0';
        on_text(player, (char *)body);
        body[bytes] = behind;
    } else if (head == WEBSOCKET_PING) {
        send_frame(player, WEBSOCKET_PONG, body, bytes);
    } else if (head == WEBSOCKET_CLOSE) {
        on_closed(player, "by a frame", bytes >= 2 ? body[0] << 8 | body[1] : 0);
    }
}

/* Who counts gaps counts this too; for others it is the end. */
static void on_closed(struct player *player, const char *how, int code)
{
    if (!of->notes_gaps || player->state != PLAYER_PLAYING)
        fail("a player in state %d was closed %s, with %d", player->state, how, code);
    closed++;
    player->state = PLAYER_CLOSED;
    epoll_ctl(epoll, EPOLL_CTL_DEL, player->descriptor, NULL);
}

static void on_text(struct player *player, char *text)
{
    char queue[128];
    if (strncmp(text, "{\"type\":\"session:ready\"", 23) == 0) {
        player->state = PLAYER_READY;
        snprintf(queue, sizeof(queue),
                 "{\"id\":1,\"type\":\"matchmaking:joinQueue\","
                 "\"data\":{\"game\":\"%s\",\"mode\":\"1v1\"}}",
                 of->game);
        send_frame(player, WEBSOCKET_TEXT, queue, strlen(queue));
    } else if (strncmp(text, "{\"type\":\"game:started\"", 22) == 0 ||
               strncmp(text, "{\"id\":2,\"ok\":true", 17) == 0) {
        take_seat(player, text);
    } else if (strncmp(text, "{\"type\":\"matchmaking:found\"", 27) == 0) {
        if (player->state != PLAYER_PLAYING)
            watch(player, text);
    } else if (strncmp(text, "{\"type\":\"game:ended\"", 20) == 0) {
        matches_ended++;
        player->is_over = true;
    } else if (strncmp(text, "{\"id\":1,\"ok\":false", 18) == 0) {
        fail("joinQueue was refused: %.200s", text);
    } else if (strncmp(text, "{\"id\":2,\"ok\":false", 18) == 0 &&
               player->state != PLAYER_PLAYING) {
        fail("game:watch was refused: %.200s", text);
    }
}

/* By game:started or by the answer to game:watch, whatever comes first. */
static void take_seat(struct player *player, const char *text)
{
    const char *channel = strstr(text, "\"channel\":");
    if (!channel)
        fail("the match has no channel: %.200s", text);
    player->channel = (uint8_t)atoi(channel + strlen("\"channel\":"));
    playing_count += player->state != PLAYER_PLAYING;
    player->state = PLAYER_PLAYING;
}

/* The match runs, but its game:started came before the gateway listened to the room. */
static void watch(struct player *player, const char *found)
{
    const char *match = strstr(found, "\"match\":\"");
    char command[128];
    if (!match)
        fail("matchmaking:found names no match: %.200s", found);
    match += strlen("\"match\":\"");
    snprintf(command, sizeof(command),
             "{\"id\":2,\"type\":\"game:watch\",\"data\":{\"match\":\"%.*s\"}}",
             (int)strcspn(match, "\""), match);
    send_frame(player, WEBSOCKET_TEXT, command, strlen(command));
}

static void on_state_frame(struct player *player, const uint8_t *body, size_t bytes)
{
    if (bytes < FRAME_STATE_HEAD_BYTES || body[0] != FRAME_STATE)
        return;
    int64_t now_ns = now();
    uint32_t tick, ack;
    memcpy(&tick, &body[2], sizeof(tick));
    memcpy(&ack, &body[6], sizeof(ack));
    if (of->follows_ball && bytes >= VIEW_BALL_Y + sizeof(player->ball_y))
        memcpy(player->ball_y, &body[VIEW_BALL_Y], sizeof(player->ball_y));
    if (is_measuring) {
        frames++;
        if (player->frame_ns)
            histogram_add(&jitter, now_ns - player->frame_ns - SECOND_NS / of->tick_hz);
        if (player->frame_ns && of->notes_gaps)
            note_gap(player, tick, now_ns);
        if (!player->frame_ns) {
            player->first_ns = now_ns;
            player->first_tick = tick;
        }
        player->frame_ns = now_ns;
        player->tick = tick;
        if (ack > player->acked && ack <= player->seq && player->seq - ack < SEQ_RING)
            histogram_add(&latency, now_ns - player->sent_ns[ack % SEQ_RING]);
    }
    player->acked = ack;
}

/* By one and a half periods a frame is nearer to where the next one should be. */
static void note_gap(const struct player *player, uint32_t tick, int64_t now_ns)
{
    int64_t ticks = (int64_t)tick - player->tick, ns = now_ns - player->frame_ns;
    if (ticks == 1 && 2 * ns <= 3 * SECOND_NS / of->tick_hz)
        return;
    if (gap_count == GAPS_MAX)
        fail("more than %d gaps", GAPS_MAX);
    gaps[gap_count++] = (struct gap){player->frame_ns, now_ns, ticks};
}

static void send_input(struct player *player, int64_t now_ns)
{
    uint8_t frame[FRAME_INPUT_HEAD_BYTES + sizeof(player->ball_y)] = {FRAME_INPUT, player->channel};
    uint32_t seq = ++player->seq;
    memcpy(&frame[2], &seq, sizeof(seq));
    memcpy(&frame[FRAME_INPUT_HEAD_BYTES], player->ball_y, sizeof(player->ball_y));
    player->sent_ns[seq % SEQ_RING] = now_ns;
    inputs_sent += is_measuring;
    send_frame(player, WEBSOCKET_BINARY, frame, FRAME_INPUT_HEAD_BYTES + of->input_bytes);
}

/* Masked with zeros, which leaves the body as it is. */
static void send_frame(struct player *player, uint8_t head, const void *body, size_t bytes)
{
    uint8_t frame[256] = {head, (uint8_t)(0x80 | bytes)};
    assert(bytes <= 125);
    memcpy(&frame[6], body, bytes);
    ssize_t sent = send(player->descriptor, frame, 6 + bytes, MSG_NOSIGNAL);
    if (sent != (ssize_t)(6 + bytes))
        fail("a player's input was not taken: %s", strerror(errno));
}

static void print_figures(int64_t seconds)
{
    uint64_t expected = (uint64_t)seconds * of->tick_hz * (uint64_t)player_count;
    printf("frames=%llu\nframes_expected=%llu\nbytes=%llu\ninputs=%llu\nmatches_ended=%llu\n",
           (unsigned long long)frames, (unsigned long long)expected,
           (unsigned long long)bytes_received, (unsigned long long)inputs_sent,
           (unsigned long long)matches_ended);
    printf("jitter_ms_p50=%.2f\njitter_ms_p99=%.2f\njitter_ms_p999=%.2f\n",
           histogram_ms(&jitter, 0.50), histogram_ms(&jitter, 0.99), histogram_ms(&jitter, 0.999));
    printf("latency_ms_p50=%.2f\nlatency_ms_p99=%.2f\nlatency_samples=%llu\n",
           histogram_ms(&latency, 0.50), histogram_ms(&latency, 0.99),
           (unsigned long long)latency.total);
    if (of->notes_gaps)
        print_gaps();
}

/* And how far the clock of a match has fallen behind that of the machine. */
static void print_gaps(void)
{
    double behind_max = 0;
    int64_t end_ns = now();
    for (int i = 0; i < player_count; i++) {
        const struct player *player = players[i];
        double due = (double)(player->frame_ns - player->first_ns) * of->tick_hz / SECOND_NS;
        double behind = due - ((double)player->tick - player->first_tick);
        if (player->frame_ns && behind > behind_max)
            behind_max = behind;
        if (player->frame_ns && player->state == PLAYER_PLAYING && !player->is_over)
            note_gap(player, player->tick + 1, end_ns); /* who waits still */
    }
    for (size_t i = 0; i < gap_count; i++)
        printf("gap=%lld %lld %lld\n", (long long)gaps[i].from_ns, (long long)gaps[i].to_ns,
               (long long)gaps[i].ticks);
    printf("closed=%llu\nticks_behind_max=%.2f\n", (unsigned long long)closed, behind_max);
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND_NS + time.tv_nsec;
}
