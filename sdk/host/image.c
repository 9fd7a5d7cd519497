/*
 * The ELF note reader: program headers only, each checked to lie inside the file, notes walked with
 * checked lengths. It never follows a pointer of the file without asking whether it fits.
 */
#include "host/image.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/elf.h"

#if defined(__x86_64__)
#define MACHINE      EM_X86_64
#define MACHINE_NAME "x86-64"
#elif defined(__aarch64__)
#define MACHINE      EM_AARCH64
#define MACHINE_NAME "aarch64"
#else
#error "name this machine's ELF number"
#endif

#define FLAGS_KNOWN        GK_FLAG_OPEN_SEATS
#define NOTE_HEAD_BYTES    12
#define MANIFEST_BYTES_MAX 4096 /* of a later minor, whose tail is not ours to read */

static enum image_refusal elf_check(struct game_elf *elf);
static enum image_refusal segments_read(struct game_elf *elf);
static enum image_refusal notes_search(struct game_elf *elf, struct game_span notes,
                                       struct gk_manifest *ret_manifest, bool *found);
static enum image_refusal manifest_take(struct game_elf *elf, const uint8_t *body, uint32_t bytes,
                                        struct gk_manifest *ret_manifest);
static enum image_refusal refuse(enum image_refusal refusal, char *sentence, const char *format,
                                 ...) __attribute__((format(printf, 3, 4)));
static bool id_is_fine(const char *id, size_t capacity, bool digits_first);
static bool text_is_fine(const char *text, size_t capacity);

const char *image_refusal_code(enum image_refusal refusal)
{
    static const char *const codes[] = {
        "fine",
#define X(name, code) code,
        IMAGE_REFUSALS(X)
#undef X
    };
    return codes[refusal];
}

enum image_refusal game_image_inspect(const uint8_t *bytes, size_t count,
                                      struct gk_manifest *ret_manifest,
                                      char ret_sentence[GAME_IMAGE_SENTENCE_BYTES])
{
    struct game_elf elf = {.file = {bytes, count}, .sentence = ret_sentence};
    struct gk_manifest manifest;
    bool found = false;

    enum image_refusal refusal = elf_check(&elf);
    if (refusal == IMAGE_FINE)
        refusal = segments_read(&elf);
    for (unsigned i = 0; refusal == IMAGE_FINE && i < elf.segment_count; i++)
        if (elf.segments[i].p_type == PT_NOTE)
            refusal = notes_search(
                &elf,
                (struct game_span){bytes + elf.segments[i].p_offset, elf.segments[i].p_filesz},
                &manifest, &found);
    if (refusal != IMAGE_FINE)
        return refusal;
    if (!found)
        return refuse(IMAGE_REFUSED_NO_NOTE, ret_sentence,
                      "There is no gamekit manifest (ELF note \"%s\") in the file: write "
                      "GK_MANIFEST(...) in one source file, and do not strip notes.",
                      GK_NOTE_NAME);
    refusal = game_manifest_judge(&manifest, ret_sentence);
    if (refusal == IMAGE_FINE)
        refusal = game_elf_judge(&elf);
    if (refusal == IMAGE_FINE)
        *ret_manifest = manifest;
    return refusal;
}

uint64_t game_image_mapped_bytes(const uint8_t *bytes, size_t count)
{
    char sentence[GAME_IMAGE_SENTENCE_BYTES];
    struct game_elf elf = {.file = {bytes, count}, .sentence = sentence};
    uint64_t end = 0;
    if (elf_check(&elf) != IMAGE_FINE || segments_read(&elf) != IMAGE_FINE)
        return 0;
    for (unsigned i = 0; i < elf.segment_count; i++)
        if (elf.segments[i].p_type == PT_LOAD)
            end = elf.segments[i].p_vaddr + elf.segments[i].p_memsz; /* in order: see game_elf.c */
    return end;
}

bool game_image_has_callback(const uint8_t *bytes, size_t count, size_t offset)
{
    char sentence[GAME_IMAGE_SENTENCE_BYTES];
    struct game_elf elf = {.file = {bytes, count}, .sentence = sentence};
    return elf_check(&elf) == IMAGE_FINE && segments_read(&elf) == IMAGE_FINE &&
           game_elf_judge(&elf) == IMAGE_FINE && offset + sizeof(uint64_t) <= elf.table_bytes &&
           (elf.table_filled >> offset / sizeof(uint64_t) & 1) != 0;
}

