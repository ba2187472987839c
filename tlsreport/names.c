#include "names.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The names in a folder that WANTED says 1 to, sorted; an empty one ends them. NULL
 * with errno. */
static char **list(int folder, int (*wanted)(const char *name), size_t *count)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    char **names = memory_get(sizeof *names);
    const struct dirent *entry;

    *count = 0;
    while (dir && ((errno = 0), (entry = readdir(dir)))) {
        if (wanted(entry->d_name)) {
            names = memory_resize(names, (*count + 2) * sizeof *names);
            names[(*count)++] = memory_copy_string(entry->d_name);
        }
    }
    if (!dir || errno != 0) {
        int saved = errno;
        while (*count > 0) {
            free(names[--*count]);
        }
        free(names);
        names = NULL;
        errno = saved;
    }
    if (dir) {
        closedir(dir);
    } else if (fd >= 0) {
        close(fd);
    }
    return names;
}

static void free_list(char **names, size_t count)
{
    while (count > 0) {
        free(names[--count]);
    }
    free(names);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int names_each(int folder, int (*wanted)(const char *name),
               int (*act)(void *data, const char *name), void *data)
{
    size_t count, i;
    char **names = list(folder, wanted, &count);
    int result = names ? 0 : -1;

    if (names) {
        qsort(names, count, sizeof *names, compare_names);
        for (i = 0; i < count && result == 0; i++) {
            result = act(data, names[i]);
        }
        free_list(names, count);
    }
    return result;
}
