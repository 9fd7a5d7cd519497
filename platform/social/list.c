/*
 * GET /api/social/messages?channel=&limit=&cursor=: what was said, newest first. Table: messages.
 * The cursor is the id of the page's last message. It must never show a channel to whoever may not
 * write there.
 */
#include "social/channel.h"
#include "social/message.h"
#include "social/operations.h"
#include "social/queries.h"

struct filter {
    struct channel channel;
    const char *cursor; /* NULL: from the newest */
    int64_t limit;
};

static enum error check(struct call *call, struct filter *ret_filter);
static json_t *page_json(const struct rows *rows, const struct filter *filter);

enum error message_list(struct call *call)
{
    struct service_context *context = call->context;
    struct filter filter = {0};
    enum error error = check(call, &filter);
    if (error != OK)
        return error;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    error = database_open(context->database, &database);
    if (error == OK) /* one more than asked tells whether there is a next page */
        error = database_run(database, &social_list_messages, &rows, filter.channel.stored,
                             filter.cursor, database_number(filter.limit + 1), DATABASE_END);
    if (error == OK)
        call_reply(call, 200, page_json(rows, &filter));
    return error;
}

static enum error check(struct call *call, struct filter *ret_filter)
{
    struct filter filter = {.cursor = call_query(call, "cursor", NULL)};
    const char *channel = call_query(call, "channel", NULL);
    struct id id;
    if (channel == NULL)
        return call_complain(call, ERROR_VALIDATION, "channel", "Say which channel.");
    if (filter.cursor != NULL && !id_parse(filter.cursor, &id))
        return call_complain(call, ERROR_VALIDATION, "cursor", "This is no cursor of ours.");
    enum error error = call_query_limit(call, &filter.limit);
    if (error == OK)
        error = channel_open(call, channel, &filter.channel);
    if (error == OK)
        *ret_filter = filter;
    return error;
}

static json_t *page_json(const struct rows *rows, const struct filter *filter)
{
    bool has_more = rows_count(rows) > filter->limit;
    int count = has_more ? (int)filter->limit : rows_count(rows);
    char shown[CHANNEL_BYTES_MAX];
    channel_print(filter->channel.kind, filter->channel.id, shown);
    json_t *items = json_array();
    for (int row = 0; row < count; row++) {
        struct message message = {
            .id = rows_text(rows, row, "id"),
            .from_user = rows_text(rows, row, "from_user"),
            .from_name = rows_text(rows, row, "from_name"),
            .text = rows_text(rows, row, "text"),
            .created_at = rows_text(rows, row, "created_at"),
        };
        json_array_append_new(items, message_json(&message, shown));
    }
    return json_pack("{s:o, s:s?}", "items", items, "next",
                     has_more ? rows_text(rows, count - 1, "id") : NULL);
}
