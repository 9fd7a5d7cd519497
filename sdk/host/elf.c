/*
 * What the loader would do with a game, found out without it. It goes by program headers and by
 * addresses, as the loader does, and takes only what a game needs: one table to find, addresses to
 * move. Whatever else a shared object may ask for has a code of its own, or is
 * IMAGE_REFUSED_DYNAMIC.
 */
#include "host/elf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PAGE                4096u
#define DYNAMIC_ENTRIES_MAX 128
#define SYMBOLS_MAX         65536
#define NAME_BYTES_SHOWN    60
#define TABLE_BYTES_MIN     (offsetof(struct gk_game, result) + sizeof(uint64_t))
#define TABLE_BYTES_MAX     4096 /* of a later minor */

#if defined(__x86_64__)
#define RELOCATION_RELATIVE R_X86_64_RELATIVE
#define RELOCATION_ADDRESS  R_X86_64_64
#define RELOCATION_SYMBOL   R_X86_64_GLOB_DAT
#else
#define RELOCATION_RELATIVE R_AARCH64_RELATIVE
#define RELOCATION_ADDRESS  R_AARCH64_ABS64
#define RELOCATION_SYMBOL   R_AARCH64_GLOB_DAT
#endif

/* The dynamic section, each entry at most once. */
struct dynamic {
    uint64_t hash, gnu_hash, strings, symbols, relocations, calls;
    uint64_t string_bytes, symbol_bytes, relocation_bytes, relocation_entry_bytes;
    uint64_t flags, flags_1;
    bool has_hash, has_gnu_hash, has_strings, has_symbols, has_relocations, has_calls;
};

static enum image_refusal segments_judge(struct game_elf *elf);
static enum image_refusal load_judge(struct game_elf *elf, const Elf64_Phdr *load, uint64_t *end);
static enum image_refusal statics_judge(struct game_elf *elf);
static enum image_refusal dynamic_read(struct game_elf *elf, struct dynamic *dynamic);
static enum image_refusal entry_take(struct game_elf *elf, Elf64_Dyn entry,
                                     struct dynamic *dynamic);
static enum image_refusal symbols_judge(struct game_elf *elf, const struct dynamic *dynamic);
static enum image_refusal table_judge(struct game_elf *elf, const Elf64_Sym *symbol);
static enum image_refusal relocations_judge(struct game_elf *elf, const struct dynamic *dynamic);
static bool symbols_count(struct game_elf *elf, const struct dynamic *dynamic, uint64_t *ret_count);
static bool gnu_symbols_count(struct game_elf *elf, uint64_t address, uint64_t *ret_count);
static void name_of(struct game_elf *elf, const struct dynamic *dynamic, const Elf64_Sym *symbol,
                    char ret_name[NAME_BYTES_SHOWN]);
static const uint8_t *at(struct game_elf *elf, uint64_t address, uint64_t count);
static bool word_at(struct game_elf *elf, uint64_t address, uint32_t *ret_word);
static enum image_refusal refuse(struct game_elf *elf, enum image_refusal refusal,
                                 const char *format, ...) __attribute__((format(printf, 3, 4)));

enum image_refusal game_elf_judge(struct game_elf *elf)
{
    struct dynamic dynamic = {0};
    enum image_refusal refusal = segments_judge(elf);
    if (refusal == IMAGE_FINE)
        refusal = dynamic_read(elf, &dynamic);
    if (refusal == IMAGE_FINE)
        refusal = symbols_judge(elf, &dynamic);
    if (refusal == IMAGE_FINE)
        refusal = statics_judge(elf);
    if (refusal == IMAGE_FINE)
        refusal = relocations_judge(elf, &dynamic);
    return refusal;
}