enum image_refusal game_manifest_judge(const struct gk_manifest *manifest,
                                       char ret_sentence[GAME_IMAGE_SENTENCE_BYTES])
{
    const struct gk_manifest *m = manifest;
    char *sentence = ret_sentence;

    if (m->abi_major != GK_ABI_MAJOR)
        return refuse(IMAGE_REFUSED_ABI_MAJOR, sentence,
                      "The game is built for gamekit %u.x, this host offers %u.%u: build it with "
                      "the headers of gamekit %u.",
                      m->abi_major, GK_ABI_MAJOR, GK_ABI_MINOR, GK_ABI_MAJOR);
    if (m->abi_minor_required > GK_ABI_MINOR)
        return refuse(IMAGE_REFUSED_ABI_MINOR, sentence,
                      "The game needs gamekit %u.%u, this host offers %u.%u: lower "
                      "abi_minor_required, or ask for a newer host.",
                      m->abi_major, m->abi_minor_required, GK_ABI_MAJOR, GK_ABI_MINOR);
    if (m->abi_minor_required > m->abi_minor)
        return refuse(IMAGE_REFUSED_ABI_MINOR, sentence,
                      "The game requires a newer gamekit than it was built with: "
                      "abi_minor_required is at most abi_minor.");
    if (m->flags & ~FLAGS_KNOWN)
        return refuse(IMAGE_REFUSED_FLAGS, sentence,
                      "The game sets flags 0x%x, which gamekit %u.%u does not know: set only those "
                      "of its header.",
                      m->flags & ~FLAGS_KNOWN, GK_ABI_MAJOR, GK_ABI_MINOR);
    for (size_t i = 0; i < sizeof m->reserved / sizeof m->reserved[0]; i++)
        if (m->reserved[i] != 0)
            return refuse(IMAGE_REFUSED_RESERVED, sentence,
                          "manifest.reserved is not zero: leave it out of GK_MANIFEST.");

#define IN_RANGE(field, low, high)                                                                 \
    if ((m->field) < (low) || (m->field) > (high))                                                 \
        return refuse(IMAGE_REFUSED_MANIFEST, sentence,                                            \
                      "manifest.%s is %u: give it a value from %u to %u.", #field,                 \
                      (unsigned)(m->field), (unsigned)(low), (unsigned)(high));
    IN_RANGE(size, sizeof *m, MANIFEST_BYTES_MAX)
    if (m->tick_hz != 0)
        IN_RANGE(tick_hz, 1, GK_TICK_HZ_MAX)
    if (m->turn_seconds != 0 && m->tick_hz != 0)
        return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                      "manifest.turn_seconds is for turn-based games: leave it out, or set tick_hz "
                      "to 0.");
    if (m->turn_seconds != 0)
        IN_RANGE(turn_seconds, 1, GK_TURN_SECONDS_MAX)
    IN_RANGE(state_bytes, 1, GK_STATE_BYTES_MAX)
    IN_RANGE(input_bytes, 1, GK_INPUT_BYTES_MAX)
    IN_RANGE(view_bytes_max, 1, GK_VIEW_BYTES_MAX)
    IN_RANGE(players_max, 1, GK_PLAYERS_MAX)
    IN_RANGE(players_min, 1, m->players_max)
    IN_RANGE(mode_count, 1, GK_MODES_MAX)
    if (m->option_count > GK_OPTIONS_MAX)
        return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                      "manifest.option_count is over %u: declare fewer options.", GK_OPTIONS_MAX);
    if (m->state_schema_oldest > m->state_schema)
        return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                      "manifest.state_schema_oldest is newer than state_schema: make it equal when "
                      "there is nothing to migrate from.");
