#include "games/catalog.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char id[CATALOG_ID_BYTES];
    struct image *image; /* owned; NULL: none yet */
    bool disabled;
};

struct catalog {
    pthread_mutex_t lock; /* over all below */
    struct entry games[CATALOG_GAMES_MAX];
    size_t game_count;
};

static struct entry *find(struct catalog *catalog, const char *id);
static struct entry *find_or_add(struct catalog *catalog, const char *id);
static int compare_ids(const void *a, const void *b);

struct catalog *catalog_create(void)
{
    struct catalog *catalog = calloc(1, sizeof *catalog);
    if (catalog)
        pthread_mutex_init(&catalog->lock, NULL);
    return catalog;
}

void catalog_destroy(struct catalog *catalog)
{
    if (!catalog)
        return;
    for (size_t i = 0; i < catalog->game_count; i++)
        image_release(catalog->games[i].image);
    pthread_mutex_destroy(&catalog->lock);
    free(catalog);
}

enum error catalog_put(struct catalog *catalog, struct image *image)
{
    struct image *before = NULL;
    pthread_mutex_lock(&catalog->lock);
    struct entry *entry = find_or_add(catalog, image->manifest.id);
    if (entry) {
        before = entry->image;
        entry->image = image_keep(image);
    }
    pthread_mutex_unlock(&catalog->lock);
    image_release(before);
    return entry ? OK : ERROR_OVERLOADED;
}

enum error catalog_enable(struct catalog *catalog, const char *id, bool enabled)
{
    pthread_mutex_lock(&catalog->lock);
    struct entry *entry = find_or_add(catalog, id);
    if (entry)
        entry->disabled = !enabled;
    pthread_mutex_unlock(&catalog->lock);
    return entry ? OK : ERROR_OVERLOADED;
}

struct image *catalog_find(struct catalog *catalog, const char *id)
{
    pthread_mutex_lock(&catalog->lock);
    const struct entry *entry = find(catalog, id);
    struct image *image = entry && entry->image ? image_keep(entry->image) : NULL;
    pthread_mutex_unlock(&catalog->lock);
    return image;
}

bool catalog_is_enabled(struct catalog *catalog, const char *id)
{
    pthread_mutex_lock(&catalog->lock);
    const struct entry *entry = find(catalog, id);
    bool enabled = entry && !entry->disabled;
    pthread_mutex_unlock(&catalog->lock);
    return enabled;
}

size_t catalog_list(struct catalog *catalog, struct image *ret_images[CATALOG_GAMES_MAX])
{
    size_t count = 0;
    pthread_mutex_lock(&catalog->lock);
    for (size_t i = 0; i < catalog->game_count; i++)
        if (catalog->games[i].image && !catalog->games[i].disabled)
            ret_images[count++] = image_keep(catalog->games[i].image);
    pthread_mutex_unlock(&catalog->lock);
    qsort(ret_images, count, sizeof ret_images[0], compare_ids);
    return count;
}

static struct entry *find(struct catalog *catalog, const char *id)
{
    for (size_t i = 0; i < catalog->game_count; i++)
        if (strcmp(catalog->games[i].id, id) == 0)
            return &catalog->games[i];
    return NULL;
}

/* NULL: there are too many. */
static struct entry *find_or_add(struct catalog *catalog, const char *id)
{
    struct entry *entry = find(catalog, id);
    if (entry || catalog->game_count == CATALOG_GAMES_MAX || strlen(id) >= CATALOG_ID_BYTES)
        return entry;
    entry = &catalog->games[catalog->game_count++];
    snprintf(entry->id, sizeof entry->id, "%s", id);
    return entry;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp((*(struct image *const *)a)->manifest.id,
                  (*(struct image *const *)b)->manifest.id);
}
