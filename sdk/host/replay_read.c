/* The reader of a replay file: every byte is hostile. A record is decoded into a plain struct and
 * judged before anything of it is used. */
#include "host/replay.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/hash.h"

static bool head_read(struct replay_reader *reader);
static enum replay_refusal head_judge(struct replay_reader *reader);
static enum replay_refusal image_judge(struct replay_reader *reader,
                                       const struct replay_image *image);
static bool seat_is_sane(const struct replay_seat *seat);
static enum replay_refusal record_read(struct replay_reader *reader, struct replay_record *record);
static enum replay_refusal join_read(struct replay_reader *reader, struct replay_record *record);
static enum replay_refusal leave_read(struct replay_reader *reader, struct replay_record *record);
static enum replay_refusal tick_read(struct replay_reader *reader, struct replay_record *record);
static enum replay_refusal again_read(struct replay_reader *reader, struct replay_record *record);
static enum replay_refusal ask_read(struct replay_reader *reader, struct replay_record *record);
static enum replay_refusal image_read(struct replay_reader *reader, struct replay_record *record);
static enum replay_refusal end_read(struct replay_reader *reader, struct replay_record *record);
static enum replay_refusal seat_read(struct replay_reader *reader, struct replay_record *record);
static enum replay_refusal result_read(struct replay_reader *reader, struct gk_result *ret_result);
static enum replay_refusal slot_take(struct replay_reader *reader, struct replay_record *record);
static void tick_give(struct replay_reader *reader, struct replay_record *record, uint32_t ticks);
static bool take(struct replay_reader *reader, void *ret_bytes, size_t count);
static enum replay_refusal take_number(struct replay_reader *reader, uint64_t number_max,
                                       uint64_t *ret_number);
static uint64_t slots_of(const struct replay_reader *reader);
static bool text_ends(const char *text, size_t capacity);
static enum replay_refusal truncated(struct replay_reader *reader);
static enum replay_refusal refuse(struct replay_reader *reader, enum replay_refusal refusal,
                                  const char *format, ...) __attribute__((format(printf, 3, 4)));

const char *replay_refusal_code(enum replay_refusal refusal)
{
    static const char *const codes[] = {
        "fine",
        "unfinished",
#define X(name, code) code,
        REPLAY_REFUSALS(X)
#undef X
    };
    return codes[refusal];
}

enum replay_refusal replay_read_begin(struct replay_reader *reader, const uint8_t *bytes,
                                      size_t count)
{
    char magic[sizeof REPLAY_MAGIC - 1];
    uint32_t version;
    memset(reader, 0, sizeof *reader);
    reader->bytes = bytes;
    reader->count = count;
    if (count > REPLAY_BYTES_MAX)
        return refuse(reader, REPLAY_REFUSED_SIZE, "The file has %zu bytes, at most %u are read.",
                      count, REPLAY_BYTES_MAX);
    if (!take(reader, magic, sizeof magic) || memcmp(magic, REPLAY_MAGIC, sizeof magic) != 0)
        return refuse(reader, REPLAY_REFUSED_MAGIC,
                      "This is no replay: it does not begin with " REPLAY_MAGIC ".");
    if (!take(reader, &version, sizeof version))
        return truncated(reader);
    if (version != REPLAY_VERSION)
        return refuse(reader, REPLAY_REFUSED_VERSION,
                      "The replay is of format %u, this program reads format %u.", version,
                      REPLAY_VERSION);
    if (!head_read(reader))
        return reader->head.match.player_count > GK_PLAYERS_MAX ? head_judge(reader)
                                                                : truncated(reader);
    reader->image = reader->head.image;
    memcpy(reader->seats, reader->head.seats, sizeof reader->seats);
    return head_judge(reader);
}

enum replay_refusal replay_read_next(struct replay_reader *reader, struct replay_record *ret_record)
{
    struct replay_record record = {.type = 0};
    if (reader->has_ended || reader->at == reader->count)
        return REPLAY_UNFINISHED;
    enum replay_refusal refusal = record_read(reader, &record);
    if (refusal == REPLAY_FINE)
        *ret_record = record;
    return refusal;
}

