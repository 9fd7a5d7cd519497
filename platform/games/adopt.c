/* Each arena is mapped, its head held against the manifest of the image that it names, and its
 * matches carried over one by one; a version that was on trial is so again, with its way back. The
 * workers of then are dead: they die with their supervisor. */
#include "games/adopt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/bundle_store.h"
#include "games/carry.h"

#define ARENAS_MAX           (SUPERVISOR_WORKERS_MAX * 2)
#define ARENA_NAME_BYTES     256
#define ARENA_SUFFIX         ".arena"
#define LEFT_ARENA_BYTES_MAX (64ull << 30)

struct left_arena {
    char path[sizeof((struct supervisor *)0)->arena_folder + ARENA_NAME_BYTES];
    struct arena_head *head; /* mapped */
    uint64_t bytes;
    struct arena_head sizes; /* as they were when they were held against the manifest */
    struct image *image;     /* kept; NULL: it cannot be taken up */
};

struct left_arenas {
    int count;
    struct left_arena *each; /* owned */
};

/* Where a match would go back to, whose version was on trial. */
struct parked {
    const struct left_arena *arena;
    struct arena_match *match;
};

static int list_arenas(const struct supervisor *supervisor,
                       char ret_names[ARENAS_MAX][ARENA_NAME_BYTES]);
static bool open_arena(struct supervisor *supervisor, const char *name,
                       struct left_arena *ret_arena);
static const char *look_into(struct supervisor *supervisor, struct left_arena *arena);
static void close_arena(struct left_arena *arena);
static void adopt_trial(struct supervisor *supervisor, const struct left_arenas *arenas,
                        const struct left_arena *arena);
static bool waits_to_migrate(const struct arena_match *match);
static bool find_parked(const struct left_arenas *arenas, const struct left_arena *away,
                        const uint8_t match[16], struct parked *ret_parked);
static int adopt_matches(struct supervisor *supervisor, const struct left_arenas *arenas,
                         const struct left_arena *arena);
static struct live_match *adopt_match(struct supervisor *supervisor, const struct left_arena *arena,
                                      struct arena_match *left, struct worker **ret_worker);
static void park_again(struct worker *worker, const struct live_match *match,
                       const struct parked *parked);
static bool start_is_sane(const struct left_arena *arena, const struct control_match_start *start);
static bool is_adopted(const struct supervisor *supervisor, const struct id *match);
static struct worker *worker_with_room(struct supervisor *supervisor, struct image *image,
                                       uint32_t matches_per_worker);
static void take_result(struct supervisor *supervisor, const struct left_arena *arena,
                        const struct live_match *match, struct arena_match *left);

void adopt_arenas(struct supervisor *supervisor)
{
    char(*names)[ARENA_NAME_BYTES] = calloc(ARENAS_MAX, ARENA_NAME_BYTES);
    struct left_arenas arenas = {.each = calloc(ARENAS_MAX, sizeof *arenas.each)};
    if (names && arenas.each)
        arenas.count = list_arenas(supervisor, names);
    for (int i = 0; i < arenas.count; i++)
        if (!open_arena(supervisor, names[i], &arenas.each[i]))
            close_arena(&arenas.each[i]);
    for (int i = 0; i < arenas.count; i++)
        if (arenas.each[i].image)
            adopt_trial(supervisor, &arenas, &arenas.each[i]);
    for (int i = 0; i < arenas.count; i++) {
        const struct left_arena *arena = &arenas.each[i];
        if (!arena->image)
            continue;
        int matches = adopt_matches(supervisor, &arenas, arena);
        log_info("an arena of an earlier run is taken up", "arena", names[i], "game",
                 arena->image->manifest.id, "version", arena->image->manifest.version, "matches",
                 log_number(matches), NULL);
    }
    for (int i = 0; i < arenas.count; i++)
        close_arena(&arenas.each[i]);
    free(arenas.each);
    free(names);
}

/* All names first: what is carried over goes into files of the same folder. */
static int list_arenas(const struct supervisor *supervisor,
                       char ret_names[ARENAS_MAX][ARENA_NAME_BYTES])
{
    DIR *entries = opendir(supervisor->arena_folder);
    struct dirent *entry;
    int count = 0;
    while (entries && count < ARENAS_MAX && (entry = readdir(entries))) {
        size_t length = strlen(entry->d_name);
        if (length < sizeof ARENA_SUFFIX || length >= ARENA_NAME_BYTES ||
            strcmp(entry->d_name + length - (sizeof ARENA_SUFFIX - 1), ARENA_SUFFIX) != 0)
            continue;
        memcpy(ret_names[count++], entry->d_name, length + 1);
    }
    if (entries)
        closedir(entries);
    return count;
}

