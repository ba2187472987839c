#include "report_mail.h"

#include "clock.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#define MAILTO "mailto:"
#define LINE_BYTES 57 /* 76 digits of base64 */
/* zlib's word for a gzip header instead of its own. */
#define GZIP_WINDOW (15 + 16)

size_t report_mail_add_recipients(const char *reports, struct envelope *envelope)
{
    size_t count = 0;

    while (*reports) {
        size_t len = strcspn(reports, ",");
        if (len > strlen(MAILTO) && memcmp(reports, MAILTO, strlen(MAILTO)) == 0) {
            char *address =
                memory_copy_bytes(reports + strlen(MAILTO), len - strlen(MAILTO));
            envelope_add_recipient(envelope, address, NOTIFY_NEVER, NULL, 0);
            free(address);
            count++;
        }
        reports += len + (reports[len] == ',');
    }
    return count;
}

/* Appends IN, compressed. 0, or -1. */
static int compress_text(const stralloc *in, stralloc *out)
{
    z_stream stream = {.next_in = (Bytef *)in->s, .avail_in = (uInt)in->len};
    uLong bound;
    int result;

    if (in->len > UINT32_MAX ||
        deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return -1;
    }
    bound = deflateBound(&stream, in->len);
    text_make_room(out, out->len + bound);
    stream.next_out = (Bytef *)out->s + out->len;
    stream.avail_out = (uInt)bound;
    result = deflate(&stream, Z_FINISH);
    out->len += stream.total_out;
    deflateEnd(&stream);
    return result == Z_STREAM_END ? 0 : -1;
}

static void add_base64(stralloc *out, const stralloc *bytes)
{
    size_t at;

    for (at = 0; at < bytes->len; at += LINE_BYTES) {
        size_t left = bytes->len - at;
        base64_encode(out, bytes->s + at, left < LINE_BYTES ? left : LINE_BYTES);
        text_add_byte(out, '\n');
    }
}

static void add_recipients(const struct envelope *envelope, stralloc *out)
{
    size_t i;

    text_add_string(out, "To: ");
    for (i = 0; i < envelope->recipient_count; i++) {
        text_add_format(out, "%s<%s>", i > 0 ? ",\n\t" : "",
                        envelope->recipients[i].address);
    }
    text_add_byte(out, '\n');
}

static void add_header(const struct report *report, const struct envelope *envelope,
                       const char *id, stralloc *out)
{
    const char *host = report->submitter.s;
    char date[CLOCK_DATE_SIZE];

    clock_format_date(date, envelope->arrival);
    text_add_format(out, "Received: by %s (pombo) id %s;\n\t%s\n", host, id, date);
    text_add_format(out, "Date: %s\nFrom: <%s>\n", date, report->from.s);
    add_recipients(envelope, out);
    text_add_format(out,
                    "Subject: Report Domain: %s\n\tSubmitter: %s\n\tReport-ID: <%s>\n",
                    report->domain, host, report->id.s);
    text_add_format(out, "Message-ID: <%s@%s>\n", id, host);
    text_add_format(out, "TLS-Report-Domain: %s\nTLS-Report-Submitter: %s\n",
                    report->domain, host);
    /* RFC 8460 section 3: it gets through whatever is wrong with the TLS there. */
    text_add_string(out, "TLS-Required: No\nAuto-Submitted: auto-generated\n");
    text_add_format(out,
                    "MIME-Version: 1.0\n"
                    "Content-Type: multipart/report; report-type=\"tlsrpt\";\n"
                    "\tboundary=\"%s=_\"\n\n",
                    id);
}

static void add_introduction(const struct report *report, const char *id, stralloc *out)
{
    char day[DAY_NAME_SIZE];

    day_name_format(day, report->number);
    text_add_format(out,
                    "This is a MIME message with a report of TLS.\n\n--%s=_\n"
                    "Content-Type: text/plain; charset=us-ascii\n\n"
                    "This is a report of the TLS sessions in which %s\n"
                    "sent mail to %s on %s (UTC).\n\n"
                    "Your domain asks for it (RFC 8460). The part for programs is "
                    "JSON,\ncompressed by gzip.\n\n",
                    id, report->submitter.s, report->domain, day);
}

int report_mail_write(const struct report *report, const struct envelope *envelope,
                      const char *id, stralloc *out)
{
    stralloc json = STRALLOC_ZERO, packed = STRALLOC_ZERO, name = STRALLOC_ZERO;
    int result;

    report_write(report, &json);
    result = compress_text(&json, &packed);
    report_file_name(report, "json.gz", &name);
    add_header(report, envelope, id, out);
    add_introduction(report, id, out);
    text_add_format(out,
                    "--%s=_\nContent-Type: application/tlsrpt+gzip\n"
                    "Content-Transfer-Encoding: base64\n"
                    "Content-Disposition: attachment;\n\tfilename=\"%s\"\n\n",
                    id, name.s);
    add_base64(out, &packed);
    text_add_format(out, "\n--%s=_--\n", id);
    text_free(&json);
    text_free(&packed);
    text_free(&name);
    return result;
}
