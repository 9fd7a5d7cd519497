/* The image reader against a real game and everything that can be made of it. */
#include "host/image.h"

#include <CUnit/Basic.h>
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADS_BYTES 12480 /* headers, tables, manifest and dynamic section of the counter */

static uint8_t *image;
static size_t image_bytes;
static char sentence[GAME_IMAGE_SENTENCE_BYTES];

/* Copies to an allocation of exactly this size, so that the address sanitizer sees every byte. */
static enum image_refusal inspect(const uint8_t *bytes, size_t count, struct gk_manifest *manifest)
{
    uint8_t *copy = malloc(count ? count : 1);
    memcpy(copy, bytes, count);
    enum image_refusal refusal = game_image_inspect(copy, count, manifest, sentence);
    free(copy);
    return refusal;
}

static size_t note_at(void)
{
    struct gk_manifest manifest;
    CU_ASSERT_EQUAL_FATAL(inspect(image, image_bytes, &manifest), IMAGE_FINE);
    for (size_t at = 0; at + sizeof manifest <= image_bytes; at += 4)
        if (memcmp(image + at, &manifest, sizeof manifest) == 0)
            return at;
    CU_FAIL_FATAL("the manifest is not in the file");
    return 0;
}

static void test_image_reads_the_manifest_of_a_real_game(void)
{
    struct gk_manifest manifest;
    CU_ASSERT_EQUAL(inspect(image, image_bytes, &manifest), IMAGE_FINE);
    CU_ASSERT_STRING_EQUAL(manifest.id, "counter");
    CU_ASSERT_EQUAL(manifest.tick_hz, 100);
    CU_ASSERT_EQUAL(manifest.mode_count, 2);
}

static void test_image_tells_which_callbacks_a_game_has_without_running_it(void)
{
    CU_ASSERT_TRUE(game_image_has_callback(image, image_bytes, offsetof(struct gk_game, result)));
    CU_ASSERT_TRUE(game_image_has_callback(image, image_bytes, offsetof(struct gk_game, check)));
    CU_ASSERT_FALSE(game_image_has_callback(image, image_bytes, offsetof(struct gk_game, migrate)));
    CU_ASSERT_FALSE(game_image_has_callback(image, image_bytes, sizeof(struct gk_game)));
    CU_ASSERT_FALSE(game_image_has_callback(image, 100, offsetof(struct gk_game, result)));
}

static void test_image_survives_truncation_at_every_byte(void)
{
    size_t note_end = note_at() + sizeof(struct gk_manifest);
    for (size_t count = 0; count < image_bytes; count++) {
        struct gk_manifest manifest;
        enum image_refusal refusal = inspect(image, count, &manifest);
        if (count < note_end)
            CU_ASSERT_NOT_EQUAL(refusal, IMAGE_FINE);
    }
}

static void test_image_survives_every_byte_of_its_heads_changed(void)
{
    struct gk_manifest manifest;
    uint8_t *copy = malloc(image_bytes);
    size_t interesting = image_bytes < HEADS_BYTES ? image_bytes : HEADS_BYTES;
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    for (size_t at = 0; at < interesting; at++)
        for (size_t i = 0; i < sizeof values; i++) {
            memcpy(copy, image, image_bytes);
            copy[at] = values[i];
            (void)game_image_inspect(copy, image_bytes, &manifest, sentence);
        }
    free(copy);
}

static enum image_refusal with_field(size_t offset, const void *value, size_t count)
{
    struct gk_manifest manifest;
    size_t at = note_at();
    uint8_t *copy = malloc(image_bytes);
    memcpy(copy, image, image_bytes);
    memcpy(copy + at + offset, value, count);
    enum image_refusal refusal = inspect(copy, image_bytes, &manifest);
    free(copy);
    return refusal;
}
#define WITH(field, type, value)                                                                   \
    with_field(offsetof(struct gk_manifest, field), &(type){value}, sizeof(type))

