/*
 * A game's shared object, read as data: no code of it runs. Finds the manifest in the ELF note and
 * judges it, then judges what the loader would do with the rest. Every byte is hostile: all offsets
 * and sizes are checked against the file. Used by the games service before it admits a game, by the
 * worker before it loads one, and by the author's tool. Pure, any thread.
 */
#ifndef HOST_IMAGE_H
#define HOST_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gamekit/game.h"

#define GAME_IMAGE_BYTES_MAX      (16u << 20)
#define GAME_IMAGE_SEGMENTS_MAX   64
#define GAME_IMAGE_SENTENCE_BYTES 360
#define GAME_IMAGE_MAPPED_MAX     (64u << 20) /* bytes of address space */

/* Why an image is refused. X(NAME, stable code); docs/games/refused.md explains each. */
#define IMAGE_REFUSALS(X)                                                                          \
    X(EMPTY, "image_empty")                                                                        \
    X(SIZE, "image_size")             /* larger than GAME_IMAGE_BYTES_MAX */                       \
    X(NOT_ELF, "image_not_elf")       /* text, an archive, a page of the web, ... */               \
    X(NOT_64_BIT, "image_not_64_bit") /* or big-endian */                                          \
    X(MACHINE, "image_machine")       /* built for another kind of processor */                    \
    X(NOT_SHARED, "image_not_shared") /* a program or an object file */                            \
    X(TRUNCATED, "image_truncated")   /* what its headers announce lies behind its end */          \
    X(SEGMENTS, "image_segments")     /* its program headers contradict each other */              \
    X(NO_NOTE, "image_no_manifest")                                                                \
    X(NOTE_TWICE, "image_two_manifests")                                                           \
    X(NOTE_SHORT, "image_short_manifest")                                                          \
    X(ABI_MAJOR, "image_abi_major")                                                                \
    X(ABI_MINOR, "image_abi_minor")                                                                \
    X(FLAGS, "image_flags")                  /* unknown flag */                                    \
    X(RESERVED, "image_reserved")            /* a reserved field is not zero */                    \
    X(MANIFEST, "image_manifest")            /* a field is out of range */                         \
    X(EXECUTABLE_STACK, "image_stack")       /* it asks for one, or does not say */                \
    X(WRITABLE_CODE, "image_writable_code")  /* a segment to write and to execute */               \
    X(TEXT_RELOCATIONS, "image_relocations") /* that change code, or run it */                     \
    X(WRITABLE_STATICS, "image_statics")     /* memory of its own that can change */               \
    X(DYNAMIC, "image_dynamic")              /* the dynamic section is missing, or lies */         \
    X(NEEDS_LIBRARY, "image_needs_library")  /* it would make the loader open another file */      \
    X(CONSTRUCTOR, "image_constructor")      /* code that runs when it is loaded or unloaded */    \
    X(UNDEFINED, "image_undefined_symbol")   /* a function that is nowhere */                      \
    X(NO_TABLE, "image_no_table")            /* gk_game_v1 is not exported */                      \
    X(EXPORTS, "image_exports")              /* more than gk_game_v1 is exported */                \
    X(TABLE, "image_table")                  /* gk_game_v1 is no whole table */

enum image_refusal {
    IMAGE_FINE = 0,
#define X(name, code) IMAGE_REFUSED_##name,
    IMAGE_REFUSALS(X)
#undef X
};

const char *image_refusal_code(enum image_refusal refusal);

/* Reads and judges the image `bytes` and its manifest; on refusal `ret_sentence` says why and what
 * to do about it. */
enum image_refusal game_image_inspect(const uint8_t *bytes, size_t count,
                                      struct gk_manifest *ret_manifest,
                                      char ret_sentence[GAME_IMAGE_SENTENCE_BYTES]);

/* The address space that an image takes which was inspected and is fine. */
uint64_t game_image_mapped_bytes(const uint8_t *bytes, size_t count);

/* Whether such an image has the callback at `offset` of struct gk_game. */
bool game_image_has_callback(const uint8_t *bytes, size_t count, size_t offset);

/* The second half of it: the fields of a manifest by themselves. */
enum image_refusal game_manifest_judge(const struct gk_manifest *manifest,
                                       char ret_sentence[GAME_IMAGE_SENTENCE_BYTES]);

#endif
