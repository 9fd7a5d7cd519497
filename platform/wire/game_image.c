/*
 * The ELF note reader: program headers only, each checked to lie inside the file, notes walked with
 * checked lengths. It never follows a pointer of the file without asking whether it fits.
 */
#include "wire/game_image.h"

#include <elf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#error "name this machine's ELF number"
#endif

#define NOTE_HEAD_BYTES 12

struct span {
    const uint8_t *bytes;
    uint64_t count;
};

static enum image_refusal elf_check(struct span file, Elf64_Ehdr *ret_head, char *sentence);
static enum image_refusal notes_search(struct span notes, struct gk_manifest *ret_manifest,
                                       bool *found, char *sentence);
static enum image_refusal refuse(enum image_refusal refusal, char *sentence, const char *format,
                                 ...) __attribute__((format(printf, 3, 4)));
static bool inside(struct span file, uint64_t offset, uint64_t count);
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
    struct span file = {bytes, count};
    struct gk_manifest manifest;
    Elf64_Ehdr head;
    bool found = false;

    enum image_refusal refusal = elf_check(file, &head, ret_sentence);
    for (unsigned i = 0; refusal == IMAGE_FINE && i < head.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, bytes + head.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_NULL)
            continue;
        if (!inside(file, segment.p_offset, segment.p_filesz) ||
            (segment.p_type == PT_LOAD && segment.p_filesz > segment.p_memsz))
            return refuse(IMAGE_REFUSED_SEGMENTS, ret_sentence, "Segment %u lies outside the file.",
                          i);
        if (segment.p_type == PT_NOTE)
            refusal = notes_search((struct span){bytes + segment.p_offset, segment.p_filesz},
                                   &manifest, &found, ret_sentence);
    }
    if (refusal != IMAGE_FINE)
        return refusal;
    if (!found)
        return refuse(IMAGE_REFUSED_NO_NOTE, ret_sentence,
                      "There is no gamekit manifest (ELF note \"%s\") in the file.", GK_NOTE_NAME);
    refusal = game_manifest_judge(&manifest, ret_sentence);
    if (refusal == IMAGE_FINE)
        *ret_manifest = manifest;
    return refusal;
}

enum image_refusal game_manifest_judge(const struct gk_manifest *manifest,
                                       char ret_sentence[GAME_IMAGE_SENTENCE_BYTES])
{
    const struct gk_manifest *m = manifest;
    char *sentence = ret_sentence;

    if (m->abi_major != GK_ABI_MAJOR)
        return refuse(IMAGE_REFUSED_ABI_MAJOR, sentence,
                      "The game is built for gamekit %u.x, this host offers %u.%u.", m->abi_major,
                      GK_ABI_MAJOR, GK_ABI_MINOR);
    if (m->abi_minor_required > GK_ABI_MINOR)
        return refuse(IMAGE_REFUSED_ABI_MINOR, sentence,
                      "The game needs gamekit %u.%u, this host offers %u.%u.", m->abi_major,
                      m->abi_minor_required, GK_ABI_MAJOR, GK_ABI_MINOR);
    if (m->abi_minor_required > m->abi_minor)
        return refuse(IMAGE_REFUSED_ABI_MINOR, sentence,
                      "The game requires a newer gamekit than it was built with.");
    if (m->flags != 0)
        return refuse(IMAGE_REFUSED_FLAGS, sentence,
                      "The game sets flags 0x%x, which gamekit "
                      "%u.%u does not know.",
                      m->flags, GK_ABI_MAJOR, GK_ABI_MINOR);
    for (size_t i = 0; i < sizeof m->reserved / sizeof m->reserved[0]; i++)
        if (m->reserved[i] != 0)
            return refuse(IMAGE_REFUSED_RESERVED, sentence, "manifest.reserved must be zero.");

#define IN_RANGE(field, low, high)                                                                 \
    if ((m->field) < (low) || (m->field) > (high))                                                 \
        return refuse(IMAGE_REFUSED_MANIFEST, sentence, "manifest.%s is %u, not %u to %u.",        \
                      #field, (unsigned)(m->field), (unsigned)(low), (unsigned)(high));
    IN_RANGE(size, sizeof *m, sizeof *m)
    if (m->tick_hz != 0)
        IN_RANGE(tick_hz, 1, GK_TICK_HZ_MAX)
    IN_RANGE(state_bytes, 1, GK_STATE_BYTES_MAX)
    IN_RANGE(input_bytes, 1, GK_INPUT_BYTES_MAX)
    IN_RANGE(view_bytes_max, 1, GK_VIEW_BYTES_MAX)
    IN_RANGE(players_max, 1, GK_PLAYERS_MAX)
    IN_RANGE(players_min, 1, m->players_max)
    IN_RANGE(mode_count, 1, GK_MODES_MAX)
    if (m->option_count > GK_OPTIONS_MAX)
        return refuse(IMAGE_REFUSED_MANIFEST, sentence, "manifest.option_count is over %u.",
                      GK_OPTIONS_MAX);
    if (m->state_schema_oldest > m->state_schema)
        return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                      "manifest.state_schema_oldest is newer than state_schema.");
#undef IN_RANGE

    if (!id_is_fine(m->id, sizeof m->id, false))
        return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                      "manifest.id is not of the form [a-z][a-z0-9-]*.");
    if (!text_is_fine(m->title, sizeof m->title))
        return refuse(IMAGE_REFUSED_MANIFEST, sentence, "manifest.title is no short text.");
    if (!text_is_fine(m->version, sizeof m->version))
        return refuse(IMAGE_REFUSED_MANIFEST, sentence, "manifest.version is no short text.");
    for (unsigned i = 0; i < m->mode_count; i++) {
        const struct gk_mode *mode = &m->modes[i];
        if (mode->reserved != 0)
            return refuse(IMAGE_REFUSED_RESERVED, sentence, "modes[%u].reserved must be zero.", i);
        if (!id_is_fine(mode->id, sizeof mode->id, true))
            return refuse(IMAGE_REFUSED_MANIFEST, sentence, "modes[%u].id is not [a-z0-9-]+.", i);
        if (mode->players_min < 1 || mode->players_min > mode->players_max ||
            mode->players_max > m->players_max || mode->players_min < m->players_min)
            return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                          "modes[%u]: the players do not fit the manifest's.", i);
        if (mode->teams < 1 || mode->teams > mode->players_max)
            return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                          "modes[%u].teams is not 1 to players_max.", i);
        for (unsigned j = 0; j < i; j++)
            if (strcmp(mode->id, m->modes[j].id) == 0)
                return refuse(IMAGE_REFUSED_MANIFEST, sentence, "Two modes are called %s.",
                              mode->id);
    }
    return IMAGE_FINE;
}

