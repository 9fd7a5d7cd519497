/* Counting the references to an image; the last one closes its memory. */
#include "games/image.h"

#include <stdlib.h>
#include <unistd.h>

struct image *image_keep(struct image *image)
{
    atomic_fetch_add(&image->references, 1);
    return image;
}

void image_release(struct image *image)
{
    if (!image || atomic_fetch_sub(&image->references, 1) != 1)
        return;
    if (image->memory >= 0)
        close(image->memory);
    game_json_finish(&image->about);
    free(image);
}