static enum image_refusal segments_judge(struct game_elf *elf)
{
    bool stack_seen = false, dynamic_seen = false;
    uint64_t end = 0;
    for (unsigned i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];
        enum image_refusal refusal = IMAGE_FINE;
        if (segment->p_type == PT_LOAD)
            refusal = load_judge(elf, segment, &end);
        else if (segment->p_type == PT_INTERP)
            refusal = refuse(elf, IMAGE_REFUSED_NOT_SHARED,
                             "The file is a program: link it with -shared and without -pie.");
        else if (segment->p_type == PT_TLS)
            refusal = refuse(elf, IMAGE_REFUSED_WRITABLE_STATICS,
                             "The game has thread-local variables: keep everything in the state.");
        else if (segment->p_type == PT_GNU_STACK && (segment->p_flags & PF_X))
            refusal = refuse(elf, IMAGE_REFUSED_EXECUTABLE_STACK,
                             "The game asks for an executable stack: link it with -z noexecstack, "
                             "and take no address of a nested function.");
        else if (segment->p_type == PT_DYNAMIC && dynamic_seen)
            refusal = refuse(elf, IMAGE_REFUSED_DYNAMIC,
                             "There are two dynamic sections: build it with a usual linker.");
        if (refusal != IMAGE_FINE)
            return refusal;
        stack_seen |= segment->p_type == PT_GNU_STACK;
        dynamic_seen |= segment->p_type == PT_DYNAMIC;
    }
    if (!stack_seen)
        return refuse(elf, IMAGE_REFUSED_EXECUTABLE_STACK,
                      "The game does not say that its stack needs no code: link it with "
                      "-z noexecstack.");
    if (end == 0 || !dynamic_seen)
        return refuse(elf, IMAGE_REFUSED_DYNAMIC,
                      "There is nothing to load: link it with -shared, not statically.");
    return IMAGE_FINE;
}

/* Segments come in the order of their addresses and share no page, `end` is behind the last one. */
static enum image_refusal load_judge(struct game_elf *elf, const Elf64_Phdr *load, uint64_t *end)
{
    if ((load->p_flags & PF_W) && (load->p_flags & PF_X))
        return refuse(elf, IMAGE_REFUSED_WRITABLE_CODE,
                      "A segment can be written and executed: link without -N and without a "
                      "linker script of your own.");
    bool is_sane =
        load->p_filesz <= load->p_memsz && load->p_memsz <= GAME_IMAGE_MAPPED_MAX &&
        load->p_vaddr <= GAME_IMAGE_MAPPED_MAX &&
        load->p_vaddr + load->p_memsz <= GAME_IMAGE_MAPPED_MAX && load->p_align >= PAGE &&
        (load->p_align & (load->p_align - 1)) == 0 && load->p_align <= GAME_IMAGE_MAPPED_MAX &&
        load->p_vaddr % PAGE == load->p_offset % PAGE && load->p_vaddr / PAGE * PAGE >= *end;
    if (!is_sane)
        return refuse(
            elf, IMAGE_REFUSED_SEGMENTS,
            "A segment's address or size (0x%llx, 0x%llx bytes) fits neither the file nor "
            "the others: build it with a usual linker.",
            (unsigned long long)load->p_vaddr, (unsigned long long)load->p_memsz);
    *end = (load->p_vaddr + load->p_memsz + PAGE - 1) / PAGE * PAGE;
    return IMAGE_FINE;
}

/* What can be written lies within what the loader makes read-only once the addresses are in. */
static enum image_refusal statics_judge(struct game_elf *elf)
{
    uint64_t first = 0, last = 0;
    for (unsigned i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr *relro = &elf->segments[i];
        if (relro->p_type != PT_GNU_RELRO || relro->p_memsz > GAME_IMAGE_MAPPED_MAX ||
            relro->p_vaddr > GAME_IMAGE_MAPPED_MAX)
            continue;
        first = relro->p_vaddr / PAGE * PAGE;
        last = (relro->p_vaddr + relro->p_memsz) / PAGE * PAGE; /* as the loader rounds */
    }
    for (unsigned i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr *load = &elf->segments[i];
        if (load->p_type != PT_LOAD || !(load->p_flags & PF_W))
            continue;
        if (load->p_vaddr < first || load->p_vaddr + load->p_memsz > last)
            return refuse(elf, IMAGE_REFUSED_WRITABLE_STATICS,
                          "The game has variables outside the state (.data or .bss): keep "
                          "everything that changes in the state, make the rest const, and link "
                          "with -z relro -z now.");
    }
    return IMAGE_FINE;
}