static enum image_refusal elf_check(struct span file, Elf64_Ehdr *ret_head, char *sentence)
{
    if (file.count < sizeof *ret_head || file.count > GAME_IMAGE_BYTES_MAX)
        return refuse(IMAGE_REFUSED_SIZE, sentence, "The file has %llu bytes, not %zu to %u.",
                      (unsigned long long)file.count, sizeof *ret_head, GAME_IMAGE_BYTES_MAX);
    memcpy(ret_head, file.bytes, sizeof *ret_head);
    const Elf64_Ehdr *head = ret_head;
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64 ||
        head->e_ident[EI_DATA] != ELFDATA2LSB || head->e_ident[EI_VERSION] != EV_CURRENT ||
        head->e_machine != MACHINE)
        return refuse(IMAGE_REFUSED_NOT_ELF, sentence,
                      "The file is no 64-bit ELF image for this machine.");
    if (head->e_type != ET_DYN)
        return refuse(IMAGE_REFUSED_NOT_SHARED, sentence, "The file is no shared object.");
    if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phnum == 0 ||
        head->e_phnum > GAME_IMAGE_SEGMENTS_MAX ||
        !inside(file, head->e_phoff, (uint64_t)head->e_phnum * sizeof(Elf64_Phdr)))
        return refuse(IMAGE_REFUSED_SEGMENTS, sentence,
                      "The program headers lie outside the file.");
    return IMAGE_FINE;
}

/* Notes that are not ours are skipped; a length that leaves the segment ends the search. */
static enum image_refusal notes_search(struct span notes, struct gk_manifest *ret_manifest,
                                       bool *found, char *sentence)
{
    uint64_t at = 0;
    while (notes.count - at >= NOTE_HEAD_BYTES) {
        uint32_t words[3]; /* name bytes, body bytes, type */
        memcpy(words, notes.bytes + at, sizeof words);
        uint64_t name = at + NOTE_HEAD_BYTES;
        uint64_t body = name + (((uint64_t)words[0] + 3) & ~3ull);
        uint64_t next = body + (((uint64_t)words[1] + 3) & ~3ull);
        if (body + words[1] > notes.count)
            return refuse(IMAGE_REFUSED_SEGMENTS, sentence, "A note is longer than its segment.");
        bool ours = words[0] == sizeof GK_NOTE_NAME && words[2] == GK_NOTE_TYPE &&
                    memcmp(notes.bytes + name, GK_NOTE_NAME, sizeof GK_NOTE_NAME) == 0;
        if (ours && *found)
            return refuse(IMAGE_REFUSED_NOTE_TWICE, sentence, "There are two gamekit manifests.");
        if (ours) {
            if (words[1] != sizeof *ret_manifest)
                return refuse(IMAGE_REFUSED_MANIFEST, sentence,
                              "The manifest has %u bytes, this host knows %zu.", words[1],
                              sizeof *ret_manifest);
            memcpy(ret_manifest, notes.bytes + body, sizeof *ret_manifest);
            *found = true;
        }
        if (next >= notes.count)
            break;
        at = next;
    }
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

static bool inside(struct span file, uint64_t offset, uint64_t count)
{
    return offset <= file.count && count <= file.count - offset;
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
