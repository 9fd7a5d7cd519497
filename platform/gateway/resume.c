#include "gateway/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "gateway/events.h"

#define WORDS_BEFORE 3 /* EVAL, the script, the number of keys */
#define WORDS_MAX    (WORDS_BEFORE + 3 * RESUME_CHANNELS_MAX)
#define WORD_BYTES   (sizeof(WIRE_RECENT_PREFIX) + WIRE_CHANNEL_BYTES_MAX)
#define SEQ_MAX      ((int64_t)1 << 53) /* what a browser can count to */

struct resume {
    struct gateway *gateway; /* borrowed */
    uint32_t socket;
    uint64_t number;
    int64_t id;
    int count;
    char channels[RESUME_CHANNELS_MAX][WIRE_CHANNEL_BYTES_MAX];
    int64_t seen[RESUME_CHANNELS_MAX];
};

static bool is_acceptable(const json_t *seen);
static void choose(struct resume *resume, struct socket *socket, json_t *seen);
static bool ask(struct resume *resume);
static void on_recent(void *context, const char *const *texts, size_t count);
static int64_t send_all(const struct resume *resume, struct socket *socket,
                        const char *const *texts, size_t count);
static bool is_of_a_match(const char *channel);
static void answer(struct gateway *gateway, struct socket *socket, int64_t id, int64_t missed);

void resume_run(struct gateway *gateway, struct socket *socket, int64_t id, const json_t *data)
{
    json_t *seen = json_object_get(data, "seen");
    if (!is_acceptable(seen)) {
        socket_answer_error(gateway, socket, id, error_code(ERROR_VALIDATION),
                            "This must be the last numbers of some channels.", "seen");
        return;
    }
    struct resume *resume = calloc(1, sizeof(*resume));
    if (!resume) {
        socket_answer_failure(gateway, socket, id, ERROR_OVERLOADED);
        return;
    }
    resume->gateway = gateway;
    resume->socket = socket->index;
    resume->number = socket->number;
    resume->id = id;
    choose(resume, socket, seen);
    if (resume->count > 0 && ask(resume))
        return;
    if (resume->count > 0)
        socket_answer_failure(gateway, socket, id, ERROR_UNAVAILABLE);
    else
        answer(gateway, socket, id, 0);
    free(resume);
}

static bool is_acceptable(const json_t *seen)
{
    const char *channel;
    json_t *seq;
    json_object_foreach((json_t *)(uintptr_t)seen, channel, seq)
    {
        if (strlen(channel) >= WIRE_CHANNEL_BYTES_MAX || !json_is_integer(seq) ||
            json_integer_value(seq) < 0 || json_integer_value(seq) > SEQ_MAX)
            return false;
    }
    return json_object_size(seen) <= RESUME_CHANNELS_MAX;
}

/* What this connection hears and was named. Of a match nothing is shown that could be fetched: its
 * end is told by game:watch too. */
static void choose(struct resume *resume, struct socket *socket, json_t *seen)
{
    struct gateway *gateway = resume->gateway;
    const char *channel;
    json_t *seq;
    json_object_foreach(seen, channel, seq)
    {
        if (socket_hears(socket, channel)) {
            snprintf(resume->channels[resume->count], WIRE_CHANNEL_BYTES_MAX, "%s", channel);
            resume->seen[resume->count++] = json_integer_value(seq);
        } else if (!is_of_a_match(channel)) {
            socket_resync(gateway, socket, channel);
        }
    }
    for (const struct membership *one = socket->channels; one; one = one->next)
        if (!json_object_get(seen, one->channel->name) && !is_of_a_match(one->channel->name))
            socket_resync(gateway, socket, one->channel->name);
}

static bool ask(struct resume *resume)
{
    char keys[2 * RESUME_CHANNELS_MAX][WORD_BYTES], numbers[RESUME_CHANNELS_MAX][24], count[12];
    const char *words[WORDS_MAX] = {"EVAL", WIRE_RECENT_SCRIPT, count};
    int used = WORDS_BEFORE;
    snprintf(count, sizeof(count), "%d", 2 * resume->count);
    for (int i = 0; i < resume->count; i++) {
        snprintf(keys[2 * i], WORD_BYTES, WIRE_SEQ_PREFIX "%s", resume->channels[i]);
        snprintf(keys[2 * i + 1], WORD_BYTES, WIRE_RECENT_PREFIX "%s", resume->channels[i]);
        words[used++] = keys[2 * i];
        words[used++] = keys[2 * i + 1];
    }
    for (int i = 0; i < resume->count; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%lld", (long long)resume->seen[i]);
        words[used++] = numbers[i];
    }
    return redis_events_ask(resume->gateway->redis, used, words, on_recent, resume);
}

static void on_recent(void *context, const char *const *texts, size_t count)
{
    struct resume *resume = context;
    struct gateway *gateway = resume->gateway;
    struct socket *socket =
        gateway->stopping ? NULL : socket_by_number(gateway, resume->socket, resume->number);
    if (socket && texts)
        answer(gateway, socket, resume->id, send_all(resume, socket, texts, count));
    else if (socket)
        socket_answer_failure(gateway, socket, resume->id, ERROR_UNAVAILABLE);
    free(resume);
}

/* What would not fit into the socket's queue at once is fetched anew instead. */
static int64_t send_all(const struct resume *resume, struct socket *socket,
                        const char *const *texts, size_t count)
{
    struct gateway *gateway = resume->gateway;
    int64_t missed = 0, room = gateway->settings->outgoing_bytes_max / 2;
    size_t at = 0;
    for (int i = 0; i < resume->count && at < count; i++) {
        const char *channel = resume->channels[i], *number = texts[at++];
        size_t texts_here = number ? strtoul(number, NULL, 10) : 0;
        for (size_t end = at + texts_here; at < end && at < count; at++) {
            room -= (int64_t)strlen(texts[at]);
            if (room < 0)
                number = NULL;
            else
                missed += events_send_again(gateway, socket, channel, texts[at], strlen(texts[at]));
        }
        if (!number)
            socket_resync(gateway, socket, channel);
    }
    return missed;
}

static bool is_of_a_match(const char *channel)
{
    return strncmp(channel, WIRE_CHANNEL_MATCH, strlen(WIRE_CHANNEL_MATCH)) == 0;
}

static void answer(struct gateway *gateway, struct socket *socket, int64_t id, int64_t missed)
{
    char data[32];
    int bytes = snprintf(data, sizeof(data), "{\"missed\":%lld}", (long long)missed);
    socket_answer(gateway, socket, id, data, (size_t)bytes);
}
