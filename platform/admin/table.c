/* What the platform says ends up on a terminal: it must never get control of that. */
#include "admin/table.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN_GAP 2

static int width_of(const char *text);

void table_init(struct table *table, int column_count, const char *const headings[])
{
    *table = (struct table){.column_count = column_count, .cells = json_array()};
    for (int i = 0; i < column_count; i++)
        table_cell(table, headings[i]);
}

void table_cell(struct table *table, const char *text)
{
    char *copy = strdup(text ? text : "");
    for (char *at = copy; at && *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    json_array_append_new(table->cells, json_string(copy ? copy : ""));
    free(copy);
}

void table_number(struct table *table, json_int_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, number);
    table_cell(table, text);
}

void table_print(struct table *table)
{
    int widths[TABLE_COLUMNS_MAX] = {0}, column;
    size_t index;
    json_t *cell;
    json_array_foreach(table->cells, index, cell)
    {
        column = (int)(index % (size_t)table->column_count);
        int width = width_of(json_string_value(cell));
        widths[column] = width > widths[column] ? width : widths[column];
    }
    json_array_foreach(table->cells, index, cell)
    {
        const char *text = json_string_value(cell);
        column = (int)(index % (size_t)table->column_count);
        bool is_last = column == table->column_count - 1;
        printf("%s%*s", text, is_last ? 0 : widths[column] - width_of(text) + COLUMN_GAP, "");
        if (is_last)
            putchar('\n');
    }
    json_decref(table->cells);
}

/* Characters, of UTF-8. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}
