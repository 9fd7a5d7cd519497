/* The writer of a replay file. A record is in the buffer whole or not at all; equal ticks are
 * counted and written as one record, when another one follows. */
#include "host/replay.h"

#include <assert.h>
#include <string.h>

#include "host/hash.h"

struct mark {
    size_t used;
    uint64_t check;
};

static struct mark record_begin(struct replay_writer *writer, enum replay_record_type type);
static void record_end(struct replay_writer *writer, struct mark mark);
static void put(struct replay_writer *writer, const void *bytes, size_t count);
static void put_byte(struct replay_writer *writer, uint32_t byte);
static void put_number(struct replay_writer *writer, uint64_t number);
static void put_result(struct replay_writer *writer, const struct gk_result *result);
static uint64_t changed_slots(const struct replay_writer *writer, const struct gk_inputs *inputs);

void replay_write_begin(struct replay_writer *writer, uint8_t *buffer, size_t capacity,
                        bool (*take)(void *context, const uint8_t *bytes, size_t count),
                        void *context, const struct replay_head *head)
{
    const uint32_t version = REPLAY_VERSION;
    memset(writer, 0, sizeof *writer);
    writer->buffer = buffer;
    writer->capacity = capacity;
    writer->take = take;
    writer->context = context;
    writer->player_count = head->match.player_count;
    writer->input_bytes = head->image.input_bytes;
    writer->hash_ticks = head->hash_ticks;
    writer->check = HASH_START;
    assert(writer->player_count <= GK_PLAYERS_MAX && writer->input_bytes <= GK_INPUT_BYTES_MAX);

    struct mark mark = {0, HASH_START};
    put(writer, REPLAY_MAGIC, sizeof REPLAY_MAGIC - 1);
    put(writer, &version, sizeof version);
    put(writer, &head->image, sizeof head->image);
    put(writer, head->game, sizeof head->game);
    put(writer, &head->tick_hz, sizeof head->tick_hz);
    put(writer, &head->hash_ticks, sizeof head->hash_ticks);
    put(writer, &head->match, sizeof head->match);
    put(writer, head->seats, writer->player_count * sizeof head->seats[0]);
    record_end(writer, mark);
}

void replay_write_resume(struct replay_writer *writer, uint8_t *buffer, size_t capacity,
                         bool (*take)(void *context, const uint8_t *bytes, size_t count),
                         void *context, const struct replay_reader *reader, uint32_t again)
{
    *writer = (struct replay_writer){.buffer = buffer,
                                     .capacity = capacity,
                                     .take = take,
                                     .context = context,
                                     .player_count = reader->head.match.player_count,
                                     .input_bytes = reader->image.input_bytes,
                                     .hash_ticks = reader->head.hash_ticks,
                                     .ticks = reader->ticks + again,
                                     .again = again,
                                     .check = hash_add(HASH_START, reader->bytes, reader->at),
                                     .present = reader->present};
    memcpy(writer->inputs, reader->inputs, sizeof writer->inputs);
}

void replay_write_join(struct replay_writer *writer, uint32_t slot)
{
    struct mark mark = record_begin(writer, REPLAY_JOIN);
    put_byte(writer, slot);
    record_end(writer, mark);
}

void replay_write_leave(struct replay_writer *writer, uint32_t slot, uint32_t reason)
{
    struct mark mark = record_begin(writer, REPLAY_LEAVE);
    put_byte(writer, slot);
    put_byte(writer, reason);
    record_end(writer, mark);
}

void replay_write_tick(struct replay_writer *writer, const struct gk_inputs *inputs)
{
    uint64_t changed = changed_slots(writer, inputs);
    if (writer->is_full || writer->ticks == REPLAY_TICKS_MAX) {
        writer->is_full = true;
        return;
    }
    if (changed == 0 && inputs->present == writer->present) {
        writer->again++;
        writer->ticks++;
        return;
    }
    struct mark mark = record_begin(writer, REPLAY_TICK);
    put_number(writer, inputs->present ^ writer->present);
    put_number(writer, changed);
    for (uint64_t rest = changed; rest; rest &= rest - 1) {
        size_t at = (size_t)__builtin_ctzll(rest) * writer->input_bytes;
        put(writer, inputs->bytes + at, writer->input_bytes);
        memcpy(writer->inputs + at, inputs->bytes + at, writer->input_bytes);
    }
    record_end(writer, mark);
    writer->present = inputs->present;
    writer->ticks++;
}

void replay_write_meet(struct replay_writer *writer)
{
    record_end(writer, record_begin(writer, REPLAY_MEET));
}

bool replay_wants_hash(const struct replay_writer *writer)
{
    return writer->hash_ticks != 0 && writer->ticks % writer->hash_ticks == 0;
}