static bool open_arena(struct supervisor *supervisor, const char *name,
                       struct left_arena *ret_arena)
{
    snprintf(ret_arena->path, sizeof ret_arena->path, "%s/%s", supervisor->arena_folder, name);
    const char *fault = look_into(supervisor, ret_arena);
    if (fault)
        log_error("an arena of an earlier run cannot be taken up; its matches end", "arena", name,
                  "reason", fault, NULL);
    return fault == NULL;
}

/* NULL, or what is wrong with it. */
static const char *look_into(struct supervisor *supervisor, struct left_arena *arena)
{
    struct stat status;
    char sha[SHA_TEXT_BYTES];
    int file = open(arena->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return strerror(errno);
    bool fits = fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
                status.st_size >= (off_t)sizeof *arena->head &&
                (uint64_t)status.st_size <= LEFT_ARENA_BYTES_MAX;
    void *bytes =
        fits ? mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
             : MAP_FAILED;
    close(file);
    if (bytes == MAP_FAILED)
        return fits ? strerror(errno) : "it is no arena";
    arena->head = bytes;
    arena->bytes = (uint64_t)status.st_size;
    arena->sizes = *arena->head;
    for (size_t i = 0; i < sizeof arena->sizes.image; i++)
        snprintf(sha + 2 * i, 3, "%02x", arena->sizes.image[i]);
    if (bundle_load(supervisor->context->settings->data_dir, sha, &arena->image) != OK)
        return "its version of the game is not in the store";
    if (!arena_head_fits(&arena->sizes, &arena->image->manifest, arena->bytes))
        return "its head does not fit its game";
    return NULL;
}

/* Twice is once. */
static void close_arena(struct left_arena *arena)
{
    if (arena->head)
        munmap(arena->head, arena->bytes);
    image_release(arena->image);
    unlink(arena->path);
    arena->head = NULL;
    arena->image = NULL;
}

/* Its version is on trial if a match in it has left another one, and arrived. */
static void adopt_trial(struct supervisor *supervisor, const struct left_arenas *arenas,
                        const struct left_arena *arena)
{
    struct parked parked;
    if (atomic_load(&arena->head->on_trial) != 1)
        return;
    for (uint32_t i = 0; i < arena->sizes.match_count; i++) {
        struct arena_match *match = arena_match_in(arena->head, &arena->sizes, i);
        if (atomic_load(&match->status) != ARENA_LIVE || waits_to_migrate(match) ||
            !find_parked(arenas, arena, match->start.match, &parked))
            continue;
        game_adopt_trial(supervisor, arena->image, parked.arena->image);
        return;
    }
}

static bool waits_to_migrate(const struct arena_match *match)
{
    return match->imported && atomic_load(&match->commits) == 0;
}

static bool find_parked(const struct left_arenas *arenas, const struct left_arena *away,
                        const uint8_t match[16], struct parked *ret_parked)
{
    for (int i = 0; i < arenas->count; i++) {
        const struct left_arena *arena = &arenas->each[i];
        if (!arena->image || image_equal(arena->image, away->image) ||
            strcmp(arena->image->manifest.id, away->image->manifest.id) != 0)
            continue;
        for (uint32_t j = 0; j < arena->sizes.match_count; j++) {
            struct arena_match *left = arena_match_in(arena->head, &arena->sizes, j);
            if (atomic_load(&left->status) != ARENA_PARKED ||
                memcmp(left->start.match, match, sizeof left->start.match) != 0)
                continue;
            *ret_parked = (struct parked){arena, left};
            return true;
        }
    }
    return false;
}

static int adopt_matches(struct supervisor *supervisor, const struct left_arenas *arenas,
                         const struct left_arena *arena)
{
    int count = 0;
    for (uint32_t i = 0; i < arena->sizes.match_count; i++) {
        struct arena_match *left = arena_match_in(arena->head, &arena->sizes, i);
        uint32_t status = atomic_load(&left->status);
        struct worker *worker;
        struct parked parked;
        if (status != ARENA_LIVE && status != ARENA_OVER)
            continue;
        bool stays = status == ARENA_LIVE && waits_to_migrate(left) &&
                     find_parked(arenas, arena, left->start.match, &parked);
        const struct live_match *match =
            stays ? adopt_match(supervisor, parked.arena, parked.match, &worker)
                  : adopt_match(supervisor, arena, left, &worker);
        if (!match)
            continue;
        count++;
        if (stays)
            match_changed(worker, match); /* it has heard of the other version already */
        if (stays || !game_is_on_trial(supervisor, arena->image) ||
            !find_parked(arenas, arena, match->id.bytes, &parked))
            continue;
        park_again(worker, match, &parked);
        match_changed(worker, match); /* who was killed then may not have come to say it */
    }
    return count;
}

/* At the same index as where it is played, as after a change. */
static void park_again(struct worker *worker, const struct live_match *match,
                       const struct parked *parked)
{
    const struct supervisor *supervisor = worker->supervisor;
    const struct arena_wish wish = {.capacity = worker->process->capacity};
    uint32_t index = match->start.arena_index;
    if (!worker->parked)
        worker->parked =
            worker_process_create(parked->arena->image, supervisor->arena_folder, &wish);
    if (!worker->parked || !image_equal(worker->parked->image, parked->arena->image) ||
        index >= worker->parked->capacity)
        return; /* it goes back as one that began later */
    const struct carry from = {&parked->arena->sizes, parked->match};
    const struct carry to = {&worker->parked->sizes, worker_process_match(worker->parked, index)};
    if (carry_match(&from, &to, &match->start))
        atomic_store(&to.match->status, ARENA_PARKED);
}

/* It is in the placements before its worker plays: gateways and the sweep of what is left over find
 * it. Its longest time begins anew. */
static struct live_match *adopt_match(struct supervisor *supervisor, const struct left_arena *arena,
                                      struct arena_match *left, struct worker **ret_worker)
{
    struct live_match *match = calloc(1, sizeof *match);
    if (!match)
        return NULL;
    match->start = left->start;
    match->begun_ms = clock_monotonic_ms();
    memcpy(match->id.bytes, match->start.match, sizeof match->id.bytes);
    if (!start_is_sane(arena, &match->start) || is_adopted(supervisor, &match->id)) {
        free(match);
        return NULL;
    }
    if (atomic_load(&left->status) == ARENA_OVER) {
        take_result(supervisor, arena, match, left);
        free(match);
        return NULL;
    }
    struct worker *worker =
        worker_with_room(supervisor, arena->image, match->start.matches_per_worker);
    if (!worker || !worker_take(worker, match)) {
        free(match);
        return NULL;
    }
    struct carry from = {&arena->sizes, left};
    struct carry to = {&worker->process->sizes,
                       worker_process_match(worker->process, match->start.arena_index)};
    if (carry_match(&from, &to, &match->start) && match_place(worker, match)) {
        if (game_is_on_trial(supervisor, arena->image)) /* for the way back */
            carry_journal(&from, &to, 0, arena_newest(to.sizes, to.match)->journaled);
        atomic_store(&to.match->status, ARENA_LIVE);
        match->record = record_resume(supervisor->records, arena->image, &match->start, to.match);
        *ret_worker = worker;
        return match;
    }
    match_abort(worker, match);
    return NULL;
}

static bool start_is_sane(const struct left_arena *arena, const struct control_match_start *start)
{
    const struct gk_manifest *manifest = &arena->image->manifest;
    return start->slot_count >= 1 && start->slot_count <= manifest->players_max &&
           start->mode < manifest->mode_count && start->abandoned_ms >= 0;
}

/* The arenas of a swap may both have it: they had the same commit then. */
static bool is_adopted(const struct supervisor *supervisor, const struct id *match)
{
    for (size_t i = 0; i < supervisor->worker_count; i++)
        if (worker_match_of(supervisor->workers[i], match->bytes))
            return true;
    return false;
}

/* The wish to be few may have been written over by the game: it gets no more workers by it than
 * other matches do. */
static struct worker *worker_with_room(struct supervisor *supervisor, struct image *image,
                                       uint32_t matches_per_worker)
{
    struct worker *any = NULL;
    int count = 0;
    for (size_t i = 0; i < supervisor->worker_count; i++) {
        struct worker *worker = supervisor->workers[i];
        if (!image_equal(worker->process->image, image))
            continue;
        if (worker_has_room(worker, matches_per_worker))
            return worker;
        count++;
        if (worker->match_count < worker->process->capacity)
            any = worker;
    }
    if (any && count >= WORKERS_PER_GAME_MAX)
        return any;
    struct worker *worker = worker_add(supervisor, image);
    if (worker)
        game_adopt(supervisor, worker);
    return worker;
}

/* It was over, and nobody had taken its result. Whether it is taken now, its row decides. */
static void take_result(struct supervisor *supervisor, const struct left_arena *arena,
                        const struct live_match *match, struct arena_match *left)
{
    struct match_result over = {.match = match->id,
                                .epoch = MATCH_EPOCH_FIRST,
                                .ticks = left->ticks,
                                .state_hash = left->state_hash,
                                .ended_unix_ms = clock_unix_ms(),
                                .result = left->result};
    if (!match_result_is_sane(match, &over.result))
        return;
    struct record *record = record_resume(supervisor->records, arena->image, &match->start, left);
    record_look(record, arena->image, &arena->sizes, left);
    record_end(record, &over);
    results_push(supervisor->results, &over);
}