static bool head_read(struct replay_reader *reader)
{
    struct replay_head *head = &reader->head;
    return take(reader, &head->image, sizeof head->image) &&
           take(reader, head->game, sizeof head->game) &&
           take(reader, &head->tick_hz, sizeof head->tick_hz) &&
           take(reader, &head->hash_ticks, sizeof head->hash_ticks) &&
           take(reader, &head->match, sizeof head->match) &&
           head->match.player_count <= GK_PLAYERS_MAX &&
           take(reader, head->seats, head->match.player_count * sizeof head->seats[0]);
}

static enum replay_refusal head_judge(struct replay_reader *reader)
{
    const struct replay_head *head = &reader->head;
    const struct gk_match *match = &head->match;
    if (match->player_count < 1 || match->player_count > GK_PLAYERS_MAX)
        return refuse(reader, REPLAY_REFUSED_HEAD, "It has %u players, a match has 1 to %u.",
                      match->player_count, GK_PLAYERS_MAX);
    if (match->mode >= GK_MODES_MAX)
        return refuse(reader, REPLAY_REFUSED_HEAD, "Its mode is number %u, a game has %u at most.",
                      match->mode, GK_MODES_MAX);
    if (head->tick_hz > GK_TICK_HZ_MAX)
        return refuse(reader, REPLAY_REFUSED_HEAD, "It has %u ticks a second, at most %u can be.",
                      head->tick_hz, GK_TICK_HZ_MAX);
    if (head->hash_ticks > REPLAY_TICKS_MAX)
        return refuse(reader, REPLAY_REFUSED_HEAD, "It has a hash every %u ticks, at most %u.",
                      head->hash_ticks, REPLAY_TICKS_MAX);
    if (!text_ends(head->game, sizeof head->game) || head->game[0] == 0)
        return refuse(reader, REPLAY_REFUSED_HEAD, "The game's id does not end.");
    for (uint32_t slot = 0; slot < match->player_count; slot++)
        if (!seat_is_sane(&head->seats[slot]))
            return refuse(reader, REPLAY_REFUSED_HEAD, "What it says of seat %u is no seat.", slot);
    return image_judge(reader, &head->image);
}

static bool seat_is_sane(const struct replay_seat *seat)
{
    uint8_t reserved = 0;
    for (size_t i = 0; i < sizeof seat->reserved; i++)
        reserved |= seat->reserved[i];
    return text_ends(seat->name, sizeof seat->name) && seat->bot_difficulty <= 3 && reserved == 0;
}

static enum replay_refusal image_judge(struct replay_reader *reader,
                                       const struct replay_image *image)
{
    if (image->state_bytes < 1 || image->state_bytes > GK_STATE_BYTES_MAX ||
        image->input_bytes < 1 || image->input_bytes > GK_INPUT_BYTES_MAX)
        return refuse(reader, REPLAY_REFUSED_HEAD,
                      "It has states of %u bytes and inputs of %u, a game has 1 to %u and %u.",
                      image->state_bytes, image->input_bytes, GK_STATE_BYTES_MAX,
                      GK_INPUT_BYTES_MAX);
    if (!text_ends(image->version, sizeof image->version))
        return refuse(reader, REPLAY_REFUSED_HEAD, "The game's version does not end.");
    return REPLAY_FINE;
}

static enum replay_refusal record_read(struct replay_reader *reader, struct replay_record *record)
{
    uint8_t type = 0;
    (void)take(reader, &type, 1);
    record->type = type;
    bool ends_step = type == REPLAY_TICK || type == REPLAY_AGAIN || type == REPLAY_MEET;
    if (reader->slot_next != 0 && !ends_step && type != REPLAY_JOIN && type != REPLAY_LEAVE)
        return refuse(reader, REPLAY_REFUSED_RECORD,
                      "At byte %zu, a step is left that has begun with who came and who went.",
                      reader->at - 1);
    switch (type) {
    case REPLAY_JOIN:
        return join_read(reader, record);
    case REPLAY_LEAVE:
        return leave_read(reader, record);
    case REPLAY_TICK:
        return tick_read(reader, record);
    case REPLAY_AGAIN:
        return again_read(reader, record);
    case REPLAY_MEET:
        reader->slot_next = 0;
        return reader->head.tick_hz == 0
                   ? REPLAY_FINE
                   : refuse(reader, REPLAY_REFUSED_RECORD,
                            "At byte %zu, a step of a ticking game has no tick.", reader->at - 1);
    case REPLAY_HASH:
        return take(reader, &record->hash, sizeof record->hash) ? REPLAY_FINE : truncated(reader);
    case REPLAY_ASK:
        return ask_read(reader, record);
    case REPLAY_IMAGE:
        return image_read(reader, record);
    case REPLAY_END:
        return end_read(reader, record);
    case REPLAY_SEAT:
        return seat_read(reader, record);
    default:
        return refuse(reader, REPLAY_REFUSED_RECORD, "At byte %zu, there is no record of type %u.",
                      reader->at - 1, type);
    }
}

