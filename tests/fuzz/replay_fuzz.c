/* A replay file: every record that is read lies within the limits; and what was read, written
 * again, is read as the same. */
#include <string.h>

#include "host/replay.h"
#include "target.h"

static struct replay_reader reader, reader_again;
static struct replay_writer writer;

static void judge(const struct replay_record *record);
static void write_again(const struct replay_record *record);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct replay_record record = {.type = 0};
    enum replay_refusal refusal = replay_read_begin(&reader, bytes, count);
    uint8_t *file = refusal == REPLAY_FINE ? malloc(2 * count + 1024) : NULL;
    if (file)
        replay_write_begin(&writer, file, 2 * count + 1024, NULL, NULL, &reader.head);
    while (refusal == REPLAY_FINE && record.type != REPLAY_END) {
        refusal = replay_read_next(&reader, &record);
        if (refusal != REPLAY_FINE)
            break;
        judge(&record);
        if (file)
            write_again(&record);
    }
    PROMISE(reader.at <= reader.count && reader.ticks <= REPLAY_TICKS_MAX);
    PROMISE(refusal <= REPLAY_UNFINISHED || strlen(reader.sentence) > 0);
    if (file && refusal == REPLAY_FINE) {
        PROMISE(!writer.is_full);
        PROMISE(replay_read_begin(&reader_again, file, writer.used) == REPLAY_FINE);
        while (record.type == REPLAY_END || refusal == REPLAY_FINE) {
            refusal = replay_read_next(&reader_again, &record);
            if (refusal == REPLAY_FINE && record.type == REPLAY_END)
                break;
            PROMISE(refusal == REPLAY_FINE);
        }
        PROMISE(reader_again.ticks == reader.ticks);
    }
    free(file);
    return 0;
}

static void judge(const struct replay_record *record)
{
    uint32_t player_count = reader.head.match.player_count;
    if (record->type == REPLAY_JOIN || record->type == REPLAY_LEAVE || record->type == REPLAY_SEAT)
        PROMISE(record->slot < player_count);
    if (record->type == REPLAY_TICK)
        PROMISE(record->ticks > 0 &&
                (player_count == 64 || record->inputs.present >> player_count == 0));
    if (record->type == REPLAY_ASK)
        PROMISE(record->bytes >= reader.bytes &&
                record->bytes + record->count <= reader.bytes + reader.count);
}

static void write_again(const struct replay_record *record)
{
    uint32_t ticks = record->ticks < 1000 ? record->ticks : 1000;
    switch (record->type) {
    case REPLAY_JOIN:
        replay_write_join(&writer, record->slot);
        break;
    case REPLAY_LEAVE:
        replay_write_leave(&writer, record->slot, record->reason);
        break;
    case REPLAY_TICK:
        for (uint32_t i = 0; i < ticks; i++)
            replay_write_tick(&writer, &record->inputs);
        writer.ticks += record->ticks - ticks; /* a long run is one number */
        writer.again += record->ticks - ticks;
        break;
    case REPLAY_MEET:
        replay_write_meet(&writer);
        break;
    case REPLAY_HASH:
        replay_write_hash(&writer, record->hash);
        break;
    case REPLAY_ASK:
        replay_write_ask(&writer, record->callback, record->slot, record->bytes, record->count);
        break;
    case REPLAY_IMAGE:
        replay_write_image(&writer, &record->image);
        break;
    case REPLAY_END:
        (void)replay_write_end(&writer, record->hash, &record->result);
        break;
    case REPLAY_SEAT:
        replay_write_seat(&writer, record->slot, &record->seat);
        break;
    default:
        abort();
    }
}
