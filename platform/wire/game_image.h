/*
 * A game's shared object, read as data: no code of it runs. Finds the manifest in the ELF note and
 * judges it. Every byte is hostile: all offsets and sizes are checked against the file. Used by the
 * games service before it admits a game and by the worker before it loads one. Pure, any thread.
 */
#ifndef WIRE_GAME_IMAGE_H
#define WIRE_GAME_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "gamekit/game.h"

#define GAME_IMAGE_BYTES_MAX      (16u << 20)
#define GAME_IMAGE_SEGMENTS_MAX   64
#define GAME_IMAGE_SENTENCE_BYTES 200

/* Why an image is refused. X(NAME, stable code) */
#define IMAGE_REFUSALS(X)                                                                          \
    X(SIZE, "image_size")             /* empty or larger than GAME_IMAGE_BYTES_MAX */              \
    X(NOT_ELF, "image_not_elf")       /* or not for this kind of machine */                        \
    X(NOT_SHARED, "image_not_shared") /* no shared object */                                       \
    X(SEGMENTS, "image_segments")     /* a header points outside the file */                       \
    X(NO_NOTE, "image_no_manifest")                                                                \
    X(NOTE_TWICE, "image_two_manifests")                                                           \
    X(ABI_MAJOR, "image_abi_major")                                                                \
    X(ABI_MINOR, "image_abi_minor")                                                                \
    X(FLAGS, "image_flags")       /* unknown flag */                                               \
    X(RESERVED, "image_reserved") /* a reserved field is not zero */                               \
    X(MANIFEST, "image_manifest") /* a field is out of range */

enum image_refusal {
    IMAGE_FINE = 0,
#define X(name, code) IMAGE_REFUSED_##name,
    IMAGE_REFUSALS(X)
#undef X
};

const char *image_refusal_code(enum image_refusal refusal);

/* Reads and judges the manifest of the image `bytes`; on refusal `ret_sentence` says why. */
enum image_refusal game_image_inspect(const uint8_t *bytes, size_t count,
                                      struct gk_manifest *ret_manifest,
                                      char ret_sentence[GAME_IMAGE_SENTENCE_BYTES]);

/* The second half of it: the fields of a manifest by themselves. */
enum image_refusal game_manifest_judge(const struct gk_manifest *manifest,
                                       char ret_sentence[GAME_IMAGE_SENTENCE_BYTES]);

#endif
