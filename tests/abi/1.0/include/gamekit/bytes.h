/*
 * gamekit/bytes.h: reading and writing little-endian bytes, and text, without passing an end.
 *
 * A reader or writer that ran out stays failed: later reads give 0, later writes do nothing, and
 * nothing is read or written in part. So read or write everything, then look once: an input is
 * whole and no longer than that when gk_reader_done says so, a view is what gk_writer_done returns.
 * Nothing here needs alignment.
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

/* Reads `count` bytes, of any content; none may be at NULL. */
static inline struct gk_reader gk_reader_of(const uint8_t *bytes, uint32_t count)
{
    struct gk_reader reader = {bytes, count, 0, 0, 0};
    return reader;
}

/* A whole number of `width` bytes, 1-8. */
static inline uint64_t gk_read(struct gk_reader *reader, uint32_t width)
{
    if (reader->failed || reader->count - reader->used < width || width > 8) {
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

static inline int64_t gk_read_i64(struct gk_reader *reader)
{
    return (int64_t)gk_read(reader, 8);
}

/* Four bytes of a float. A NaN or an infinity fails: no hostile input brings one into the state. */
static inline float gk_read_f32(struct gk_reader *reader)
{
    uint32_t bits = gk_read_u32(reader);
    union {
        uint32_t bits;
        float value;
    } pun = {bits};
    if ((bits >> 23 & 0xff) != 0xff)
        return pun.value;
    reader->failed = 1;
    return 0.0f;
}

/* `count` bytes as they are; on failure `ret_bytes` is untouched. */
static inline void gk_read_bytes(struct gk_reader *reader, uint8_t *ret_bytes, uint32_t count)
{
    if (reader->failed || reader->count - reader->used < count) {
        reader->failed = 1;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        ret_bytes[i] = reader->bytes[reader->used + i];
    reader->used += count;
}

/* 1 when everything was there and nothing is left over. */
static inline uint32_t gk_reader_done(const struct gk_reader *reader)
{
    return !reader->failed && reader->used == reader->count;
}

/* Writes at most `capacity` bytes. */
static inline struct gk_writer gk_writer_of(uint8_t *ret_bytes, uint32_t capacity)
{
    struct gk_writer writer = {ret_bytes, capacity, 0, 0, 0};
    return writer;
}

/* The lowest `width` bytes of a whole number, 1-8. */
static inline void gk_write(struct gk_writer *writer, uint64_t value, uint32_t width)
{
    if (writer->failed || writer->capacity - writer->used < width || width > 8) {
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

static inline void gk_write_i64(struct gk_writer *writer, int64_t value)
{
    gk_write(writer, (uint64_t)value, 8);
}

/* Four bytes of a float. A NaN, whose bits differ between machines, is written as 0. */
static inline void gk_write_f32(struct gk_writer *writer, float value)
{
    union {
        float value;
        uint32_t bits;
    } pun = {value == value ? value : 0.0f};
    gk_write_u32(writer, pun.bits);
}

/* `count` bytes as they are, or none of them. */
static inline void gk_write_bytes(struct gk_writer *writer, const uint8_t *bytes, uint32_t count)
{
    if (writer->failed || writer->capacity - writer->used < count) {
        writer->failed = 1;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        writer->bytes[writer->used + i] = bytes[i];
    writer->used += count;
}

/* What `view` returns: the bytes that are written, or more than any capacity when something did not
 * fit, so that the match ends with a reason instead of going on with half a view. `explain`, which
 * may be cut, returns `used`. */
static inline uint32_t gk_writer_done(const struct gk_writer *writer)
{
    return writer->failed ? UINT32_MAX : writer->used;
}

/* Writes a zero-terminated text without its zero, as far as it fits: for `explain`. */
static inline void gk_write_text(struct gk_writer *writer, const char *text)
{
    for (; *text; text++)
        gk_write(writer, (uint8_t)*text, 1);
}

/* Writes a whole number in decimal digits, as far as they fit. */
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