#undef IN_RANGE

    if (!id_is_fine(m->id, sizeof m->id, false))
        return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                      "manifest.id is not of the form [a-z][a-z0-9-]*: rename the game.");
    if (!text_is_fine(m->title, sizeof m->title))
        return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                      "manifest.title is no short text: give it 1 to 63 bytes of UTF-8.");
    if (!text_is_fine(m->version, sizeof m->version))
        return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                      "manifest.version is no short text: give it one like 1.0.0.");
    for (unsigned i = 0; i < m->mode_count; i++) {
        const struct gk_mode *mode = &m->modes[i];
        if (mode->reserved != 0)
            return refuse(IMAGE_REFUSED_RESERVED, sentence,
                          "modes[%u].reserved is not zero: leave it out of the mode.", i);
        if (!id_is_fine(mode->id, sizeof mode->id, true))
            return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                          "modes[%u].id is not [a-z0-9-]+: rename the mode.", i);
        if (mode->players_min < 1 || mode->players_min > mode->players_max ||
            mode->players_max > m->players_max || mode->players_min < m->players_min)
            return refuse(
                IMAGE_REFUSED_MANIFEST, sentence,
                "modes[%u]: its players do not lie within players_min to players_max of the "
                "manifest: make them fit.",
                i);
        if (mode->teams < 1 || mode->teams > mode->players_max)
            return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                          "modes[%u].teams is not 1 to its players_max: make it so.", i);
        for (unsigned j = 0; j < i; j++)
            if (strcmp(mode->id, m->modes[j].id) == 0)
                return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                              "Two modes are called %s: rename one.", mode->id);
    }
    return IMAGE_FINE;
}

static enum image_refusal elf_check(struct game_elf *elf)
{
    struct game_span file = elf->file;
    Elf64_Ehdr *head = &elf->head;
    size_t known = file.count < SELFMAG ? file.count : SELFMAG;

    if (file.count == 0)
        return refuse(IMAGE_REFUSED_EMPTY, elf->sentence,
                      "The file is empty: copy game.so again, to another name, then rename it.");
    if (file.count > GAME_IMAGE_BYTES_MAX)
        return refuse(IMAGE_REFUSED_SIZE, elf->sentence,
                      "The file has %llu bytes, at most %u are taken: strip it, or move data into "
                      "client/.",
                      (unsigned long long)file.count, GAME_IMAGE_BYTES_MAX);
    if (memcmp(file.bytes, ELFMAG, known) != 0)
        return refuse(IMAGE_REFUSED_NOT_ELF, elf->sentence,
                      "The file is no ELF image: it has to be the shared object of the build.");
    if (file.count < sizeof *head)
        return refuse(IMAGE_REFUSED_TRUNCATED, elf->sentence,
                      "The file ends within its first header: copy it again.");
    memcpy(head, file.bytes, sizeof *head);
    if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB)
        return refuse(IMAGE_REFUSED_NOT_64_BIT, elf->sentence,
                      "The file is no 64-bit little-endian image: build it without -m32.");
    if (head->e_machine != MACHINE)
        return refuse(IMAGE_REFUSED_MACHINE, elf->sentence,
                      "The file is built for another processor (ELF machine %u): build it for "
                      "%s.",
                      head->e_machine, MACHINE_NAME);
    if (head->e_type != ET_DYN || head->e_ident[EI_VERSION] != EV_CURRENT)
        return refuse(IMAGE_REFUSED_NOT_SHARED, elf->sentence,
                      "The file is no shared object: link it with -shared.");
    return IMAGE_FINE;
}

static enum image_refusal segments_read(struct game_elf *elf)
{
    const Elf64_Ehdr *head = &elf->head;
    if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phnum == 0 ||
        head->e_phnum > GAME_IMAGE_SEGMENTS_MAX)
        return refuse(IMAGE_REFUSED_SEGMENTS, elf->sentence,
                      "The file has %u program headers of %u bytes: build it with a usual linker.",
                      head->e_phnum, head->e_phentsize);
    if (!game_span_holds(elf->file, head->e_phoff, (uint64_t)head->e_phnum * sizeof(Elf64_Phdr)))
        return refuse(IMAGE_REFUSED_TRUNCATED, elf->sentence,
                      "The program headers lie outside the file: copy it again.");
    elf->segment_count = head->e_phnum;
    memcpy(elf->segments, elf->file.bytes + head->e_phoff,
           elf->segment_count * sizeof elf->segments[0]);
    for (unsigned i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];
        if (segment->p_type != PT_NULL &&
            !game_span_holds(elf->file, segment->p_offset, segment->p_filesz))
            return refuse(IMAGE_REFUSED_TRUNCATED, elf->sentence,
                          "Segment %u lies outside the file: copy the file again.", i);
    }
    return IMAGE_FINE;
}