static enum image_refusal dynamic_read(struct game_elf *elf, struct dynamic *dynamic)
{
    const Elf64_Phdr *segment = elf->segments;
    while (segment->p_type != PT_DYNAMIC)
        segment++; /* there is one: see segments_judge */
    const uint8_t *bytes = at(elf, segment->p_vaddr, segment->p_filesz);
    uint64_t count = segment->p_filesz / sizeof(Elf64_Dyn);
    if (!bytes || count == 0 || count > DYNAMIC_ENTRIES_MAX)
        return refuse(elf, IMAGE_REFUSED_DYNAMIC,
                      "The dynamic section lies outside what is loaded: build it with a usual "
                      "linker.");
    for (uint64_t i = 0; i < count; i++) {
        Elf64_Dyn entry;
        memcpy(&entry, bytes + i * sizeof entry, sizeof entry);
        if (entry.d_tag == DT_NULL)
            return IMAGE_FINE;
        enum image_refusal refusal = entry_take(elf, entry, dynamic);
        if (refusal != IMAGE_FINE)
            return refusal;
    }
    return refuse(elf, IMAGE_REFUSED_DYNAMIC,
                  "The dynamic section has no end: build it with a usual linker.");
}

static enum image_refusal entry_take(struct game_elf *elf, Elf64_Dyn entry, struct dynamic *dynamic)
{
    bool is_twice = false;
#define TAKE_ADDRESS(field)                                                                        \
    is_twice = dynamic->has_##field;                                                               \
    dynamic->has_##field = true;                                                                   \
    dynamic->field = entry.d_un.d_ptr

    switch (entry.d_tag) {
    case DT_HASH:
        TAKE_ADDRESS(hash);
        break;
    case DT_GNU_HASH:
        TAKE_ADDRESS(gnu_hash);
        break;
    case DT_STRTAB:
        TAKE_ADDRESS(strings);
        break;
    case DT_SYMTAB:
        TAKE_ADDRESS(symbols);
        break;
    case DT_RELA:
        TAKE_ADDRESS(relocations);
        break;
    case DT_STRSZ:
        dynamic->string_bytes = entry.d_un.d_val;
        break;
    case DT_SYMENT:
        dynamic->symbol_bytes = entry.d_un.d_val;
        break;
    case DT_RELASZ:
        dynamic->relocation_bytes = entry.d_un.d_val;
        break;
    case DT_RELAENT:
        dynamic->relocation_entry_bytes = entry.d_un.d_val;
        break;
    case DT_FLAGS:
        dynamic->flags = entry.d_un.d_val;
        break;
    case DT_FLAGS_1:
        dynamic->flags_1 = entry.d_un.d_val;
        break;
    case DT_JMPREL:
        TAKE_ADDRESS(calls);
        break;
    case DT_PLTGOT: /* go with it */
    case DT_PLTREL:
    case DT_PLTRELSZ:
        break;
    case DT_RELACOUNT: /* hints, or of no effect here */
    case DT_SONAME:
    case DT_SYMBOLIC:
    case DT_BIND_NOW:
        break;
    case DT_NEEDED:
    case DT_AUXILIARY:
    case DT_FILTER:
    case DT_AUDIT:
    case DT_DEPAUDIT:
        return refuse(elf, IMAGE_REFUSED_NEEDS_LIBRARY,
                      "The game needs another library: link it with -nostdlib and use only what "
                      "gamekit's headers bring.");
    case DT_INIT:
    case DT_FINI:
    case DT_INIT_ARRAY:
    case DT_FINI_ARRAY:
    case DT_PREINIT_ARRAY:
        return refuse(elf, IMAGE_REFUSED_CONSTRUCTOR,
                      "The game runs code when it is loaded or unloaded: link it with "
                      "-nostartfiles and without constructors.");
    case DT_TEXTREL:
    case DT_REL:
    case DT_RELR:
        return refuse(elf, IMAGE_REFUSED_TEXT_RELOCATIONS,
                      "The game's code has to be changed while it is loaded: build it with -fPIC "
                      "-fvisibility=hidden -Wl,-z,now.");
    default:
        return refuse(elf, IMAGE_REFUSED_DYNAMIC,
                      "The dynamic section has an entry that no game needs (0x%llx): link it as "
                      "the template does.",
                      (unsigned long long)entry.d_tag);
    }
#undef TAKE_ADDRESS
    if (is_twice)
        return refuse(elf, IMAGE_REFUSED_DYNAMIC,
                      "The dynamic section says something twice: build it with a usual linker.");
    return IMAGE_FINE;
}

