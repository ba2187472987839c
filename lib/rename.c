#include "rename.h"

#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

int rename_no_replace(int from_folder, const char *from, int to_folder, const char *to)
{
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to,
                        RENAME_NOREPLACE);
}
