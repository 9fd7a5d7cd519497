/* A hash by match id (its last bytes are random) of densely kept entries, under one lock. */
#include "games/placement.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS (PLACEMENTS_MAX * 2)
#define EMPTY   0

struct placements {
    pthread_mutex_t lock;
    size_t count;
    struct placement *entries[PLACEMENTS_MAX]; /* owned */
    uint32_t buckets[BUCKETS];                 /* entry + 1, open addressing; EMPTY */
};

static size_t bucket_of(const struct placements *placements, const struct id *match);
static void rehash_behind(struct placements *placements, size_t hole);

struct placements *placements_create(void)
{
    struct placements *placements = calloc(1, sizeof *placements);
    if (placements)
        pthread_mutex_init(&placements->lock, NULL);
    return placements;
}

void placements_destroy(struct placements *placements)
{
    if (!placements)
        return;
    for (size_t i = 0; i < placements->count; i++)
        free(placements->entries[i]);
    pthread_mutex_destroy(&placements->lock);
    free(placements);
}

bool placements_put(struct placements *placements, const struct placement *placement)
{
    struct placement *copy = malloc(sizeof *copy);
    bool fits = false;
    pthread_mutex_lock(&placements->lock);
    size_t bucket = bucket_of(placements, &placement->match);
    if (copy && placements->count < PLACEMENTS_MAX && placements->buckets[bucket] == EMPTY) {
        *copy = *placement;
        placements->entries[placements->count++] = copy;
        placements->buckets[bucket] = (uint32_t)placements->count;
        fits = true;
    }
    pthread_mutex_unlock(&placements->lock);
    if (!fits)
        free(copy);
    return fits;
}

void placements_seat(struct placements *placements, const struct id *match, const struct id *user)
{
    pthread_mutex_lock(&placements->lock);
    uint32_t found = placements->buckets[bucket_of(placements, match)];
    struct placement *placement = found != EMPTY ? placements->entries[found - 1] : NULL;
    if (placement && placement->player_count < GK_PLAYERS_MAX)
        placement->players[placement->player_count++] = *user;
    pthread_mutex_unlock(&placements->lock);
}

void placements_move(struct placements *placements, const struct id *match, const char *worker,
                     const char *sha_text)
{
    pthread_mutex_lock(&placements->lock);
    uint32_t found = placements->buckets[bucket_of(placements, match)];
    if (found != EMPTY) {
        struct placement *placement = placements->entries[found - 1];
        snprintf(placement->worker, sizeof placement->worker, "%s", worker);
        snprintf(placement->sha_text, sizeof placement->sha_text, "%s", sha_text);
    }
    pthread_mutex_unlock(&placements->lock);
}

void placements_remove(struct placements *placements, const struct id *match)
{
    pthread_mutex_lock(&placements->lock);
    size_t bucket = bucket_of(placements, match);
    if (placements->buckets[bucket] != EMPTY) {
        size_t index = placements->buckets[bucket] - 1;
        size_t last = placements->count - 1;
        placements->buckets[bucket_of(placements, &placements->entries[last]->match)] =
            (uint32_t)index + 1;
        free(placements->entries[index]);
        placements->entries[index] = placements->entries[last];
        placements->count--;
        placements->buckets[bucket] = EMPTY;
        rehash_behind(placements, bucket);
    }
    pthread_mutex_unlock(&placements->lock);
}

bool placements_find(struct placements *placements, const struct id *match,
                     struct placement *ret_placement)
{
    pthread_mutex_lock(&placements->lock);
    uint32_t found = placements->buckets[bucket_of(placements, match)];
    if (found != EMPTY)
        *ret_placement = *placements->entries[found - 1];
    pthread_mutex_unlock(&placements->lock);
    return found != EMPTY;
}

bool placements_at(struct placements *placements, size_t index, struct placement *ret_placement)
{
    pthread_mutex_lock(&placements->lock);
    bool found = index < placements->count;
    if (found)
        *ret_placement = *placements->entries[index];
    pthread_mutex_unlock(&placements->lock);
    return found;
}

int placements_playing(struct placements *placements, const char *game, const char *sha_text)
{
    int players = 0;
    pthread_mutex_lock(&placements->lock);
    for (size_t i = 0; i < placements->count; i++)
        if (strcmp(placements->entries[i]->game, game) == 0 &&
            (!sha_text || strcmp(placements->entries[i]->sha_text, sha_text) == 0))
            players += placements->entries[i]->player_count;
    pthread_mutex_unlock(&placements->lock);
    return players;
}

/* The bucket that holds `match`, or the empty one where it would stand. */
static size_t bucket_of(const struct placements *placements, const struct id *match)
{
    uint64_t key;
    memcpy(&key, match->bytes + 8, sizeof key);
    size_t bucket = (key ^ key >> 32) % BUCKETS;
    while (placements->buckets[bucket] != EMPTY &&
           !id_equal(&placements->entries[placements->buckets[bucket] - 1]->match, match))
        bucket = (bucket + 1) % BUCKETS;
    return bucket;
}

/* After a removal: whatever stands behind the hole without a gap is put in anew. */
static void rehash_behind(struct placements *placements, size_t hole)
{
    for (size_t at = (hole + 1) % BUCKETS; placements->buckets[at] != EMPTY;
         at = (at + 1) % BUCKETS) {
        uint32_t entry = placements->buckets[at];
        placements->buckets[at] = EMPTY;
        placements->buckets[bucket_of(placements, &placements->entries[entry - 1]->match)] = entry;
    }
}
