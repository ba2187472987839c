#include "crosscheck.h"

#include "recipient.h"
#include "settings.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* The aliases are a graph whose nodes are known by where their targets lie in the
 * map; it is walked depth first with a stack of our own. */
enum colour { WHITE, GREY, BLACK }; /* unseen, on the stack, done */

struct node {
    const char *targets; /* in the map */
    const char *cursor;  /* the targets not yet walked */
    const struct record *record;
    enum colour colour;
};

struct walk {
    struct source *source;
    const struct tables *tables;
    struct node *nodes; /* in the order of targets */
    struct node **stack;
    size_t count, depth;
};

static int compare_nodes(const void *a, const void *b)
{
    const struct node *one = a;
    const struct node *other = b;

    return (one->targets > other->targets) - (one->targets < other->targets);
}

static void make_nodes(struct walk *walk)
{
    const struct record_list *list = &walk->source->tables[TABLE_ALIASES];
    const char *targets;
    size_t i;

    walk->nodes = memory_get((list->count + 1) * sizeof *walk->nodes);
    walk->stack = memory_get((list->count + 1) * sizeof(void *));
    for (i = 0; i < list->count; i++) {
        if (tables_get(walk->tables, TABLE_ALIASES, list->records[i]->key, &targets) ==
            TABLE_FOUND) {
            walk->nodes[walk->count++] =
                (struct node){targets, targets, list->records[i], WHITE};
        }
    }
    qsort(walk->nodes, walk->count, sizeof *walk->nodes, compare_nodes);
}

static struct node *find_node(const struct walk *walk, const char *targets)
{
    struct node wanted = {.targets = targets};

    return bsearch(&wanted, walk->nodes, walk->count, sizeof *walk->nodes,
                   compare_nodes);
}

static void report(struct walk *walk, const struct node *node, const char *target,
                   const char *what)
{
    fault_report(&walk->source->faults, walk->source->paths[TABLE_ALIASES],
                 node->record->line, "target \"%s\" %s", target, what);
}

static void visit_target(struct walk *walk, struct node *node, const char *target)
{
    struct recipient_route route;
    struct node *next;

    switch (recipient_resolve(walk->tables, target, 0, &route)) {
    case RECIPIENT_UNKNOWN:
        report(walk, node, target, "is no user or alias of its local domain");
        break;
    case RECIPIENT_ALIAS:
        next = find_node(walk, route.targets);
        if (next && next->colour == GREY) {
            report(walk, node, target,
                   next == node ? "leads back to this alias"
                                : "leads round in a circle");
        } else if (next && next->colour == WHITE) {
            next->colour = GREY;
            walk->stack[walk->depth++] = next;
        }
        break;
    default:
        break;
    }
}

/* An alias that names itself means its own mailbox. */
static void visit_itself(struct walk *walk, struct node *node, const char *target)
{
    struct recipient_route route;

    if (recipient_resolve(walk->tables, target, 1, &route) == RECIPIENT_UNKNOWN) {
        report(walk, node, target, "is the alias itself, which has no mailbox");
    }
}

static void walk_from(struct walk *walk, struct node *start)
{
    stralloc target = STRALLOC_ZERO;
    struct node *node;
    const char *bytes;
    size_t len;

    start->colour = GREY;
    walk->stack[walk->depth++] = start;
    while (walk->depth > 0) {
        node = walk->stack[walk->depth - 1];
        bytes = recipient_next_target(&node->cursor, &len);
        if (!bytes) {
            node->colour = BLACK;
            walk->depth--;
            continue;
        }
        text_clear(&target);
        text_add_bytes(&target, bytes, len);
        text_string(&target);
        if (text_equal_nocase(bytes, len, node->record->key,
                              strlen(node->record->key))) {
            visit_itself(walk, node, target.s);
        } else {
            visit_target(walk, node, target.s);
        }
    }
    text_free(&target);
}

static void check_postmaster(struct source *source, const struct tables *tables)
{
    const struct record *record =
        record_find(&source->tables[TABLE_CONF], setting_rows[SET_postmaster].name);
    struct recipient_route route;

    if (record && *record->value &&
        recipient_resolve(tables, record->value, 0, &route) == RECIPIENT_UNKNOWN) {
        fault_report(&source->faults, source->paths[TABLE_CONF], record->line,
                     "postmaster: \"%s\" is no user or alias of its local domain",
                     record->value);
    }
}

void crosscheck_tables(struct source *source, const struct tables *tables)
{
    struct walk walk = {.source = source, .tables = tables};
    size_t i;

    make_nodes(&walk);
    for (i = 0; i < walk.count; i++) {
        if (walk.nodes[i].colour == WHITE) {
            walk_from(&walk, &walk.nodes[i]);
        }
    }
    check_postmaster(source, tables);
    free(walk.nodes);
    free(walk.stack);
}
