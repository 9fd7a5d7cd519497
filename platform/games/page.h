/* What the lists of the admin have in common: ?game=, ?limit= and ?cursor=, the id of the last row
 * of the page before. The queries are asked for one row more than the page has. */
#ifndef GAMES_PAGE_H
#define GAMES_PAGE_H

#include "service/service.h"

struct page {
    const char *game;   /* NULL: all */
    const char *cursor; /* NULL: the first page */
    int64_t limit;
};

must_use enum error page_read(struct call *call, struct page *ret_page);

/* `rows` have a column id. */
void page_reply(struct call *call, const struct page *page, const struct rows *rows,
                json_t *row_json(const struct rows *rows, int row));

/* A text of a column, or JSON's null. */
json_t *text_or_null(const struct rows *rows, int row, const char *column);
/* {"user","name"} from the columns user_id and user_name. */
json_t *actor_json(const struct rows *rows, int row);

#endif
