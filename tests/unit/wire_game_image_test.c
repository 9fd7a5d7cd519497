/* The image reader against a real game and everything that can be made of it. */
#include "wire/game_image.h"

#include <CUnit/Basic.h>
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    size_t interesting = note_at() + sizeof manifest;
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
    CU_ASSERT_EQUAL(WITH(flags, uint32_t, 1), IMAGE_REFUSED_FLAGS);
    CU_ASSERT_EQUAL(WITH(reserved[7], uint32_t, 1), IMAGE_REFUSED_RESERVED);
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

static void test_image_refuses_what_is_no_shared_object_for_this_machine(void)
{
    struct gk_manifest manifest;
    uint8_t *copy = malloc(image_bytes);
    Elf64_Ehdr head;
    memcpy(copy, image, image_bytes);
    memcpy(&head, image, sizeof head);
    head.e_type = ET_EXEC;
    memcpy(copy, &head, sizeof head);
    CU_ASSERT_EQUAL(inspect(copy, image_bytes, &manifest), IMAGE_REFUSED_NOT_SHARED);
    head.e_type = ET_DYN;
    head.e_machine = EM_SPARC;
    memcpy(copy, &head, sizeof head);
    CU_ASSERT_EQUAL(inspect(copy, image_bytes, &manifest), IMAGE_REFUSED_NOT_ELF);
    free(copy);
    CU_ASSERT_EQUAL(inspect((const uint8_t *)"", 0, &manifest), IMAGE_REFUSED_SIZE);
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
    CU_pSuite suite = CU_add_suite("wire_game_image", NULL, NULL);
    CU_ADD_TEST(suite, test_image_reads_the_manifest_of_a_real_game);
    CU_ADD_TEST(suite, test_image_survives_truncation_at_every_byte);
    CU_ADD_TEST(suite, test_image_survives_every_byte_of_its_heads_changed);
    CU_ADD_TEST(suite, test_image_refuses_each_bad_field_by_its_code);
    CU_ADD_TEST(suite, test_image_refuses_what_is_no_shared_object_for_this_machine);
    CU_ADD_TEST(suite, test_image_refuses_texts_that_are_not_utf8);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    free(image);
    return failures ? 1 : 0;
}