static enum replay_refusal join_read(struct replay_reader *reader, struct replay_record *record)
{
    enum replay_refusal refusal = slot_take(reader, record);
    uint64_t bit = 1ull << record->slot;
    if (refusal != REPLAY_FINE)
        return refusal;
    if ((reader->joined | reader->left) & bit)
        return refuse(reader, REPLAY_REFUSED_SLOT, "Slot %u joins, but is there or left for good.",
                      record->slot);
    reader->joined |= bit;
    return REPLAY_FINE;
}

static enum replay_refusal leave_read(struct replay_reader *reader, struct replay_record *record)
{
    uint8_t reason;
    enum replay_refusal refusal = slot_take(reader, record);
    if (refusal != REPLAY_FINE)
        return refusal;
    if (!take(reader, &reason, 1))
        return truncated(reader);
    uint64_t bit = 1ull << record->slot;
    bool is_there = reader->joined & bit;
    record->reason = reason;
    if ((reason != GK_LEAVE_LEFT && reason != GK_LEAVE_DISCONNECTED) || reader->left & bit ||
        (reason == GK_LEAVE_DISCONNECTED && !is_there))
        return refuse(reader, REPLAY_REFUSED_SLOT,
                      "Slot %u leaves for reason %u, but is not there, or that is no reason.",
                      record->slot, reason);
    reader->joined &= ~bit;
    if (reason == GK_LEAVE_LEFT)
        reader->left |= bit;
    return REPLAY_FINE;
}

static enum replay_refusal tick_read(struct replay_reader *reader, struct replay_record *record)
{
    uint64_t present, changed;
    enum replay_refusal refusal = take_number(reader, UINT64_MAX, &present);
    if (refusal == REPLAY_FINE)
        refusal = take_number(reader, UINT64_MAX, &changed);
    if (refusal != REPLAY_FINE)
        return refusal;
    bool says_nothing = (present | changed) == 0;
    present ^= reader->present;
    if ((present & ~slots_of(reader)) || (present & reader->left) || (changed & ~present) ||
        says_nothing)
        return refuse(reader, REPLAY_REFUSED_INPUTS,
                      "The inputs of tick %u are not of slots that play, or are as before.",
                      reader->ticks);
    for (uint64_t rest = changed; rest; rest &= rest - 1)
        if (!take(reader,
                  reader->inputs + (size_t)__builtin_ctzll(rest) * reader->image.input_bytes,
                  reader->image.input_bytes))
            return truncated(reader);
    if (reader->ticks == REPLAY_TICKS_MAX)
        return refuse(reader, REPLAY_REFUSED_TICKS, "It has more than %u ticks.", REPLAY_TICKS_MAX);
    reader->present = present;
    tick_give(reader, record, 1);
    return REPLAY_FINE;
}

static enum replay_refusal again_read(struct replay_reader *reader, struct replay_record *record)
{
    uint64_t ticks;
    enum replay_refusal refusal = take_number(reader, UINT64_MAX, &ticks);
    if (refusal != REPLAY_FINE)
        return refusal;
    if (ticks == 0 || ticks > REPLAY_TICKS_MAX - reader->ticks)
        return refuse(reader, REPLAY_REFUSED_TICKS,
                      "After tick %u, it has %llu more: there are none, or more than %u in all.",
                      reader->ticks, (unsigned long long)ticks, REPLAY_TICKS_MAX);
    if (reader->present & reader->left)
        return refuse(reader, REPLAY_REFUSED_INPUTS, "A slot that left has an input in tick %u.",
                      reader->ticks);
    tick_give(reader, record, (uint32_t)ticks);
    return REPLAY_FINE;
}

