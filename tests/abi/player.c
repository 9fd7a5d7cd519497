#include "player.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/hash.h"

#define TEXT_BYTES  4096
#define AWAY_EVERY  3001 /* ticks: then one seat is empty */
#define AWAY_FROM   300
#define AWAY_TICKS  90
#define INPUT_BYTES 8 /* of hostile input */

struct player {
    const struct gk_manifest *manifest;
    const struct gk_game *game;
    uint8_t *state; /* owned */
    struct gk_match match;
    uint32_t tick; /* of the match */
    uint64_t hash;
    uint64_t chance;
};

static void begin(struct player *player);
static void come_and_go(struct player *player);
static void step(struct player *player);
static void give_hostile_input(struct player *player, uint64_t *present, uint8_t *inputs);
static bool look(struct player *player, bool *ret_over);
static void log_nothing(const struct gk_host *host, uint32_t level, const char *text,
                        uint32_t bytes);
static const void *no_extension(const struct gk_host *host, const char *name);

static const struct gk_host host = {.size = sizeof(struct gk_host),
                                    .abi_minor = GK_ABI_MINOR,
                                    .log = log_nothing,
                                    .extension = no_extension};

int player_image(const char *path)
{
    char bytes[4096];
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int image = memfd_create("game", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ssize_t got = 0;
    if (from >= 0 && image >= 0)
        while ((got = read(from, bytes, sizeof bytes)) > 0)
            if (write(image, bytes, (size_t)got) != got)
                break;
    if (from < 0 || image < 0 || got != 0 ||
        fcntl(image, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        perror(path);
        image = -1;
    }
    if (from >= 0)
        close(from);
    return image;
}

uint64_t player_play(const struct gk_manifest *manifest, const struct gk_game *game, uint32_t ticks,
                     uint32_t *ret_matches)
{
    struct player player = {.manifest = manifest, .game = game, .hash = HASH_START};
    player.state = aligned_alloc(16, (manifest->state_bytes + 15u) & ~15u);
    bool fine = player.state != NULL, over = true;
    *ret_matches = 0;
    for (uint32_t tick = 0; tick < ticks && fine; tick++) {
        if (over)
            begin(&player);
        come_and_go(&player);
        step(&player);
        fine = look(&player, &over);
        *ret_matches += over;
    }
    free(player.state);
    return fine ? player.hash : 0;
}

static void begin(struct player *player)
{
    uint32_t count = player->manifest->mode_count;
    player->match.mode = (uint32_t)(player->match.seed % count);
    player->match.seed++;
    player->tick = 0;
    player->match.player_count = player->manifest->modes[player->match.mode].players_max;
    memset(player->state, 0, player->manifest->state_bytes);
    player->game->init(&host, player->state, &player->match);
    for (uint32_t slot = 0; slot < player->match.player_count; slot++)
        player->game->join(&host, player->state, slot);
}

/* Time is that of the match, so that nobody comes twice or goes twice. */
static void come_and_go(struct player *player)
{
    uint32_t tick = player->tick++;
    uint32_t slot = tick / AWAY_EVERY % player->match.player_count;
    if (tick % AWAY_EVERY == AWAY_FROM)
        player->game->leave(&host, player->state, slot, GK_LEAVE_DISCONNECTED);
    if (tick % AWAY_EVERY == AWAY_FROM + AWAY_TICKS)
        player->game->join(&host, player->state, slot);
}

static void step(struct player *player)
{
    const struct gk_manifest *manifest = player->manifest;
    uint8_t bytes[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX] = {0};
    struct gk_inputs inputs = {.bytes = bytes};
    for (uint32_t slot = 0; slot < player->match.player_count && player->game->bot; slot++)
        if (player->game->bot(&host, player->state, slot, slot % 3 + 1,
                              bytes + slot * manifest->input_bytes) == 1)
            inputs.present |= UINT64_C(1) << slot;
    give_hostile_input(player, &inputs.present, bytes);
    player->game->tick(&host, player->state, &inputs);
}

static void give_hostile_input(struct player *player, uint64_t *present, uint8_t *inputs)
{
    uint8_t hostile[INPUT_BYTES], input[GK_INPUT_BYTES_MAX] = {0};
    for (int i = 0; i < INPUT_BYTES; i++) {
        player->chance = player->chance * 6364136223846793005u + 1442695040888963407u;
        hostile[i] = (uint8_t)(player->chance >> 56) >> (i & 7);
    }
    uint32_t slot = hostile[0] % player->match.player_count;
    uint32_t taken = player->game->input(&host, player->state, slot, hostile + 1,
                                         (uint32_t)hostile[1] % INPUT_BYTES, input);
    player->hash = hash_add(player->hash, &taken, sizeof taken);
    if (taken != 1)
        return;
    memcpy(inputs + slot * player->manifest->input_bytes, input, player->manifest->input_bytes);
    *present |= UINT64_C(1) << slot;
}

static bool look(struct player *player, bool *ret_over)
{
    static uint8_t view[GK_VIEW_BYTES_MAX];
    static char text[TEXT_BYTES];
    const struct gk_game *game = player->game;
    const struct gk_manifest *manifest = player->manifest;
    if (game->check && game->check(&host, player->state) != 1) {
        fprintf(stderr, "check did not return 1\n");
        return false;
    }
    player->hash = hash_add(player->hash, player->state, manifest->state_bytes);
    for (uint32_t slot = 0; slot <= player->match.player_count; slot++) {
        uint32_t viewer = slot == player->match.player_count ? GK_SPECTATOR : slot;
        uint32_t bytes = game->view(&host, player->state, viewer, view, manifest->view_bytes_max);
        if (bytes > manifest->view_bytes_max) {
            fprintf(stderr, "a view of %u bytes\n", bytes);
            return false;
        }
        player->hash = hash_add(player->hash, view, bytes);
    }
    if (game->explain)
        player->hash =
            hash_add(player->hash, text, game->explain(&host, player->state, text, sizeof text));
    struct gk_result result = {0};
    *ret_over = game->result(&host, player->state, &result) == 1;
    player->hash = hash_add(player->hash, &result, sizeof result);
    return true;
}

static void log_nothing(const struct gk_host *from, uint32_t level, const char *text,
                        uint32_t bytes)
{
    (void)from, (void)level, (void)text, (void)bytes;
}

static const void *no_extension(const struct gk_host *from, const char *name)
{
    (void)from, (void)name;
    return NULL;
}
