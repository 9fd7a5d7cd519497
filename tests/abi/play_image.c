/* play_image IMAGE TICKS: judges and loads the image as a host does, plays it by its bots, and
 * prints the hash of all that it did. Exit 1 after a message when it is refused or breaks a rule.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/load.h"

#include "player.h"

int main(int argc, char **argv)
{
    struct gk_manifest manifest;
    struct gk_game game;
    uint64_t mapped_bytes;
    int image = argc == 3 ? player_image(argv[1]) : -1;
    if (image < 0 || !game_inspect(image, &manifest, &mapped_bytes) || !game_load(image, &game))
        return 1;
    uint32_t matches;
    uint64_t hash = player_play(&manifest, &game, (uint32_t)strtoul(argv[2], NULL, 10), &matches);
    printf("%s %s gamekit 1.%u: %u matches, %016" PRIx64 "\n", manifest.id, manifest.version,
           manifest.abi_minor, matches, hash);
    return hash ? 0 : 1;
}