static enum image_refusal symbols_judge(struct game_elf *elf, const struct dynamic *dynamic)
{
    uint64_t count = 0, tables = 0;
    if (!dynamic->has_symbols || !dynamic->has_strings ||
        dynamic->symbol_bytes != sizeof(Elf64_Sym) || !symbols_count(elf, dynamic, &count) ||
        !at(elf, dynamic->symbols, count * sizeof(Elf64_Sym)) ||
        !at(elf, dynamic->strings, dynamic->string_bytes))
        return refuse(elf, IMAGE_REFUSED_DYNAMIC,
                      "The table of the symbols lies outside what is loaded: build it with a usual "
                      "linker.");
    const uint8_t *symbols = at(elf, dynamic->symbols, count * sizeof(Elf64_Sym));
    for (uint64_t i = 1; i < count; i++) {
        Elf64_Sym symbol;
        char name[NAME_BYTES_SHOWN];
        memcpy(&symbol, symbols + i * sizeof symbol, sizeof symbol);
        name_of(elf, dynamic, &symbol, name);
        if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL)
            continue;
        if (symbol.st_shndx == SHN_UNDEF)
            return refuse(elf, IMAGE_REFUSED_UNDEFINED,
                          "The game uses \"%s\", which is nowhere: use gamekit's own functions, "
                          "and link with -Wl,-z,defs to hear of it earlier.",
                          name);
        if (strcmp(name, GK_SYMBOL) != 0)
            return refuse(elf, IMAGE_REFUSED_EXPORTS,
                          "The game exports \"%s\": make it static, or build with "
                          "-fvisibility=hidden.",
                          name);
        enum image_refusal refusal = table_judge(elf, &symbol);
        if (refusal != IMAGE_FINE)
            return refusal;
        tables++;
    }
    if (tables != 1)
        return refuse(elf, IMAGE_REFUSED_NO_TABLE,
                      "The game does not export " GK_SYMBOL ": write GK_EXPORT(...) in one source "
                      "file.");
    return IMAGE_FINE;
}

static enum image_refusal table_judge(struct game_elf *elf, const Elf64_Sym *symbol)
{
    uint32_t size = 0, reserved = 0;
    bool is_there =
        ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT && symbol->st_size >= TABLE_BYTES_MIN &&
        symbol->st_size <= TABLE_BYTES_MAX && symbol->st_value % sizeof(uint64_t) == 0 &&
        at(elf, symbol->st_value, symbol->st_size) && word_at(elf, symbol->st_value, &size) &&
        word_at(elf, symbol->st_value + sizeof size, &reserved);
    if (!is_there || size < TABLE_BYTES_MIN || size > symbol->st_size)
        return refuse(elf, IMAGE_REFUSED_TABLE,
                      GK_SYMBOL " is no whole table of callbacks: write it with GK_EXPORT.");
    if (reserved != 0)
        return refuse(elf, IMAGE_REFUSED_RESERVED,
                      GK_SYMBOL ".reserved is not zero: write it with GK_EXPORT.");
    elf->table = symbol->st_value;
    elf->table_bytes = size;
    return IMAGE_FINE;
}

/* Only addresses are moved, and only within what can be written while loading. A relocation that
 * asks a function for the address (IRELATIVE) would run it. */
static enum image_refusal relocations_judge(struct game_elf *elf, const struct dynamic *dynamic)
{
    if ((dynamic->flags & (DF_TEXTREL | DF_STATIC_TLS)) != 0 || dynamic->has_calls)
        return refuse(elf, IMAGE_REFUSED_TEXT_RELOCATIONS,
                      "The game's code has to be changed while it is loaded: build it with -fPIC "
                      "-fvisibility=hidden and without ifunc.");
    if (!dynamic->has_relocations)
        return IMAGE_FINE;
    const uint8_t *bytes = at(elf, dynamic->relocations, dynamic->relocation_bytes);
    if (!bytes || dynamic->relocation_entry_bytes != sizeof(Elf64_Rela))
        return refuse(elf, IMAGE_REFUSED_DYNAMIC,
                      "The relocations lie outside what is loaded: build it with a usual linker.");
    for (uint64_t i = 0; i < dynamic->relocation_bytes / sizeof(Elf64_Rela); i++) {
        Elf64_Rela rela;
        bool is_written = false;
        memcpy(&rela, bytes + i * sizeof rela, sizeof rela);
        for (unsigned j = 0; j < elf->segment_count; j++) {
            const Elf64_Phdr *load = &elf->segments[j];
            is_written |= load->p_type == PT_LOAD && (load->p_flags & PF_W) &&
                          rela.r_offset >= load->p_vaddr && load->p_memsz >= sizeof(uint64_t) &&
                          rela.r_offset - load->p_vaddr <= load->p_memsz - sizeof(uint64_t);
        }
        uint32_t type = (uint32_t)ELF64_R_TYPE(rela.r_info);
        if (!is_written || (type != RELOCATION_RELATIVE && type != RELOCATION_ADDRESS &&
                            type != RELOCATION_SYMBOL))
            return refuse(elf, IMAGE_REFUSED_TEXT_RELOCATIONS,
                          "Relocation %llu (type %u) changes more than an address in a constant: "
                          "build it with -fPIC -fvisibility=hidden and without ifunc.",
                          (unsigned long long)i, type);
        uint64_t word = (rela.r_offset - elf->table) / sizeof(uint64_t);
        if (rela.r_offset >= elf->table && word < 64)
            elf->table_filled |= UINT64_C(1) << word;
    }
    return IMAGE_FINE;
}