/* Notes that are not ours are skipped; a length that leaves the segment ends the search. */
static enum image_refusal notes_search(struct game_elf *elf, struct game_span notes,
                                       struct gk_manifest *ret_manifest, bool *found)
{
    uint64_t at = 0;
    while (notes.count - at >= NOTE_HEAD_BYTES) {
        uint32_t words[3]; /* name bytes, body bytes, type */
        memcpy(words, notes.bytes + at, sizeof words);
        uint64_t name = at + NOTE_HEAD_BYTES;
        uint64_t body = name + (((uint64_t)words[0] + 3) & ~3ull);
        uint64_t next = body + (((uint64_t)words[1] + 3) & ~3ull);
        if (body + words[1] > notes.count)
            return refuse(IMAGE_REFUSED_SEGMENTS, elf->sentence,
                          "A note is longer than its segment: build it with a usual linker.");
        bool ours = words[0] == sizeof GK_NOTE_NAME && words[2] == GK_NOTE_TYPE &&
                    memcmp(notes.bytes + name, GK_NOTE_NAME, sizeof GK_NOTE_NAME) == 0;
        if (ours && *found)
            return refuse(IMAGE_REFUSED_NOTE_TWICE, elf->sentence,
                          "There are two gamekit manifests: keep one GK_MANIFEST.");
        if (ours) {
            enum image_refusal refusal =
                manifest_take(elf, notes.bytes + body, words[1], ret_manifest);
            if (refusal != IMAGE_FINE)
                return refusal;
            *found = true;
        }
        if (next >= notes.count)
            break;
        at = next;
    }
    return IMAGE_FINE;
}

/* The version stands first and is judged first: what is behind it depends on it. */
static enum image_refusal manifest_take(struct game_elf *elf, const uint8_t *body, uint32_t bytes,
                                        struct gk_manifest *ret_manifest)
{
    struct gk_manifest manifest = {.size = 0};
    memcpy(&manifest, body, bytes < sizeof manifest ? bytes : sizeof manifest);
    if (bytes >= offsetof(struct gk_manifest, tick_hz) && manifest.abi_major != GK_ABI_MAJOR)
        return game_manifest_judge(&manifest, elf->sentence);
    if (bytes < sizeof manifest)
        return refuse(IMAGE_REFUSED_NOTE_SHORT, elf->sentence,
                      "The manifest has %u bytes, gamekit 1.0 has %zu: write it with GK_MANIFEST.",
                      bytes, sizeof manifest);
    bool is_newer = manifest.abi_minor > GK_ABI_MINOR && bytes <= MANIFEST_BYTES_MAX;
    if (manifest.size != bytes || (bytes > sizeof manifest && !is_newer))
        return refuse(IMAGE_REFUSED_MANIFEST, elf->sentence,
                      "manifest.size is %u in a note of %u bytes, gamekit %u.%u has %zu: write it "
                      "with GK_MANIFEST.",
                      manifest.size, bytes, GK_ABI_MAJOR, GK_ABI_MINOR, sizeof manifest);
    *ret_manifest = manifest;
    return IMAGE_FINE;
}

static enum image_refusal refuse(enum image_refusal refusal, char *sentence, const char *format,
                                 ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, GAME_IMAGE_SENTENCE_BYTES, format, arguments);
    va_end(arguments);
    return refusal;
}

static bool id_is_fine(const char *id, size_t capacity, bool digits_first)
{
    size_t length = strnlen(id, capacity);
    if (length == 0 || length == capacity)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool letter = id[i] >= 'a' && id[i] <= 'z';
        bool digit = id[i] >= '0' && id[i] <= '9';
        if (!letter && !(digit && (i > 0 || digits_first)) && !(id[i] == '-' && i > 0))
            return false;
    }
    return true;
}

/* Printable, zero-terminated, not empty, well-formed UTF-8 by table 3-7 of the Unicode standard: no
 * overlong form, no surrogate, nothing past U+10FFFF. What is less is no text for JSON. */
static bool text_is_fine(const char *text, size_t capacity)
{
    size_t length = strnlen(text, capacity);
    if (length == 0 || length == capacity)
        return false;
    for (size_t i = 0; i < length;) {
        uint8_t lead = (uint8_t)text[i];
        size_t trail = lead < 0x80                   ? 0
                       : lead >= 0xc2 && lead < 0xe0 ? 1
                       : lead >= 0xe0 && lead < 0xf0 ? 2
                       : lead >= 0xf0 && lead < 0xf5 ? 3
                                                     : capacity;
        if (lead < 0x20 || lead == 0x7f || trail >= length - i)
            return false;
        uint8_t second = trail ? (uint8_t)text[i + 1] : 0x80;
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
            (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
            return false;
        for (size_t j = 1; j <= trail; j++)
            if (((uint8_t)text[i + j] & 0xc0) != 0x80)
                return false;
        i += trail + 1;
    }
    return true;
}
