/* The sections one after the other, as the core specification of WebAssembly 1.0 has them: those
 * that say what a module asks for and gives are read, the others are passed over by their size. */
#include "host/wasm.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gamekit/game.h"

#define HEAD             "\0asm\1\0\0\0"
#define HEAD_BYTES       8
#define NUMBER_BYTES_MAX 5
#define LIMITS_HAVE_MAX  1
#define KINDS            4 /* function, table, memory, global */

static const char *const export_names[KINDS] = {NULL, "__indirect_function_table", "memory",
                                                GK_SYMBOL};

enum section {
    CUSTOM,
    TYPE,
    IMPORT,
    FUNCTION,
    TABLE,
    MEMORY,
    GLOBAL,
    EXPORT,
    START,
    ELEMENT,
    CODE,
    DATA,
    DATA_COUNT,
    SECTION_COUNT
};

struct limits {
    uint32_t min, max;
    bool has_max;
};

/* A part of the file that is read from its front. */
struct part {
    const uint8_t *bytes;
    size_t count;
};

struct module {
    bool has_memory, has_table;
    struct limits memory, table;
    bool exports[KINDS]; /* the name that this kind has to have */
    char *sentence;
};

static enum wasm_refusal read_sections(struct module *module, struct part rest);
static enum wasm_refusal read_section(struct module *module, enum section section,
                                      struct part part);
static enum wasm_refusal judge_whole(const struct module *module);
static enum wasm_refusal read_memory(struct module *module, struct part part);
static enum wasm_refusal read_table(struct module *module, struct part part);
static enum wasm_refusal read_exports(struct module *module, struct part part);
static bool take_limits(struct part *part, struct limits *ret_limits);
static bool take_byte(struct part *part, uint8_t *ret_byte);
static bool take_number(struct part *part, uint32_t *ret_number);
static bool take_part(struct part *part, struct part *ret_part);
static bool is_text(const struct part *part, const char *text);
static enum wasm_refusal broken(const struct module *module, const char *what);
static enum wasm_refusal refuse(const struct module *module, enum wasm_refusal refusal,
                                const char *format, ...) __attribute__((format(printf, 3, 4)));

const char *wasm_refusal_code(enum wasm_refusal refusal)
{
    static const char *const codes[] = {
        "fine",
#define X(name, code) code,
        WASM_REFUSALS(X)
#undef X
    };
    return codes[refusal];
}

enum wasm_refusal wasm_inspect(const uint8_t *bytes, size_t count,
                               char ret_sentence[WASM_SENTENCE_BYTES])
{
    struct module module = {.sentence = ret_sentence};
    if (count > WASM_BYTES_MAX)
        return refuse(&module, WASM_REFUSED_SIZE,
                      "game.wasm has %zu bytes, at most %u are taken: move data into client/.",
                      count, WASM_BYTES_MAX);
    if (count < HEAD_BYTES || memcmp(bytes, HEAD, HEAD_BYTES) != 0)
        return refuse(&module, WASM_REFUSED_FORMAT,
                      "game.wasm is no module of WebAssembly 1: put the one of the build there.");
    enum wasm_refusal refusal =
        read_sections(&module, (struct part){bytes + HEAD_BYTES, count - HEAD_BYTES});
    return refusal == WASM_FINE ? judge_whole(&module) : refusal;
}

/* Each once and in this order, but for those without meaning (custom). */
static enum wasm_refusal read_sections(struct module *module, struct part rest)
{
    static const uint8_t places[SECTION_COUNT] = {
        [TYPE] = 1,   [IMPORT] = 2, [FUNCTION] = 3, [TABLE] = 4,       [MEMORY] = 5, [GLOBAL] = 6,
        [EXPORT] = 7, [START] = 8,  [ELEMENT] = 9,  [DATA_COUNT] = 10, [CODE] = 11,  [DATA] = 12};
    uint8_t place = 0, section;
    enum wasm_refusal refusal = WASM_FINE;
    while (refusal == WASM_FINE && take_byte(&rest, &section)) {
        struct part part;
        if (section >= SECTION_COUNT || (section != CUSTOM && places[section] <= place))
            return broken(module, "a section is unknown, there twice, or in the wrong place");
        if (!take_part(&rest, &part))
            return broken(module, "it ends within a section");
        if (section != CUSTOM)
            place = places[section];
        refusal = read_section(module, section, part);
    }
    return refusal;
}

static enum wasm_refusal read_section(struct module *module, enum section section, struct part part)
{
    uint32_t count;
    switch (section) {
    case IMPORT:
        if (!take_number(&part, &count))
            return broken(module, "its imports have no end");
        return count == 0 ? WASM_FINE
                          : refuse(module, WASM_REFUSED_IMPORTS,
                                   "game.wasm imports %u things: a game asks for nothing but what "
                                   "its callbacks are given, so use gamekit's own functions.",
                                   count);
    case MEMORY:
        return read_memory(module, part);
    case TABLE:
        return read_table(module, part);
    case EXPORT:
        return read_exports(module, part);
    case START:
        return refuse(module, WASM_REFUSED_START,
                      "game.wasm runs a function when it is loaded: use no constructors.");
    default:
        return WASM_FINE;
    }
}

