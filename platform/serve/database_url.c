#include "serve/database_url.h"

#include <stdio.h>
#include <string.h>

enum error database_url_for_role(const char *owner_url, const char *role, const char *password,
                                 char ret_url[CONFIG_TEXT_BYTES])
{
    const char *place;
    if (strncmp(owner_url, "postgresql://", 13) == 0)
        place = owner_url + 13;
    else if (strncmp(owner_url, "postgres://", 11) == 0)
        place = owner_url + 11;
    else
        return ERROR_VALIDATION;

    size_t authority = strcspn(place, "/?");
    for (size_t i = authority; i > 0; i--)
        if (place[i - 1] == '@') {
            place += i;
            break;
        }
    char url[CONFIG_TEXT_BYTES];
    int bytes = snprintf(url, sizeof url, "postgresql://%s:%s@%s", role, password, place);
    if (bytes < 0 || (size_t)bytes >= sizeof url)
        return ERROR_VALIDATION;
    memcpy(ret_url, url, sizeof url);
    return OK;
}