static enum replay_refusal ask_read(struct replay_reader *reader, struct replay_record *record)
{
    uint8_t callback;
    uint64_t slot, count;
    if (!take(reader, &callback, 1))
        return truncated(reader);
    enum replay_refusal refusal = take_number(reader, UINT32_MAX, &slot);
    if (refusal == REPLAY_FINE)
        refusal = take_number(reader, REPLAY_ASK_BYTES_MAX, &count);
    if (refusal != REPLAY_FINE)
        return refusal;
    bool changes_nothing =
        callback == GAME_CALL_INPUT ||
        (callback >= GAME_CALL_VIEW && callback <= GAME_CALL_BOT && callback != GAME_CALL_MIGRATE);
    if (!changes_nothing || (slot >= reader->head.match.player_count && slot != GK_SPECTATOR) ||
        (callback == GAME_CALL_BOT && count != 1))
        return refuse(reader, REPLAY_REFUSED_RECORD,
                      "After tick %u, it asks what cannot be asked: callback %u of slot %u.",
                      reader->ticks, callback, (uint32_t)slot);
    if (reader->count - reader->at < count)
        return truncated(reader);
    record->callback = (enum game_callback)callback;
    record->slot = (uint32_t)slot;
    record->bytes = reader->bytes + reader->at;
    record->count = (uint32_t)count;
    reader->at += (size_t)count;
    return REPLAY_FINE;
}

static enum replay_refusal image_read(struct replay_reader *reader, struct replay_record *record)
{
    if (!take(reader, &record->image, sizeof record->image))
        return truncated(reader);
    enum replay_refusal refusal = image_judge(reader, &record->image);
    if (refusal != REPLAY_FINE)
        return refusal;
    reader->image = record->image;
    reader->present = 0;
    memset(reader->inputs, 0, sizeof reader->inputs);
    return REPLAY_FINE;
}

static enum replay_refusal end_read(struct replay_reader *reader, struct replay_record *record)
{
    uint64_t ticks, check;
    enum replay_refusal refusal = take_number(reader, UINT32_MAX, &ticks);
    if (refusal != REPLAY_FINE)
        return refusal;
    if (!take(reader, &record->hash, sizeof record->hash))
        return truncated(reader);
    refusal = result_read(reader, &record->result);
    if (refusal != REPLAY_FINE)
        return refusal;
    uint64_t sum = hash_add(HASH_START, reader->bytes, reader->at);
    if (!take(reader, &check, sizeof check))
        return truncated(reader);
    if (check != sum)
        return refuse(reader, REPLAY_REFUSED_CHECK,
                      "The file was changed after it was written: its sum does not hold.");
    if (ticks != reader->ticks)
        return refuse(reader, REPLAY_REFUSED_TICKS, "It has %u ticks, but says %u.", reader->ticks,
                      (uint32_t)ticks);
    if (reader->at != reader->count)
        return refuse(reader, REPLAY_REFUSED_TRAILING, "There are %zu bytes behind its end.",
                      reader->count - reader->at);
    record->ticks = reader->ticks;
    reader->has_ended = true;
    return REPLAY_FINE;
}

static enum replay_refusal seat_read(struct replay_reader *reader, struct replay_record *record)
{
    uint8_t slot;
    if (!take(reader, &slot, 1) || !take(reader, &record->seat, sizeof record->seat))
        return truncated(reader);
    if (slot >= reader->head.match.player_count)
        return refuse(reader, REPLAY_REFUSED_SLOT,
                      "After tick %u, somebody takes the seat of slot %u: there is none.",
                      reader->ticks, slot);
    if (!seat_is_sane(&record->seat))
        return refuse(reader, REPLAY_REFUSED_RECORD, "What it says of seat %u is no seat.", slot);
    record->slot = slot;
    reader->seats[slot] = record->seat;
    return REPLAY_FINE;
}