static enum wasm_refusal judge_whole(const struct module *module)
{
    if (!module->has_memory)
        return refuse(module, WASM_REFUSED_MEMORY,
                      "game.wasm has no memory of its own: link it as gamekit does.");
    if (!module->has_table)
        return refuse(module, WASM_REFUSED_TABLE,
                      "game.wasm has no table of functions: link it as gamekit does.");
    for (int kind = 0; kind < KINDS; kind++)
        if (export_names[kind] && !module->exports[kind])
            return refuse(module, WASM_REFUSED_EXPORTS,
                          "game.wasm does not export %s: link it with -Wl,--export-table "
                          "-Wl,--export=gk_game_v1.",
                          export_names[kind]);
    return WASM_FINE;
}

static enum wasm_refusal read_memory(struct module *module, struct part part)
{
    uint32_t count;
    struct limits *memory = &module->memory;
    if (!take_number(&part, &count))
        return broken(module, "its memory is not described");
    if (count == 0)
        return WASM_FINE;
    if (count > 1 || !take_limits(&part, memory))
        return refuse(module, WASM_REFUSED_MEMORY,
                      "game.wasm has more than one memory, or a shared or 64-bit one: link it as "
                      "gamekit does.");
    if (memory->min > WASM_PAGES_MAX)
        return refuse(module, WASM_REFUSED_MEMORY,
                      "game.wasm begins with %u pages of memory, at most %u are given: make its "
                      "tables smaller.",
                      memory->min, WASM_PAGES_MAX);
    if (memory->has_max && memory->max < memory->min + WASM_PAGES_ROOM)
        return refuse(module, WASM_REFUSED_MEMORY,
                      "game.wasm may grow to %u pages of memory only, its host needs %u more than "
                      "the %u it begins with: link it without --max-memory.",
                      memory->max, WASM_PAGES_ROOM, memory->min);
    module->has_memory = true;
    return WASM_FINE;
}

static enum wasm_refusal read_table(struct module *module, struct part part)
{
    uint32_t count;
    uint8_t type;
    const struct limits *table = &module->table;
    if (!take_number(&part, &count))
        return broken(module, "its table is not described");
    if (count == 0)
        return WASM_FINE;
    if (count > 1 || !take_byte(&part, &type) || !take_limits(&part, &module->table))
        return refuse(module, WASM_REFUSED_TABLE,
                      "game.wasm has more than one table, or one that is no plain one: link it as "
                      "gamekit does.");
    if (table->min > WASM_TABLE_MAX || (table->has_max && table->max < table->min + 2))
        return refuse(
            module, WASM_REFUSED_TABLE,
            "The table of game.wasm has %u functions, more than %u, or cannot grow by the "
            "two of its host: link it with -Wl,--growable-table.",
            table->min, WASM_TABLE_MAX);
    module->has_table = true;
    return WASM_FINE;
}

static enum wasm_refusal read_exports(struct module *module, struct part part)
{
    uint32_t count, index;
    if (!take_number(&part, &count))
        return broken(module, "its exports have no end");
    for (; count > 0; count--) {
        struct part name;
        uint8_t kind;
        if (!take_part(&part, &name) || !take_byte(&part, &kind) || !take_number(&part, &index))
            return broken(module, "its exports end too early");
        if (kind < KINDS && export_names[kind] && is_text(&name, export_names[kind]))
            module->exports[kind] = true;
    }
    return WASM_FINE;
}

/* Shared and 64-bit ones have other flags. */
static bool take_limits(struct part *part, struct limits *ret_limits)
{
    uint8_t flags;
    if (!take_byte(part, &flags) || flags > LIMITS_HAVE_MAX || !take_number(part, &ret_limits->min))
        return false;
    ret_limits->has_max = flags == LIMITS_HAVE_MAX;
    return !ret_limits->has_max || take_number(part, &ret_limits->max);
}

static bool take_byte(struct part *part, uint8_t *ret_byte)
{
    if (part->count == 0)
        return false;
    *ret_byte = part->bytes[0];
    part->bytes++;
    part->count--;
    return true;
}

/* LEB128, unsigned, of 32 bits. */
static bool take_number(struct part *part, uint32_t *ret_number)
{
    uint64_t number = 0;
    uint8_t byte = 0x80;
    for (int i = 0; byte & 0x80; i++) {
        if (i == NUMBER_BYTES_MAX || !take_byte(part, &byte))
            return false;
        number |= (uint64_t)(byte & 0x7f) << (7 * i);
    }
    if (number > UINT32_MAX)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

/* A number of bytes, and these. */
static bool take_part(struct part *part, struct part *ret_part)
{
    uint32_t count;
    if (!take_number(part, &count) || count > part->count)
        return false;
    *ret_part = (struct part){part->bytes, count};
    part->bytes += count;
    part->count -= count;
    return true;
}

static bool is_text(const struct part *part, const char *text)
{
    return part->count == strlen(text) && memcmp(part->bytes, text, part->count) == 0;
}

static enum wasm_refusal broken(const struct module *module, const char *what)
{
    return refuse(module, WASM_REFUSED_FORMAT,
                  "game.wasm is damaged, for %s: put the one of the build there, whole.", what);
}

static enum wasm_refusal refuse(const struct module *module, enum wasm_refusal refusal,
                                const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(module->sentence, WASM_SENTENCE_BYTES, format, values);
    va_end(values);
    return refusal;
}