/* By the hash tables, as there is no other word for it: the larger one counts. */
static bool symbols_count(struct game_elf *elf, const struct dynamic *dynamic, uint64_t *ret_count)
{
    uint64_t count = 0;
    uint32_t chains = 0;
    if (dynamic->has_gnu_hash && !gnu_symbols_count(elf, dynamic->gnu_hash, &count))
        return false;
    if (dynamic->has_hash && !word_at(elf, dynamic->hash + sizeof chains, &chains))
        return false;
    *ret_count = chains > count ? chains : count;
    return *ret_count >= 1 && *ret_count <= SYMBOLS_MAX;
}

/* The last bucket's chain ends with the last symbol: its hash has the lowest bit set. */
static bool gnu_symbols_count(struct game_elf *elf, uint64_t address, uint64_t *ret_count)
{
    uint32_t buckets, first, filters, last = 0, word;
    if (!word_at(elf, address, &buckets) || !word_at(elf, address + 4, &first) ||
        !word_at(elf, address + 8, &filters) || buckets == 0 || buckets > SYMBOLS_MAX ||
        filters == 0 || filters > SYMBOLS_MAX || (filters & (filters - 1)) != 0)
        return false;
    uint64_t table = address + 16 + 8ull * filters;
    for (uint32_t i = 0; i < buckets; i++) {
        if (!word_at(elf, table + 4ull * i, &word))
            return false;
        last = word > last ? word : last;
    }
    if (last == 0) {
        *ret_count = first;
        return true;
    }
    if (last < first || last > SYMBOLS_MAX)
        return false;
    uint64_t chains = table + 4ull * buckets;
    do {
        if (last > SYMBOLS_MAX || !word_at(elf, chains + 4ull * (last - first), &word))
            return false;
        last++;
    } while (!(word & 1));
    *ret_count = last;
    return true;
}

/* Cut to what a sentence has room for, and to what can be printed. */
static void name_of(struct game_elf *elf, const struct dynamic *dynamic, const Elf64_Sym *symbol,
                    char ret_name[NAME_BYTES_SHOWN])
{
    const char *strings = (const char *)at(elf, dynamic->strings, dynamic->string_bytes);
    size_t length = 0;
    for (uint64_t i = symbol->st_name;
         i < dynamic->string_bytes && strings[i] != '\0' && length < NAME_BYTES_SHOWN - 1; i++)
        ret_name[length++] = strings[i] > ' ' && strings[i] < 0x7f ? strings[i] : '?';
    ret_name[length] = '\0';
}

/* The bytes of the file that are loaded to `address`, NULL when they are not all of it. */
static const uint8_t *at(struct game_elf *elf, uint64_t address, uint64_t count)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr *load = &elf->segments[i];
        if (load->p_type == PT_LOAD && address >= load->p_vaddr &&
            address - load->p_vaddr <= load->p_filesz &&
            count <= load->p_filesz - (address - load->p_vaddr))
            return elf->file.bytes + load->p_offset + (address - load->p_vaddr);
    }
    return NULL;
}

static bool word_at(struct game_elf *elf, uint64_t address, uint32_t *ret_word)
{
    const uint8_t *bytes = at(elf, address, sizeof *ret_word);
    if (bytes)
        memcpy(ret_word, bytes, sizeof *ret_word);
    return bytes != NULL;
}

static enum image_refusal refuse(struct game_elf *elf, enum image_refusal refusal,
                                 const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(elf->sentence, GAME_IMAGE_SENTENCE_BYTES, format, arguments);
    va_end(arguments);
    return refusal;
}