void replay_write_hash(struct replay_writer *writer, uint64_t hash)
{
    struct mark mark = record_begin(writer, REPLAY_HASH);
    put(writer, &hash, sizeof hash);
    record_end(writer, mark);
}

void replay_write_ask(struct replay_writer *writer, enum game_callback callback, uint32_t slot,
                      const uint8_t *bytes, uint32_t count)
{
    assert(count <= REPLAY_ASK_BYTES_MAX);
    struct mark mark = record_begin(writer, REPLAY_ASK);
    put_byte(writer, callback);
    put_number(writer, slot);
    put_number(writer, count);
    put(writer, bytes, count);
    record_end(writer, mark);
}

void replay_write_image(struct replay_writer *writer, const struct replay_image *image)
{
    struct mark mark = record_begin(writer, REPLAY_IMAGE);
    put(writer, image, sizeof *image);
    record_end(writer, mark);
    writer->input_bytes = image->input_bytes;
    writer->present = 0;
    memset(writer->inputs, 0, sizeof writer->inputs);
}

void replay_write_seat(struct replay_writer *writer, uint32_t slot, const struct replay_seat *seat)
{
    struct mark mark = record_begin(writer, REPLAY_SEAT);
    put_byte(writer, slot);
    put(writer, seat, sizeof *seat);
    record_end(writer, mark);
}

void replay_write_flush(struct replay_writer *writer)
{
    if (writer->again != 0 && !writer->is_full) {
        uint32_t again = writer->again;
        writer->again = 0;
        struct mark mark = record_begin(writer, REPLAY_AGAIN);
        put_number(writer, again);
        record_end(writer, mark);
    }
    if (writer->take && writer->used > 0 && !writer->is_full) {
        writer->is_full = !writer->take(writer->context, writer->buffer, writer->used);
        writer->used = 0;
    }
}

bool replay_write_end(struct replay_writer *writer, uint64_t hash, const struct gk_result *result)
{
    const struct gk_result none = {.reason = 2};
    struct mark mark = record_begin(writer, REPLAY_END);
    put_number(writer, writer->ticks);
    put(writer, &hash, sizeof hash);
    put_result(writer, result ? result : &none);
    uint64_t check = writer->check;
    put(writer, &check, sizeof check);
    record_end(writer, mark);
    replay_write_flush(writer);
    return !writer->is_full;
}

static struct mark record_begin(struct replay_writer *writer, enum replay_record_type type)
{
    if (writer->again != 0) {
        uint32_t again = writer->again;
        writer->again = 0;
        struct mark mark = record_begin(writer, REPLAY_AGAIN);
        put_number(writer, again);
        record_end(writer, mark);
    }
    struct mark mark = {writer->used, writer->check};
    put_byte(writer, type);
    return mark;
}

/* What did not fit whole is taken back. */
static void record_end(struct replay_writer *writer, struct mark mark)
{
    if (!writer->is_full || writer->take)
        return;
    writer->used = mark.used;
    writer->check = mark.check;
}

static void put(struct replay_writer *writer, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    writer->check = hash_add(writer->check, bytes, count);
    while (count > 0 && !writer->is_full) {
        size_t room = writer->capacity - writer->used;
        size_t part = count < room ? count : room;
        if (part < count && !writer->take) {
            writer->is_full = true;
            return;
        }
        memcpy(writer->buffer + writer->used, from, part);
        writer->used += part;
        from += part;
        count -= part;
        if (count > 0) {
            writer->is_full = !writer->take(writer->context, writer->buffer, writer->used);
            writer->used = 0;
        }
    }
}

static void put_byte(struct replay_writer *writer, uint32_t byte)
{
    uint8_t value = (uint8_t)byte;
    put(writer, &value, 1);
}

/* Seven bits a byte, the lowest first; the highest bit says that more follow. */
static void put_number(struct replay_writer *writer, uint64_t number)
{
    uint8_t bytes[10];
    size_t count = 0;
    for (; number >= 0x80; number >>= 7)
        bytes[count++] = (uint8_t)(number | 0x80);
    bytes[count++] = (uint8_t)number;
    put(writer, bytes, count);
}

static void put_result(struct replay_writer *writer, const struct gk_result *result)
{
    uint32_t player_count = result->reason == 2 ? 0 : result->player_count;
    put_byte(writer, result->reason);
    put_byte(writer, player_count);
    put(writer, result->players, player_count * sizeof result->players[0]);
}

/* Those that have an input, and another one than the last time. */
static uint64_t changed_slots(const struct replay_writer *writer, const struct gk_inputs *inputs)
{
    uint64_t changed = 0;
    for (uint64_t rest = inputs->present; rest; rest &= rest - 1) {
        size_t at = (size_t)__builtin_ctzll(rest) * writer->input_bytes;
        if (memcmp(writer->inputs + at, inputs->bytes + at, writer->input_bytes) != 0)
            changed |= rest & -rest;
    }
    return changed;
}