static void test_image_refuses_each_bad_field_by_its_code(void)
{
    CU_ASSERT_EQUAL(WITH(abi_major, uint16_t, 2), IMAGE_REFUSED_ABI_MAJOR);
    CU_ASSERT_EQUAL(WITH(abi_minor_required, uint16_t, GK_ABI_MINOR + 1), IMAGE_REFUSED_ABI_MINOR);
    CU_ASSERT_EQUAL(WITH(flags, uint32_t, GK_FLAG_OPEN_SEATS << 1), IMAGE_REFUSED_FLAGS);
    CU_ASSERT_EQUAL(WITH(reserved[6], uint32_t, 1), IMAGE_REFUSED_RESERVED);
    CU_ASSERT_EQUAL(WITH(turn_seconds, uint32_t, 1), IMAGE_REFUSED_MANIFEST); /* it ticks */
    CU_ASSERT_EQUAL(WITH(modes[0].reserved, uint8_t, 1), IMAGE_REFUSED_RESERVED);
    CU_ASSERT_EQUAL(WITH(state_bytes, uint32_t, 0), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(state_bytes, uint32_t, GK_STATE_BYTES_MAX + 1), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(input_bytes, uint32_t, 0xffffffff), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(view_bytes_max, uint32_t, 0), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(tick_hz, uint16_t, GK_TICK_HZ_MAX + 1), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(players_max, uint8_t, 0), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(players_min, uint8_t, 3), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(mode_count, uint8_t, GK_MODES_MAX + 1), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(modes[0].teams, uint8_t, 0), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(modes[1].players_max, uint8_t, 9), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(id[0], char, '/'), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(id[0], char, '.'), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(title[0], uint8_t, 0xff), IMAGE_REFUSED_MANIFEST);
    CU_ASSERT_EQUAL(WITH(version[0], char, 0), IMAGE_REFUSED_MANIFEST);
}

/* The image with `count` bytes changed at `at`. */
static enum image_refusal with_bytes(size_t at, const void *bytes, size_t count)
{
    struct gk_manifest manifest;
    uint8_t *copy = malloc(image_bytes);
    memcpy(copy, image, image_bytes);
    memcpy(copy + at, bytes, count);
    enum image_refusal refusal = inspect(copy, image_bytes, &manifest);
    free(copy);
    return refusal;
}

static void test_image_refuses_what_is_no_shared_object_for_this_machine(void)
{
    struct gk_manifest manifest;
    static const uint8_t text[] = "#!/bin/sh\n";
#define WITH_HEAD(field, type, value)                                                              \
    with_bytes(offsetof(Elf64_Ehdr, field), &(type){value}, sizeof(type))
    CU_ASSERT_EQUAL(WITH_HEAD(e_type, uint16_t, ET_EXEC), IMAGE_REFUSED_NOT_SHARED);
    CU_ASSERT_EQUAL(WITH_HEAD(e_machine, uint16_t, EM_SPARC), IMAGE_REFUSED_MACHINE);
    CU_ASSERT_EQUAL(WITH_HEAD(e_ident[EI_CLASS], uint8_t, ELFCLASS32), IMAGE_REFUSED_NOT_64_BIT);
    CU_ASSERT_EQUAL(WITH_HEAD(e_ident[EI_DATA], uint8_t, ELFDATA2MSB), IMAGE_REFUSED_NOT_64_BIT);
    CU_ASSERT_EQUAL(WITH_HEAD(e_phentsize, uint16_t, 1), IMAGE_REFUSED_SEGMENTS);
    CU_ASSERT_EQUAL(WITH_HEAD(e_phnum, uint16_t, 0xffff), IMAGE_REFUSED_SEGMENTS);
    CU_ASSERT_EQUAL(WITH_HEAD(e_phoff, uint64_t, ~0ull), IMAGE_REFUSED_TRUNCATED);
    CU_ASSERT_EQUAL(inspect(text, sizeof text, &manifest), IMAGE_REFUSED_NOT_ELF);
    CU_ASSERT_EQUAL(inspect(image, 100, &manifest), IMAGE_REFUSED_TRUNCATED);
    CU_ASSERT_EQUAL(inspect((const uint8_t *)"", 0, &manifest), IMAGE_REFUSED_EMPTY);
}