static enum replay_refusal result_read(struct replay_reader *reader, struct gk_result *ret_result)
{
    uint8_t reason, count;
    if (!take(reader, &reason, 1) || !take(reader, &count, 1))
        return truncated(reader);
    if (reason > 2 || count != (reason == 2 ? 0 : reader->head.match.player_count))
        return refuse(reader, REPLAY_REFUSED_RECORD,
                      "Its result is for reason %u of %u players: that is no result.", reason,
                      count);
    ret_result->reason = reason;
    ret_result->player_count = count;
    if (!take(reader, ret_result->players, count * sizeof ret_result->players[0]))
        return truncated(reader);
    for (uint32_t i = 0; i < count; i++)
        if (ret_result->players[i].outcome > GK_OUTCOME_DRAW || ret_result->players[i].forfeit > 1)
            return refuse(reader, REPLAY_REFUSED_RECORD, "Its result of player %u is none.", i);
    return REPLAY_FINE;
}

static enum replay_refusal slot_take(struct replay_reader *reader, struct replay_record *record)
{
    uint8_t slot;
    if (!take(reader, &slot, 1))
        return truncated(reader);
    if (slot >= reader->head.match.player_count || slot < reader->slot_next)
        return refuse(reader, REPLAY_REFUSED_SLOT,
                      "After tick %u, slot %u comes or goes: there is none, or not in order.",
                      reader->ticks, slot);
    record->slot = slot;
    reader->slot_next = slot + 1u;
    return REPLAY_FINE;
}

static void tick_give(struct replay_reader *reader, struct replay_record *record, uint32_t ticks)
{
    uint32_t input_bytes = reader->image.input_bytes;
    memset(reader->given, 0, (size_t)reader->head.match.player_count * input_bytes);
    for (uint64_t rest = reader->present; rest; rest &= rest - 1) {
        size_t at = (size_t)__builtin_ctzll(rest) * input_bytes;
        memcpy(reader->given + at, reader->inputs + at, input_bytes);
    }
    reader->ticks += ticks;
    reader->slot_next = 0;
    record->type = REPLAY_TICK;
    record->ticks = ticks;
    record->inputs = (struct gk_inputs){.present = reader->present, .bytes = reader->given};
}

static bool take(struct replay_reader *reader, void *ret_bytes, size_t count)
{
    if (reader->count - reader->at < count)
        return false;
    memcpy(ret_bytes, reader->bytes + reader->at, count);
    reader->at += count;
    return true;
}

/* One number has one form: no byte more than it needs. */
static enum replay_refusal take_number(struct replay_reader *reader, uint64_t number_max,
                                       uint64_t *ret_number)
{
    uint64_t number = 0;
    uint8_t byte = 0x80;
    for (unsigned shift = 0; byte & 0x80; shift += 7) {
        if (!take(reader, &byte, 1))
            return truncated(reader);
        uint64_t bits = byte & 0x7f;
        if (shift > 63 || (shift == 63 && bits > 1) || (shift > 0 && byte == 0))
            return refuse(reader, REPLAY_REFUSED_NUMBER, "At byte %zu, a number is too long.",
                          reader->at - 1);
        number |= bits << shift;
    }
    if (number > number_max)
        return refuse(reader, REPLAY_REFUSED_NUMBER, "Before byte %zu, a number is over %llu.",
                      reader->at, (unsigned long long)number_max);
    *ret_number = number;
    return REPLAY_FINE;
}

static uint64_t slots_of(const struct replay_reader *reader)
{
    return UINT64_MAX >> (64 - reader->head.match.player_count);
}

static bool text_ends(const char *text, size_t capacity)
{
    return memchr(text, 0, capacity) != NULL;
}

static enum replay_refusal truncated(struct replay_reader *reader)
{
    return refuse(reader, REPLAY_REFUSED_TRUNCATED,
                  "The file ends within a record, after %zu bytes: the rest is missing.",
                  reader->count);
}

static enum replay_refusal refuse(struct replay_reader *reader, enum replay_refusal refusal,
                                  const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(reader->sentence, sizeof reader->sentence, format, values);
    va_end(values);
    return refusal;
}
