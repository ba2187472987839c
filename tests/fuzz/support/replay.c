/* Replays inputs through a fuzz target that is built without libFuzzer:
 *
 *     NAME FOLDER-OR-FILE...
 *
 * Each file is one input. Exit codes: 0 all were taken; 1 one could not be read, or
 * there were none. A finding aborts. */
#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

static unsigned long replayed;

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat st;
    uint8_t *bytes;
    size_t len;

    if (!file || fstat(fileno(file), &st) < 0 ||
        !(bytes = malloc((size_t)st.st_size + 1))) {
        perror(path);
        return -1;
    }
    len = fread(bytes, 1, (size_t)st.st_size, file);
    /* Exactly as long as the input, as libFuzzer gives it. */
    bytes = realloc(bytes, len ? len : 1);
    LLVMFuzzerTestOneInput(bytes, len);
    replayed++;
    free(bytes);
    return fclose(file);
}

static int replay_folder(const char *path, DIR *folder)
{
    struct dirent *entry;
    int result = 0;

    while (result == 0 && (entry = readdir(folder))) {
        char name[4096];
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
            result = replay_file(name);
        }
    }
    closedir(folder);
    return result;
}

int main(int argc, char **argv)
{
    int i, result = 0;

    for (i = 1; i < argc && result == 0; i++) {
        DIR *folder = opendir(argv[i]);
        result = folder ? replay_folder(argv[i], folder) : replay_file(argv[i]);
    }
    printf("%lu inputs\n", replayed);
    return result < 0 || replayed == 0;
}