static void test_image_refuses_a_file_that_ends_early_at_every_page(void)
{
    struct gk_manifest manifest;
    Elf64_Ehdr head;
    uint64_t loaded_end = 0;
    memcpy(&head, image, sizeof head);
    for (unsigned i = 0; i < head.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, image + head.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_LOAD && segment.p_offset + segment.p_filesz > loaded_end)
            loaded_end = segment.p_offset + segment.p_filesz;
    }
    for (size_t count = 4096; count < loaded_end; count += 4096)
        CU_ASSERT_EQUAL(inspect(image, count, &manifest), IMAGE_REFUSED_TRUNCATED);
}

static void test_image_refuses_segments_that_lie(void)
{
    Elf64_Ehdr head;
    memcpy(&head, image, sizeof head);
    for (unsigned i = 0; i < head.e_phnum; i++) {
        Elf64_Phdr segment;
        size_t at = head.e_phoff + i * sizeof segment;
        memcpy(&segment, image + at, sizeof segment);
#define WITH_SEGMENT(field, value)                                                                 \
    with_bytes(at + offsetof(Elf64_Phdr, field), &(uint64_t){value}, sizeof(uint64_t))
        if (segment.p_type == PT_LOAD) {
            CU_ASSERT_EQUAL(WITH_SEGMENT(p_filesz, ~0ull), IMAGE_REFUSED_TRUNCATED);
            CU_ASSERT_EQUAL(WITH_SEGMENT(p_memsz, 1ull << 40), IMAGE_REFUSED_SEGMENTS);
            CU_ASSERT_EQUAL(WITH_SEGMENT(p_memsz, 1), IMAGE_REFUSED_SEGMENTS);
            CU_ASSERT_EQUAL(WITH_SEGMENT(p_vaddr, ~0ull - 4095), IMAGE_REFUSED_SEGMENTS);
            CU_ASSERT_EQUAL(WITH_SEGMENT(p_align, 3), IMAGE_REFUSED_SEGMENTS);
        }
        if (segment.p_type == PT_GNU_STACK)
            CU_ASSERT_EQUAL(with_bytes(at, &(uint32_t){PT_INTERP}, 4), IMAGE_REFUSED_NOT_SHARED);
        if (segment.p_type == PT_DYNAMIC)
            CU_ASSERT_EQUAL(WITH_SEGMENT(p_vaddr, 0x7fffffff), IMAGE_REFUSED_DYNAMIC);
    }
}

/* The image of one fault, see games/bad/bad.c. */
static enum image_refusal of_fault(const char *fault)
{
    static uint8_t bytes[1 << 20];
    struct gk_manifest manifest;
    char path[512];
    snprintf(path, sizeof path, "%s/%s.so", getenv("TEST_BAD"), fault);
    FILE *file = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return inspect(bytes, count, &manifest);
}

static void test_image_refuses_each_fault_of_a_build_by_its_code(void)
{
    static const struct {
        const char *fault;
        enum image_refusal refusal;
    } faults[] = {
        {"none", IMAGE_FINE},
        {"static", IMAGE_REFUSED_WRITABLE_STATICS},
        {"thread_local", IMAGE_REFUSED_WRITABLE_STATICS},
        {"no_relro", IMAGE_REFUSED_WRITABLE_STATICS},
        {"undefined", IMAGE_REFUSED_UNDEFINED},
        {"needed", IMAGE_REFUSED_NEEDS_LIBRARY},
        {"constructor", IMAGE_REFUSED_CONSTRUCTOR},
        {"export", IMAGE_REFUSED_EXPORTS},
        {"ifunc", IMAGE_REFUSED_TEXT_RELOCATIONS},
        {"no_table", IMAGE_REFUSED_NO_TABLE},
        {"short_table", IMAGE_REFUSED_TABLE},
        {"reserved", IMAGE_REFUSED_RESERVED},
        {"stack", IMAGE_REFUSED_EXECUTABLE_STACK},
        {"writable_code", IMAGE_REFUSED_WRITABLE_CODE},
        {"state", IMAGE_REFUSED_MANIFEST},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        enum image_refusal refusal = of_fault(faults[i].fault);
        if (refusal != faults[i].refusal)
            fprintf(stderr, "%s: %s\n", faults[i].fault, image_refusal_code(refusal));
        CU_ASSERT_EQUAL(refusal, faults[i].refusal);
    }
}

