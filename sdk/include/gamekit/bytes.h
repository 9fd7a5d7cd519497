/*
 * gamekit/bytes.h: reading and writing little-endian bytes, and text, without passing an end.
 *
 * A reader or writer that ran out stays failed: later reads give 0, later writes do nothing. So
 * read or write everything, then look at `failed` once. Nothing here needs alignment.
 */
#ifndef GAMEKIT_BYTES_H
#define GAMEKIT_BYTES_H

#include <gamekit/game.h>

struct gk_reader {
    const uint8_t *bytes; /* borrowed */
    uint32_t count;
    uint32_t used;
    uint32_t failed; /* 1: something was read past the end */
    uint32_t reserved;
};

struct gk_writer {
    uint8_t *bytes; /* borrowed */
    uint32_t capacity;
    uint32_t used;
    uint32_t failed; /* 1: something did not fit */
    uint32_t reserved;
};

static inline struct gk_reader gk_reader_of(const uint8_t *bytes, uint32_t count)
{
    struct gk_reader reader = {bytes, count, 0, 0, 0};
    return reader;
}

static inline uint64_t gk_read(struct gk_reader *reader, uint32_t width)
{
    if (reader->failed || reader->count - reader->used < width) {
        reader->failed = 1;
        return 0;
    }
    uint64_t value = 0;
    for (uint32_t i = 0; i < width; i++)
        value |= (uint64_t)reader->bytes[reader->used + i] << (8 * i);
    reader->used += width;
    return value;
}

static inline uint8_t gk_read_u8(struct gk_reader *reader)
{
    return (uint8_t)gk_read(reader, 1);
}

static inline uint16_t gk_read_u16(struct gk_reader *reader)
{
    return (uint16_t)gk_read(reader, 2);
}

static inline uint32_t gk_read_u32(struct gk_reader *reader)
{
    return (uint32_t)gk_read(reader, 4);
}

static inline uint64_t gk_read_u64(struct gk_reader *reader)
{
    return gk_read(reader, 8);
}

static inline int8_t gk_read_i8(struct gk_reader *reader)
{
    return (int8_t)gk_read(reader, 1);
}

static inline int16_t gk_read_i16(struct gk_reader *reader)
{
    return (int16_t)gk_read(reader, 2);
}

static inline int32_t gk_read_i32(struct gk_reader *reader)
{
    return (int32_t)gk_read(reader, 4);
}

/* 1 when everything was there and nothing is left over. */
static inline uint32_t gk_reader_done(const struct gk_reader *reader)
{
    return !reader->failed && reader->used == reader->count;
}

static inline struct gk_writer gk_writer_of(uint8_t *ret_bytes, uint32_t capacity)
{
    struct gk_writer writer = {ret_bytes, capacity, 0, 0, 0};
    return writer;
}

static inline void gk_write(struct gk_writer *writer, uint64_t value, uint32_t width)
{
    if (writer->failed || writer->capacity - writer->used < width) {
        writer->failed = 1;
        return;
    }
    for (uint32_t i = 0; i < width; i++)
        writer->bytes[writer->used + i] = (uint8_t)(value >> (8 * i));
    writer->used += width;
}

static inline void gk_write_u8(struct gk_writer *writer, uint8_t value)
{
    gk_write(writer, value, 1);
}

static inline void gk_write_u16(struct gk_writer *writer, uint16_t value)
{
    gk_write(writer, value, 2);
}

static inline void gk_write_u32(struct gk_writer *writer, uint32_t value)
{
    gk_write(writer, value, 4);
}

static inline void gk_write_u64(struct gk_writer *writer, uint64_t value)
{
    gk_write(writer, value, 8);
}

static inline void gk_write_i8(struct gk_writer *writer, int8_t value)
{
    gk_write(writer, (uint8_t)value, 1);
}

static inline void gk_write_i16(struct gk_writer *writer, int16_t value)
{
    gk_write(writer, (uint16_t)value, 2);
}

static inline void gk_write_i32(struct gk_writer *writer, int32_t value)
{
    gk_write(writer, (uint32_t)value, 4);
}

/* Writes a zero-terminated text without its zero: for `explain`. */
static inline void gk_write_text(struct gk_writer *writer, const char *text)
{
    for (; *text; text++)
        gk_write(writer, (uint8_t)*text, 1);
}

/* Writes a whole number in decimal digits. */
static inline void gk_write_number(struct gk_writer *writer, int64_t number)
{
    char digits[21];
    uint32_t at = sizeof digits - 1;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (number < 0)
        digits[--at] = '-';
    gk_write_text(writer, digits + at);
}

#endif
