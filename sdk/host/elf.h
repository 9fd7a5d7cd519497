/*
 * Between the two halves of the image reader: image.c finds the headers and the manifest,
 * elf.c judges what the loader would do. Nobody else includes it.
 */
#ifndef HOST_ELF_H
#define HOST_ELF_H

#include <elf.h>
#include <stdbool.h>

#include "host/image.h"

struct game_span {
    const uint8_t *bytes;
    uint64_t count;
};

struct game_elf {
    struct game_span file;
    Elf64_Ehdr head;
    Elf64_Phdr segments[GAME_IMAGE_SEGMENTS_MAX]; /* each with its bytes inside the file */
    unsigned segment_count;
    uint64_t table;        /* address of gk_game_v1 */
    uint32_t table_bytes;  /* as it says itself */
    uint64_t table_filled; /* bit i: its i-th word gets an address when it is loaded */
    char *sentence;        /* GAME_IMAGE_SENTENCE_BYTES */
};

static inline bool game_span_holds(struct game_span span, uint64_t offset, uint64_t count)
{
    return offset <= span.count && count <= span.count - offset;
}

/* Segments, dynamic section, symbols and relocations. Trusts no section header. Finds the table. */
enum image_refusal game_elf_judge(struct game_elf *elf);

#endif