static void test_image_says_what_to_do_about_each_refusal(void)
{
    static const char *const faults[] = {"static", "needed", "constructor", "export", "no_table"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        (void)of_fault(faults[i]);
        CU_ASSERT_PTR_NOT_NULL(strchr(sentence, ':')); /* what is wrong: what to do */
        CU_ASSERT_EQUAL(sentence[strlen(sentence) - 1], '.');
    }
}

static void test_image_takes_a_newer_minor_and_refuses_a_short_or_lying_note(void)
{
    struct gk_manifest manifest;
    CU_ASSERT_EQUAL_FATAL(inspect(image, image_bytes, &manifest), IMAGE_FINE);
    CU_ASSERT_EQUAL(WITH(abi_minor, uint16_t, GK_ABI_MINOR + 1), IMAGE_FINE);
    CU_ASSERT_EQUAL(WITH(size, uint32_t, sizeof manifest - 4), IMAGE_REFUSED_MANIFEST);
    size_t bytes_at = note_at() - sizeof GK_NOTE_NAME - 8; /* the note's count of its bytes */
    CU_ASSERT_EQUAL(with_bytes(bytes_at, &(uint32_t){100}, 4), IMAGE_REFUSED_NOTE_SHORT);
    CU_ASSERT_EQUAL(with_bytes(bytes_at, &(uint32_t){0x7fffffff}, 4), IMAGE_REFUSED_SEGMENTS);
    CU_ASSERT_EQUAL(with_bytes(bytes_at + 4, &(uint32_t){2}, 4), IMAGE_REFUSED_NO_NOTE);
}

/* One that passes here and is no text for JSON would end whoever lists the games. */
static void test_image_refuses_texts_that_are_not_utf8(void)
{
    static const char *const bad[] = {"\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xc1\xbf",
                                      "\xc3",
                                      "a\x80"};
    struct gk_manifest manifest;
    CU_ASSERT_EQUAL_FATAL(inspect(image, image_bytes, &manifest), IMAGE_FINE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct gk_manifest changed = manifest;
        snprintf(changed.title, sizeof changed.title, "%s", bad[i]);
        CU_ASSERT_EQUAL(game_manifest_judge(&changed, sentence), IMAGE_REFUSED_MANIFEST);
    }
    snprintf(manifest.title, sizeof manifest.title, "\xc3\xa9\xe0\xa0\x80\xf4\x8f\xbf\xbf");
    CU_ASSERT_EQUAL(game_manifest_judge(&manifest, sentence), IMAGE_FINE);
}

int main(void)
{
    const char *path = getenv("TEST_GAME"); /* the built counter game */
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file) {
        fprintf(stderr, "TEST_GAME names no game.so\n");
        return 2;
    }
    image = malloc(GAME_IMAGE_BYTES_MAX);
    image_bytes = fread(image, 1, GAME_IMAGE_BYTES_MAX, file);
    fclose(file);

    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("host_image", NULL, NULL);
    CU_ADD_TEST(suite, test_image_reads_the_manifest_of_a_real_game);
    CU_ADD_TEST(suite, test_image_tells_which_callbacks_a_game_has_without_running_it);
    CU_ADD_TEST(suite, test_image_survives_truncation_at_every_byte);
    CU_ADD_TEST(suite, test_image_survives_every_byte_of_its_heads_changed);
    CU_ADD_TEST(suite, test_image_refuses_each_bad_field_by_its_code);
    CU_ADD_TEST(suite, test_image_refuses_what_is_no_shared_object_for_this_machine);
    CU_ADD_TEST(suite, test_image_refuses_a_file_that_ends_early_at_every_page);
    CU_ADD_TEST(suite, test_image_refuses_segments_that_lie);
    CU_ADD_TEST(suite, test_image_refuses_each_fault_of_a_build_by_its_code);
    CU_ADD_TEST(suite, test_image_says_what_to_do_about_each_refusal);
    CU_ADD_TEST(suite, test_image_takes_a_newer_minor_and_refuses_a_short_or_lying_note);
    CU_ADD_TEST(suite, test_image_refuses_texts_that_are_not_utf8);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    free(image);
    return failures ? 1 : 0;
}
